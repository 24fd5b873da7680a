/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of a link: its kind, its program, and what it is attached to. */
#ifndef INSPECT_LINKINFO_H
#define INSPECT_LINKINFO_H

#include "base/vec.h"
#include "isa/link_type.h"

#define LINKINFO_MAX_COUNT (1u << 20) /* functions or offsets of one link */

/*
 * As bpf(2) fills it in, of Linux 6.18; an older kernel leaves zeroes what it does not know. Names and arrays are addresses
 * of the caller's memory, with its size beside them; the kernel puts there how much there is.
 */
struct linkinfo_abi {
	u32 type, id, prog_id;
	union {
		struct {
			u64 name;
			u32 name_len, pad;
			u64 cookie;
		} raw_tracepoint;
		struct {
			u32 attach_type;
			u32 target_obj_id; /* the program that it is attached to, else the BTF object */
			u32 target_btf_id; /* the function within its types */
			u32 pad;
			u64 cookie;
		} tracing;
		struct {
			u64 cgroup_id;
			u32 attach_type;
		} cgroup;
		struct {
			u64 name;
			u32 name_len;
			u32 map_id;
			union {
				struct {
					u64 id;
					u32 order;
				} cgroup;
				struct {
					u32 tid, pid;
				} task;
			};
		} iter;
		struct {
			u32 inode, attach_type;
		} netns;
		struct { /* attach_type: not of XDP */
			u32 index, attach_type;
		} device;
		struct {
			u32 map_id, attach_type; /* attach_type: not of struct_ops */
		} map;
		struct {
			u32 family, hook;
			s32 priority;
			u32 flags;
		} netfilter;
		struct {
			u64 addrs;
			u32 count, flags;
			u64 missed, cookies;
		} kprobe_multi;
		struct {
			u64 path, offsets, ref_ctr_offsets, cookies;
			u32 path_size, count, flags, pid;
		} uprobe_multi;
		struct {
			u32 kind, pad; /* enum link_event */
			union {
				struct { /* how all that have a name begin */
					u64 name;
					u32 name_len, offset;
				};
				struct {
					u64 name;
					u32 name_len, offset;
					u64 cookie, ref_ctr_offset;
				} uprobe;
				struct {
					u64 name;
					u32 name_len, offset;
					u64 addr, missed, cookie;
				} kprobe;
				struct {
					u64 name;
					u32 name_len, pad;
					u64 cookie;
				} tracepoint;
				struct {
					u64 config;
					u32 type, pad;
					u64 cookie;
				} event;
			};
		} perf_event;
	} __attribute__((aligned(8)));
};

struct linkinfo {
	struct linkinfo_abi abi;
	const char *name; /* tracepoint, function, file, target of an iterator: "" if it has none */
	/* kprobe_multi: addresses of functions; uprobe_multi: offsets in the file, of their semaphores; cookies of both. */
	const u64 *places, *semaphores, *cookies;
	u32 count; /* of these; 0 if the kernel does not tell */
};

/* All of a link, in the arena. 0 or -errno. */
int linkinfo_read(int fd, struct arena *a, struct linkinfo *out);

/* What attach type the kind of link tells of; -1 if it tells none. */
s32 linkinfo_attach_type(const struct linkinfo *l);
bool linkinfo_is_return(
	const struct linkinfo *l); /* kretprobes and uretprobes, many at once included */

typedef vec_of(struct linkinfo) linkinfo_list;
/* All links but those that go meanwhile, in the order of ids, without arrays. 0 or -errno. */
int linkinfo_read_all(struct arena *a, linkinfo_list *out);

#endif
