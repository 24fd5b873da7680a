/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the dump share: dump.c orders, dump_name.c names, dump_layout.c places, dump_decl.c and dump_body.c write. */
#ifndef BTF_DUMP_IMPL_H
#define BTF_DUMP_IMPL_H

#include "base/vec.h"
#include "btf/dump.h"

#define DUMP_MAX_DEPTH                                                                             \
	256 /* of types that contain each other, or refer to each other without names */

/* How far a type has come. */
enum {
	DUMP_DECLARED = 1,  /* struct foo; */
	DUMP_BUSY = 2,      /* what it needs is being written */
	DUMP_DEFINED = 4,   /* has been written */
	DUMP_TRIED = 8,     /* a typedef whose type was to be defined first */
	DUMP_USED = 16,     /* some type refers to it */
	DUMP_MEASURING = 32 /* its layout is being worked out */
};

struct dump_layout {
	u64 size;  /* bytes */
	u32 align; /* bytes; 0: not yet known */
	bool is_packed;
};

struct dump_names {
	struct dump_slot *slots; /* names in use, by hash; a power of two of them */
	size_t n, cap;
};

struct dump {
	const struct rawbtf *btf;
	struct out *out;
	struct diag *diag;
	struct arena arena;
	u32 end;                       /* ids are below it */
	const struct btf_type **types; /* by id */
	u8 *states;                    /* by id */
	struct dump_layout *layouts;   /* by id, of structs and unions */
	const char **names;            /* by id; NULL: not yet chosen */
	u32 *full; /* by id: of a forward declaration, what it declares; NULL if there are none */
	struct dump_names used;
	struct dump_tag *tags; /* declaration tags, by type and member */
	size_t n_tags;
	vec_of(u32) pointed; /* declared, in order */
	struct buf text;     /* of what is being written */
	u32 owner;           /* the struct, union or typedef that is being prepared */
	u32 depth;
	u32 ptr_size;
	u64 left;     /* steps and bytes that may still be made */
	bool failed;  /* reported */
	bool is_line; /* all in one line, and anonymous types without regard for names in use */
};

/* Reports, once for the whole dump. */
void dump_fail(struct dump *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Counts something done; false, and reported, if it was too much. */
bool dump_spend(struct dump *d, u64 n);
/* One level deeper; false, and reported, if it was too deep. To be undone by d->depth--. */
bool dump_descend(struct dump *d, u32 id);
/* NULL for void (0); for what does not exist, too, but that is reported. */
const struct btf_type *dump_type(struct dump *d, u32 id);
u32 dump_kind(struct dump *d, u32 id); /* BTF_KIND_UNKN for void */
bool dump_is_record(u32 kind);
bool dump_is_qualifier(u32 kind); /* const, volatile, restrict */

/* ---- names */

void dump_names_init(struct dump *d);
/* By what a type with a name is to be called. */
const char *dump_name(struct dump *d, u32 id);
/* A name as C may have it, for what needs not be unique. */
const char *dump_clean(struct dump *d, u32 name_off);
/* The name of an enumerator, which nothing else has. */
const char *dump_enumerator(struct dump *d, u32 name_off);
/* For an enum of which no enumerator is known. */
const char *dump_unknown_value(struct dump *d, const char *of);
/* A number's name that C knows ("long unsigned int"); others must be defined. */
bool dump_is_known(struct dump *d, const struct btf_type *t);
/* The type of lists of arguments, which compilers bring along: it cannot be defined. */
bool dump_is_builtin(struct dump *d, const struct btf_type *t);
/* The type itself that a forward declaration stands for, else the id. */
u32 dump_full(const struct dump *d, u32 id);

struct dump_tag {
	u32 type;
	s32 member; /* -1: the type itself */
	const char *text;
};
/* Those of a type's member; *n of them. */
const struct dump_tag *dump_tags(const struct dump *d, u32 type, s32 member, size_t *n);

/* ---- layout */

struct dump_member {
	const char *name; /* "" if it has none */
	u32 type;
	u64 offset; /* bits */
	u32 bits;   /* of a bit-field, else 0 */
};
struct dump_member dump_member(struct dump *d, const struct btf_type *t, u32 i);
/* Size and alignment; those of a struct or union as it will be written. */
struct dump_layout dump_layout(struct dump *d, u32 id);
/*
 * Writes what is needed so that the next member, of the given alignment and, for a bit-field, bits and unit, comes to be at
 * bit `to`: nothing if it does by itself. Unnamed bit-fields of at most the struct's alignment.
 */
struct dump_place {
	u64 at;     /* bits used so far */
	u32 align;  /* of the struct, in bytes */
	u32 indent; /* tabs */
	bool is_packed;
	bool is_even; /* its size is a multiple of a pointer's */
};
void dump_pad(struct dump *d, struct dump_place *p, u64 to, u32 align, u32 bits);

/* ---- the order */

/* Sees to it that a type may be referred to: in whole, or as what a pointer leads to. */
void dump_need(struct dump *d, u32 id, bool whole);
/* Writes a struct, union or enum, once; what it needs is there. */
void dump_define(struct dump *d, u32 id);
/* Hands on what was written, with an end. */
void dump_finish(struct dump *d, const char *end);

/* ---- writing to d->text */

void dump_indent(struct dump *d, u32 tabs);
/* The declaration of a name; anonymous types are written out, indented. */
void dump_declarator(struct dump *d, u32 id, const char *name, u32 tabs);
/* "struct foo {...}" with its attributes, "enum foo {...}". */
void dump_body(struct dump *d, u32 id, u32 tabs);

#endif
