/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a script through parse and check and renders the result. */
#include "unit/lang_checked.h"

#include <string.h>

#include "lang/walk.h"
#include "unit/test.h"

void checked_init(struct checked *k)
{
	memset(k, 0, sizeof(*k));
	arena_init(&k->arena);
	diag_init(&k->diag, &k->arena);
	k->types = types_new(&k->arena);
	probe_init(&k->probes, &k->arena, k->types);
}

void checked_done(struct checked *k)
{
	probe_done(&k->probes);
	types_free(k->types);
	buf_done(&k->text);
	arena_done(&k->arena);
}

static void checked_show_diag(struct checked *k)
{
	for (size_t i = 0; i < k->diag.items.n; i++) {
		const struct diag_item *it = &k->diag.items.at[i];

		buf_printf(&k->text, "%s%s", k->text.len ? " | " : "",
			   it->level == DIAG_WARNING ? "w " : "");
		if (it->loc.line)
			buf_printf(&k->text, "%u:%u: ", it->loc.line, it->loc.col);
		buf_printf(&k->text, "%s", it->text);
		if (it->hint)
			buf_printf(&k->text, " {%s}", it->hint);
	}
}

static void checked_show_types(struct checked *k)
{
	for (size_t i = 0; i < k->unit.maps.n; i++) {
		const struct map *m = k->unit.maps.at[i];

		buf_printf(&k->text, "%s%s", k->text.len ? " " : "", m->name);
		if (m->key)
			buf_printf(&k->text, "[%s]", type_name(&k->arena, m->key));
		buf_printf(&k->text, "=%s", type_name(&k->arena, m->value));
	}
	for (size_t p = 0; p < k->unit.programs.n; p++) {
		for (size_t i = 0; i < k->unit.programs.at[p].vars.n; i++) {
			const struct var *v = k->unit.programs.at[p].vars.at[i];

			buf_printf(&k->text, "%s%s%s=%s", k->text.len ? " " : "", v->name,
				   v->captured ? "^" : "", type_name(&k->arena, v->type));
		}
	}
}

/* What gen may rely on: every expression has a type, and what check resolves is gone. */
static void checked_node(void *arg, struct node *n)
{
	struct checked *k = arg;
	bool mode = n->kind == NODE_IDENT && n->type == &type_none;

	if (n->kind >= NODE_EXPR)
		return;
	if (!n->type)
		buf_printf(&k->text, " (no type at %u:%u)", n->loc.line, n->loc.col);
	if ((n->kind == NODE_IDENT && !mode) || n->kind == NODE_PARAM || n->kind == NODE_SIZEOF ||
	    n->kind == NODE_OFFSETOF || (n->kind == NODE_CALL && !n->call.info))
		buf_printf(&k->text, " (not resolved at %u:%u)", n->loc.line, n->loc.col);
}

static void checked_nodes(struct checked *k)
{
	for (size_t i = 0; i < k->unit.programs.n; i++) {
		struct clause *c = k->unit.programs.at[i].clause;

		walk_nodes(c->predicate, checked_node, k);
		walk_nodes(c->body, checked_node, k);
	}
	for (size_t i = 0; i < k->unit.maps.n; i++) {
		const struct map *m = k->unit.maps.at[i];

		if (m->index != i || (m->key_known && !m->value))
			buf_printf(&k->text, " (%s is not settled)", m->name);
	}
}

const char *checked_run(struct checked *k, const char *source)
{
	struct script_ast *ast = NULL;

	diag_set_source(&k->diag, "test", source, strlen(source));
	k->err = lang_parse(&k->arena, source, strlen(source), &ast, &k->diag);
	if (!k->err)
		k->err = lang_check(ast, &k->probes, &k->options, &k->unit, &k->diag);
	checked_show_diag(k);
	if (!k->err) {
		checked_show_types(k);
		checked_nodes(k);
	}
	return buf_str(&k->text);
}

void checked_cases(const struct check_case *cases, size_t n, bool unsafe)
{
	for (size_t i = 0; i < n; i++) {
		struct checked k;
		const char *got;

		checked_init(&k);
		k.options.unsafe = unsafe;
		got = checked_run(&k, cases[i].source);
		if (strcmp(got, cases[i].want) != 0)
			test_fail(__FILE__, __LINE__, "%s\n  got  %s\n  want %s", cases[i].source,
				  got, cases[i].want);
		checked_done(&k);
	}
}
