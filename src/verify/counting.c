/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/counting.h"

#include <string.h>

#include "isa/insn.h"

#define REGS 10
#define PLACES 64 /* registers, then slots from the top of the stack down */
#define STEP_MAX ((s64)INT32_MAX)

void counting_begin(struct engine *e)
{
	e->counting = arena_array(&e->own, struct counting, e->loop_count + 1);
	for (u32 i = 0; i < e->loop_count; i++)
		e->counting[i] = (struct counting){ .up = ~0ull, .down = ~0ull };
}

/* A number that is whole, in a register or on the stack; NULL if there is none. */
static struct reg *number_at(struct frame *f, u32 place)
{
	struct reg *r;

	if (place < REGS) {
		r = &f->regs[place];
	} else {
		struct slot *s = place - REGS < f->slot_count ? &f->slots[place - REGS] : NULL;
		if (!s || s->size != 8)
			return NULL;
		r = &s->spill;
	}
	return r->kind == REG_SCALAR ? r : NULL;
}

/* Eight bytes of zeroes are a number that has had no name yet. */
static void make_zeroes_numbers(struct frame *f)
{
	static const u8 zeroes[8] = { BYTE_ZERO, BYTE_ZERO, BYTE_ZERO, BYTE_ZERO,
				      BYTE_ZERO, BYTE_ZERO, BYTE_ZERO, BYTE_ZERO };

	for (u32 i = 0; i < f->slot_count && i < PLACES - REGS; i++) {
		struct slot *s = &f->slots[i];
		if (s->size || memcmp(s->bytes, zeroes, sizeof(zeroes)) != 0)
			continue;
		*s = (struct slot){ .size = sizeof(s->bytes), .spill = reg_const(0) };
		memset(s->bytes, BYTE_SPILL, sizeof(s->bytes));
	}
}

static u32 name_of(const struct engine *e, const struct loop *l, u32 place)
{
	return STATE_NAME | ((u32)(l - e->loops) * PLACES + place);
}

/* The name was given at the head of a loop around this one, which still needs it. */
static bool is_of_outer(const struct engine *e, const struct loop *l, u32 id)
{
	for (u32 i = l->outer; (id & STATE_NAME) && i != LOOPS_NONE; i = e->loops[i].outer) {
		if (i == (id & ~STATE_NAME) / PLACES)
			return true;
	}
	return false;
}

struct renaming {
	u32 from, to;
	s32 off;
};

static void rename_one(struct reg *r, void *arg)
{
	const struct renaming *n = arg;

	if (r->kind == REG_SCALAR && r->id == n->from) {
		s64 off = (s64)r->off - n->off;
		r->id = off == (s32)off ? n->to : 0;
		r->off = r->id ? (s32)off : 0;
	}
}

/* All that is tied to it stays tied. */
static void rename_all(struct engine *e, const struct reg *r, u32 to)
{
	struct renaming n = { r->id, to, r->off };

	state_each(e->cur, rename_one, &n);
}

struct dropping {
	struct engine *e;
	u32 first;
	u64 kept;
	u32 ids[PLACES];
};

static void drop_one(struct reg *r, void *arg)
{
	struct dropping *d = arg;
	u32 place = r->id - d->first;

	if (r->kind != REG_SCALAR || place >= PLACES || (d->kept >> place & 1))
		return;
	if (!d->ids[place])
		d->ids[place] = ++d->e->next_id;
	r->id = d->ids[place];
}

/* Names that something else than their place has, from the round before. */
static void drop_names(struct engine *e, const struct loop *l, u64 kept)
{
	struct dropping d = { .e = e, .first = name_of(e, l, 0), .kept = kept };

	state_each(e->cur, drop_one, &d);
}

static void give_names(struct engine *e, const struct loop *l)
{
	struct frame *f = state_frame(e->cur);

	e->shifted_id = 0; /* it may have another name now */
	make_zeroes_numbers(f);
	for (u32 place = 0; place < PLACES; place++) {
		struct reg *r = number_at(f, place);
		if (!r || r->id - name_of(e, l, 0) < PLACES || is_of_outer(e, l, r->id))
			continue;
		if (r->id) {
			rename_all(e, r, name_of(e, l, place));
		} else {
			r->id = name_of(e, l, place);
			r->off = 0;
		}
	}
}

/* Where a function was left, it is not known who comes from there. */
static bool is_round(const struct engine *e, const struct loop *l)
{
	u32 from = e->cur->from;

	return e->prog->insns[from].code == (BPF_JMP | BPF_EXIT) || loops_is_round(l, from);
}

static bool is_counted(struct engine *e, const struct counting *c)
{
	return c->up || c->down ||
	       engine_fail(e, VERIFY_LOOP, "", "nothing is seen to count the loop's rounds");
}

bool counting_arrive(struct engine *e, const struct loop *l)
{
	struct frame *f = state_frame(e->cur);
	struct counting *c = &e->counting[l - e->loops];
	u64 up = 0, down = 0, named = 0;

	for (u32 place = 0; place < PLACES; place++) {
		const struct reg *r = number_at(f, place);
		if (!r || r->id != name_of(e, l, place))
			continue;
		named |= 1ull << place;
		up |= (u64)(r->off > 0) << place;
		down |= (u64)(r->off < 0) << place;
	}
	if (is_round(e, l)) {
		c->up &= up;
		c->down &= down;
	}
	for (u32 place = 0; place < PLACES; place++) {
		if (named >> place & 1)
			rename_all(e, number_at(f, place), name_of(e, l, place));
	}
	drop_names(e, l, named);
	give_names(e, l);
	return is_counted(e, c);
}

bool counting_keep(struct engine *e, const struct loop *l)
{
	struct frame *f = state_frame(e->cur);
	struct counting *c = &e->counting[l - e->loops];

	give_names(e, l);
	for (u32 place = 0; place < PLACES; place++) {
		const struct reg *r = number_at(f, place);
		u64 bit = 1ull << place;
		if (!r || r->n.full.smax > INT64_MAX - STEP_MAX)
			c->up &= ~bit;
		if (!r || r->n.full.smin < INT64_MIN + STEP_MAX)
			c->down &= ~bit;
	}
	return is_counted(e, c);
}
