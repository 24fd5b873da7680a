/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls: how code is entered and left, functions, helpers, tail calls, packet loads.
 *
 * The native stack, below the return address to the host:
 *
 *	RBP RBX R12 R13 R14 R15		the host's
 *	run->native_sp, run->depth	of who called the helper that calls back, or 0
 *	(8 bytes)			<- run->native_sp: here a trap comes back to
 *	return address, r6 to r9 as far as the function writes them, may_goto's counter, alignment
 *	...
 *
 * A program of one function without any call needs less: nothing ends it early, nobody asks how deep it is, and it keeps those
 * of the host's registers itself that it uses. The host calls it directly, or by way of what sets RBP if it has a stack.
 */
#include <stddef.h>

#include "isa/insn.h"
#include "machine/interp.h"
#include "machine/jit_impl.h"

#define AT_DEPTH ((s32)offsetof(struct run, depth))
#define AT_TRAP ((s32)offsetof(struct run, trap))
#define AT_CODE ((s32)offsetof(struct run, code))
#define AT_STACK ((s32)offsetof(struct run, stack))
#define AT_NATIVE_SP ((s32)offsetof(struct run, native_sp))

static const u8 kept[] = { X86_RBX, X86_R13, X86_R14, X86_R15 }; /* r6 to r9 */
static const u8 host[] = { X86_RBP, X86_RBX, X86_R12, X86_R13, X86_R14, X86_R15 };

static const struct jit_func *func_of(const struct jit_state *s)
{
	return &s->funcs[s->func];
}

/* ---- functions */

/* Bytes below the saved registers: a counter, and what aligns the stack for calls. */
static u32 frame_room(const struct jit_func *f)
{
	u32 pushed = (u32)__builtin_popcount(f->saved), room = f->has_jcond ? 8 : 0;

	return f->has_calls && (8 + 8 * pushed + room) % 16 ? room + 8 : room;
}

/* Registers that are read before they are written are 0. */
static void clear_unwritten(struct jit_state *s)
{
	u16 live = jit_live_at(s, 0);

	if (live & 1)
		x86_mov_imm(&s->x, X86_RAX, 0);
	for (u32 i = 0; i < ARRAY_SIZE(kept); i++) {
		if (live >> (i + 6) & 1)
			x86_mov_imm(&s->x, kept[i], 0);
	}
}

void jit_prologue(struct jit_state *s)
{
	const struct jit_func *f = func_of(s);
	u32 room = frame_room(f);

	for (u32 i = 0; i < ARRAY_SIZE(kept); i++) {
		if (f->saved >> i & 1)
			x86_push(&s->x, kept[i]);
	}
	if (room)
		x86_alu_imm(&s->x, X86_SUB, true, X86_RSP, (s32)room);
	if (f->has_jcond)
		x86_store_imm(&s->x, 4, X86_RSP, 0, RUN_CALLBACK_LOOPS);
	if (s->is_light)
		clear_unwritten(s);
}

void jit_epilogue(struct jit_state *s)
{
	const struct jit_func *f = func_of(s);
	u32 room = frame_room(f);

	if (room)
		x86_alu_imm(&s->x, X86_ADD, true, X86_RSP, (s32)room);
	for (u32 i = ARRAY_SIZE(kept); i--;) {
		if (f->saved >> i & 1)
			x86_pop(&s->x, kept[i]);
	}
}

void jit_exit(struct jit_state *s)
{
	jit_epilogue(s);
	x86_ret(&s->x);
}

/* ---- the gates */

static void push_host(struct x86 *x)
{
	for (u32 i = 0; i < ARRAY_SIZE(host); i++)
		x86_push(x, host[i]);
}

/* Calls R11 with the frame that is next; registers that the program has not written are 0. */
static void gate_body(struct jit_state *s)
{
	struct x86 *x = &s->x;

	x86_mov(x, true, JIT_RUN, X86_R9);
	x86_push_mem(x, JIT_RUN, AT_NATIVE_SP);
	x86_load(x, 4, false, X86_R10, JIT_RUN, AT_DEPTH);
	x86_push(x, X86_R10);
	x86_alu_imm(x, X86_SUB, true, X86_RSP, 8);
	x86_store(x, 8, JIT_RUN, AT_NATIVE_SP, X86_RSP);
	x86_alu_imm(x, X86_ADD, false, X86_R10, 1);
	x86_store(x, 4, JIT_RUN, AT_DEPTH, X86_R10);
	x86_imul_imm(x, true, X86_R10, X86_R10, RUN_STACK);
	x86_lea(x, X86_RBP, JIT_RUN, AT_STACK);
	x86_alu(x, X86_ADD, true, X86_RBP, X86_R10);
	x86_mov_imm(x, X86_RAX, 0);
	for (u32 i = 0; i < ARRAY_SIZE(kept); i++)
		x86_mov_imm(x, kept[i], 0);
	x86_call_reg(x, X86_R11);
	s->leave = x->len; /* with RSP = run->native_sp */
	x86_alu_imm(x, X86_ADD, true, X86_RSP, 8);
	x86_pop(x, X86_R10);
	x86_store(x, 4, JIT_RUN, AT_DEPTH, X86_R10);
	x86_pop(x, X86_R10);
	x86_store(x, 8, JIT_RUN, AT_NATIVE_SP, X86_R10);
	for (u32 i = ARRAY_SIZE(host); i--;)
		x86_pop(x, host[i]);
	x86_ret(x);
}

/* The host: the first function. */
static void full_gate(struct jit_state *s)
{
	struct x86 *x = &s->x;
	size_t body;

	s->host = x->len;
	push_host(x);
	x86_lea_rip(x, X86_R11, (s32)(s->entries[0] - (x->len + 7)));
	body = x86_skip_always(x);
	/* Callbacks: the address is the seventh argument. */
	s->enter = x->len;
	push_host(x);
	x86_load(x, 8, false, X86_R11, X86_RSP, 8 * ARRAY_SIZE(host) + 8);
	x86_land(x, body);
	gate_body(s);
}

/* Before tail calls get here the stack is set already. */
static void light_gate(struct jit_state *s)
{
	struct x86 *x = &s->x;

	if (!s->funcs[0].has_frame) {
		s->host = s->entries[0];
		return;
	}
	s->host = x->len;
	x86_push(x, X86_RBP);
	x86_lea(x, X86_RBP, X86_R9, AT_STACK + RUN_STACK);
	x86_byte(x, 0xe8);
	jit_fix(s, 0, true);
	x86_pop(x, X86_RBP);
	x86_ret(x);
}

void jit_gates(struct jit_state *s)
{
	struct x86 *x = &s->x;

	x86_reserve(x, 2 * JIT_ROOM);
	if (s->is_light)
		light_gate(s);
	else
		full_gate(s);
	/* Tail calls out of functions that are called: who called them wants r6 to r9 back. */
	s->tail = x->len;
	if (s->is_light) {
		s->tail = s->entries[0];
		return;
	}
	for (u32 i = 0; i < ARRAY_SIZE(kept); i++)
		x86_push(x, kept[i]);
	x86_alu_imm(x, X86_SUB, true, X86_RSP, 8);
	x86_lea_rip(x, X86_R11, (s32)(s->entries[0] - (x->len + 7)));
	x86_call_reg(x, X86_R11);
	x86_alu_imm(x, X86_ADD, true, X86_RSP, 8);
	for (u32 i = ARRAY_SIZE(kept); i--;)
		x86_pop(x, kept[i]);
	x86_ret(x);
}

/* ---- helpers */

static void call_host(struct x86 *x, u64 function)
{
	x86_mov(x, true, X86_R9, JIT_RUN);
	x86_mov_imm(x, X86_RAX, function);
	x86_call_reg(x, X86_RAX);
}

/* Only callbacks end a run from within a helper. */
static void check_trap(struct jit_state *s)
{
	if (!s->has_callbacks)
		return;
	x86_alu_mem_imm(&s->x, X86_CMP, JIT_RUN, AT_TRAP, RUN_OK);
	jit_trap_if(s, X86_NE, RUN_OK);
}

static struct map *map_at(const struct jit_state *s)
{
	u32 low = 0, high = s->c->site_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (s->c->sites[mid].insn == s->insn)
			return s->c->sites[mid].map;
		if (s->c->sites[mid].insn < s->insn)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* An array's value is where the key says. */
static void look_up_array(struct x86 *x, const u8 *values, u32 stride, u32 count)
{
	size_t beyond, done;

	x86_load(x, 4, false, X86_RAX, X86_RSI, 0);
	x86_alu_imm(x, X86_CMP, false, X86_RAX, (s32)count);
	beyond = x86_skip(x, X86_AE);
	if (stride & (stride - 1))
		x86_imul_imm(x, true, X86_RAX, X86_RAX, (s32)stride);
	else if (stride > 1)
		x86_shift_imm(x, X86_SHL, true, X86_RAX, (u8)__builtin_ctz(stride));
	x86_mov_imm(x, X86_R11, (u64)(uintptr_t)values);
	x86_alu(x, X86_ADD, true, X86_RAX, X86_R11);
	done = x86_skip_always(x);
	x86_land(x, beyond);
	x86_mov_imm(x, X86_RAX, 0);
	x86_land(x, done);
}

/* Whether the call was done without going through the helper. */
static bool look_up(struct jit_state *s, const struct bpf_insn *i)
{
	struct map *map = i->src_reg ? NULL : map_at(s);
	u32 stride;
	u8 *values;

	if (!map || i->imm != BPF_FUNC_map_lookup_elem)
		return false;
	values = map_array(map, &stride);
	if (values && stride && stride <= INT32_MAX) {
		look_up_array(&s->x, values, stride, map_spec(map)->max_entries);
		return true;
	}
	/* map and key are arguments of both; the third is the run. */
	x86_mov(&s->x, true, X86_RDX, JIT_RUN);
	x86_mov_imm(&s->x, X86_RAX, (u64)(uintptr_t)map_lookup_function(map));
	x86_call_reg(&s->x, X86_RAX);
	return true;
}

/* ---- tail calls */

/* Where to go on, or NULL: then the call returns *result. */
static const u8 *tail_target(struct run *run, u64 map, u64 index, u64 *result, bool is_called)
{
	const struct code *next = run_tail_call(run, map, index, result);

	if (!next)
		return NULL;
	if (!next->jit) { /* a map that others fill may have what is interpreted */
		run->trap = RUN_BAD_CALL;
		*result = 0;
		return NULL;
	}
	return next->jit->bytes + (is_called ? next->jit->tail : next->jit->entries[0]);
}

/* r1 to r3: the context, which the next program gets, the map, the index. */
static void tail_call(struct jit_state *s)
{
	struct x86 *x = &s->x;
	size_t none;

	x86_push(x, X86_RDI);
	x86_push(x, X86_RDI); /* the result's place */
	x86_mov(x, true, X86_RDI, JIT_RUN);
	x86_mov(x, true, X86_RCX, X86_RSP);
	x86_mov_imm(x, X86_R8, func_of(s)->is_called);
	x86_mov_imm(x, X86_RAX, (u64)(uintptr_t)tail_target);
	x86_call_reg(x, X86_RAX);
	x86_mov(x, true, X86_R11, X86_RAX);
	x86_pop(x, X86_RAX);
	x86_pop(x, X86_RDI);
	x86_test(x, true, X86_R11, X86_R11);
	none = x86_skip(x, X86_E);
	jit_epilogue(s);
	x86_jmp_reg(x, X86_R11);
	x86_land(x, none);
	x86_alu_mem_imm(x, X86_CMP, JIT_RUN, AT_TRAP, RUN_OK);
	jit_trap_if(s, X86_NE, RUN_OK);
}

/* ---- functions of the program */

/* A function that has none itself, and calls nobody, does not care where the frames end. */
static void next_frame(struct jit_state *s, bool has_frame)
{
	struct x86 *x = &s->x;

	if (s->is_deep) {
		x86_lea(x, X86_R10, JIT_RUN, AT_STACK + RUN_FRAMES * RUN_STACK);
		x86_alu(x, X86_CMP, true, X86_RBP, X86_R10);
		jit_trap_if(s, X86_AE, RUN_TOO_DEEP);
	}
	if (!has_frame)
		return;
	x86_alu_imm(x, X86_ADD, true, X86_RBP, RUN_STACK);
	if (s->has_callbacks)
		x86_alu_mem_imm(x, X86_ADD, JIT_RUN, AT_DEPTH, 1);
}

static void last_frame(struct jit_state *s, bool has_frame, bool may_tail)
{
	struct x86 *x = &s->x;

	if (!has_frame)
		return;
	x86_alu_imm(x, X86_SUB, true, X86_RBP, RUN_STACK);
	if (s->has_callbacks)
		x86_alu_mem_imm(x, X86_SUB, JIT_RUN, AT_DEPTH, 1);
	if (may_tail) { /* what it has gone on with is not this program */
		x86_mov_imm(x, X86_R11, (u64)(uintptr_t)s->c);
		x86_store(x, 8, JIT_RUN, AT_CODE, X86_R11);
	}
}

static void call_function(struct jit_state *s, const struct bpf_insn *i)
{
	u32 to = (u32)((s64)s->insn + 1 + i->imm);
	const struct jit_func *f = &s->funcs[jit_func_at(s, to)];

	next_frame(s, f->has_frame);
	x86_byte(&s->x, 0xe8);
	jit_fix(s, to, true);
	last_frame(s, f->has_frame, f->may_tail);
}

/* As the interpreter has it: a function's number, else a helper's. */
static const void *call_target(const struct code *c, u64 value)
{
	u32 low = 0, high = c->start_count;

	while (value > 1 && low < high) {
		u32 mid = low + (high - low) / 2;

		if (c->starts[mid] == value - 1)
			return c->jit->bytes + c->jit->entries[mid];
		if (c->starts[mid] < value - 1)
			low = mid + 1;
		else
			high = mid;
	}
	return (const void *)run_find_helper(value > UINT32_MAX ? UINT32_MAX : (u32)value);
}

static void call_register(struct jit_state *s, const struct bpf_insn *i)
{
	static const u8 args[] = { X86_RDI, X86_RSI, X86_RDX, X86_RCX, X86_R8 };
	struct x86 *x = &s->x;

	for (u32 k = 0; k < ARRAY_SIZE(args); k++)
		x86_push(x, args[k]);
	x86_alu_imm(x, X86_SUB, true, X86_RSP, 8);
	x86_mov(x, true, X86_RSI, jit_dst(i));
	x86_mov_imm(x, X86_RDI, (u64)(uintptr_t)s->c);
	x86_mov_imm(x, X86_RAX, (u64)(uintptr_t)call_target);
	x86_call_reg(x, X86_RAX);
	x86_mov(x, true, X86_R11, X86_RAX);
	x86_alu_imm(x, X86_ADD, true, X86_RSP, 8);
	for (u32 k = ARRAY_SIZE(args); k--;)
		x86_pop(x, args[k]);
	x86_test(x, true, X86_R11, X86_R11);
	jit_trap_if(s, X86_E, RUN_BAD_CALL);
	next_frame(s, true);
	x86_mov(x, true, X86_R9, JIT_RUN);
	x86_call_reg(x, X86_R11);
	last_frame(s, true, true);
	check_trap(s);
}

/* The interpreter's decoder has found out already what is called. */
void jit_call(struct jit_state *s, const struct bpf_insn *i)
{
	const void *const *handlers = interp_handlers();
	const struct op *op = &s->c->ops[s->insn];

	if (op->handler == handlers[OP_CALL]) {
		call_function(s, i);
	} else if (op->handler == handlers[OP_CALLX]) {
		call_register(s, i);
	} else if (op->handler == handlers[OP_TAIL_CALL]) {
		tail_call(s);
	} else if (op->handler == handlers[OP_BAD_CALL]) {
		jit_trap_if(s, -1, RUN_BAD_CALL);
	} else if (op->handler != handlers[OP_HELPER]) {
		jit_trap_if(s, -1, RUN_BAD_INSN);
	} else if (!look_up(s, i)) {
		call_host(&s->x, op->imm);
		check_trap(s);
	}
}

/* ---- loads of classic BPF */

struct loaded {
	u64 value, is_there; /* in RAX and RDX */
};

static struct loaded load_packet(u64 offset, u64 size, u64 c, u64 d, u64 e, struct run *run)
{
	struct loaded l;

	(void)c, (void)d, (void)e;
	l.is_there = run_packet_load(run, offset, (u32)size, &l.value);
	return l;
}

/* Beyond the packet the function ends with 0. */
void jit_packet(struct jit_state *s, const struct bpf_insn *i)
{
	struct x86 *x = &s->x;
	size_t is_there;

	if (BPF_MODE(i->code) == BPF_ABS) {
		x86_mov_imm(x, X86_RDI, (u64)(s64)i->imm);
	} else {
		x86_mov(x, true, X86_RDI, jit_src(i));
		x86_alu_imm(x, X86_ADD, false, X86_RDI, i->imm);
		x86_extend(x, true, true, 4, X86_RDI, X86_RDI);
	}
	x86_mov_imm(x, X86_RSI, jit_bytes(i));
	call_host(x, (u64)(uintptr_t)load_packet);
	x86_test(x, false, X86_RDX, X86_RDX);
	is_there = x86_skip(x, X86_NE);
	jit_exit(s);
	x86_land(x, is_there);
}
