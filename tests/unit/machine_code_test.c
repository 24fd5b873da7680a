/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is code and what is not: each rule of codecheck.h is broken once. */
#include "unit/machine_vm.h"

#include <string.h>

#include "isa/insn.h"
#include "unit/test.h"

static void rejects(const char *why, const struct bpf_insn *insns, u32 count)
{
	struct vm vm;

	vm_init(&vm, insns, count);
	if (vm.code || !strstr(vm_error(&vm), why))
		test_fail(__FILE__, __LINE__, "%s: said \"%s\"", why, vm_error(&vm));
	vm_done(&vm);
}
#define REJECTS(why, ...)                                                                          \
	do {                                                                                       \
		const struct bpf_insn insns[] = { __VA_ARGS__ };                                   \
		rejects(why, insns, ARRAY_SIZE(insns));                                            \
	} while (0)

TEST(machine_code_runs)
{
	VM(vm, insn_mov64_imm(0, 40), insn_alu64_reg(BPF_ADD, 0, 1), insn_exit());

	CHECK_EQ(vm_run(&vm, 2, 0), 42);
	CHECK_STR(vm_error(&vm), "");
	vm_done(&vm);
}

TEST(machine_code_rejects_opcodes)
{
	REJECTS("instruction 0 is unknown", insn_make(0xff, 0, 0, 0, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU64 | 0xe0, 0, 0, 0, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU64 | BPF_END | BPF_X, 0, 0, 0, 16), insn_exit());
	REJECTS("is unknown", insn_make(BPF_LDX | BPF_ATOMIC, 0, 1, 0, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_LDX | INSN_MEMSX | BPF_DW, 0, 1, 0, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_STX | BPF_ATOMIC | BPF_B, 1, 1, 0, 0), insn_exit());
	REJECTS("is unknown", insn_atomic(BPF_DW, BPF_SUB, 1, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_JMP32 | BPF_EXIT, 0, 0, 0, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_JMP32 | BPF_CALL, 0, 0, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_LD | BPF_ABS | BPF_DW, 0, 0, 0, 0), insn_exit());
}

TEST(machine_code_rejects_reserved_fields)
{
	REJECTS("is unknown", insn_make(BPF_ALU64 | BPF_ADD | BPF_X, 0, 1, 0, 7), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU64 | BPF_ADD | BPF_K, 0, 1, 0, 7), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 1, 7), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, 2, 7), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU64 | BPF_NEG, 0, 0, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU | BPF_MOV | BPF_X, 0, 1, 32, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 8, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ALU | BPF_END, 0, 0, 0, 24), insn_exit());
	REJECTS("is unknown", insn_make(BPF_LDX | BPF_MEM, 0, 1, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_ST | BPF_MEM, 1, 1, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_STX | BPF_MEM, 1, 1, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_JMP | BPF_JA, 0, 0, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_JMP32 | BPF_JA, 0, 0, 1, 0), insn_exit());
	REJECTS("is unknown", insn_make(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 1));
	REJECTS("is unknown", insn_make(BPF_JMP | BPF_CALL, 0, 3, 0, 1), insn_exit());
	REJECTS("is unknown", insn_make(BPF_JMP | BPF_CALL | BPF_X, 1, 0, 0, 1), insn_exit());
}

TEST(machine_code_rejects_registers)
{
	REJECTS("beyond r10", insn_make(BPF_ALU64 | BPF_MOV | BPF_K, 11, 0, 0, 0), insn_exit());
	REJECTS("beyond r10", insn_make(BPF_ALU64 | BPF_MOV | BPF_X, 0, 15, 0, 0), insn_exit());
	REJECTS("writes to r10", insn_mov64_imm(10, 0), insn_exit());
	REJECTS("writes to r10", insn_load(BPF_DW, 10, 1, 0), insn_exit());
	REJECTS("writes to r10", insn_atomic(BPF_DW, BPF_ADD | BPF_FETCH, 1, 0, 10), insn_exit());
	REJECTS("writes to r10", insn_make(BPF_LD | BPF_IMM | BPF_DW, 10, 0, 0, 0),
		insn_make(0, 0, 0, 0, 0), insn_exit());
}

TEST(machine_code_rejects_jumps)
{
	REJECTS("jumps out of its function", insn_ja(1), insn_exit());
	REJECTS("jumps out of its function", insn_ja(-2), insn_exit());
	REJECTS("jumps out of its function", insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, INT32_MAX),
		insn_exit());
	REJECTS("jumps out of its function", insn_make(BPF_JMP | INSN_JCOND, 0, 0, 5, 0),
		insn_exit());
	REJECTS("into the middle", insn_ja(1), insn_make(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0),
		insn_make(0, 0, 0, 0, 0), insn_exit());
	/* Into a function that is called: it is another one. */
	REJECTS("jumps out of its function", insn_call_func(2), insn_ja(1), insn_exit(),
		insn_exit());
}

TEST(machine_code_rejects_ends)
{
	REJECTS("is the last of its function", insn_mov64_imm(0, 0));
	REJECTS("is the last of its function", insn_exit(), insn_jump_imm(BPF_JEQ, 0, 0, -2));
	REJECTS("is the last of its function", insn_call_func(1), insn_mov64_imm(0, 0),
		insn_exit());
	REJECTS("without its second half", insn_make(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0));
	REJECTS("not a valid 64-bit load", insn_make(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0),
		insn_make(0, 1, 0, 0, 0), insn_exit());
	rejects("a program has 1 to", NULL, 0);
}

TEST(machine_code_rejects_references)
{
	REJECTS("outside of the program", insn_call_func(1), insn_exit());
	REJECTS("outside of the program", insn_call_func(-3), insn_exit());
	REJECTS("outside of the program", insn_call_func(INT32_MAX), insn_exit());
	REJECTS("by a descriptor", insn_make(BPF_LD | BPF_IMM | BPF_DW, 0, BPF_PSEUDO_MAP_FD, 0, 3),
		insn_make(0, 0, 0, 0, 0), insn_exit());
	REJECTS("refers to map 3",
		insn_make(BPF_LD | BPF_IMM | BPF_DW, 0, BPF_PSEUDO_MAP_IDX, 0, 3),
		insn_make(0, 0, 0, 0, 0), insn_exit());
	REJECTS("refers to symbol 3",
		insn_make(BPF_LD | BPF_IMM | BPF_DW, 0, BPF_PSEUDO_BTF_ID, 0, 3),
		insn_make(0, 0, 0, 0, 0), insn_exit());
	REJECTS("addr_space_cast", insn_make(BPF_ALU64 | BPF_MOV | BPF_X, 0, 1, 1, 1), insn_exit());
}

/* What may lie on a way that is never gone is told when it is come to. */
TEST(machine_code_traps_late)
{
	VM(dead, insn_mov64_imm(0, 7), insn_ja(2), insn_call(0xbad2310), insn_call(999999),
	   insn_exit());
	VM(poison, insn_call(0xbad2310), insn_exit());
	VM(helper, insn_mov64_imm(0, 7), insn_call(999999), insn_exit());

	CHECK_EQ(vm_run(&dead, 0, 0), 7);
	CHECK_EQ(vm_run(&poison, 0, 0), 0);
	CHECK_EQ(poison.run->trap, RUN_BAD_INSN);
	CHECK(strstr(vm_error(&poison), "CO-RE"));
	CHECK_EQ(vm_run(&helper, 0, 0), 0);
	CHECK_EQ(helper.run->trap, RUN_BAD_CALL);
	CHECK_STR(vm_error(&helper),
		  "calls helper unknown (999999), which is not here (at instruction 1)");
	vm_done(&dead);
	vm_done(&poison);
	vm_done(&helper);
}

TEST(machine_code_knows_functions)
{
	struct bpf_insn load[2];

	insn_ld_imm64(load, 0, BPF_PSEUDO_FUNC, 3);
	VM(vm, load[0], load[1], insn_call_func(1), insn_exit(), insn_exit());

	CHECK_EQ(vm.code->start_count, 2);
	CHECK(code_is_start(vm.code, 0));
	CHECK(code_is_start(vm.code, 4));
	CHECK(!code_is_start(vm.code, 3));
	CHECK(!code_is_start(vm.code, 1ull << 32));
	CHECK_EQ(vm_run(&vm, 0, 0), 5); /* an index plus one */
	vm_done(&vm);
}
