/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes on around instructions: fuel, regions, helpers and callbacks, tail calls, packets, threads. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "isa/insn.h"
#include "unit/machine_vm.h"
#include "unit/test.h"

/* ---- fuel */

TEST(machine_run_burns_fuel_for_each_instruction)
{
	/* 1 + 3 * 5 + 1 instructions for r1 = 5 */
	VM(vm, insn_mov64_imm(0, 0), insn_alu64_reg(BPF_ADD, 0, 1), insn_alu64_imm(BPF_SUB, 1, 1),
	   insn_jump_imm(BPF_JNE, 1, 0, -3), insn_exit());

	vm.run->fuel = 17;
	CHECK_EQ(vm_run(&vm, 5, 0), 15);
	CHECK_EQ(vm.run->trap, RUN_OK);
	CHECK_EQ(vm.run->fuel, 0);
	vm.run->fuel = 16;
	CHECK_EQ(vm_run(&vm, 5, 0), 0);
	CHECK_EQ(vm.run->trap, RUN_OUT_OF_FUEL);
	CHECK_STR(vm_error(&vm), "ran for as many instructions as it may (at instruction 4)");
	vm.run->fuel = 100;
	CHECK_EQ(vm_run(&vm, 5, 0), 15);
	CHECK_EQ(vm.run->fuel, 83);
	vm.run->fuel = UINT64_MAX;
	CHECK_EQ(vm_run(&vm, 5, 0), 15);
	CHECK_EQ(vm.run->fuel, RUN_NO_LIMIT - 17);
	vm_done(&vm);
}

TEST(machine_run_ends_loops_without_end)
{
	VM(loop, insn_ja(-1));
	VM(calls, insn_call_func(2), insn_ja(-2), insn_exit(), insn_exit());

	loop.run->fuel = 1000;
	vm_run(&loop, 0, 0);
	CHECK_EQ(loop.run->trap, RUN_OUT_OF_FUEL);
	CHECK_EQ(loop.run->fuel, 0);
	calls.run->fuel = 1000;
	vm_run(&calls, 0, 0);
	CHECK_EQ(calls.run->trap, RUN_OUT_OF_FUEL);
	CHECK_EQ(calls.run->depth, 0);
	vm_done(&loop);
	vm_done(&calls);
}

TEST(machine_run_counts_hits)
{
	const struct bpf_insn insns[] = {
		insn_mov64_imm(0, 0),
		insn_jump_imm(BPF_JEQ, 2, 9, 3),
		insn_alu64_reg(BPF_ADD, 0, 2),
		insn_alu64_imm(BPF_SUB, 2, 1),
		insn_jump_imm(BPF_JNE, 2, 0, -3),
		insn_call_func(1),
		insn_exit(),
		insn_alu64_imm(BPF_ADD, 0, 100),
		insn_exit(),
	};
	static const u64 want[] = { 2, 2, 5, 5, 5, 2, 2, 2, 2 };
	const struct machine_options opts = { .mode = MACHINE_INTERPRET, .count_hits = true };
	struct machine *m = NULL;
	struct arena arena;
	struct image img;
	struct diag d;
	struct run *run;
	u8 ctx[9] = { 0 };

	arena_init(&arena);
	diag_init(&d, &arena);
	image_of_insns(&img, &arena, BPF_PROG_TYPE_SOCKET_FILTER, insns, ARRAY_SIZE(insns));
	CHECK_EQ(machine_new(&img, &opts, &d, &m), 0);
	run = run_new(m, 0);
	for (int checked = 0; checked < 2; checked++) {
		run->is_checked = checked;
		run->fuel = 1000;
		CHECK_EQ(machine_run(m, 0, ctx, checked ? 9 : 5, run), checked ? 100 : 115);
		CHECK_EQ(run->fuel, 1000 - (checked ? 6 : 21));
	}
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		CHECK_EQ(machine_hits(m, 0)[i], want[i]);
	run_free(run);
	machine_free(m);
	image_done(&img);
	arena_done(&arena);
}

TEST(machine_run_may_goto_gives_up)
{
	VM(vm, insn_mov64_imm(0, 0), insn_make(BPF_JMP | INSN_JCOND, 0, 0, 2, 0),
	   insn_alu64_imm(BPF_ADD, 0, 1), insn_ja(-3), insn_exit());

	CHECK_EQ(vm_run(&vm, 0, 0), RUN_CALLBACK_LOOPS);
	vm_done(&vm);
}

TEST(machine_run_jumps_far)
{
	enum { FAR = 40000 };
	struct bpf_insn *insns = calloc(FAR + 5, sizeof(*insns));
	struct vm vm;

	insns[0] = insn_mov64_imm(0, 1);
	insns[1] = insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, FAR);
	for (u32 i = 0; i < FAR; i++)
		insns[2 + i] = insn_alu64_imm(BPF_ADD, 0, 1);
	insns[FAR + 1] = insn_exit();
	insns[FAR + 2] = insn_jump_imm(BPF_JGT, 0, 100, 1);
	insns[FAR + 3] = insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, -FAR - 2);
	insns[FAR + 4] = insn_exit();
	vm_init(&vm, insns, FAR + 5);
	CHECK_EQ(vm_run(&vm, 0, 0), FAR);
	CHECK_STR(vm_error(&vm), "");
	vm_done(&vm);
	free(insns);
}

/* ---- regions */

TEST(machine_run_knows_regions)
{
	struct run *r = run_new(NULL, 0);
	u8 mem[100];
	u64 at = (u64)(uintptr_t)mem;

	r->is_checked = true;
	run_add_region(r, mem + 50, 10, false, "second");
	run_add_region(r, mem, 20, true, "first");
	run_add_region(r, mem + 80, 20, true, "third");
	CHECK(run_may(r, at, 20, true));
	CHECK(run_may(r, at + 19, 1, true));
	CHECK(run_may(r, at + 50, 10, false));
	CHECK(run_may(r, at + 99, 1, true));
	CHECK(run_may(r, at + 20, 0, true));
	CHECK_EQ(r->trap, RUN_OK);
	CHECK(!run_may(r, at, 21, false));
	CHECK_EQ(r->trap, RUN_BAD_ACCESS);
	CHECK_EQ(r->trap_address, at);
	CHECK_EQ(r->trap_size, 21);
	CHECK(!run_may(r, at + 50, 1, true));
	CHECK(!run_may(r, at + 49, 2, false));
	CHECK(!run_may(r, at + 90, UINT64_MAX, false));
	CHECK_EQ(r->trap_size, UINT32_MAX);
	/* One within another; replaced; removed. */
	run_add_region(r, mem + 5, 5, false, "inner");
	CHECK(run_may(r, at + 8, 8, true));
	run_add_region(r, mem, 30, true, "first");
	CHECK(run_may(r, at + 25, 5, true));
	run_remove_region(r, mem);
	CHECK(!run_may(r, at + 25, 1, false));
	CHECK(run_may(r, at + 5, 5, false));
	CHECK_EQ(r->region_count, 3);
	r->is_checked = false;
	CHECK(run_may(r, 0, 1000, true));
	run_free(r);
}

TEST(machine_run_tells_read_only_memory)
{
	VM(vm, insn_mov64_imm(0, 7), insn_store_imm(BPF_W, 1, 4, 1), insn_exit());
	u32 mem[2] = { 0 };

	vm.run->is_checked = true;
	run_add_region(vm.run, mem, sizeof(mem), false, "constants");
	CHECK_EQ(vm_run(&vm, (u64)(uintptr_t)mem, 0), 0);
	CHECK_EQ(mem[1], 0);
	CHECK(strstr(vm_error(&vm), "writes 4 bytes at "));
	CHECK(strstr(vm_error(&vm), "which is read-only: constants (at instruction 1)"));
	vm_done(&vm);
}

/* ---- helpers and callbacks */

static u64 sum_helper(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)run;
	return a + 10 * b + 100 * c + 1000 * d + 10000 * e;
}

TEST(machine_run_gives_helpers_five_arguments)
{
	VM(vm, insn_mov64_imm(1, 1), insn_mov64_imm(2, 2), insn_mov64_imm(3, 3),
	   insn_mov64_imm(4, 4), insn_mov64_imm(5, 5), insn_mov64_imm(6, 6), insn_call(99999),
	   insn_alu64_reg(BPF_MUL, 0, 6), insn_exit());

	vm_set_helper(&vm, 6, sum_helper);
	CHECK_EQ(vm_run(&vm, 0, 0), 54321 * 6);
	vm_done(&vm);
}

/* Calls func(i, arg) n times, until it returns something. */
static u64 loop_helper(u64 n, u64 func, u64 arg, u64 d, u64 e, struct run *run)
{
	(void)d, (void)e;
	for (u64 i = 0; i < n; i++) {
		if (run_callback(run, func, i, arg, 0, 0) || run->trap)
			return i + 1;
	}
	return n;
}

/* r0 = the sum that func leaves in the stack of its caller; func adds its number to it. */
#define LOOP_PROGRAM(id, n, ...)                                                                   \
	struct bpf_insn load[2];                                                                   \
	insn_ld_imm64(load, 2, BPF_PSEUDO_FUNC, 8);                                                \
	VM(id, insn_store_imm(BPF_DW, 10, -8, 0), load[0], load[1], insn_mov64_imm(1, n),          \
	   insn_mov64_reg(3, 10), insn_alu64_imm(BPF_ADD, 3, -8), insn_call(99999),                \
	   insn_load(BPF_DW, 0, 10, -8), insn_exit(), insn_exit(), __VA_ARGS__);                   \
	vm_set_helper(&id, 6, loop_helper)

TEST(machine_run_calls_back)
{
	LOOP_PROGRAM(vm, 10, insn_load(BPF_DW, 3, 2, 0), insn_alu64_reg(BPF_ADD, 3, 1),
		     insn_store_reg(BPF_DW, 2, 0, 3), insn_store_imm(BPF_DW, 10, -8, 77),
		     insn_mov64_imm(6, 66), insn_mov64_imm(0, 0), insn_exit());

	for (int checked = 0; checked < 2; checked++) {
		vm.run->is_checked = checked;
		vm.run->fuel = 1000;
		CHECK_EQ(vm_run(&vm, 0, 0), 45);
		CHECK_STR(vm_error(&vm), "");
		CHECK_EQ(vm.run->fuel, 1000 - 9 - 10 * 7);
		CHECK_EQ(vm.run->depth, 0);
	}
	vm_done(&vm);
}

TEST(machine_run_callback_may_trap)
{
	LOOP_PROGRAM(vm, 10, insn_mov64_imm(3, 0), insn_load(BPF_DW, 0, 3, 16), insn_exit());

	vm.run->is_checked = true;
	CHECK_EQ(vm_run(&vm, 0, 0), 0);
	CHECK_STR(vm_error(&vm), "reads 8 bytes at 0x10, which is none of the program's memory "
				 "(at instruction 11)");
	CHECK_EQ(vm.run->depth, 0);
	vm_done(&vm);
}

TEST(machine_run_callback_shares_fuel)
{
	LOOP_PROGRAM(vm, 1000000, insn_ja(0), insn_mov64_imm(0, 0), insn_exit());

	vm.run->fuel = 500;
	CHECK_EQ(vm_run(&vm, 0, 0), 0);
	CHECK_EQ(vm.run->trap, RUN_OUT_OF_FUEL);
	CHECK_EQ(vm.run->fuel, 0);
	vm_done(&vm);
}

static u64 wild_helper(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)b, (void)c, (void)d, (void)e;
	return run_callback(run, a, a, 0, 0, 0);
}

TEST(machine_run_calls_back_functions_only)
{
	VM(vm, insn_call(99999), insn_exit());

	vm_set_helper(&vm, 0, wild_helper);
	for (u64 func = 0; func < 5; func++) {
		if (func == 1)
			continue;
		CHECK_EQ(vm_run(&vm, func, 0), 0);
		CHECK_EQ(vm.run->trap, RUN_BAD_CALL);
	}
	/* The program as its own callback. */
	CHECK_EQ(vm_run(&vm, 1, 0), 0);
	CHECK_EQ(vm.run->trap, RUN_TOO_DEEP);
	CHECK_EQ(vm.run->depth, 0);
	vm_done(&vm);
}

static u64 reading_helper(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	(void)c, (void)d, (void)e;
	return run_may(run, a, b, false);
}

TEST(machine_run_helper_may_trap)
{
	VM(vm, insn_mov64_imm(1, 16), insn_mov64_imm(2, 3), insn_call(99999), insn_exit());

	vm_set_helper(&vm, 2, reading_helper);
	CHECK_EQ(vm_run(&vm, 0, 0), 1);
	vm.run->is_checked = true;
	CHECK_EQ(vm_run(&vm, 0, 0), 0);
	CHECK_STR(vm_error(&vm), "hands a helper 3 bytes at 0x10, which is none of the program's "
				 "memory (at instruction 2)");
	vm_done(&vm);
}

/* ---- packets */

TEST(machine_run_loads_from_packets)
{
	VM(vm, insn_make(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 12), insn_mov64_reg(6, 0),
	   insn_mov64_imm(2, 4), insn_make(BPF_LD | BPF_IND | BPF_W, 0, 2, 0, -4),
	   insn_alu64_imm(BPF_LSH, 6, 32), insn_alu64_reg(BPF_OR, 6, 0),
	   insn_make(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 13), insn_alu64_imm(BPF_LSH, 6, 8),
	   insn_alu64_reg(BPF_OR, 0, 6), insn_exit());
	VM(beyond, insn_mov64_imm(0, 1), insn_make(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 11),
	   insn_mov64_imm(0, 2), insn_exit());
	VM(negative, insn_mov64_imm(2, 0), insn_make(BPF_LD | BPF_IND | BPF_B, 0, 2, 0, -1),
	   insn_mov64_imm(0, 2), insn_exit());
	u8 *packet = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct __sk_buff skb = { .data = (u32)(uintptr_t)packet };
	struct vm *all[] = { &vm, &beyond, &negative };

	memcpy(packet, "\x11\x22\x33\x44 1234567\x86\xdd", 14);
	skb.data_end = skb.data + 14;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		all[i]->run->ctx = &skb;
		all[i]->run->packet = (struct packet *)packet;
	}
	CHECK_EQ(vm_run(&vm, 0, 0), 0x86dd11223344ddll);
	CHECK_EQ(vm_run(&beyond, 0, 0), 0);
	CHECK_EQ(beyond.run->trap, RUN_OK);
	CHECK_EQ(vm_run(&negative, 0, 0), 0);
	/* There is no packet: as if it were empty. */
	vm.run->packet = NULL;
	CHECK_EQ(vm_run(&vm, 0, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		vm_done(all[i]);
	munmap(packet, 4096);
}

/* ---- threads */

enum { THREAD_ROUNDS = 20000 };

static void *add_in_thread(void *arg)
{
	struct vm *vm = arg;
	struct run *run = run_new(NULL, 1);

	interp_run(vm->code, 0, (u64)(uintptr_t)vm->run->ctx, THREAD_ROUNDS, 0, 0, 0, run);
	run_free(run);
	return NULL;
}

TEST(machine_run_in_two_threads)
{
	/* The sum is taken atomically, the number of rounds is kept in each run's own stack. */
	VM(vm, insn_store_reg(BPF_DW, 10, -8, 2), insn_mov64_imm(3, 1),
	   insn_atomic(BPF_DW, BPF_ADD, 1, 0, 3), insn_mov64_imm(4, 1),
	   insn_atomic(BPF_W, BPF_ADD | BPF_FETCH, 1, 8, 4), insn_load(BPF_DW, 5, 10, -8),
	   insn_alu64_imm(BPF_SUB, 5, 1), insn_store_reg(BPF_DW, 10, -8, 5),
	   insn_jump_imm(BPF_JNE, 5, 0, -8), insn_exit());
	u64 sums[2] = { 0 };
	pthread_t threads[2];

	vm.run->ctx = sums;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK(!pthread_create(&threads[i], NULL, add_in_thread, &vm));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(sums[0], 2 * THREAD_ROUNDS);
	CHECK_EQ(sums[1], 2 * THREAD_ROUNDS);
	vm_done(&vm);
}
