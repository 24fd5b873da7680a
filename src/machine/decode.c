/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From instructions to ops: which handler, and its operands. Here the code has been checked, so all is known. */
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "machine/interp.h"

/* Four handlers in a row: immediate and register, 64 bits, then 32. */
static const u16 alu_first[16] = {
#define INSN_ALU(id, code, text) [(code) >> 4] = OP_##id##64_K,
#include "isa/insn.def"
};

static const u16 jump_first[16] = {
#define INSN_JUMP(id, code, text) [(code) >> 4] = OP_##id##64_K,
#include "isa/insn.def"
};

static const struct {
	u16 ldx, st, stx, acquire, release;
} memory[4] = {
#define INSN_SIZE(id, code, bytes, u, s)                                                           \
	[(code) >> 3] = { OP_LDX_##id, OP_ST_##id, OP_STX_##id, OP_ACQUIRE_##id, OP_RELEASE_##id },
#include "isa/insn.def"
};

static u16 decode_alu(const struct bpf_insn *i)
{
	bool narrow = BPF_CLASS(i->code) == BPF_ALU, by_reg = BPF_SRC(i->code) == BPF_X;
	u16 form = (u16)(2 * narrow + by_reg);

	switch (BPF_OP(i->code)) {
	case BPF_NEG:
		return narrow ? OP_NEG32 : OP_NEG64;
	case BPF_END:
		if (narrow && !by_reg)
			return i->imm == 16 ? OP_LOW16 : i->imm == 32 ? OP_LOW32 : OP_LOW64;
		return i->imm == 16 ? OP_SWAP16 : i->imm == 32 ? OP_SWAP32 : OP_SWAP64;
	case BPF_MOV:
		if (i->off == 8)
			return narrow ? OP_SX32_8 : OP_SX64_8;
		if (i->off == 16)
			return narrow ? OP_SX32_16 : OP_SX64_16;
		if (i->off == 32)
			return OP_SX64_32;
		break;
	case BPF_DIV:
		if (i->off)
			return (u16)(OP_SDIV64_K + form);
		break;
	case BPF_MOD:
		if (i->off)
			return (u16)(OP_SMOD64_K + form);
		break;
	}
	return (u16)(alu_first[BPF_OP(i->code) >> 4] + form);
}

static u16 decode_atomic(const struct bpf_insn *i)
{
	bool wide = BPF_SIZE(i->code) == BPF_DW;

	switch (i->imm) {
	case INSN_LOAD_ACQ:
		return memory[BPF_SIZE(i->code) >> 3].acquire;
	case INSN_STORE_REL:
		return memory[BPF_SIZE(i->code) >> 3].release;
#define INSN_ATOMIC(id, value, name, text)                                                         \
	case value:                                                                                \
		return wide ? OP_ATOMIC_##id##_DW : OP_ATOMIC_##id##_W;                            \
	case value | BPF_FETCH:                                                                    \
		return wide ? OP_FETCH_##id##_DW : OP_FETCH_##id##_W;
#include "isa/insn.def"
	case BPF_XCHG:
		return wide ? OP_XCHG_DW : OP_XCHG_W;
	default:
		return wide ? OP_CMPXCHG_DW : OP_CMPXCHG_W;
	}
}

static u16 decode_memory(const struct bpf_insn *i)
{
	u8 size = BPF_SIZE(i->code) >> 3;

	switch (BPF_CLASS(i->code)) {
	case BPF_ST:
		return memory[size].st;
	case BPF_STX:
		return BPF_MODE(i->code) == BPF_ATOMIC ? decode_atomic(i) : memory[size].stx;
	case BPF_LDX:
		if (BPF_MODE(i->code) == BPF_MEM)
			return memory[size].ldx;
		return BPF_SIZE(i->code) == BPF_B   ? OP_LDSX_B
		       : BPF_SIZE(i->code) == BPF_H ? OP_LDSX_H
						    : OP_LDSX_W;
	default:
		if (insn_is_ld_imm64(i))
			return OP_LD_IMM64;
		return BPF_MODE(i->code) == BPF_ABS ? OP_PACKET_K : OP_PACKET_X;
	}
}

/* A function that is not there is told when it is called: the call may be where the program never gets to. */
static u16 decode_call(const struct code *c, const struct bpf_insn *i, u64 *imm)
{
	run_helper helper = NULL;

	if (BPF_SRC(i->code) == BPF_X)
		return OP_CALLX;
	if (i->src_reg == BPF_PSEUDO_CALL)
		return OP_CALL;
	if (code_is_poison(i))
		return OP_BAD_INSN;
	if (i->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		const struct image *img = c->machine ? machine_image(c->machine) : NULL;

		if (img && (u32)i->imm < img->externs.n)
			helper = run_find_kfunc(img->externs.at[i->imm].name);
	} else if (i->imm == BPF_FUNC_tail_call && c->machine) {
		return OP_TAIL_CALL;
	} else {
		helper = run_find_helper((u32)i->imm);
	}
	*imm = (u64)(uintptr_t)helper;
	return helper ? OP_HELPER : OP_BAD_CALL;
}

static u16 decode_jump(const struct code *c, const struct bpf_insn *i, u64 *imm)
{
	bool narrow = BPF_CLASS(i->code) == BPF_JMP32, by_reg = BPF_SRC(i->code) == BPF_X;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return OP_JA;
	case INSN_JCOND:
		return OP_MAY_GOTO;
	case BPF_EXIT:
		return OP_EXIT;
	case BPF_CALL:
		return decode_call(c, i, imm);
	default:
		return (u16)(jump_first[BPF_OP(i->code) >> 4] + 2 * narrow + by_reg);
	}
}

/* Whether the handler behind is one that looks at memory first. */
static bool is_memory(u16 id)
{
	static const bool table[OP_COUNT] = {
#define MEM(x) [OP_##x] = true,
#define OP(x)
#include "machine/op.def"
	};

	return table[id];
}

static u16 decode_one(const struct code *c, u32 index, struct op *op)
{
	const struct bpf_insn *i = &c->insns[index];
	u8 class = BPF_CLASS(i->code);
	s32 to = i->off;

	op->dst = i->dst_reg;
	op->src = i->src_reg;
	op->off = i->off;
	op->imm = (u64)(s64)i->imm;
	if (class == BPF_JMP || class == BPF_JMP32) {
		u16 id = decode_jump(c, i, &op->imm);

		if (id == OP_CALL || (id == OP_JA && class == BPF_JMP32))
			to = i->imm;
		op->to = (to + 1) * (s32)sizeof(*op);
		return id;
	}
	if (class == BPF_ALU || class == BPF_ALU64)
		return decode_alu(i);
	if (insn_is_ld_imm64(i))
		op->imm = (u64)(u32)i[1].imm << 32 | (u32)i->imm;
	else if (class == BPF_LD)
		op->to = BPF_SIZE(i->code) == BPF_W ? 4 : BPF_SIZE(i->code) == BPF_H ? 2 : 1;
	return decode_memory(i);
}

void decode_ops(struct code *c)
{
	const void *const *handlers = interp_handlers();
	bool steps = c->machine && machine_steps(c->machine);

	c->ops = calloc(c->count, (steps ? 3 : 2) * sizeof(*c->ops));
	if (!c->ops)
		arena_exhausted();
	for (u32 i = 0; i < c->count; i++) {
		struct op *plain = &c->ops[i], *checked = &c->ops[c->count + i];
		u16 id = decode_one(c, i, plain);

		plain->handler = handlers[id];
		*checked = *plain;
		checked->handler = handlers[id + is_memory(id)];
		if (id == OP_LD_IMM64) { /* nothing leads to the second half */
			i++;
			c->ops[i].handler = c->ops[c->count + i].handler = handlers[OP_BAD_INSN];
		}
	}
	for (u32 i = 0; steps && i < c->count; i++) {
		c->ops[2 * c->count + i] = c->ops[c->count + i];
		c->ops[2 * c->count + i].handler = handlers[OP_STEP];
	}
}
