/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A type as the script writes it, before it is looked up: in casts, sizeof, let and definitions.
 *
 *	struct task_struct *      base STRUCT "task_struct", pointers 1
 *	uint8[16], int32*[4]      base NAME, pointers, array
 *	string[64], string        base NAME "string", array 64
 *	struct foo { int a; ... } base STRUCT with members: a definition
 */
#ifndef LANG_TYPE_EXPR_H
#define LANG_TYPE_EXPR_H

#include "base/diag.h"

enum type_expr_base {
	TYPE_EXPR_NAME,
	TYPE_EXPR_STRUCT,
	TYPE_EXPR_UNION,
	TYPE_EXPR_ENUM,
	TYPE_EXPR_TYPEDEF
};

struct type_expr {
	enum type_expr_base base;
	const char *
		name; /* "int", "unsigned long", "uint64", "pid_t"; NULL for anonymous definitions */
	struct loc loc;
	u32 pointers;
	bool is_array;
	u32 array[4]; /* dimensions, outermost first; 0 where not given */
	u32 array_count;
	bool has_members;       /* a definition */
	struct member *members; /* of struct and union; TYPEDEF: one, naming the new type */
	struct enum_item *enumerators;
};

struct member {
	const char *name; /* NULL: anonymous struct or union */
	struct loc loc;
	struct type_expr *type;
	u32 bits; /* bit-field's width, 0: none */
	bool packed;
	struct member *next;
};

struct enum_item {
	const char *name;
	struct loc loc;
	s64 value;
	struct enum_item *next;
};

#endif
