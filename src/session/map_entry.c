/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorting is done in two steps: by key, which is the order of ties and shows doubles, and then by rank where
 * values have one.
 */
#include "session/map_entry.h"

#include <stdlib.h>
#include <string.h>

#include "session/histogram.h"

static u64 slot(const u8 *p, size_t index)
{
	u64 n;

	memcpy(&n, p + 8 * index, 8);
	return n;
}

/* The quotient of {total, count}; 0 if nothing was counted. */
static u64 average(const struct type *t, const u8 *value)
{
	u64 total = slot(value, 0), count = slot(value, 1);

	/* Nothing counts beyond s64, so such a count is damage; and -1 would trap. */
	if (!count || count > INT64_MAX)
		return 0;
	return t->is_signed ? (u64)((s64)total / (s64)count) : total / count;
}

static u64 divide(const struct values *v, const struct type *t, u64 n)
{
	if (v->div <= 1)
		return n;
	return t->is_signed ? (u64)((s64)n / (s64)v->div) : n / v->div;
}

bool map_is_chart(const struct type *t)
{
	return t->kind == TYPE_HIST || t->kind == TYPE_LHIST;
}

const char *map_json_type(const struct type *t)
{
	if (map_is_chart(t))
		return "hist";
	return t->kind == TYPE_AVG || t->kind == TYPE_STATS ? "stats" : "map";
}

/* What a value is sorted by. Signed numbers are moved so that they compare as unsigned. false: by key. */
static bool entry_rank(const struct type *t, const u8 *value, u64 *rank)
{
	bool is_signed = t->is_signed;
	u64 n = 0;

	switch (t->kind) {
	case TYPE_COUNT:
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
		n = slot(value, 0);
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		n = average(t, value);
		break;
	case TYPE_HIST:
	case TYPE_LHIST:
		for (u32 i = 0; i < t->count; i++)
			n += slot(value, i);
		is_signed = false;
		break;
	case TYPE_INT:
	case TYPE_ENUM:
		if (!value_int(t, value, t->size, &n))
			return false;
		break;
	default:
		return false;
	}
	*rank = is_signed ? n ^ 1ULL << 63 : n;
	return true;
}

static int compare_keys(const struct type *t, const u8 *a, const u8 *b)
{
	u64 x, y;
	int order;

	if (t->kind == TYPE_TUPLE) {
		for (u32 i = 0; i < t->field_count; i++) {
			const struct field *f = &t->fields[i];

			if (f->offset > t->size || f->type->size > t->size - f->offset)
				break;
			order = compare_keys(f->type, a + f->offset, b + f->offset);
			if (order)
				return order;
		}
		return 0;
	}
	if (value_int(t, a, t->size, &x) && value_int(t, b, t->size, &y)) {
		u64 flip = value_is_signed(t) ? 1ULL << 63 : 0;

		return (x ^ flip) < (y ^ flip) ? -1 : x != y;
	}
	return memcmp(a, b, t->size);
}

static int compare_entry_keys(const void *a, const void *b, void *map)
{
	const struct script_map *sm = map;
	const struct map_entry *x = a, *y = b;
	int order = compare_keys(sm->key, x->key, y->key);

	return order ? order : memcmp(x->key, y->key, sm->key->size);
}

static int compare_entry_ranks(const void *a, const void *b, void *map)
{
	const struct map_entry *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return compare_entry_keys(a, b, map);
}

size_t map_sort(const struct script_map *map, struct map_entry *entries, size_t count)
{
	bool ranked = count > 0;
	size_t n = 0;

	if (!count)
		return 0;
	qsort_r(entries, count, sizeof(*entries), compare_entry_keys, (void *)(uintptr_t)map);
	for (size_t i = 0; i < count; i++) {
		if (n && !memcmp(entries[n - 1].key, entries[i].key, map->key->size))
			continue;
		entries[n++] = entries[i];
	}
	for (size_t i = 0; i < n; i++)
		ranked = ranked && entry_rank(map->value, entries[i].value, &entries[i].rank);
	if (ranked)
		qsort_r(entries, n, sizeof(*entries), compare_entry_ranks, (void *)(uintptr_t)map);
	return n;
}

static u64 value_number(const struct values *v, const struct type *t, const u8 *value)
{
	bool is_average = t->kind == TYPE_AVG || t->kind == TYPE_STATS;

	return divide(v, t, is_average ? average(t, value) : slot(value, 0));
}

static void put_number(struct buf *b, const struct type *t, u64 n)
{
	if (t->is_signed)
		value_put_s64(b, (s64)n);
	else
		value_put_u64(b, n);
}

void map_value_text(struct values *v, struct buf *b, const struct type *t, const u8 *value)
{
	u32 size = map_value_size(t);

	if (map_is_chart(t)) {
		histogram_text(b, t, (const u64 *)(const void *)value, v->div);
	} else if (t->kind == TYPE_STATS) {
		buf_puts(b, "count ");
		value_put_u64(b, slot(value, 1));
		buf_puts(b, ", average ");
		put_number(b, t, value_number(v, t, value));
		buf_puts(b, ", total ");
		put_number(b, t, slot(value, 0));
	} else if (type_is_aggregate(t)) {
		put_number(b, t, value_number(v, t, value));
	} else {
		value_text(v, b, t, value, size);
	}
}

void map_value_json(struct values *v, struct out *o, const struct type *t, const u8 *value)
{
	u32 size = map_value_size(t);

	if (map_is_chart(t)) {
		histogram_json(o, t, (const u64 *)(const void *)value, v->div);
	} else if (t->kind == TYPE_STATS) {
		out_json_open(o, NULL, '{');
		out_json_key(o, "count", 5);
		value_json_int(o, slot(value, 1), false);
		out_json_key(o, "average", 7);
		value_json_int(o, value_number(v, t, value), t->is_signed);
		out_json_key(o, "total", 5);
		value_json_int(o, slot(value, 0), t->is_signed);
		out_json_close(o, '}');
	} else if (type_is_aggregate(t)) {
		value_json_int(o, value_number(v, t, value), t->is_signed);
	} else {
		value_json(v, o, t, value, size);
	}
}

void map_key_text(struct values *v, struct buf *b, const struct type *t, const u8 *key,
		  const char *comma)
{
	size_t start = b->len;

	v->comma = comma;
	value_text(v, b, t, key, t->size);
	v->comma = ", ";
	if (t->kind != TYPE_TUPLE || b->len - start < 2)
		return;
	memmove(b->data + start, b->data + start + 1, b->len - start - 2);
	b->len -= 2;
	b->data[b->len] = '\0';
}
