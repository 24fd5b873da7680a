/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both are sorted by kind and name, and then gone along side by side. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "btf/diff_impl.h"

static const u32 all_kinds =
	RAWBTF_KIND(BTF_KIND_STRUCT) | RAWBTF_KIND(BTF_KIND_UNION) | RAWBTF_KIND(BTF_KIND_ENUM) |
	RAWBTF_KIND(BTF_KIND_ENUM64) | RAWBTF_KIND(BTF_KIND_TYPEDEF) | RAWBTF_KIND(BTF_KIND_FUNC) |
	RAWBTF_KIND(BTF_KIND_VAR) | RAWBTF_KIND(BTF_KIND_INT) | RAWBTF_KIND(BTF_KIND_FLOAT);

enum {
	MAX_CHOICE = 64
}; /* types of one name, each of which is compared with each; more are matched in order */

struct entry {
	u32 kind; /* ENUM for ENUM64, too */
	u32 id;
	const char *name;
	bool is_matched;
};

typedef vec_of(struct entry) entries;

struct diff {
	struct diff_side old_side, new_side;
	struct arena arena; /* of the pair that is compared */
	int (*fn)(void *arg, const struct diff_type *t);
	void *arg;
};

/* The order in which kinds are told. */
static u32 rank_of(u32 kind)
{
	static const u8 order[] = { BTF_KIND_INT,  BTF_KIND_FLOAT,  BTF_KIND_TYPEDEF,
				    BTF_KIND_ENUM, BTF_KIND_STRUCT, BTF_KIND_UNION,
				    BTF_KIND_FUNC, BTF_KIND_VAR };
	u32 i = 0;

	while (i < ARRAY_SIZE(order) && order[i] != kind)
		i++;
	return i;
}

static int compare_keys(const struct entry *x, const struct entry *y)
{
	if (x->kind != y->kind)
		return rank_of(x->kind) < rank_of(y->kind) ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by_key = compare_keys(x, y);

	return by_key ? by_key : x->id < y->id ? -1 : x->id > y->id;
}

static void collect(const struct rawbtf *b, const struct diff_filter *filter, struct arena *a,
		    entries *out)
{
	u32 kinds = all_kinds & (filter->kinds ? filter->kinds : all_kinds);
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while ((t = rawbtf_next(b, &it)) != NULL) {
		u32 kind = BTF_INFO_KIND(t->info);
		const char *name = rawbtf_str(b, t->name_off);

		if (!*name || !(kinds & RAWBTF_KIND(kind)))
			continue;
		if (filter->pattern && !text_glob(filter->pattern, name))
			continue;
		*vec_add(a, out) = (struct entry){ kind == BTF_KIND_ENUM64 ? BTF_KIND_ENUM : kind,
						   it.id, name, false };
	}
	if (out->n)
		qsort(out->at, out->n, sizeof(*out->at), compare_entries);
}

static bool is_named(u32 kind)
{
	return RAWBTF_KIND(kind) & (RAWBTF_KIND(BTF_KIND_STRUCT) | RAWBTF_KIND(BTF_KIND_UNION) |
				    RAWBTF_KIND(BTF_KIND_ENUM) | RAWBTF_KIND(BTF_KIND_ENUM64));
}

/* What has the type's members or enumerators: itself, or what a typedef gives a name to. 0: it has none. */
static u32 body_of(const struct diff_side *s, const struct entry *e)
{
	const struct btf_type *t = rawbtf_type(s->btf, e->id), *target;

	if (is_named(e->kind))
		return e->id;
	if (e->kind != BTF_KIND_TYPEDEF)
		return 0;
	target = rawbtf_type(s->btf, t->type);
	return target && !target->name_off && is_named(BTF_INFO_KIND(target->info)) ? t->type : 0;
}

/* A declaration, where that is all there is of a type. */
static int text_of(struct diff *d, const struct diff_side *s, const struct entry *e,
		   const char **out)
{
	const struct btf_type *t = rawbtf_type(s->btf, e->id);
	const char *text;
	u32 word;

	if (e->kind == BTF_KIND_INT) {
		word = *(const u32 *)(const void *)(t + 1);
		*out = arena_printf(&d->arena, "%u bits%s", BTF_INT_BITS(word),
				    BTF_INT_ENCODING(word) & BTF_INT_SIGNED ? ", signed"
				    : BTF_INT_ENCODING(word) & BTF_INT_BOOL ? ", boolean"
									    : "");
		return 0;
	}
	*out = NULL;
	if (body_of(s, e) || e->kind == BTF_KIND_FLOAT)
		return 0;
	text = dump_declare(s->dump, t->type, e->name);
	if (!text)
		return -EINVAL;
	*out = arena_strdup(&d->arena, text);
	return 0;
}

static void describe(const struct diff_side *s, const struct entry *e, struct diff_type *out,
		     u64 *size)
{
	u32 body = body_of(s, e);

	out->kind = e->kind;
	out->name = e->name;
	out->has_size = body || e->kind == BTF_KIND_INT || e->kind == BTF_KIND_FLOAT;
	*size = rawbtf_type(s->btf, body ? body : e->id)->size;
}

/* Fills in what differs; *is_equal if nothing does. */
static int compare(struct diff *d, const struct entry *x, const struct entry *y,
		   struct diff_type *out, bool *is_equal)
{
	u32 x_body = body_of(&d->old_side, x), y_body = body_of(&d->new_side, y);
	diff_parts old_parts, new_parts;
	int err;

	*out = (struct diff_type){ .change = DIFF_CHANGED };
	describe(&d->old_side, x, out, &out->old_size);
	describe(&d->new_side, y, out, &out->new_size);
	err = text_of(d, &d->old_side, x, &out->old_text);
	if (!err)
		err = text_of(d, &d->new_side, y, &out->new_text);
	if (err)
		return err;
	out->has_size = out->has_size && !x_body == !y_body;
	*is_equal = (!out->has_size || out->old_size == out->new_size) && !x_body == !y_body;
	if (out->old_text && out->new_text)
		*is_equal = *is_equal && !strcmp(out->old_text, out->new_text);
	if (!x_body || !y_body)
		return 0;
	err = diff_parts_of(&d->old_side, &d->arena, x_body, &old_parts);
	if (!err)
		err = diff_parts_of(&d->new_side, &d->arena, y_body, &new_parts);
	if (!err && diff_parts_compare(&d->arena, &old_parts, &new_parts, out))
		*is_equal = false;
	return err;
}

static void forget(struct diff *d)
{
	arena_done(&d->arena);
	arena_init(&d->arena);
}

static int tell_single(struct diff *d, const struct entry *e, enum diff_change change)
{
	struct diff_type t = { .change = change };
	int err;

	if (change == DIFF_ADDED) {
		describe(&d->new_side, e, &t, &t.new_size);
		err = text_of(d, &d->new_side, e, &t.new_text);
	} else {
		describe(&d->old_side, e, &t, &t.old_size);
		err = text_of(d, &d->old_side, e, &t.old_text);
	}
	if (!err)
		err = d->fn(d->arg, &t);
	forget(d);
	return err;
}

static int compare_pair(struct diff *d, struct entry *x, struct entry *y, bool only_equal)
{
	struct diff_type t;
	bool is_equal = false;
	int err = compare(d, x, y, &t, &is_equal);

	if (!err && (is_equal || !only_equal)) {
		x->is_matched = y->is_matched = true;
		if (!is_equal)
			err = d->fn(d->arg, &t);
	}
	forget(d);
	return err;
}

/* Types of one name: nx of the old and ny of the new. */
static int compare_group(struct diff *d, struct entry *x, size_t nx, struct entry *y, size_t ny)
{
	bool is_choice = (nx > 1 || ny > 1) && nx < MAX_CHOICE && ny < MAX_CHOICE;
	int err = 0;

	for (size_t i = 0; i < nx && is_choice; i++)
		for (size_t j = 0; j < ny && !err && !x[i].is_matched; j++)
			if (!y[j].is_matched)
				err = compare_pair(d, &x[i], &y[j], true);
	for (size_t i = 0, j = 0; i < nx && !err; i++) {
		if (x[i].is_matched)
			continue;
		while (j < ny && y[j].is_matched)
			j++;
		err = j < ny ? compare_pair(d, &x[i], &y[j], false)
			     : tell_single(d, &x[i], DIFF_REMOVED);
	}
	for (size_t j = 0; j < ny && !err; j++)
		if (!y[j].is_matched)
			err = tell_single(d, &y[j], DIFF_ADDED);
	return err;
}

static size_t group_end(const entries *e, size_t from)
{
	size_t to = from;

	while (to < e->n && !compare_keys(&e->at[from], &e->at[to]))
		to++;
	return to;
}

static int compare_all(struct diff *d, entries *x, entries *y)
{
	size_t i = 0, j = 0;
	int err = 0;

	while (!err && (i < x->n || j < y->n)) {
		int order = i == x->n ? 1 : j == y->n ? -1 : compare_keys(&x->at[i], &y->at[j]);
		size_t i_end = order <= 0 ? group_end(x, i) : i;
		size_t j_end = order >= 0 ? group_end(y, j) : j;

		err = compare_group(d, x->at + i, i_end - i, y->at + j, j_end - j);
		i = i_end;
		j = j_end;
	}
	return err;
}

int diff_types(const struct rawbtf *old_btf, const struct rawbtf *new_btf,
	       const struct diff_filter *filter, int (*fn)(void *arg, const struct diff_type *t),
	       void *arg, struct diag *diag)
{
	struct diff d = { .fn = fn, .arg = arg };
	entries x = { 0 }, y = { 0 };
	struct arena lists;
	int err;

	arena_init(&lists);
	arena_init(&d.arena);
	d.old_side = (struct diff_side){ old_btf, dump_new(old_btf, NULL, diag), diag };
	d.new_side = (struct diff_side){ new_btf, dump_new(new_btf, NULL, diag), diag };
	collect(old_btf, filter, &lists, &x);
	collect(new_btf, filter, &lists, &y);
	err = compare_all(&d, &x, &y);
	dump_free(d.old_side.dump);
	dump_free(d.new_side.dump);
	arena_done(&d.arena);
	arena_done(&lists);
	return err;
}
