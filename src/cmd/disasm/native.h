/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processor instructions as text, by the objdump that is installed. Without one there are bytes only: an assembler's
 * language is too large to be ours.
 */
#ifndef CMD_DISASM_NATIVE_H
#define CMD_DISASM_NATIVE_H

#include "base/diag.h"

struct native_insn {
	u32 at, size; /* bytes */
	const char *text;
};

struct native_code {
	vec_of(struct native_insn) insns; /* ascending */
};

/* All in the arena. -ENOENT, and nothing reported, where there is no objdump; else -errno with a message. */
int native_disassemble(struct arena *a, const void *bytes, size_t size, struct native_code *out,
		       struct diag *d);
/* The first instruction at or after a byte; NULL if there is none. */
const struct native_insn *native_find(const struct native_code *c, size_t at);
/* What a line of objdump's says: "  1f:\tmov    rax,rbx"; false if it is none. Its text is borrowed from the line. */
bool native_read_line(char *line, struct native_insn *out);

#endif
