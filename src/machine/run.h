/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One execution of a program: what interpreter, JIT and helpers have in common.
 *
 * Helpers are called with the program's r1 to r5 and the run, which is the sixth argument of the C calling convention: code
 * made by the JIT has them in the right registers already. All pointers that programs see are the host's own, so nothing is
 * translated. As contexts hold packets' addresses in 32 bits (struct xdp_md, struct __sk_buff), packets live below 4 GiB.
 */
#ifndef MACHINE_RUN_H
#define MACHINE_RUN_H

#include <linux/bpf.h>

#include "base/int.h"
#include "base/buf.h"
#include "machine/epoch.h"

#define RUN_FRAMES 8  /* functions within each other; a tail call starts anew */
#define RUN_STACK 512 /* bytes of one */
#define RUN_TAIL_CALLS 33
#define RUN_CALLBACK_LOOPS (8u << 20) /* of bpf_loop() and of each may_goto */
#define RUN_NO_LIMIT (1ull << 56)     /* fuel without an end; more counts as this */
#define RUN_NO_INSN UINT32_MAX

#define RUN_RECORD "record" /* what a region is that a ring buffer has handed out */
#define RUN_INNER_MAP "map of a map"
#define RUN_SOCKET "socket"

struct code;
struct machine;
struct map;
struct packet;
struct sock;

/* Why a run ended otherwise than by exit. */
enum run_trap {
	RUN_OK,
	RUN_BAD_ACCESS, /* checked mode: memory that is none of the program's */
	RUN_BAD_INSN,
	RUN_BAD_CALL,    /* a helper or function that is not there */
	RUN_TOO_DEEP,    /* more than RUN_FRAMES */
	RUN_OUT_OF_FUEL, /* more instructions than were allowed */
	RUN_STOPPED,     /* by who steps it */
	RUN_TRAPS
};

/* Memory that a program may use, for checked mode. */
struct run_region {
	u64 begin, end;
	bool is_writable;
	bool is_of_run;   /* handed out while the program ran: forgotten when the next run begins */
	const char *what; /* "stack", "context", "packet", "value of map x", for messages */
};

/* Who the program believes to run as; set by the caller. */
struct run_task {
	u32 pid, tgid, uid, gid;
	char comm[16];
	u64 cgroup;
};

#define RUN_SYSCTL_BYTES 4096

/* What a program of cgroup_sysctl is asked about; set by the caller. */
struct run_sysctl {
	const char *name; /* "net/ipv4/ip_forward" */
	char current[RUN_SYSCTL_BYTES + 1], written[RUN_SYSCTL_BYTES + 1];
	u32 current_len, written_len; /* current: with its newline */
	bool is_write;
};

struct run {
	struct machine *machine;
	const struct code *code; /* the program that runs, after tail calls another one */
	void *ctx;
	struct packet *packet; /* NULL: the context has none */
	u32 cpu;
	u32 tail_calls;
	u32 depth; /* functions that are active, callbacks' among them; each has its part of the stack, the first the lowest */
	u64 fuel;  /* instructions that are left; the interpreter counts, compiled code does not */
	void *native_sp; /* compiled code: where a trap goes back to */
	struct run_task task;
	u64 now;           /* ns; 0: the clocks' own time */
	u64 random;        /* state of get_prandom_u32() */
	struct buf *trace; /* what bpf_trace_printk() prints, a line a call; NULL: nowhere */
	/* What redirect helpers have said last. */
	struct {
		u64 ifindex, flags;
		struct map *map;
		u64 key;
	} redirect;

	/* Whose the context is, or its packet; what the program has chosen for it instead. NULL: none. */
	struct sock *sock, *selected;

	struct run_sysctl *sysctl; /* NULL: none */
	/* What the context's pointers lead to, set by the caller with room behind it; NULL: nothing. */
	struct {
		u8 *at;
		u32 len, room;
	} data;
	u32 reserved; /* bytes of TCP's header that bpf_reserve_hdr_opt() has asked for */
	s32 retval;   /* of programs of cgroups: what bpf_set_retval() has said */
	struct epoch_reader reader; /* of maps, see map_enter() */

	bool is_timer; /* a timer's callback */
	/* Of a machine that steps: asked before each instruction, with r0 to r10; false: the run ends, by a trap that it has set. */
	bool (*step)(struct run *run, u32 insn, const u64 *regs);
	void *step_arg;

	bool is_checked;
	struct run_region *regions;                 /* checked mode: beside the stack */
	u32 region_count, region_room, region_last; /* sorted by begin; the last that was hit */

	/* Of a trap: which, where, and what was touched. */
	enum run_trap trap;
	u32 trap_insn; /* of run->code; RUN_NO_INSN until an engine has filled it in */
	u64 trap_address;
	u32 trap_size;
	u8 stack[RUN_FRAMES * RUN_STACK] __attribute__((aligned(16)));
};

/* Forgets what the last run has left; what the caller has added for its packet stays. */
void run_begin(struct run *run);

/* Around each run, once: what is found in maps stays valid from here to there. */
static inline void map_enter(struct run *run)
{
	epoch_enter(&run->reader);
}

static inline void map_leave(struct run *run)
{
	epoch_leave(&run->reader);
}

typedef u64 (*run_helper)(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run);

/*
 * Runs a function of the program with up to four arguments, from within a helper (bpf_loop(), for_each_map_elem(), timers):
 * insn is where it begins, as ld_imm64 with BPF_PSEUDO_FUNC hands it out.
 */
u64 run_callback(struct run *run, u64 func, u64 a, u64 b, u64 c, u64 d);

/*
 * What engines do at a call of bpf_tail_call(): the program to go on with, which is run->code from then on, or NULL if the
 * slot is empty or there were too many; then *result is what the call returns.
 */
const struct code *run_tail_call(struct run *run, u64 map, u64 index, u64 *result);

/* What loads of classic BPF do: the number at an offset into the packet of a __sk_buff; false if it is beyond. */
bool run_packet_load(const struct run *run, u64 offset, u32 size, u64 *value);

/* Checked mode: makes memory known that a helper has handed out, and forgets it. Without effect otherwise. */
void run_add_region(struct run *run, const void *at, size_t size, bool is_writable,
		    const char *what);
void run_remove_region(struct run *run, const void *at);
/* Whether a region of this kind begins there. */
bool run_is_region(const struct run *run, u64 begin, const char *what);
/* Bytes from an address to the end of the memory of the program's that it is in. */
u64 run_region_left(struct run *run, u64 address);
/* Whether the program may use it; if not, the trap is set. Always true when not checked. */
bool run_may(struct run *run, u64 address, u64 size, bool write);

/* Likewise whether it is a map of the program's. */
bool run_may_map(struct run *run, u64 address);

/* Checked mode: whether a helper may be called with these registers, r0 to r5; if not, the trap is set. */
bool run_may_call(struct run *run, u32 number, const u64 *regs);
/* The bytes of the run's packet, NULL if there is none. */
const u8 *run_packet_bytes(const struct run *run, u64 *size);

/* The helper's function; NULL if the machine does not have it. For kfuncs, by name. */
run_helper run_find_helper(u32 number);
run_helper run_find_kfunc(const char *name);

#endif
