/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that claim to be a BPF object, or the section of a compiled script, or code. What decodes
 * must encode to something that decodes to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "isa/disasm.h"
#include "object/object.h"
#include "object/script.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

static void fuzz_script(const void *data, size_t len, struct diag *d)
{
	struct script script;
	struct buf first = { 0 }, second = { 0 };

	if (!script_decode(&script, d->arena, data, len, d)) {
		script_encode(&script, &first);
		if (script_decode(&script, d->arena, first.data, first.len, d))
			abort();
		script_encode(&script, &second);
		if (first.len != second.len || memcmp(first.data, second.data, first.len))
			abort();
	}
	buf_done(&first);
	buf_done(&second);
}

static void fuzz_disasm(const u8 *data, size_t len)
{
	struct buf text = { 0 };
	u32 n = (u32)(len / sizeof(struct bpf_insn));
	struct bpf_insn *code = malloc(n * sizeof(*code) + 1);

	memcpy(code, data, n * sizeof(*code));
	disasm_func(&text, code, n, NULL);
	free(code);
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct arena arena;
	struct diag d;
	const void *section;
	size_t size;

	arena_init(&arena);
	diag_init(&d, &arena);
	if (!object_find_section(data, len, SCRIPT_SECTION, &section, &size, &d))
		fuzz_script(section, size, &d);
	fuzz_script(data, len, &d);
	fuzz_disasm(data, len);
	arena_done(&arena);
	return 0;
}
