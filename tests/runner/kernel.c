/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf(2) by hand: the runner has no library that it might share a mistake with. */
#include "runner/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

enum {
	KERNEL_BTF_MAX = 64 << 20,
	/* Since 5.18 and 6.6; the headers at hand may be older. */
	KERNEL_KPROBE_MULTI = 42,
	KERNEL_UPROBE_MULTI = 48,
};

/* link_create of many functions at once, as newer headers have it. */
struct multi_attr {
	u32 prog, target, attach_type, flags;
	union {
		struct {
			u32 flags, count;
			u64 symbols, addresses, cookies;
		} kprobe;
		struct {
			u64 path, offsets, refs, cookies;
			u32 count, flags, pid;
		} uprobe;
	};
};

static int bpf_call(enum bpf_cmd cmd, void *attr, size_t size)
{
	return (int)syscall(SYS_bpf, cmd, attr, size);
}

/* Loads `return 0`; a descriptor or -1. */
static int load(enum bpf_prog_type type, u32 attach_type, u32 btf_id)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = ARRAY_SIZE(code);
	attr.license = (uintptr_t) "GPL";
	attr.expected_attach_type = attach_type;
	attr.attach_btf_id = btf_id;
	return bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static bool close_if(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_bpf(void)
{
	return close_if(load(BPF_PROG_TYPE_SOCKET_FILTER, 0, 0));
}

static bool has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

static bool has_kprobe(void)
{
	return !access("/sys/bus/event_source/devices/kprobe/type", R_OK);
}

static bool has_uprobe(void)
{
	return !access("/sys/bus/event_source/devices/uprobe/type", R_OK);
}

static bool has_kprobe_multi(void)
{
	const char *symbols[] = { "schedule" };
	struct multi_attr attr;
	int prog = load(BPF_PROG_TYPE_KPROBE, KERNEL_KPROBE_MULTI, 0);
	bool has;

	memset(&attr, 0, sizeof(attr));
	attr.prog = (u32)prog;
	attr.attach_type = KERNEL_KPROBE_MULTI;
	attr.kprobe.count = 1;
	attr.kprobe.symbols = (uintptr_t)symbols;
	has = prog >= 0 && close_if(bpf_call(BPF_LINK_CREATE, &attr, sizeof(attr)));
	close_if(prog);
	return has;
}

static bool has_uprobe_multi(void)
{
	u64 offsets[] = { 0 };
	struct multi_attr attr;
	int prog = load(BPF_PROG_TYPE_KPROBE, KERNEL_UPROBE_MULTI, 0);
	bool has;

	memset(&attr, 0, sizeof(attr));
	attr.prog = (u32)prog;
	attr.attach_type = KERNEL_UPROBE_MULTI;
	attr.uprobe.path = (uintptr_t) "/";
	attr.uprobe.offsets = (uintptr_t)offsets;
	attr.uprobe.count = 1;
	/* A kernel that knows these links looks at the file and sees that it is none. */
	has = prog >= 0 && bpf_call(BPF_LINK_CREATE, &attr, sizeof(attr)) < 0 && errno == EBADF;
	close_if(prog);
	return has;
}

/* What follows a type's three words. */
static size_t btf_extra(u32 info)
{
	size_t count = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return count * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
	case 19: /* of 64-bit enumerators */
		return count * 12;
	default:
		return 0;
	}
}

/* The id of a function in the kernel's BTF; 0 if it is not there. */
static u32 btf_function(const char *name)
{
	size_t size = 0, at, end;
	char *data = text_read_file("/sys/kernel/btf/vmlinux", KERNEL_BTF_MAX, &size);
	struct btf_header h = { 0 };
	struct btf_type t;
	u32 found = 0, id = 1;

	if (data && size >= sizeof(h))
		memcpy(&h, data, sizeof(h));
	at = (size_t)h.hdr_len + h.type_off;
	end = at + h.type_len < size ? at + h.type_len : size;
	for (; !found && at + sizeof(t) <= end; at += sizeof(t) + btf_extra(t.info), id++) {
		size_t text;

		memcpy(&t, data + at, sizeof(t));
		text = (size_t)h.hdr_len + h.str_off + t.name_off;
		if (BTF_INFO_KIND(t.info) == BTF_KIND_FUNC && text < size &&
		    !strcmp(data + text, name))
			found = id;
	}
	free(data);
	return found;
}

static bool has_fentry(void)
{
	u32 id = btf_function("bpf_fentry_test1");

	return id && close_if(load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, id));
}

static bool has_hw(void)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_HARDWARE;
	attr.config = PERF_COUNT_HW_CPU_CYCLES;
	return close_if((int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

static bool has_ipv6(void)
{
	size_t len = 0;
	char *text = text_read_file("/proc/net/if_inet6", 1 << 20, &len);
	bool has = text && strstr(text, "00000000000000000000000000000001");

	free(text);
	return has;
}

static const struct {
	const char *name;
	bool (*has)(void);
} features[] = {
	{ "bpf", has_bpf },       { "btf", has_btf },
	{ "kprobe", has_kprobe }, { "kprobe_multi", has_kprobe_multi },
	{ "uprobe", has_uprobe }, { "uprobe_multi", has_uprobe_multi },
	{ "fentry", has_fentry }, { "hw", has_hw },
	{ "ipv6", has_ipv6 },
};

static bool (*feature_find(const char *name))(void)
{
	name += *name == '!';
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (!strcmp(features[i].name, name))
			return features[i].has;
	}
	return NULL;
}

bool kernel_knows(const char *feature)
{
	return feature_find(feature);
}

bool kernel_has(const char *feature)
{
	return feature_find(feature)() != (*feature == '!');
}

bool kernel_feature_word(const char **list, char *word, size_t size)
{
	const char *s = *list + strspn(*list, " ");
	size_t len = strcspn(s, " ");

	*list = s + len;
	if (len >= size)
		len = size - 1;
	memcpy(word, s, len);
	word[len] = '\0';
	return len > 0;
}

static const struct {
	const char *name;
	enum bpf_cmd next, get;
} kinds[] = {
	{ "program", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID },
	{ "map", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID },
	{ "link", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID },
};

bool kernel_objects(struct buf *objects)
{
	for (u32 kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		union bpf_attr attr;

		memset(&attr, 0, sizeof(attr));
		while (!bpf_call(kinds[kind].next, &attr, sizeof(attr))) {
			struct kernel_object o = { kind, attr.next_id };

			buf_put(objects, &o, sizeof(o));
			attr.start_id = attr.next_id;
		}
		if (errno != ENOENT)
			return false;
	}
	return true;
}

void kernel_object_text(const struct kernel_object *o, struct buf *text)
{
	struct bpf_prog_info prog;
	struct bpf_map_info map;
	union bpf_attr attr;
	const char *name = "";
	int fd;

	memset(&attr, 0, sizeof(attr));
	memset(&prog, 0, sizeof(prog));
	memset(&map, 0, sizeof(map));
	attr.prog_id = o->id;
	fd = bpf_call(kinds[o->kind].get, &attr, sizeof(attr));
	if (fd >= 0 && o->kind < 2) {
		memset(&attr, 0, sizeof(attr));
		attr.info.bpf_fd = (u32)fd;
		attr.info.info_len = o->kind ? sizeof(map) : sizeof(prog);
		attr.info.info = o->kind ? (uintptr_t)&map : (uintptr_t)&prog;
		if (!bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
			name = o->kind ? map.name : prog.name;
	}
	buf_printf(text, "%s %u (%.16s)", kinds[o->kind].name, o->id, name);
	close_if(fd);
}
