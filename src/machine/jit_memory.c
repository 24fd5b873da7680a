/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads, stores, atomics. This processor keeps loads in order, and stores too, so those with acquire and release are plain
 * ones; what is locked is in order with all.
 */
#include "isa/insn.h"
#include "machine/jit_impl.h"

/* And, or, xor that hand out the old value: a loop around CMPXCHG, which takes RAX. */
static void fetch(struct jit_state *s, const struct bpf_insn *i, enum x86_alu op, bool wide)
{
	struct x86 *x = &s->x;
	u8 src = jit_src(i), operand = src == X86_RAX ? X86_R10 : src;
	size_t again;

	x86_lea(x, X86_R9, jit_dst(i), i->off);
	x86_mov(x, true, X86_R10, X86_RAX);
	x86_load(x, wide ? 8 : 4, false, X86_RAX, X86_R9, 0);
	again = x->len;
	x86_mov(x, true, X86_R11, X86_RAX);
	x86_alu(x, op, wide, X86_R11, operand);
	x86_lock_cmpxchg(x, wide, X86_R9, 0, X86_R11);
	x86_byte(x, 0x70 | X86_NE);
	x86_byte(x, (u8)(again - (x->len + 1)));
	x86_mov(x, wide, src, X86_RAX);
	if (src != X86_RAX)
		x86_mov(x, true, X86_RAX, X86_R10);
}

static void atomic(struct jit_state *s, const struct bpf_insn *i)
{
	bool wide = BPF_SIZE(i->code) == BPF_DW;
	struct x86 *x = &s->x;
	u8 dst = jit_dst(i), src = jit_src(i);

	switch (i->imm) {
	case INSN_LOAD_ACQ:
		x86_load(x, jit_bytes(i), false, dst, src, i->off);
		break;
	case INSN_STORE_REL:
		x86_store(x, jit_bytes(i), dst, i->off, src);
		break;
	case BPF_ADD:
		x86_lock_alu(x, X86_ADD, wide, dst, i->off, src);
		break;
	case BPF_OR:
		x86_lock_alu(x, X86_OR, wide, dst, i->off, src);
		break;
	case BPF_AND:
		x86_lock_alu(x, X86_AND, wide, dst, i->off, src);
		break;
	case BPF_XOR:
		x86_lock_alu(x, X86_XOR, wide, dst, i->off, src);
		break;
	case BPF_ADD | BPF_FETCH:
		x86_lock_xadd(x, wide, dst, i->off, src);
		break;
	case BPF_OR | BPF_FETCH:
		fetch(s, i, X86_OR, wide);
		break;
	case BPF_AND | BPF_FETCH:
		fetch(s, i, X86_AND, wide);
		break;
	case BPF_XOR | BPF_FETCH:
		fetch(s, i, X86_XOR, wide);
		break;
	case BPF_XCHG:
		x86_xchg(x, wide, dst, i->off, src);
		break;
	default:
		x86_lock_cmpxchg(x, wide, dst, i->off, src);
		if (!wide)
			x86_mov(x, false, X86_RAX, X86_RAX);
	}
}

void jit_memory(struct jit_state *s, const struct bpf_insn *i)
{
	struct x86 *x = &s->x;

	switch (BPF_CLASS(i->code)) {
	case BPF_LDX:
		x86_load_at(x, jit_bytes(i), BPF_MODE(i->code) == INSN_MEMSX, jit_dst(i),
			    jit_mem(s, i->src_reg, i->off));
		break;
	case BPF_ST:
		x86_store_imm_at(x, jit_bytes(i), jit_mem(s, i->dst_reg, i->off), i->imm);
		break;
	case BPF_STX:
		if (BPF_MODE(i->code) == BPF_ATOMIC)
			atomic(s, i);
		else
			x86_store_at(x, jit_bytes(i), jit_mem(s, i->dst_reg, i->off), jit_src(i));
		break;
	default:
		if (insn_is_ld_imm64(i))
			x86_mov_imm(x, jit_dst(i), (u64)(u32)i[1].imm << 32 | (u32)i->imm);
		else
			jit_packet(s, i);
	}
}
