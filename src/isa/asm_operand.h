/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of instructions. Functions that return false have reported what is wrong, but those that ask
 * (operand_is_reg, operand_operator).
 */
#ifndef ISA_ASM_OPERAND_H
#define ISA_ASM_OPERAND_H

#include "isa/asm_scan.h"

/* How an operation or a type is written. */
struct operand_spelled {
	const char *text;
	u8 code;
	bool is_signed;
};

/* Of those that begin alike the longest that fits; NULL, without a word, if none does. */
const struct operand_spelled *operand_operator(struct asm_scan *s,
					       const struct operand_spelled *ops, size_t n);
/* Whether a register stands here: `r` or `w` and digits. */
bool operand_is_reg(struct asm_scan *s);
/* kind: 'r', 'w', or 0 for either; found, which of them it was, may be NULL. */
bool operand_reg(struct asm_scan *s, char kind, u8 *reg, char *found);
/* The register that is computed with, where it stands on both sides. */
bool operand_same_reg(struct asm_scan *s, char kind, u8 reg);
/* These characters; what: how a message calls them. */
bool operand_must(struct asm_scan *s, const char *text, const char *what);
/* A number of 32 bits, written as a signed or as an unsigned one. */
bool operand_imm(struct asm_scan *s, s32 *out);
/* Of 16 bits; a blank may follow the sign, as llvm-objdump has it. */
bool operand_off(struct asm_scan *s, s16 *out);
/* `u32 *)`: size is BPF_W and so on. */
bool operand_type(struct asm_scan *s, u8 *size, bool *is_signed);
/* `(r1 +8)` or `(r1)` */
bool operand_address(struct asm_scan *s, u8 *reg, s16 *off);
/* `(u32 *)(r1 +8)`, of an unsigned type */
bool operand_pointer(struct asm_scan *s, u8 *size, u8 *reg, s16 *off);

#endif
