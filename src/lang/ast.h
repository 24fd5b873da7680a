/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script as a tree. The parser makes it, resolve gives names their meaning, check gives every
 * expression its type, and gen reads it. Every node keeps its place in the text. All of it lives in one
 * arena; strings point there too.
 *
 * One struct for expressions and statements, a kind and a union: `kind` says which member is in use.
 * Lists are linked by `next`.
 */
#ifndef LANG_AST_H
#define LANG_AST_H

#include "base/diag.h"
#include "btf/types.h"
#include "probe/probe.h"

enum node_kind {
	/* Expressions */
	NODE_INT,    /* integer.value; type: int64, or uint64 when it does not fit */
	NODE_BOOL,   /* integer.value 0 or 1 */
	NODE_STRING, /* string */
	NODE_IDENT, /* name: becomes BUILTIN or INT (an enumerator) in resolve, never reaches gen */
	NODE_PARAM, /* param: $1, $#; becomes INT or STRING in resolve, never reaches gen */
	NODE_BUILTIN,  /* builtin */
	NODE_CALL,     /* call */
	NODE_VAR,      /* var */
	NODE_MAP,      /* map */
	NODE_UNARY,    /* unary: - ! ~ * & */
	NODE_BINARY,   /* binary: arithmetic, comparison, && || */
	NODE_TERNARY,  /* ternary; `a ?: b` has then NULL */
	NODE_CAST,     /* cast */
	NODE_SIZEOF,   /* becomes INT in check */
	NODE_OFFSETOF, /* becomes INT in check */
	NODE_FIELD,    /* field: base.name, base->name, tuple.0 */
	NODE_INDEX,    /* index: base[i] */
	NODE_TUPLE,    /* list: (a, b) */
	NODE_INCDEC,   /* incdec: ++x, x-- */
	NODE_ASSIGN,   /* assign: =, +=, ...; target VAR or MAP. As a statement or a value */

	/* Statements */
	NODE_EXPR,   /* expr: evaluated for its effect: every expression that stands as a statement
		       * (assignments, ++ and calls too); also `_ = e`, which has discard set */
	NODE_LET,    /* let: declares; with an assignment if value is set */
	NODE_IF,     /* cond: condition, then, otherwise (a BLOCK or IF, or NULL) */
	NODE_WHILE,  /* loop */
	NODE_UNROLL, /* loop: count in condition, which is an INT after check */
	NODE_FOR_RANGE, /* range: for ($i : from..to) */
	NODE_FOR_MAP,   /* each: for ($kv : @map) */
	NODE_BREAK,
	NODE_CONTINUE,
	NODE_RETURN, /* expr (may be NULL) */
	NODE_BLOCK,  /* block */
};

enum operation {
	OP_NONE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_SHL,
	OP_SHR,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_LAND,
	OP_LOR,
	OP_NEG,
	OP_NOT,
	OP_BNOT,
	OP_DEREF,
	OP_ADDR,
};

/* $x. One per declaration: blocks have scopes, so two variables may share a name. */
struct var {
	const char *name; /* with the $ */
	struct loc loc;
	const struct type *type; /* NULL until known */
	u32 index;               /* unique within a program */
	bool captured;  /* used inside a for loop's body but declared outside it: lives in memory */
	bool addressed; /* &$x is taken: lives in memory */
};

/* @x. One per name in the whole script. */
struct map {
	const char *name;         /* with the @ */
	struct loc loc;           /* of the first use */
	const struct type *key;   /* NULL: scalar; TUPLE for several; set once known */
	const struct type *value; /* for aggregations a type of TYPE_COUNT .. TYPE_LHIST */
	bool key_known;
	u32 index;
	u32 max_entries;                                                 /* 0: the default */
	enum { MAP_PLAIN, MAP_LRU, MAP_PERCPU, MAP_PERCPU_LRU } storage; /* of `let @m = hash(n)` */
	bool is_read, is_written;
};

struct type_expr; /* a type as written; lang/type_expr.h */

struct node {
	enum node_kind kind;
	struct loc loc;
	u16 height;   /* of an expression's tree; the parser bounds it */
	bool discard; /* EXPR: of `_ = e`: that the value is not used is meant */
	const struct type
		*type; /* of an expression, after check; TYPE_NONE for statements like print() */
	struct node *next; /* in a list */
	union {
		struct {
			u64 value;
			bool is_unsigned, is_enum;
		} integer;
		struct {
			const char *s;
			u32 len;
		} string;
		const char *name;
		struct {
			u32 number;
			bool count, is_string;
		} param; /* $1: 1; $# count */
		const struct builtin *builtin;
		struct {
			const char *name;
			struct node *args;
			u32 count;
			const struct func *func; /* after resolve */
			struct call_info *info;  /* after check; see below */
		} call;
		struct {
			const char *name;
			struct var *var;
		} var;
		struct {
			const char *name;
			struct node *keys;
			u32 key_count;
			struct map *map;
		} map;
		struct {
			enum operation op;
			struct node *operand;
		} unary;
		struct {
			enum operation op;
			struct node *left, *right;
			bool is_unsigned; /* after check: compares and divides as uint64 */
		} binary;
		struct {
			struct node *cond, *then, *otherwise;
		} ternary;
		struct {
			struct type_expr *to;
			struct node *operand;
		} cast;
		struct {
			struct type_expr *of;
			struct node *expr;
			const char *path;
		} size; /* SIZEOF, OFFSETOF: path "a.b" */
		struct {
			struct node *base;
			const char *name; /* NULL: a tuple's field by number */
			u32 number;
			bool arrow;
			struct field found; /* after check: type and offset within the record */
			bool is_arg;        /* args.x: base is the builtin `args` */
		} field;
		struct {
			struct node *base, *index;
		} index;
		struct {
			struct node *items;
			u32 count;
		} tuple;
		struct {
			struct node *target;
			bool increment, prefix;
		} incdec;
		struct {
			enum operation op; /* NONE: plain */
			struct node *target, *value;
			bool is_unsigned; /* as of a binary operation */
		} assign;
		struct node *expr; /* EXPR, RETURN */
		struct {
			struct node *var, *value;
			struct type_expr *type;
		} let;
		struct {
			struct node *condition, *then, *otherwise;
		} cond;
		struct {
			struct node *condition, *body;
		} loop;
		struct {
			struct node *var, *from, *to, *body;
		} range;
		struct {
			struct node *var, *map, *body;
		} each;
		struct {
			struct node *stmts;
		} block;
	};
};

struct probe_name {
	const char *text;
	struct loc loc;
	struct probe_name *next;
};

struct clause {
	struct probe_name *probes;
	struct node *predicate; /* NULL if none */
	struct node *body;      /* BLOCK */
	struct loc loc;
	u32 index;
	struct clause *next;
};

struct config_entry {
	const char *name;
	struct loc loc, value_loc;
	const char *value; /* as text */
	struct config_entry *next;
};

/* struct, union and enum definitions and typedefs, in the order of the text. */
struct type_def {
	struct type_expr *definition;
	struct type_def *next;
};

/* let @m = lruhash(100); */
struct map_decl {
	const char *name, *storage;
	struct loc loc;
	struct node *max_entries;
	struct map_decl *next;
};

struct script_ast {
	struct arena *arena;
	bool broken; /* there were mistakes: what they hit is missing, and names may seem undefined */
	struct config_entry *config;
	struct type_def *types;
	struct map_decl *map_decls;
	struct clause *clauses;
};

#endif
