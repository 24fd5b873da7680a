/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random programs by the interpreter and compiled: the same result, with a trace of their registers and without. The bytes are the
 * generator's choices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "machine/code.h"
#include "unit/machine_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static void check_traces(const struct machine_trace *want, const struct machine_trace *got)
{
	struct buf text = { 0 };

	if (!machine_trace_same(want, got, &text))
		fail(buf_str(&text));
	buf_done(&text);
}

/* The program's result; ring: what it writes its trace into. */
static u64 run_both(const struct bpf_insn *insns, u32 count, struct machine_trace *ring)
{
	static struct machine_trace of_interpreter;
	struct run *run = run_new(NULL, 0);
	struct arena arena;
	struct code *code;
	struct image img;
	struct diag d;
	u64 want;

	arena_init(&arena);
	diag_init(&d, &arena);
	image_of_insns(&img, &arena, BPF_PROG_TYPE_SOCKET_FILTER, insns, count);
	if (code_new(NULL, &img.progs.at[0], &d, &code))
		fail("the program is rejected");
	run->code = code;
	ring->next = 0;
	want = interp_run(code, 0, 0, 0, 0, 0, 0, run);
	of_interpreter = *ring;
	if (jit_compile(code, &d))
		fail("the program is not compiled");
	run->depth = 0;
	ring->next = 0;
	if (code->native(NULL, 0, 0, 0, 0, run) != want || run->trap)
		fail("the result differs");
	check_traces(&of_interpreter, ring);
	run_free(run);
	code_free(code);
	image_done(&img);
	arena_done(&arena);
	return want;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bpf_insn traced[MACHINE_TRACED_MAX];
	static struct machine_trace ring;
	static struct machine_gen g;
	struct bpf_insn load[2];
	u64 want;

	g = (struct machine_gen){ .bytes = data, .len = size, .seed = 1 };
	machine_gen(&g, size < 8 ? 8 : (u32)(size / 8));
	want = run_both(g.insns, g.count, &ring);
	insn_ld_imm64(load, 0, 0, (u64)(uintptr_t)&ring);
	if (run_both(traced, machine_trace(&g, 1 + (u32)size % 8, load, traced), &ring) != want)
		fail("the result is not that without a trace");
	return 0;
}
