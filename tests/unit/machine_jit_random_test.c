/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random programs by interpreter, compiler and the running kernel: results, and what registers have on the way. */
#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "isa/insn.h"
#include "unit/machine_trace.h"
#include "unit/machine_vm.h"
#include "unit/test.h"

/* A program, what it has written, and what came of it by each engine. */
static struct {
	struct machine_gen g;
	struct bpf_insn traced[MACHINE_TRACED_MAX];
	u32 count;
	struct machine_trace ring, want, of_kernel;
} the;

static void differs(u64 seed, const char *engine, const char *what)
{
	test_fail(__FILE__, __LINE__, "%llx, %s: %s", (unsigned long long)seed, engine, what);
}

static void check_trace(u64 seed, const char *engine, const struct machine_trace *got)
{
	struct buf text = { 0 };

	if (!machine_trace_same(&the.want, got, &text))
		differs(seed, engine, buf_str(&text));
	buf_done(&text);
}

static void make(u64 seed, bool for_kernel)
{
	the.g.seed = seed * 0x9e3779b97f4a7c15ull;
	the.g.for_kernel = for_kernel;
	machine_gen(&the.g, (u32)(10 + seed % (for_kernel ? 50 : 120)));
}

static void trace(u64 seed, u64 address)
{
	struct bpf_insn load[2];

	insn_ld_imm64(load, 0, 0, address);
	the.count = machine_trace(&the.g, 1 + (u32)seed % 8, load, the.traced);
}

/* By interpreter and compiler; the interpreter's result, and its trace in the.want. */
static u64 run_both(u64 seed, const struct bpf_insn *insns, u32 count)
{
	struct vm vm;
	u64 want = 0;

	vm_init(&vm, insns, count);
	if (!vm.code) {
		differs(seed, "interpreter", vm_error(&vm));
	} else {
		the.ring.next = 0;
		want = vm_run(&vm, 0, 0);
		the.want = the.ring;
		vm.run->code = vm.code;
		vm.run->depth = 0;
		the.ring.next = 0;
		if (jit_compile(vm.code, &vm.d))
			differs(seed, "compiler", vm_error(&vm));
		else if (vm.code->native(NULL, 0, 0, 0, 0, vm.run) != want || vm.run->trap)
			differs(seed, "compiler", "the result differs");
		check_trace(seed, "compiler", &the.ring);
	}
	vm_done(&vm);
	return want;
}

static bool is_compiler_here(void)
{
	VM(vm, insn_mov64_imm(0, 1), insn_exit());
	bool is = vm.code && !jit_compile(vm.code, &vm.d);

	vm_done(&vm);
	return is;
}

TEST(machine_jit_random_programs)
{
	u64 records = 0;

	if (!is_compiler_here())
		SKIP("there is no compiler for this processor");
	for (u64 seed = 1; seed <= 3000; seed++) {
		u64 want;

		make(seed, false);
		want = run_both(seed, the.g.insns, the.g.count);
		trace(seed, (u64)(uintptr_t)&the.ring);
		if (run_both(seed, the.traced, the.count) != want)
			differs(seed, "both", "the result is not that without a trace");
		records += the.want.next / sizeof(struct machine_record);
	}
	CHECK(records > 100000);
}

/* ---- the kernel, whose program has its ring in a map */

static int load_traced(int map)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	struct bpf_insn load[2];

	insn_ld_imm64(load, 0, BPF_PSEUDO_MAP_VALUE, (u32)map);
	the.count = machine_trace(&the.g, 4, load, the.traced);
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "skep_random", "GPL", the.traced,
			     the.count, &opts);
}

static bool run_in_kernel(int prog, int map, u32 *result)
{
	u8 packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	u32 key = 0;
	bool is_done;

	is_done = !bpf_prog_test_run_opts(prog, &opts) &&
		  !bpf_map_lookup_elem(map, &key, &the.of_kernel);
	*result = opts.retval;
	return is_done;
}

/* The program that the kernel has run, with the ring here in the place of the map's. */
static void check_against_kernel(u64 seed, u32 result)
{
	for (u32 i = 0; i < the.count; i++) {
		struct bpf_insn *insn = &the.traced[i];

		if (!insn_is_ld_imm64(insn))
			continue;
		if (insn->src_reg == BPF_PSEUDO_MAP_VALUE)
			insn_ld_imm64(insn, insn->dst_reg, 0, (u64)(uintptr_t)&the.ring);
		i++;
	}
	if ((u32)run_both(seed, the.traced, the.count) != result)
		differs(seed, "kernel", "the result differs");
	check_trace(seed, "kernel", &the.of_kernel);
}

TEST(machine_jit_random_programs_and_the_kernel)
{
	const u32 tried = 300;
	u32 accepted = 0;

	if (!is_compiler_here())
		SKIP("there is no compiler for this processor");
	for (u64 seed = 1; seed <= tried; seed++) {
		int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skep_ring", 4, sizeof(the.ring), 1,
					 NULL);
		int prog = -1;
		u32 result;

		if (map < 0)
			SKIP("no map can be made here");
		make(seed, true);
		prog = load_traced(map);
		if (prog >= 0 && run_in_kernel(prog, map, &result)) {
			accepted++;
			check_against_kernel(seed, result);
		}
		if (prog >= 0)
			close(prog);
		close(map);
	}
	/* Kernels before 6.6 refuse all that have an instruction of the fourth version. */
	CHECK(accepted > tried / 20);
}
