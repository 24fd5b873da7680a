/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An encoder of those x86-64 instructions that the compiler needs, by what they do. Bytes go into a buffer that is large
 * enough for any one BPF instruction (x86_reserve()).
 *
 *	[66] [F0] [REX.WRXB] opcode ModRM [SIB] [disp8|disp32] [imm]
 *
 * Two registers cannot be encoded as others are: with RSP and R12 as a base there has to be a SIB byte, with RBP and R13 a
 * displacement. wide: 64 bits, else 32, which zeroes the upper half of a destination.
 */
#ifndef MACHINE_JIT_X86_H
#define MACHINE_JIT_X86_H

#include "base/int.h"

enum x86_reg {
	X86_RAX,
	X86_RCX,
	X86_RDX,
	X86_RBX,
	X86_RSP,
	X86_RBP,
	X86_RSI,
	X86_RDI,
	X86_R8,
	X86_R9,
	X86_R10,
	X86_R11,
	X86_R12,
	X86_R13,
	X86_R14,
	X86_R15,
};

/* Of add to cmp: the number in their opcodes; x86_cmp is the last. */
enum x86_alu { X86_ADD, X86_OR, X86_AND = 4, X86_SUB, X86_XOR, X86_CMP };
enum x86_shift { X86_ROL, X86_ROR, X86_SHL = 4, X86_SHR, X86_SAR = 7 };
enum x86_unary { X86_NEG = 3, X86_MUL, X86_IMUL, X86_DIV, X86_IDIV };
/* Conditions, as in the opcodes of jcc. */
enum x86_cond {
	X86_B = 2,
	X86_AE,
	X86_E,
	X86_NE,
	X86_BE,
	X86_A,
	X86_S,
	X86_L = 12,
	X86_GE,
	X86_LE,
	X86_G
};

/* base + index << scale + disp; index X86_RSP, which cannot be one: none. */
struct x86_mem {
	u8 base, index, scale;
	s32 disp;
};

struct x86 {
	u8 *bytes;
	size_t len, room;
};

/* Room for n more bytes; ends the program if there is no memory. */
void x86_reserve(struct x86 *x, size_t n);
void x86_byte(struct x86 *x, u8 byte);
void x86_u32(struct x86 *x, u32 value);

void x86_mov(struct x86 *x, bool wide, u8 dst, u8 src);
void x86_mov_imm(struct x86 *x, u8 dst, u64 value); /* the shortest form; flags stay but for 0 */
void x86_alu(struct x86 *x, enum x86_alu op, bool wide, u8 dst, u8 src);
void x86_alu_imm(struct x86 *x, enum x86_alu op, bool wide, u8 dst, s32 imm);
void x86_cmov(struct x86 *x, enum x86_cond cond, u8 dst, u8 src); /* 64 bits */
void x86_setcc(struct x86 *x, enum x86_cond cond, u8 dst);        /* the lowest 8 bits */
void x86_test(struct x86 *x, bool wide, u8 a, u8 b);
void x86_test_imm(struct x86 *x, bool wide, u8 a, s32 imm);
void x86_shift_imm(struct x86 *x, enum x86_shift op, bool wide, u8 reg, u8 count);
void x86_shift_cl(struct x86 *x, enum x86_shift op, bool wide, u8 reg);
void x86_shift_bmi2(struct x86 *x, enum x86_shift op, bool wide, u8 dst, u8 src, u8 count);
void x86_unary(struct x86 *x, enum x86_unary op, bool wide, u8 reg);
void x86_imul(struct x86 *x, bool wide, u8 dst, u8 src);
void x86_imul_imm(struct x86 *x, bool wide, u8 dst, u8 src, s32 imm);
/* The 128 bits of RDX * src; hi may be the same as src. BMI2. */
void x86_mulx(struct x86 *x, u8 hi, u8 lo, u8 src);
/* dst = src rotated right, without a word on flags. BMI2. */
void x86_rorx(struct x86 *x, bool wide, u8 dst, u8 src, u8 count);
void x86_bswap(struct x86 *x, bool wide, u8 reg);
void x86_ror16(struct x86 *x, u8 reg, u8 count);
/* dst = the lowest `bytes` of src, zero- or sign-extended to 64 bits or, not wide, to 32. */
void x86_extend(struct x86 *x, bool is_signed, bool wide, u8 bytes, u8 dst, u8 src);
void x86_cdq(struct x86 *x, bool wide); /* the sign of RAX through RDX */

static inline struct x86_mem x86_at(u8 base, s32 disp)
{
	return (struct x86_mem){ base, X86_RSP, 0, disp };
}

/* bytes: 1, 2, 4, 8 */
void x86_load_at(struct x86 *x, u8 bytes, bool is_signed, u8 dst, struct x86_mem m);
void x86_store_at(struct x86 *x, u8 bytes, struct x86_mem m, u8 src);
void x86_store_imm_at(struct x86 *x, u8 bytes, struct x86_mem m, s32 imm);
void x86_lea_at(struct x86 *x, bool wide, u8 dst, struct x86_mem m);
void x86_alu_at(struct x86 *x, enum x86_alu op, bool wide, u8 dst, struct x86_mem m);
void x86_imul_at(struct x86 *x, bool wide, u8 dst, struct x86_mem m);
void x86_cmp_at(struct x86 *x, u8 bytes, struct x86_mem m, s32 imm); /* bytes: 1, 4, 8 */

/* Memory at base + disp. */
void x86_load(struct x86 *x, u8 bytes, bool is_signed, u8 dst, u8 base, s32 disp);
void x86_store(struct x86 *x, u8 bytes, u8 base, s32 disp, u8 src);
void x86_store_imm(struct x86 *x, u8 bytes, u8 base, s32 disp, s32 imm);
void x86_lea(struct x86 *x, u8 dst, u8 base, s32 disp);
void x86_alu_mem_imm(struct x86 *x, enum x86_alu op, u8 base, s32 disp, s32 imm); /* 32 bits */
void x86_lock_alu(struct x86 *x, enum x86_alu op, bool wide, u8 base, s32 disp, u8 src);
void x86_lock_xadd(struct x86 *x, bool wide, u8 base, s32 disp, u8 src);
void x86_lock_cmpxchg(struct x86 *x, bool wide, u8 base, s32 disp, u8 src);
void x86_xchg(struct x86 *x, bool wide, u8 base, s32 disp, u8 src);
void x86_lea_rip(struct x86 *x, u8 dst, s32 distance); /* from the end of the instruction */

/* Instructions without effect, of n bytes together. */
void x86_nop(struct x86 *x, size_t n);

void x86_push(struct x86 *x, u8 reg);
void x86_pop(struct x86 *x, u8 reg);
void x86_push_mem(struct x86 *x, u8 base, s32 disp);
void x86_ret(struct x86 *x);
void x86_call_reg(struct x86 *x, u8 reg);
void x86_jmp_reg(struct x86 *x, u8 reg);
/* A jump over the bytes that follow: returns where its 8-bit distance is, for x86_land(). */
size_t x86_skip(struct x86 *x, enum x86_cond cond);
size_t x86_skip_always(struct x86 *x);
void x86_land(struct x86 *x, size_t skip); /* it leads here */

#endif
