/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * count(), hist() and so on: what a map holds that they are assigned to.
 *
 * A histogram's buckets, with 2^bits of them for each power of two: one for what is negative, one for each
 * value below 2^bits, then 2^bits for each power of two from 2^bits to 2^63.
 */
#include "lang/check_call.h"
#include "lang/unify.h"

enum { CHECK_MAX_BITS = 5, CHECK_MAX_LINEAR = 1000 };

static const struct {
	enum type_kind kind;
	u32 size;
} aggregates[] = {
	[FUNC_COUNT] = { TYPE_COUNT, 8 }, [FUNC_SUM] = { TYPE_SUM, 8 },
	[FUNC_AVG] = { TYPE_AVG, 16 },    [FUNC_MIN] = { TYPE_MIN, 16 },
	[FUNC_MAX] = { TYPE_MAX, 16 },    [FUNC_STATS] = { TYPE_STATS, 16 },
	[FUNC_HIST] = { TYPE_HIST, 0 },   [FUNC_LHIST] = { TYPE_LHIST, 0 },
};

bool check_is_aggregation(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.func && n->call.func->id <= FUNC_LHIST;
}

static bool check_hist(struct check *c, struct node *n, struct type *t)
{
	struct node *bits = n->call.args->next;
	s64 k = 0;

	if (bits && !check_bounded(c, bits, "hist: the number of bits", 0, CHECK_MAX_BITS, &k))
		return false;
	n->call.info->number = (u64)k;
	t->bits = (u32)k;
	t->count = 1 + (1u << k) + ((64u - (u32)k) << k);
	t->size = t->count * 8;
	return true;
}

static bool check_lhist(struct check *c, struct node *n, struct type *t)
{
	struct node *min = n->call.args->next, *max = min->next, *step = max->next;
	u64 buckets;

	if (!check_bounded(c, min, "lhist: min", INT64_MIN / 4, INT64_MAX / 4, &t->min) ||
	    !check_bounded(c, max, "lhist: max", INT64_MIN / 4, INT64_MAX / 4, &t->max) ||
	    !check_bounded(c, step, "lhist: step", INT64_MIN / 4, INT64_MAX / 4, &t->step))
		return false;
	if (t->step <= 0) {
		check_error(c, step->loc, "lhist: step has to be at least 1");
		return false;
	}
	if (t->max <= t->min) {
		check_error(c, max->loc, "lhist: max has to be greater than min");
		return false;
	}
	buckets = ((u64)t->max - (u64)t->min) / (u64)t->step;
	if (!buckets) {
		check_error(c, step->loc, "lhist: step is greater than the whole range");
		return false;
	}
	if (buckets > CHECK_MAX_LINEAR) {
		check_error(c, n->loc, "lhist: %llu buckets are too many",
			    (unsigned long long)buckets);
		check_hint(
			c, "at most %d: a step of %llu will do", CHECK_MAX_LINEAR,
			(unsigned long long)(((u64)t->max - (u64)t->min) / CHECK_MAX_LINEAR + 1));
		return false;
	}
	t->count = (u32)buckets + 2;
	t->size = t->count * 8;
	return true;
}

const struct type *check_aggregate(struct check *c, struct node *n)
{
	enum func_id id = n->call.func->id;
	struct node *value = n->call.args;
	struct type *t = type_new(c->arena, aggregates[id].kind, aggregates[id].size);

	n->type = &type_none;
	if (value) {
		const char *what = arena_printf(c->arena, "%s: the value", n->call.name);

		if (!check_integer(c, value, what))
			return NULL;
		t->is_signed = value->type->is_signed || value->type->kind == TYPE_BOOL;
	}
	if (id == FUNC_HIST && !check_hist(c, n, t))
		return NULL;
	if (id == FUNC_LHIST && !check_lhist(c, n, t))
		return NULL;
	return t;
}
