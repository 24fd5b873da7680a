/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that claim to be instructions. What is accepted is run, checked: whatever it does, it touches nothing but its own
 * stack and context, and ends.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/code.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

enum { FUZZ_CONTEXT = 64, FUZZ_FUEL = 10000 };

static void fuzz_run(const struct code *code, struct run *run)
{
	u8 *ctx = calloc(1, FUZZ_CONTEXT);
	struct buf why = { 0 };

	run->is_checked = true;
	run->fuel = FUZZ_FUEL;
	run->depth = 0;
	memset(run->stack, 0, sizeof(run->stack));
	run_add_region(run, ctx, FUZZ_CONTEXT, true, "context");
	interp_run(code, 0, (u64)(uintptr_t)ctx, FUZZ_CONTEXT, 0, 0, 0, run);
	if (run->trap) {
		run_describe_trap(run, &why);
		if (!why.len || run->trap_insn >= run->code->count)
			abort();
	}
	if (run->depth)
		abort();
	run_remove_region(run, ctx);
	buf_done(&why);
	free(ctx);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	u32 count = (u32)(len / sizeof(struct bpf_insn));
	struct bpf_insn *insns = malloc(count * sizeof(*insns) + 1);
	struct arena arena;
	struct image img;
	struct diag d;
	struct code *code;

	memcpy(insns, data, count * sizeof(*insns));
	arena_init(&arena);
	diag_init(&d, &arena);
	image_of_insns(&img, &arena, BPF_PROG_TYPE_SOCKET_FILTER, insns, count);
	if (!code_new(NULL, &img.progs.at[0], &d, &code)) {
		struct run *run = run_new(NULL, 0);

		fuzz_run(code, run);
		run_free(run);
		code_free(code);
	} else if (!d.errors) {
		abort();
	}
	image_done(&img);
	arena_done(&arena);
	free(insns);
	return 0;
}
