/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emits BTF: types are appended one by one and get ids from 1; a type that is there already, byte
 * for byte, gets the id that it has. So callers describe what they need and duplicates vanish by
 * themselves.
 */
#ifndef OBJECT_BTFGEN_H
#define OBJECT_BTFGEN_H

#include <linux/btf.h>

#include "base/buf.h"
#include "base/table.h"

struct btfgen {
	struct buf types, strings;
	struct table type_ids, string_offsets;
	u32 count; /* of types */
};

void btfgen_init(struct btfgen *g, struct arena *arena);
void btfgen_done(struct btfgen *g);

/* Offset of a string in the string section; n bytes without NUL. */
u32 btfgen_strn(struct btfgen *g, const char *s, size_t n);
u32 btfgen_str(struct btfgen *g, const char *s); /* NULL is the empty string */

/* Each returns the type's id. name may be NULL where C has types without names. */
u32 btfgen_int(struct btfgen *g, const char *name, u32 size, u32 encoding);
u32 btfgen_ptr(struct btfgen *g, u32 target);
u32 btfgen_array(struct btfgen *g, u32 element, u32 count);
u32 btfgen_enum(struct btfgen *g, u32 size); /* only declared, so it is compatible with any */
/* kind is BTF_KIND_STRUCT or BTF_KIND_UNION; the members' offsets are in bits. */
/* With the kind: members' offsets hold sizes of bit-fields in their upper 8 bits. */
#define BTFGEN_HAS_BITS 0x80u
u32 btfgen_record(struct btfgen *g, u32 kind, const char *name, u32 size,
		  const struct btf_member *members, u32 n);
u32 btfgen_func_proto(struct btfgen *g, u32 ret, const struct btf_param *params, u32 n);
u32 btfgen_func(struct btfgen *g, const char *name, u32 proto, enum btf_func_linkage linkage);
u32 btfgen_var(struct btfgen *g, const char *name, u32 type); /* global */
u32 btfgen_datasec(struct btfgen *g, const char *name, u32 size, const struct btf_var_secinfo *vars,
		   u32 n);

/* A type as it stands, which may refer to later ones, even if there is one like it: the next id is its. */
void btfgen_append(struct btfgen *g, struct btf_type t, const void *extra, size_t len);

/* The whole section: header, types, strings. */
void btfgen_write(const struct btfgen *g, struct buf *out);

#endif
