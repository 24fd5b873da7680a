/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/form.h"

#include "isa/insn.h"

static const char reserved[] = "a field that it does not use is not 0";
static const char cast[] = "it casts between address spaces, and arenas are not supported";
static const char unknown[] = "there is no such instruction";

static const char *check_alu(const struct bpf_insn *i)
{
	u8 op = i->code & 0xf0;
	bool by_reg = i->code & BPF_X, is_half = (i->code & 7) == BPF_ALU;

	if (op > BPF_END)
		return unknown;
	if (op == BPF_END) {
		if (i->src_reg || i->off || (!is_half && by_reg))
			return reserved;
		return NULL;
	}
	if (op == BPF_NEG)
		return by_reg || i->src_reg || i->off || i->imm ? reserved : NULL;
	if (insn_is_cast(i))
		return cast;
	if (by_reg ? i->imm != 0 : i->src_reg != 0)
		return reserved;
	if (op == BPF_MOV) {
		bool extends = i->off == 8 || i->off == 16 || (i->off == 32 && !is_half);
		return i->off && !(by_reg && extends) ? reserved : NULL;
	}
	if (op == BPF_DIV || op == BPF_MOD)
		return i->off && i->off != 1 ? reserved : NULL;
	return i->off ? reserved : NULL;
}

static const char *check_jump(const struct bpf_insn *i)
{
	u8 op = i->code & 0xf0, class = i->code & 7;
	bool by_reg = i->code & BPF_X;

	if (op > INSN_JCOND || (class == BPF_JMP32 && (op == BPF_CALL || op == BPF_EXIT)))
		return unknown;
	if (op == BPF_EXIT || op == BPF_JA || op == BPF_CALL || op == INSN_JCOND) {
		bool far = class == BPF_JMP32;
		if (by_reg || i->dst_reg || (op != BPF_CALL && i->src_reg))
			return reserved;
		if (op == BPF_JA && (far ? i->off != 0 : i->imm != 0))
			return reserved;
		/* Kernels do not look at the offset of an exit. */
		return op == BPF_EXIT && i->imm ? reserved : NULL;
	}
	return by_reg ? (i->imm ? reserved : NULL) : i->src_reg ? reserved : NULL;
}

static const char *check_memory(const struct bpf_insn *i)
{
	u8 class = i->code & 7, mode = i->code & 0xe0, size = i->code & 0x18;

	if (class == BPF_LDX) {
		if (mode != BPF_MEM && !(mode == INSN_MEMSX && size != BPF_DW))
			return unknown;
		return i->imm ? reserved : NULL;
	}
	if (class == BPF_ST)
		return mode != BPF_MEM ? unknown : i->src_reg ? reserved : NULL;
	if (mode == BPF_ATOMIC)
		return NULL;
	return mode != BPF_MEM ? unknown : i->imm ? reserved : NULL;
}

const char *form_check(const struct bpf_insn *i)
{
	u8 class = i->code & 7, mode = i->code & 0xe0;

	if (i->dst_reg > 10 || i->src_reg > 10)
		return "there are registers r0 to r10 only";
	switch (class) {
	case BPF_ALU:
	case BPF_ALU64:
		return check_alu(i);
	case BPF_JMP:
	case BPF_JMP32:
		return check_jump(i);
	case BPF_LD:
		if (insn_is_ld_imm64(i))
			return i->off || i[1].code || i[1].dst_reg || i[1].src_reg || i[1].off
				       ? reserved
				       : NULL;
		if ((mode != BPF_ABS && mode != BPF_IND) || (i->code & 0x18) == BPF_DW)
			return unknown;
		return i->dst_reg || i->off || (mode == BPF_ABS && i->src_reg) ? reserved : NULL;
	default:
		return check_memory(i);
	}
}
