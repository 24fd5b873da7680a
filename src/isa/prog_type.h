/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of programs and where they attach, from prog_type.def and attach_type.def: PROG_XDP and
 * AT_XDP have the numbers of bpf(2), also where the kernel's headers that this is built with are too
 * old to have them. A set of types is a mask of PROGS(XDP) and the like.
 */
#ifndef ISA_PROG_TYPE_H
#define ISA_PROG_TYPE_H

#include "base/int.h"

enum prog_type {
	PROG_UNSPEC,
#define PROG_TYPE(number, id, name, context, packet) PROG_##id = number,
#include "isa/prog_type.def"
	PROG_TYPES
};

enum attach_type {
#define ATTACH_TYPE(number, id, name) AT_##id = number,
#include "isa/attach_type.def"
#undef ATTACH_TYPE
	AT_COUNT,
	AT_ANY = -1 /* in the tables: whatever has no row of its own */
};

#define PROGS(id) (1ull << PROG_##id)

/* The groups that share their helpers. A program that replaces another one has that one's. */
#define PROGS_TC (PROGS(SCHED_CLS) | PROGS(SCHED_ACT))
#define PROGS_LWT (PROGS(LWT_IN) | PROGS(LWT_OUT) | PROGS(LWT_XMIT) | PROGS(LWT_SEG6LOCAL))
#define PROGS_RAW_TP (PROGS(RAW_TRACEPOINT) | PROGS(RAW_TRACEPOINT_WRITABLE))
/* Those with pointers to the kernel's own structs. */
#define PROGS_BTF (PROGS(TRACING) | PROGS(LSM) | PROGS(SYSCALL))
#define PROGS_TRACING                                                                              \
	(PROGS_BTF | PROGS_RAW_TP | PROGS(KPROBE) | PROGS(TRACEPOINT) | PROGS(PERF_EVENT))
/* Those of a cgroup that run in the task that acts. */
#define PROGS_CGROUP_CURRENT                                                                       \
	(PROGS(CGROUP_SOCK) | PROGS(CGROUP_SOCK_ADDR) | PROGS(CGROUP_DEVICE) |                     \
	 PROGS(CGROUP_SYSCTL) | PROGS(CGROUP_SOCKOPT))
/* Those that deal with sockets. */
#define PROGS_SK_BASE                                                                              \
	(PROGS_TC | PROGS_LWT | PROGS(SOCKET_FILTER) | PROGS(XDP) | PROGS(CGROUP_SKB) |            \
	 PROGS(CGROUP_SOCK_ADDR) | PROGS(SOCK_OPS) | PROGS(SK_SKB) | PROGS(SK_MSG) |               \
	 PROGS(FLOW_DISSECTOR) | PROGS(SK_LOOKUP))
/* All that share the basic helpers: infrared decoders have a list of their own. */
#define PROGS_BASE                                                                                 \
	(PROGS_TRACING | PROGS_SK_BASE | PROGS_CGROUP_CURRENT | PROGS(SK_REUSEPORT) |              \
	 PROGS(STRUCT_OPS) | PROGS(NETFILTER))

enum prog_packet { PROG_NO_PACKET, PROG_LOOKS, PROG_READS, PROG_WRITES };

struct prog_type_info {
	const char *name;        /* "sched_cls" */
	u32 ctx;                 /* enum ctx_id of isa/ctx.h */
	enum prog_packet packet; /* direct use of packet memory */
};
/* NULL for a number that the table does not have. */
const struct prog_type_info *prog_type_info(u32 type);
/* By name; 0 (PROG_UNSPEC) if there is none. */
u32 prog_type_find(const char *name);

/*
 * The range that r0 has to be in when a program of this type and expected attach type ends; false
 * if any scalar will do.
 */
bool prog_type_range(u32 type, u32 attach, s32 *min, s32 *max);
bool prog_type_may_sleep(u32 type, u32 attach);
/* Whether it takes no privilege to load programs of the type. */
bool prog_type_for_anyone(u32 type);

/* "cgroup_inet4_bind"; NULL for a number that the table does not have. */
const char *attach_type_name(u32 attach);
/* -1 if there is no such name. */
s32 attach_type_find(const char *name);

#endif
