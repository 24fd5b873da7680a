/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled code does what the interpreter does; the cases in tests/machine run by both, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "unit/machine_vm.h"
#include "unit/test.h"

static u64 native(struct vm *vm, u64 a, u64 b)
{
	vm->run->code = vm->code;
	vm->run->trap = RUN_OK;
	vm->run->trap_insn = RUN_NO_INSN;
	vm->run->depth = 0;
	return vm->code->native((void *)(uintptr_t)a, b, 0, 0, 0, vm->run);
}

static bool compile(struct vm *vm)
{
	return vm->code && !jit_compile(vm->code, &vm->d);
}

/* Whether there is a compiler for this processor at all. */
static bool is_here(void)
{
	VM(vm, insn_mov64_imm(0, 1), insn_exit());
	bool is = compile(&vm);

	vm_done(&vm);
	return is;
}
#define NEEDS_COMPILER                                                                             \
	do {                                                                                       \
		if (!is_here())                                                                    \
			SKIP("there is no compiler for this processor");                           \
	} while (0)

static void check_same(const struct bpf_insn *insns, u32 count, u64 seed)
{
	struct vm vm;
	u64 want, got;

	vm_init(&vm, insns, count);
	if (!compile(&vm)) {
		test_fail(__FILE__, __LINE__, "%llx: %s", (unsigned long long)seed, vm_error(&vm));
	} else {
		vm.run->depth = 0;
		want = vm_run(&vm, 0, 0);
		got = native(&vm, 0, 0);
		if (got != want || vm.run->trap)
			test_fail(__FILE__, __LINE__, "%llx: 0x%llx, not 0x%llx; trap %d",
				  (unsigned long long)seed, (unsigned long long)got,
				  (unsigned long long)want, vm.run->trap);
	}
	vm_done(&vm);
}

/* Each operation, with each pair of registers, on numbers of each kind. */
static void check_registers(u8 code, s16 off)
{
	static const u64 numbers[] = { 0,          1,          5,          64,
				       UINT64_MAX, 1ull << 63, 0x80000000, 0x123456789abcdef };

	for (u8 dst = 0; dst < 10; dst++) {
		for (u8 src = 0; src < 10; src++) {
			struct bpf_insn insns[64];
			u32 n = 0;

			for (u8 r = 0; r < 10; r++, n += 2)
				insn_ld_imm64(&insns[n], r, 0,
					      numbers[(r * 3u + dst + src) % ARRAY_SIZE(numbers)]);
			insns[n++] = insn_make(code, dst, src, off, 0);
			for (u8 r = 1; r < 10; r++) {
				insns[n++] = insn_alu64_imm(BPF_MUL, 0, 31);
				insns[n++] = insn_alu64_reg(BPF_ADD, 0, r);
			}
			insns[n++] = insn_exit();
			check_same(insns, n, (u64)code << 16 | (u64)dst << 8 | src);
		}
	}
}

TEST(machine_jit_all_registers)
{
	static const u8 ops[] = { BPF_ADD, BPF_MUL, BPF_LSH, BPF_RSH, BPF_ARSH, BPF_MOV };

	NEEDS_COMPILER;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		check_registers((u8)(BPF_ALU64 | BPF_X | ops[i]), 0);
		check_registers((u8)(BPF_ALU | BPF_X | ops[i]), 0);
	}
	for (s16 is_signed = 0; is_signed < 2; is_signed++) {
		check_registers(BPF_ALU64 | BPF_X | BPF_DIV, is_signed);
		check_registers(BPF_ALU64 | BPF_X | BPF_MOD, is_signed);
		check_registers(BPF_ALU | BPF_X | BPF_DIV, is_signed);
		check_registers(BPF_ALU | BPF_X | BPF_MOD, is_signed);
	}
}

/* Divisions by constants become multiplications: by many divisors, at the numbers where a wrong one shows. */
static void check_divisor(s32 d, u8 class, u8 op)
{
	static const u64 near[] = {
		0, 1, UINT32_MAX, UINT64_MAX, 1ull << 63, 1ull << 32, 1ull << 31
	};
	u64 width = class == BPF_ALU ? UINT32_MAX : UINT64_MAX;
	u64 divisor = class == BPF_ALU ? (u32)d : (u64)(s64)d;

	for (size_t i = 0; i < 3 * ARRAY_SIZE(near) + 9; i++) {
		u64 n = i < 3 * ARRAY_SIZE(near) ? near[i / 3] + i % 3 - 1
						 : divisor * (i % 3 + 1) + (i / 3) % 3 - 1;
		struct bpf_insn insns[8];
		u64 low = n & width, want = op == BPF_DIV ? low / divisor : low % divisor;
		struct vm vm;

		insn_ld_imm64(insns, 3, 0, n);
		insns[2] = insn_make((u8)(class | op), 3, 0, 0, d);
		insns[3] = insn_mov64_reg(0, 3);
		insns[4] = insn_exit();
		vm_init(&vm, insns, 5);
		if (!compile(&vm) || native(&vm, 0, 0) != want)
			test_fail(__FILE__, __LINE__, "%llx by %d, class %d, op %x",
				  (unsigned long long)n, d, class, op);
		vm_done(&vm);
	}
}

TEST(machine_jit_division_by_constants)
{
	static const s32 divisors[] = { 1,
					2,
					3,
					5,
					6,
					7,
					9,
					10,
					11,
					12,
					13,
					14,
					25,
					28,
					60,
					100,
					125,
					625,
					641,
					1000,
					1009,
					3600,
					65535,
					65537,
					1000000,
					1000003,
					715827883,
					INT32_MAX,
					INT32_MAX - 1,
					INT32_MIN,
					INT32_MIN + 1,
					-1,
					-2,
					-3,
					-7,
					-10,
					-1000 };

	NEEDS_COMPILER;
	for (size_t i = 0; i < ARRAY_SIZE(divisors); i++) {
		check_divisor(divisors[i], BPF_ALU64, BPF_DIV);
		check_divisor(divisors[i], BPF_ALU64, BPF_MOD);
		check_divisor(divisors[i], BPF_ALU, BPF_DIV);
		check_divisor(divisors[i], BPF_ALU, BPF_MOD);
	}
}

/* Jumps over n instructions of 4 bytes, around where the short form ends, forward and backward. */
TEST(machine_jit_jumps_of_all_lengths)
{
	static struct bpf_insn insns[400];

	NEEDS_COMPILER;
	for (u32 n = 20; n < 60; n++) {
		u32 k = 0;

		insns[k++] = insn_mov64_imm(0, 0);
		insns[k++] = insn_mov64_imm(6, 3);
		insns[k++] = insn_jump_imm(BPF_JEQ, 0, 0, (s16)n);
		for (u32 i = 0; i < n; i++)
			insns[k++] = insn_alu64_imm(BPF_ADD, 0, 1);
		insns[k++] = insn_alu64_imm(BPF_ADD, 0, 7);
		insns[k++] = insn_alu64_imm(BPF_SUB, 6, 1);
		insns[k++] = insn_jump_imm(BPF_JNE, 6, 0, (s16)(-(s32)n - 4));
		insns[k++] = insn_exit();
		check_same(insns, k, n);
	}
}

TEST(machine_jit_large_programs)
{
	enum { MANY = 100000 };
	struct bpf_insn *insns = calloc(MANY + 8, sizeof(*insns));
	u32 n = 0;

	if (!insns || !is_here()) {
		free(insns);
		SKIP("there is no compiler for this processor");
	}
	insns[n++] = insn_mov64_imm(0, 0);
	insns[n++] = insn_mov64_imm(1, 0);
	insns[n++] = insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, MANY / 2);
	while (n < MANY)
		insns[n++] = insn_alu64_imm(BPF_ADD, 0, 3);
	insns[n++] = insn_alu64_imm(BPF_ADD, 1, 1);
	insns[n++] = insn_jump_imm(BPF_JGT, 1, 1, 1);
	insns[n] = insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, -(s32)n + 1);
	n++;
	insns[n++] = insn_exit();
	check_same(insns, n, n);
	free(insns);
}

/* ---- what is called */

static u64 sum_of(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	/* Had the stack not been aligned, this would trap where it is stored. */
	volatile __attribute__((aligned(16))) struct {
		u64 at[2];
	} aligned = { { a, b } };

	CHECK_EQ((u64)(uintptr_t)&aligned % 16, 0);
	CHECK(run->code != NULL);
	return aligned.at[0] + 2 * aligned.at[1] + 3 * c + 4 * d + 5 * e;
}

/* r6 to r9 outlive helpers and functions, in a function that saves an odd number of them and an even one. */
TEST(machine_jit_keeps_registers)
{
	NEEDS_COMPILER;
	for (u8 used = 6; used < 10; used++) {
		VM(vm, insn_mov64_imm(6, 60), insn_mov64_imm(7, 70), insn_mov64_imm(8, 80),
		   insn_mov64_imm(9, 90), insn_mov64_imm(1, 1), insn_mov64_imm(2, 1),
		   insn_mov64_imm(3, 1), insn_mov64_imm(4, 1), insn_mov64_imm(5, 1),
		   insn_call_func(6), insn_alu64_reg(BPF_ADD, 0, 6), insn_alu64_reg(BPF_ADD, 0, 7),
		   insn_alu64_reg(BPF_ADD, 0, 8), insn_alu64_reg(BPF_ADD, 0, 9), insn_exit(),
		   insn_exit(), insn_mov64_imm(6, 1), insn_mov64_imm(used, 2), insn_call(9999),
		   insn_alu64_reg(BPF_ADD, 0, used), insn_exit());

		vm_set_helper(&vm, 18, sum_of);
		if (compile(&vm))
			CHECK_EQ(native(&vm, 0, 0), 15 + 2 + 300);
		CHECK_STR(vm_error(&vm), "");
		vm_done(&vm);
	}
}

/* Calls back twice, each within the other. */
static u64 call_back(u64 func, u64 n, u64 c, u64 d, u64 e, struct run *run)
{
	(void)c, (void)d, (void)e;
	return run_callback(run, func, n, func, 0, 0) + run_callback(run, func, n, func, 0, 0);
}

/* f(n, func): n ? n + helper(func, n - 1) : 1, so helper(f, n) is 2 * f(n). */
static const struct bpf_insn recursion[] = {
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_FUNC, .imm = 4 },
	{ 0 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 3 },
	{ .code = BPF_JMP | BPF_CALL, .imm = 9999 },
	{ .code = BPF_JMP | BPF_EXIT },
	/* the function */
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
	{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 1, .off = 6 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 2 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 6 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -1 },
	{ .code = BPF_JMP | BPF_CALL, .imm = 9999 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = 0, .src_reg = 6 },
	{ .code = BPF_JMP | BPF_EXIT },
};

TEST(machine_jit_callbacks_within_callbacks)
{
	struct vm vm;
	u64 want;

	NEEDS_COMPILER;
	vm_init(&vm, recursion, ARRAY_SIZE(recursion));
	CHECK_STR(vm_error(&vm), "");
	vm_set_helper(&vm, 3, call_back);
	vm_set_helper(&vm, 11, call_back);
	vm.run->code = vm.code;
	want = vm_run(&vm, 0, 0);
	CHECK_EQ(want, 2 * (3 + 2 * (2 + 2 * (1 + 2 * 1))));
	if (compile(&vm))
		CHECK_EQ(native(&vm, 0, 0), want);
	CHECK_EQ(vm.run->depth, 0);
	CHECK_STR(vm_error(&vm), "");
	vm_done(&vm);
}

TEST(machine_jit_too_deep)
{
	struct bpf_insn deep[ARRAY_SIZE(recursion)];
	struct vm vm;

	NEEDS_COMPILER;
	memcpy(deep, recursion, sizeof(deep));
	deep[2].imm = 20;
	vm_init(&vm, deep, ARRAY_SIZE(deep));
	vm_set_helper(&vm, 3, call_back);
	vm_set_helper(&vm, 11, call_back);
	if (compile(&vm))
		CHECK_EQ(native(&vm, 0, 0), 0);
	CHECK_EQ(vm.run->trap, RUN_TOO_DEEP);
	CHECK_EQ(vm.run->depth, 0);
	CHECK(vm.run->native_sp == NULL);
	vm_done(&vm);
}

/* A function that calls itself for ever, by name. */
TEST(machine_jit_recursion_ends)
{
	NEEDS_COMPILER;
	VM(vm, insn_mov64_imm(0, 1), insn_call_func(1), insn_exit(), insn_call_func(-1),
	   insn_exit());

	if (compile(&vm))
		CHECK_EQ(native(&vm, 0, 0), 0);
	CHECK_EQ(vm.run->trap, RUN_TOO_DEEP);
	CHECK_EQ(vm.run->trap_insn, 3);
	vm_done(&vm);
}

TEST(machine_jit_traps)
{
	NEEDS_COMPILER;
	VM(vm, insn_mov64_imm(6, 1), insn_call_func(1), insn_exit(), insn_call(9999), insn_exit());

	if (compile(&vm))
		CHECK_EQ(native(&vm, 0, 0), 0);
	CHECK_EQ(vm.run->trap, RUN_BAD_CALL);
	CHECK_EQ(vm.run->trap_insn, 3);
	vm_done(&vm);
}

/* Memory of compiled code is never writable and executable at once. */
TEST(machine_jit_memory_is_not_writable)
{
	unsigned long begin, end;
	char line[512], rights[8] = "";
	u64 at;
	FILE *f;

	NEEDS_COMPILER;
	VM(vm, insn_mov64_imm(0, 1), insn_exit());
	if (compile(&vm)) {
		memcpy(&at, &vm.code->native, sizeof(at));
		f = fopen("/proc/self/maps", "re");
		while (f && fgets(line, sizeof(line), f)) {
			if (sscanf(line, "%lx-%lx %7s", &begin, &end, rights) == 3 && begin <= at &&
			    at < end)
				break;
		}
		CHECK_STR(rights, "r-xp");
		if (f)
			fclose(f);
	}
	vm_done(&vm);
}
