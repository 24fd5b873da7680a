/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A variable lives from its declaration (let, or the first assignment) to the end of the block around
 * it. Since an inner one may not hide an outer one, a name means one variable at most at any place, and a
 * table from names to variables with a stack of what to forget at a block's end is all it takes.
 */
#include "lang/resolve.h"

#include <string.h>

#include "base/text.h"
#include "lang/builtin.h"
#include "lang/walk.h"

struct name {
	struct check_var *var; /* NULL: not visible here */
	struct loc gone;       /* of one that was, in a block before */
	const char *name;
};

struct resolve {
	struct check *c;
	struct program *p;
	struct table names;
	vec_of(struct name *) visible;
	u32 for_depth;
};

static void resolve_list(void *arg, struct node *list);

struct check_map *resolve_map(struct check *c, const char *name, struct loc loc)
{
	struct check_map *m = table_get_str(&c->maps, name);

	if (m)
		return m;
	m = arena_new(c->arena, struct check_map);
	m->map.name = name;
	m->map.loc = loc;
	m->map.index = (u32)c->u->maps.n;
	*vec_add(c->arena, &c->u->maps) = &m->map;
	table_set_str(&c->maps, name, m);
	return m;
}

/* Variables */

static struct check_var *resolve_declare(struct resolve *r, struct node *n)
{
	struct name *name = table_get_str(&r->names, n->var.name);
	struct check_var *v;

	if (name && name->var) {
		check_error(r->c, n->loc, "%s is already declared at %u:%u", n->var.name,
			    name->var->var.loc.line, name->var->var.loc.col);
		check_hint(r->c, "a variable cannot hide one of an outer block: use another name");
		n->var.var = &name->var->var;
		return name->var;
	}
	if (!name) {
		name = arena_new(r->c->arena, struct name);
		name->name = n->var.name;
		table_set_str(&r->names, n->var.name, name);
	}
	v = arena_new(r->c->arena, struct check_var);
	v->var.name = n->var.name;
	v->var.loc = n->loc;
	v->var.index = (u32)r->p->vars.n;
	v->for_depth = r->for_depth;
	*vec_add(r->c->arena, &r->p->vars) = &v->var;
	name->var = v;
	*vec_add(r->c->arena, &r->visible) = name;
	n->var.var = &v->var;
	return v;
}

static void resolve_forget(struct resolve *r, size_t keep)
{
	while (r->visible.n > keep) {
		struct name *name = r->visible.at[--r->visible.n];

		name->gone = name->var->var.loc;
		name->var = NULL;
	}
}

static void resolve_unknown_var(struct resolve *r, const struct node *n, const struct name *name)
{
	struct nearest near = nearest_to(n->var.name);

	if (r->c->u->ast->broken) /* it may have been defined where the mistake was */
		return;
	if (!check_error(r->c, n->loc, "undefined variable %s", n->var.name))
		return;
	if (name && name->gone.line) {
		check_hint(r->c,
			   "the one of %u:%u ends with its block: declare it before that with 'let "
			   "%s;'",
			   name->gone.line, name->gone.col, n->var.name);
		return;
	}
	for (size_t i = 0; i < r->visible.n; i++)
		nearest_try(&near, r->visible.at[i]->name);
	check_nearest(r->c, &near);
}

static void resolve_var(struct resolve *r, struct node *n)
{
	struct name *name = table_get_str(&r->names, n->var.name);

	if (!name || !name->var) {
		resolve_unknown_var(r, n, name);
		return;
	}
	n->var.var = &name->var->var;
	if (name->var->for_depth < r->for_depth)
		n->var.var->captured = true;
}

/* Parameters */

/* Remembers that a literal was a parameter, for messages and for text in a number's shape. */
static void resolve_note_param(struct resolve *r, struct node *n, u32 number, const char *text)
{
	struct check_param *p = arena_new(r->c->arena, struct check_param);

	*p = (struct check_param){ number, text };
	table_set(&r->c->from_param, &n, sizeof(n), p);
}

static void resolve_param(struct resolve *r, struct node *n)
{
	u32 number = n->param.number;
	const char *text;
	u64 u;
	s64 s;

	if (n->param.count) {
		check_make_int(n, r->c->params.positional.n, NULL);
		return;
	}
	text = params_positional(&r->c->params, number);
	if (!text)
		check_make_int(n, 0, NULL);
	else if (text_s64(text, &s))
		check_make_int(n, (u64)s, NULL);
	else if (text_u64(text, &u))
		check_make_int(n, u, NULL);
	else
		check_make_string(r->c, n, text, strlen(text));
	resolve_note_param(r, n, number, text ? text : "");
}

/* str($1), str($1 + 2): a literal. False if it is something else. */
static bool resolve_str(struct resolve *r, struct node *n)
{
	struct node *arg = n->call.args;
	const char *text;
	s64 skip = 0, most;
	size_t len;

	if (arg->kind == NODE_BINARY && arg->binary.op == OP_ADD &&
	    arg->binary.left->kind == NODE_PARAM && check_constant(arg->binary.right, &skip))
		arg = arg->binary.left;
	if (arg->kind != NODE_PARAM || arg->param.count)
		return false;
	text = params_positional(&r->c->params, arg->param.number);
	text = text ? text : "";
	len = strlen(text);
	if (skip < 0 || (u64)skip > len) {
		check_error(r->c, n->loc, "parameter $%u is only %zu bytes long", arg->param.number,
			    len);
		skip = 0;
	}
	text += skip;
	len -= (size_t)skip;
	if (n->call.count == 2) {
		if (!check_constant(n->call.args->next, &most) || most < 1)
			return false;
		len = len < (size_t)most ? len : (size_t)most;
	}
	check_make_string(r->c, n, arena_strndup(r->c->arena, text, len), len);
	return true;
}

/* getopt("name", default, "help") as the constant that it is. */
static void resolve_getopt(struct resolve *r, struct node *n)
{
	struct node *name = n->call.args;
	struct node *def = name->next;
	const struct param_option *o;
	bool flag = def && def->kind == NODE_BOOL && def->integer.value;
	s64 number = 0;

	if (!check_literal(r->c, name, "getopt: the option's name"))
		return;
	if (def && def->next && !check_literal(r->c, def->next, "getopt: the description"))
		return;
	o = params_option(&r->c->params, r->c->arena, name->string.s);
	if (def && def->kind == NODE_STRING) {
		const char *s = o ? o->value ? o->value : "" : def->string.s;

		check_make_string(r->c, n, s, o ? strlen(s) : def->string.len);
	} else if (!def || def->kind == NODE_BOOL) {
		if (o)
			flag = true;
		if (o && o->value && !params_bool(o->value, &flag))
			check_error(r->c, n->loc, "--%s has to be true or false, not '%s'", o->name,
				    o->value);
		n->kind = NODE_BOOL;
		n->integer.value = flag;
	} else if (check_constant(def, &number)) {
		if (o && (!o->value || !text_s64(o->value, &number)))
			check_error(r->c, n->loc, "--%s has to be a number, not '%s'", o->name,
				    o->value ? o->value : "");
		check_make_int(n, (u64)number, NULL);
	} else {
		check_error(r->c, def->loc, "getopt: the default has to be a literal");
	}
}

/* Calls and names */

static void resolve_builtin(struct resolve *r, struct node *n, const struct builtin *b)
{
	bool many = r->p->targets.n > 1;

	n->kind = NODE_BUILTIN;
	n->builtin = b;
	r->c->many_probe |= many && b->id == BUILTIN_PROBE;
	r->c->many_func |= many && b->id == BUILTIN_FUNC;
}

/* Names that only mean something as an argument of some functions: kstack(perf), nsecs(boot). */
static bool resolve_takes_modes(const struct func *f)
{
	return f->id == FUNC_KSTACK || f->id == FUNC_USTACK || f->id == FUNC_NSECS ||
	       f->id == FUNC_PID || f->id == FUNC_TID;
}

static void resolve_unknown_func(struct resolve *r, const struct node *n)
{
	struct nearest near = nearest_to(n->call.name);

	if (builtin_is_later(n->call.name)) {
		check_error(r->c, n->loc, "%s() is not supported yet", n->call.name);
		return;
	}
	if (!check_error(r->c, n->loc, "unknown function '%s'", n->call.name))
		return;
	func_nearest(&near);
	check_nearest(r->c, &near);
}

static void resolve_call(struct resolve *r, struct node *n)
{
	const struct func *f = func_find(n->call.name);
	const struct builtin *b = builtin_find(r->c->arena, n->call.name);
	bool plain = !f || f->id == FUNC_PID || f->id == FUNC_TID || f->id == FUNC_KSTACK ||
		     f->id == FUNC_USTACK;

	if (b && !n->call.count && plain) { /* pid() is pid */
		resolve_builtin(r, n, b);
		return;
	}
	if (!f) {
		if (b)
			check_error(r->c, n->loc, "%s() takes no arguments", b->name);
		else
			resolve_unknown_func(r, n);
		resolve_list(r, n->call.args);
		return;
	}
	if (n->call.count < f->min_args || n->call.count > f->max_args) {
		check_error(r->c, n->loc, "%s() cannot take %u argument%s", f->name, n->call.count,
			    n->call.count == 1 ? "" : "s");
		check_hint(r->c, "the form is %s", f->form);
		resolve_list(r, n->call.args);
		return;
	}
	if (f->id == FUNC_GETOPT) {
		resolve_list(r, n->call.args);
		resolve_getopt(r, n);
		return;
	}
	if (f->id == FUNC_STR && resolve_str(r, n))
		return;
	n->call.func = f;
	n->call.info = arena_new(r->c->arena, struct call_info);
	if (resolve_takes_modes(f) && n->call.args && n->call.args->kind == NODE_IDENT)
		resolve_list(r, n->call.args->next);
	else
		resolve_list(r, n->call.args);
}

/* Macros of the C library that scripts take from headers. */
static bool resolve_macro(const char *name, s64 *value)
{
	static const struct {
		const char *name;
		s64 value;
	} macros[] = {
		{ "AF_UNSPEC", 0 }, { "AF_UNIX", 1 },     { "AF_INET", 2 },
		{ "AF_INET6", 10 }, { "AF_NETLINK", 16 }, { "NULL", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(macros); i++) {
		if (!strcmp(macros[i].name, name)) {
			*value = macros[i].value;
			return true;
		}
	}
	return false;
}

struct enumerator_found {
	s64 value;
	const struct type *type; /* NULL: there is none */
};

/* An enumerator of the script or the kernel. After a flood of errors no more are looked for. */
static const struct enumerator_found *resolve_enumerator(struct check *c, const char *name)
{
	struct enumerator_found *f = table_get_str(&c->enumerators, name);

	if (f)
		return f;
	f = arena_new(c->arena, struct enumerator_found);
	if (c->d->errors > DIAG_MAX_ERRORS ||
	    !types_enumerator(c->types, name, &f->value, &f->type))
		f->type = NULL;
	table_set_str(&c->enumerators, name, f);
	return f;
}

static void resolve_ident(struct resolve *r, struct node *n)
{
	const struct builtin *b = builtin_find(r->c->arena, n->name);
	struct nearest near = nearest_to(n->name);
	const struct enumerator_found *e;
	const struct func *f;
	s64 value;

	if (b) {
		resolve_builtin(r, n, b);
		return;
	}
	if (resolve_macro(n->name, &value)) {
		check_make_int(n, (u64)value, NULL);
		return;
	}
	f = func_find(n->name);
	e = f || builtin_is_later(n->name) ? NULL : resolve_enumerator(r->c, n->name);
	if (e && e->type) {
		check_make_int(n, (u64)e->value, e->type);
	} else if (f) {
		check_error(r->c, n->loc, "%s is a function", n->name);
		check_hint(r->c, "the form is %s", f->form);
	} else if (!e) {
		check_error(r->c, n->loc, "%s is not supported yet", n->name);
	} else if (check_error(r->c, n->loc, "unknown name '%s'", n->name)) {
		builtin_nearest(&near);
		if (!nearest_name(&near) && !types_have_kernel(r->c->types))
			check_hint(r->c, "this kernel has no BTF, so its enums are not known");
		check_nearest(r->c, &near);
	}
}

static void resolve_map_node(struct resolve *r, struct node *n)
{
	n->map.map = &resolve_map(r->c, n->map.name, n->loc)->map;
	/* @m[(a, b)] is @m[a, b] */
	if (n->map.key_count == 1 && n->map.keys->kind == NODE_TUPLE &&
	    n->map.keys->tuple.count > 1) {
		n->map.key_count = n->map.keys->tuple.count;
		n->map.keys = n->map.keys->tuple.items;
	}
	resolve_list(r, n->map.keys);
}

/* Statements */

/* A body in its own scope; variables of the loop itself were declared in it by the caller. */
static void resolve_block(struct resolve *r, struct node *n)
{
	size_t keep = r->visible.n;

	resolve_list(r, n);
	resolve_forget(r, keep);
}

static void resolve_assign(struct resolve *r, struct node *n)
{
	struct node *target = n->assign.target;
	struct name *name;

	if (target->kind == NODE_MAP)
		resolve_list(r, target);
	resolve_list(r, n->assign.value);
	if (target->kind != NODE_VAR)
		return;
	if (n->assign.op == OP_NONE) {
		name = table_get_str(&r->names, target->var.name);
		if (!name || !name->var)
			resolve_declare(r, target);
	}
	resolve_var(r, target);
	if (target->var.var)
		((struct check_var *)target->var.var)->assigned = true;
}

static void resolve_for(struct resolve *r, struct node *var, struct node *body)
{
	size_t keep = r->visible.n;

	r->for_depth++;
	r->p->has_callback = true;
	resolve_declare(r, var)->assigned = true;
	resolve_block(r, body);
	r->for_depth--;
	resolve_forget(r, keep);
}

static void resolve_let(struct resolve *r, struct node *n)
{
	if (n->let.value)
		resolve_list(r, n->let.value);
	if (resolve_declare(r, n->let.var)->var.loc.offset != n->let.var->loc.offset)
		return;
	((struct check_var *)n->let.var->var.var)->assigned = n->let.value || n->let.type;
}

static void resolve_one(struct resolve *r, struct node *n)
{
	switch (n->kind) {
	case NODE_IDENT:
		resolve_ident(r, n);
		break;
	case NODE_PARAM:
		resolve_param(r, n);
		break;
	case NODE_VAR:
		resolve_var(r, n);
		break;
	case NODE_MAP:
		resolve_map_node(r, n);
		break;
	case NODE_CALL:
		resolve_call(r, n);
		break;
	case NODE_ASSIGN:
		resolve_assign(r, n);
		break;
	case NODE_LET:
		resolve_let(r, n);
		break;
	case NODE_BLOCK:
		resolve_block(r, n->block.stmts);
		break;
	case NODE_FOR_RANGE:
		resolve_list(r, n->range.from);
		resolve_list(r, n->range.to);
		resolve_for(r, n->range.var, n->range.body);
		break;
	case NODE_FOR_MAP:
		resolve_list(r, n->each.map);
		resolve_for(r, n->each.var, n->each.body);
		break;
	default:
		walk_children(n, resolve_list, r);
	}
}

static void resolve_list(void *arg, struct node *list)
{
	for (; list; list = list->next)
		resolve_one(arg, list);
}

void resolve_program(struct check *c, struct program *p)
{
	struct resolve r = { .c = c, .p = p };

	table_init(&r.names, c->arena);
	resolve_list(&r, p->clause->predicate);
	resolve_block(&r, p->clause->body);
}
