/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link is asked twice: how much there is to tell, then for that. */
#include "inspect/linkinfo.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "inspect/handle.h"

#define MULTI_RETURN 1u /* the flag of links that have many functions */
enum { NAME_SIZE = 4096 };

static u64 address(const void *p)
{
	return (u64)(uintptr_t)p;
}

/* Where the kernel is to put the name: a field of the struct, and the size beside it; NULL if the kind has none. */
static u64 *name_of(struct linkinfo_abi *i, u32 **len)
{
	switch (i->type) {
	case LINK_RAW_TRACEPOINT:
		*len = &i->raw_tracepoint.name_len;
		return &i->raw_tracepoint.name;
	case LINK_ITER:
		*len = &i->iter.name_len;
		return &i->iter.name;
	case LINK_PERF_EVENT:
		if (i->perf_event.kind == LINK_EVENT_UNSPEC ||
		    i->perf_event.kind == LINK_EVENT_EVENT)
			return NULL;
		*len = &i->perf_event.name_len;
		return &i->perf_event.name;
	case LINK_UPROBE_MULTI:
		*len = &i->uprobe_multi.path_size;
		return &i->uprobe_multi.path;
	default:
		return NULL;
	}
}

/* Room for as many as the kernel has said that there are. */
static int ask_arrays(struct linkinfo_abi *i, struct arena *a, struct linkinfo *out)
{
	u32 count = i->type == LINK_KPROBE_MULTI   ? i->kprobe_multi.count
		    : i->type == LINK_UPROBE_MULTI ? i->uprobe_multi.count
						   : 0;

	if (count > LINKINFO_MAX_COUNT)
		return -E2BIG;
	if (!count)
		return 0;
	out->places = arena_array(a, u64, count);
	out->cookies = arena_array(a, u64, count);
	out->count = count;
	if (i->type == LINK_KPROBE_MULTI) {
		i->kprobe_multi.addrs = address(out->places);
		i->kprobe_multi.cookies = address(out->cookies);
		return 0;
	}
	out->semaphores = arena_array(a, u64, count);
	i->uprobe_multi.offsets = address(out->places);
	i->uprobe_multi.ref_ctr_offsets = address(out->semaphores);
	i->uprobe_multi.cookies = address(out->cookies);
	return 0;
}

static int read_link(int fd, struct arena *a, bool with_arrays, struct linkinfo *out)
{
	struct linkinfo_abi *i = &out->abi;
	char name[NAME_SIZE] = "";
	u64 *field;
	u32 *len;
	int err;

	*out = (struct linkinfo){ .name = "" };
	err = handle_info(fd, i, sizeof(*i));
	if (err)
		return err;
	field = name_of(i, &len);
	if (field) {
		*field = address(name);
		*len = sizeof(name);
	}
	if (with_arrays)
		err = ask_arrays(i, a, out);
	if (err || (!field && !out->count))
		return err;
	err = handle_info(fd, i, sizeof(*i));
	name[sizeof(name) - 1] = '\0';
	out->name = arena_strdup(a, name);
	return err;
}

int linkinfo_read(int fd, struct arena *a, struct linkinfo *out)
{
	return read_link(fd, a, true, out);
}

s32 linkinfo_attach_type(const struct linkinfo *l)
{
	const struct linkinfo_abi *i = &l->abi;

	switch (i->type) {
	case LINK_TRACING:
		return (s32)i->tracing.attach_type;
	case LINK_CGROUP:
		return (s32)i->cgroup.attach_type;
	case LINK_NETNS:
		return (s32)i->netns.attach_type;
	case LINK_TCX:
	case LINK_NETKIT:
		return (s32)i->device.attach_type;
	case LINK_SOCKMAP:
		return (s32)i->map.attach_type;
	default:
		return -1;
	}
}

bool linkinfo_is_return(const struct linkinfo *l)
{
	const struct linkinfo_abi *i = &l->abi;

	switch (i->type) {
	case LINK_KPROBE_MULTI:
		return i->kprobe_multi.flags & MULTI_RETURN;
	case LINK_UPROBE_MULTI:
		return i->uprobe_multi.flags & MULTI_RETURN;
	case LINK_PERF_EVENT:
		return i->perf_event.kind == LINK_EVENT_KRETPROBE ||
		       i->perf_event.kind == LINK_EVENT_URETPROBE;
	default:
		return false;
	}
}

int linkinfo_read_all(struct arena *a, linkinfo_list *out)
{
	u32 id = 0;
	int err;

	while (!(err = handle_next(HANDLE_LINK, &id))) {
		int fd = handle_open(HANDLE_LINK, id);
		struct linkinfo one;

		if (fd < 0)
			continue;
		if (!read_link(fd, a, false, &one))
			*vec_add(a, out) = one;
		close(fd);
	}
	return err == -ENOENT ? 0 : err;
}
