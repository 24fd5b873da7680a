/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One instruction of the intermediate form becomes one to four of BPF. Values that live on the stack pass through
 * r0 and r5, which the allocator keeps free as soon as there are any.
 */
#include "gen/emit.h"

#include <string.h>

#include "gen/regalloc.h"

#define SCRATCH_A BPF_REG_0
#define SCRATCH_B BPF_REG_5

struct emitter {
	struct arena *arena;
	const struct ir_func *f;
	struct allocation alloc;
	struct object_func *out;
	u32 *label_at;               /* instruction index of each label */
	vec_of(struct fixup) fixups; /* jumps to be given their distance */
	u32 line, col;
};
struct fixup {
	u32 insn, label;
};

static u32 here(const struct emitter *e)
{
	return (u32)e->out->insns.n;
}

static void put(struct emitter *e, u8 code, u32 dst, u32 src, s32 off, s32 imm)
{
	struct bpf_insn *i = vec_add(e->arena, &e->out->insns);

	i->code = code;
	i->dst_reg = dst & 0xf;
	i->src_reg = src & 0xf;
	i->off = (s16)off;
	i->imm = imm;
}

static u8 size_code(u32 size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;
}

static void put_mov(struct emitter *e, u32 dst, u32 src)
{
	if (dst != src)
		put(e, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void put_ld64(struct emitter *e, u32 dst, u32 pseudo, u64 value)
{
	put(e, BPF_LD | BPF_DW | BPF_IMM, dst, pseudo, 0, (s32)(u32)value);
	put(e, 0, 0, 0, 0, (s32)(u32)(value >> 32));
}

static void put_reloc(struct emitter *e, enum object_reloc_kind kind, u32 index, u32 offset)
{
	*vec_add(e->arena, &e->out->relocs) = (struct object_reloc){
		.kind = kind, .insn = here(e), .index = index, .offset = offset
	};
}

static s8 home(const struct emitter *e, u32 reg)
{
	return e->alloc.home[reg];
}

/* Any operand's value into a physical register. */
static void put_operand(struct emitter *e, u32 dst, struct ir_operand o)
{
	switch (o.kind) {
	case IR_REG:
		if (home(e, o.reg) == HOME_STACK)
			put(e, BPF_LDX | BPF_MEM | BPF_DW, dst, BPF_REG_10, e->alloc.slot[o.reg],
			    0);
		else
			put_mov(e, dst, (u32)home(e, o.reg));
		break;
	case IR_IMM:
		if (o.imm == (s32)o.imm)
			put(e, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, (s32)o.imm);
		else if (o.imm == (u32)o.imm)
			put(e, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, (s32)(u32)o.imm);
		else
			put_ld64(e, dst, 0, (u64)o.imm);
		break;
	case IR_FRAME:
		put_mov(e, dst, BPF_REG_10);
		put(e, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, (s32)o.imm);
		break;
	case IR_MAP:
		put_reloc(e, RELOC_MAP, o.reg, 0);
		put_ld64(e, dst, 0, 0);
		break;
	case IR_BSS:
		put_reloc(e, RELOC_BSS, 0, (u32)o.imm);
		put_ld64(e, dst, 0, 0);
		break;
	case IR_FUNC:
		put_reloc(e, RELOC_FUNC, o.reg, 0);
		put_ld64(e, dst, BPF_PSEUDO_FUNC, 0);
		break;
	case IR_NONE:
		break;
	}
}

/* A virtual register's value for reading: where it lives, or in the scratch register given. */
static u32 use(struct emitter *e, struct ir_operand o, u32 scratch)
{
	if (o.kind == IR_FRAME)
		return BPF_REG_10;
	if (home(e, o.reg) >= 0)
		return (u32)home(e, o.reg);
	put_operand(e, scratch, o);
	return scratch;
}

static u32 target(const struct emitter *e, u32 reg)
{
	return home(e, reg) >= 0 ? (u32)home(e, reg) : SCRATCH_A;
}

static void finish(struct emitter *e, u32 reg)
{
	if (home(e, reg) == HOME_STACK)
		put(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, SCRATCH_A, e->alloc.slot[reg], 0);
}

static void emit_ext(struct emitter *e, u32 dst, u32 src, u32 size, bool is_signed)
{
	s32 bits = (s32)(64 - 8 * size);

	if (!is_signed && size == 4) {
		put(e, BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0);
		return;
	}
	put_mov(e, dst, src);
	if (!is_signed) {
		put(e, BPF_ALU64 | BPF_AND | BPF_K, dst, 0, 0, size == 1 ? 0xff : 0xffff);
		return;
	}
	put(e, BPF_ALU64 | BPF_LSH | BPF_K, dst, 0, 0, bits);
	put(e, BPF_ALU64 | BPF_ARSH | BPF_K, dst, 0, 0, bits);
}

static void emit_alu(struct emitter *e, const struct ir_insn *i)
{
	u32 dst = target(e, i->dst);

	if (i->b.kind == IR_REG) {
		u32 b = use(e, i->b, SCRATCH_B);
		put_operand(e, dst, i->a);
		put(e, BPF_ALU64 | i->alu | BPF_X, dst, b, 0, 0);
	} else {
		put_operand(e, dst, i->a);
		if (i->core) {
			struct object_core *c = vec_add(e->arena, &e->out->cores);
			*c = e->f->cores.at[i->core - 1];
			c->insn = here(e);
		}
		put(e, BPF_ALU64 | i->alu | BPF_K, dst, 0, 0, (s32)i->b.imm);
	}
	finish(e, i->dst);
}

static s32 displacement(const struct ir_insn *i)
{
	return i->off + (i->a.kind == IR_FRAME ? (s32)i->a.imm : 0);
}

static void emit_load(struct emitter *e, const struct ir_insn *i)
{
	u32 dst = target(e, i->dst);
	u32 base = use(e, i->a, SCRATCH_B);

	put(e, BPF_LDX | BPF_MEM | size_code(i->size), dst, base, displacement(i), 0);
	if (i->is_signed && i->size < 8)
		emit_ext(e, dst, dst, i->size, true);
	finish(e, i->dst);
}

static void emit_store(struct emitter *e, const struct ir_insn *i)
{
	u32 base = use(e, i->a, SCRATCH_B);

	if (i->b.kind == IR_IMM) {
		put(e, BPF_ST | BPF_MEM | size_code(i->size), base, 0, displacement(i),
		    (s32)i->b.imm);
		return;
	}
	u32 src = use(e, i->b, SCRATCH_A);
	put(e, BPF_STX | BPF_MEM | size_code(i->size), base, src, displacement(i), 0);
}

static void emit_add_to(struct emitter *e, const struct ir_insn *i)
{
	u32 base = use(e, i->a, SCRATCH_B);
	u32 src = use(e, i->b, SCRATCH_A);

	put(e, BPF_STX | BPF_ATOMIC | size_code(i->size), base, src, displacement(i), BPF_ADD);
}

/* What is stored and what was there share a register, which the address does not. */
static void emit_xchg(struct emitter *e, const struct ir_insn *i)
{
	u32 dst = target(e, i->dst), base = use(e, i->b, SCRATCH_B);

	put_operand(e, dst, i->a);
	put(e, BPF_STX | BPF_ATOMIC | BPF_DW, base, dst, i->off, BPF_XCHG);
	finish(e, i->dst);
}

/* Moves between registers that happen at once: no source may be overwritten before it was read. */
struct move {
	u32 dst, src;
};
static void parallel_moves(struct emitter *e, struct move *moves, u32 n)
{
	while (n) {
		bool progress = false;
		for (u32 i = 0; i < n; i++) {
			bool blocked = false;
			for (u32 k = 0; k < n; k++)
				blocked |= k != i && moves[k].src == moves[i].dst;
			if (blocked)
				continue;
			put_mov(e, moves[i].dst, moves[i].src);
			moves[i--] = moves[--n];
			progress = true;
		}
		if (!progress) { /* a cycle: r0 is nobody's destination and no cycle's source */
			put_mov(e, BPF_REG_0, moves[0].src);
			u32 old = moves[0].src;
			for (u32 k = 0; k < n; k++)
				if (moves[k].src == old)
					moves[k].src = BPF_REG_0;
		}
	}
}

static void emit_call(struct emitter *e, const struct ir_insn *i)
{
	struct move moves[5];
	u32 n = 0;

	for (u32 k = 0; k < i->arg_count; k++)
		if (i->args[k].kind == IR_REG && home(e, i->args[k].reg) >= 0)
			moves[n++] = (struct move){ k + 1, (u32)home(e, i->args[k].reg) };
	parallel_moves(e, moves, n);
	for (u32 k = 0; k < i->arg_count; k++)
		if (i->args[k].kind != IR_REG || home(e, i->args[k].reg) < 0)
			put_operand(e, k + 1, i->args[k]);
	put(e, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)i->helper);
	if (i->dst == IR_NO_REG || home(e, i->dst) == HOME_NONE)
		return;
	put_mov(e, target(e, i->dst), BPF_REG_0);
	finish(e, i->dst);
}

static void emit_jump(struct emitter *e, const struct ir_insn *i)
{
	if (i->op == IR_GOTO) {
		*vec_add(e->arena, &e->fixups) = (struct fixup){ here(e), i->label };
		put(e, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		return;
	}
	u32 a = use(e, i->a, SCRATCH_A);
	u32 b = i->b.kind == IR_REG ? use(e, i->b, SCRATCH_B) : 0;
	*vec_add(e->arena, &e->fixups) = (struct fixup){ here(e), i->label };
	if (i->b.kind == IR_REG)
		put(e, BPF_JMP | i->alu | BPF_X, a, b, 0, 0);
	else
		put(e, BPF_JMP | i->alu | BPF_K, a, 0, 0, (s32)i->b.imm);
}

static void emit_insn(struct emitter *e, const struct ir_insn *i)
{
	switch (i->op) {
	case IR_MOV:
		put_operand(e, target(e, i->dst), i->a);
		finish(e, i->dst);
		break;
	case IR_ALU:
		emit_alu(e, i);
		break;
	case IR_EXT: {
		u32 dst = target(e, i->dst);
		emit_ext(e, dst, use(e, i->a, SCRATCH_B), i->size, i->is_signed);
		finish(e, i->dst);
		break;
	}
	case IR_SWAP: {
		u32 dst = target(e, i->dst);
		put_operand(e, dst, i->a);
		put(e, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, i->size * 8);
		finish(e, i->dst);
		break;
	}
	case IR_LOAD:
		emit_load(e, i);
		break;
	case IR_STORE:
		emit_store(e, i);
		break;
	case IR_ADD_TO:
		emit_add_to(e, i);
		break;
	case IR_XCHG:
		emit_xchg(e, i);
		break;
	case IR_CALL:
		emit_call(e, i);
		break;
	case IR_JUMP:
	case IR_GOTO:
		emit_jump(e, i);
		break;
	case IR_LABEL:
		e->label_at[i->label] = here(e);
		break;
	case IR_EXIT:
		put_operand(e, BPF_REG_0, i->a);
		put(e, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		break;
	}
}

/* Parameters go from r1, r2, ... to where they live. */
static void emit_params(struct emitter *e)
{
	struct move moves[5];
	u32 n = 0;

	for (u32 r = 0; r < e->f->param_count; r++)
		if (home(e, r) == HOME_STACK)
			put(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, r + 1, e->alloc.slot[r], 0);
	for (u32 r = 0; r < e->f->param_count; r++)
		if (home(e, r) >= 0)
			moves[n++] = (struct move){ (u32)home(e, r), r + 1 };
	parallel_moves(e, moves, n);
}

static void note_line(struct emitter *e, struct loc loc)
{
	if (!loc.line || (loc.line == e->line && loc.col == e->col))
		return;
	e->line = loc.line;
	e->col = loc.col;
	size_t n = e->out->lines.n;
	struct object_line line = { here(e), loc.line, loc.col };
	if (n && e->out->lines.at[n - 1].insn == line.insn)
		e->out->lines.at[n - 1] = line;
	else
		*vec_add(e->arena, &e->out->lines) = line;
}

static int patch_jumps(struct emitter *e, struct diag *d)
{
	for (size_t i = 0; i < e->fixups.n; i++) {
		struct fixup *x = &e->fixups.at[i];
		s64 distance = (s64)e->label_at[x->label] - x->insn - 1;
		if (distance != (s16)distance)
			return diag_error(d, e->f->loc,
					  "the program is too long: a jump spans %lld "
					  "instructions, and BPF's reach 32767",
					  (long long)distance);
		e->out->insns.at[x->insn].off = (s16)distance;
	}
	return 0;
}

int emit_func(const struct ir_func *f, struct object_func *out, u32 *stack, struct diag *d)
{
	struct emitter e = { .arena = f->arena, .f = f, .out = out };

	regalloc(f, &e.alloc);
	*stack = e.alloc.frame;
	if (e.alloc.frame > EMIT_MAX_STACK)
		return diag_error(d, f->loc, "the program needs %u bytes of stack, and BPF has %u",
				  e.alloc.frame, EMIT_MAX_STACK);
	out->name = f->name;
	out->section = f->section;
	out->param_count = f->param_count;
	e.label_at = arena_array(f->arena, u32, f->label_count + 1);
	if (f->insns.n)
		note_line(&e, f->insns.at[0].loc);
	emit_params(&e);
	for (size_t i = 0; i < f->insns.n; i++) {
		if (f->insns.at[i].op != IR_LABEL)
			note_line(&e, f->insns.at[i].loc);
		emit_insn(&e, &f->insns.at[i]);
	}
	return patch_jumps(&e, d);
}
