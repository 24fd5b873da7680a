/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep btf diff. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "btf/diff.h"
#include "cmd/btf/impl.h"
#include "cmd/btf/source.h"

enum { OPT_ONLY, OPT_BASE };
enum { MIN_RUN = 4 }; /* so many members that moved alike are told in one line */

static const struct opt options[] = {
	{ 0, "only", "[KIND:]NAME", "look at these types; the name may be a pattern" },
	{ 'B', "base-btf", "FILE", "what both continue (modules: the running kernel's)" },
};

struct diff_args {
	const char *base_path;
	struct diff_filter filter;
	struct out *out;
	u64 counts[DIFF_CHANGED + 1];
};

static int take_option(struct noun_args *a, int i, const char *value)
{
	struct diff_args *o = a->own;

	if (i == OPT_ONLY)
		return btf_find_split(a, value, &o->filter.kinds, &o->filter.pattern);
	o->base_path = value;
	return 0;
}

/* ---- text */

static const char signs[] = { [DIFF_ADDED] = '+', [DIFF_REMOVED] = '-', [DIFF_CHANGED] = '~' };

static void put_place(struct out *o, u64 offset)
{
	out_printf(o, "%" PRIu64, offset / 8);
	if (offset % 8)
		out_printf(o, ":%" PRIu64, offset % 8);
}

static void put_value(struct out *o, const struct diff_part *p)
{
	if (p->is_signed)
		out_printf(o, "%" PRId64, (s64)p->value);
	else
		out_printf(o, "%" PRIu64, p->value);
}

static void put_type(struct out *o, const struct diff_part *p)
{
	out_puts(o, p->type);
	if (p->bits)
		out_printf(o, " : %u", p->bits);
}

/* One that only one side has. */
static void put_lone(struct out *o, enum diff_change change, const struct diff_part *p)
{
	out_printf(o, "\t%c %s", signs[change], *p->name ? p->name : "(unnamed)");
	if (p->type) {
		out_puts(o, ": ");
		put_type(o, p);
		out_puts(o, " at ");
		put_place(o, p->offset);
	} else {
		out_puts(o, " = ");
		put_value(o, p);
	}
	out_puts(o, "\n");
}

static bool is_retyped(const struct diff_pair *p)
{
	return strcmp(p->old_part->type, p->new_part->type) != 0 ||
	       p->old_part->bits != p->new_part->bits;
}

static void put_changed(struct out *o, const struct diff_pair *p)
{
	const struct diff_part *x = p->old_part, *y = p->new_part;

	out_printf(o, "\t~ %s", *y->name ? y->name : "(unnamed)");
	if (!y->type) {
		out_puts(o, " = ");
		put_value(o, x);
		out_puts(o, " -> ");
		put_value(o, y);
		out_puts(o, "\n");
		return;
	}
	if (is_retyped(p)) {
		out_puts(o, ": ");
		put_type(o, x);
		out_puts(o, " -> ");
		put_type(o, y);
	}
	out_puts(o, " at ");
	put_place(o, x->offset);
	if (x->offset != y->offset) {
		out_puts(o, " -> ");
		put_place(o, y->offset);
	}
	out_puts(o, "\n");
}

/* How many from here on only moved, all as far as the first. */
static size_t run_of(const struct diff_type *t, size_t from)
{
	const struct diff_pair *first = &t->parts.at[from];
	size_t to = from;

	for (; to < t->parts.n; to++) {
		const struct diff_pair *p = &t->parts.at[to];

		if (p->change != DIFF_CHANGED || !p->new_part->type || is_retyped(p) ||
		    p->new_part->offset - p->old_part->offset !=
			    first->new_part->offset - first->old_part->offset)
			break;
	}
	return to - from;
}

static void put_run(struct out *o, const struct diff_pair *first, const struct diff_pair *last,
		    size_t n)
{
	s64 by = (s64)(first->new_part->offset - first->old_part->offset);

	out_printf(o, "\t~ %s ... %s: %zu members moved by %s", first->new_part->name,
		   last->new_part->name, n, by < 0 ? "-" : "+");
	put_place(o, (u64)(by < 0 ? -by : by));
	out_puts(o, "\n");
}

static void put_parts(struct out *o, const struct diff_type *t)
{
	for (size_t i = 0; i < t->parts.n; i++) {
		const struct diff_pair *p = &t->parts.at[i];
		size_t n = run_of(t, i);

		if (n >= MIN_RUN) {
			put_run(o, p, p + n - 1, n);
			i += n - 1;
		} else if (p->change == DIFF_CHANGED) {
			put_changed(o, p);
		} else {
			put_lone(o, p->change, p->new_part ? p->new_part : p->old_part);
		}
	}
}

static void put_text(struct out *o, const struct diff_type *t)
{
	const char *text = t->change == DIFF_ADDED ? t->new_text : t->old_text;
	u64 size = t->change == DIFF_ADDED ? t->new_size : t->old_size;

	out_printf(o, "%c %s %s", signs[t->change], btf_find_word(t->kind), t->name);
	if (t->has_size && t->change == DIFF_CHANGED && t->old_size != t->new_size)
		out_printf(o, ", %" PRIu64 " -> %" PRIu64 " bytes", t->old_size, t->new_size);
	else if (t->has_size)
		out_printf(o, ", %" PRIu64 " byte%s", size, size == 1 ? "" : "s");
	if (t->change != DIFF_CHANGED && text)
		out_printf(o, ": %s", text);
	out_puts(o, "\n");
	if (t->change != DIFF_CHANGED)
		return;
	if (t->old_text && (!t->new_text || strcmp(t->old_text, t->new_text) != 0))
		out_printf(o, "\t- %s\n", t->old_text);
	if (t->new_text && (!t->old_text || strcmp(t->old_text, t->new_text) != 0))
		out_printf(o, "\t+ %s\n", t->new_text);
	put_parts(o, t);
}

/* ---- JSON */

static const char *const words[] = {
	[DIFF_ADDED] = "added", [DIFF_REMOVED] = "removed", [DIFF_CHANGED] = "changed"
};

static void put_part_json(struct out *o, const char *key, const struct diff_part *p)
{
	if (!p)
		return;
	out_json_open(o, key, '{');
	if (p->type) {
		out_json_str(o, "type", p->type, strlen(p->type));
		out_json_u64(o, "bits_offset", p->offset);
		if (p->bits)
			out_json_u64(o, "bitfield_size", p->bits);
	} else if (p->is_signed) {
		out_json_s64(o, "val", (s64)p->value);
	} else {
		out_json_u64(o, "val", p->value);
	}
	out_json_close(o, '}');
}

static void put_parts_json(struct out *o, const struct diff_type *t)
{
	out_json_open(o, "members", '[');
	for (size_t i = 0; i < t->parts.n; i++) {
		const struct diff_pair *p = &t->parts.at[i];
		const char *name = p->new_part ? p->new_part->name : p->old_part->name;

		out_json_open(o, NULL, '{');
		out_json_str(o, "change", words[p->change], strlen(words[p->change]));
		out_json_str(o, "name", name, strlen(name));
		put_part_json(o, "old", p->old_part);
		put_part_json(o, "new", p->new_part);
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
}

static void put_side_json(struct out *o, const char *key, const struct diff_type *t, u64 size,
			  const char *text)
{
	if (!t->has_size && !text)
		return;
	out_json_open(o, key, '{');
	if (t->has_size)
		out_json_u64(o, "size", size);
	if (text)
		out_json_str(o, "declaration", text, strlen(text));
	out_json_close(o, '}');
}

static void put_json(struct out *o, const struct diff_type *t)
{
	const char *kind = btf_find_word(t->kind);

	out_json_open(o, NULL, '{');
	out_json_str(o, "change", words[t->change], strlen(words[t->change]));
	out_json_str(o, "kind", kind, strlen(kind));
	out_json_str(o, "name", t->name, strlen(t->name));
	if (t->change != DIFF_ADDED)
		put_side_json(o, "old", t, t->old_size, t->old_text);
	if (t->change != DIFF_REMOVED)
		put_side_json(o, "new", t, t->new_size, t->new_text);
	if (t->parts.n)
		put_parts_json(o, t);
	out_json_close(o, '}');
}

/* ---- the verb */

static int print_type(void *arg, const struct diff_type *t)
{
	struct diff_args *o = arg;

	o->counts[t->change]++;
	if (o->out->json)
		put_json(o->out, t);
	else
		put_text(o->out, t);
	return 0;
}

static int print_diff(struct noun_args *a, struct diff_args *o, const struct rawbtf *x,
		      const struct rawbtf *y)
{
	int err;

	o->out = a->out;
	if (a->out->json)
		out_json_open(a->out, NULL, '[');
	err = diff_types(x, y, &o->filter, print_type, o, a->diag);
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	} else if (!err) {
		out_printf(a->out, "%" PRIu64 " added, %" PRIu64 " removed, %" PRIu64 " changed\n",
			   o->counts[DIFF_ADDED], o->counts[DIFF_REMOVED], o->counts[DIFF_CHANGED]);
	}
	return err;
}

static int need_source(struct noun_args *a, const char *what, struct btf_source *s)
{
	if (!noun_peek(a))
		return noun_need(a, what, &(const char *){ NULL });
	return btf_source_take(a, s);
}

static int run_diff(struct noun_args *a)
{
	struct diff_args *o = a->own;
	struct btf_source x = { 0 }, y = { 0 };
	int err = need_source(a, "the old BTF", &x);

	if (!err)
		err = need_source(a, "the new BTF", &y);
	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	a->out->flush = OUT_FLUSH_FULL;
	err = btf_source_open(a, &x, o->base_path);
	if (!err)
		err = btf_source_open(a, &y, o->base_path);
	if (!err)
		err = print_diff(a, o, x.file.btf, y.file.btf);
	btf_source_close(&x);
	btf_source_close(&y);
	return err;
}

const struct noun_verb btf_diff_verb = {
	.name = "diff",
	.args = "OLD NEW",
	.help = "What differs between two sources: types added (+), removed (-) and changed "
		"(~).\n\n"
		"Of structs and unions it tells members that came, went, moved or have another "
		"type, with\n"
		"their place in bytes (byte:bit for bit-fields); of enums values; of functions "
		"prototypes.\n"
		"OLD and NEW are each a source as 'skep btf dump --help' has them.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct diff_args),
	.take = take_option,
	.run = run_diff,
};
