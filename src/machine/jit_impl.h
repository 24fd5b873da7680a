/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler's state, and how BPF's registers lie in the processor's:
 *
 *	r0  r1  r2  r3  r4  r5 | r6  r7  r8  r9  | r10
 *	RAX RDI RSI RDX RCX R8 | RBX R13 R14 R15 | RBP		R12: the run; R9, R10, R11: free within an instruction
 *
 * So the arguments of helpers are where C has them, and what BPF keeps over calls C keeps too. RBP is the end of the
 * function's part of run->stack; a call moves it on.
 *
 * The program is translated twice. The first pass takes the long form of each forward jump, and tells how far apart
 * instructions are at most; the second takes the short form where that is near enough.
 */
#ifndef MACHINE_JIT_IMPL_H
#define MACHINE_JIT_IMPL_H

#include "machine/code.h"
#include "machine/jit_x86.h"

#define JIT_RUN X86_R12
#define JIT_ROOM 256 /* bytes that an instruction takes at most */
#define JIT_ADDRESSES 4
#define JIT_ALIGN 16      /* of what is jumped back to */
#define JIT_ALIGN_LOOP 32 /* of small loops */

/* Flags of an instruction, see jit_flow.c. */
#define JIT_ENTERED 1     /* something jumps to it, or a function begins */
#define JIT_LOOP 2        /* something jumps back to it */
#define JIT_SECOND_HALF 4 /* of a 64-bit load */
#define JIT_COLD 8 /* compiled behind the function, from here to where the jump before it leads */

/* Instructions that are compiled elsewhere. */
struct jit_range {
	u32 begin, end;
};

/* A loop that is compiled several times in a row, so that it jumps back less often. */
struct jit_loop {
	u32 head, end; /* the instruction that jumps back is before the end */
	u32 copies;
};

/* A register that is not there: its uses as an address have this in its place, up to the last of them. */
struct jit_address {
	u32 end; /* 0: none */
	u8 reg;
	struct x86_mem mem;
};

/* A jump or call whose distance is filled in when all has its place. */
struct jit_fixup {
	size_t at; /* of the distance, which counts from its end */
	u32 insn;  /* where it leads */
	bool is_short;
	bool is_entry; /* before what the function saves, else behind that */
};

/* Out of line: sets the trap and leaves. */
struct jit_trap {
	size_t at; /* of the 32-bit distance that leads to it */
	u32 insn;
	enum run_trap trap; /* RUN_OK: there is one already, of a callback */
};

/* What is known of a function before it is compiled. */
struct jit_func {
	u32 start, end;
	u8 saved;       /* a bit for each of r6 to r9 that it has to keep */
	bool has_calls; /* so its stack has to be aligned */
	bool is_called; /* by another one, not only by the host */
	bool has_jcond; /* may_goto: it has a counter on the stack */
	bool may_tail;  /* it or what it calls makes tail calls */
	bool has_frame; /* it uses the stack, or calls others that may */
	u32 height; /* functions within each other from here, itself counted; 0: not known yet */
};

struct jit {
	u8 *bytes; /* executable; at first the code that host and callbacks come in by */
	size_t size;
	u32 *places;     /* of each instruction, in bytes, and of the end */
	u32 *entries;    /* of each function */
	u32 *heights;    /* likewise; all RUN_FRAMES where calls are watched */
	u32 enter, tail; /* calls a function by its address; the first function, keeping r6 to r9 */
	u32 host;        /* where the host comes in */
};

struct jit_state {
	const struct code *c;
	struct x86 x;
	struct jit_func *funcs; /* c->start_count of them */
	u32 func;               /* that is being compiled */
	u32 insn;
	u32 pass;    /* 0 or 1 */
	u32 *places; /* of instructions, count + 1; in the second pass those before `insn` are new */
	u32 *old_places;        /* of the first pass */
	u8 *flags;              /* of instructions, JIT_... */
	struct jit_loop *loops; /* ascending, none in another */
	u32 loop_count;
	struct jit_range *cold; /* of this function, to be compiled */
	u32 cold_count;
	const struct jit_loop *copied; /* of which another copy follows; NULL */
	u16 *live; /* a bit for each register that is read behind the instruction */
	struct jit_address addresses[JIT_ADDRESSES];
	u32 *entries;
	struct jit_fixup *fixups;
	size_t fixup_count, fixup_room;
	struct jit_trap *traps;
	size_t trap_count, trap_room;
	bool has_bmi2;
	bool is_deep;       /* the depth of calls has to be watched */
	bool has_callbacks; /* helpers may come back into the program */
	bool is_light;      /* one function without any call: the host comes in nearly at once */
	u16 used;           /* registers that any instruction reads or writes */
	size_t enter, tail, leave, host;
};

extern const u8 jit_regs[11];

static inline u8 jit_dst(const struct bpf_insn *i)
{
	return jit_regs[i->dst_reg];
}

static inline u8 jit_src(const struct bpf_insn *i)
{
	return jit_regs[i->src_reg];
}

static inline u8 jit_bytes(const struct bpf_insn *i)
{
	static const u8 bytes[] = { 4, 2, 1, 8 };

	return bytes[BPF_SIZE(i->code) >> 3];
}

/* The nth instruction from here if it is only come to from the one before; NULL. */
static inline const struct bpf_insn *jit_behind(const struct jit_state *s, u32 n)
{
	u32 at = s->insn + n;

	if (at >= s->c->count || s->flags[at] & (JIT_ENTERED | JIT_SECOND_HALF))
		return NULL;
	return &s->c->insns[at];
}

/* Whether nobody reads what a register has behind the nth instruction from here. */
static inline bool jit_is_dead(const struct jit_state *s, u32 n, u8 reg)
{
	return !(s->live[s->insn + n] >> reg & 1);
}

static inline bool jit_is_op(const struct bpf_insn *i, u8 code, u8 dst)
{
	return i && i->code == code && i->dst_reg == dst;
}

/* From one register to another one. */
static inline bool jit_is_move(const struct bpf_insn *i)
{
	return (i->code == (BPF_ALU64 | BPF_MOV | BPF_X) ||
		i->code == (BPF_ALU | BPF_MOV | BPF_X)) &&
	       !i->off && i->dst_reg != i->src_reg;
}

/* The processor's operation of the same name, if there is one with two operands. */
static inline bool jit_alu_of(u8 op, enum x86_alu *out)
{
	switch (op) {
	case BPF_ADD:
		*out = X86_ADD;
		return true;
	case BPF_SUB:
		*out = X86_SUB;
		return true;
	case BPF_AND:
		*out = X86_AND;
		return true;
	case BPF_OR:
		*out = X86_OR;
		return true;
	case BPF_XOR:
		*out = X86_XOR;
		return true;
	default:
		return false;
	}
}

/* Finds flags and live; what an instruction reads and writes, a bit for each register. jit_flow.c */
void jit_flow(struct jit_state *s);
u16 jit_live_at(const struct jit_state *s, u32 index); /* before an instruction */
u16 jit_reads(const struct bpf_insn *i);
u16 jit_writes(const struct bpf_insn *i);
u32 jit_target(const struct bpf_insn *i, u32 index); /* of a jump */
/* Finds what is cold, and loops that are worth copies; before jit_flow()'s facts are used. jit_layout.c */
void jit_layout(struct jit_state *s);
/* How many instructions from here on were compiled together; 0: none. jit_fuse.c */
u32 jit_fuse(struct jit_state *s, const struct bpf_insn *i);
/* Likewise, of sums, and of loads with what is behind them. jit_address.c */
u32 jit_fuse_sum(struct jit_state *s, const struct bpf_insn *i);
u32 jit_fuse_operand(struct jit_state *s, const struct bpf_insn *i);
u32 jit_fuse_compare(struct jit_state *s, const struct bpf_insn *i);
/* The place of an access by a register. */
struct x86_mem jit_mem(const struct jit_state *s, u8 reg, s16 off);

void jit_alu(struct jit_state *s, const struct bpf_insn *i);    /* jit_alu.c */
void jit_divide(struct jit_state *s, const struct bpf_insn *i); /* jit_divide.c */
void jit_memory(struct jit_state *s, const struct bpf_insn *i); /* jit_memory.c */
void jit_call(struct jit_state *s, const struct bpf_insn *i);   /* jit_call.c */
void jit_packet(struct jit_state *s, const struct bpf_insn *i);
void jit_exit(struct jit_state *s);

/* Jumps, calls, exits: how many instructions were compiled. jit_jump.c */
u32 jit_jump(struct jit_state *s, const struct bpf_insn *i);
void jit_put_traps(struct jit_state *s); /* behind all functions */
void jit_fix_all(struct jit_state *s);   /* when all has its place */
/* Of a conditional jump: whether it is one, the flags, the condition; and the jump at an index, once flags are set, with what can be
 * made of the instruction behind it: how many were compiled. */
bool jit_is_branch(const struct bpf_insn *i);
void jit_compare(struct jit_state *s, const struct bpf_insn *i);
enum x86_cond jit_cond(const struct bpf_insn *i);
u32 jit_take(struct jit_state *s, u32 index);
/* Jumps to an instruction; the condition, or -1 for always. */
void jit_goto(struct jit_state *s, int cond, u32 insn);
/* The distance of a jump or call whose opcode was put; is_entry: to the beginning of a function. */
void jit_fix(struct jit_state *s, u32 insn, bool is_entry);
/* The function that an instruction is in. */
u32 jit_func_at(const struct jit_state *s, u32 insn);
/* Leaves with a trap if the condition holds (-1: always). */
void jit_trap_if(struct jit_state *s, int cond, enum run_trap trap);
/* The beginning of a function, and what goes before its end. */
void jit_prologue(struct jit_state *s);
void jit_epilogue(struct jit_state *s);
/* What host and callbacks come in by, and what ends a run early: before all functions. jit_call.c */
void jit_gates(struct jit_state *s);

#endif
