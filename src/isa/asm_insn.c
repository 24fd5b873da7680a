/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function for each form that an instruction may have, chosen by how it begins:
 *
 *	r1 = ... w1 += ...	assignments, by their right side
 *	*(u32 *)(r1 +0) = ...	stores;	lock ..., store_release(...): atomics
 *	if, goto, call, exit	by the word
 *
 * All that the tables of insn.def have is taken from there, so that it cannot differ from what the
 * disassembler prints.
 */
#include "isa/asm_insn.h"

#include <string.h>

#include "base/text.h"
#include "isa/helper.h"
#include "isa/insn.h"

enum { REG_MAX = 10 };

struct spelled {
	const char *text;
	u8 code;
	bool is_signed;
};

/* Two operators may begin alike: the longest that fits is meant. */
static const struct spelled alu_ops[] = {
#define INSN_ALU(id, code, text) { text, code, false },
#include "isa/insn.def"
	{ "s/=", BPF_DIV, true },
	{ "s%=", BPF_MOD, true },
};
static const struct spelled jump_ops[] = {
#define INSN_JUMP(id, code, text) { text, code, false },
#include "isa/insn.def"
};
static const struct spelled types[] = {
#define INSN_SIZE(id, code, bytes, u, s) { u, code, false }, { s, code, true },
#include "isa/insn.def"
};
static const struct {
	const char *text, *name;
	s32 imm;
} atomics[] = {
#define INSN_ATOMIC(id, imm, name, text) { text, name, imm },
#include "isa/insn.def"
};

static const struct spelled *scan_operator(struct asm_scan *s, const struct spelled *ops, size_t n)
{
	const struct spelled *best = NULL;
	size_t at, end;

	scan_blanks(s);
	at = end = s->pos;
	for (size_t i = 0; i < n; i++) {
		s->pos = at;
		if (scan_text(s, ops[i].text) && s->pos > end) {
			best = &ops[i];
			end = s->pos;
		}
	}
	s->pos = end;
	return best;
}

/* Whether a register stands here: `r` or `w` and digits. */
static bool scan_is_reg(struct asm_scan *s)
{
	struct asm_name name;
	size_t at = s->pos;
	bool is = scan_name(s, &name) && name.len > 1 && (*name.at == 'r' || *name.at == 'w') &&
		  strspn(name.at + 1, "0123456789") >= name.len - 1;

	s->pos = at;
	return is;
}

/* kind: 'r', 'w', or 0 for either; found may be NULL. */
static bool scan_reg(struct asm_scan *s, char kind, u8 *reg, char *found)
{
	size_t at = s->pos;
	struct asm_name name;
	u32 n;

	if (!scan_is_reg(s))
		return scan_expected(s, kind == 'w' ? "a register like w1" : "a register like r1");
	scan_name(s, &name);
	n = name.len == 2   ? (u32)(name.at[1] - '0')
	    : name.len == 3 ? (u32)(name.at[1] - '0') * 10 + (u32)(name.at[2] - '0')
			    : 99;
	if (n > REG_MAX || (name.len > 2 && name.at[1] == '0')) {
		s->pos = at;
		scan_fail(s, "there is no register %.*s", (int)name.len, name.at);
		diag_hint(s->d, "registers are r0 to r10, and w0 to w10 for their lower halves");
		return false;
	}
	if (kind && *name.at != kind) {
		s->pos = at;
		scan_fail(s, "expected %c%u, found %.*s", kind, n, (int)name.len, name.at);
		diag_hint(s->d,
			  "an instruction has either 64-bit registers (r) or 32-bit ones (w)");
		return false;
	}
	*reg = (u8)n;
	if (found)
		*found = *name.at;
	return true;
}

/* The register that is computed with stands on both sides. */
static bool scan_same_reg(struct asm_scan *s, char kind, u8 reg)
{
	size_t at = s->pos;
	u8 other;

	if (!scan_reg(s, kind, &other, NULL))
		return false;
	if (other == reg)
		return true;
	s->pos = at;
	return scan_fail(s, "expected %c%u: the instruction changes a register in place", kind,
			 reg);
}

static bool scan_must(struct asm_scan *s, const char *text, const char *what)
{
	return scan_text(s, text) || scan_expected(s, what);
}

/* Numbers of 32 bits, written as signed or as unsigned ones. */
static bool scan_imm(struct asm_scan *s, s32 *out)
{
	size_t at = s->pos;
	bool is_negative;
	u64 value;

	if (!scan_number(s, &value, &is_negative))
		return scan_expected(s, "a number");
	if (value > (is_negative ? 1ull << 31 : UINT32_MAX)) {
		s->pos = at;
		scan_fail(s, "the number does not fit into 32 bits");
		diag_hint(s->d, "load it before: r1 = 0x%llx ll",
			  (unsigned long long)(is_negative ? -value : value));
		return false;
	}
	*out = (s32)(u32)(is_negative ? -value : value);
	return true;
}

/* Of 16 bits; a blank may follow the sign, as llvm-objdump has it. */
static bool scan_off(struct asm_scan *s, s16 *out)
{
	bool is_negative, minus = false;
	size_t at;
	u64 value;

	scan_blanks(s);
	at = s->pos;
	if (scan_text(s, "- "))
		minus = true;
	else
		scan_text(s, "+ ");
	if ((s->pos > at && !scan_is_digit(s)) || !scan_number(s, &value, &is_negative))
		return scan_expected(s, "an offset like +8");
	is_negative = is_negative || minus;
	if (value > (is_negative ? 0x8000 : 0x7fff)) {
		s->pos = at;
		return scan_fail(s, "the offset does not fit into 16 bits");
	}
	*out = (s16)(is_negative ? -(s32)value : (s32)value);
	return true;
}

/* `(u32 *)`, behind its first parenthesis. */
static bool scan_type(struct asm_scan *s, u8 *size, bool *is_signed)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!scan_word(s, types[i].text))
			continue;
		*size = types[i].code;
		*is_signed = types[i].is_signed;
		return scan_must(s, "*", "'*'") && scan_must(s, ")", "')'");
	}
	scan_expected(s, "a type");
	diag_hint(s->d, "types are u8, u16, u32 and u64, or s8, s16 and s32 to extend the sign");
	return false;
}

/* `(r1 +8)` or `(r1)` */
static bool scan_address(struct asm_scan *s, u8 *reg, s16 *off)
{
	*off = 0;
	if (!scan_must(s, "(", "'('") || !scan_reg(s, 'r', reg, NULL))
		return false;
	return scan_text(s, ")") || (scan_off(s, off) && scan_must(s, ")", "')'"));
}

/* `(u32 *)(r1 +8)` without a sign */
static bool scan_pointer(struct asm_scan *s, u8 *size, u8 *reg, s16 *off)
{
	size_t at;
	bool is_signed;

	if (!scan_must(s, "(", "'('"))
		return false;
	at = s->pos;
	if (!scan_type(s, size, &is_signed))
		return false;
	if (is_signed) {
		s->pos = at;
		return scan_fail(s, "only loads extend the sign");
	}
	return scan_address(s, reg, off);
}

static bool take(struct asm_insn *out, struct bpf_insn insn)
{
	out->insn[0] = insn;
	out->count = 1;
	return true;
}

/* Packet loads: `skb[12]`, `skb[r3 +12]`. */
static bool parse_packet_load(struct asm_scan *s, u8 dst, u8 size, struct asm_insn *out)
{
	u8 src = 0, mode = BPF_ABS;
	s32 imm = 0;

	if (dst)
		return scan_fail(s, "packet loads go to r0");
	if (size == BPF_DW)
		return scan_fail(s, "packet loads have at most 32 bits");
	if (!scan_must(s, "[", "'['"))
		return false;
	if (scan_is_reg(s)) {
		mode = BPF_IND;
		if (!scan_reg(s, 'r', &src, NULL))
			return false;
	}
	if ((mode == BPF_ABS || !scan_text(s, "]")) &&
	    (!scan_imm(s, &imm) || !scan_must(s, "]", "']'")))
		return false;
	return take(out, insn_make(BPF_LD | mode | size, 0, src, 0, imm));
}

/* r1 = *(u32 *)(r2 +8), behind the star */
static bool parse_load(struct asm_scan *s, u8 dst, struct asm_insn *out)
{
	u8 size, src;
	bool is_signed;
	s16 off;

	if (!scan_must(s, "(", "'('") || !scan_type(s, &size, &is_signed))
		return false;
	if (!is_signed && scan_word(s, "skb"))
		return parse_packet_load(s, dst, size, out);
	if (is_signed && size == BPF_DW)
		return scan_fail(s, "a load of 64 bits has no sign to extend: use u64");
	if (!scan_address(s, &src, &off))
		return false;
	return take(out, insn_make(BPF_LDX | (is_signed ? INSN_MEMSX : BPF_MEM) | size, dst, src,
				   off, 0));
}

/* What is common to the atomics that are written as functions: `((u64 *)(r2 +0), `. */
static bool scan_atomic(struct asm_scan *s, u8 want, u8 *size, u8 *dst, s16 *off)
{
	size_t at;

	if (!scan_must(s, "(", "'('"))
		return false;
	at = s->pos;
	if (!scan_pointer(s, size, dst, off))
		return false;
	if (*size == want)
		return true;
	s->pos = at;
	return scan_fail(s, "expected (%s *): atomic64_ is for 64 bits, atomic_ for 32",
			 want == BPF_DW ? "u64" : "u32");
}

static bool name_is(const struct asm_name *n, size_t from, const char *text)
{
	return n->len - from == strlen(text) && !memcmp(n->at + from, text, n->len - from);
}

/* r1 = atomic64_fetch_add((u64 *)(r0 +0), r1), behind the name */
static bool parse_fetch(struct asm_scan *s, u8 into, const struct asm_name *name,
			struct asm_insn *out)
{
	bool is_wide = name->len > 8 && !memcmp(name->at, "atomic64_", 9);
	size_t from = is_wide ? 9 : 7;
	u8 size, dst, src;
	s32 op = -1;
	s16 off;

	if (name_is(name, from, "xchg"))
		op = BPF_XCHG;
	else if (name_is(name, from, "cmpxchg"))
		op = BPF_CMPXCHG;
	for (size_t i = 0; i < ARRAY_SIZE(atomics); i++) {
		if (name->len > from + 6 && !memcmp(name->at + from, "fetch_", 6) &&
		    name_is(name, from + 6, atomics[i].name))
			op = atomics[i].imm | BPF_FETCH;
	}
	if (op < 0) {
		diag_error(s->d, name->loc, "unknown operation '%.*s'", (int)name->len, name->at);
		diag_hint(s->d, "there are fetch_add, fetch_or, fetch_and, fetch_xor, xchg and "
				"cmpxchg");
		return false;
	}
	if (!scan_atomic(s, is_wide ? BPF_DW : BPF_W, &size, &dst, &off) ||
	    !scan_must(s, ",", "','"))
		return false;
	if (op == BPF_CMPXCHG) {
		if (into) {
			diag_error(s->d, name->loc, "cmpxchg compares with r0 and fetches into it");
			return false;
		}
		if (!scan_same_reg(s, 0, 0) || !scan_must(s, ",", "','") ||
		    !scan_reg(s, 0, &src, NULL))
			return false;
	} else {
		src = into;
		if (!scan_same_reg(s, 0, into))
			return false;
	}
	return scan_must(s, ")", "')'") && take(out, insn_atomic(size, op, dst, off, src));
}

/* r1 = load_acquire((u32 *)(r2 +0)) */
static bool parse_load_acquire(struct asm_scan *s, u8 dst, struct asm_insn *out)
{
	u8 size, src;
	s16 off;

	if (!scan_must(s, "(", "'('") || !scan_pointer(s, &size, &src, &off) ||
	    !scan_must(s, ")", "')'"))
		return false;
	return take(out, insn_atomic(size, INSN_LOAD_ACQ, dst, off, src));
}

static bool parse_store_release(struct asm_scan *s, struct asm_insn *out)
{
	u8 size, dst, src;
	s16 off;

	if (!scan_must(s, "(", "'('") || !scan_pointer(s, &size, &dst, &off) ||
	    !scan_must(s, ",", "','") || !scan_reg(s, 0, &src, NULL) || !scan_must(s, ")", "')'"))
		return false;
	return take(out, insn_atomic(size, INSN_STORE_REL, dst, off, src));
}

/* r1 = addr_space_cast(r2, 1, 0) */
static bool parse_cast(struct asm_scan *s, u8 dst, struct asm_insn *out)
{
	s32 to, from;
	u8 src;

	if (!scan_must(s, "(", "'('") || !scan_reg(s, 'r', &src, NULL) ||
	    !scan_must(s, ",", "','") || !scan_imm(s, &to) || !scan_must(s, ",", "','") ||
	    !scan_imm(s, &from) || !scan_must(s, ")", "')'"))
		return false;
	if ((u32)to > 0xffff || (u32)from > 0xffff)
		return scan_fail(s, "an address space has a number of 16 bits");
	return take(out, insn_make(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 1,
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
	if (!scan_must(s, ")", "')'") || !scan_reg(s, kind, &src, NULL))
		return false;
	return take(out, insn_make(class | BPF_MOV | BPF_X, dst, src, bits, 0));
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

		if (name->len <= len || memcmp(name->at, orders[i].name, len) != 0)
			continue;
		bits = name_is(name, len, "16")   ? 16
		       : name_is(name, len, "32") ? 32
		       : name_is(name, len, "64") ? 64
						  : 0;
		if (!bits)
			continue;
		if (!scan_same_reg(s, 'r', dst))
			return -1;
		return take(out, insn_make(orders[i].code, dst, 0, 0, bits));
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

	if (!scan_imm(s, &number) || !scan_must(s, "]", "']'"))
		return false;
	if (scan_text(s, "[0]")) {
		pseudo = value;
		if (!scan_imm(s, &off))
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
		if (!scan_imm(s, &number) || !scan_must(s, "]", "']'"))
			return -1;
		if (scan_text(s, "[fd:") && (!scan_imm(s, &fd) || !scan_must(s, "]", "']'")))
			return -1;
		take_wide(out, dst, BPF_PSEUDO_BTF_ID, (u32)number, (u32)fd);
		return scan_ll(s) ? 1 : -1;
	}
	if (scan_text(s, "subprog[")) {
		number = 0;
		if (scan_name(s, &out->name))
			out->fix = ASM_FIX_IMM;
		else if (!scan_imm(s, &number))
			return -1;
		take_wide(out, dst, BPF_PSEUDO_FUNC, (u32)number, 0);
		return scan_must(s, "]", "']'") && scan_ll(s) ? 1 : -1;
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
	if (!scan_imm(s, &imm))
		return false;
	s->pos = end;
	return take(out, kind == 'r' ? insn_mov64_imm(dst, imm) : insn_mov32_imm(dst, imm));
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
		if (name.len > 7 &&
		    (!memcmp(name.at, "atomic_", 7) || !memcmp(name.at, "atomic64_", 9)))
			return parse_fetch(s, dst, &name, out);
		if (name_is(&name, 0, "load_acquire"))
			return parse_load_acquire(s, dst, out);
		if (kind == 'r' && name_is(&name, 0, "addr_space_cast"))
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
static bool parse_assigned(struct asm_scan *s, char kind, u8 dst, struct asm_insn *out)
{
	size_t at;
	u8 src;

	if (scan_text(s, "*"))
		return parse_load(s, dst, out);
	if (scan_text(s, "("))
		return parse_sign_extend(s, kind, dst, out);
	if (scan_is_reg(s)) {
		if (!scan_reg(s, kind, &src, NULL))
			return false;
		return take(out, kind == 'r' ? insn_mov64_reg(dst, src) : insn_mov32_reg(dst, src));
	}
	scan_blanks(s);
	at = s->pos;
	if (scan_text(s, "-") && scan_is_reg(s)) {
		if (!scan_same_reg(s, kind, dst))
			return false;
		return take(out,
			    insn_make((kind == 'r' ? BPF_ALU64 : BPF_ALU) | BPF_NEG, dst, 0, 0, 0));
	}
	s->pos = at;
	if (at < s->end && strchr("0123456789+-", s->text[at]))
		return parse_assigned_number(s, kind, dst, out);
	return parse_assigned_name(s, kind, dst, out);
}

/* Begins with a register. */
static bool parse_alu(struct asm_scan *s, struct asm_insn *out)
{
	const struct spelled *op;
	u8 dst, src, code;
	char kind;
	s32 imm;

	if (!scan_reg(s, 0, &dst, &kind))
		return false;
	op = scan_operator(s, alu_ops, ARRAY_SIZE(alu_ops));
	if (!op) {
		scan_expected(s, "an operator");
		diag_hint(s->d, "operators are = += -= *= /= |= &= <<= >>= %%= ^= s>>= s/= s%%=");
		return false;
	}
	if (op->code == BPF_MOV)
		return parse_assigned(s, kind, dst, out);
	code = (u8)((kind == 'r' ? BPF_ALU64 : BPF_ALU) | op->code);
	if (scan_is_reg(s)) {
		if (!scan_reg(s, kind, &src, NULL))
			return false;
		return take(out, insn_make(code | BPF_X, dst, src, op->is_signed, 0));
	}
	return scan_imm(s, &imm) && take(out, insn_make(code | BPF_K, dst, 0, op->is_signed, imm));
}

/* *(u32 *)(r1 +8) = r2, = 5; behind the star */
static bool parse_store(struct asm_scan *s, struct asm_insn *out)
{
	u8 size, dst, src;
	s16 off;
	s32 imm;

	if (!scan_pointer(s, &size, &dst, &off) || !scan_must(s, "=", "'='"))
		return false;
	if (scan_is_reg(s))
		return scan_reg(s, 0, &src, NULL) && take(out, insn_store_reg(size, dst, off, src));
	return scan_imm(s, &imm) && take(out, insn_store_imm(size, dst, off, imm));
}

/* lock *(u64 *)(r1 +0) += r2, behind the word */
static bool parse_lock(struct asm_scan *s, struct asm_insn *out)
{
	u8 size, dst, src;
	size_t at;
	s16 off;

	if (!scan_must(s, "*", "'*'"))
		return false;
	at = s->pos;
	if (!scan_pointer(s, &size, &dst, &off))
		return false;
	if (size != BPF_W && size != BPF_DW) {
		s->pos = at;
		return scan_fail(s, "atomics have 32 or 64 bits");
	}
	for (size_t i = 0; i < ARRAY_SIZE(atomics); i++) {
		if (scan_text(s, atomics[i].text))
			return scan_reg(s, 0, &src, NULL) &&
			       take(out, insn_atomic(size, atomics[i].imm, dst, off, src));
	}
	return scan_expected(s, "+=, |=, &= or ^=");
}

/* Where a jump leads to: +4 or a label. */
static bool parse_target(struct asm_scan *s, struct asm_insn *out)
{
	if (scan_name(s, &out->name)) {
		out->fix = ASM_FIX_OFF;
		return true;
	}
	return scan_off(s, &out->insn[0].off);
}

static bool parse_if(struct asm_scan *s, struct asm_insn *out)
{
	const struct spelled *op;
	u8 dst, src, code;
	char kind;
	s32 imm = 0;

	if (!scan_reg(s, 0, &dst, &kind))
		return false;
	op = scan_operator(s, jump_ops, ARRAY_SIZE(jump_ops));
	if (!op) {
		scan_expected(s, "a comparison");
		diag_hint(s->d, "comparisons are == != > >= < <= & s> s>= s< s<=");
		return false;
	}
	code = (u8)((kind == 'r' ? BPF_JMP : BPF_JMP32) | op->code);
	if (scan_is_reg(s)) {
		if (!scan_reg(s, kind, &src, NULL))
			return false;
		take(out, insn_make(code | BPF_X, dst, src, 0, 0));
	} else if (scan_imm(s, &imm)) {
		take(out, insn_make(code | BPF_K, dst, 0, 0, imm));
	} else {
		return false;
	}
	if (!scan_word(s, "goto"))
		return scan_expected(s, "'goto'");
	return parse_target(s, out);
}

static bool parse_gotol(struct asm_scan *s, struct asm_insn *out)
{
	take(out, insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, 0));
	if (scan_name(s, &out->name)) {
		out->fix = ASM_FIX_IMM;
		return true;
	}
	return scan_imm(s, &out->insn[0].imm);
}

/* call kernel-function#77[module:1], behind the `#` */
static bool parse_kfunc(struct asm_scan *s, struct asm_insn *out)
{
	s32 imm;
	s16 off = 0;

	if (!scan_imm(s, &imm))
		return false;
	if (scan_text(s, "[module:") && (!scan_off(s, &off) || !scan_must(s, "]", "']'")))
		return false;
	return take(out, insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, off, imm));
}

/* call bpf_map_lookup_elem#1, behind the `#`: the name has to be the number's */
static bool parse_helper(struct asm_scan *s, const struct asm_name *name, struct asm_insn *out)
{
	const char *want;
	s32 imm;

	if (!scan_imm(s, &imm))
		return false;
	want = helper_name((u32)imm);
	if (!name_is(name, 0, want ? want : "unknown")) {
		diag_error(s->d, name->loc, "helper %d is not %.*s", imm, (int)name->len, name->at);
		diag_hint(s->d, "it is %s", want ? want : "unknown");
		return false;
	}
	return take(out, insn_call(imm));
}

static bool parse_call(struct asm_scan *s, struct asm_insn *out)
{
	struct asm_name name;
	size_t at;
	s32 imm;

	scan_blanks(s);
	at = s->pos;
	if (scan_text(s, "kernel-function#"))
		return parse_kfunc(s, out);
	if (scan_text(s, "pc+") || scan_text(s, "pc-")) {
		s->pos--;
		return scan_imm(s, &imm) && take(out, insn_call_func(imm));
	}
	s->pos = at;
	if (!scan_name(s, &name))
		return scan_imm(s, &imm) && take(out, insn_call(imm));
	if (s->pos < s->end && s->text[s->pos] == '#') {
		s->pos++;
		return parse_helper(s, &name, out);
	}
	out->name = name;
	out->fix = ASM_FIX_CALL;
	return take(out, insn_call_func(0));
}

static bool parse_callx(struct asm_scan *s, struct asm_insn *out)
{
	u8 reg;

	return scan_reg(s, 'r', &reg, NULL) &&
	       take(out, insn_make(BPF_JMP | BPF_CALL | BPF_X, reg, 0, 0, 0));
}

static bool parse_gotox(struct asm_scan *s, struct asm_insn *out)
{
	u8 reg;

	return scan_reg(s, 'r', &reg, NULL) &&
	       take(out, insn_make(BPF_JMP | BPF_JA | BPF_X, reg, 0, 0, 0));
}

static bool parse_goto(struct asm_scan *s, struct asm_insn *out)
{
	take(out, insn_ja(0));
	return parse_target(s, out);
}

static bool parse_may_goto(struct asm_scan *s, struct asm_insn *out)
{
	take(out, insn_make(BPF_JMP | INSN_JCOND, 0, 0, 0, 0));
	return parse_target(s, out);
}

static bool parse_exit(struct asm_scan *s, struct asm_insn *out)
{
	(void)s;
	return take(out, insn_exit());
}

/* What is no instruction, as the disassembler shows it. */
static bool parse_bytes(struct asm_scan *s, struct asm_insn *out)
{
	bool is_negative;
	u64 value;

	if (!scan_number(s, &value, &is_negative) || is_negative)
		return scan_expected(s, "a number of 64 bits");
	memcpy(&out->insn[0], &value, sizeof(value));
	out->count = 1;
	return true;
}

static const struct {
	const char *word;
	bool (*parse)(struct asm_scan *s, struct asm_insn *out);
} words[] = {
	{ "if", parse_if },
	{ "goto", parse_goto },
	{ "gotol", parse_gotol },
	{ "gotox", parse_gotox },
	{ "may_goto", parse_may_goto },
	{ "call", parse_call },
	{ "callx", parse_callx },
	{ "exit", parse_exit },
	{ "lock", parse_lock },
	{ "store_release", parse_store_release },
	{ ".8byte", parse_bytes },
};

static bool fail_unknown(struct asm_scan *s)
{
	struct asm_name found = scan_found(s);
	char word[32];
	struct nearest near;

	scan_fail(s, "unknown instruction '%.*s'", (int)found.len, found.at);
	if (found.len >= sizeof(word))
		return false;
	memcpy(word, found.at, found.len);
	word[found.len] = 0;
	near = nearest_to(word);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		nearest_try(&near, words[i].word);
	if (nearest_name(&near))
		diag_hint(s->d, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(s->d, "instructions look like r1 = r2, r1 += 5, *(u32 *)(r10 -4) = r1, "
				"if r1 > 5 goto +2, call bpf_ktime_get_ns#5");
	return false;
}

bool asm_insn_parse(struct asm_scan *s, struct asm_insn *out)
{
	memset(out, 0, sizeof(*out));
	if (scan_is_reg(s))
		return parse_alu(s, out);
	if (scan_text(s, "*"))
		return parse_store(s, out);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (scan_word(s, words[i].word))
			return words[i].parse(s, out);
	}
	return fail_unknown(s);
}
