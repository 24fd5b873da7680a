/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One value of a script, as bytes and a type, to text or to JSON: the same for printf, print and maps.
 * What a value only refers to (symbols, user names, cgroups, enumerators) is looked up on the first need.
 */
#ifndef SESSION_VALUE_H
#define SESSION_VALUE_H

#include "base/out.h"
#include "engine/engine.h"

struct values {
	struct arena *arena; /* of what is found out once; outlives this */
	const struct engine_ops *ops;
	void *engine;
	const struct script *script;
	struct types *types; /* these four: NULL until something asks */
	struct ksyms *ksyms;
	struct usyms *usyms;
	struct names *names;
	u32 div;           /* integers are divided by it; 1 */
	const char *comma; /* between the elements of a tuple: ", " */
	u32 depth;
};

void values_init(struct values *v, struct arena *arena, const struct engine_ops *ops, void *engine,
		 const struct script *script);
void values_done(struct values *v);
struct usyms *values_usyms(struct values *v);

/* p holds `size` bytes; a type that needs more is shown as "?" (null in JSON), never read beyond. */
void value_text(struct values *v, struct buf *b, const struct type *t, const u8 *p, size_t size);
/* A JSON value at the place where one is due: symbols as text, enumerators as numbers. */
void value_json(struct values *v, struct out *o, const struct type *t, const u8 *p, size_t size);

/* An integer, bool, enum or pointer as 64 bits, extended by its sign. false if size is too small or the
 * type is none of these. */
bool value_int(const struct type *t, const u8 *p, size_t size, u64 *out);
/* Whether value_int's bits are meant as s64. */
bool value_is_signed(const struct type *t);

void value_put_u64(struct buf *b, u64 n);
void value_put_s64(struct buf *b, s64 n);
/* `raw` is how %r, %rx and %rh want a buffer: 0: printable bytes as they are, 'x': all as \xNN, 'h': NN NN. */
void value_put_bytes(struct buf *b, const u8 *p, size_t size, char raw);
/* The data of a TYPE_BUF: its length, bounded by size, and its first byte. */
const u8 *value_buf(const u8 *p, size_t size, size_t *len);

/* A number that JSON's readers, who hold doubles, would get wrong becomes a string. */
void value_json_int(struct out *o, u64 bits, bool is_signed);
/* A JSON array is written without spaces: `[1,2]`. To be called before each element. */
void value_json_next(struct out *o, bool first);

#endif
