/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types are read as the first object of each is made. Dropping goes through a list of what is to be dropped yet, never by
 * recursion, as objects may form chains of any length.
 */
#include "machine/owned.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "machine/graph.h"
#include "machine/maplock.h"

#define LOCK_SPINS 1000000
/* What the kernel's allocator has for one object. */
#define MAX_OBJECT 4088
#define MAX_PERCPU 512

struct watch {
	struct owned *owned;
	struct map *map;
	struct fields fields;
	struct watch *next;
};

struct owned {
	const struct rawbtf *btf;
	struct heap *heap;
	u32 cpus;
	bool is_checked;
	pthread_mutex_t lock;      /* of types */
	struct owned_type **types; /* by number */
	bool *is_kept;
	u32 type_count;
	struct watch *watches;
};

struct owned *owned_new(const struct rawbtf *btf, u32 cpus, struct epoch *epoch, bool is_checked)
{
	struct owned *o = calloc(1, sizeof(*o));

	if (!o)
		arena_exhausted();
	o->btf = btf;
	o->cpus = cpus;
	o->is_checked = is_checked;
	o->heap = heap_new(epoch);
	o->type_count = btf ? rawbtf_end(btf) : 0;
	o->types = calloc(o->type_count + 1, sizeof(struct owned_type *));
	o->is_kept = calloc(o->type_count + 1, sizeof(bool));
	if (!o->types || !o->is_kept)
		arena_exhausted();
	pthread_mutex_init(&o->lock, NULL);
	return o;
}

void owned_free(struct owned *o)
{
	if (!o)
		return;
	for (struct watch *w = o->watches, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	for (u32 i = 0; i < o->type_count; i++)
		free(o->types[i]);
	heap_free(o->heap);
	pthread_mutex_destroy(&o->lock);
	free(o->types);
	free(o->is_kept);
	free(o);
}

/* ---- types */

_Static_assert(offsetof(struct owned_object, link) == HEAP_LINK, "the heap's word");

static u32 round_up(u32 size)
{
	return (size + 7) & ~7u;
}

/* Of what kept pointers lead to: others may look at such while, and after, it is dropped. */
static void note_kept(struct owned *o, const struct fields *f)
{
	for (u32 i = 0; i < f->count; i++) {
		if (field_is_kptr(&f->at[i]) && f->at[i].type < o->type_count)
			__atomic_store_n(&o->is_kept[f->at[i].type], true, __ATOMIC_RELAXED);
	}
}

/* With the lock held. NULL: no object is of such a type. */
static struct owned_type *read_type(struct owned *o, u32 id)
{
	const struct btf_type *t = rawbtf_type(o->btf, id);
	struct owned_type *type;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT)
		return NULL;
	type = calloc(1, sizeof(*type));
	if (!type)
		arena_exhausted();
	type->id = id;
	type->size = t->size;
	fields_read(o->btf, id, &type->fields);
	if (type->fields.wrong) {
		free(type);
		return NULL;
	}
	for (u32 i = 0; i < type->fields.count; i++) {
		enum field_kind kind = type->fields.at[i].kind;

		if (kind == FIELD_LIST_NODE || kind == FIELD_RB_NODE)
			type->link_of[i] = (u8)type->link_count++;
	}
	note_kept(o, &type->fields);
	return type;
}

static const struct owned_type *find_type(struct owned *o, u32 id)
{
	struct owned_type *type;

	if (id >= o->type_count)
		return NULL;
	type = __atomic_load_n(&o->types[id], __ATOMIC_ACQUIRE);
	if (type)
		return type;
	pthread_mutex_lock(&o->lock);
	type = o->types[id];
	if (!type) {
		type = read_type(o, id);
		__atomic_store_n(&o->types[id], type, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&o->lock);
	return type;
}

/* ---- objects */

static u64 links_at(const struct owned_object *object)
{
	return owned_address(object) + round_up(object->type->size);
}

u64 owned_address(const struct owned_object *object)
{
	return (u64)(uintptr_t)(object + 1);
}

u64 owned_make(struct owned *o, u32 id, bool is_percpu)
{
	const struct owned_type *type = find_type(o, id);
	struct owned_object *object;
	u64 size;

	if (!type || type->size > (is_percpu ? MAX_PERCPU : MAX_OBJECT))
		return 0;
	size = (u64)round_up(type->size) * (is_percpu ? o->cpus : 1) +
	       type->link_count * sizeof(struct owned_link);
	object = heap_take(o->heap, sizeof(*object) + size);
	if (!object)
		return 0;
	object->is_percpu = is_percpu;
	__atomic_store_n(&object->refs, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&object->type, type, __ATOMIC_RELEASE);
	return owned_address(object);
}

/*
 * Of any slot that was ever taken, and is not free for the next one. Its type is set last, so who finds it by a pointer that it has read
 * from a map, without having acquired it, finds all that does not change.
 */
static struct owned_object *object_around(const struct owned *o, u64 address)
{
	struct owned_object *object = heap_slot(o->heap, address);

	return object && __atomic_load_n(&object->type, __ATOMIC_ACQUIRE) ? object : NULL;
}

static bool is_there(const struct owned_object *object)
{
	return __atomic_load_n(&object->refs, __ATOMIC_ACQUIRE) != 0;
}

struct owned_object *owned_at(const struct owned *o, u64 address)
{
	struct owned_object *object = object_around(o, address);

	return object && is_there(object) && owned_address(object) == address ? object : NULL;
}

bool owned_acquire(struct owned_object *object)
{
	u32 refs = __atomic_load_n(&object->refs, __ATOMIC_RELAXED);

	do {
		if (!refs || refs == INT32_MAX)
			return false;
	} while (!__atomic_compare_exchange_n(&object->refs, &refs, refs + 1, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return true;
}

/* Whether a node is still in a list or tree, which only what was not verified can bring about: then it stays. */
static bool is_linked(const struct owned_object *object)
{
	const struct owned_link *link = (const struct owned_link *)(uintptr_t)links_at(object);

	for (u32 i = 0; i < object->type->link_count; i++) {
		if (__atomic_load_n(&link[i].owner, __ATOMIC_ACQUIRE))
			return true;
	}
	return false;
}

/* Puts it before those that are to be dropped if it has lost its last owner. */
static void give_up(struct owned_object *object, struct owned_object **dead)
{
	u32 refs = __atomic_load_n(&object->refs, __ATOMIC_RELAXED);

	do {
		if (!refs)
			return;
	} while (!__atomic_compare_exchange_n(&object->refs, &refs, refs - 1, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if (refs > 1 || is_linked(object))
		return;
	object->link = *dead;
	*dead = object;
}

/* All that is in a list or tree, whose lock is held. */
static void take_apart(struct owned *o, u64 root, bool is_list, struct owned_object **dead)
{
	struct owned_link *link;

	while ((link = is_list ? graph_pop(o, root, true) : graph_pop_leaf(o, root)))
		give_up(owned_of_link(o, link), dead);
}

static void drop_pointer(struct owned *o, u64 *field, struct owned_object **dead)
{
	u64 address = __atomic_exchange_n(field, 0, __ATOMIC_ACQ_REL);
	struct owned_object *object = address ? owned_at(o, address) : NULL;

	if (object)
		give_up(object, dead);
}

/* A program that was not verified may never release it. */
static bool lock_value(const struct owned *o, u32 *lock)
{
	for (u32 i = 0; o->is_checked && __atomic_load_n(lock, __ATOMIC_RELAXED); i++) {
		if (i == LOCK_SPINS)
			return false;
	}
	maplock_take(lock, MAPLOCK_VALUE);
	return true;
}

/* What a value or an object owns; it may still be used by a run that has found it before. */
static void drop_fields(struct owned *o, const struct fields *f, u8 *value,
			struct owned_object **dead)
{
	const struct field *lock = fields_find(f, FIELD_SPIN_LOCK);
	u32 *word = lock ? (u32 *)(value + lock->offset) : NULL;
	bool has_roots = fields_find(f, FIELD_LIST_HEAD) || fields_find(f, FIELD_RB_ROOT);
	bool is_locked = has_roots && word && lock_value(o, word);

	for (u32 i = 0; i < f->count; i++) {
		const struct field *field = &f->at[i];
		u64 at = (u64)(uintptr_t)value + field->offset;

		if (field->kind == FIELD_LIST_HEAD || field->kind == FIELD_RB_ROOT)
			take_apart(o, at, field->kind == FIELD_LIST_HEAD, dead);
		else if (field_owns(field))
			drop_pointer(o, (u64 *)(uintptr_t)at, dead);
		else if (field_is_kptr(field))
			__atomic_store_n((u64 *)(uintptr_t)at, 0, __ATOMIC_RELAXED);
	}
	if (is_locked)
		maplock_release(word);
}

static void drop_all(struct owned *o, struct owned_object *dead)
{
	while (dead) {
		struct owned_object *object = dead;

		dead = object->link;
		if (!object->is_percpu)
			drop_fields(o, &object->type->fields, (u8 *)(object + 1), &dead);
		heap_give(o->heap, object);
	}
}

void owned_drop(struct owned *o, struct owned_object *object)
{
	struct owned_object *dead = NULL;

	give_up(object, &dead);
	drop_all(o, dead);
}

static void drop_value(void *arg, void *value)
{
	struct watch *w = arg;
	struct owned_object *dead = NULL;

	drop_fields(w->owned, &w->fields, value, &dead);
	drop_all(w->owned, dead);
}

void owned_watch(struct owned *o, struct map *m, const struct fields *fields)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		arena_exhausted();
	*w = (struct watch){ .owned = o, .map = m, .fields = *fields, .next = o->watches };
	o->watches = w;
	note_kept(o, fields);
	map_on_drop(m, drop_value, w);
}

u64 owned_percpu(const struct owned *o, u64 address, u32 cpu)
{
	const struct owned_object *object = object_around(o, address);

	if (!object || !object->is_percpu || owned_address(object) != address || cpu >= o->cpus)
		return 0;
	return address + (u64)cpu * round_up(object->type->size);
}

u64 owned_count(const struct owned *o)
{
	return heap_used(o->heap);
}

/* ---- for checked mode */

/* Bytes of the program's from an address on. */
static u64 left_of(const struct owned *o, const struct owned_object *object, u64 address)
{
	u64 begin = owned_address(object), size = object->type->size;

	if (object->is_percpu)
		size = (u64)round_up(object->type->size) * o->cpus;
	return address >= begin && address - begin <= size ? size - (address - begin) : 0;
}

bool owned_may(const struct owned *o, u64 address, u64 size)
{
	const struct owned_object *object = object_around(o, address);

	return object && size <= left_of(o, object, address) &&
	       (is_there(object) ||
		__atomic_load_n(&o->is_kept[object->type->id], __ATOMIC_RELAXED));
}

bool owned_describe(const struct owned *o, u64 address, u64 size, struct buf *out)
{
	const struct owned_object *object = object_around(o, address);
	u64 left = object ? left_of(o, object, address) : 0;

	if (!object)
		return false;
	if (!is_there(object))
		buf_puts(out, ", which is in an object that was dropped");
	else if (size > left)
		buf_printf(out, ", %llu past the end of an object",
			   (unsigned long long)(size - left));
	else
		buf_puts(out, ", which is in an object");
	return true;
}

struct heapcopy *owned_copy(struct owned *o)
{
	return heap_copy(o->heap);
}

void owned_put_back(struct owned *o, const struct heapcopy *c)
{
	heap_put_back(o->heap, c);
}

/* ---- links */

struct owned_link *owned_link_at(const struct owned *o, u64 address, enum field_kind kind)
{
	struct owned_object *object = object_around(o, address);
	const struct fields *fields;

	if (!object || !is_there(object) || object->is_percpu)
		return NULL;
	fields = &object->type->fields;
	for (u32 i = 0; i < fields->count; i++) {
		if (fields->at[i].kind == kind &&
		    owned_address(object) + fields->at[i].offset == address)
			return (struct owned_link *)(uintptr_t)links_at(object) +
			       object->type->link_of[i];
	}
	return NULL;
}

struct owned_link *owned_link(const struct owned *o, u64 address)
{
	struct owned_object *object = object_around(o, address);
	u64 at = object ? address - links_at(object) : 0;

	if (!object || !is_there(object) || address < links_at(object) ||
	    at % sizeof(struct owned_link) ||
	    at / sizeof(struct owned_link) >= object->type->link_count)
		return NULL;
	return (struct owned_link *)(uintptr_t)address;
}

struct owned_object *owned_of_link(const struct owned *o, const struct owned_link *link)
{
	return object_around(o, (u64)(uintptr_t)link);
}

u64 owned_node(const struct owned *o, const struct owned_link *link)
{
	const struct owned_object *object = owned_of_link(o, link);
	u64 at = ((u64)(uintptr_t)link - links_at(object)) / sizeof(*link);
	const struct fields *fields = &object->type->fields;

	for (u32 i = 0; i < fields->count; i++) {
		bool is_node = fields->at[i].kind == FIELD_LIST_NODE ||
			       fields->at[i].kind == FIELD_RB_NODE;
		if (is_node && object->type->link_of[i] == at)
			return owned_address(object) + fields->at[i].offset;
	}
	return 0;
}
