/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/jit_x86.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void x86_reserve(struct x86 *x, size_t n)
{
	if (x->room - x->len >= n)
		return;
	x->room = 2 * x->room + n;
	x->bytes = realloc(x->bytes, x->room);
	if (!x->bytes)
		arena_exhausted();
}

void x86_byte(struct x86 *x, u8 byte)
{
	x->bytes[x->len++] = byte;
}

void x86_u32(struct x86 *x, u32 value)
{
	memcpy(x->bytes + x->len, &value, sizeof(value));
	x->len += sizeof(value);
}

static void put_u64(struct x86 *x, u64 value)
{
	memcpy(x->bytes + x->len, &value, sizeof(value));
	x->len += sizeof(value);
}

/* force: without a prefix SPL to DIL would be AH to BH. */
static void put_rex(struct x86 *x, bool wide, u8 reg, u8 rm, bool force)
{
	u8 rex = (u8)(0x40 | wide << 3 | (reg >> 3) << 2 | rm >> 3);

	if (rex != 0x40 || force)
		x86_byte(x, rex);
}

static bool is_byte_of_rex(u8 reg)
{
	return reg >= X86_RSP && reg <= X86_RDI;
}

static void put_modrm(struct x86 *x, u8 mod, u8 reg, u8 rm)
{
	x86_byte(x, (u8)(mod << 6 | (reg & 7) << 3 | (rm & 7)));
}

/* One opcode with a register or number and a register. */
static void put_regs(struct x86 *x, bool wide, u8 opcode, u8 reg, u8 rm)
{
	put_rex(x, wide, reg, rm, false);
	x86_byte(x, opcode);
	put_modrm(x, 3, reg, rm);
}

static void put_regs_0f(struct x86 *x, bool wide, u8 opcode, u8 reg, u8 rm, bool force)
{
	put_rex(x, wide, reg, rm, force);
	x86_byte(x, 0x0f);
	x86_byte(x, opcode);
	put_modrm(x, 3, reg, rm);
}

static void put_mem(struct x86 *x, u8 reg, struct x86_mem m)
{
	bool has_sib = m.index != X86_RSP || (m.base & 7) == X86_RSP;
	u8 mod = !m.disp && (m.base & 7) != X86_RBP ? 0 : m.disp == (s8)m.disp ? 1 : 2;

	put_modrm(x, mod, reg, has_sib ? X86_RSP : m.base);
	if (has_sib)
		put_modrm(x, m.scale, m.index, m.base); /* SIB: of the same form */
	if (mod == 1)
		x86_byte(x, (u8)m.disp);
	else if (mod == 2)
		x86_u32(x, (u32)m.disp);
}

static void put_address(struct x86 *x, u8 reg, u8 base, s32 disp)
{
	put_mem(x, reg, x86_at(base, disp));
}

/* As put_rex(), with the index's bit. */
static void put_rex_mem(struct x86 *x, bool wide, u8 reg, struct x86_mem m, bool force)
{
	u8 rex = (u8)(0x40 | wide << 3 | (reg >> 3) << 2 | (m.index >> 3) << 1 | m.base >> 3);

	if (rex != 0x40 || force)
		x86_byte(x, rex);
}

void x86_mov(struct x86 *x, bool wide, u8 dst, u8 src)
{
	put_regs(x, wide, 0x89, src, dst);
}

void x86_mov_imm(struct x86 *x, u8 dst, u64 value)
{
	if (!value) {
		x86_alu(x, X86_XOR, false, dst, dst);
	} else if (value == (u32)value) {
		put_rex(x, false, 0, dst, false);
		x86_byte(x, (u8)(0xb8 | (dst & 7)));
		x86_u32(x, (u32)value);
	} else if (value == (u64)(s64)(s32)value) {
		put_regs(x, true, 0xc7, 0, dst);
		x86_u32(x, (u32)value);
	} else {
		put_rex(x, true, 0, dst, false);
		x86_byte(x, (u8)(0xb8 | (dst & 7)));
		put_u64(x, value);
	}
}

void x86_alu(struct x86 *x, enum x86_alu op, bool wide, u8 dst, u8 src)
{
	put_regs(x, wide, (u8)(op << 3 | 1), src, dst);
}

void x86_alu_imm(struct x86 *x, enum x86_alu op, bool wide, u8 dst, s32 imm)
{
	if (imm == (s8)imm) {
		put_regs(x, wide, 0x83, (u8)op, dst);
		x86_byte(x, (u8)imm);
		return;
	}
	put_regs(x, wide, 0x81, (u8)op, dst);
	x86_u32(x, (u32)imm);
}

void x86_cmov(struct x86 *x, enum x86_cond cond, u8 dst, u8 src)
{
	put_regs_0f(x, true, (u8)(0x40 | cond), dst, src, false);
}

void x86_setcc(struct x86 *x, enum x86_cond cond, u8 dst)
{
	put_regs_0f(x, false, (u8)(0x90 | cond), 0, dst, is_byte_of_rex(dst));
}

void x86_test(struct x86 *x, bool wide, u8 a, u8 b)
{
	put_regs(x, wide, 0x85, b, a);
}

void x86_test_imm(struct x86 *x, bool wide, u8 a, s32 imm)
{
	put_regs(x, wide, 0xf7, 0, a);
	x86_u32(x, (u32)imm);
}

void x86_shift_imm(struct x86 *x, enum x86_shift op, bool wide, u8 reg, u8 count)
{
	put_regs(x, wide, 0xc1, (u8)op, reg);
	x86_byte(x, count);
}

void x86_shift_cl(struct x86 *x, enum x86_shift op, bool wide, u8 reg)
{
	put_regs(x, wide, 0xd3, (u8)op, reg);
}

/* VEX.LZ.0F38 F7: the prefix tells which. */
void x86_shift_bmi2(struct x86 *x, enum x86_shift op, bool wide, u8 dst, u8 src, u8 count)
{
	u8 pp = op == X86_SHL ? 1 : op == X86_SAR ? 2 : 3;

	x86_byte(x, 0xc4);
	x86_byte(x, (u8)((dst < 8) << 7 | 1 << 6 | (src < 8) << 5 | 2));
	x86_byte(x, (u8)(wide << 7 | (~count & 15) << 3 | pp));
	x86_byte(x, 0xf7);
	put_modrm(x, 3, dst, src);
}

void x86_unary(struct x86 *x, enum x86_unary op, bool wide, u8 reg)
{
	put_regs(x, wide, 0xf7, (u8)op, reg);
}

void x86_imul(struct x86 *x, bool wide, u8 dst, u8 src)
{
	put_regs_0f(x, wide, 0xaf, dst, src, false);
}

void x86_imul_imm(struct x86 *x, bool wide, u8 dst, u8 src, s32 imm)
{
	bool is_short = imm == (s8)imm;

	put_regs(x, wide, is_short ? 0x6b : 0x69, dst, src);
	if (is_short)
		x86_byte(x, (u8)imm);
	else
		x86_u32(x, (u32)imm);
}

void x86_mulx(struct x86 *x, u8 hi, u8 lo, u8 src)
{
	x86_byte(x, 0xc4);
	x86_byte(x, (u8)((hi < 8) << 7 | 1 << 6 | (src < 8) << 5 | 2));
	x86_byte(x, (u8)(1 << 7 | (~lo & 15) << 3 | 3));
	x86_byte(x, 0xf6);
	put_modrm(x, 3, hi, src);
}

void x86_rorx(struct x86 *x, bool wide, u8 dst, u8 src, u8 count)
{
	x86_byte(x, 0xc4);
	x86_byte(x, (u8)((dst < 8) << 7 | 1 << 6 | (src < 8) << 5 | 3));
	x86_byte(x, (u8)(wide << 7 | 15 << 3 | 3));
	x86_byte(x, 0xf0);
	put_modrm(x, 3, dst, src);
	x86_byte(x, count);
}

void x86_bswap(struct x86 *x, bool wide, u8 reg)
{
	put_rex(x, wide, 0, reg, false);
	x86_byte(x, 0x0f);
	x86_byte(x, (u8)(0xc8 | (reg & 7)));
}

void x86_ror16(struct x86 *x, u8 reg, u8 count)
{
	x86_byte(x, 0x66);
	x86_shift_imm(x, X86_ROR, false, reg, count);
}

void x86_extend(struct x86 *x, bool is_signed, bool wide, u8 bytes, u8 dst, u8 src)
{
	u8 opcode = (u8)((is_signed ? 0xbe : 0xb6) | (bytes == 2));

	if (bytes == 4 && is_signed && wide)
		put_regs(x, true, 0x63, dst, src);
	else if (bytes >= 4)
		x86_mov(x, bytes == 8, dst, src);
	else
		put_regs_0f(x, wide && is_signed, opcode, dst, src,
			    bytes == 1 && is_byte_of_rex(src));
}

void x86_cdq(struct x86 *x, bool wide)
{
	put_rex(x, wide, 0, 0, false);
	x86_byte(x, 0x99);
}

/* ---- memory */

void x86_load_at(struct x86 *x, u8 bytes, bool is_signed, u8 dst, struct x86_mem m)
{
	put_rex_mem(x, bytes == 8 || is_signed, dst, m, false);
	if (bytes >= 4) {
		x86_byte(x, bytes == 4 && is_signed ? 0x63 : 0x8b);
	} else {
		x86_byte(x, 0x0f);
		x86_byte(x, (u8)((is_signed ? 0xbe : 0xb6) | (bytes == 2)));
	}
	put_mem(x, dst, m);
}

void x86_load(struct x86 *x, u8 bytes, bool is_signed, u8 dst, u8 base, s32 disp)
{
	x86_load_at(x, bytes, is_signed, dst, x86_at(base, disp));
}

void x86_store_at(struct x86 *x, u8 bytes, struct x86_mem m, u8 src)
{
	if (bytes == 2)
		x86_byte(x, 0x66);
	put_rex_mem(x, bytes == 8, src, m, bytes == 1 && is_byte_of_rex(src));
	x86_byte(x, bytes == 1 ? 0x88 : 0x89);
	put_mem(x, src, m);
}

void x86_store(struct x86 *x, u8 bytes, u8 base, s32 disp, u8 src)
{
	x86_store_at(x, bytes, x86_at(base, disp), src);
}

void x86_store_imm_at(struct x86 *x, u8 bytes, struct x86_mem m, s32 imm)
{
	if (bytes == 2)
		x86_byte(x, 0x66);
	put_rex_mem(x, bytes == 8, 0, m, false);
	x86_byte(x, bytes == 1 ? 0xc6 : 0xc7);
	put_mem(x, 0, m);
	if (bytes >= 4) {
		x86_u32(x, (u32)imm);
		return;
	}
	x86_byte(x, (u8)imm);
	if (bytes == 2)
		x86_byte(x, (u8)((u32)imm >> 8));
}

void x86_store_imm(struct x86 *x, u8 bytes, u8 base, s32 disp, s32 imm)
{
	x86_store_imm_at(x, bytes, x86_at(base, disp), imm);
}

void x86_lea_at(struct x86 *x, bool wide, u8 dst, struct x86_mem m)
{
	put_rex_mem(x, wide, dst, m, false);
	x86_byte(x, 0x8d);
	put_mem(x, dst, m);
}

void x86_lea(struct x86 *x, u8 dst, u8 base, s32 disp)
{
	x86_lea_at(x, true, dst, x86_at(base, disp));
}

void x86_alu_at(struct x86 *x, enum x86_alu op, bool wide, u8 dst, struct x86_mem m)
{
	put_rex_mem(x, wide, dst, m, false);
	x86_byte(x, (u8)(op << 3 | 3));
	put_mem(x, dst, m);
}

void x86_imul_at(struct x86 *x, bool wide, u8 dst, struct x86_mem m)
{
	put_rex_mem(x, wide, dst, m, false);
	x86_byte(x, 0x0f);
	x86_byte(x, 0xaf);
	put_mem(x, dst, m);
}

void x86_cmp_at(struct x86 *x, u8 bytes, struct x86_mem m, s32 imm)
{
	bool is_short = imm == (s8)imm;

	put_rex_mem(x, bytes == 8, 0, m, false);
	x86_byte(x, bytes == 1 ? 0x80 : is_short ? 0x83 : 0x81);
	put_mem(x, X86_CMP, m);
	if (bytes == 1 || is_short)
		x86_byte(x, (u8)imm);
	else
		x86_u32(x, (u32)imm);
}

void x86_alu_mem_imm(struct x86 *x, enum x86_alu op, u8 base, s32 disp, s32 imm)
{
	put_rex(x, false, 0, base, false);
	x86_byte(x, 0x81);
	put_address(x, (u8)op, base, disp);
	x86_u32(x, (u32)imm);
}

void x86_lock_alu(struct x86 *x, enum x86_alu op, bool wide, u8 base, s32 disp, u8 src)
{
	x86_byte(x, 0xf0);
	put_rex(x, wide, src, base, false);
	x86_byte(x, (u8)(op << 3 | 1));
	put_address(x, src, base, disp);
}

static void put_lock_0f(struct x86 *x, u8 opcode, bool wide, u8 base, s32 disp, u8 src)
{
	x86_byte(x, 0xf0);
	put_rex(x, wide, src, base, false);
	x86_byte(x, 0x0f);
	x86_byte(x, opcode);
	put_address(x, src, base, disp);
}

void x86_lock_xadd(struct x86 *x, bool wide, u8 base, s32 disp, u8 src)
{
	put_lock_0f(x, 0xc1, wide, base, disp, src);
}

void x86_lock_cmpxchg(struct x86 *x, bool wide, u8 base, s32 disp, u8 src)
{
	put_lock_0f(x, 0xb1, wide, base, disp, src);
}

void x86_xchg(struct x86 *x, bool wide, u8 base, s32 disp, u8 src)
{
	put_rex(x, wide, src, base, false);
	x86_byte(x, 0x87);
	put_address(x, src, base, disp);
}

void x86_lea_rip(struct x86 *x, u8 dst, s32 distance)
{
	put_rex(x, true, dst, 0, false);
	x86_byte(x, 0x8d);
	put_modrm(x, 0, dst, 5);
	x86_u32(x, (u32)distance);
}

/* ---- control */

void x86_push(struct x86 *x, u8 reg)
{
	put_rex(x, false, 0, reg, false);
	x86_byte(x, (u8)(0x50 | (reg & 7)));
}

void x86_pop(struct x86 *x, u8 reg)
{
	put_rex(x, false, 0, reg, false);
	x86_byte(x, (u8)(0x58 | (reg & 7)));
}

void x86_push_mem(struct x86 *x, u8 base, s32 disp)
{
	put_rex(x, false, 0, base, false);
	x86_byte(x, 0xff);
	put_address(x, 6, base, disp);
}

void x86_ret(struct x86 *x)
{
	x86_byte(x, 0xc3);
}

void x86_call_reg(struct x86 *x, u8 reg)
{
	put_regs(x, false, 0xff, 2, reg);
}

void x86_jmp_reg(struct x86 *x, u8 reg)
{
	put_regs(x, false, 0xff, 4, reg);
}

void x86_nop(struct x86 *x, size_t n)
{
	/* The recommended forms: nopw of 9 bytes is the longest. */
	static const u8 forms[10][9] = {
		[1] = { 0x90 },
		[2] = { 0x66, 0x90 },
		[3] = { 0x0f, 0x1f, 0x00 },
		[4] = { 0x0f, 0x1f, 0x40, 0x00 },
		[5] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		[6] = { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		[7] = { 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		[8] = { 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
		[9] = { 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	};

	while (n) {
		size_t one = n < 9 ? n : 9;

		for (size_t i = 0; i < one; i++)
			x86_byte(x, forms[one][i]);
		n -= one;
	}
}

size_t x86_skip(struct x86 *x, enum x86_cond cond)
{
	x86_byte(x, (u8)(0x70 | cond));
	x86_byte(x, 0);
	return x->len - 1;
}

size_t x86_skip_always(struct x86 *x)
{
	x86_byte(x, 0xeb);
	x86_byte(x, 0);
	return x->len - 1;
}

void x86_land(struct x86 *x, size_t skip)
{
	x->bytes[skip] = (u8)(x->len - (skip + 1));
}
