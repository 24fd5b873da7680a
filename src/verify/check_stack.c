/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stack: 512 bytes a function, kept as slots of 8 bytes. A register that is stored whole is known when it is loaded again, also of
 * 1, 2 or 4 bytes if it is a number; bytes are written, zero, or unknown.
 */
#include "verify/dynptr.h"
#include "verify/engine.h"

static const char hint_stack[] = "the stack of a function is r10 - 512 up to r10";

struct span {
	s32 low, high; /* distances from r10 of the first byte, and behind the last one */
};

static bool find_span(struct engine *e, const struct reg *p, struct access a, struct span *out)
{
	s64 low = (s64)p->off + a.off + p->n.full.smin;
	s64 high = (s64)p->off + a.off + p->n.full.smax + a.size;

	/* Even of no bytes a place within the stack is asked for. */
	if (low < -STATE_STACK || low >= 0 || high > 0 || p->n.full.smin <= -STATE_MAX_OFFSET)
		return engine_fail(e, VERIFY_STACK, hint_stack,
				   "r%u: %u bytes of stack at r10%+lld to r10%+lld are %s", a.r,
				   a.size, (long long)low, (long long)high,
				   a.is_write ? "written" : "read");
	*out = (struct span){ (s32)low, (s32)high };
	struct frame *f = &e->cur->frames[p->frame];
	if ((u32)-low > e->depths[f->start])
		e->depths[f->start] = (u32)-low;
	return true;
}

static u8 byte_at(struct frame *f, s32 off)
{
	return frame_slot(f, (u32)(-off - 1) / 8)->bytes[(u32)(off + STATE_STACK) % 8];
}

/* Without privilege what a pointer is made of may neither be read nor changed but as a whole. */
static bool keeps_pointers(struct engine *e, struct frame *f, u32 r, struct span span)
{
	for (s32 at = span.low; at < span.high && !e->opts->privileged; at++) {
		const struct slot *slot = frame_slot(f, (u32)(-at - 1) / 8);
		if (slot->size && reg_is_pointer(&slot->spill))
			return engine_fail(e, VERIFY_LEAK,
					   "overwrite it first, with a number of 8 bytes",
					   "r%u: at r10%+d there is an address (%s) on the stack",
					   r, at, reg_kind_name(slot->spill.kind));
	}
	return true;
}

bool check_stack_bytes(struct engine *e, const struct reg *p, struct access a)
{
	struct frame *f = &e->cur->frames[p->frame];
	struct span span;

	if (!find_span(e, p, a, &span) || !keeps_pointers(e, f, a.r, span))
		return false;
	for (s32 at = span.low; at < span.high && !a.is_write; at++) {
		const struct slot *slot = frame_slot(f, (u32)(-at - 1) / 8);
		if (dynptr_opaque(slot))
			return engine_fail(e, VERIFY_STACK, "only its functions may use it",
					   "r%u: a part of %s is read", a.r,
					   reg_kind_name(slot->spill.kind));
		if (byte_at(f, at) == BYTE_NONE && !e->opts->privileged)
			return engine_fail(e, VERIFY_UNINIT, "write all of it first, padding too",
					   "r%u: the byte at r10%+d is read, but was never written",
					   a.r, at);
	}
	/* What a function fills in by itself would make a handle of it that it is not. */
	for (s32 at = span.low; at < span.high && a.is_write && a.is_helper; at++) {
		const struct slot *slot = frame_slot(f, (u32)(-at - 1) / 8);
		if (slot->spill.kind == REG_DYNPTR && dynptr_opaque(slot))
			return engine_fail(e, VERIFY_STACK, "only its functions may use it",
					   "r%u: a part of a dynptr is written", a.r);
	}
	if (a.is_write && !dynptr_overwrite(e, p->frame, span.low, span.high))
		return false;
	if (a.is_write)
		frame_forget(f, span.low, (u32)(span.high - span.low));
	return true;
}

bool check_stack_load(struct engine *e, const struct reg *p, struct access a, struct reg *out)
{
	struct frame *f = &e->cur->frames[p->frame];
	struct span span;

	if (!check_alignment(e, p, a, false) || !find_span(e, p, a, &span))
		return false;
	*out = reg_unknown();
	if (a.size < 8)
		out->n = scalar_zext(&out->n, a.size * 8, SCALAR_BITS);
	if (!scalar_is_const(&p->n))
		return check_stack_bytes(e, p, a);
	struct slot *slot = frame_slot(f, (u32)(-span.low - 1) / 8);
	u32 from = (u32)(span.low + STATE_STACK) % 8;
	if (dynptr_opaque(slot))
		return engine_fail(e, VERIFY_STACK, "only its functions may use it",
				   "r%u: a part of %s is read", a.r,
				   reg_kind_name(slot->spill.kind));
	if (slot->size && slot->from == from && slot->size >= a.size) {
		struct reg *spill = &slot->spill;
		if (slot->size == a.size) {
			if (spill->kind == REG_SCALAR && !spill->id && !scalar_is_const(&spill->n))
				spill->id = ++e->next_id;
			*out = *spill;
			return true;
		}
		if (reg_is_pointer(spill))
			return engine_fail(e, VERIFY_STACK, "load all of its 8 bytes",
					   "r%u: %u bytes of a pointer are read from the stack",
					   a.r, a.size);
		bool same = spill->n.full.umax <= tnum_all(a.size * 8);
		if (same && !spill->id && !scalar_is_const(&spill->n))
			spill->id = ++e->next_id;
		*out = reg_scalar(scalar_zext(&spill->n, a.size * 8, SCALAR_BITS));
		out->id = same ? spill->id : 0;
		out->off = spill->off;
		return true;
	}
	if (slot->size && reg_is_pointer(&slot->spill))
		return engine_fail(e, VERIFY_STACK, "load all of its 8 bytes",
				   "r%u: a part of a pointer is read from the stack", a.r);
	bool zero = true;
	for (s32 at = span.low; at < span.high; at++)
		zero = zero && byte_at(f, at) == BYTE_ZERO;
	if (zero)
		*out = reg_const(0);
	return zero || check_stack_bytes(e, p, a);
}

bool check_stack_store(struct engine *e, const struct reg *p, struct access a,
		       const struct reg *value)
{
	struct frame *f = &e->cur->frames[p->frame];
	struct reg copy = *value; /* it may lie in what is overwritten */
	struct span span;

	if (!check_alignment(e, p, a, false) || !find_span(e, p, a, &span))
		return false;
	if (copy.kind == REG_STACK && copy.frame > p->frame)
		return engine_fail(e, VERIFY_STACK, "",
				   "a pointer to a function's own stack is left in its caller's");
	if (reg_is_pointer(&copy) && a.size != 8)
		return engine_fail(e, VERIFY_STACK, "store all of its 8 bytes",
				   "%u bytes of a pointer are stored", a.size);
	if (a.size < 8 && !keeps_pointers(e, f, a.r, span))
		return false;
	if (!dynptr_overwrite(e, p->frame, span.low, span.high))
		return false;
	frame_forget(f, span.low, (u32)(span.high - span.low));
	if (!scalar_is_const(&p->n))
		return true;
	struct slot *slot = frame_slot(f, (u32)(-span.low - 1) / 8);
	u32 from = (u32)(span.low + STATE_STACK) % 8;
	bool zero = copy.kind == REG_SCALAR && scalar_is_zero(&copy.n);
	/*
	 * A slot has room for one register; a part that comes beside one that is there is bytes. So is any number without CAP_BPF.
	 */
	bool forgets = copy.kind == REG_SCALAR && !e->opts->privileged;
	if (zero || forgets || (slot->size && a.size < 8)) {
		for (u32 i = 0; i < a.size; i++)
			slot->bytes[from + i] = zero ? BYTE_ZERO : BYTE_MISC;
		slot->zero = zero && !from ? (u8)a.size : 0;
		return true;
	}
	if (a.size < 8) {
		copy.id = copy.n.full.umax <= tnum_all(a.size * 8) ? copy.id : 0;
		copy.n = scalar_zext(&copy.n, a.size * 8, SCALAR_BITS);
	}
	slot->spill = copy;
	slot->from = (u8)from;
	slot->size = (u8)a.size;
	for (u32 i = 0; i < a.size; i++)
		slot->bytes[from + i] = BYTE_SPILL;
	return true;
}

#define KEY 4 /* bytes of an array's */

static bool is_known(const struct slot *slot, u32 from, u32 size)
{
	return slot->size == size && slot->from == from && slot->spill.kind == REG_SCALAR &&
	       scalar_is_const(&slot->spill.n);
}

/*
 * Kernels remember a number only where it was stored whole at the beginning of a slot, but zeroes in the other half, too. Of one of 8
 * bytes they take the whole for its upper half, so that has to fit as well.
 */
s64 check_stack_key(struct engine *e, const struct reg *p)
{
	s64 off = (s64)p->off + (s64)p->n.bits.value;
	bool zero = true;

	if (p->kind != REG_STACK || !scalar_is_const(&p->n) || off < -STATE_STACK || off > -KEY ||
	    off % KEY)
		return -1;
	struct slot *slot = frame_slot(&e->cur->frames[p->frame], (u32)(-off - 1) / 8);
	u32 from = (u32)(off + STATE_STACK) % 8;
	for (u32 i = 0; i < KEY; i++)
		zero = zero && slot->bytes[from + i] == BYTE_ZERO;
	if (zero)
		return from || slot->zero == KEY ? 0 : -1;
	if (!is_known(slot, 0, from ? 8 : KEY) || slot->spill.n.bits.value > UINT32_MAX)
		return -1;
	return (s64)slot->spill.n.bits.value;
}
