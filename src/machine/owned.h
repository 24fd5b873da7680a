/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of a program's own types, and who owns them. An object is a slot of the heap: what the program sees of it, and what
 * it does not, so that no store of a program can break a list or a tree:
 *
 *	[ struct owned_object ][ the program's struct ][ a struct owned_link for each of its nodes ]
 *	[ struct owned_object ][ CPU 0's struct ][ CPU 1's ] ...		one that each CPU has for itself
 *
 * Owners are: a program, while it has a pointer; a field of a map's value or of another object, a pointer or the root of a list or
 * tree. An object counts them; most have one at a time, those with a struct bpf_refcount may have more. When the last one is gone,
 * what the object owns is dropped in turn. Roots and pointers are looked at before they are followed: what a program that was not
 * verified has written there is nothing, or an object all the same.
 */
#ifndef MACHINE_OWNED_H
#define MACHINE_OWNED_H

#include "machine/heap.h"
#include "machine/map.h"
#include "machine/run.h"
#include "verify/field.h"

struct owned; /* of a machine */
struct heapcopy;

struct owned_object {
	const struct owned_type *type;
	void *link; /* the heap's, see HEAP_LINK; while it is being dropped, of the next one that is */
	u32 refs; /* owners; 0: it was dropped */
	bool is_percpu;
};

/* A node's place in a list (left: before it, right: behind it) or a tree. */
struct owned_link {
	struct owned_link *left, *right, *parent;
	u64 owner; /* the root's address; 0: it is in none */
	bool is_red;
};

struct owned_type {
	u32 id; /* in the object's BTF */
	u32 size;
	struct fields fields;
	u32 link_count;
	u8 link_of[FIELD_MAX]; /* of the fields that are nodes */
};

/* btf: of the image, NULL if it has none; kernel types of the same names are not looked for, as there are none here. */
struct owned *owned_new(const struct rawbtf *btf, u32 cpus, struct epoch *epoch, bool is_checked);
void owned_free(struct owned *o); /* after the epoch; all objects go with it. NULL is accepted */

/* Has what a map's values own dropped when they are; fields: of its values. The map has to go first, or be told to forget it. */
void owned_watch(struct owned *o, struct map *m, const struct fields *fields);

/* A new one of a type by its number in the object's BTF: the program's struct, zeroes; 0 if there is no such type or no memory. */
u64 owned_make(struct owned *o, u32 type, bool is_percpu);
/* What the program's struct at an address is of; NULL if none that is there begins there. */
struct owned_object *owned_at(const struct owned *o, u64 address);
u64 owned_address(const struct owned_object *object);
/* One more owner; false if it has none any more. */
bool owned_acquire(struct owned_object *object);
/* One less. */
void owned_drop(struct owned *o, struct owned_object *object);
/* A CPU's struct of an object that each has for itself, also of one that was dropped but may be looked at; 0: there is none. */
u64 owned_percpu(const struct owned *o, u64 address, u32 cpu);

/* Whether an object's bytes are there; without one that was dropped, unless pointers to its like are kept. */
bool owned_may(const struct owned *o, u64 address, u64 size);
/* ", which is in an object that was dropped", ", 8 past the end of an object"; false if the address is in none. */
bool owned_describe(const struct owned *o, u64 address, u64 size, struct buf *out);
u64 owned_count(const struct owned *o); /* objects that are there */

/* All of them as they are, put back later, together with what maps hold; while nothing runs. */
struct heapcopy *owned_copy(struct owned *o);
void owned_put_back(struct owned *o, const struct heapcopy *c);

/* ---- links */

/* The link of the node field at an address; NULL if there is none. */
struct owned_link *owned_link_at(const struct owned *o, u64 address, enum field_kind kind);
/* The one at an address itself, if it is a link of an object that is there. */
struct owned_link *owned_link(const struct owned *o, u64 address);
struct owned_object *owned_of_link(const struct owned *o, const struct owned_link *link);
/* The address of the node field that it is of, as programs have it. */
u64 owned_node(const struct owned *o, const struct owned_link *link);

#endif
