/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of what can be probed. A pattern is one of
 *
 *	tracepoint:sched:*, k:vfs_*     as a script would write it, with wildcards anywhere
 *	*ware:cpu*                      a wildcard for the kind too
 *	tracepoint                      all of a kind
 *	*sleep*, vfs_read               of any kind, by its full name or its function's
 *
 * Return probes have the targets of their entry probes, so they are listed when asked for only. Each kind
 * is gathered in an arena of its own: all kinds together have some 200,000 names.
 */
#include <string.h>

#include "probe/events.h"
#include "probe/providers.h"

struct lister {
	struct probe_context *c;
	const char *pattern;
	bool (*fn)(void *arg, const struct probe_target *t);
	void *arg;
	struct diag *d; /* NULL: what cannot be read is left out */
	size_t listed;
	bool stopped;
};

static bool is_return(enum attach kind)
{
	return kind == ATTACH_KRETPROBE || kind == ATTACH_FEXIT || kind == ATTACH_URETPROBE;
}

/* What a target has to match: one of those that are given; all NULL: anything. */
struct filter {
	const char *name, *other; /* full names */
	const char *func;
};

static bool passes(const struct filter *f, const struct probe_target *t)
{
	if (!f->name && !f->other && !f->func)
		return true;
	return (f->name && text_glob(f->name, t->name)) ||
	       (f->other && text_glob(f->other, t->name)) ||
	       (f->func && t->func && text_glob(f->func, t->func));
}

static void hand_out(struct lister *l, struct collect *col, struct filter filter)
{
	collect_sort(col);
	for (size_t i = 0; i < col->targets.n && !l->stopped; i++) {
		const struct probe_target *t = &col->targets.at[i];

		if (!passes(&filter, t))
			continue;
		l->listed++;
		l->stopped = !l->fn(l->arg, t);
	}
}

/* Everything of a kind. */
static void gather_all(struct collect *col)
{
	const struct provider *p = provider_of(col->kind);
	struct probe_spec spec = { .kind = col->kind, .func = "*", .is_wild = true };
	struct diag unused;

	if (p->list) {
		p->list(col);
		return;
	}
	spec.text = "*";
	spec.module = col->kind == ATTACH_TRACEPOINT ? "*" : NULL;
	diag_init(&unused, col->c->arena);
	p->expand(col, &spec, &unused);
}

/* What a script's name stands for; its mistakes are reported if the kind was named. */
static int gather_named(struct lister *l, struct collect *col, const char *text)
{
	struct probe_spec spec;
	struct diag unused;
	struct diag *d = l->d;
	int err;

	if (!d) {
		diag_init(&unused, col->c->arena);
		d = &unused;
	}
	err = probe_parse(col->c, text, LOC_NONE, &spec, d);
	if (!err)
		err = provider_of(col->kind)->expand(col, &spec, d);
	return l->d ? err : 0;
}

/* The rest of a pattern as a script would have to write it: what is left out at its end means all. */
static const char *complete(struct arena *a, enum attach kind, const char *rest)
{
	bool has_two =
		kind == ATTACH_TRACEPOINT || kind == ATTACH_UPROBE || kind == ATTACH_URETPROBE;
	const char *colon = strrchr(rest, ':');

	if (!*rest)
		rest = "*";
	if (has_two && !colon)
		return arena_printf(a, "%s:*", rest);
	return colon && !colon[1] ? arena_printf(a, "%s*", rest) : rest;
}

/* A fixed list's names end where the script's number follows: "interval:s:1" is of "interval:s:". */
static void list_fixed(struct lister *l, struct collect *col, const char *rest)
{
	const char *kind = attach_info(col->kind)->name;
	struct arena *a = col->c->arena;
	struct filter filter = { 0 };

	if (*rest) {
		filter.name = arena_printf(a, "%s:%s", kind, rest);
		filter.other = arena_printf(a, "%s:%.*s:", kind, (int)strcspn(rest, ":"), rest);
	}
	gather_all(col);
	hand_out(l, col, filter);
}

/* rest: what follows the kind in the pattern; NULL if that names no kind. */
static int list_kind(struct lister *l, enum attach kind, const char *rest)
{
	struct probe_context local = *l->c;
	struct collect col = { .c = &local, .kind = kind, .max = SIZE_MAX, .aliases = true };
	const char *name = attach_info(kind)->name;
	bool fixed = provider_of(kind)->list && kind != ATTACH_UPROBE && kind != ATTACH_URETPROBE;
	struct arena scratch;
	int err = 0;

	arena_init(&scratch);
	local.arena = &scratch;
	if (!rest) {
		gather_all(&col);
		hand_out(l, &col, (struct filter){ .name = l->pattern, .func = l->pattern });
	} else if (fixed ||
		   (kind == ATTACH_TRACEPOINT && text_is_glob(rest) && !strchr(rest, ':'))) {
		list_fixed(l, &col, rest);
	} else {
		rest = complete(&scratch, kind, rest);
		err = gather_named(l, &col, arena_printf(&scratch, "%s:%s", name, rest));
		hand_out(l, &col, (struct filter){ 0 });
	}
	arena_done(&scratch);
	return err;
}

/* All kinds that a pattern's first part stands for; rest NULL: there is no colon. */
static int list_kinds(struct lister *l, const char *kinds, const char *rest)
{
	for (int i = 0; i < ATTACH_COUNT && !l->stopped; i++) {
		enum attach kind = (enum attach)i;
		bool all = !kinds || !strcmp(kinds, "*");

		if (all ? is_return(kind) : !text_glob(kinds, attach_info(kind)->name))
			continue;
		list_kind(l, kind, rest);
	}
	return 0;
}

static int list_pattern(struct lister *l, struct diag *d)
{
	const char *colon = strchr(l->pattern, ':');
	const char *first =
		colon ? arena_strndup(l->c->arena, l->pattern, (size_t)(colon - l->pattern))
		      : l->pattern;
	int kind = attach_find(first);

	if (kind >= 0) {
		l->d = d;
		return list_kind(l, (enum attach)kind, colon ? colon + 1 : "");
	}
	if (colon && !text_is_glob(first))
		return provider_unknown_kind(first, LOC_NONE, d);
	return list_kinds(l, colon ? first : NULL, colon ? colon + 1 : NULL);
}

int probe_list(struct probe_context *c, const char *pattern,
	       bool (*fn)(void *arg, const struct probe_target *t), void *arg, struct diag *d)
{
	struct lister l = { .c = c, .pattern = pattern, .fn = fn, .arg = arg };
	int err;

	if (!pattern || !*pattern)
		l.pattern = "*";
	/* Found once, not by each kind's own copy of the context. */
	events_tracefs(c);
	err = list_pattern(&l, d);
	if (err || l.listed)
		return err;
	diag_error(d, LOC_NONE, "nothing that can be probed matches '%s'", l.pattern);
	return -ENOENT;
}
