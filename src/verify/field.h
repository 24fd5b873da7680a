/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of a struct, or of variables, that belong to functions and not to the program's own loads and stores: locks, timers,
 * pointers that are kept, lists and trees. They are found by the names of their types and by the tags of the object's BTF:
 *
 *	struct node { struct bpf_list_node link; struct task_struct __kptr *task; };
 *	struct table { struct bpf_spin_lock lock; struct bpf_list_head head __contains(node, link); };
 *
 *	table	FIELD_SPIN_LOCK at 0	FIELD_LIST_HEAD at 8, type: node, node: where link is in it
 *	node	FIELD_LIST_NODE at 0	FIELD_KPTR at 24, type: task_struct
 */
#ifndef VERIFY_FIELD_H
#define VERIFY_FIELD_H

#include "btf/rawbtf.h"

#define FIELD_MAX 11 /* of a struct, with what lies within it: as many as the kernel looks at */

enum field_kind {
	/* Of these each may be there once. */
	FIELD_SPIN_LOCK,
	FIELD_RES_SPIN_LOCK,
	FIELD_TIMER,
	FIELD_WORK_QUEUE,
	FIELD_TASK_WORK,
	FIELD_REFCOUNT,
	/* Of these any number. */
	FIELD_LIST_HEAD,
	FIELD_LIST_NODE,
	FIELD_RB_ROOT,
	FIELD_RB_NODE,
	FIELD_KPTR,           /* owns what it points to: only bpf_kptr_xchg() changes it */
	FIELD_KPTR_PERCPU,    /* the same of an object that each CPU has for itself */
	FIELD_KPTR_UNTRUSTED, /* may be stale */
	FIELD_KINDS
};

struct field {
	enum field_kind kind;
	u32 offset, size;
	const char *name; /* of its type; of a pointer that of what it points to */
	u32 type; /* of a pointer and a root: the struct in the object's BTF; 0 if it is not there */
	u32 node; /* of a root: where in that struct the node is */
};

struct fields {
	u32 count;
	struct field at[FIELD_MAX]; /* as they lie in the struct */
	const char *
		wrong; /* why the kernel refuses such a struct, and some fields may be left out; NULL: it does not */
};

/* Of a struct or a section of variables; btf NULL and type 0 have none. */
void fields_read(const struct rawbtf *btf, u32 type, struct fields *out);
/* The first of a kind; NULL if there is none. */
const struct field *fields_find(const struct fields *f, enum field_kind kind);
/* The first that bytes meet, that is of a kind and begins there. */
const struct field *fields_met(const struct fields *f, s64 from, s64 to);
const struct field *fields_at(const struct fields *f, s64 offset, enum field_kind kind);
/* The name of its type: "bpf_spin_lock"; of pointers "". */
const char *field_kind_name(enum field_kind kind);

static inline bool field_is_kptr(const struct field *f)
{
	return f->kind >= FIELD_KPTR;
}

/* Something of the program's is owned through it: what is kept there is dropped with it. */
static inline bool field_owns(const struct field *f)
{
	return f->kind == FIELD_KPTR || f->kind == FIELD_KPTR_PERCPU ||
	       f->kind == FIELD_LIST_HEAD || f->kind == FIELD_RB_ROOT;
}

#endif
