/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile text through the assembler. What it takes is disassembled and assembled again, and has to
 * give the same instructions; so do the input's own bytes, taken as instructions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "isa/asm.h"
#include "isa/disasm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct bpf_insn *insns, size_t n)
{
	struct buf text = { 0 };
	struct asm_code code;
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	for (size_t i = 0; i < n;) {
		i += disasm_insn(&text, &insns[i], (u32)(n - i), NULL);
		buf_putc(&text, '\n');
	}
	if (asm_parse(&a, buf_str(&text), text.len, &code, &d) || code.insns.n != n ||
	    (n && memcmp(code.insns.at, insns, n * sizeof(*insns)) != 0))
		abort();
	buf_done(&text);
	arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size / sizeof(struct bpf_insn);
	struct bpf_insn *insns;
	struct asm_code code;
	struct arena a;
	struct diag d;
	char *text;

	arena_init(&a);
	diag_init(&d, &a);
	/* A block of its own size, so that a read behind the end is seen. */
	text = malloc(size + !size);
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	diag_set_source(&d, "input", "", 0);
	if (!asm_parse(&a, text, size, &code, &d))
		check_again(code.insns.at, code.insns.n);
	insns = arena_array(&a, struct bpf_insn, n + 1);
	if (n)
		memcpy(insns, data, n * sizeof(*insns));
	check_again(insns, n);
	free(text);
	arena_done(&a);
	return 0;
}
