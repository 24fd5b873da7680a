/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of check share. Names are resolved once (resolve.c); types are inferred by walking all
 * programs again and again while variables and maps still change, quietly; a last walk reports. An
 * expression whose type is not known has type NULL, and so has all that is made of it: the reason is
 * reported once, where it arose.
 */
#ifndef LANG_CHECK_H
#define LANG_CHECK_H

#include "base/text.h"
#include "lang/lang.h"
#include "lang/params.h"

/* How firmly an integer place holds on to its sign: see unify.c. */
enum strength { STRENGTH_NEUTRAL, STRENGTH_SMALL, STRENGTH_FIRM };

/* A place that many assignments share: a variable, a map's key or its value. */
struct slot {
	const struct type *type; /* NULL while unknown */
	enum strength strength;
	struct loc loc; /* where it got its type */
};

struct check_var {
	struct var var; /* first: a struct var * of the tree can be turned back */
	struct slot slot;
	u32 for_depth; /* of its declaration */
	bool assigned;
	bool fixed; /* let $x: type */
};

struct check_map {
	struct map map; /* first, likewise */
	struct slot key, value;
	u32 key_count;
	struct loc key_count_loc;
	bool declared; /* let @m = ... */
};

/* A literal that was a parameter: $1. */
struct check_param {
	u32 number;
	const char *text; /* "" if it was not given */
};

/* What expand found out about a program besides `struct program`. */
struct check_program {
	const char *why;    /* args_known is false: why */
	const char *target; /* full name of the first target, for messages */
	bool user_args;     /* pointers among the arguments point to user space */
};

struct check {
	struct unit *u;
	struct arena *arena;
	struct diag *d;
	struct types *types;
	struct probe_context *probes;
	const struct lang_options *options;
	vec_of(struct check_program) info; /* of u->programs */
	struct table maps;                 /* name -> struct check_map */
	struct table types_made;  /* strings by size, pointers by target: each is made once */
	struct table enumerators; /* name -> what was found: each is asked for once */
	struct table from_param;  /* node -> struct check_param */
	struct params params;

	bool quiet;   /* errors are not reported */
	bool changed; /* a variable or map got another type in this walk */
	struct program *program;
	struct check_program *program_info;
	u32 loops;    /* around the current statement, which break would leave */
	size_t nodes; /* made by copying clauses */

	/* A program of several targets asks for probe, or func: then no program takes it as text, so that maps
	 * of several programs agree on its type. */
	bool many_probe, many_func;
};

/* Reports unless quiet. Whether the report was kept, so that a hint is worth looking for. */
bool check_error(struct check *c, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_warning(struct check *c, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_hint(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "did you mean 'x'?" if there is something near. */
void check_nearest(struct check *c, const struct nearest *n);
const char *check_name(struct check *c, const struct type *t); /* for messages */

/* The types of expressions and statements; each sets node->type. NULL: unknown. */
const struct type *check_expr(struct check *c, struct node *n);
const struct type *check_value(struct check *c, struct node *n); /* the same; must be a value */
const struct type *check_unary(struct check *c, struct node *n);
const struct type *check_binary(struct check *c, struct node *n);
const struct type *check_ternary(struct check *c, struct node *n);
const struct type *check_cast(struct check *c, struct node *n);
const struct type *check_field(struct check *c, struct node *n);
const struct type *check_index(struct check *c, struct node *n);
const struct type *check_builtin(struct check *c, struct node *n);
const struct type *check_call(struct check *c, struct node *n);
const struct type *check_assign(struct check *c, struct node *n);
const struct type *check_incdec(struct check *c, struct node *n);
const struct type *check_sizeof(struct check *c, struct node *n);
const struct type *check_offsetof(struct check *c, struct node *n);
void check_clause(struct check *c, struct clause *clause);

/* Must be something that is true or false: an integer, bool or pointer. */
void check_condition(struct check *c, struct node *n);
/* An integer is needed for `what`; false (reported) when it is something else or unknown. */
bool check_integer(struct check *c, struct node *n, const char *what);
bool check_is_integer(struct check *c, struct node *n, const char *what); /* n is typed already */
/* A string literal for `what`; NULL (reported) otherwise. */
const char *check_literal(struct check *c, const struct node *n, const char *what);
/* The value of a constant integer expression; false if it is none. Reports nothing. */
bool check_constant(const struct node *n, s64 *value);
/* Likewise, within bounds, and reported as `what`. */
bool check_bounded(struct check *c, struct node *n, const char *what, s64 least, s64 most,
		   s64 *value);
/* Makes a literal of the node. */
void check_make_int(struct node *n, u64 value, const struct type *type);
void check_make_string(struct check *c, struct node *n, const char *s, size_t len);
/* A parameter ($1) that stands where text is needed becomes its text. */
void check_param_text(struct check *c, struct node *n);
/* Whether integers may be made pointers to user memory here: uprobes. */
bool check_in_user(const struct check *c);
/* The char array behind a field that is seen as a string, as an array again. */
void check_as_array(struct node *n);

/* Types that are made once. */
const struct type *check_string_type(struct check *c, u32 size);
const struct type *check_ptr_type(struct check *c, const struct type *target,
				  enum type_space space);
/* A record or array as it lies in memory of this kind: its pointers point into the same. */
const struct type *check_in_space(struct check *c, const struct type *t, enum type_space space);

#endif
