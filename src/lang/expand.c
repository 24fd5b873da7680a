/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clause becomes as few programs as it can. Its targets are sorted by a key, and those with the same
 * key share one:
 *
 *	kind | what the kernel wants apart | the arguments that the clause uses: name, place, type
 *
 * So `tracepoint:syscalls:sys_enter_* { @[args.fd] = count(); }` is one program for all calls that have
 * fd at the same place, and `kprobe:vfs_* { @[probe] = count(); }` is one for all. fentry and fexit
 * take one function a program, and what is run rather than attached takes one target.
 */
#include "lang/expand.h"

#include <stdlib.h>
#include <string.h>

#include "lang/walk.h"

/* Nodes that copies of clauses may have in all: a bound on memory, some 600 MB. */
enum { EXPAND_MAX_NODES = 4 << 20 };

/* What of its probe a clause asks about. */
struct usage {
	struct arena *arena;
	struct table names; /* of args.name */
	size_t args;        /* times that args is used */
	size_t named;       /* of them as args.name */
	bool retval;
	bool probe; /* which target fired: probe, func */
	size_t nodes;
};

static bool expand_is_name(const struct node *n, const char *name)
{
	if (n->kind == NODE_CALL)
		return !strcmp(n->call.name, name) && !n->call.count;
	return n->kind == NODE_IDENT && !strcmp(n->name, name);
}

static void expand_look(void *arg, struct node *n)
{
	struct usage *u = arg;

	u->nodes++;
	if (expand_is_name(n, "args"))
		u->args++;
	else if (expand_is_name(n, "retval"))
		u->retval = true;
	else if (expand_is_name(n, "probe") || expand_is_name(n, "func"))
		u->probe = true;
	if (n->kind != NODE_FIELD || !n->field.name || !expand_is_name(n->field.base, "args"))
		return;
	u->named++;
	table_set_str(&u->names, n->field.name, u);
}

/* Kinds that user space runs itself, one target at a time. */
static bool expand_is_run(enum attach kind)
{
	return kind == ATTACH_BEGIN || kind == ATTACH_END || kind == ATTACH_SELF ||
	       kind == ATTACH_INTERVAL;
}

static bool expand_is_k(enum attach kind)
{
	return kind == ATTACH_KPROBE || kind == ATTACH_KRETPROBE;
}

static bool expand_is_u(enum attach kind)
{
	return kind == ATTACH_UPROBE || kind == ATTACH_URETPROBE;
}

static void expand_key_field(struct arena *a, const struct field *f, struct buf *key)
{
	buf_printf(key, "|%s@%u:%u:%u%s %s", f->name, f->offset, f->bit_offset, f->bit_size,
		   f->is_data_loc ? "d" : "", type_name(a, f->type));
	if (f->type->kind == TYPE_INT)
		buf_printf(key, "%u%c", f->type->size, f->type->is_signed ? 's' : 'u');
}

static void expand_key_args(const struct usage *u, const struct probe_args *args, struct buf *key)
{
	const struct type *t = args->args;

	if (t && u->args) {
		for (u32 i = 0; i < t->field_count; i++) {
			if (u->args > u->named || table_get_str(&u->names, t->fields[i].name))
				expand_key_field(u->arena, &t->fields[i], key);
		}
		buf_printf(key, "|%d", args->slots);
	}
	if (u->retval && args->retval)
		buf_printf(key, "|ret@%u %s", args->retval_offset,
			   type_name(u->arena, args->retval));
}

/* The key, and on the way the arguments if they are needed. */
static void expand_key(struct check *c, const struct usage *u, const struct probe_target *t,
		       struct program *p, struct check_program *info, struct buf *key)
{
	buf_clear(key);
	buf_printf(key, "%d", t->kind);
	if (t->kind == ATTACH_FENTRY || t->kind == ATTACH_FEXIT || expand_is_run(t->kind) ||
	    (t->kind == ATTACH_RAWTRACEPOINT && u->probe))
		buf_printf(key, "|%s", t->name);
	if (expand_is_u(t->kind))
		buf_printf(key, "|%s", t->module ? t->module : "");
	if (expand_is_k(t->kind))
		buf_printf(key, "|%d", t->offset || !t->func);
	info->user_args =
		t->kind == ATTACH_TRACEPOINT && t->module && !strcmp(t->module, "syscalls");
	buf_printf(key, "|%d", info->user_args);
	if (!u->args && !u->retval)
		return;
	if (probe_args(c->probes, t, &p->args, &info->why) == 0) {
		p->args_known = true;
		expand_key_args(u, &p->args, key);
	} else {
		buf_puts(key, "|none");
	}
}

/* The program for a target: the one of its group, or a new one. False when there are too many. */
static bool expand_target(struct check *c, const struct usage *u, struct table *groups,
			  struct clause *clause, const struct probe_target *t, struct loc loc,
			  struct buf *key)
{
	struct program p = { .kind = t->kind };
	struct check_program info = { .target = t->name };
	struct program *to;
	size_t at;

	expand_key(c, u, t, &p, &info, key);
	at = (size_t)(uintptr_t)table_get(groups, key->data, key->len);
	if (!at) {
		if (c->u->programs.n >= LANG_MAX_PROGRAMS) {
			check_error(c, loc, "the script makes more than %u BPF programs",
				    LANG_MAX_PROGRAMS);
			check_hint(c, "probes with the same arguments share one, but each fentry, "
				      "fexit and interval has its own");
			return false;
		}
		p.clause = clause;
		*vec_add(c->arena, &c->u->programs) = p;
		*vec_add(c->arena, &c->info) = info;
		at = c->u->programs.n;
		table_set(groups, key->data, key->len, (void *)(uintptr_t)at);
	}
	to = &c->u->programs.at[at - 1];
	*vec_add(c->arena, &to->targets) = *t;
	to->multi = to->targets.n > 1 &&
		    (expand_is_u(t->kind) || (expand_is_k(t->kind) && t->func && !t->offset));
	return true;
}

/* $1 in a probe's name is the parameter as it was given. */
static const char *expand_params(struct check *c, const struct probe_name *name)
{
	struct buf text = { 0 };
	const char *from = name->text;

	for (const char *at; (at = strchr(from, '$')); from = at) {
		char *end;
		unsigned long n = strtoul(at + 1, &end, 10);
		const char *value = end > at + 1 ? params_positional(&c->params, (u32)n) : NULL;
		if (!value) {
			check_error(c, name->loc, "there is no parameter for '%.*s'",
				    (int)(end > at + 1 ? end - at : 1), at);
			diag_hint(c->d, "parameters follow the script: skep FILE PARAMETER ...");
			buf_done(&text);
			return NULL;
		}
		buf_put(&text, from, (size_t)(at - from));
		buf_puts(&text, value);
		at = end;
	}
	buf_puts(&text, from);
	const char *whole = arena_strdup(c->arena, buf_str(&text));
	buf_done(&text);
	return whole;
}

/* As probe_expand; what is missing is an error, a warning or nothing, as the script wants it. */
static int expand_probe(struct check *c, const struct probe_name *name, probe_targets *targets)
{
	struct probe_spec spec;
	struct diag quiet;
	const char *text = expand_params(c, name);
	int err = text ? probe_parse(c->probes, text, name->loc, &spec, c->d) : -EINVAL;

	if (err < 0)
		return err;
	if (!c->u->config.missing_probes)
		return probe_expand(c->probes, &spec, targets, c->d);
	diag_init(&quiet, c->arena);
	err = probe_expand(c->probes, &spec, targets, &quiet);
	for (size_t i = 0; err < 0 && c->u->config.missing_probes == 1 && i < quiet.items.n; i++)
		diag_warning(c->d, quiet.items.at[i].loc, "%s", quiet.items.at[i].text);
	return 0;
}

/* Copies for all programs of the clause but the first. */
static void expand_copy(struct check *c, struct clause *clause, size_t first, size_t nodes)
{
	size_t programs = c->u->programs.n;

	if (programs > first + 1)
		c->nodes += (programs - first - 1) * nodes;
	if (c->nodes > EXPAND_MAX_NODES) {
		check_error(c, clause->loc, "this clause is too long to be copied for %zu programs",
			    programs - first);
		c->u->programs.n = first;
		return;
	}
	for (size_t i = first + 1; i < programs; i++)
		c->u->programs.at[i].clause = ast_copy_clause(c->arena, clause);
}

static bool expand_clause(struct check *c, struct clause *clause, size_t *total, struct buf *key)
{
	struct usage u = { .arena = c->arena };
	size_t first = c->u->programs.n;
	probe_targets targets = { 0 };
	struct table groups;

	table_init(&u.names, c->arena);
	table_init(&groups, c->arena);
	walk_nodes(clause->predicate, expand_look, &u);
	walk_nodes(clause->body, expand_look, &u);
	for (const struct probe_name *name = clause->probes; name; name = name->next) {
		size_t from = targets.n;

		if (c->d->suppressed) /* nobody reads more mistakes than that */
			return false;
		expand_probe(c, name, &targets);
		*total += targets.n - from;
		if (c->u->config.max_probes && *total > c->u->config.max_probes) {
			check_error(c, name->loc, "the script attaches to more than %u probes",
				    c->u->config.max_probes);
			check_hint(c, "allow more with config = { max_probes = %zu }", *total);
			return false;
		}
		for (size_t i = from; i < targets.n; i++) {
			if (!expand_target(c, &u, &groups, clause, &targets.at[i], name->loc, key))
				return false;
		}
	}
	expand_copy(c, clause, first, u.nodes);
	return true;
}

void expand_programs(struct check *c, struct clause *clauses)
{
	struct buf key = { 0 };
	size_t total = 0;

	for (struct clause *clause = clauses; clause; clause = clause->next) {
		if (!expand_clause(c, clause, &total, &key))
			break;
	}
	buf_done(&key);
}
