/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter: threaded code. Each handler does its work and jumps to the next op's handler by itself, so that the processor
 * learns the program's own pattern of branches.
 *
 * Fuel costs nothing where the code goes straight on: `limit` is where the op pointer would be when the last of it is burnt,
 * if no jump were taken. A jump moves both by the same distance, and looks whether the pointer is there yet. So what is
 * left is always (limit - op) ops; a program may overrun its fuel up to its next jump.
 */
#include "machine/interp.h"

#include <string.h>

#include "machine/alu.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "LOW16 and SWAP16 are little-endian's");

typedef u8 num_B;
typedef u16 num_H;
typedef u32 num_W;
typedef u64 num_DW;

#define FETCH(id, name)                                                                            \
	static inline u32 fetch32_##id(void *at, u64 value)                                        \
	{                                                                                          \
		return __atomic_fetch_##name((u32 *)at, (u32)value, __ATOMIC_SEQ_CST);             \
	}                                                                                          \
	static inline u64 fetch64_##id(void *at, u64 value)                                        \
	{                                                                                          \
		return __atomic_fetch_##name((u64 *)at, value, __ATOMIC_SEQ_CST);                  \
	}
FETCH(ADD, add)
FETCH(OR, or)
FETCH(AND, and)
FETCH(XOR, xor)

/* What a function comes back to. */
struct frame {
	const struct op *back;
	const struct code *code;
	u64 saved[4]; /* r6 to r9 */
	u32 loops;    /* what may_goto may still do */
};

static const struct op *first_op(const struct code *c, const struct run *run)
{
	return c->ops + (run->step ? 2 * c->count : run->is_checked ? c->count : 0);
}

/* For code that has been checked in other ways than by its alignment; memory itself is looked at by CHECKED. */
#define ANY_ALIGNMENT __attribute__((no_sanitize("alignment")))

/* Control: what each handler ends with, and what looks before a handler of memory does its work. */
#define DISPATCH goto * op->handler
#define NEXT                                                                                       \
	do {                                                                                       \
		op++;                                                                              \
		DISPATCH;                                                                          \
	} while (0)
#define GO(bytes)                                                                                  \
	do {                                                                                       \
		s64 distance = (bytes);                                                            \
		limit += distance - (s64)sizeof(*op);                                              \
		op = (const struct op *)((uintptr_t)op + (uintptr_t)distance);                     \
		if ((s64)(uintptr_t)op >= limit)                                                   \
			goto out_of_fuel;                                                          \
		DISPATCH;                                                                          \
	} while (0)
#define LEFT ((limit - (s64)(uintptr_t)op) / (s64)sizeof(*op))
#define CHECKED(id, reg, bytes, write)                                                             \
	do_##id##_CHECKED                                                                          \
	    : if (!run_may(run, r[reg] + (u64)(s64)op->off, bytes, write)) goto trapped;           \
	do_##id:

#define DST r[op->dst]
#define SRC r[op->src]
#define AT_DST ((void *)(uintptr_t)(DST + (u64)(s64)op->off))
#define AT_SRC ((const void *)(uintptr_t)(SRC + (u64)(s64)op->off))
/*
 * Other threads may use the same memory, so each is one access, as it is in compiled code. A pointer that was loaded needs no order
 * beside: the processor reads what it leads to after it, for it goes by it.
 */
#define LOAD(type) __atomic_load_n((const type *)AT_SRC, __ATOMIC_RELAXED)
#define STORE(type, value) __atomic_store_n((type *)AT_DST, (type)(value), __ATOMIC_RELAXED)

/*
 * Runs from an op on, until the function that it belongs to exits. With labels, hands out the handlers' addresses instead: only
 * this function can name them.
 */
ANY_ALIGNMENT
static u64 interp_loop(const struct op *op, const u64 *args, struct run *run,
		       const void *const **labels)
{
	static const void *const handlers[] = {
#define OP(id) &&do_##id,
#include "machine/op.def"
	};
	struct frame frames[RUN_FRAMES], *frame = frames;
	u32 loops = RUN_CALLBACK_LOOPS;
	const struct bpf_insn *insn;
	const struct code *next;
	const struct op *target;
	run_helper helper;
	s64 limit;
	u64 r[11];

	if (labels) {
		*labels = handlers;
		return 0;
	}
	memset(r, 0, sizeof(r));
	memcpy(&r[1], args, 5 * sizeof(*args));
	r[10] = (u64)(uintptr_t)(run->stack + RUN_STACK * run->depth);
	limit = (s64)(uintptr_t)op + (s64)run->fuel * (s64)sizeof(*op);
	DISPATCH;

#define INSN_ALU(id, code, text)                                                                   \
	do_##id##64_K : DST = alu64_##id(DST, op->imm);                                            \
	NEXT;                                                                                      \
	do_##id##64_X : DST = alu64_##id(DST, SRC);                                                \
	NEXT;                                                                                      \
	do_##id##32_K : DST = alu32_##id((u32)DST, (u32)op->imm);                                  \
	NEXT;                                                                                      \
	do_##id##32_X : DST = alu32_##id((u32)DST, (u32)SRC);                                      \
	NEXT;
#define INSN_JUMP(id, code, text)                                                                  \
	do_##id##64_K : if (alu64_##id(DST, op->imm)) GO(op->to);                                  \
	NEXT;                                                                                      \
	do_##id##64_X : if (alu64_##id(DST, SRC)) GO(op->to);                                      \
	NEXT;                                                                                      \
	do_##id##32_K : if (alu32_##id((u32)DST, (u32)op->imm)) GO(op->to);                        \
	NEXT;                                                                                      \
	do_##id##32_X : if (alu32_##id((u32)DST, (u32)SRC)) GO(op->to);                            \
	NEXT;
#define INSN_SIZE(id, code, bytes, u, s)                                                           \
	CHECKED(LDX_##id, op->src, bytes, false)                                                   \
	DST = LOAD(num_##id);                                                                      \
	NEXT;                                                                                      \
	CHECKED(ST_##id, op->dst, bytes, true)                                                     \
	STORE(num_##id, op->imm);                                                                  \
	NEXT;                                                                                      \
	CHECKED(STX_##id, op->dst, bytes, true)                                                    \
	STORE(num_##id, SRC);                                                                      \
	NEXT;                                                                                      \
	CHECKED(ACQUIRE_##id, op->src, bytes, false)                                               \
	DST = __atomic_load_n((const num_##id *)AT_SRC, __ATOMIC_ACQUIRE);                         \
	NEXT;                                                                                      \
	CHECKED(RELEASE_##id, op->dst, bytes, true)                                                \
	__atomic_store_n((num_##id *)AT_DST, (num_##id)SRC, __ATOMIC_RELEASE);                     \
	NEXT;
#define INSN_ATOMIC(id, imm, name, text)                                                           \
	CHECKED(ATOMIC_##id##_W, op->dst, 4, true)                                                 \
	fetch32_##id(AT_DST, SRC);                                                                 \
	NEXT;                                                                                      \
	CHECKED(ATOMIC_##id##_DW, op->dst, 8, true)                                                \
	fetch64_##id(AT_DST, SRC);                                                                 \
	NEXT;                                                                                      \
	CHECKED(FETCH_##id##_W, op->dst, 4, true)                                                  \
	SRC = fetch32_##id(AT_DST, SRC);                                                           \
	NEXT;                                                                                      \
	CHECKED(FETCH_##id##_DW, op->dst, 8, true)                                                 \
	SRC = fetch64_##id(AT_DST, SRC);                                                           \
	NEXT;
#include "isa/insn.def"
#define SIGNED(id)                                                                                 \
	do_##id##64_K : DST = alu64_##id(DST, op->imm);                                            \
	NEXT;                                                                                      \
	do_##id##64_X : DST = alu64_##id(DST, SRC);                                                \
	NEXT;                                                                                      \
	do_##id##32_K : DST = alu32_##id((u32)DST, (u32)op->imm);                                  \
	NEXT;                                                                                      \
	do_##id##32_X : DST = alu32_##id((u32)DST, (u32)SRC);                                      \
	NEXT;
	SIGNED(SDIV)
	SIGNED(SMOD)
#undef SIGNED
#define UNARY(id, expr)                                                                            \
	do_##id : DST = (expr);                                                                    \
	NEXT;
	UNARY(NEG64, 0 - DST)
	UNARY(NEG32, 0 - (u32)DST)
	UNARY(SX64_8, (u64)(s8)SRC)
	UNARY(SX64_16, (u64)(s16)SRC)
	UNARY(SX64_32, (u64)(s32)SRC)
	UNARY(SX32_8, (u64)(u32)(s32)(s8)SRC)
	UNARY(SX32_16, (u64)(u32)(s32)(s16)SRC)
	UNARY(LOW16, (u16)DST)
	UNARY(LOW32, (u32)DST)
	UNARY(LOW64, DST)
	UNARY(SWAP16, __builtin_bswap16((u16)DST))
	UNARY(SWAP32, __builtin_bswap32((u32)DST))
	UNARY(SWAP64, __builtin_bswap64(DST))
#undef UNARY
do_LD_IMM64:
	DST = op->imm;
	op += 2;
	DISPATCH;
#define LDSX(id, type, bytes)                                                                      \
	CHECKED(LDSX_##id, op->src, bytes, false)                                                  \
	DST = (u64)LOAD(type);                                                                     \
	NEXT;
	LDSX(B, s8, 1)
	LDSX(H, s16, 2)
	LDSX(W, s32, 4)
#undef LDSX
#define EXCHANGE(id, bytes)                                                                        \
	CHECKED(XCHG_##id, op->dst, bytes, true)                                                   \
	SRC = __atomic_exchange_n((num_##id *)AT_DST, (num_##id)SRC, __ATOMIC_SEQ_CST);            \
	NEXT;                                                                                      \
	CHECKED(CMPXCHG_##id, op->dst, bytes, true)                                                \
	{                                                                                          \
		num_##id found = (num_##id)r[0];                                                   \
		__atomic_compare_exchange_n((num_##id *)AT_DST, &found, (num_##id)SRC, false,      \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                   \
		r[0] = found;                                                                      \
		NEXT;                                                                              \
	}
	EXCHANGE(W, 4)
	EXCHANGE(DW, 8)
#undef EXCHANGE

	/* A load beyond the packet ends the function with 0. */
do_PACKET_K:
	if (!run_packet_load(run, op->imm, (u32)op->to, &r[0]))
		goto do_EXIT;
	NEXT;
do_PACKET_X:
	if (!run_packet_load(run, (u64)(s32)(u32)(SRC + op->imm), (u32)op->to, &r[0]))
		goto do_EXIT;
	NEXT;

do_JA:
	GO(op->to);
do_MAY_GOTO:
	if (!loops)
		GO(op->to);
	loops--;
	NEXT;
do_CALLX:
	if (DST > 1 && code_is_start(run->code, DST - 1)) {
		target = first_op(run->code, run) + (DST - 1);
		goto call;
	}
	helper = run_find_helper(DST > UINT32_MAX ? UINT32_MAX : (u32)DST);
	if (!helper)
		goto do_BAD_CALL;
	if (run->is_checked && !run_may_call(run, (u32)DST, r))
		goto trapped;
	goto call_helper;
do_CALL:
	target = (const struct op *)((uintptr_t)op + (uintptr_t)(s64)op->to);
call:
	if (run->depth == RUN_FRAMES) {
		run->trap = RUN_TOO_DEEP;
		goto trapped;
	}
	*frame = (struct frame){ .back = op + 1, .code = run->code, .loops = loops };
	memcpy(frame->saved, &r[6], sizeof(frame->saved));
	frame++;
	run->depth++;
	loops = RUN_CALLBACK_LOOPS;
	r[10] += RUN_STACK;
	GO((s64)((uintptr_t)target - (uintptr_t)op));
do_EXIT:
	if (LEFT <= 0)
		goto out_of_fuel;
	if (frame == frames) {
		run->fuel = (u64)LEFT - 1;
		return r[0];
	}
	frame--;
	run->depth--;
	run->code = frame->code;
	loops = frame->loops;
	memcpy(&r[6], frame->saved, sizeof(frame->saved));
	r[10] -= RUN_STACK;
	GO((s64)((uintptr_t)frame->back - (uintptr_t)op));

do_HELPER_CHECKED:
	insn = &run->code->insns[op - first_op(run->code, run)];
	if (!insn->src_reg && !run_may_call(run, (u32)insn->imm, r))
		goto trapped;
do_HELPER:
	helper = (run_helper)(uintptr_t)op->imm;
call_helper:
	if (LEFT <= 0)
		goto out_of_fuel;
	run->fuel = (u64)LEFT; /* of which callbacks take their part */
	r[0] = helper(r[1], r[2], r[3], r[4], r[5], run);
	limit = (s64)(uintptr_t)op + (s64)run->fuel * (s64)sizeof(*op);
	if (run->trap)
		goto trapped;
	NEXT;
do_TAIL_CALL:
	next = run_tail_call(run, r[2], r[3], &r[0]);
	if (run->trap)
		goto trapped;
	if (!next)
		NEXT;
	GO((s64)((uintptr_t)first_op(next, run) - (uintptr_t)op));

	/* Stands before every op of a machine that steps. */
do_STEP:
	if (!run->step(run, (u32)(op - first_op(run->code, run)), r))
		goto trapped;
	goto *(op - (run->is_checked ? 1 : 2) * run->code->count)->handler;
do_BAD_CALL:
	run->trap = RUN_BAD_CALL;
	goto trapped;
do_BAD_INSN:
	run->trap = RUN_BAD_INSN;
	goto trapped;
out_of_fuel:
	run->trap = RUN_OUT_OF_FUEL;
trapped:
	if (run->trap_insn == RUN_NO_INSN)
		run->trap_insn = (u32)(op - first_op(run->code, run));
	run->fuel = LEFT > 0 ? (u64)LEFT : 0;
	return 0;
}

const void *const *interp_handlers(void)
{
	const void *const *handlers;

	interp_loop(NULL, NULL, NULL, &handlers);
	return handlers;
}

u64 interp_run(const struct code *c, u32 start, u64 a, u64 b, u64 c3, u64 d, u64 e, struct run *run)
{
	const u64 args[5] = { a, b, c3, d, e };
	const struct code *before = run->code;
	u32 depth = run->depth;
	u64 result;

	if (!depth) {
		run->trap = RUN_OK;
		run->trap_insn = RUN_NO_INSN;
	}
	if (run->fuel > RUN_NO_LIMIT)
		run->fuel = RUN_NO_LIMIT;
	if (depth == RUN_FRAMES) {
		run->trap = RUN_TOO_DEEP;
		return 0;
	}
	run->code = c;
	run->depth++;
	result = interp_loop(first_op(c, run) + start, args, run, NULL);
	run->depth = depth;
	if (depth && !run->trap)
		run->code = before;
	return result;
}
