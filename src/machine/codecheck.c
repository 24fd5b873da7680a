/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First each instruction by itself, which also finds where functions begin; then, with all beginnings known, where control
 * goes. A function reaches from its first instruction to the next function's.
 */
#include "machine/codecheck.h"

#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"

enum { REG_MAX = 10 };

struct check {
	const struct bpf_insn *insns;
	u32 count;
	u8 *starts; /* 1: a function begins here; 2: the second half of a 64-bit load */
	struct diag *d;
};
enum { STARTS_FUNC = 1, IS_SECOND = 2 };

static int check_fail(struct check *c, u32 i, const char *what)
{
	u64 bytes;

	memcpy(&bytes, &c->insns[i], sizeof(bytes));
	return diag_error(c->d, LOC_NONE, "instruction %u %s: 0x%016llx", i, what,
			  (unsigned long long)bytes);
}

static const bool is_alu[16] = {
#define INSN_ALU(id, code, text) [(code) >> 4] = true,
#include "isa/insn.def"
};

static const bool is_jump[16] = {
#define INSN_JUMP(id, code, text) [(code) >> 4] = true,
#include "isa/insn.def"
};

static bool alu_is_known(const struct bpf_insn *i)
{
	u8 op = BPF_OP(i->code);
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, by_reg = BPF_SRC(i->code) == BPF_X;

	if (op == BPF_END)
		return !(wide && by_reg) && !i->src_reg && !i->off &&
		       (i->imm == 16 || i->imm == 32 || i->imm == 64);
	if (op == BPF_NEG)
		return !by_reg && !i->src_reg && !i->off && !i->imm;
	if (!is_alu[op >> 4] || (by_reg ? i->imm : i->src_reg))
		return false;
	if (op == BPF_MOV && i->off)
		return by_reg && (i->off == 8 || i->off == 16 || (i->off == 32 && wide));
	if (op == BPF_DIV || op == BPF_MOD)
		return i->off == 0 || i->off == 1;
	return !i->off;
}

static bool call_is_known(const struct bpf_insn *i)
{
	if (BPF_SRC(i->code) == BPF_X)
		return !i->src_reg && !i->off && !i->imm;
	return !i->dst_reg && !i->off && i->src_reg <= BPF_PSEUDO_KFUNC_CALL;
}

static bool jump_is_known(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_JMP, by_reg = BPF_SRC(i->code) == BPF_X;
	u8 op = BPF_OP(i->code);

	if (is_jump[op >> 4])
		return !(by_reg ? i->imm : i->src_reg);
	if (op == BPF_CALL)
		return wide && call_is_known(i);
	if (by_reg || i->dst_reg || i->src_reg)
		return false;
	if (op == BPF_JA)
		return wide ? !i->imm : !i->off;
	if (op == BPF_EXIT)
		return wide && !i->off && !i->imm;
	return op == INSN_JCOND && wide && !i->imm;
}

static bool atomic_is_known(const struct bpf_insn *i)
{
	if (i->imm == INSN_LOAD_ACQ || i->imm == INSN_STORE_REL)
		return true;
	if (BPF_SIZE(i->code) != BPF_W && BPF_SIZE(i->code) != BPF_DW)
		return false;
	switch (i->imm & ~BPF_FETCH) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	default:
		return i->imm == BPF_XCHG || i->imm == BPF_CMPXCHG;
	}
}

static bool memory_is_known(const struct bpf_insn *i)
{
	u8 mode = BPF_MODE(i->code);

	switch (BPF_CLASS(i->code)) {
	case BPF_LDX:
		return !i->imm &&
		       (mode == BPF_MEM || (mode == INSN_MEMSX && BPF_SIZE(i->code) != BPF_DW));
	case BPF_ST:
		return mode == BPF_MEM && !i->src_reg;
	case BPF_STX:
		return mode == BPF_ATOMIC ? atomic_is_known(i) : mode == BPF_MEM && !i->imm;
	default: /* BPF_LD of packets; 64-bit loads are looked at elsewhere */
		return BPF_SIZE(i->code) != BPF_DW && !i->dst_reg && !i->off &&
		       (mode == BPF_IND || (mode == BPF_ABS && !i->src_reg));
	}
}

/* Whether dst is written; the register that an atomic operation fetches into is src. */
static u8 written(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
		return i->dst_reg;
	case BPF_LD:
		return insn_is_ld_imm64(i) ? i->dst_reg : 0;
	case BPF_STX:
		if (BPF_MODE(i->code) != BPF_ATOMIC)
			return 0;
		if (i->imm == INSN_LOAD_ACQ)
			return i->dst_reg;
		return i->imm != BPF_CMPXCHG && i->imm & BPF_FETCH ? i->src_reg : 0;
	default:
		return 0;
	}
}

static int check_ld_imm64(struct check *c, u32 i)
{
	const struct bpf_insn *lo = &c->insns[i], *hi = lo + 1;

	if (i + 1 == c->count)
		return check_fail(c, i, "is a 64-bit load without its second half");
	if (hi->code || hi->dst_reg || hi->src_reg || hi->off || lo->off ||
	    lo->src_reg > BPF_PSEUDO_MAP_IDX_VALUE)
		return check_fail(c, i, "is not a valid 64-bit load");
	c->starts[i + 1] |= IS_SECOND;
	return 0;
}

static int check_insn(struct check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];
	bool known;

	if (insn_is_cast(insn))
		return check_fail(
			c, i, "is addr_space_cast, and arenas are something that is not supported");
	if (insn->dst_reg > REG_MAX || insn->src_reg > REG_MAX)
		return check_fail(c, i, "names a register beyond r10");
	if (insn_is_ld_imm64(insn)) {
		if (check_ld_imm64(c, i))
			return -EINVAL;
		known = true;
	} else {
		switch (BPF_CLASS(insn->code)) {
		case BPF_ALU:
		case BPF_ALU64:
			known = alu_is_known(insn);
			break;
		case BPF_JMP:
		case BPF_JMP32:
			known = jump_is_known(insn);
			break;
		default:
			known = memory_is_known(insn);
			break;
		}
	}
	if (!known)
		return check_fail(c, i, "is unknown");
	if (written(insn) == REG_MAX)
		return check_fail(c, i, "writes to r10, which can only be read");
	return 0;
}

/* Where a call or a load of a function's address leads. */
static int check_reference(struct check *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];
	s64 to = (s64)i + 1 + insn->imm;
	bool call = insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;

	if (!call && !(insn_is_ld_imm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC))
		return 0;
	if (to < 0 || to >= c->count || c->starts[to] & IS_SECOND)
		return check_fail(c, i, "refers to a function outside of the program");
	c->starts[to] |= STARTS_FUNC;
	return 0;
}

/* The distance of a jump of any kind; false for what goes on in order or ends. */
static bool jump_distance(const struct bpf_insn *i, s32 *off)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	if ((class != BPF_JMP && class != BPF_JMP32) || op == BPF_CALL || op == BPF_EXIT)
		return false;
	*off = class == BPF_JMP32 && op == BPF_JA ? i->imm : i->off;
	return true;
}

static bool goes_on(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return !((class == BPF_JMP && (op == BPF_EXIT || op == BPF_JA)) ||
		 (class == BPF_JMP32 && op == BPF_JA));
}

/* The function from begin up to end. */
static int check_flow(struct check *c, u32 begin, u32 end)
{
	u32 last = begin;
	s32 off;

	for (u32 i = begin; i < end; i++) {
		s64 to = (s64)i + 1;

		if (c->starts[i] & IS_SECOND)
			continue;
		last = i;
		if (!jump_distance(&c->insns[i], &off))
			continue;
		to += off;
		if (to < begin || to >= end)
			return check_fail(c, i, "jumps out of its function");
		if (c->starts[to] & IS_SECOND)
			return check_fail(c, i, "jumps into the middle of a 64-bit load");
	}
	if (goes_on(&c->insns[last]))
		return check_fail(c, last,
				  "is the last of its function, which has to end by exit "
				  "or a jump");
	return 0;
}

static int check_functions(struct check *c, struct code *code)
{
	u32 n = 0;

	for (u32 i = 0; i < c->count; i++)
		n += c->starts[i] & STARTS_FUNC;
	code->starts = calloc(n, sizeof(*code->starts));
	if (!code->starts)
		arena_exhausted();
	for (u32 i = 0; i < c->count; i++) {
		if (c->starts[i] & STARTS_FUNC)
			code->starts[code->start_count++] = i;
	}
	for (u32 f = 0; f < n; f++) {
		if (check_flow(c, code->starts[f], f + 1 < n ? code->starts[f + 1] : c->count))
			return -EINVAL;
	}
	return 0;
}

static int check_all(struct check *c, struct code *code)
{
	const struct image_prog *p = code->prog;

	for (u32 i = 0; i < c->count; i++) {
		if (!(c->starts[i] & IS_SECOND) && check_insn(c, i))
			return -EINVAL;
	}
	c->starts[0] |= STARTS_FUNC;
	for (size_t f = 0; f < p->funcs.n; f++) {
		u32 start = p->funcs.at[f].start;

		if (start >= c->count || c->starts[start] & IS_SECOND)
			return diag_error(c->d, LOC_NONE, "function %s begins at %u, of %u",
					  p->funcs.at[f].name, start, c->count);
		c->starts[start] |= STARTS_FUNC;
	}
	for (u32 i = 0; i < c->count; i++) {
		if (!(c->starts[i] & IS_SECOND) && check_reference(c, i))
			return -EINVAL;
	}
	return check_functions(c, code);
}

int codecheck_all(struct code *code, struct diag *d)
{
	struct check c = { .insns = code->insns, .count = code->count, .d = d };
	int err;

	c.starts = calloc(c.count, 1);
	if (!c.starts)
		arena_exhausted();
	err = check_all(&c, code);
	free(c.starts);
	return err;
}
