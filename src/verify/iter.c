/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Iterators of the kernel: structs on the program's stack that only their functions touch. Each slot has a register of kind REG_ITER:
 *
 *	map: the struct's type	frame: which slot of it	 size: ITER_ACTIVE or ITER_DRAINED	off: rounds so far
 *	id: one for all slots, ref: the same, in the lowest one
 *
 * Asking for the next element goes on in two ways: with an element, and without one, after which there is never one again. As
 * the kernel makes them end, a loop that has got an element may come back to a state that was seen.
 */
#include "verify/kfunc.h"
#include "verify/ktype.h"

enum { ITER_ACTIVE = 1, ITER_DRAINED };

static struct slot *slot_of(struct engine *e, const struct reg *p, u32 index)
{
	return frame_slot(&e->cur->frames[p->frame], (u32)(-(p->off + 8 * (s32)index) - 1) / 8);
}

static bool is_place(const struct reg *p, u32 size)
{
	return p->kind == REG_STACK && scalar_is_zero(&p->n) && p->off % 8 == 0 &&
	       p->off >= -STATE_STACK && p->off + (s32)size <= 0;
}

const struct reg *iter_at(struct engine *e, u32 r, u32 type)
{
	struct reg *p = engine_reg(e, r);
	u32 size = ktype_size(e->opts->kernel, type), id = 0;

	if (!is_place(p, size))
		return NULL;
	for (u32 i = 0; i < size / 8; i++) {
		const struct slot *s = slot_of(e, p, i);
		if (!s->size || s->spill.kind != REG_ITER || s->spill.frame != i ||
		    s->spill.map != type || (i && s->spill.id != id))
			return NULL;
		id = s->spill.id;
	}
	return &slot_of(e, p, 0)->spill;
}

static bool make(struct engine *e, const struct kfunc *k, u32 type)
{
	const struct reg *p = engine_reg(e, 1);
	u32 size = ktype_size(e->opts->kernel, type), id = ++e->next_id;
	struct access a = { .r = 1, .size = size, .is_write = true, .is_helper = true };
	bool in_rcu = e->cur->rcu || !engine_sleeps(e);

	if (!is_place(p, size))
		return engine_fail(e, VERIFY_ARGUMENT, "let it be a variable",
				   "%s() takes room for an iterator on the stack", k->info->name);
	for (u32 i = 0; i < size / 8; i++) {
		if (slot_of(e, p, i)->size && slot_of(e, p, i)->spill.kind == REG_ITER)
			return engine_fail(e, VERIFY_ARGUMENT, "destroy it first",
					   "the iterator was made already");
	}
	if (!check_stack_bytes(e, p, a))
		return false;
	for (u32 i = 0; i < size / 8; i++) {
		struct slot *s = slot_of(e, p, i);
		s->spill = reg_pointer(REG_ITER);
		s->spill.map = type;
		s->spill.frame = (u8)i;
		s->spill.size = ITER_ACTIVE;
		s->spill.id = id;
		s->spill.ref = i ? 0 : id;
		s->spill.trust =
			(k->info->flags & KFUNC_NEEDS_RCU) && in_rcu ? TRUST_RCU : TRUST_TRUSTED;
		s->from = 0;
		s->size = 8;
		for (u32 b = 0; b < 8; b++)
			s->bytes[b] = BYTE_SPILL;
	}
	return state_add_ref(e->cur, id) ||
	       engine_fail(e, VERIFY_COMPLEX, "", "more than %d things are acquired at once",
			   STATE_REFS);
}

static void set_state(struct engine *e, u32 type, u32 state, bool next)
{
	const struct reg *p = engine_reg(e, 1);

	for (u32 i = 0; i < ktype_size(e->opts->kernel, type) / 8; i++) {
		struct reg *it = &slot_of(e, p, i)->spill;
		it->size = state;
		it->off += next;
	}
}

static void clobber(struct engine *e)
{
	for (u32 r = 1; r <= 5; r++)
		*engine_reg(e, r) = (struct reg){ 0 };
}

/* The path with an element waits; this one goes on without. */
static bool next(struct engine *e, u32 type, const struct reg *result)
{
	const struct reg *it = iter_at(e, 1, type);
	struct state drained;

	if (it->size == ITER_ACTIVE) {
		struct state *here = e->cur;
		state_copy(&drained, here);
		set_state(e, type, ITER_ACTIVE, true);
		clobber(e);
		*engine_reg(e, 0) = *result;
		engine_reg(e, 0)->maybe_null = false;
		if (result->kind != REG_MEM)
			engine_reg(e, 0)->id = 0;
		engine_fork(e, here->insn + 1, true);
		state_done(here);
		*here = drained;
		set_state(e, type, ITER_DRAINED, false);
	}
	clobber(e);
	*engine_reg(e, 0) = reg_const(0);
	e->cur->insn++;
	return true;
}

bool iter_call(struct engine *e, const struct kfunc *k, const struct reg *result)
{
	u32 type = ktype_target(e->opts->kernel, k->params[0].type);

	if (k->info->flags & KFUNC_ITER_NEW) {
		if (!make(e, k, type))
			return false;
	} else {
		const struct reg *it = iter_at(e, 1, type);
		if (!it)
			return engine_fail(e, VERIFY_ARGUMENT, "make it first, on every path",
					   "%s() takes an iterator, and r1 is none that was made",
					   k->info->name);
		if (it->trust == TRUST_NOTHING && (k->info->flags & KFUNC_ITER_NEXT))
			return engine_fail(e, VERIFY_REFERENCE, "stay in the RCU section",
					   "the RCU section that the iterator was made in is over");
		if (k->info->flags & KFUNC_ITER_NEXT)
			return next(e, type, result);
		state_release(e->cur, it->ref, engine_stale(e));
		frame_forget(&e->cur->frames[engine_reg(e, 1)->frame], engine_reg(e, 1)->off,
			     ktype_size(e->opts->kernel, type));
	}
	clobber(e);
	*engine_reg(e, 0) = *result;
	e->cur->insn++;
	return true;
}

static s32 depth_of(const struct state *s, u32 frame, u32 slot)
{
	const struct frame *f = &s->frames[frame];

	if (slot >= f->slot_count || !f->slots[slot].size || f->slots[slot].spill.kind != REG_ITER)
		return -1;
	return f->slots[slot].spill.off;
}

bool iter_advanced(const struct state *from, const struct state *to)
{
	for (u32 i = 0; i < to->frame_count && i < from->frame_count; i++) {
		for (u32 k = 0; k < to->frames[i].slot_count; k++) {
			s32 before = depth_of(from, i, k), after = depth_of(to, i, k);
			if (before >= 0 && after >= 0 && before != after)
				return true;
		}
	}
	return false;
}
