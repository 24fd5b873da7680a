/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables against the running kernel, which is asked with programs of one call, one access or one
 * result, and with maps of all sizes and flags.
 */
#include "unit/test.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isa/ctx.h"
#include "isa/helper.h"
#include "isa/insn.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"

static const struct {
	u32 type, attach;
} types[] = {
	{ PROG_SOCKET_FILTER, 0 },
	{ PROG_KPROBE, 0 },
	{ PROG_SCHED_CLS, 0 },
	{ PROG_XDP, AT_XDP },
	{ PROG_CGROUP_SKB, AT_CGROUP_INET_EGRESS },
	{ PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET4_CONNECT },
	{ PROG_CGROUP_SOCKOPT, AT_CGROUP_SETSOCKOPT },
	{ PROG_SOCK_OPS, AT_CGROUP_SOCK_OPS },
	{ PROG_SK_MSG, AT_SK_MSG_VERDICT },
	{ PROG_RAW_TRACEPOINT, 0 },
};

/* 0, or the error, with the verifier's log. */
static int load(u32 type, u32 attach, const struct bpf_insn *insns, u32 n, char *log, u32 size)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = n;
	attr.license = (u64)(uintptr_t) "GPL";
	attr.log_buf = (u64)(uintptr_t)log;
	attr.log_size = size;
	attr.log_level = 1;
	log[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return errno;
	close((int)fd);
	return 0;
}

/* A call without arguments fails at the latest for want of these. */
static int load_call(u32 type, u32 attach, u32 helper, char *log, u32 size)
{
	struct bpf_insn insns[] = { insn_call((s32)helper), insn_mov64_imm(0, 0), insn_exit() };

	return load(type, attach, insns, ARRAY_SIZE(insns), log, size);
}

/* What depends on how the kernel was built, or is locked down. */
static bool depends(u32 helper)
{
	static const u32 some[] = {
		HELPER_probe_write_user,   HELPER_override_return,    HELPER_skb_get_xfrm_state,
		HELPER_get_cgroup_classid, HELPER_skb_cgroup_classid, HELPER_probe_read,
		HELPER_probe_read_str,     HELPER_probe_read_kernel,  HELPER_probe_read_kernel_str,
	};

	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		if (some[i] == helper)
			return true;
	}
	return false;
}

TEST(isa_helpers_agree_with_the_running_kernel)
{
	char log[4096];

	if (load_call(PROG_KPROBE, 0, HELPER_trace_printk, log, sizeof(log)) == EPERM)
		SKIP("no right to load programs");
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 h = 1; h < HELPER_NUMBERS; h++) {
			if (!helper_info_for(h, types[t].type) || depends(h) ||
			    !helper_attaches(h, types[t].type, types[t].attach))
				continue;
			load_call(types[t].type, types[t].attach, h, log, sizeof(log));
			/* Kernels before 6.11 say the same of what they do not know. */
			if (strstr(log, "cannot use helper"))
				test_fail(__FILE__, __LINE__, "%s: %s", helper_name(h), log);
		}
	}
}

static long create(u32 type, u32 key, u32 value, u32 entries, u32 flags, int inner)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = entries;
	attr.map_flags = flags;
	attr.inner_map_fd = (u32)inner;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* How the kernel's age compares with the tables', by a type of maps of 2024 and one of 2026. */
enum age { OLDER, SAME, NEWER };

static enum age kernel_age(void)
{
	long arena = create(MAP_TYPE_ARENA, 0, 0, 1, BPF_F_MMAPABLE, 0);
	long newer = create(MAP_TYPE_COUNT, 4, 16, 1, 0, 0);

	if (arena >= 0)
		close((int)arena);
	if (newer >= 0)
		close((int)newer);
	return newer >= 0 ? NEWER : arena >= 0 ? SAME : OLDER;
}

/* A newer kernel may allow more than the table does, never less. */
static bool is_same(bool table, bool kernel, enum age age)
{
	return table == kernel || (age == NEWER && !table);
}

static const struct {
	u32 type, attach;
} contexts[] = {
	{ PROG_SOCKET_FILTER, 0 },
	{ PROG_SCHED_CLS, 0 },
	{ PROG_CGROUP_SKB, AT_CGROUP_INET_EGRESS },
	{ PROG_LWT_IN, 0 },
	{ PROG_SK_SKB, AT_SK_SKB_VERDICT },
	{ PROG_FLOW_DISSECTOR, AT_FLOW_DISSECTOR },
	{ PROG_XDP, AT_XDP },
	{ PROG_XDP, AT_XDP_DEVMAP },
	{ PROG_CGROUP_SOCK, AT_CGROUP_INET_SOCK_CREATE },
	{ PROG_CGROUP_SOCK, AT_CGROUP_INET4_POST_BIND },
	{ PROG_CGROUP_SOCK, AT_CGROUP_INET6_POST_BIND },
	{ PROG_CGROUP_SOCK_ADDR, AT_CGROUP_INET4_CONNECT },
	{ PROG_CGROUP_SOCK_ADDR, AT_CGROUP_UDP6_SENDMSG },
	{ PROG_SOCK_OPS, AT_CGROUP_SOCK_OPS },
	{ PROG_SK_MSG, AT_SK_MSG_VERDICT },
	{ PROG_SK_REUSEPORT, AT_SK_REUSEPORT_SELECT },
	{ PROG_SK_LOOKUP, AT_SK_LOOKUP },
	{ PROG_CGROUP_SYSCTL, AT_CGROUP_SYSCTL },
	{ PROG_CGROUP_SOCKOPT, AT_CGROUP_SETSOCKOPT },
	{ PROG_CGROUP_SOCKOPT, AT_CGROUP_GETSOCKOPT },
	{ PROG_CGROUP_DEVICE, AT_CGROUP_DEVICE },
	{ PROG_PERF_EVENT, 0 },
	{ PROG_NETFILTER, AT_NETFILTER },
	{ PROG_KPROBE, 0 },
	{ PROG_TRACEPOINT, 0 },
	{ PROG_RAW_TRACEPOINT, 0 },
};

/* One access of one size, at all offsets, for a type of programs. */
static void check_context(u32 type, u32 attach, u8 size, u32 bytes, bool write, enum age age)
{
	const struct ctx_info *ctx = ctx_info((enum ctx_id)prog_type_info(type)->ctx);
	u32 end = (ctx->size < 256 ? ctx->size : 256) + 8;
	char log[4096];

	for (u32 off = 0; off < end; off++) {
		struct bpf_insn insns[] = {
			insn_mov64_imm(0, 1),
			write ? insn_store_reg(size, 1, (s16)off, 0)
			      : insn_load(size, 0, 1, (s16)off),
			insn_mov64_imm(0, 1),
			insn_exit(),
		};
		bool may = ctx->shape == CTX_SHAPE_FIELDS
				   ? !!ctx_access(type, attach, off, bytes, write)
				   : ctx_access_plain(type, off, bytes, write);

		if (is_same(may, !load(type, attach, insns, ARRAY_SIZE(insns), log, sizeof(log)),
			    age))
			continue;
		test_fail(__FILE__, __LINE__, "%s, %s: %s of %u bytes at %u: the table says %s",
			  prog_type_info(type)->name, attach_type_name(attach),
			  write ? "write" : "read", bytes, off, may ? "yes" : "no");
	}
}

/* Whether the kernel was built with programs of this type. */
static bool kernel_has(u32 type, u32 attach)
{
	struct bpf_insn insns[] = { insn_mov64_imm(0, 1), insn_exit() };
	char log[4096];

	return !load(type, attach, insns, ARRAY_SIZE(insns), log, sizeof(log));
}

TEST(isa_contexts_agree_with_the_running_kernel)
{
	enum age age = kernel_age();

	if (age == OLDER)
		SKIP("no right to load programs, or the kernel is older than the tables");
	for (size_t i = 0; i < ARRAY_SIZE(contexts); i++) {
		for (u32 write = 0; write < 2 && kernel_has(contexts[i].type, contexts[i].attach);
		     write++) {
#define INSN_SIZE(id, code, bytes, u, s)                                                           \
	check_context(contexts[i].type, contexts[i].attach, code, bytes, write, age);
#include "isa/insn.def"
		}
	}
}

/* To a kernel without sessions their programs are kprobes as others are, which may return what they like. */
static bool knows_session(u32 attach)
{
	struct bpf_insn insns[] = { insn_mov64_imm(0, 2), insn_exit() };
	char log[4096];

	return load(PROG_KPROBE, attach, insns, ARRAY_SIZE(insns), log, sizeof(log));
}

/* What r0 may be at the end, for a type of programs and all the ways to attach that it is loaded with. */
static void check_results(u32 type, enum age age)
{
	char log[4096];

	for (u32 attach = 0; attach < AT_COUNT; attach++) {
		bool is_session =
			attach == AT_TRACE_KPROBE_SESSION || attach == AT_TRACE_UPROBE_SESSION;

		if (!kernel_has(type, attach) ||
		    (type == PROG_KPROBE && is_session && !knows_session(attach)))
			continue;
		for (s32 value = -1; value < 5; value++) {
			struct bpf_insn insns[] = { insn_mov64_imm(0, value), insn_exit() };
			s32 min, max;
			bool may = !prog_type_range(type, attach, &min, &max) ||
				   (value >= min && value <= max);

			if (!is_same(may, !load(type, attach, insns, 2, log, sizeof(log)), age))
				test_fail(__FILE__, __LINE__, "%s, %s: r0 = %d: the table says %s",
					  prog_type_info(type)->name, attach_type_name(attach),
					  value, may ? "yes" : "no");
		}
	}
}

TEST(isa_results_agree_with_the_running_kernel)
{
	enum age age = kernel_age();

	if (age == OLDER)
		SKIP("no right to load programs, or the kernel is older than the tables");
	/* Those that are attached to a function are passed over: they need it on loading. */
	for (u32 type = 1; type < PROG_TYPES; type++)
		check_results(type, age);
}

static void check_map(u32 type, u32 flags, int inner, enum age age)
{
	static const u32 keys[] = { 0, 4, 8, 600 }, values[] = { 0, 4, 8 },
			 counts[] = { 0, 1, 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(keys) * ARRAY_SIZE(values) * ARRAY_SIZE(counts); i++) {
		u32 key = keys[i % 4], value = values[i / 4 % 3], n = counts[i / 12];
		const char *wrong = map_type_check(type, key, value, n, flags);
		long fd = create(type, key, value, n, flags, inner);

		if (fd >= 0)
			close((int)fd);
		else if (errno == E2BIG || errno == ENOMEM)
			continue;
		if (!is_same(!wrong, fd >= 0, age))
			test_fail(__FILE__, __LINE__,
				  "%s, key %u, value %u, entries %u, flags %#x: the table says %s",
				  map_type_info(type)->name, key, value, n, flags,
				  wrong ? wrong : "yes");
	}
}

TEST(isa_map_types_agree_with_the_running_kernel)
{
	enum age age = kernel_age();
	long inner;

	if (age == OLDER)
		SKIP("no right to make maps, or the kernel is older than the tables");
	inner = create(MAP_TYPE_ARRAY, 4, 4, 1, 0, 0);
	for (u32 type = 1; type < MAP_TYPE_COUNT; type++) {
		const struct map_type_info *t = map_type_info(type);
		bool has_btf = t->traits & MAP_TRAIT_STORAGE && t->key.max == 4;

		/* Those that need descriptions of their values. */
		if (has_btf || type == MAP_TYPE_STRUCT_OPS)
			continue;
		for (u32 bit = 0; bit < 13; bit++)
			check_map(type, t->needs | 1u << bit,
				  t->traits & MAP_TRAIT_OF_MAPS ? (int)inner : 0, age);
		check_map(type, t->needs, t->traits & MAP_TRAIT_OF_MAPS ? (int)inner : 0, age);
	}
	close((int)inner);
}
