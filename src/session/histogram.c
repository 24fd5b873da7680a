/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bucket i holds the values from edge i - 1 up to, but not including, edge i. The first is open below and
 * the last of an lhist open above. With n = 2^bits buckets a power of two, the edges of a hist are
 *
 *	0, 1, 2 ... 2n - 1 as they are, then n steps from each power of two to the next:
 *	bits 0:  0 1 2 4 8 16 32 ...
 *	bits 2:  0 1 2 3 4 5 6 7 8 10 12 14 16 20 24 28 32 ...
 */
#include "session/histogram.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/value.h"

enum { HISTOGRAM_WIDTH = 52 };

struct edge {
	s64 value;
	char text[24];
	bool plain; /* written as it is, not as a multiple of K, M, ... */
};

static struct edge edge_hist(const struct type *t, u32 index)
{
	static const char units[] = " KMGTPE";
	u32 bits = t->bits > 5 ? 5 : t->bits, n = 1U << bits;
	struct edge e = { .plain = index <= 2 * n };
	u64 step;
	u32 power;

	if (e.plain) {
		e.value = index;
		snprintf(e.text, sizeof(e.text), "%" PRIu32, index);
		return e;
	}
	power = (index >> bits) - 1;
	if (power > 63)
		power = 63;
	step = n + (index & (n - 1));
	e.value = (s64)(step << power);
	snprintf(e.text, sizeof(e.text), "%" PRIu64 "%.*s", step << power % 10, power >= 10,
		 units + power / 10);
	return e;
}

static struct edge edge_lhist(const struct type *t, u32 index)
{
	enum { KILO = 1024, MEGA = 1024 * 1024 };
	struct edge e = { .plain = t->step % KILO != 0 };

	e.value = (s64)((u64)t->min + (u64)index * (u64)t->step);
	if (e.plain || !e.value || e.value % KILO)
		snprintf(e.text, sizeof(e.text), "%" PRId64, e.value);
	else if (e.value % MEGA)
		snprintf(e.text, sizeof(e.text), "%" PRId64 "K", e.value / KILO);
	else
		snprintf(e.text, sizeof(e.text), "%" PRId64 "M", e.value / MEGA);
	return e;
}

static struct edge edge_at(const struct type *t, u32 index)
{
	return t->kind == TYPE_HIST ? edge_hist(t, index) : edge_lhist(t, index);
}

/* Whether bucket i has no upper edge. */
static bool bucket_is_open(const struct type *t, u32 i)
{
	return t->kind == TYPE_LHIST && i + 1 >= t->count;
}

/* The buckets in use: *first to *last; false if there are none. */
static bool histogram_range(const struct type *t, const u64 *buckets, u32 *first, u32 *last)
{
	bool any = false;

	for (u32 i = 0; i < t->count; i++) {
		if (!buckets[i])
			continue;
		if (!any)
			*first = i;
		*last = i;
		any = true;
	}
	return any;
}

static u64 bucket_count(const struct type *t, const u64 *buckets, u32 i, u32 div)
{
	return t->kind == TYPE_HIST && div > 1 ? buckets[i] / div : buckets[i];
}

static void bucket_label(const struct type *t, u32 i, char label[64])
{
	struct edge low = { 0 }, high = { 0 };

	if (i)
		low = edge_at(t, i - 1);
	if (!bucket_is_open(t, i))
		high = edge_at(t, i);
	if (!i)
		snprintf(label, 64, "(..., %s)", high.text);
	else if (bucket_is_open(t, i))
		snprintf(label, 64, "[%s, ...)", low.text);
	else if (low.plain && high.plain && low.value + 1 == high.value)
		snprintf(label, 64, "[%s]", low.text);
	else
		snprintf(label, 64, "[%s, %s)", low.text, high.text);
}

void histogram_text(struct buf *b, const struct type *t, const u64 *buckets, u32 div)
{
	u32 first = 1, last = 0;
	u64 most = 0;

	if (!histogram_range(t, buckets, &first, &last))
		return;
	for (u32 i = first; i <= last; i++) {
		u64 count = bucket_count(t, buckets, i, div);

		most = count > most ? count : most;
	}
	for (u32 i = first; i <= last; i++) {
		u64 count = bucket_count(t, buckets, i, div);
		/* In single precision, as everyone who compares charts does it. */
		int bar = most ? (int)((float)count / (float)most * HISTOGRAM_WIDTH) : 0;
		char label[64], bars[HISTOGRAM_WIDTH + 1];

		bucket_label(t, i, label);
		memset(bars, '@', (size_t)bar);
		bars[bar] = '\0';
		buf_printf(b, "%-16s%8" PRIu64 " |%-*s|\n", label, count, HISTOGRAM_WIDTH, bars);
	}
}

void histogram_json(struct out *o, const struct type *t, const u64 *buckets, u32 div)
{
	u32 first = 1, last = 0;

	histogram_range(t, buckets, &first, &last);
	out_json_open(o, NULL, '[');
	for (u32 i = first; i <= last; i++) {
		value_json_next(o, i == first);
		out_json_open(o, NULL, '{');
		if (i) {
			out_json_key(o, "min", 3);
			value_json_int(o, (u64)edge_at(t, i - 1).value, true);
		}
		if (!bucket_is_open(t, i)) {
			out_json_key(o, "max", 3);
			value_json_int(o, (u64)edge_at(t, i).value - 1, true);
		}
		out_json_u64(o, "count", bucket_count(t, buckets, i, div));
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
}
