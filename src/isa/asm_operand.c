/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers, numbers, addresses: what all instructions are made of. */
#include "isa/asm_operand.h"

#include <linux/bpf.h>

enum { REG_MAX = 10 };

static const struct operand_spelled types[] = {
#define INSN_SIZE(id, code, bytes, u, s) { u, code, false }, { s, code, true },
#include "isa/insn.def"
};

const struct operand_spelled *operand_operator(struct asm_scan *s,
					       const struct operand_spelled *ops, size_t n)
{
	const struct operand_spelled *best = NULL;
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
bool operand_is_reg(struct asm_scan *s)
{
	struct asm_name name;
	size_t at = s->pos;
	bool is = scan_name(s, &name) && name.len > 1 && (*name.at == 'r' || *name.at == 'w') &&
		  scan_name_digits(&name, 1);

	s->pos = at;
	return is;
}

/* kind: 'r', 'w', or 0 for either; found may be NULL. */
bool operand_reg(struct asm_scan *s, char kind, u8 *reg, char *found)
{
	size_t at = s->pos;
	struct asm_name name;
	u32 n;

	if (!operand_is_reg(s))
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
bool operand_same_reg(struct asm_scan *s, char kind, u8 reg)
{
	size_t at = s->pos;
	u8 other;

	if (!operand_reg(s, kind, &other, NULL))
		return false;
	if (other == reg)
		return true;
	s->pos = at;
	return scan_fail(s, "expected %c%u: the instruction changes a register in place", kind,
			 reg);
}

bool operand_must(struct asm_scan *s, const char *text, const char *what)
{
	return scan_text(s, text) || scan_expected(s, what);
}

/* Numbers of 32 bits, written as signed or as unsigned ones. */
bool operand_imm(struct asm_scan *s, s32 *out)
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
bool operand_off(struct asm_scan *s, s16 *out)
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
bool operand_type(struct asm_scan *s, u8 *size, bool *is_signed)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!scan_word(s, types[i].text))
			continue;
		*size = types[i].code;
		*is_signed = types[i].is_signed;
		return operand_must(s, "*", "'*'") && operand_must(s, ")", "')'");
	}
	scan_expected(s, "a type");
	diag_hint(s->d, "types are u8, u16, u32 and u64, or s8, s16 and s32 to extend the sign");
	return false;
}

/* `(r1 +8)` or `(r1)` */
bool operand_address(struct asm_scan *s, u8 *reg, s16 *off)
{
	*off = 0;
	if (!operand_must(s, "(", "'('") || !operand_reg(s, 'r', reg, NULL))
		return false;
	return scan_text(s, ")") || (operand_off(s, off) && operand_must(s, ")", "')'"));
}

/* `(u32 *)(r1 +8)` without a sign */
bool operand_pointer(struct asm_scan *s, u8 *size, u8 *reg, s16 *off)
{
	size_t at;
	bool is_signed;

	if (!operand_must(s, "(", "'('"))
		return false;
	at = s->pos;
	if (!operand_type(s, size, &is_signed))
		return false;
	if (is_signed) {
		s->pos = at;
		return scan_fail(s, "only loads extend the sign");
	}
	return operand_address(s, reg, off);
}
