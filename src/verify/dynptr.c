/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/dynptr.h"

#define BYTES 16

static struct slot *slot_at(struct engine *e, u32 frame, s32 off)
{
	return frame_slot(&e->cur->frames[frame], (u32)(-off - 1) / 8);
}

static bool is_handle(const struct slot *s, u32 index)
{
	return s->size && s->spill.kind == REG_DYNPTR && s->spill.frame == index;
}

static bool is_place(const struct reg *p)
{
	return p->kind == REG_STACK && scalar_is_zero(&p->n) && p->off % 8 == 0 &&
	       p->off >= -STATE_STACK && p->off <= -BYTES;
}

const struct reg *dynptr_at(struct engine *e, u32 r)
{
	const struct reg *p = engine_reg(e, r);

	if (p->kind == REG_DYNPTR)
		return p;
	if (!is_place(p))
		return NULL;
	const struct slot *low = slot_at(e, p->frame, p->off),
			  *high = slot_at(e, p->frame, p->off + 8);
	if (!is_handle(low, 0) || !is_handle(high, 1) || low->spill.id != high->spill.id)
		return NULL;
	return &low->spill;
}

bool dynptr_take(struct engine *e, u32 r, enum dynptr_kind kind, bool changes, const char *who)
{
	const struct reg *d = dynptr_at(e, r);

	if (!d)
		return engine_fail(
			e, VERIFY_ARGUMENT, "make it first, on every path",
			"%s() takes a dynptr as argument %u, and r%u is none that was made", who, r,
			r);
	if (kind != DYNPTR_ANY && d->size != kind)
		return engine_fail(e, VERIFY_ARGUMENT, "",
				   "%s() takes a dynptr to memory of another kind as argument %u",
				   who, r);
	if (changes && engine_reg(e, r)->kind == REG_DYNPTR)
		return engine_fail(e, VERIFY_ARGUMENT,
				   "make one of your own with bpf_dynptr_clone()",
				   "%s() changes the dynptr, and r%u may only be read", who, r);
	return true;
}

struct owner {
	u32 id;
};

static bool is_slice(const struct reg *r, const void *arg)
{
	const struct owner *o = arg;

	return r->kind == REG_MEM && o->id && r->map == o->id;
}

/* How many handles there are of what has to be released. */
static u32 count_handles(struct engine *e, u32 ref)
{
	u32 n = 0;

	for (u32 i = 0; i < e->cur->frame_count; i++) {
		const struct frame *f = &e->cur->frames[i];
		for (u32 k = 0; k < f->slot_count; k++)
			n += is_handle(&f->slots[k], 0) && f->slots[k].spill.ref == ref;
	}
	return n;
}

bool dynptr_overwrite(struct engine *e, u32 frame, s32 low, s32 high)
{
	s32 first = low - (low + STATE_STACK) % 8;

	for (s32 at = first; at < high && at < 0; at += 8) {
		struct slot *s = slot_at(e, frame, at);
		if (s->spill.kind != REG_DYNPTR || !dynptr_opaque(s))
			continue;
		struct owner o = { s->spill.id };
		s32 from = s->spill.frame ? at - 8 : at;
		if (s->spill.ref && count_handles(e, s->spill.ref) < 2)
			return engine_fail(e, VERIFY_REFERENCE, "submit or discard it before",
					   "a dynptr is overwritten whose record was not released");
		state_forget(e->cur, is_slice, &o, engine_stale(e));
		frame_forget(&e->cur->frames[frame], from, BYTES);
	}
	return true;
}

static bool put(struct engine *e, u32 r, struct reg handle, const char *who)
{
	const struct reg p = *engine_reg(e, r);
	struct access a = { .r = r, .size = BYTES, .is_write = true, .is_helper = true };

	if (!is_place(&p))
		return engine_fail(e, VERIFY_ARGUMENT, "let it be a variable of struct bpf_dynptr",
				   "%s() takes room for a dynptr on the stack as argument %u", who,
				   r);
	if (!dynptr_overwrite(e, p.frame, p.off, p.off + BYTES) || !check_stack_bytes(e, &p, a))
		return false;
	for (u32 i = 0; i < 2; i++) {
		struct slot *s = slot_at(e, p.frame, p.off + 8 * (s32)i);
		s->spill = handle;
		s->spill.frame = (u8)i;
		s->from = 0;
		s->size = 8;
		for (u32 b = 0; b < 8; b++)
			s->bytes[b] = BYTE_SPILL;
	}
	return true;
}

bool dynptr_make(struct engine *e, u32 r, enum dynptr_kind kind, u32 ref, const char *who)
{
	struct reg handle = reg_pointer(REG_DYNPTR);

	handle.size = kind;
	handle.id = ++e->next_id;
	handle.ref = ref;
	return put(e, r, handle, who);
}

bool dynptr_clone(struct engine *e, u32 from, u32 to, const char *who)
{
	if (!dynptr_take(e, from, DYNPTR_ANY, false, who))
		return false;
	struct reg handle = *dynptr_at(e, from);
	handle.id = ++e->next_id;
	return put(e, to, handle, who);
}

struct reg dynptr_slice(const struct reg *dynptr, u32 size)
{
	struct reg out = reg_pointer(REG_MEM);

	out.size = size;
	out.map = dynptr->id;
	out.ref = dynptr->ref;
	out.is_packet = dynptr->size == DYNPTR_PACKET;
	return out;
}
