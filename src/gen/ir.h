/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler's intermediate form: a line of instructions over any number of virtual registers, with
 * labels. It is close to BPF, but three-address and without registers to run out of:
 *
 *	v3 = load u32 [ctx+16]
 *	v4 = v3 + 1
 *	store u64 [frame-8] = v4
 *	v5 = call map_lookup_elem(map 0, frame-8)
 *	if v5 == 0 goto L2
 *
 * A virtual register may be written more than once; it holds a 64-bit value. Memory of the program's own
 * is addressed from the frame pointer (offsets below 0, fixed at once) or through a register.
 */
#ifndef GEN_IR_H
#define GEN_IR_H

#include <linux/bpf.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/vec.h"
#include "object/object.h"

enum ir_operand_kind {
	IR_NONE,
	IR_REG,   /* virtual register `reg` */
	IR_IMM,   /* number `imm` */
	IR_FRAME, /* address: frame pointer + `imm` */
	IR_MAP,   /* address of the object's map `reg` */
	IR_BSS,   /* address of .bss + `imm` */
	IR_FUNC,  /* address of the object's function `reg` */
};
struct ir_operand {
	enum ir_operand_kind kind;
	u32 reg;
	s64 imm;
};

enum ir_op {
	IR_MOV,  /* dst = a; a may be any operand */
	IR_ALU,  /* dst = a `alu` b; b: register, or number of 32 bits */
	IR_EXT,  /* dst = the low `size` bytes of a, sign- or zero-extended */
	IR_SWAP, /* dst = the low `size` bytes of a in the other byte order */
	IR_LOAD, /* dst = `size` bytes at a + off, extended; a: register or frame */
	IR_STORE, /* `size` bytes at a + off = b; b: register, or number of 32 bits (sign-extended) */
	IR_ADD_TO, /* atomically: `size` bytes at a + off += b; b: register */
	IR_XCHG, /* atomically: the 8 bytes at b + off become a, and dst what they were; both registers */
	IR_CALL, /* dst (if any) = helper `helper`(args) */
	IR_JUMP, /* if a `cmp` b goto label; b: register, or number of 32 bits */
	IR_GOTO,
	IR_LABEL,
	IR_EXIT, /* return a */
};

struct ir_insn {
	enum ir_op op;
	u8 alu;  /* BPF_ADD, BPF_SUB, ... or, for IR_JUMP, BPF_JEQ ... */
	u8 size; /* bytes */
	bool is_signed;
	s32 off;
	u32 label;
	u32 helper; /* enum bpf_func_id */
	u32 dst;    /* register, or IR_NO_REG */
	struct ir_operand a, b;
	struct ir_operand *args; /* of a call */
	u32 arg_count;
	u32 core; /* ALU: 1 + index into the function's cores, whose relocation sets b; 0: none */
	struct loc loc;
};
#define IR_NO_REG UINT32_MAX

struct ir_func {
	struct arena *arena;
	const char *name, *section;
	u32 param_count; /* virtual registers 0 .. param_count - 1 hold them at entry */
	u32 reg_count, label_count;
	u32 frame; /* bytes of stack in use, spills not yet counted */
	vec_of(struct ir_insn) insns;
	vec_of(struct object_core) cores;
	struct loc loc; /* of what is being lowered: given to new instructions */
};

void ir_func_init(struct ir_func *f, struct arena *a, const char *name, const char *section,
		  u32 param_count);

static inline struct ir_operand ir_none(void)
{
	return (struct ir_operand){ .kind = IR_NONE };
}
static inline struct ir_operand ir_imm(s64 v)
{
	return (struct ir_operand){ .kind = IR_IMM, .imm = v };
}
static inline struct ir_operand ir_reg(u32 reg)
{
	return (struct ir_operand){ .kind = IR_REG, .reg = reg };
}
static inline struct ir_operand ir_frame(s64 off)
{
	return (struct ir_operand){ .kind = IR_FRAME, .imm = off };
}
static inline struct ir_operand ir_map(u32 map)
{
	return (struct ir_operand){ .kind = IR_MAP, .reg = map };
}
static inline struct ir_operand ir_bss(u32 off)
{
	return (struct ir_operand){ .kind = IR_BSS, .imm = off };
}

u32 ir_new_reg(struct ir_func *f);
u32 ir_new_label(struct ir_func *f);

/* dst = a, in place. */
void ir_mov(struct ir_func *f, u32 dst, struct ir_operand a);
/* The operand in a register: itself if it is one. */
struct ir_operand ir_in_reg(struct ir_func *f, struct ir_operand a);
/* Each returns the result's register, or a number where both operands are numbers. */
struct ir_operand ir_alu(struct ir_func *f, u8 alu, struct ir_operand a, struct ir_operand b);
struct ir_operand ir_ext(struct ir_func *f, struct ir_operand a, u32 size, bool is_signed);
struct ir_operand ir_swap(struct ir_func *f, struct ir_operand a, u32 size);
struct ir_operand ir_load(struct ir_func *f, struct ir_operand base, s32 off, u32 size,
			  bool is_signed);
void ir_store(struct ir_func *f, struct ir_operand base, s32 off, u32 size, struct ir_operand v);
void ir_add_to(struct ir_func *f, struct ir_operand base, s32 off, u32 size, struct ir_operand v);
/* What was there before. */
struct ir_operand ir_xchg(struct ir_func *f, struct ir_operand base, s32 off, struct ir_operand v);
/* Up to five arguments, ended by ir_none(). */
struct ir_operand ir_call(struct ir_func *f, u32 helper, struct ir_operand a1, struct ir_operand a2,
			  struct ir_operand a3, struct ir_operand a4, struct ir_operand a5);
void ir_jump(struct ir_func *f, u8 cmp, struct ir_operand a, struct ir_operand b, u32 label);
void ir_goto(struct ir_func *f, u32 label);
void ir_label(struct ir_func *f, u32 label);
void ir_exit(struct ir_func *f, struct ir_operand a);

/* Whether control can come to the place where the next instruction goes. */
bool ir_reachable(const struct ir_func *f);

/* Calls helpers that always answer the same only once. Before ir_clean(). */
void ir_share_calls(struct ir_func *f);
/* Removes what is never reached or whose result is never used. */
void ir_clean(struct ir_func *f);
void ir_dump(const struct ir_func *f, struct buf *out);

#endif
