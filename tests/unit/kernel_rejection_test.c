/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of programs that the kernel does not load. */
#include "unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "kernel/place.h"
#include "kernel/rejection.h"
#include "unit/kernel_fixture.h"

static const char source[] = "BEGIN { }\n"
			     "  \n"
			     "t:x:y {\n"
			     "\t@total = *args.where;\n"
			     "}\n";

static void set_source(struct fixture *f)
{
	f->object.source = source;
	f->script.source = source;
	f->script.source_name = "test.bt";
	diag_set_source(&f->diag, "test.bt", source, strlen(source));
}

static void add_line(struct fixture *f, u32 line, u32 col)
{
	struct object_func *func = fixture_func(f, 0);

	*vec_add(&f->arena, &func->lines) = (struct object_line){ (u32)func->insns.n, line, col };
}

static void expect(struct fixture *f, const char *text)
{
	const char *said = fixture_messages(f);

	if (!strstr(said, text))
		test_fail(__FILE__, __LINE__, "no \"%s\" in:\n%s", text, said);
}

TEST(rejection_points_at_the_place)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	set_source(&f);
	f.options.verbose = true;
	fixture_program(&f, ATTACH_TRACEPOINT, false);
	fixture_target(&f, "x", "y", 0);
	fixture_insn(&f, 0, insn_load(BPF_DW, 1, 1, 8));
	add_line(&f, 4, 12);
	fixture_insn(&f, 0, insn_load(BPF_DW, 0, 1, 0));
	add_line(&f, 5, 1);
	fixture_insn(&f, 0, insn_exit());
	CHECK_EQ(fixture_load(&f), -EACCES);
	CHECK_EQ(f.diag.errors, 1);
	expect(&f, "test.bt:4:12: error: the kernel rejected this program: R1 invalid mem access");
	expect(&f, "hint: this is no pointer");
	expect(&f, "the verifier's log:");
	expect(&f, "processed 2 insns");
	CHECK_EQ(f.diag.items.at[0].loc.len, 4);
	fixture_done(&f);
	CHECK_EQ(fixture_programs_left(0), 0);
}

TEST(rejection_names_the_missing_helper)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	set_source(&f);
	fixture_program(&f, ATTACH_TRACEPOINT, false);
	fixture_target(&f, "x", "y", 0);
	fixture_insn(&f, 0, insn_call(BPF_FUNC_skb_load_bytes));
	fixture_insn(&f, 0, insn_exit());
	CHECK(fixture_load(&f) < 0);
	expect(&f,
	       "this kernel does not offer the helper bpf_skb_load_bytes to tracepoint programs");
	fixture_done(&f);
}

/* Counts to 2^31 in memory, one iteration at a time. */
TEST(rejection_of_a_program_too_large)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	set_source(&f);
	fixture_program(&f, ATTACH_BEGIN, false);
	fixture_target(&f, NULL, NULL, 0);
	fixture_insn(&f, 0, insn_mov64_imm(0, 0));
	add_line(&f, 4, 2);
	fixture_insn(&f, 0, insn_alu64_imm(BPF_ADD, 0, 1));
	fixture_insn(&f, 0, insn_jump_imm(BPF_JLT, 0, INT32_MAX, -2));
	fixture_insn(&f, 0, insn_exit());
	f.options.log_size = 1;
	CHECK(fixture_load(&f) < 0);
	CHECK_EQ(f.diag.errors, 1);
	expect(&f, "test.bt:4:2: error: the kernel rejected this program");
	expect(&f, "hint: the verifier follows every path");
	fixture_done(&f);
}

/* On an instance that never met a kernel; prog: libbpf says this of the program, NULL: it says warning. */
static void report(struct fixture *f, int err, const char *log, const char *prog,
		   const char *warning)
{
	struct instance k = { .script = &f->script };
	struct buf said = { 0 };

	if (prog)
		buf_printf(&said, "libbpf: prog '%s': %s\n", f->script.programs.at[0].func, prog);
	buf_puts(&said, warning);
	CHECK(rejection_report(&k, err, log, &said, &f->diag) < 0);
	buf_done(&said);
}

static void init_without_kernel(struct fixture *f)
{
	fixture_init(f);
	set_source(f);
	fixture_program(f, ATTACH_TRACEPOINT, false);
	fixture_target(f, "x", "y", 0);
}

TEST(rejection_understands_old_and_new_logs)
{
	static const char *const lines[] = {
		"; @total = *args.where; @ test.bt:4\n", /* 6.10 and newer */
		"; @total = *args.where;\n",
		"; something else @ test.bt:4:2\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct fixture f;
		char log[512];

		init_without_kernel(&f);
		snprintf(log, sizeof(log),
			 "func#0 @0\n0: R1=ctx() R10=fp0\n%s1: (79) r1 = *(u64 *)(r1 +0)\n"
			 "R1 unbounded memory access, make sure to bounds check any such access\n"
			 "processed 2 insns (limit 1000000) max_states_per_insn 0\n",
			 lines[i]);
		report(&f, EACCES, log, "BPF program load failed: EACCES", "");
		expect(&f, "test.bt:4:2: error: the kernel rejected this program: R1 unbounded");
		expect(&f, "hint: the verifier knows no upper limit");
		fixture_done(&f);
	}
}

TEST(rejection_before_the_verifier)
{
	struct fixture f;

	init_without_kernel(&f);
	report(&f, EPERM, "", "BPF program load failed: EPERM", "");
	expect(&f, "the kernel refused this tracepoint program: Operation not permitted");
	fixture_done(&f);

	init_without_kernel(&f);
	report(&f, EINVAL, "", NULL,
	       "libbpf: map 'things': failed to create: Invalid argument(-22)\n"
	       "libbpf: failed to load object 'skep'\n");
	expect(&f, "cannot load the program: map 'things': failed to create");
	fixture_done(&f);

	init_without_kernel(&f);
	report(&f, ENOMEM, "", NULL, "");
	expect(&f, "cannot load the program: Cannot allocate memory");
	fixture_done(&f);
}

/* Logs come from the kernel, but nothing in them may lead out of bounds. */
TEST(rejection_survives_any_log)
{
	static const char *const logs[] = {
		"\n",
		"\n\n\n",
		";",
		"; ",
		"; @ ",
		"; x @ :",
		"12",
		"12: (",
		"insn ",
		"unreachable insn ",
		"unreachable insn 99999999999999999999",
		"unknown func ",
		"unknown func #",
		":",
		"; @ x:0",
		"; @ x:4294967295\n0: (",
		"processed 1\n",
		"0: (00)\nprocessed 1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		struct fixture f;

		init_without_kernel(&f);
		report(&f, EINVAL, logs[i], "BPF program load failed", "");
		CHECK_EQ(f.diag.errors, 1);
		fixture_done(&f);
	}
}

TEST(place_finds_lines)
{
	struct script s = { .source = source };
	struct loc loc = place_of_line(&s, 4);

	CHECK_EQ(loc.col, 2);
	CHECK_EQ(loc.len, strlen("@total = *args.where;"));
	CHECK_EQ(source[loc.offset], '@');
	CHECK_EQ(place_of_line(&s, 2).line, 0);
	CHECK_EQ(place_of_line(&s, 0).line, 0);
	CHECK_EQ(place_of_line(&s, 6).line, 0);
	CHECK_EQ(place_of_line(&s, 1).col, 1);
	CHECK_EQ(place_of_text(&s, " t:x:y {  ", 10).line, 3);
	CHECK_EQ(place_of_text(&s, "nowhere", 7).line, 0);
	CHECK_EQ(place_of_text(&s, "", 0).line, 0);
	s.source = NULL;
	CHECK_EQ(place_of_line(&s, 1).line, 0);
	CHECK_EQ(place_of_text(&s, "x", 1).line, 0);
}
