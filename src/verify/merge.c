/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether one state covers another, and the state that covers two. Ids are names only: the same tie has another name on
 * another path, so they are translated one to one as they are met.
 */
#include <linux/bpf.h>
#include <string.h>

#include "verify/state.h"

#define MERGE_IDS 256

struct ids {
	u32 n;
	struct {
		u32 a, b, joined;
	} at[MERGE_IDS];
};

/* Whether a and b may be the same tie. */
static bool same_id(struct ids *ids, u32 a, u32 b)
{
	if (!a != !b)
		return false;
	for (u32 i = 0; i < ids->n && a; i++) {
		if (ids->at[i].a == a || ids->at[i].b == b)
			return ids->at[i].a == a && ids->at[i].b == b;
	}
	if (a && ids->n < MERGE_IDS) {
		ids->at[ids->n].a = a;
		ids->at[ids->n++].b = b;
		return true;
	}
	return !a;
}

static bool same_shape(const struct reg *a, const struct reg *b)
{
	return a->kind == b->kind && a->frame == b->frame && a->maybe_null == b->maybe_null &&
	       a->is_read_only == b->is_read_only && a->is_record == b->is_record &&
	       (a->map == b->map || a->kind == REG_MEM) && a->trust == b->trust &&
	       a->is_packet == b->is_packet && a->is_lent == b->is_lent &&
	       a->is_percpu == b->is_percpu;
}

static bool reg_subset(struct ids *ids, const struct reg *new, const struct reg *old)
{
	if (old->kind == REG_NONE)
		return true;
	if (!same_shape(new, old) || !scalar_subset(&new->n, &old->n))
		return false;
	if (old->kind == REG_SCALAR && ((old->id | new->id) & STATE_NAME))
		return !old->id || (old->off == new->off && old->id == new->id);
	if (old->kind == REG_SCALAR)
		return !old->id || (old->off == new->off &&same_id(ids, old->id, new->id));
	/* How far iterators have come is no part of what is known. */
	if ((new->off != old->off && old->kind != REG_ITER) || !same_id(ids, old->ref, new->ref) ||
	    !same_id(ids, old->id, new->id))
		return false;
	/* Of a slice the handle's id. */
	if (old->kind == REG_MEM && !same_id(ids, old->map, new->map))
		return false;
	if (old->kind == REG_PACKET || old->kind == REG_PACKET_META)
		return new->size >= old->size;
	return new->size == old->size;
}

/* A byte that may be anything is covered by nothing less; a zero is also anything. */
static bool byte_subset(u8 new, u8 old)
{
	return old == BYTE_NONE || new == old ||
	       (old == BYTE_MISC && (new == BYTE_ZERO || new == BYTE_SPILL));
}

static bool slot_subset(struct ids *ids, const struct slot *new, const struct slot *old)
{
	for (u32 i = 0; i < 8; i++) {
		if (!byte_subset(new->bytes[i], old->bytes[i]))
			return false;
	}
	if (!old->size)
		return !new->size || new->spill.kind == REG_SCALAR ||
		       !memchr(old->bytes, BYTE_MISC, 8);
	return new->size == old->size &&new->from ==
	       old->from &&reg_subset(ids, &new->spill, &old->spill);
}

static bool frame_subset(struct ids *ids, const struct frame *new, const struct frame *old)
{
	static const struct slot nothing;

	if (new->start != old->start || new->call != old->call ||
	    new->is_callback != old->is_callback || old->calls_back > new->calls_back)
		return false;
	for (u32 i = 0; i < 11; i++) {
		if (!reg_subset(ids, &new->regs[i], &old->regs[i]))
			return false;
	}
	for (u32 i = 0; i < old->slot_count; i++) {
		if (!slot_subset(ids, i < new->slot_count ? &new->slots[i] : &nothing,
				 &old->slots[i]))
			return false;
	}
	return true;
}

static bool same_outside(struct ids *ids, const struct state *a, const struct state *b)
{
	if (a->frame_count != b->frame_count || a->ref_count != b->ref_count ||
	    a->lock_map != b->lock_map || a->rcu != b->rcu || a->preempt != b->preempt ||
	    a->sleeps != b->sleeps || !same_id(ids, b->lock, a->lock))
		return false;
	for (u32 i = 0; i < a->ref_count; i++) {
		if (!same_id(ids, b->refs[i], a->refs[i]))
			return false;
	}
	return true;
}

bool state_subset(const struct state *new, const struct state *old)
{
	struct ids ids;

	ids.n = 0;
	if (new->insn != old->insn || !same_outside(&ids, new, old))
		return false;
	for (u32 i = 0; i < new->frame_count; i++) {
		if (!frame_subset(&ids, &new->frames[i], &old->frames[i]))
			return false;
	}
	return true;
}

/* ---- join */

struct join {
	struct ids ids;
	const struct state_joining *how;
};

/* The greatest number up to the next limit, the least one down to 0: a number grows a few times only. */
static struct scalar widen_number(const struct state_joining *how, const struct scalar *a,
				  const struct scalar *sum)
{
	u64 min = sum->full.umin < a->full.umin ? 0 : sum->full.umin, max = sum->full.umax;

	if (max > a->full.umax) {
		u32 i = 0;
		while (i < how->limit_count && how->limits[i] < max)
			i++;
		max = i < how->limit_count ? how->limits[i] : UINT64_MAX;
	}
	return scalar_between(min, max, SCALAR_BITS);
}

static struct scalar join_number(const struct join *j, const struct scalar *a,
				 const struct scalar *b)
{
	struct scalar sum = scalar_join(a, b, SCALAR_BITS);

	if (scalar_subset(b, a))
		return *a;
	if (j->how->widen == STATE_ANY)
		return scalar_unknown(SCALAR_BITS);
	return j->how->widen == STATE_LIMITS ? widen_number(j->how, a, &sum) : sum;
}

static u32 join_id(struct join *j, u32 a, u32 b)
{
	struct ids *ids = &j->ids;

	for (u32 i = 0; i < ids->n; i++) {
		if (ids->at[i].a == a && ids->at[i].b == b)
			return ids->at[i].joined;
	}
	u32 id = ++*j->how->next_id;
	if (ids->n < MERGE_IDS) {
		ids->at[ids->n].a = a;
		ids->at[ids->n].b = b;
		ids->at[ids->n++].joined = id;
	}
	return id;
}

/* Packet pointers of different distances: all of the distance is variable then, and what is there is the least of both. */
static bool join_packet(struct join *j, struct reg *a, const struct reg *b)
{
	struct reg other = *b;

	if (a->off == b->off && a->id == b->id && scalar_subset(&b->n, &a->n)) {
		a->size = a->size < b->size ? a->size : b->size;
		return true;
	}
	if (a->off < 0 || b->off < 0)
		return false;
	if (a->off != b->off) {
		struct reg *both[2] = { a, &other };
		for (int i = 0; i < 2; i++) {
			struct scalar by = scalar_const((u64)both[i]->off, SCALAR_BITS);
			both[i]->n = scalar_alu(BPF_ADD, &both[i]->n, &by,
						(struct scalar_mode){ 0 }, SCALAR_BITS);
			both[i]->size = both[i]->size > (u32)both[i]->off
						? both[i]->size - (u32)both[i]->off
						: 0;
			both[i]->id = join_id(j, both[i]->id, (u32)both[i]->off ^ 0x80000000u);
			both[i]->off = 0;
		}
	}
	a->n = join_number(j, &a->n, &other.n);
	a->size = a->size < other.size ? a->size : other.size;
	a->id = join_id(j, a->id, other.id);
	return true;
}

static bool join_reg(struct join *j, struct reg *a, const struct reg *b)
{
	if (a->kind == REG_NONE || b->kind == REG_NONE) {
		*a = (struct reg){ 0 };
		return true;
	}
	if (!same_shape(a, b))
		return false;
	if (a->kind == REG_SCALAR) {
		a->n = join_number(j, &a->n, &b->n);
		if (!a->id || !b->id || a->off != b->off)
			a->id = 0;
		else if (a->id != b->id)
			a->id = join_id(j, a->id, b->id);
		return true;
	}
	if (a->ref != b->ref)
		return false;
	if (a->kind == REG_PACKET || a->kind == REG_PACKET_META)
		return join_packet(j, a, b);
	if (a->kind == REG_MEM && a->map != b->map)
		return false;
	if (a->kind == REG_ITER)
		a->off = b->off;
	if (a->off != b->off || a->size != b->size)
		return false;
	if (a->id != b->id)
		a->id = join_id(j, a->id, b->id);
	a->n = join_number(j, &a->n, &b->n);
	return true;
}

static bool join_slot(struct join *j, struct slot *a, const struct slot *b)
{
	if (a->size && b->size && a->size == b->size && a->from == b->from) {
		if (!join_reg(j, &a->spill, &b->spill))
			return false;
	} else if (a->size || b->size) {
		if ((a->size && reg_is_pointer(&a->spill)) ||
		    (b->size && reg_is_pointer(&b->spill)))
			return false;
		a->size = 0;
		a->spill = (struct reg){ 0 };
	}
	a->zero = a->zero == b->zero ? a->zero : 0;
	for (u32 i = 0; i < 8; i++) {
		if (a->bytes[i] == BYTE_NONE || b->bytes[i] == BYTE_NONE)
			a->bytes[i] = a->size ? a->bytes[i] : BYTE_NONE;
		else if (a->bytes[i] != b->bytes[i] || (a->bytes[i] == BYTE_SPILL && !a->size))
			a->bytes[i] = BYTE_MISC;
	}
	return true;
}

bool state_join(struct state *into, const struct state *other, const struct state_joining *how)
{
	static const struct slot nothing;
	struct join j = { .how = how };

	if (into->frame_count != other->frame_count || into->ref_count != other->ref_count ||
	    into->lock != other->lock || into->rcu != other->rcu ||
	    into->preempt != other->preempt || into->sleeps != other->sleeps ||
	    memcmp(into->refs, other->refs, into->ref_count * sizeof(into->refs[0])) != 0)
		return false;
	into->rounds = other->rounds;
	for (u32 i = 0; i < into->frame_count; i++) {
		struct frame *f = &into->frames[i];
		const struct frame *g = &other->frames[i];
		if (f->start != g->start || f->call != g->call || f->is_callback != g->is_callback)
			return false;
		f->calls_back = f->calls_back < g->calls_back ? f->calls_back : g->calls_back;
		for (u32 r = 0; r < 11; r++) {
			if (!join_reg(&j, &f->regs[r], &g->regs[r]))
				return false;
		}
		for (u32 k = 0; k < f->slot_count; k++) {
			if (!join_slot(&j, &f->slots[k],
				       k < g->slot_count ? &g->slots[k] : &nothing))
				return false;
		}
	}
	return true;
}
