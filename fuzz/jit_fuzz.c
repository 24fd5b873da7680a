/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random programs by the interpreter and compiled: the same result. The bytes are the generator's choices. */
#include <stdlib.h>

#include "machine/code.h"
#include "unit/machine_gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_both(struct code *code, struct diag *d)
{
	struct run *run = run_new(NULL, 0);
	u64 want, got;

	run->code = code;
	want = interp_run(code, 0, 0, 0, 0, 0, 0, run);
	if (jit_compile(code, d))
		abort();
	run->depth = 0;
	got = code->native(NULL, 0, 0, 0, 0, run);
	if (run->trap || got != want)
		abort();
	run_free(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine_gen g;
	struct code *code;
	struct arena arena;
	struct image img;
	struct diag d;

	g = (struct machine_gen){ .bytes = data, .len = size, .seed = 1 };
	machine_gen(&g, size < 8 ? 8 : (u32)(size / 8));
	arena_init(&arena);
	diag_init(&d, &arena);
	image_of_insns(&img, &arena, BPF_PROG_TYPE_SOCKET_FILTER, g.insns, g.count);
	if (code_new(NULL, &img.progs.at[0], &d, &code))
		abort();
	run_both(code, &d);
	code_free(code);
	image_done(&img);
	arena_done(&arena);
	return 0;
}
