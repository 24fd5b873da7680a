/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/prog_links.h"

#include <bpf/libbpf.h>
#include <net/if.h>
#include <unistd.h>

#include "inspect/handle.h"

static const char *where(struct arena *a, const struct bpf_link_info *info, const char *name)
{
	char device[IF_NAMESIZE];

	switch (info->type) {
	case BPF_LINK_TYPE_RAW_TRACEPOINT:
		return arena_strdup(a, name);
	case BPF_LINK_TYPE_XDP:
		return if_indextoname(info->xdp.ifindex, device) ? arena_strdup(a, device) : "";
	case BPF_LINK_TYPE_CGROUP:
		return arena_printf(a, "cgroup %llu", (unsigned long long)info->cgroup.cgroup_id);
	case BPF_LINK_TYPE_NETNS:
		return arena_printf(a, "netns %u", info->netns.netns_ino);
	default:
		return "";
	}
}

static void add(struct prog_links *l, int fd)
{
	struct bpf_link_info info = { 0 };
	struct prog_link_list *list;
	char name[128] = "";

	/* The kind has to be known first, as only some have a name to be given room for. */
	if (handle_info(fd, &info, sizeof(info)) || !info.prog_id)
		return;
	if (info.type == BPF_LINK_TYPE_RAW_TRACEPOINT) {
		info = (struct bpf_link_info){ 0 };
		info.raw_tracepoint.tp_name = (u64)(uintptr_t)name;
		info.raw_tracepoint.tp_name_len = sizeof(name);
		if (handle_info(fd, &info, sizeof(info)))
			return;
	}
	list = table_get(&l->table, &info.prog_id, sizeof(info.prog_id));
	if (!list) {
		list = arena_new(l->arena, struct prog_link_list);
		table_set(&l->table, &info.prog_id, sizeof(info.prog_id), list);
	}
	*vec_add(l->arena, &list->links) = (struct prog_link){
		.id = info.id,
		.type = libbpf_bpf_link_type_str((enum bpf_link_type)info.type),
		.where = where(l->arena, &info, name),
	};
}

void prog_links_read(struct prog_links *l, struct arena *a)
{
	u32 id = 0;

	*l = (struct prog_links){ .arena = a };
	table_init(&l->table, a);
	while (!handle_next(HANDLE_LINK, &id)) {
		int fd = handle_open(HANDLE_LINK, id);

		if (fd < 0)
			continue;
		add(l, fd);
		close(fd);
	}
}

const struct prog_link_list *prog_links_of(const struct prog_links *l, u32 prog)
{
	static const struct prog_link_list none;
	const struct prog_link_list *list = table_get(&l->table, &prog, sizeof(prog));

	return list ? list : &none;
}
