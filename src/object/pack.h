/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One walk in both directions: a function that describes a record by its fields,
 *
 *	static void pack_point(struct pack *p, struct point *v)
 *	{
 *		pack_u32(p, &v->x);
 *		pack_str(p, &v->name);
 *	}
 *
 * writes it when p writes and reads it when p reads, so that the two can never differ. Numbers are
 * little-endian; a string is its length + 1 (0 for NULL) and its bytes. What is read is not
 * trusted: the first mistake is reported with its offset, and from then on everything reads as
 * zero, empty or NULL.
 */
#ifndef OBJECT_PACK_H
#define OBJECT_PACK_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/reader.h"
#include "btf/type.h"

struct pack {
	bool reading;
	struct buf *out;     /* writing: to here */
	struct reader in;    /* reading: from here, */
	struct arena *arena; /* into here, */
	struct diag *d;      /* reporting here */
	u32 types;           /* walked so far: they are limited */
};

void pack_init_write(struct pack *p, struct buf *out);
void pack_init_read(struct pack *p, const void *data, size_t len, struct arena *arena,
		    struct diag *d);
/*
 * Reports unless something was reported before, and stops the reading; means nothing when
 * writing.
 */
void pack_fail(struct pack *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool pack_failed(struct pack *p); /* reports it if the bytes ended early */

void pack_u8(struct pack *p, u8 *v);
void pack_u32(struct pack *p, u32 *v);
void pack_u64(struct pack *p, u64 *v);
void pack_s64(struct pack *p, s64 *v);
void pack_bool(struct pack *p, bool *v);
void pack_str(struct pack *p, const char **s);
/* A number below limit: the one given when writing, the one read (or 0) when reading. */
u32 pack_enum(struct pack *p, u32 v, u32 limit, const char *what);
/*
 * A number of elements, each of which takes at least `bytes`: thus bounded by the bytes that are
 * there.
 */
size_t pack_count(struct pack *p, size_t n, size_t max, size_t bytes, const char *what);

/* The length of a vec; when reading, also its zeroed elements. */
#define pack_vec(p, v, max, bytes, what)                                                           \
	do {                                                                                       \
		size_t pack_n = pack_count(p, (v)->n, max, bytes, what);                           \
                                                                                                   \
		if ((p)->reading) {                                                                \
			(v)->at = arena_alloc((p)->arena, pack_n * sizeof(*(v)->at));              \
			(v)->n = (v)->cap = pack_n;                                                \
		}                                                                                  \
	} while (0)

/*
 * A type with all that it consists of, and its checks: t when writing (NULL is void), the type read
 * when reading. Records that pointers lead to come without their fields, and so does what lies
 * deeper than 16 levels.
 */
const struct type *pack_type(struct pack *p, const struct type *t);

#endif
