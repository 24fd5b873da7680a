/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep map watch --top: the entries whose numbers change most per second, those of all CPUs together. A number that went past its end in
 * between has gone on, so differences are taken in its own size.
 */
#include "cmd/map/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "btf/form.h"
#include "cmd/live.h"
#include "cmd/map/entry.h"
#include "cmd/map/look.h"

enum {
	MAX_NUMBERS = 32,
	COLUMNS = 4, /* numbers that are shown: the one that is sorted by, and the first others */
	COLUMN = 14, /* their width */
	HEADS = 4,   /* lines of a table that are no entries */
	KEY_WIDTH = 24,    /* at least */
	MAX_KEY_WIDTH = 96 /* where the width is not that of a terminal */
};

struct row {
	const u8 *key, *value;
	s64 change[COLUMNS];
	const char *text; /* of the key */
};

struct top {
	struct noun_args *args;
	const struct map_watch_options *options;
	const struct mapinfo *m;
	struct map_entry entry;
	struct map_look look;
	struct live live;
	struct form_number numbers[COLUMNS];
	u32 n;
	/* of one look */
	struct arena arena;
	vec_of(struct row) rows;
	u64 changed, added, deleted;
	struct timespec at; /* of the last one */
	double seconds;     /* since the one before */
};

/* ---- numbers */

static u64 number_at(const struct form_number *n, const u8 *value)
{
	u64 v = 0;

	memcpy(&v, value + n->offset, n->size);
	return v;
}

static s64 sign_extended(u64 v, u32 size)
{
	u32 spare = 64 - 8 * size;

	return (s64)(v << spare) >> spare;
}

static s64 change_of(const struct top *t, const struct form_number *n, const u8 *value,
		     const u8 *old)
{
	s64 sum = 0;

	for (u32 cpu = 0; cpu < t->m->cpus; cpu++) {
		size_t at = (size_t)cpu * t->m->stride;
		u64 was = old ? number_at(n, old + at) : 0;

		sum += sign_extended(number_at(n, value + at) - was, n->size);
	}
	return sum;
}

static s64 total_of(const struct top *t, const struct form_number *n, const u8 *value)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < t->m->cpus; cpu++) {
		u64 v = number_at(n, value + (size_t)cpu * t->m->stride);

		sum += n->is_signed ? (u64)sign_extended(v, n->size) : v;
	}
	return (s64)sum;
}

/* By name, or the value itself where nothing is known of it but that it has the size of one. */
static u32 find_numbers(struct top *t, struct form_number *all)
{
	const struct map_entry *e = &t->entry;
	u32 size = t->m->info.value_size;
	const struct form *total;

	if (!e->types.value) {
		all[0] = (struct form_number){ "", 0, size, false };
		return size == 1 || size == 2 || size == 4 || size == 8;
	}
	total = form_new(t->args->arena, e->types.btf, e->types.value, size, FORM_TOTAL);
	return total ? form_numbers(total, t->args->arena, all, MAX_NUMBERS) : 0;
}

static int choose_numbers(struct top *t)
{
	struct form_number all[MAX_NUMBERS];
	u32 count = find_numbers(t, all), first = 0;
	const char *by = t->options->by;

	if (!count) {
		diag_error(t->args->diag, LOC_NONE, "map %u has no numbers to sort by",
			   t->m->info.id);
		diag_hint(t->args->diag, "without --top all changes are shown");
		return -EINVAL;
	}
	while (by && first < count && strcmp(all[first].name, by) != 0)
		first++;
	if (first == count) {
		struct nearest near = nearest_to(by);

		for (u32 i = 0; i < count; i++)
			nearest_try(&near, all[i].name);
		diag_error(t->args->diag, LOC_NONE, "values of map %u have no number '%s'",
			   t->m->info.id, by);
		diag_hint(t->args->diag, "%s'%s'?", nearest_name(&near) ? "is it " : "they have ",
			  nearest_name(&near) ? nearest_name(&near) : all[0].name);
		return -EINVAL;
	}
	t->numbers[t->n++] = all[first];
	for (u32 i = 0; i < count && t->n < COLUMNS; i++)
		if (i != first)
			t->numbers[t->n++] = all[i];
	return 0;
}

/* ---- a look */

static const u8 *keep(struct top *t, const u8 *bytes, size_t n)
{
	return memcpy(arena_alloc(&t->arena, n), bytes, n);
}

static void take(void *arg, const u8 *key, const u8 *value, const u8 *old)
{
	struct top *t = arg;
	struct row row;

	if (!value) {
		t->deleted++;
		return;
	}
	t->changed++;
	t->added += !old;
	row = (struct row){
		keep(t, key, t->m->info.key_size), keep(t, value, t->m->value_bytes), { 0 }, NULL
	};
	for (u32 i = 0; i < t->n; i++)
		row.change[i] = change_of(t, &t->numbers[i], value, old);
	*vec_add(&t->arena, &t->rows) = row;
}

static u64 size_of(s64 v)
{
	return v < 0 ? 0 - (u64)v : (u64)v;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct row *x = a, *y = b;
	const struct top *t = arg;

	for (u32 i = 0; i < t->n; i++) {
		u64 n = size_of(x->change[i]), m = size_of(y->change[i]);

		if (n != m)
			return n > m ? -1 : 1;
	}
	return memcmp(x->key, y->key, t->m->info.key_size);
}

static int read_now(struct top *t)
{
	struct timespec before = t->at;
	int err;

	arena_done(&t->arena);
	arena_init(&t->arena);
	t->rows.at = NULL;
	t->rows.n = t->rows.cap = 0;
	t->changed = t->added = t->deleted = 0;
	err = map_look(&t->look, take, t);
	clock_gettime(CLOCK_MONOTONIC, &t->at);
	t->seconds = (double)(t->at.tv_sec - before.tv_sec) +
		     (double)(t->at.tv_nsec - before.tv_nsec) / 1e9;
	if (!err && t->rows.n)
		qsort_r(t->rows.at, t->rows.n, sizeof(*t->rows.at), compare, t);
	return err;
}

/* ---- text */

static const char *key_text(struct top *t, const u8 *key)
{
	struct out *real = t->entry.out, o;
	const char *text;

	out_init(&o, -1, false);
	t->entry.out = &o;
	map_entry_put_key(&t->entry, key);
	t->entry.out = real;
	text = arena_strdup(&t->arena, buf_str(&o.buf));
	buf_done(&o.buf);
	return text;
}

static const char *column_name(const struct form_number *n)
{
	return *n->name ? n->name : "value";
}

static void write_heads(struct top *t, int key_width)
{
	struct out *o = t->args->out;

	out_printf(o, "map %u %s: %u entries, %" PRIu64 " changed", t->m->info.id, t->m->info.name,
		   t->look.snap.n, t->changed);
	if (t->added)
		out_printf(o, ", %" PRIu64 " of them new", t->added);
	if (t->deleted)
		out_printf(o, ", %" PRIu64 " deleted", t->deleted);
	out_printf(o, "\n\n%-*s", key_width, "KEY");
	for (u32 i = 0; i < t->n; i++) {
		const char *name =
			arena_printf(&t->arena, "%.*s/s", COLUMN - 3, column_name(&t->numbers[i]));

		out_printf(o, "%*s", COLUMN, name);
	}
	for (u32 i = 0; i < t->n; i++)
		out_printf(o, " %*.*s", COLUMN - 1, COLUMN - 1, column_name(&t->numbers[i]));
	out_puts(o, "\n");
}

static void write_row(struct top *t, const struct row *r, int key_width)
{
	struct out *o = t->args->out;

	out_printf(o, "%-*.*s", key_width, key_width, r->text);
	for (u32 i = 0; i < t->n; i++)
		out_printf(o, "%*.0f", COLUMN, (double)r->change[i] / t->seconds);
	for (u32 i = 0; i < t->n; i++) {
		s64 total = total_of(t, &t->numbers[i], r->value);

		if (t->numbers[i].is_signed)
			out_printf(o, "%*" PRId64, COLUMN, total);
		else
			out_printf(o, "%*" PRIu64, COLUMN, (u64)total);
	}
	out_puts(o, "\n");
}

/* Keys have what the numbers leave of a line, but no more than they need. */
static void write_table(struct top *t)
{
	size_t width, rows = live_rows(&t->live, HEADS, &width), n = t->rows.n;
	int room = width ? (int)width - (int)(2 * t->n) * COLUMN : MAX_KEY_WIDTH;
	int key_width = KEY_WIDTH;

	if (n > t->options->top)
		n = (size_t)t->options->top;
	if (live_is_terminal(&t->live) && n > rows)
		n = rows;
	for (size_t i = 0; i < n; i++) {
		struct row *r = &t->rows.at[i];

		r->text = key_text(t, r->key);
		if ((int)strlen(r->text) > key_width)
			key_width = (int)strlen(r->text);
	}
	if (key_width > room)
		key_width = room < KEY_WIDTH ? KEY_WIDTH : room;
	live_begin(&t->live);
	write_heads(t, key_width);
	for (size_t i = 0; i < n; i++)
		write_row(t, &t->rows.at[i], key_width);
}

/* ---- JSON */

static void json_row(struct top *t, const struct row *r)
{
	struct out *o = t->args->out;

	out_json_open(o, NULL, '{');
	out_json_key(o, "entry", 5);
	map_entry_print(&t->entry, r->key, r->value);
	out_json_open(o, "per_s", '{');
	for (u32 i = 0; i < t->n; i++)
		out_json_f64(o, column_name(&t->numbers[i]), (double)r->change[i] / t->seconds, 1);
	out_json_close(o, '}');
	out_json_close(o, '}');
}

static void write_json(struct top *t)
{
	struct out *o = t->args->out;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out_json_open(o, NULL, '{');
	out_json_f64(o, "time", (double)now.tv_sec + (double)now.tv_nsec / 1e9, 3);
	out_json_f64(o, "interval", t->seconds, 3);
	out_json_u64(o, "entries", t->look.snap.n);
	out_json_u64(o, "changed", t->changed);
	out_json_u64(o, "added", t->added);
	out_json_u64(o, "deleted", t->deleted);
	out_json_open(o, "top", '[');
	for (size_t i = 0; i < t->rows.n && i < t->options->top; i++)
		json_row(t, &t->rows.at[i]);
	out_json_close(o, ']');
	out_json_close(o, '}');
	out_json_end(o);
}

static int tick(void *arg)
{
	struct top *t = arg;
	int err = read_now(t);

	if (err)
		return err;
	if (t->args->out->json)
		write_json(t);
	else
		write_table(t);
	return 0;
}

int map_watch_top(struct noun_args *a, int fd, const struct mapinfo *m)
{
	const struct map_watch_options *o = a->own;
	struct top t = { .args = a, .options = o, .m = m };
	int err = map_look_init(&t.look, a, fd, m);

	arena_init(&t.arena);
	t.live = (struct live){
		.diag = a->diag,
		.out = a->out,
		.interval_ms = o->interval ? (u32)(o->interval / 1000000) : 1000,
		.count = o->looks > UINT32_MAX ? UINT32_MAX : (u32)o->looks,
		.tick = tick,
		.arg = &t,
	};
	map_entry_init(&t.entry, a, m, o->addresses);
	if (!err)
		err = choose_numbers(&t);
	if (!err)
		err = read_now(&t);
	if (!err)
		err = live_run(&t.live);
	map_entry_done(&t.entry);
	map_look_done(&t.look);
	arena_done(&t.arena);
	return err;
}
