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
#include "isa/asm_assign.h"
#include "isa/asm_operand.h"
#include "isa/helper.h"
#include "isa/insn.h"

/* Two operators may begin alike: the longest that fits is meant. */
static const struct operand_spelled alu_ops[] = {
#define INSN_ALU(id, code, text) { text, code, false },
#include "isa/insn.def"
	{ "s/=", BPF_DIV, true },
	{ "s%=", BPF_MOD, true },
};
static const struct operand_spelled jump_ops[] = {
#define INSN_JUMP(id, code, text) { text, code, false },
#include "isa/insn.def"
};
static const struct {
	const char *text;
	s32 imm;
} atomics[] = {
#define INSN_ATOMIC(id, imm, name, text) { text, imm },
#include "isa/insn.def"
};

bool asm_insn_take(struct asm_insn *out, struct bpf_insn insn)
{
	out->insn[0] = insn;
	out->count = 1;
	return true;
}

/* store_release((u32 *)(r1 +0), r2), behind the word */
static bool parse_store_release(struct asm_scan *s, struct asm_insn *out)
{
	u8 size, dst, src;
	s16 off;

	if (!operand_must(s, "(", "'('") || !operand_pointer(s, &size, &dst, &off) ||
	    !operand_must(s, ",", "','") || !operand_reg(s, 0, &src, NULL) ||
	    !operand_must(s, ")", "')'"))
		return false;
	return asm_insn_take(out, insn_atomic(size, INSN_STORE_REL, dst, off, src));
}

/* Begins with a register. */
static bool parse_alu(struct asm_scan *s, struct asm_insn *out)
{
	const struct operand_spelled *op;
	u8 dst, src, code;
	char kind;
	s32 imm;

	if (!operand_reg(s, 0, &dst, &kind))
		return false;
	op = operand_operator(s, alu_ops, ARRAY_SIZE(alu_ops));
	if (!op) {
		scan_expected(s, "an operator");
		diag_hint(s->d, "operators are = += -= *= /= |= &= <<= >>= %%= ^= s>>= s/= s%%=");
		return false;
	}
	if (op->code == BPF_MOV)
		return asm_assign_parse(s, kind, dst, out);
	code = (u8)((kind == 'r' ? BPF_ALU64 : BPF_ALU) | op->code);
	if (operand_is_reg(s)) {
		if (!operand_reg(s, kind, &src, NULL))
			return false;
		return asm_insn_take(out, insn_make(code | BPF_X, dst, src, op->is_signed, 0));
	}
	return operand_imm(s, &imm) &&
	       asm_insn_take(out, insn_make(code | BPF_K, dst, 0, op->is_signed, imm));
}

/* *(u32 *)(r1 +8) = r2, = 5; behind the star */
static bool parse_store(struct asm_scan *s, struct asm_insn *out)
{
	u8 size, dst, src;
	s16 off;
	s32 imm;

	if (!operand_pointer(s, &size, &dst, &off) || !operand_must(s, "=", "'='"))
		return false;
	if (operand_is_reg(s))
		return operand_reg(s, 0, &src, NULL) &&
		       asm_insn_take(out, insn_store_reg(size, dst, off, src));
	return operand_imm(s, &imm) && asm_insn_take(out, insn_store_imm(size, dst, off, imm));
}

/* lock *(u64 *)(r1 +0) += r2, behind the word */
static bool parse_lock(struct asm_scan *s, struct asm_insn *out)
{
	u8 size, dst, src;
	size_t at;
	s16 off;

	if (!operand_must(s, "*", "'*'"))
		return false;
	at = s->pos;
	if (!operand_pointer(s, &size, &dst, &off))
		return false;
	if (size != BPF_W && size != BPF_DW) {
		s->pos = at;
		return scan_fail(s, "atomics have 32 or 64 bits");
	}
	for (size_t i = 0; i < ARRAY_SIZE(atomics); i++) {
		if (scan_text(s, atomics[i].text))
			return operand_reg(s, 0, &src, NULL) &&
			       asm_insn_take(out, insn_atomic(size, atomics[i].imm, dst, off, src));
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
	return operand_off(s, &out->insn[0].off);
}

static bool parse_if(struct asm_scan *s, struct asm_insn *out)
{
	const struct operand_spelled *op;
	u8 dst, src, code;
	char kind;
	s32 imm = 0;

	if (!operand_reg(s, 0, &dst, &kind))
		return false;
	op = operand_operator(s, jump_ops, ARRAY_SIZE(jump_ops));
	if (!op) {
		scan_expected(s, "a comparison");
		diag_hint(s->d, "comparisons are == != > >= < <= & s> s>= s< s<=");
		return false;
	}
	code = (u8)((kind == 'r' ? BPF_JMP : BPF_JMP32) | op->code);
	if (operand_is_reg(s)) {
		if (!operand_reg(s, kind, &src, NULL))
			return false;
		asm_insn_take(out, insn_make(code | BPF_X, dst, src, 0, 0));
	} else if (operand_imm(s, &imm)) {
		asm_insn_take(out, insn_make(code | BPF_K, dst, 0, 0, imm));
	} else {
		return false;
	}
	if (!scan_word(s, "goto"))
		return scan_expected(s, "'goto'");
	return parse_target(s, out);
}

static bool parse_gotol(struct asm_scan *s, struct asm_insn *out)
{
	asm_insn_take(out, insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, 0));
	if (scan_name(s, &out->name)) {
		out->fix = ASM_FIX_IMM;
		return true;
	}
	return operand_imm(s, &out->insn[0].imm);
}

/* call kernel-function#77[module:1], behind the `#` */
static bool parse_kfunc(struct asm_scan *s, struct asm_insn *out)
{
	s32 imm;
	s16 off = 0;

	if (!operand_imm(s, &imm))
		return false;
	if (scan_text(s, "[module:") && (!operand_off(s, &off) || !operand_must(s, "]", "']'")))
		return false;
	return asm_insn_take(out,
			     insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, off, imm));
}

/* call bpf_map_lookup_elem#1, behind the `#`: the name has to be the number's */
static bool parse_helper(struct asm_scan *s, const struct asm_name *name, struct asm_insn *out)
{
	const char *want;
	s32 imm;

	if (!operand_imm(s, &imm))
		return false;
	want = helper_name((u32)imm);
	if (!scan_name_is(name, 0, want ? want : "unknown")) {
		diag_error(s->d, name->loc, "helper %d is not %.*s", imm, (int)name->len, name->at);
		diag_hint(s->d, "it is %s", want ? want : "unknown");
		return false;
	}
	return asm_insn_take(out, insn_call(imm));
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
		return operand_imm(s, &imm) && asm_insn_take(out, insn_call_func(imm));
	}
	s->pos = at;
	if (!scan_name(s, &name))
		return operand_imm(s, &imm) && asm_insn_take(out, insn_call(imm));
	if (s->pos < s->end && s->text[s->pos] == '#') {
		s->pos++;
		return parse_helper(s, &name, out);
	}
	out->name = name;
	out->fix = ASM_FIX_CALL;
	return asm_insn_take(out, insn_call_func(0));
}

static bool parse_callx(struct asm_scan *s, struct asm_insn *out)
{
	u8 reg;

	return operand_reg(s, 'r', &reg, NULL) &&
	       asm_insn_take(out, insn_make(BPF_JMP | BPF_CALL | BPF_X, reg, 0, 0, 0));
}

static bool parse_gotox(struct asm_scan *s, struct asm_insn *out)
{
	u8 reg;

	return operand_reg(s, 'r', &reg, NULL) &&
	       asm_insn_take(out, insn_make(BPF_JMP | BPF_JA | BPF_X, reg, 0, 0, 0));
}

static bool parse_goto(struct asm_scan *s, struct asm_insn *out)
{
	asm_insn_take(out, insn_ja(0));
	return parse_target(s, out);
}

static bool parse_may_goto(struct asm_scan *s, struct asm_insn *out)
{
	asm_insn_take(out, insn_make(BPF_JMP | INSN_JCOND, 0, 0, 0, 0));
	return parse_target(s, out);
}

static bool parse_exit(struct asm_scan *s, struct asm_insn *out)
{
	(void)s;
	return asm_insn_take(out, insn_exit());
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
	if (operand_is_reg(s))
		return parse_alu(s, out);
	if (scan_text(s, "*"))
		return parse_store(s, out);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (scan_word(s, words[i].word))
			return words[i].parse(s, out);
	}
	return fail_unknown(s);
}
