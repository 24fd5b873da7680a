/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions as text: one row an encoding. */
#include "unit/test.h"

#include <string.h>

#include "isa/disasm.h"
#include "isa/insn.h"

static void check_text(struct bpf_insn insn, const char *want)
{
	struct buf out = { 0 };

	CHECK_EQ(disasm_insn(&out, &insn, 1, NULL), 1);
	CHECK_STR(buf_str(&out), want);
	buf_done(&out);
}

TEST(disasm_arithmetic)
{
	check_text(insn_mov64_reg(6, 1), "r6 = r1");
	check_text(insn_mov64_imm(0, -5), "r0 = -5");
	check_text(insn_mov32_reg(6, 1), "w6 = w1");
	check_text(insn_mov32_imm(3, 7), "w3 = 7");
	check_text(insn_alu64_reg(BPF_ADD, 1, 2), "r1 += r2");
	check_text(insn_alu64_imm(BPF_SUB, 10, 8), "r10 -= 8");
	check_text(insn_alu32_reg(BPF_XOR, 1, 2), "w1 ^= w2");
	check_text(insn_alu32_imm(BPF_MUL, 1, 100), "w1 *= 100");
	check_text(insn_alu64_imm(BPF_LSH, 1, 32), "r1 <<= 32");
	check_text(insn_alu64_imm(BPF_RSH, 1, 32), "r1 >>= 32");
	check_text(insn_alu64_imm(BPF_ARSH, 1, 32), "r1 s>>= 32");
	check_text(insn_alu64_reg(BPF_DIV, 1, 2), "r1 /= r2");
	check_text(insn_make(BPF_ALU64 | BPF_X | BPF_DIV, 1, 2, 1, 0), "r1 s/= r2");
	check_text(insn_make(BPF_ALU | BPF_K | BPF_MOD, 1, 0, 1, 3), "w1 s%= 3");
	check_text(insn_neg(4), "r4 = -r4");
	check_text(insn_make(BPF_ALU | BPF_NEG, 4, 0, 0, 0), "w4 = -w4");
	check_text(insn_endian(1, 16, true), "r1 = be16 r1");
	check_text(insn_endian(1, 64, false), "r1 = le64 r1");
	check_text(insn_make(BPF_ALU64 | BPF_END, 1, 0, 0, 32), "r1 = bswap32 r1");
	check_text(insn_make(BPF_ALU64 | BPF_X | BPF_MOV, 1, 2, 8, 0), "r1 = (s8)r2");
	check_text(insn_make(BPF_ALU64 | BPF_X | BPF_MOV, 1, 2, 32, 0), "r1 = (s32)r2");
	check_text(insn_make(BPF_ALU | BPF_X | BPF_MOV, 1, 2, 16, 0), "w1 = (s16)w2");
	check_text(insn_make(BPF_ALU64 | BPF_X | BPF_MOV, 1, 2, 1, 1 << 16),
		   "r1 = addr_space_cast(r2, 1, 0)");
}

TEST(disasm_memory)
{
	check_text(insn_load(BPF_DW, 1, 6, 8), "r1 = *(u64 *)(r6 +8)");
	check_text(insn_load(BPF_B, 1, 6, -1), "r1 = *(u8 *)(r6 -1)");
	check_text(insn_make(BPF_LDX | INSN_MEMSX | BPF_H, 1, 6, 0, 0), "r1 = *(s16 *)(r6 +0)");
	check_text(insn_store_reg(BPF_W, 10, -4, 2), "*(u32 *)(r10 -4) = r2");
	check_text(insn_store_imm(BPF_H, 10, -4, -1), "*(u16 *)(r10 -4) = -1");
	check_text(insn_make(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 12), "r0 = *(u16 *)skb[12]");
	check_text(insn_make(BPF_LD | BPF_IND | BPF_B, 0, 3, 0, 12), "r0 = *(u8 *)skb[r3 +12]");
}

TEST(disasm_atomics)
{
	check_text(insn_atomic(BPF_DW, BPF_ADD, 0, 8, 1), "lock *(u64 *)(r0 +8) += r1");
	check_text(insn_atomic(BPF_W, BPF_XOR, 0, -8, 1), "lock *(u32 *)(r0 -8) ^= r1");
	check_text(insn_atomic(BPF_DW, BPF_ADD | BPF_FETCH, 0, 0, 1),
		   "r1 = atomic64_fetch_add((u64 *)(r0 +0), r1)");
	check_text(insn_atomic(BPF_W, BPF_OR | BPF_FETCH, 0, 0, 1),
		   "r1 = atomic_fetch_or((u32 *)(r0 +0), r1)");
	check_text(insn_atomic(BPF_DW, BPF_XCHG, 2, 0, 1),
		   "r1 = atomic64_xchg((u64 *)(r2 +0), r1)");
	check_text(insn_atomic(BPF_W, BPF_CMPXCHG, 2, 4, 1),
		   "r0 = atomic_cmpxchg((u32 *)(r2 +4), r0, r1)");
	check_text(insn_atomic(BPF_B, INSN_LOAD_ACQ, 1, 0, 2), "r1 = load_acquire((u8 *)(r2 +0))");
	check_text(insn_atomic(BPF_DW, INSN_STORE_REL, 1, 0, 2),
		   "store_release((u64 *)(r1 +0), r2)");
}

TEST(disasm_jumps)
{
	check_text(insn_ja(-3), "goto -3");
	check_text(insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, 70000), "gotol +70000");
	check_text(insn_make(BPF_JMP | INSN_JCOND, 0, 0, 4, 0), "may_goto +4");
	check_text(insn_make(BPF_JMP | BPF_JA | BPF_X, 5, 0, 0, 0), "gotox r5");
	check_text(insn_jump_imm(BPF_JEQ, 0, 0, 5), "if r0 == 0 goto +5");
	check_text(insn_jump_reg(BPF_JSGT, 1, 2, 5), "if r1 s> r2 goto +5");
	check_text(insn_jump32_imm(BPF_JSET, 1, 7, 5), "if w1 & 7 goto +5");
	check_text(insn_jump32_reg(BPF_JLE, 1, 2, -5), "if w1 <= w2 goto -5");
	check_text(insn_call(1), "call bpf_map_lookup_elem#1");
	check_text(insn_call(9999), "call unknown#9999");
	check_text(insn_call_func(6), "call pc+6");
	check_text(insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 77),
		   "call kernel-function#77");
	check_text(insn_make(BPF_JMP | BPF_CALL | BPF_X, 3, 0, 0, 0), "callx r3");
	check_text(insn_exit(), "exit");
}

TEST(disasm_unknown)
{
	check_text(insn_make(0xff, 0, 0, 0, 0), ".8byte 0x00000000000000ff");
	check_text(insn_make(BPF_ALU64 | BPF_X | BPF_ADD, 11, 1, 0, 0),
		   ".8byte 0x0000000000001b0f");
	/* Bits that the encoding reserves. */
	check_text(insn_make(BPF_ALU64 | BPF_X | BPF_ADD, 1, 1, 0, 1), ".8byte 0x000000010000110f");
	check_text(insn_make(BPF_JMP | BPF_EXIT, 0, 0, 1, 0), ".8byte 0x0000000000010095");
	/* A 64-bit load without its second half. */
	check_text(insn_make(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 0), ".8byte 0x0000000000000118");
}

TEST(disasm_every_opcode_ends)
{
	/* Whatever the bytes, the text is one line and nothing is read beyond the end. */
	for (u32 code = 0; code < 256; code++) {
		for (u32 regs = 0; regs < 256; regs += 17) {
			struct buf out = { 0 };
			struct bpf_insn insn = insn_make((u8)code, regs & 0xf, (u8)(regs >> 4), 1,
							 (s32)(regs * 0x1010101));

			disasm_func(&out, &insn, 1, NULL);
			CHECK(out.len > 6 && strchr(out.data + 6, '\n'));
			buf_done(&out);
		}
	}
}

static void check_wide(u8 pseudo, u64 imm, const char *symbol, const char *want)
{
	struct bpf_insn insn[2];
	struct buf out = { 0 };

	insn_ld_imm64(insn, 1, pseudo, imm);
	CHECK_EQ(disasm_insn(&out, insn, 2, symbol), 2);
	CHECK_STR(buf_str(&out), want);
	buf_done(&out);
}

TEST(disasm_wide)
{
	check_wide(0, 3, NULL, "r1 = 3 ll");
	check_wide(0, 0xffffffff80000000, NULL, "r1 = 0xffffffff80000000 ll");
	check_wide(0, 0, "map[AT_x]", "r1 = map[AT_x] ll");
	check_wide(BPF_PSEUDO_MAP_FD, 5, NULL, "r1 = map[fd:5] ll");
	check_wide(BPF_PSEUDO_MAP_VALUE, 5 | 16ull << 32, NULL, "r1 = map[fd:5][0]+16 ll");
	check_wide(BPF_PSEUDO_FUNC, 9, NULL, "r1 = subprog[+9] ll");
}

static const char *name_map(void *arg, u32 insn)
{
	return insn == 1 ? arg : NULL;
}

TEST(disasm_whole_function)
{
	static char map[] = "map[AT_x]";
	struct disasm_notes notes = { .symbol = name_map, .arg = map };
	struct bpf_insn code[9];
	struct buf out = { 0 };

	code[0] = insn_mov64_imm(0, 0);
	insn_ld_imm64(&code[1], 1, 0, 0);
	code[3] = insn_call(1);
	code[4] = insn_jump_imm(BPF_JEQ, 0, 0, 2);
	code[5] = insn_mov64_imm(1, 1);
	code[6] = insn_atomic(BPF_DW, BPF_ADD, 0, 0, 1);
	code[7] = insn_jump_imm(BPF_JGT, 0, 3, -8);
	code[8] = insn_exit();
	disasm_func(&out, code, ARRAY_SIZE(code), &notes);
	CHECK_STR(buf_str(&out), "L1:\n"
				 "   0: r0 = 0\n"
				 "   1: r1 = map[AT_x] ll\n"
				 "   3: call bpf_map_lookup_elem#1\n"
				 "   4: if r0 == 0 goto +2 <L2>\n"
				 "   5: r1 = 1\n"
				 "   6: lock *(u64 *)(r0 +0) += r1\n"
				 "L2:\n"
				 "   7: if r0 > 3 goto -8 <L1>\n"
				 "   8: exit\n");
	buf_done(&out);
}

TEST(disasm_jump_targets)
{
	const struct bpf_insn code[] = {
		insn_jump_imm(BPF_JEQ, 1, 0, 2),
		insn_ja(-2),
		insn_jump_imm(BPF_JNE, 2, 1, 0),
		insn_exit(),
		insn_ja(7), /* out of the code */
	};
	u32 labels[ARRAY_SIZE(code)] = { 0 }, to = 77;

	CHECK(disasm_target(code, ARRAY_SIZE(code), 0, &to));
	CHECK_EQ(to, 3);
	CHECK(disasm_target(code, ARRAY_SIZE(code), 1, &to));
	CHECK_EQ(to, 0);
	CHECK(!disasm_target(code, ARRAY_SIZE(code), 3, &to));
	CHECK(!disasm_target(code, ARRAY_SIZE(code), 4, &to));
	CHECK_EQ(to, 0);
	disasm_labels(labels, code, ARRAY_SIZE(code));
	CHECK(labels[0] == 1 && !labels[1] && !labels[2] && labels[3] == 2 && !labels[4]);
}

TEST(disasm_kernel_function)
{
	struct bpf_insn insn = insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 3);
	struct buf out = { 0 };

	disasm_insn(&out, &insn, 1, "bpf_task_from_pid");
	CHECK_STR(buf_str(&out), "call bpf_task_from_pid");
	buf_done(&out);
	check_text(insn, "call kernel-function#3");
}
