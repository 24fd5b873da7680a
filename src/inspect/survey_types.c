/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of programs, maps, attachment and links. Nothing is attached: what is asked for is impossible in a way that tells. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "inspect/survey_impl.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"

/* Types that are attached to functions are there if the kernel finds fault with the function. */
static bool knows_target(const struct survey *s, int err)
{
	return err == -524 /* ENOTSUPP */ || strstr(s->log, "attach_btf_id") ||
	       strstr(s->log, "Cannot replace kernel functions");
}

void survey_progs(struct survey *s)
{
	for (u32 type = 1; type < PROG_TYPES; type++) {
		const struct prog_type_info *info = prog_type_info(type);
		struct survey_row *row;
		struct survey_prog p;
		int err = -EINVAL;

		if (!info)
			continue;
		if (!survey_prog_of(s, type, &p))
			p.btf_id = 1;
		err = survey_load_trivial(s, &p);
		row = survey_add(s, SURVEY_PROGS, info->name,
				 !err || (p.btf_id && knows_target(s, err)) ? SURVEY_YES
									    : SURVEY_NO);
		row->id = type;
		if (!row->state)
			survey_explain(s, row, since_prog(type), -err);
	}
}

/* ---- maps */

/* The types that maps of storage need: [1] int. */
static int load_btf(void)
{
	static const struct {
		struct btf_header h;
		u32 types[4];
		char strs[4];
	} btf = {
		{ .magic = BTF_MAGIC,
		  .version = BTF_VERSION,
		  .hdr_len = sizeof(btf.h),
		  .type_len = sizeof(btf.types),
		  .str_off = sizeof(btf.types),
		  .str_len = sizeof(btf.strs) },
		{ 1, BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32 },
		"\0i",
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (u64)(uintptr_t)&btf;
	attr.btf_size = sizeof(btf);
	return survey_call(BPF_BTF_LOAD, &attr);
}

int survey_map(const struct survey *s, u32 type, int btf, int inner)
{
	const struct map_type_info *t = map_type_info(type);
	u32 value = t->value.min;
	union bpf_attr attr;

	if (value < 4 && t->value.max >= 4)
		value = t->value.step > 4 ? t->value.step : 4;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = t->key.max >= 4 && t->key.min <= 4 ? 4 : t->key.min;
	attr.value_size = value;
	attr.map_flags = t->needs;
	attr.map_ifindex = s->ifindex;
	attr.max_entries = t->entries == MAP_ENTRIES_NONE    ? 0
			   : t->entries == MAP_ENTRIES_PAGES ? (u32)sysconf(_SC_PAGESIZE)
							     : 1;
	if (t->traits & MAP_TRAIT_OF_MAPS)
		attr.inner_map_fd = (u32)inner;
	if (btf >= 0 && t->traits & MAP_TRAIT_STORAGE && t->key.max == 4) {
		attr.btf_fd = (u32)btf;
		attr.btf_key_type_id = attr.btf_value_type_id = 1;
	}
	if (type == MAP_TYPE_STRUCT_OPS)
		attr.btf_vmlinux_value_type_id = 1; /* which is none */
	return survey_call(BPF_MAP_CREATE, &attr);
}

void survey_maps(struct survey *s)
{
	int btf = load_btf(), inner = survey_map(s, MAP_TYPE_ARRAY, -1, -1);

	for (u32 type = 1; type < MAP_TYPE_COUNT; type++) {
		const struct map_type_info *info = map_type_info(type);
		struct survey_row *row;
		int fd;

		if (!info)
			continue;
		fd = survey_map(s, type, btf, inner);
		/* It wants a struct of the kernel's: -EINVAL, but -ENOTSUPP (524) once it is of the type. */
		row = survey_add(s, SURVEY_MAPS, info->name,
				 fd >= 0 || (type == MAP_TYPE_STRUCT_OPS && fd == -524)
					 ? SURVEY_YES
					 : SURVEY_NO);
		row->id = type;
		if (fd >= 0)
			close(fd);
		else if (!row->state)
			survey_explain(s, row, since_map(type),
				       info->traits & MAP_TRAIT_STORAGE && btf < 0 ? -btf : -fd);
	}
	if (btf >= 0)
		close(btf);
	if (inner >= 0)
		close(inner);
}

/* ---- attach types */

/* What is attached to things with descriptors: asking what is attached to none of them fails at the descriptor. */
static int query(u32 attach)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (u32)-1;
	attr.query.attach_type = attach;
	err = survey_call(BPF_PROG_QUERY, &attr);
	return err == -EBADF || err == -ENODEV ? 0 : err;
}

/* Function or type of the kernel's that a program of this kind can always be for. */
static int load_tracing(struct survey *s, u32 attach)
{
	static const struct {
		u32 attach, type, kind;
		const char *target;
	} targets[] = {
		{ AT_TRACE_RAW_TP, PROG_TRACING, BTF_KIND_TYPEDEF, "btf_trace_sched_switch" },
		{ AT_TRACE_FENTRY, PROG_TRACING, BTF_KIND_FUNC, "bpf_fentry_test1" },
		{ AT_TRACE_FEXIT, PROG_TRACING, BTF_KIND_FUNC, "bpf_fentry_test1" },
		{ AT_MODIFY_RETURN, PROG_TRACING, BTF_KIND_FUNC, "bpf_modify_return_test" },
		{ AT_TRACE_ITER, PROG_TRACING, BTF_KIND_FUNC, "bpf_iter_task" },
		{ AT_LSM_MAC, PROG_LSM, BTF_KIND_FUNC, "bpf_lsm_file_open" },
		{ AT_LSM_CGROUP, PROG_LSM, BTF_KIND_FUNC, "bpf_lsm_socket_create" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct survey_prog p = { .type = targets[i].type, .attach = attach };

		if (targets[i].attach != attach)
			continue;
		p.btf_id = survey_type(s, targets[i].kind, targets[i].target);
		return p.btf_id ? survey_load_trivial(s, &p) : -ENOENT;
	}
	return -ENOENT;
}

/* 0: it is there; -errno. */
static int ask_attach(struct survey *s, u32 attach)
{
	static const char *const enumerators[AT_COUNT] = {
		[AT_XDP] = "BPF_XDP",
		[AT_XDP_DEVMAP] = "BPF_XDP_DEVMAP",
		[AT_XDP_CPUMAP] = "BPF_XDP_CPUMAP",
		[AT_SK_REUSEPORT_SELECT] = "BPF_SK_REUSEPORT_SELECT",
		[AT_SK_REUSEPORT_SELECT_OR_MIGRATE] = "BPF_SK_REUSEPORT_SELECT_OR_MIGRATE",
		[AT_STRUCT_OPS] = "BPF_STRUCT_OPS",
	};
	struct survey_prog p = { .attach = attach };

	switch (attach) {
	case AT_TRACE_RAW_TP:
	case AT_TRACE_FENTRY:
	case AT_TRACE_FEXIT:
	case AT_MODIFY_RETURN:
	case AT_TRACE_ITER:
	case AT_LSM_MAC:
	case AT_LSM_CGROUP:
		return load_tracing(s, attach);
	case AT_TRACE_KPROBE_MULTI:
		return feature(&s->features, FEATURE_KPROBE_MULTI) ? 0 : -EINVAL;
	case AT_TRACE_UPROBE_MULTI:
		return feature(&s->features, FEATURE_UPROBE_MULTI) ? 0 : -EINVAL;
	case AT_TRACE_KPROBE_SESSION:
		if (!feature(&s->features, FEATURE_KPROBE_MULTI))
			return -EINVAL;
		return survey_enumerator(s, "BPF_TRACE_KPROBE_SESSION") ? 0 : -EINVAL;
	case AT_TRACE_UPROBE_SESSION:
		if (!feature(&s->features, FEATURE_UPROBE_MULTI))
			return -EINVAL;
		return survey_enumerator(s, "BPF_TRACE_UPROBE_SESSION") ? 0 : -EINVAL;
	case AT_PERF_EVENT:
		return feature(&s->features, FEATURE_PERF_COOKIE) ? 0 : -EINVAL;
	case AT_NETFILTER:
		p.type = PROG_NETFILTER;
		return survey_load_trivial(s, &p);
	default:
		if (enumerators[attach])
			return survey_enumerator(s, enumerators[attach]) ? 0 : -ENOENT;
		return query(attach);
	}
}

void survey_attaches(struct survey *s)
{
	for (u32 attach = 0; attach < AT_COUNT; attach++) {
		int err = ask_attach(s, attach);
		struct survey_row *row = survey_add(s, SURVEY_ATTACHES, attach_type_name(attach),
						    err ? SURVEY_NO : SURVEY_YES);

		row->id = attach;
		if (err)
			survey_explain(s, row, since_attach(attach), -err);
		if (err == -ENOENT && !s->kernel && !row->why) {
			row->state = SURVEY_UNKNOWN;
			row->why = "the kernel has no types to look it up in";
		}
	}
}

/* ---- links */

/* A link of a program to nothing, by a kernel that would make it for something. */
static int ask_link(struct survey *s, u32 type, u32 attach)
{
	struct survey_prog p;
	union bpf_attr attr;
	int fd = -1, err;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (u32)-1;
	if (type) {
		const struct bpf_insn insns[] = {
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
			  .imm = type == PROG_TRACING ? 0 : 1 },
			{ .code = BPF_JMP | BPF_EXIT },
		};

		if (!survey_prog_of(s, type, &p))
			return -ENOENT;
		p.attach = attach;
		fd = survey_open(s, &p, insns, ARRAY_SIZE(insns), 1);
		if (fd < 0)
			return fd;
		attr.link_create.prog_fd = (u32)fd;
	}
	attr.link_create.target_fd =
		attach == AT_XDP || attach == AT_TCX_INGRESS || attach == AT_NETKIT_PRIMARY
			? INT_MAX
			: (u32)-1;
	attr.link_create.attach_type = attach;
	if (attach == AT_TRACE_ITER)
		attr.link_create.target_fd = 0;
	err = survey_call(BPF_LINK_CREATE, &attr);
	if (fd >= 0)
		close(fd);
	if (err >= 0)
		close(err);
	return err >= 0 || err == -EBADF || err == -ENODEV || err == -EAFNOSUPPORT ? 0 : err;
}

static int ask_raw_tracepoint(struct survey *s)
{
	struct survey_prog p = { .type = PROG_RAW_TRACEPOINT };
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = survey_open(s, &p, insns, ARRAY_SIZE(insns), 1), err;
	union bpf_attr attr;

	if (fd < 0)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (u64)(uintptr_t) "skep_no_such_tracepoint";
	attr.raw_tracepoint.prog_fd = (u32)fd;
	err = survey_call(BPF_RAW_TRACEPOINT_OPEN, &attr);
	close(fd);
	return err == -ENOENT ? 0 : err;
}

void survey_links(struct survey *s)
{
	static const struct {
		const char *name, *enumerator;
		u32 prog, attach;
		struct since since;
	} links[] = {
		{ "raw_tracepoint", "", PROG_RAW_TRACEPOINT, 0, { 1, 4, 17, "BPF_EVENTS" } },
		{ "tracing", "", PROG_TRACING, AT_TRACE_RAW_TP, { 2, 5, 5, "BPF_EVENTS" } },
		{ "cgroup",
		  "",
		  PROG_CGROUP_SKB,
		  AT_CGROUP_INET_INGRESS,
		  { 3, 5, 7, "CGROUP_BPF" } },
		{ "iter", "", PROG_TRACING, AT_TRACE_ITER, { 4, 5, 8, "BPF_EVENTS" } },
		{ "netns", "", PROG_SK_LOOKUP, AT_SK_LOOKUP, { 5, 5, 8, "INET" } },
		{ "xdp", "BPF_LINK_TYPE_XDP", PROG_XDP, AT_XDP, { 6, 5, 9, "NET" } },
		{ "perf_event", "", PROG_TRACEPOINT, AT_PERF_EVENT, { 7, 5, 15, "PERF_EVENTS" } },
		{ "kprobe_multi", "", 0, AT_TRACE_KPROBE_MULTI, { 8, 5, 18, "FPROBE" } },
		{ "struct_ops", "", 0, AT_STRUCT_OPS, { 9, 6, 4, "BPF_JIT" } },
		{ "netfilter",
		  "",
		  PROG_NETFILTER,
		  AT_NETFILTER,
		  { 10, 6, 4, "NETFILTER_BPF_LINK" } },
		{ "tcx", "", PROG_SCHED_CLS, AT_TCX_INGRESS, { 11, 6, 6, "NET_XGRESS" } },
		{ "uprobe_multi", "", 0, AT_TRACE_UPROBE_MULTI, { 12, 6, 6, "UPROBES" } },
		{ "netkit", "", PROG_SCHED_CLS, AT_NETKIT_PRIMARY, { 13, 6, 7, "NETKIT" } },
		{ "sockmap", "", PROG_SK_MSG, AT_SK_MSG_VERDICT, { 14, 6, 10, "NET_SOCK_MSG" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		u32 attach = links[i].attach;
		struct survey_row *row;
		int err;

		if (attach == AT_TRACE_KPROBE_MULTI || attach == AT_TRACE_UPROBE_MULTI ||
		    attach == AT_TRACE_RAW_TP)
			err = ask_attach(s, attach);
		else if (links[i].prog == PROG_RAW_TRACEPOINT)
			err = ask_raw_tracepoint(s);
		else
			err = ask_link(s, links[i].prog, attach);
		/* Older kernels say the same of a device that is not there and of what they do not know. */
		if (err == -EINVAL && *links[i].enumerator &&
		    survey_enumerator(s, links[i].enumerator))
			err = 0;
		row = survey_add(s, SURVEY_LINKS, links[i].name, err ? SURVEY_NO : SURVEY_YES);
		row->id = links[i].since.number;
		if (err)
			survey_explain(s, row, &links[i].since, -err);
	}
}
