/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of each instruction before it is compiled: whether code jumps to it, and which registers are still read
 * behind it. So who folds several instructions into one knows that nobody comes in between, and that nobody misses what was
 * never computed.
 *
 *	r3 = r1		live behind it: r1 r2 r3
 *	r3 += r2	live: r1 r2 r3
 *	r0 = *(u8 *)r3	live: r0 r1 r2		so r3 need not be there: movzbl (r1,r2), r0
 *
 * Live registers are found by walking backwards until nothing changes, which takes a walk more than loops lie in each other.
 * A program for which that is not enough is compiled as if all registers were read everywhere.
 */
#include <string.h>

#include "isa/insn.h"
#include "machine/jit_impl.h"

enum { MAX_WALKS = 24, ALL = 0x7ff, ARGS = 0x3e, CLOBBERED = 0x3f, KEPT = 0x3c0 };

struct effect {
	u16 reads, writes;
};

static u16 bit(u8 reg)
{
	return (u16)(1u << reg);
}

static struct effect of_alu(const struct bpf_insn *i)
{
	struct effect e = { 0, bit(i->dst_reg) };
	bool is_end = BPF_OP(i->code) == BPF_END;

	if (BPF_OP(i->code) != BPF_MOV)
		e.reads = bit(i->dst_reg);
	if (BPF_SRC(i->code) == BPF_X && !is_end)
		e.reads |= bit(i->src_reg);
	return e;
}

static struct effect of_atomic(const struct bpf_insn *i)
{
	struct effect e = { bit(i->dst_reg) | bit(i->src_reg), 0 };

	if (i->imm == INSN_LOAD_ACQ)
		return (struct effect){ bit(i->src_reg), bit(i->dst_reg) };
	if (i->imm == BPF_CMPXCHG)
		return (struct effect){ e.reads | bit(0), bit(0) };
	if (i->imm != INSN_STORE_REL && i->imm & BPF_FETCH)
		e.writes = bit(i->src_reg);
	return e;
}

static struct effect of_jump(const struct bpf_insn *i)
{
	bool by_reg = BPF_SRC(i->code) == BPF_X;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
	case INSN_JCOND:
		return (struct effect){ 0, 0 };
	case BPF_EXIT:
		return (struct effect){ bit(0), 0 };
	case BPF_CALL:
		if (by_reg)
			return (struct effect){ (u16)(ARGS | KEPT | bit(i->dst_reg)), CLOBBERED };
		return (struct effect){ i->src_reg == BPF_PSEUDO_CALL ? ARGS | KEPT : ARGS,
					CLOBBERED };
	default:
		return (struct effect){ (u16)(bit(i->dst_reg) | (by_reg ? bit(i->src_reg) : 0)),
					0 };
	}
}

static struct effect effect_of(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return of_alu(i);
	case BPF_JMP:
	case BPF_JMP32:
		return of_jump(i);
	case BPF_LDX:
		return (struct effect){ bit(i->src_reg), bit(i->dst_reg) };
	case BPF_ST:
		return (struct effect){ bit(i->dst_reg), 0 };
	case BPF_STX:
		if (BPF_MODE(i->code) == BPF_ATOMIC)
			return of_atomic(i);
		return (struct effect){ bit(i->dst_reg) | bit(i->src_reg), 0 };
	default:
		if (insn_is_ld_imm64(i))
			return (struct effect){ 0, bit(i->dst_reg) };
		/* The context is in r6, and what is beyond the packet ends the function with r0. */
		return (struct effect){ (u16)(bit(6) | bit(i->src_reg)), CLOBBERED };
	}
}

u16 jit_reads(const struct bpf_insn *i)
{
	return effect_of(i).reads;
}

u16 jit_writes(const struct bpf_insn *i)
{
	return effect_of(i).writes;
}

static bool is_jump(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

u32 jit_target(const struct bpf_insn *i, u32 index)
{
	bool is_long = i->code == (BPF_JMP32 | BPF_JA);

	return (u32)((s64)index + 1 + (is_long ? i->imm : i->off));
}

/* What is read from an instruction on. */
u16 jit_live_at(const struct jit_state *s, u32 index)
{
	struct effect e = effect_of(&s->c->insns[index]);

	return (u16)((s->live[index] & ~e.writes) | e.reads);
}

static u16 live_behind(const struct jit_state *s, u32 index)
{
	const struct bpf_insn *i = &s->c->insns[index];
	u32 next = index + 1 + insn_is_ld_imm64(i);
	u16 live = 0;

	if (i->code == (BPF_JMP | BPF_EXIT))
		return 0;
	if (is_jump(i))
		live = jit_live_at(s, jit_target(i, index));
	if (BPF_OP(i->code) == BPF_JA && is_jump(i))
		return live;
	return next < s->c->count ? live | jit_live_at(s, next) : live;
}

static void find_live(struct jit_state *s)
{
	bool has_changed = true;

	for (u32 walk = 0; has_changed && walk < MAX_WALKS; walk++) {
		has_changed = false;
		for (u32 i = s->c->count; i--;) {
			u16 live;

			if (s->flags[i] & JIT_SECOND_HALF)
				continue;
			live = live_behind(s, i);
			has_changed |= live != s->live[i];
			s->live[i] = live;
		}
	}
	for (u32 i = 0; has_changed && i < s->c->count; i++)
		s->live[i] = ALL;
}

void jit_flow(struct jit_state *s)
{
	const struct code *c = s->c;

	for (u32 i = 0; i < c->count; i++) {
		if (insn_is_ld_imm64(&c->insns[i]))
			s->flags[++i] |= JIT_SECOND_HALF;
	}
	jit_layout(s);
	find_live(s);
}
