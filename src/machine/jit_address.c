/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums that are addresses, and numbers in memory that are used once: see jit_fuse.c. A sum that is read for nothing but
 * accesses is not computed at all. It is remembered until its register is dead, and has the register's place in them.
 *
 *	r3 = r1; r3 += r2		nothing
 *	r4 = *(u8 *)(r3 + 0)		movzbl (r1,r2), r4
 *	*(u8 *)(r3 + 512) = r4		mov r4, 512(r1,r2)	the last: r3 is dead
 */
#include "isa/insn.h"
#include "machine/jit_impl.h"

enum { FAR = 8 }; /* as many instructions behind a sum its uses may be */

static bool add_disp(struct x86_mem *m, s32 imm)
{
	s64 sum = (s64)m->disp + imm;

	if (sum > INT16_MAX || sum < INT16_MIN)
		return false;
	m->disp = (s32)sum;
	return true;
}

struct sum {
	u8 reg, base, index; /* of BPF; index 11: none */
	u8 scale;
	struct x86_mem mem;
	u32 count; /* instructions */
};

/* The sum that begins here, of one class of instructions. */
static bool find_sum(const struct jit_state *s, u8 class, struct sum *sum)
{
	const struct bpf_insn *i = &s->c->insns[s->insn], *next = jit_behind(s, 1);
	u8 add = class | BPF_ADD | BPF_X, shift = class | BPF_LSH | BPF_K, reg = i->dst_reg;
	u32 n = 0;

	*sum = (struct sum){ .reg = reg, .base = reg, .index = 11 };
	if (i->code == (class | BPF_MOV | BPF_X) && jit_is_move(i)) {
		sum->base = i->src_reg;
		n = 1;
		i = next;
		next = jit_behind(s, 2);
	}
	if (jit_is_op(i, shift, reg) && i->imm > 0 && i->imm < 4 && jit_is_op(next, add, reg) &&
	    next->src_reg != reg) {
		sum->index = sum->base;
		sum->scale = (u8)i->imm;
		sum->base = next->src_reg;
		n += 2;
	} else if (jit_is_op(i, add, reg) && i->src_reg != reg) {
		sum->index = i->src_reg;
		n++;
	}
	sum->mem = x86_at(jit_regs[sum->base], 0);
	if (sum->index < 11) {
		sum->mem.index = jit_regs[sum->index];
		sum->mem.scale = sum->scale;
	}
	while (jit_is_op(n ? jit_behind(s, n) : i, class | BPF_ADD | BPF_K, reg) &&
	       add_disp(&sum->mem, (n ? jit_behind(s, n) : i)->imm))
		n++;
	sum->count = n;
	return n;
}

static bool is_plain_access(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);

	return class == BPF_ST || (class == BPF_STX && mode == BPF_MEM) ||
	       (class == BPF_LDX && (mode == BPF_MEM || mode == INSN_MEMSX));
}

/* Whether the sum's register is read for nothing but accesses that are near; then the last of them. */
static bool is_only_address(const struct jit_state *s, const struct sum *sum, u32 *end)
{
	u16 parts = (u16)(1u << sum->base | 1u << sum->index);

	for (u32 n = sum->count; n < sum->count + FAR; n++) {
		const struct bpf_insn *i = jit_behind(s, n);
		bool is_used = false;
		u16 writes;

		if (!i || BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32)
			return false;
		writes = jit_writes(i);
		if (is_plain_access(i)) {
			bool is_load = BPF_CLASS(i->code) == BPF_LDX;

			is_used = (is_load ? i->src_reg : i->dst_reg) == sum->reg;
			if (BPF_CLASS(i->code) == BPF_STX && i->src_reg == sum->reg)
				return false;
		} else if (jit_reads(i) >> sum->reg & 1) {
			return false;
		}
		if (is_used && (writes >> sum->reg & 1 || jit_is_dead(s, n, sum->reg))) {
			*end = s->insn + n;
			return true;
		}
		if (writes & (parts | 1u << sum->reg))
			return false;
	}
	return false;
}

static bool remember(struct jit_state *s, const struct sum *sum, u32 end)
{
	for (u32 k = 0; k < JIT_ADDRESSES; k++) {
		struct jit_address *a = &s->addresses[k];

		if (a->end <= s->insn) {
			*a = (struct jit_address){ end, sum->reg, sum->mem };
			return true;
		}
	}
	return false;
}

u32 jit_fuse_sum(struct jit_state *s, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	struct sum sum;
	u32 end;

	if (!find_sum(s, BPF_CLASS(i->code), &sum))
		return 0;
	if (wide && is_only_address(s, &sum, &end) && remember(s, &sum, end))
		return sum.count;
	if (sum.count < 2)
		return 0;
	x86_lea_at(&s->x, wide, jit_regs[sum.reg], sum.mem);
	return sum.count;
}

struct x86_mem jit_mem(const struct jit_state *s, u8 reg, s16 off)
{
	struct x86_mem m = x86_at(jit_regs[reg], off);

	for (u32 k = 0; k < JIT_ADDRESSES; k++) {
		const struct jit_address *a = &s->addresses[k];

		if (a->reg == reg && a->end >= s->insn && a->end) {
			m = a->mem;
			m.disp += off;
		}
	}
	return m;
}

/* ---- numbers in memory */

u32 jit_fuse_operand(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *next = jit_behind(s, 1);
	u8 class = BPF_SIZE(i->code) == BPF_DW ? BPF_ALU64 : BPF_ALU;
	bool wide = class == BPF_ALU64;
	struct x86_mem m;
	enum x86_alu op;

	if (!next || BPF_MODE(i->code) != BPF_MEM || jit_bytes(i) < 4 ||
	    BPF_CLASS(next->code) != class || BPF_SRC(next->code) != BPF_X ||
	    next->src_reg != i->dst_reg || next->dst_reg == i->dst_reg || next->off ||
	    !jit_is_dead(s, 1, i->dst_reg))
		return 0;
	m = jit_mem(s, i->src_reg, i->off);
	if (BPF_OP(next->code) == BPF_MUL)
		x86_imul_at(&s->x, wide, jit_dst(next), m);
	else if (jit_alu_of(BPF_OP(next->code), &op))
		x86_alu_at(&s->x, op, wide, jit_dst(next), m);
	else
		return 0;
	return 2;
}

/* A number in memory compared with a constant, as large as it is there. */
u32 jit_fuse_compare(struct jit_state *s, const struct bpf_insn *i)
{
	const struct bpf_insn *jump = jit_behind(s, 1);
	u8 bytes = jit_bytes(i), op;
	bool narrow, is_signed;

	if (!jump || BPF_MODE(i->code) != BPF_MEM || !jit_is_branch(jump) ||
	    BPF_SRC(jump->code) == BPF_X || jump->dst_reg != i->dst_reg ||
	    !jit_is_dead(s, 1, i->dst_reg) || bytes == 2)
		return 0;
	op = BPF_OP(jump->code);
	narrow = BPF_CLASS(jump->code) == BPF_JMP32;
	is_signed = op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;
	if (op == BPF_JSET || (bytes == 8 && narrow) ||
	    (bytes == 4 && !narrow && (is_signed || jump->imm < 0)) ||
	    (bytes == 1 && (is_signed || jump->imm < 0 || jump->imm > 255)))
		return 0;
	x86_cmp_at(&s->x, bytes, jit_mem(s, i->src_reg, i->off), jump->imm);
	return 1 + jit_take(s, s->insn + 1);
}
