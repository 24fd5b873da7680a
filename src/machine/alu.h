/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What arithmetic means, RFC 9669 section 4.1, in both widths: alu64_DIV(a, b), alu32_DIV(a, b). The corners that C leaves
 * open are closed here: over-wide shifts are masked, n / 0 is 0, n % 0 is n, and the least number by -1 is itself.
 */
#ifndef MACHINE_ALU_H
#define MACHINE_ALU_H

#include "base/int.h"

#define ALU_WIDTH(w)                                                                               \
	static inline u##w alu##w##_ADD(u##w a, u##w b)                                            \
	{                                                                                          \
		return a + b;                                                                      \
	}                                                                                          \
	static inline u##w alu##w##_SUB(u##w a, u##w b)                                            \
	{                                                                                          \
		return a - b;                                                                      \
	}                                                                                          \
	static inline u##w alu##w##_MUL(u##w a, u##w b)                                            \
	{                                                                                          \
		return a * b;                                                                      \
	}                                                                                          \
	static inline u##w alu##w##_DIV(u##w a, u##w b)                                            \
	{                                                                                          \
		return b ? a / b : 0;                                                              \
	}                                                                                          \
	static inline u##w alu##w##_MOD(u##w a, u##w b)                                            \
	{                                                                                          \
		return b ? a % b : a;                                                              \
	}                                                                                          \
	static inline u##w alu##w##_SDIV(u##w a, u##w b)                                           \
	{                                                                                          \
		if (b + 1 <= 1)                                                                    \
			return b ? 0 - a : 0;                                                      \
		return (u##w)((s##w)a / (s##w)b);                                                  \
	}                                                                                          \
	static inline u##w alu##w##_SMOD(u##w a, u##w b)                                           \
	{                                                                                          \
		if (b + 1 <= 1)                                                                    \
			return b ? 0 : a;                                                          \
		return (u##w)((s##w)a % (s##w)b);                                                  \
	}                                                                                          \
	static inline u##w alu##w##_OR(u##w a, u##w b)                                             \
	{                                                                                          \
		return a | b;                                                                      \
	}                                                                                          \
	static inline u##w alu##w##_AND(u##w a, u##w b)                                            \
	{                                                                                          \
		return a & b;                                                                      \
	}                                                                                          \
	static inline u##w alu##w##_XOR(u##w a, u##w b)                                            \
	{                                                                                          \
		return a ^ b;                                                                      \
	}                                                                                          \
	static inline u##w alu##w##_LSH(u##w a, u##w b)                                            \
	{                                                                                          \
		return a << (b & (w - 1));                                                         \
	}                                                                                          \
	static inline u##w alu##w##_RSH(u##w a, u##w b)                                            \
	{                                                                                          \
		return a >> (b & (w - 1));                                                         \
	}                                                                                          \
	static inline u##w alu##w##_ARSH(u##w a, u##w b)                                           \
	{                                                                                          \
		return (u##w)((s##w)a >> (b & (w - 1)));                                           \
	}                                                                                          \
	static inline u##w alu##w##_MOV(u##w a, u##w b)                                            \
	{                                                                                          \
		(void)a;                                                                           \
		return b;                                                                          \
	}                                                                                          \
	static inline bool alu##w##_JEQ(u##w a, u##w b)                                            \
	{                                                                                          \
		return a == b;                                                                     \
	}                                                                                          \
	static inline bool alu##w##_JNE(u##w a, u##w b)                                            \
	{                                                                                          \
		return a != b;                                                                     \
	}                                                                                          \
	static inline bool alu##w##_JSET(u##w a, u##w b)                                           \
	{                                                                                          \
		return a & b;                                                                      \
	}                                                                                          \
	static inline bool alu##w##_JGT(u##w a, u##w b)                                            \
	{                                                                                          \
		return a > b;                                                                      \
	}                                                                                          \
	static inline bool alu##w##_JGE(u##w a, u##w b)                                            \
	{                                                                                          \
		return a >= b;                                                                     \
	}                                                                                          \
	static inline bool alu##w##_JLT(u##w a, u##w b)                                            \
	{                                                                                          \
		return a < b;                                                                      \
	}                                                                                          \
	static inline bool alu##w##_JLE(u##w a, u##w b)                                            \
	{                                                                                          \
		return a <= b;                                                                     \
	}                                                                                          \
	static inline bool alu##w##_JSGT(u##w a, u##w b)                                           \
	{                                                                                          \
		return (s##w)a > (s##w)b;                                                          \
	}                                                                                          \
	static inline bool alu##w##_JSGE(u##w a, u##w b)                                           \
	{                                                                                          \
		return (s##w)a >= (s##w)b;                                                         \
	}                                                                                          \
	static inline bool alu##w##_JSLT(u##w a, u##w b)                                           \
	{                                                                                          \
		return (s##w)a < (s##w)b;                                                          \
	}                                                                                          \
	static inline bool alu##w##_JSLE(u##w a, u##w b)                                           \
	{                                                                                          \
		return (s##w)a <= (s##w)b;                                                         \
	}
ALU_WIDTH(64)
ALU_WIDTH(32)
#undef ALU_WIDTH

#endif
