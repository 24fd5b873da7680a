/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Liveness, backwards until nothing changes. The stack is read through r10 and through copies of it; forwards first, each
 * register's lowest distance from r10 is found, and what is read through it may be anything from there up.
 */
#include "verify/flow.h"

#include <errno.h>

#include "isa/insn.h"
#include "verify/form.h"

#define NO_STACK 1 /* the register does not point to the stack */
#define LOWEST (-512)

struct points {
	s16 at[11];
};

static bool is_jump(const struct bpf_insn *i)
{
	u8 class = i->code & 7, op = i->code & 0xf0;

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

static bool is_ja(const struct bpf_insn *i)
{
	return is_jump(i) && (i->code & 0xf0) == BPF_JA;
}

static bool is_exit(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT);
}

static bool is_call(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL);
}

s64 flow_target(const struct bpf_insn *i, u32 at)
{
	if (is_ja(i) && (i->code & 7) == BPF_JMP32)
		return (s64)at + 1 + i->imm;
	if (is_jump(i))
		return (s64)at + 1 + i->off;
	if ((is_call(i) && i->src_reg == BPF_PSEUDO_CALL) ||
	    (insn_is_ld_imm64(i) && i->src_reg == BPF_PSEUDO_FUNC))
		return (s64)at + 1 + i->imm;
	return -1;
}

static u32 width(const struct bpf_insn *i)
{
	return insn_is_ld_imm64(i) ? 2 : 1;
}

static int check_targets(struct flow *f, const struct bpf_insn *insns, u32 *at, const char **why)
{
	for (u32 k = 0; k < f->count; k += width(&insns[k])) {
		f->insns[k].is_start = true;
		*at = k;
		*why = "its second half is missing";
		if (insn_is_ld_imm64(&insns[k]) && (k + 1 >= f->count || insns[k + 1].code))
			return -EINVAL;
	}
	for (u32 k = 0; k < f->count; k += width(&insns[k])) {
		const struct bpf_insn *i = &insns[k];
		bool leads = is_jump(i) || (is_call(i) && i->src_reg == BPF_PSEUDO_CALL) ||
			     (insn_is_ld_imm64(i) && i->src_reg == BPF_PSEUDO_FUNC);
		s64 to = flow_target(i, k);
		*at = k;
		*why = "it leads to where no instruction begins";
		const char *form = form_check(i);
		if (form) {
			*why = form;
			return -EILSEQ;
		}
		if (leads && (to < 0 || to >= f->count || !f->insns[to].is_start))
			return -EINVAL;
		*why = "the program runs past its end";
		if (!is_ja(i) && !is_exit(i) && k + width(i) >= f->count)
			return -EINVAL;
		if (leads)
			f->insns[to].is_target = true;
		if (is_jump(i) && to <= k)
			f->insns[to].is_head = true;
		if (is_call(i) && i->src_reg == BPF_PSEUDO_CALL)
			f->insns[k + 1].is_target = true;
		if ((is_jump(i) && (i->code & 0xf0) == INSN_JCOND) ||
		    (is_call(i) && !i->src_reg &&
		     (i->imm == BPF_FUNC_for_each_map_elem || i->imm == BPF_FUNC_loop ||
		      i->imm == BPF_FUNC_find_vma || i->imm == BPF_FUNC_user_ringbuf_drain)))
			f->insns[k].is_bounded = true;
	}
	return 0;
}

/* Jumps stay within their function, and its last instruction leads nowhere else. */
static int check_functions(struct flow *f, struct arena *a, const struct bpf_insn *insns, u32 *at,
			   const char **why)
{
	u32 *function = arena_array(a, u32, f->count); /* counted from the beginning */

	for (u32 k = 0; k < f->count; k++) {
		s64 to = f->insns[k].is_start && !is_jump(&insns[k]) ? flow_target(&insns[k], k)
								     : -1;
		if (to > 0)
			function[to] = 1;
	}
	for (u32 k = 1; k < f->count; k++)
		function[k] += function[k - 1];
	for (u32 k = 0; k < f->count; k += width(&insns[k])) {
		const struct bpf_insn *i = &insns[k];
		u32 next = k + width(i);
		*at = k;
		*why = "it leads into another function";
		if (is_jump(i) && function[flow_target(i, k)] != function[k])
			return -EINVAL;
		*why = "the function runs into the next one";
		if (!is_ja(i) && !is_exit(i) && next < f->count && function[next] != function[k])
			return -EINVAL;
	}
	return 0;
}

/* ---- which registers point to the stack */

static bool merge_points(struct points *to, const struct points *from)
{
	bool changed = false;

	for (u32 r = 0; r < 11; r++) {
		s16 low = from->at[r];
		if (low != NO_STACK && (to->at[r] == NO_STACK || low < to->at[r])) {
			to->at[r] = low;
			changed = true;
		}
	}
	return changed;
}

/* Whether any of r1 to r5 points to the stack, and how far down. */
static s16 lowest_argument(const struct points *p)
{
	s16 low = NO_STACK;

	for (u32 r = 1; r <= 5; r++) {
		if (p->at[r] != NO_STACK && (low == NO_STACK || p->at[r] < low))
			low = p->at[r];
	}
	return low;
}

static void step_points(struct points *p, const struct bpf_insn *i)
{
	u8 class = i->code & 7, op = i->code & 0xf0;
	u32 d = i->dst_reg;

	if (class == BPF_ALU64 && op == BPF_MOV && (i->code & BPF_X)) {
		p->at[d] = p->at[i->src_reg];
	} else if (class == BPF_ALU64 && op == BPF_ADD && !(i->code & BPF_X)) {
		s64 to = (s64)p->at[d] + i->imm;
		if (p->at[d] != NO_STACK)
			p->at[d] = (s16)(to < LOWEST ? LOWEST : to > 0 ? 0 : to);
	} else if (class == BPF_ALU64 && op == BPF_MOV) {
		p->at[d] = NO_STACK;
	} else if (class == BPF_ALU64 || class == BPF_ALU) {
		bool source = (i->code & BPF_X) && p->at[i->src_reg] != NO_STACK;
		if (p->at[d] != NO_STACK || source)
			p->at[d] = LOWEST;
	} else if (class == BPF_LDX || class == BPF_LD) {
		p->at[d] = NO_STACK; /* a stack pointer that was stored makes all slots live */
	} else if (is_call(i)) {
		p->at[0] = lowest_argument(p) == NO_STACK ? NO_STACK : LOWEST;
		for (u32 r = 1; r <= 5; r++)
			p->at[r] = NO_STACK;
	}
}

/* False if a pointer to the stack is stored somewhere: then it may be used at any time. */
static bool find_points(const struct flow *f, const struct bpf_insn *insns, struct points *points)
{
	bool changed = true, stored = false;

	for (u32 k = 0; k < f->count; k++) {
		for (u32 r = 0; r < 11; r++)
			points[k].at[r] = r == 10 ? 0 : NO_STACK;
	}
	while (changed) {
		changed = false;
		for (u32 k = 0; k < f->count; k += width(&insns[k])) {
			const struct bpf_insn *i = &insns[k];
			struct points p = points[k];
			if ((i->code & 7) == BPF_STX && p.at[i->src_reg] != NO_STACK)
				stored = true;
			step_points(&p, i);
			if (is_jump(i))
				changed |= merge_points(&points[flow_target(i, k)], &p);
			if (!is_ja(i) && !is_exit(i))
				changed |= merge_points(&points[k + width(i)], &p);
		}
	}
	return !stored;
}

/* ---- liveness */

/* The slots from a distance below r10 up to it. */
static u64 slots_above(s32 off)
{
	u32 n = off >= 0 ? 0 : ((u32)-off + 7) / 8;

	return n >= 64 ? UINT64_MAX : ((u64)1 << n) - 1;
}

static u64 slot_bit(s32 off)
{
	return off < 0 && off >= LOWEST ? (u64)1 << ((u32)(-off - 1) / 8) : 0;
}

struct use {
	u16 reads, writes;
	u64 slot_reads, slot_writes;
};

static void use_memory(struct use *u, const struct bpf_insn *i, const struct points *p)
{
	u8 class = i->code & 7, size = i->code & 0x18;
	bool is_load = class == BPF_LDX;
	u32 base = is_load ? i->src_reg : i->dst_reg;
	bool is_atomic = class == BPF_STX && (i->code & 0xe0) == BPF_ATOMIC;

	u->reads |= (u16)(1u << base);
	if (class == BPF_STX)
		u->reads |= (u16)(1u << i->src_reg);
	if (is_load)
		u->writes |= (u16)(1u << i->dst_reg);
	if (is_atomic)
		u->reads |= 1;
	if (base == 10 && is_load)
		u->slot_reads |= slot_bit(i->off);
	else if (base == 10 && size == BPF_DW && i->off % 8 == 0 && !is_atomic)
		u->slot_writes |= slot_bit(i->off);
	else if (p->at[base] != NO_STACK && (is_load || is_atomic))
		u->slot_reads = UINT64_MAX;
}

static struct use use_of(const struct bpf_insn *i, const struct points *p)
{
	struct use u = { 0 };
	u8 class = i->code & 7, op = i->code & 0xf0;
	u16 d = (u16)(1u << i->dst_reg), s = (u16)(1u << i->src_reg);

	if (class == BPF_ALU || class == BPF_ALU64) {
		if (op != BPF_MOV)
			u.reads |= d;
		if ((i->code & BPF_X) && op != BPF_END)
			u.reads |= s;
		if (op == BPF_MOV)
			u.writes |= d;
	} else if (class == BPF_LDX || class == BPF_ST || class == BPF_STX) {
		use_memory(&u, i, p);
	} else if (insn_is_ld_imm64(i)) {
		u.writes |= d;
	} else if (class == BPF_LD) {
		u.reads |= (u16)(s | 1u << 6);
		u.writes |= 0x3f;
	} else if (is_call(i)) {
		s16 low = lowest_argument(p);
		u.reads |= 0x3e;
		u.writes |= 0x3f;
		if (low != NO_STACK)
			u.slot_reads = i->src_reg ? UINT64_MAX : slots_above(low);
	} else if (is_exit(i)) {
		u.reads |= 1;
	} else if (is_jump(i) && op != BPF_JA && op != INSN_JCOND) {
		u.reads |= d;
		if (i->code & BPF_X)
			u.reads |= s;
	}
	return u;
}

static void find_live(struct flow *f, const struct bpf_insn *insns, const struct points *points,
		      bool all_slots)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (u32 k = f->count; k-- > 0;) {
			struct flow_insn *at = &f->insns[k];
			const struct bpf_insn *i = &insns[k];
			if (!at->is_start)
				continue;
			struct use u = use_of(i, &points[k]);
			u32 regs = 0;
			u64 slots = 0;
			if (is_jump(i)) {
				regs |= f->insns[flow_target(i, k)].live_regs;
				slots |= f->insns[flow_target(i, k)].live_slots;
			}
			if (!is_ja(i) && !is_exit(i)) {
				regs |= f->insns[k + width(i)].live_regs;
				slots |= f->insns[k + width(i)].live_slots;
			}
			regs = (regs & ~(u32)u.writes) | u.reads;
			slots = all_slots ? UINT64_MAX : (slots & ~u.slot_writes) | u.slot_reads;
			changed |= regs != at->live_regs || slots != at->live_slots;
			at->live_regs = (u16)regs;
			at->live_slots = slots;
		}
	}
}

int flow_make(struct flow *f, struct arena *a, const struct bpf_insn *insns, u32 count, u32 *at,
	      const char **why)
{
	*f = (struct flow){ .count = count, .insns = arena_array(a, struct flow_insn, count) };
	if (!count)
		return -EINVAL;
	int err = check_targets(f, insns, at, why);
	if (!err)
		err = check_functions(f, a, insns, at, why);
	if (err)
		return err;
	struct points *points = arena_array(a, struct points, count);
	bool all_slots = !find_points(f, insns, points);
	find_live(f, insns, points, all_slots);
	return 0;
}
