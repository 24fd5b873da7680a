/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Goes through one line of assembler text, from left to right. Functions that look for something skip
 * blanks first and move on only if it is there.
 */
#ifndef ISA_ASM_SCAN_H
#define ISA_ASM_SCAN_H

#include "base/diag.h"

struct asm_scan {
	const char *text; /* the whole text */
	size_t pos, end;  /* within it: where the scan is, where the line ends */
	size_t start;     /* where the line begins */
	u32 line;         /* from 1 */
	struct diag *d;
};

/* A name as it stands in the text. */
struct asm_name {
	const char *at;
	size_t len;
	struct loc loc;
};

/* Whether a name is, or begins with, this text from a byte on; whether all the rest are digits. */
bool scan_name_is(const struct asm_name *n, size_t from, const char *text);
bool scan_name_begins(const struct asm_name *n, size_t from, const char *text);
bool scan_name_digits(const struct asm_name *n, size_t from);

void scan_blanks(struct asm_scan *s);
/* Whether nothing is left but blanks and a comment, which `;` and `#` begin. */
bool scan_ended(struct asm_scan *s);
/* These characters, whatever follows. */
bool scan_text(struct asm_scan *s, const char *text);
/* The same as a whole word. */
bool scan_word(struct asm_scan *s, const char *word);
/* Letters, digits, `_`, `.` and `$`, beginning with no digit. */
bool scan_name(struct asm_scan *s, struct asm_name *out);
/* Up to the next blank: what a relocation calls a symbol ("map[AT_x]", "bss[8]"). */
bool scan_symbol(struct asm_scan *s, struct asm_name *out);
bool scan_is_digit(struct asm_scan *s);
/* Decimal or 0x; a sign may stand in front. False if it is no number, or none of 64 bits. */
bool scan_number(struct asm_scan *s, u64 *value, bool *is_negative);

/* The word at the scan, to be shown in a message; never empty. */
struct asm_name scan_found(struct asm_scan *s);
/* Reports an error at the scan or at a place, and returns false. */
bool scan_fail(struct asm_scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same: "expected X, found Y". */
bool scan_expected(struct asm_scan *s, const char *what);

#endif
