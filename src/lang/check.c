/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The passes, in order:
 *
 *	settings, parameters -> the script's types -> map declarations -> expand: programs ->
 *	resolve: names -> infer: walks until no variable or map changes -> report: one more walk
 *
 * A script is accepted when nothing was reported; then every expression has a type.
 */
#include "lang/check.h"

#include <stdarg.h>

#include "base/text.h"
#include "lang/check_map.h"
#include "lang/check_type.h"
#include "lang/config.h"
#include "lang/expand.h"
#include "lang/resolve.h"

/* Walks until types settle: each further one is for a longer chain of maps that are assigned from one another
 * against the order of the text. */
enum { CHECK_MAX_WALKS = 64 };

bool check_error(struct check *c, struct loc loc, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (c->quiet)
		return false;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_error(c->d, loc, "%s", buf_str(&text));
	buf_done(&text);
	return !c->d->dropped;
}

void check_warning(struct check *c, struct loc loc, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_warning(c->d, loc, "%s", buf_str(&text));
	buf_done(&text);
}

void check_hint(struct check *c, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_hint(c->d, "%s", buf_str(&text));
	buf_done(&text);
}

void check_nearest(struct check *c, const struct nearest *n)
{
	if (nearest_name(n))
		check_hint(c, "did you mean '%s'?", nearest_name(n));
}

const char *check_name(struct check *c, const struct type *t)
{
	return c->quiet ? "" : type_name(c->arena, t);
}

static void check_walk(struct check *c)
{
	c->changed = false;
	for (size_t i = 0; i < c->u->programs.n; i++) {
		c->program = &c->u->programs.at[i];
		c->program_info = &c->info.at[i];
		check_clause(c, c->program->clause);
	}
}

static void check_infer(struct check *c)
{
	u32 walks = 0;

	c->quiet = true;
	do
		check_walk(c);
	while (c->changed && ++walks < CHECK_MAX_WALKS);
	c->quiet = false;
	if (c->changed)
		check_error(
			c, LOC_NONE,
			"the types of the script's maps depend on each other in too many steps");
	check_walk(c);
}

/* A variable that nothing gave a type is either unused, or assigned from itself. */
static void check_finish_vars(struct check *c, struct program *p)
{
	for (size_t i = 0; i < p->vars.n; i++) {
		struct check_var *v = (struct check_var *)p->vars.at[i];

		v->var.type = v->slot.type ? v->slot.type : &type_s64;
		if (!v->slot.type && v->assigned && !c->d->errors)
			check_error(c, v->var.loc,
				    "the type of %s is not known: it is only assigned from itself",
				    v->var.name);
	}
}

int lang_check(struct script_ast *ast, struct probe_context *probes,
	       const struct lang_options *options, struct unit *out, struct diag *d)
{
	struct check c = {
		.u = out,
		.arena = ast->arena,
		.d = d,
		.types = probes->types,
		.probes = probes,
		.options = options,
	};

	*out = (struct unit){
		.arena = ast->arena,
		.ast = ast,
		.options = options,
		.probes = probes,
		.types = probes->types,
	};
	table_init(&c.maps, c.arena);
	table_init(&c.types_made, c.arena);
	table_init(&c.enumerators, c.arena);
	table_init(&c.from_param, c.arena);
	params_init(&c.params, c.arena, options->argc, options->argv);
	config_read(ast->config, c.arena, &out->config, d);
	check_type_defs(&c, ast->types);
	check_map_decls(&c, ast->map_decls);
	expand_programs(&c, ast->clauses);
	for (size_t i = 0; i < out->programs.n; i++)
		resolve_program(&c, &out->programs.at[i]);
	params_check(&c.params, c.arena, d);
	check_infer(&c);
	for (size_t i = 0; i < out->programs.n; i++)
		check_finish_vars(&c, &out->programs.at[i]);
	check_map_finish(&c);
	return d->errors ? -EINVAL : 0;
}
