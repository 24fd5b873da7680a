/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/gen_emul.h"

struct emul {
	const struct object_func *f;
	struct world *w;
	u64 regs[11];
	u32 set; /* bit set of registers that hold something */
	u32 at;
};

static u64 get(struct emul *x, u32 reg)
{
	if (!(x->set & (1u << reg)))
		x->w->fault = "a register was read that holds nothing";
	return x->regs[reg];
}

static void put(struct emul *x, u32 reg, u64 v)
{
	if (reg >= 10) {
		x->w->fault = "a write to r10";
		return;
	}
	x->regs[reg] = v;
	x->set |= 1u << reg;
}

static u64 source(struct emul *x, const struct bpf_insn *i)
{
	return BPF_SRC(i->code) == BPF_X ? get(x, i->src_reg) : (u64)(s64)i->imm;
}

static u32 bytes(u8 code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

static void alu(struct emul *x, const struct bpf_insn *i)
{
	u8 op = BPF_OP(i->code);
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;

	if (op == BPF_END) {
		put(x, i->dst_reg, world_swap(get(x, i->dst_reg), (u32)i->imm / 8));
		return;
	}
	u64 b = source(x, i);
	if (op == BPF_MOV) {
		put(x, i->dst_reg, wide ? b : (u32)b);
		return;
	}
	if (!wide)
		x->w->fault = "32-bit arithmetic, which gen does not use";
	bool shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	if (BPF_SRC(i->code) == BPF_K &&
	    ((shifts && b > 63) || ((op == BPF_DIV || op == BPF_MOD) && !b)))
		x->w->fault = "a number that the verifier refuses";
	put(x, i->dst_reg, world_alu(op, get(x, i->dst_reg), b));
}

static void load_imm(struct emul *x, const struct bpf_insn *i)
{
	u64 v = (u32)i[0].imm | (u64)(u32)i[1].imm << 32;

	for (size_t k = 0; k < x->f->relocs.n; k++) {
		const struct object_reloc *r = &x->f->relocs.at[k];
		if (r->insn != x->at)
			continue;
		if (r->kind == RELOC_MAP)
			v = world_map(r->index);
		else if (r->kind == RELOC_BSS)
			v = (u64)(uintptr_t)x->w->bss + r->offset;
		else
			x->w->fault = "a relocation that is not known here";
	}
	put(x, i->dst_reg, v);
}

static void memory(struct emul *x, const struct bpf_insn *i)
{
	bool reads = BPF_CLASS(i->code) == BPF_LDX;
	u64 address = get(x, reads ? i->src_reg : i->dst_reg) + (u64)(s64)i->off;
	u32 size = bytes(i->code);

	if (address % size)
		x->w->fault = "an access that is not aligned";
	else if (reads)
		put(x, i->dst_reg, world_load(x->w, address, size));
	else if (BPF_CLASS(i->code) == BPF_ST)
		world_store(x->w, address, size, (u64)(s64)i->imm);
	else if (BPF_MODE(i->code) == BPF_ATOMIC && i->imm == BPF_ADD && size >= 4)
		world_store(x->w, address, size,
			    world_load(x->w, address, size) + get(x, i->src_reg));
	else if (BPF_MODE(i->code) == BPF_ATOMIC && i->imm == BPF_XCHG && size == 8) {
		u64 old = world_load(x->w, address, size);

		world_store(x->w, address, size, get(x, i->src_reg));
		put(x, i->src_reg, old);
	} else if (BPF_MODE(i->code) == BPF_MEM)
		world_store(x->w, address, size, get(x, i->src_reg));
	else
		x->w->fault = "an access of a kind that gen does not use";
}

static void call(struct emul *x, const struct bpf_insn *i)
{
	u32 helper = (u32)i->imm;
	u32 count = world_arguments(helper);
	u64 args[5] = { 0 };

	for (u32 k = 0; k < count && k < 5; k++)
		args[k] = get(x, k + 1);
	put(x, BPF_REG_0, world_call(x->w, helper, args));
	for (u32 r = BPF_REG_1; r <= BPF_REG_5; r++) {
		x->regs[r] = 0xdeadbeefdeadbeef;
		x->set &= ~(1u << r);
	}
}

static void jump(struct emul *x, const struct bpf_insn *i)
{
	if (BPF_OP(i->code) == BPF_CALL)
		call(x, i);
	else if (BPF_OP(i->code) == BPF_JA ||
		 world_compare(BPF_OP(i->code), get(x, i->dst_reg), source(x, i)))
		x->at = (u32)((s64)x->at + i->off);
}

u64 emul_run(const struct object_func *f, struct world *w)
{
	struct emul x = { .f = f, .w = w, .set = 1u << BPF_REG_10 };

	x.regs[BPF_REG_10] = world_frame(w);
	for (u32 r = 0; r < f->param_count; r++)
		put(&x, r + 1, w->params[r]);
	for (u32 steps = 0; steps < WORLD_STEPS * 4 && !w->fault; steps++) {
		if (x.at >= f->insns.n) {
			w->fault = "control left the function";
			return 0;
		}
		if (w->interrupt)
			w->interrupt(w, steps);
		const struct bpf_insn *i = &f->insns.at[x.at];
		u8 class = BPF_CLASS(i->code);
		if (i->code == (BPF_JMP | BPF_EXIT))
			return get(&x, BPF_REG_0);
		if (i->code == (BPF_LD | BPF_IMM | BPF_DW)) {
			load_imm(&x, i);
			x.at++;
		} else if (class == BPF_ALU || class == BPF_ALU64) {
			alu(&x, i);
		} else if (class == BPF_JMP) {
			jump(&x, i);
		} else if (class == BPF_LDX || class == BPF_ST || class == BPF_STX) {
			memory(&x, i);
		} else {
			w->fault = "an instruction that gen does not use";
		}
		x.at++;
	}
	if (!w->fault)
		w->fault = "it does not end";
	return 0;
}
