/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One instruction at a time, by what it does. An instruction is 8 bytes,
 *
 *	 code:8 | dst:4 src:4 | off:16 | imm:32
 *
 * and the 64-bit immediate load takes two of them. Operations are the constants of <linux/bpf.h>:
 * BPF_ADD, BPF_JEQ, BPF_DW and so on; registers are 0 to 10.
 */
#ifndef ISA_INSN_H
#define ISA_INSN_H

#include <linux/bpf.h>

#include "base/int.h"

/* Added to the RFC after the headers of Debian 12. */
#define INSN_MEMSX 0x80     /* mode of a sign-extending load */
#define INSN_LOAD_ACQ 0x100 /* atomic immediates */
#define INSN_STORE_REL 0x110
#define INSN_JCOND 0xe0 /* jump operation: may_goto */

static inline struct bpf_insn insn_make(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	return (struct bpf_insn){
		.code = code, .dst_reg = dst & 0xfu, .src_reg = src & 0xfu, .off = off, .imm = imm
	};
}

/* Arithmetic: op is BPF_ADD ... BPF_ARSH or BPF_MOV. 32-bit forms zero the upper half. */
static inline struct bpf_insn insn_alu64_reg(u8 op, u8 dst, u8 src)
{
	return insn_make((u8)(BPF_ALU64 | BPF_X | op), dst, src, 0, 0);
}

static inline struct bpf_insn insn_alu64_imm(u8 op, u8 dst, s32 imm)
{
	return insn_make((u8)(BPF_ALU64 | BPF_K | op), dst, 0, 0, imm);
}

static inline struct bpf_insn insn_alu32_reg(u8 op, u8 dst, u8 src)
{
	return insn_make((u8)(BPF_ALU | BPF_X | op), dst, src, 0, 0);
}

static inline struct bpf_insn insn_alu32_imm(u8 op, u8 dst, s32 imm)
{
	return insn_make((u8)(BPF_ALU | BPF_K | op), dst, 0, 0, imm);
}

static inline struct bpf_insn insn_mov64_reg(u8 dst, u8 src)
{
	return insn_alu64_reg(BPF_MOV, dst, src);
}

static inline struct bpf_insn insn_mov64_imm(u8 dst, s32 imm)
{
	return insn_alu64_imm(BPF_MOV, dst, imm);
}

static inline struct bpf_insn insn_mov32_reg(u8 dst, u8 src)
{
	return insn_alu32_reg(BPF_MOV, dst, src);
}

static inline struct bpf_insn insn_mov32_imm(u8 dst, s32 imm)
{
	return insn_alu32_imm(BPF_MOV, dst, imm);
}

static inline struct bpf_insn insn_neg(u8 dst)
{
	return insn_alu64_imm(BPF_NEG, dst, 0);
}

/* Converts the low `bits` (16, 32 or 64) of dst to big- or little-endian and zeroes the rest. */
static inline struct bpf_insn insn_endian(u8 dst, s32 bits, bool to_be)
{
	return insn_make((u8)(BPF_ALU | BPF_END | (to_be ? BPF_TO_BE : BPF_TO_LE)), dst, 0, 0,
			 bits);
}

/* Memory: size is BPF_B, BPF_H, BPF_W or BPF_DW. Loads zero-extend. */
static inline struct bpf_insn insn_load(u8 size, u8 dst, u8 src, s16 off)
{
	return insn_make((u8)(BPF_LDX | BPF_MEM | size), dst, src, off, 0);
}

static inline struct bpf_insn insn_store_reg(u8 size, u8 dst, s16 off, u8 src)
{
	return insn_make((u8)(BPF_STX | BPF_MEM | size), dst, src, off, 0);
}

static inline struct bpf_insn insn_store_imm(u8 size, u8 dst, s16 off, s32 imm)
{
	return insn_make((u8)(BPF_ST | BPF_MEM | size), dst, 0, off, imm);
}

/*
 * op is BPF_ADD, BPF_AND, BPF_OR or BPF_XOR, each also with | BPF_FETCH (the old value goes to
 * src), BPF_XCHG or BPF_CMPXCHG (compares with r0 and fetches into it); size is BPF_W or BPF_DW.
 */
static inline struct bpf_insn insn_atomic(u8 size, s32 op, u8 dst, s16 off, u8 src)
{
	return insn_make((u8)(BPF_STX | BPF_ATOMIC | size), dst, src, off, op);
}

/* Jumps: op is BPF_JEQ ... BPF_JSLE; off counts from the next instruction. */
static inline struct bpf_insn insn_jump_reg(u8 op, u8 dst, u8 src, s16 off)
{
	return insn_make((u8)(BPF_JMP | BPF_X | op), dst, src, off, 0);
}

static inline struct bpf_insn insn_jump_imm(u8 op, u8 dst, s32 imm, s16 off)
{
	return insn_make((u8)(BPF_JMP | BPF_K | op), dst, 0, off, imm);
}

static inline struct bpf_insn insn_jump32_reg(u8 op, u8 dst, u8 src, s16 off)
{
	return insn_make((u8)(BPF_JMP32 | BPF_X | op), dst, src, off, 0);
}

static inline struct bpf_insn insn_jump32_imm(u8 op, u8 dst, s32 imm, s16 off)
{
	return insn_make((u8)(BPF_JMP32 | BPF_K | op), dst, 0, off, imm);
}

static inline struct bpf_insn insn_ja(s16 off)
{
	return insn_make(BPF_JMP | BPF_JA, 0, 0, off, 0);
}

/* Calls a helper (BPF_FUNC_...). */
static inline struct bpf_insn insn_call(s32 helper)
{
	return insn_make(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

/*
 * Calls a function of the same program: off counts from the next instruction; a relocation may
 * set it.
 */
static inline struct bpf_insn insn_call_func(s32 off)
{
	return insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, off);
}

static inline struct bpf_insn insn_exit(void)
{
	return insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/*
 * pseudo: 0 for a plain number, else what the number is (BPF_PSEUDO_MAP_FD, BPF_PSEUDO_FUNC,
 * ...).
 */
static inline void insn_ld_imm64(struct bpf_insn out[2], u8 dst, u8 pseudo, u64 imm)
{
	out[0] = insn_make(BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, (s32)(u32)imm);
	out[1] = insn_make(0, 0, 0, 0, (s32)(u32)(imm >> 32));
}

/* Whether insn is the first half of a 64-bit immediate load. */
static inline bool insn_is_ld_imm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* addr_space_cast, of programs that use an arena. */
static inline bool insn_is_cast(const struct bpf_insn *i)
{
	return i->code == (BPF_ALU64 | BPF_MOV | BPF_X) && i->off == 1;
}

#endif
