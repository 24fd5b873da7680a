/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The right sides of assignments, a function for each kind, chosen by how it begins. */
#include "isa/asm_assign.h"

#include <string.h>

#include "isa/asm_operand.h"
#include "isa/insn.h"

static const struct {
	const char *name;
	s32 imm;
} atomics[] = {
#define INSN_ATOMIC(id, imm, name, text) { name, imm },
#include "isa/insn.def"
};

/* Packet loads: `skb[12]`, `skb[r3 +12]`. */
static bool parse_packet_load(struct asm_scan *s, u8 dst, u8 size, struct asm_insn *out)
{
	u8 src = 0, mode = BPF_ABS;
	s32 imm = 0;

	if (dst)
		return scan_fail(s, "packet loads go to r0");
	if (size == BPF_DW)
		return scan_fail(s, "packet loads have at most 32 bits");
	if (!operand_must(s, "[", "'['"))
		return false;
	if (operand_is_reg(s)) {
		mode = BPF_IND;
		if (!operand_reg(s, 'r', &src, NULL))
			return false;
	}
	if ((mode == BPF_ABS || !scan_text(s, "]")) &&
	    (!operand_imm(s, &imm) || !operand_must(s, "]", "']'")))
		return false;
	return asm_insn_take(out, insn_make(BPF_LD | mode | size, 0, src, 0, imm));
}

/* r1 = *(u32 *)(r2 +8), behind the star */
static bool parse_load(struct asm_scan *s, u8 dst, struct asm_insn *out)
{
	u8 size, src;
	bool is_signed;
	s16 off;

	if (!operand_must(s, "(", "'('") || !operand_type(s, &size, &is_signed))
		return false;
	if (!is_signed && scan_word(s, "skb"))
		return parse_packet_load(s, dst, size, out);
	if (is_signed && size == BPF_DW)
		return scan_fail(s, "a load of 64 bits has no sign to extend: use u64");
	if (!operand_address(s, &src, &off))
		return false;
	return asm_insn_take(out, insn_make(BPF_LDX | (is_signed ? INSN_MEMSX : BPF_MEM) | size,
					    dst, src, off, 0));
}

/* What is common to the atomics that are written as functions: `((u64 *)(r2 +0), `. */
static bool scan_atomic(struct asm_scan *s, u8 want, u8 *size, u8 *dst, s16 *off)
{
	size_t at;

	if (!operand_must(s, "(", "'('"))
		return false;
	at = s->pos;
	if (!operand_pointer(s, size, dst, off))
		return false;
	if (*size == want)
		return true;
	s->pos = at;
	return scan_fail(s, "expected (%s *): atomic64_ is for 64 bits, atomic_ for 32",
			 want == BPF_DW ? "u64" : "u32");
}

/* r1 = atomic64_fetch_add((u64 *)(r0 +0), r1), behind the name */
static bool parse_fetch(struct asm_scan *s, u8 into, const struct asm_name *name,
			struct asm_insn *out)
{
	bool is_wide = scan_name_begins(name, 0, "atomic64_");
	size_t from = is_wide ? 9 : 7;
	u8 size, dst, src;
	s32 op = -1;
	s16 off;

	if (scan_name_is(name, from, "xchg"))
		op = BPF_XCHG;
	else if (scan_name_is(name, from, "cmpxchg"))
		op = BPF_CMPXCHG;
	for (size_t i = 0; i < ARRAY_SIZE(atomics); i++) {
		if (scan_name_begins(name, from, "fetch_") &&
		    scan_name_is(name, from + 6, atomics[i].name))
			op = atomics[i].imm | BPF_FETCH;
	}
	if (op < 0) {
		diag_error(s->d, name->loc, "unknown operation '%.*s'", (int)name->len, name->at);
		diag_hint(s->d, "there are fetch_add, fetch_or, fetch_and, fetch_xor, xchg and "
				"cmpxchg");
		return false;
	}
	if (!scan_atomic(s, is_wide ? BPF_DW : BPF_W, &size, &dst, &off) ||
	    !operand_must(s, ",", "','"))
		return false;
	if (op == BPF_CMPXCHG) {
		if (into) {
			diag_error(s->d, name->loc, "cmpxchg compares with r0 and fetches into it");
			return false;
		}
		if (!operand_same_reg(s, 0, 0) || !operand_must(s, ",", "','") ||
		    !operand_reg(s, 0, &src, NULL))
			return false;
	} else {
		src = into;
		if (!operand_same_reg(s, 0, into))
			return false;
	}
	return operand_must(s, ")", "')'") &&
	       asm_insn_take(out, insn_atomic(size, op, dst, off, src));
}

/* r1 = load_acquire((u32 *)(r2 +0)) */
static bool parse_load_acquire(struct asm_scan *s, u8 dst, struct asm_insn *out)
{
	u8 size, src;
	s16 off;

	if (!operand_must(s, "(", "'('") || !operand_pointer(s, &size, &src, &off) ||
	    !operand_must(s, ")", "')'"))
		return false;
	return asm_insn_take(out, insn_atomic(size, INSN_LOAD_ACQ, dst, off, src));
}

/* r1 = addr_space_cast(r2, 1, 0) */
static bool parse_cast(struct asm_scan *s, u8 dst, struct asm_insn *out)
{
	s32 to, from;
	u8 src;

	if (!operand_must(s, "(", "'('") || !operand_reg(s, 'r', &src, NULL) ||
	    !operand_must(s, ",", "','") || !operand_imm(s, &to) || !operand_must(s, ",", "','") ||
	    !operand_imm(s, &from) || !operand_must(s, ")", "')'"))
		return false;
	if ((u32)to > 0xffff || (u32)from > 0xffff)
		return scan_fail(s, "an address space has a number of 16 bits");
	return asm_insn_take(out, insn_make(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 1,
					    (s32)((u32)to << 16 | (u32)from)));
}

/* w1 = (s8)w2, behind the parenthesis */
static bool parse_sign_extend(struct asm_scan *s, char kind, u8 dst, struct asm_insn *out)
{
	s16 bits = scan_word(s, "s8") ? 8 : scan_word(s, "s16") ? 16 : scan_word(s, "s32") ? 32 : 0;
	u8 class = kind == 'r' ? BPF_ALU64 : BPF_ALU, src;

	if (!bits || (bits == 32 && kind == 'w')) {
		return scan_expected(s, kind == 'r' ? "s8, s16 or s32" : "s8 or s16");
	}
	if (!operand_must(s, ")", "')'") || !operand_reg(s, kind, &src, NULL))
		return false;
	return asm_insn_take(out, insn_make(class | BPF_MOV | BPF_X, dst, src, bits, 0));
}

/* r1 = be16 r1: 1 if it was, 0 if it is something else, -1 if it was reported. */
static int parse_endian(struct asm_scan *s, u8 dst, const struct asm_name *name,
			struct asm_insn *out)
{
	static const struct {
		const char *name;
		u8 code;
	} orders[] = {
		{ "be", BPF_ALU | BPF_END | BPF_TO_BE },
		{ "le", BPF_ALU | BPF_END | BPF_TO_LE },
		{ "bswap", BPF_ALU64 | BPF_END },
	};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		size_t len = strlen(orders[i].name);
		s32 bits;

		if (!scan_name_begins(name, 0, orders[i].name))
			continue;
		bits = scan_name_is(name, len, "16")   ? 16
		       : scan_name_is(name, len, "32") ? 32
		       : scan_name_is(name, len, "64") ? 64
						       : 0;
		if (!bits)
			continue;
		if (!operand_same_reg(s, 'r', dst))
			return -1;
		return asm_insn_take(out, insn_make(orders[i].code, dst, 0, 0, bits));
	}
	return 0;
}

static void take_wide(struct asm_insn *out, u8 dst, u8 pseudo, u32 lo, u32 hi)
{
	insn_ld_imm64(out->insn, dst, pseudo, (u64)hi << 32 | lo);
	out->count = 2;
}

static bool scan_ll(struct asm_scan *s)
{
	return scan_word(s, "ll") || scan_expected(s, "'ll'");
}

/* `5]` and what may follow: the number of a map, and for its value the offset. */
static bool parse_map(struct asm_scan *s, u8 dst, u8 map, u8 value, struct asm_insn *out)
{
	s32 number, off = 0;
	u8 pseudo = map;

	if (!operand_imm(s, &number) || !operand_must(s, "]", "']'"))
		return false;
	if (scan_text(s, "[0]")) {
		pseudo = value;
		if (!operand_imm(s, &off))
			return false;
	}
	take_wide(out, dst, pseudo, (u32)number, (u32)off);
	return scan_ll(s);
}

/* r1 = map[fd:3] ll and the like; 0 if it is another name. */
static int parse_special(struct asm_scan *s, u8 dst, struct asm_insn *out)
{
	s32 number, fd = 0;

	if (scan_text(s, "map[fd:"))
		return parse_map(s, dst, BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, out) ? 1 : -1;
	if (scan_text(s, "map[idx:"))
		return parse_map(s, dst, BPF_PSEUDO_MAP_IDX, BPF_PSEUDO_MAP_IDX_VALUE, out) ? 1
											    : -1;
	if (scan_text(s, "btf_id[")) {
		if (!operand_imm(s, &number) || !operand_must(s, "]", "']'"))
			return -1;
		if (scan_text(s, "[fd:") && (!operand_imm(s, &fd) || !operand_must(s, "]", "']'")))
			return -1;
		take_wide(out, dst, BPF_PSEUDO_BTF_ID, (u32)number, (u32)fd);
		return scan_ll(s) ? 1 : -1;
	}
	if (scan_text(s, "subprog[")) {
		number = 0;
		if (scan_name(s, &out->name))
			out->fix = ASM_FIX_IMM;
		else if (!operand_imm(s, &number))
			return -1;
		take_wide(out, dst, BPF_PSEUDO_FUNC, (u32)number, 0);
		return operand_must(s, "]", "']'") && scan_ll(s) ? 1 : -1;
	}
	return 0;
}

/* r1 = 5, r1 = 5 ll */
static bool parse_assigned_number(struct asm_scan *s, char kind, u8 dst, struct asm_insn *out)
{
	size_t at = s->pos, end;
	bool is_negative;
	u64 value;
	s32 imm;

	if (!scan_number(s, &value, &is_negative))
		return scan_expected(s, "a register or a number");
	end = s->pos;
	if (kind == 'r' && scan_word(s, "ll")) {
		if (is_negative && value > 1ull << 63) {
			s->pos = at;
			return scan_fail(s, "the number does not fit into 64 bits");
		}
		value = is_negative ? -value : value;
		take_wide(out, dst, 0, (u32)value, (u32)(value >> 32));
		return true;
	}
	s->pos = at;
	if (!operand_imm(s, &imm))
		return false;
	s->pos = end;
	return asm_insn_take(out,
			     kind == 'r' ? insn_mov64_imm(dst, imm) : insn_mov32_imm(dst, imm));
}

/* r1 = name..., where the name is none of a register */
static bool parse_assigned_name(struct asm_scan *s, char kind, u8 dst, struct asm_insn *out)
{
	size_t at = s->pos;
	struct asm_name name;
	int is;

	is = kind == 'r' ? parse_special(s, dst, out) : 0;
	if (is)
		return is > 0;
	if (scan_name(s, &name)) {
		if (scan_name_begins(&name, 0, "atomic_") ||
		    scan_name_begins(&name, 0, "atomic64_"))
			return parse_fetch(s, dst, &name, out);
		if (scan_name_is(&name, 0, "load_acquire"))
			return parse_load_acquire(s, dst, out);
		if (kind == 'r' && scan_name_is(&name, 0, "addr_space_cast"))
			return parse_cast(s, dst, out);
		is = kind == 'r' ? parse_endian(s, dst, &name, out) : 0;
		if (is)
			return is > 0;
	}
	s->pos = at;
	if (kind == 'r' && scan_symbol(s, &out->name) && scan_word(s, "ll")) {
		out->fix = ASM_FIX_SYMBOL;
		take_wide(out, dst, 0, 0, 0);
		return true;
	}
	s->pos = at;
	scan_expected(s, "what the register becomes");
	diag_hint(s->d, "for example %c1 = %c2, %c1 = 5%s", kind, kind, kind,
		  kind == 'r' ? ", r1 = 5 ll, r1 = be16 r1, r1 = *(u32 *)(r2 +0)" : "");
	return false;
}

/* All that may stand behind `r1 =`. */
bool asm_assign_parse(struct asm_scan *s, char kind, u8 dst, struct asm_insn *out)
{
	size_t at;
	u8 src;

	if (scan_text(s, "*"))
		return parse_load(s, dst, out);
	if (scan_text(s, "("))
		return parse_sign_extend(s, kind, dst, out);
	if (operand_is_reg(s)) {
		if (!operand_reg(s, kind, &src, NULL))
			return false;
		return asm_insn_take(out, kind == 'r' ? insn_mov64_reg(dst, src)
						      : insn_mov32_reg(dst, src));
	}
	scan_blanks(s);
	at = s->pos;
	if (scan_text(s, "-") && operand_is_reg(s)) {
		if (!operand_same_reg(s, kind, dst))
			return false;
		return asm_insn_take(out, insn_make((kind == 'r' ? BPF_ALU64 : BPF_ALU) | BPF_NEG,
						    dst, 0, 0, 0));
	}
	s->pos = at;
	if (at < s->end && strchr("0123456789+-", s->text[at]))
		return parse_assigned_number(s, kind, dst, out);
	return parse_assigned_name(s, kind, dst, out);
}
