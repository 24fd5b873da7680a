/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function for each class of instructions. Each returns false for what it does not know and has
 * then appended nothing, so that the caller can show the bytes instead.
 */
#include "isa/disasm.h"

#include <inttypes.h>
#include <string.h>

#include "isa/helper.h"
#include "isa/insn.h"

enum { REG_MAX = 10 };

static const char *const alu_text[16] = {
#define INSN_ALU(id, code, text) [(code) >> 4] = text,
#include "isa/insn.def"
};

static const char *const jump_text[16] = {
#define INSN_JUMP(id, code, text) [(code) >> 4] = text,
#include "isa/insn.def"
};

static const struct {
	s32 imm;
	const char *name, *text;
} atomics[] = {
#define INSN_ATOMIC(id, imm, name, text) { imm, name, text },
#include "isa/insn.def"
};

static const struct {
	const char *u, *s;
} sizes[4] = {
#define INSN_SIZE(id, code, bytes, u, s) [(code) >> 3] = { u, s },
#include "isa/insn.def"
};

static const char *size_unsigned(const struct bpf_insn *i)
{
	return sizes[BPF_SIZE(i->code) >> 3].u;
}

static bool disasm_ld_imm64(struct buf *out, const struct bpf_insn *i, u32 left, const char *symbol)
{
	const struct bpf_insn *hi = i + 1;
	u64 value;

	if (left < 2 || hi->code || hi->dst_reg || hi->src_reg || hi->off || i->off)
		return false;
	value = (u64)(u32)hi->imm << 32 | (u32)i->imm;
	if (i->src_reg > BPF_PSEUDO_MAP_IDX_VALUE)
		return false;
	/* These are a number of 32 bits. */
	if (hi->imm && (i->src_reg == BPF_PSEUDO_MAP_FD || i->src_reg == BPF_PSEUDO_FUNC ||
			i->src_reg == BPF_PSEUDO_MAP_IDX))
		return false;
	buf_printf(out, "r%d = ", i->dst_reg);
	if (symbol) {
		buf_printf(out, "%s ll", symbol);
		return true;
	}
	switch (i->src_reg) {
	case BPF_PSEUDO_MAP_FD:
		buf_printf(out, "map[fd:%d]", i->imm);
		break;
	case BPF_PSEUDO_MAP_VALUE:
		buf_printf(out, "map[fd:%d][0]+%u", i->imm, (u32)hi->imm);
		break;
	case BPF_PSEUDO_BTF_ID:
		buf_printf(out, "btf_id[%d]", i->imm);
		if (hi->imm)
			buf_printf(out, "[fd:%d]", hi->imm);
		break;
	case BPF_PSEUDO_FUNC:
		buf_printf(out, "subprog[%+d]", i->imm);
		break;
	case BPF_PSEUDO_MAP_IDX:
		buf_printf(out, "map[idx:%d]", i->imm);
		break;
	case BPF_PSEUDO_MAP_IDX_VALUE:
		buf_printf(out, "map[idx:%d][0]+%u", i->imm, (u32)hi->imm);
		break;
	default:
		buf_printf(out, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
		break;
	}
	buf_puts(out, " ll");
	return true;
}

/* Packet loads of classic BPF, which only socket filters have. */
static bool disasm_ld_packet(struct buf *out, const struct bpf_insn *i)
{
	if (BPF_SIZE(i->code) == BPF_DW || i->dst_reg || i->off)
		return false;
	switch (BPF_MODE(i->code)) {
	case BPF_ABS:
		if (i->src_reg)
			return false;
		buf_printf(out, "r0 = *(%s *)skb[%d]", size_unsigned(i), i->imm);
		return true;
	case BPF_IND:
		buf_printf(out, "r0 = *(%s *)skb[r%d %+d]", size_unsigned(i), i->src_reg, i->imm);
		return true;
	default:
		return false;
	}
}

static bool disasm_ldx(struct buf *out, const struct bpf_insn *i)
{
	const char *type = size_unsigned(i);

	if (i->imm)
		return false;
	if (BPF_MODE(i->code) == INSN_MEMSX && BPF_SIZE(i->code) != BPF_DW)
		type = sizes[BPF_SIZE(i->code) >> 3].s;
	else if (BPF_MODE(i->code) != BPF_MEM)
		return false;
	buf_printf(out, "r%d = *(%s *)(r%d %+d)", i->dst_reg, type, i->src_reg, i->off);
	return true;
}

static bool disasm_st(struct buf *out, const struct bpf_insn *i)
{
	if (BPF_MODE(i->code) != BPF_MEM || i->src_reg)
		return false;
	buf_printf(out, "*(%s *)(r%d %+d) = %d", size_unsigned(i), i->dst_reg, i->off, i->imm);
	return true;
}

static bool disasm_atomic(struct buf *out, const struct bpf_insn *i)
{
	const char *type = size_unsigned(i);
	const char *wide = BPF_SIZE(i->code) == BPF_DW ? "64" : "";
	int dst = i->dst_reg, src = i->src_reg;

	if (i->imm == INSN_LOAD_ACQ) {
		buf_printf(out, "r%d = load_acquire((%s *)(r%d %+d))", dst, type, src, i->off);
		return true;
	}
	if (i->imm == INSN_STORE_REL) {
		buf_printf(out, "store_release((%s *)(r%d %+d), r%d)", type, dst, i->off, src);
		return true;
	}
	if (BPF_SIZE(i->code) != BPF_W && BPF_SIZE(i->code) != BPF_DW)
		return false;
	if (i->imm == BPF_XCHG) {
		buf_printf(out, "r%d = atomic%s_xchg((%s *)(r%d %+d), r%d)", src, wide, type, dst,
			   i->off, src);
		return true;
	}
	if (i->imm == BPF_CMPXCHG) {
		buf_printf(out, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)", wide, type, dst,
			   i->off, src);
		return true;
	}
	for (size_t k = 0; k < ARRAY_SIZE(atomics); k++) {
		if (i->imm == atomics[k].imm)
			buf_printf(out, "lock *(%s *)(r%d %+d) %s r%d", type, dst, i->off,
				   atomics[k].text, src);
		else if (i->imm == (atomics[k].imm | BPF_FETCH))
			buf_printf(out, "r%d = atomic%s_fetch_%s((%s *)(r%d %+d), r%d)", src, wide,
				   atomics[k].name, type, dst, i->off, src);
		else
			continue;
		return true;
	}
	return false;
}

static bool disasm_stx(struct buf *out, const struct bpf_insn *i)
{
	if (BPF_MODE(i->code) == BPF_ATOMIC)
		return disasm_atomic(out, i);
	if (BPF_MODE(i->code) != BPF_MEM || i->imm)
		return false;
	buf_printf(out, "*(%s *)(r%d %+d) = r%d", size_unsigned(i), i->dst_reg, i->off, i->src_reg);
	return true;
}

static bool disasm_endian(struct buf *out, const struct bpf_insn *i)
{
	const char *name = BPF_SRC(i->code) == BPF_TO_BE ? "be" : "le";

	if (BPF_CLASS(i->code) == BPF_ALU64) {
		if (BPF_SRC(i->code) != BPF_K)
			return false;
		name = "bswap";
	}
	if (i->src_reg || i->off || (i->imm != 16 && i->imm != 32 && i->imm != 64))
		return false;
	buf_printf(out, "r%d = %s%d r%d", i->dst_reg, name, i->imm, i->dst_reg);
	return true;
}

/*
 * Moves with a non-zero offset: sign extension, and casts between the address spaces of an
 * arena.
 */
static bool disasm_mov_special(struct buf *out, const struct bpf_insn *i, char r)
{
	if (BPF_SRC(i->code) != BPF_X)
		return false;
	if (i->off == 1 && r == 'r') {
		buf_printf(out, "r%d = addr_space_cast(r%d, %u, %u)", i->dst_reg, i->src_reg,
			   (u32)i->imm >> 16, (u32)i->imm & 0xffff);
		return true;
	}
	if (i->imm || (i->off != 8 && i->off != 16 && (i->off != 32 || r == 'w')))
		return false;
	buf_printf(out, "%c%d = (s%d)%c%d", r, i->dst_reg, i->off, r, i->src_reg);
	return true;
}

static bool disasm_alu(struct buf *out, const struct bpf_insn *i)
{
	char r = BPF_CLASS(i->code) == BPF_ALU64 ? 'r' : 'w';
	u8 op = BPF_OP(i->code);
	const char *text = alu_text[op >> 4], *sign = "";

	if (op == BPF_END)
		return disasm_endian(out, i);
	if (op == BPF_NEG) {
		if (BPF_SRC(i->code) != BPF_K || i->src_reg || i->off || i->imm)
			return false;
		buf_printf(out, "%c%d = -%c%d", r, i->dst_reg, r, i->dst_reg);
		return true;
	}
	if (!text)
		return false;
	if (op == BPF_MOV && i->off)
		return disasm_mov_special(out, i, r);
	if ((op == BPF_DIV || op == BPF_MOD) && i->off == 1)
		sign = "s";
	else if (i->off)
		return false;
	if (BPF_SRC(i->code) == BPF_X ? i->imm : i->src_reg)
		return false;
	buf_printf(out, "%c%d %s%s ", r, i->dst_reg, sign, text);
	if (BPF_SRC(i->code) == BPF_X)
		buf_printf(out, "%c%d", r, i->src_reg);
	else
		buf_printf(out, "%d", i->imm);
	return true;
}

static bool disasm_call(struct buf *out, const struct bpf_insn *i, const char *symbol)
{
	const char *helper;

	if (BPF_SRC(i->code) == BPF_X) {
		if (i->src_reg || i->off || i->imm)
			return false;
		buf_printf(out, "callx r%d", i->dst_reg);
		return true;
	}
	if (i->dst_reg)
		return false;
	switch (i->src_reg) {
	case 0:
		if (i->off)
			return false;
		helper = helper_name((u32)i->imm);
		buf_printf(out, "call %s#%d", helper ? helper : "unknown", i->imm);
		return true;
	case BPF_PSEUDO_CALL:
		if (i->off)
			return false;
		if (symbol)
			buf_printf(out, "call %s", symbol);
		else
			buf_printf(out, "call pc%+d", i->imm);
		return true;
	case BPF_PSEUDO_KFUNC_CALL:
		if (symbol && !i->off) {
			buf_printf(out, "call %s", symbol);
			return true;
		}
		buf_printf(out, "call kernel-function#%d", i->imm);
		if (i->off)
			buf_printf(out, "[module:%d]", i->off);
		return true;
	default:
		return false;
	}
}

/*
 * Where the instruction may jump to, counted from the next one; false for all that go on in
 * order.
 */
static bool insn_jumps(const struct bpf_insn *i, s32 *off)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	if (class != BPF_JMP && class != BPF_JMP32)
		return false;
	if (class == BPF_JMP32 && op == BPF_JA) {
		*off = i->imm;
		return true;
	}
	*off = i->off;
	return jump_text[op >> 4] || i->code == (BPF_JMP | BPF_JA) ||
	       i->code == (BPF_JMP | INSN_JCOND);
}

/* The jumps and the exit whose opcode alone says what they do. */
static bool disasm_goto(struct buf *out, const struct bpf_insn *i)
{
	if (i->src_reg)
		return false;
	if (i->code == (BPF_JMP | BPF_JA | BPF_X) && !i->off && !i->imm) {
		buf_printf(out, "gotox r%d", i->dst_reg);
		return true;
	}
	if (i->dst_reg)
		return false;
	if (i->code == (BPF_JMP | BPF_JA) && !i->imm)
		buf_printf(out, "goto %+d", i->off);
	else if (i->code == (BPF_JMP32 | BPF_JA) && !i->off)
		buf_printf(out, "gotol %+d", i->imm);
	else if (i->code == (BPF_JMP | INSN_JCOND) && !i->imm)
		buf_printf(out, "may_goto %+d", i->off);
	else if (i->code == (BPF_JMP | BPF_EXIT) && !i->off && !i->imm)
		buf_puts(out, "exit");
	else
		return false;
	return true;
}

static bool disasm_jump(struct buf *out, const struct bpf_insn *i, const char *symbol)
{
	char r = BPF_CLASS(i->code) == BPF_JMP ? 'r' : 'w';
	const char *text = jump_text[BPF_OP(i->code) >> 4];

	if (BPF_OP(i->code) == BPF_CALL && BPF_CLASS(i->code) == BPF_JMP)
		return disasm_call(out, i, symbol);
	if (!text)
		return disasm_goto(out, i);
	if (BPF_SRC(i->code) == BPF_X ? i->imm : i->src_reg)
		return false;
	buf_printf(out, "if %c%d %s ", r, i->dst_reg, text);
	if (BPF_SRC(i->code) == BPF_X)
		buf_printf(out, "%c%d", r, i->src_reg);
	else
		buf_printf(out, "%d", i->imm);
	buf_printf(out, " goto %+d", i->off);
	return true;
}

static bool disasm_any(struct buf *out, const struct bpf_insn *i, u32 left, const char *symbol)
{
	if (i->dst_reg > REG_MAX || i->src_reg > REG_MAX)
		return false;
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
		if (insn_is_ld_imm64(i))
			return disasm_ld_imm64(out, i, left, symbol);
		return disasm_ld_packet(out, i);
	case BPF_LDX:
		return disasm_ldx(out, i);
	case BPF_ST:
		return disasm_st(out, i);
	case BPF_STX:
		return disasm_stx(out, i);
	case BPF_ALU:
	case BPF_ALU64:
		return disasm_alu(out, i);
	default:
		return disasm_jump(out, i, symbol);
	}
}

u32 disasm_insn(struct buf *out, const struct bpf_insn *insn, u32 left, const char *symbol)
{
	u64 bytes;

	if (disasm_any(out, insn, left, symbol))
		return insn_is_ld_imm64(insn) ? 2 : 1;
	memcpy(&bytes, insn, sizeof(bytes));
	buf_printf(out, ".8byte 0x%016" PRIx64, bytes);
	return 1;
}

bool disasm_target(const struct bpf_insn *insns, u32 n, u32 at, u32 *to)
{
	s64 target;
	s32 off;

	if (!insn_jumps(&insns[at], &off))
		return false;
	target = (s64)at + 1 + off;
	if (target < 0 || target >= n)
		return false;
	*to = (u32)target;
	return true;
}

void disasm_labels(u32 *labels, const struct bpf_insn *insns, u32 n)
{
	u32 count = 0, to;

	for (u32 i = 0; i < n; i++) {
		if (disasm_target(insns, n, i, &to))
			labels[to] = 1;
		i += insn_is_ld_imm64(&insns[i]);
	}
	for (u32 i = 0; i < n; i++) {
		if (labels[i])
			labels[i] = ++count;
	}
}

void disasm_func(struct buf *out, const struct bpf_insn *insns, u32 n,
		 const struct disasm_notes *notes)
{
	struct buf room = { 0 };
	u32 *labels = buf_extend(&room, (size_t)n * sizeof(*labels));

	disasm_labels(labels, insns, n);
	for (u32 i = 0; i < n;) {
		const char *symbol = NULL;
		u32 at = i, to;

		if (labels[i])
			buf_printf(out, "L%u:\n", labels[i]);
		if (notes && notes->before)
			notes->before(notes->arg, i, out);
		if (notes && notes->symbol)
			symbol = notes->symbol(notes->arg, i);
		buf_printf(out, "%4u: ", i);
		i += disasm_insn(out, &insns[i], n - i, symbol);
		if (disasm_target(insns, n, at, &to))
			buf_printf(out, " <L%u>", labels[to]);
		buf_putc(out, '\n');
	}
	buf_done(&room);
}
