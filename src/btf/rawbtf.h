/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF as it lies in memory, bounds checked once when it is opened: afterwards a type that is handed out
 * is whole, with all its members, and any string offset yields a string. What types refer to by id is
 * not checked: ids may be out of range and may form cycles.
 *
 * A module's BTF continues the numbering of types and strings of its base, the kernel's.
 */
#ifndef BTF_RAWBTF_H
#define BTF_RAWBTF_H

#include <linux/btf.h>

#include "base/int.h"

struct rawbtf;

/* The kernel's own file is mapped where the kernel allows it; any other is read. 0 or -errno. */
int rawbtf_open(const char *path, const struct rawbtf *base, struct rawbtf **out);
/*
 * The kernel's, as far as it takes to have the first type of each name: types behind the last of them are not there, all of them are
 * if one is not found. It takes a part of the time, and nothing where the file cannot be mapped: then it is -ENODEV. 0 or -errno.
 */
struct rawbtf_want {
	const char *name;
	u32 kind; /* BTF_KIND_... */
	u32 id;   /* is set: what was found; 0: nothing */
};
int rawbtf_open_kernel_part(struct rawbtf_want *wants, u32 n, struct rawbtf **out);
/* Copies the bytes. 0 or -EINVAL. */
int rawbtf_from_bytes(const void *data, size_t len, const struct rawbtf *base, struct rawbtf **out);
void rawbtf_free(struct rawbtf *b); /* not its base */

const struct rawbtf *rawbtf_base(const struct rawbtf *b); /* NULL if it has none */
u32 rawbtf_first(const struct rawbtf *b); /* the first id that is its own, not its base's */
u32 rawbtf_end(const struct rawbtf *b);   /* one more than the last id */
/* NULL for void (0) and ids that do not exist. */
const struct btf_type *rawbtf_type(const struct rawbtf *b, u32 id);
const char *rawbtf_str(const struct rawbtf *b, u32 offset); /* "" past the end */

/*
 * What is behind typedefs, qualifiers and type tags; *id becomes its id, *is_const whether a const was among them (NULL: of no
 * concern). NULL if nothing is, too many of them are, or b is NULL.
 */
const struct btf_type *rawbtf_skip(const struct rawbtf *b, u32 *id, bool *is_const);
bool rawbtf_is_number(const struct btf_type *t); /* an integer or enum; NULL is none */
bool rawbtf_is_record(const struct btf_type *t); /* a struct or union; NULL is none */

#define RAWBTF_KIND(kind) (1u << (kind))
/* The first of its own types with this name and one of the kinds; 0 if there is none. */
u32 rawbtf_find(struct rawbtf *b, u32 kinds, const char *name);
/* The first of its own enums that has this enumerator, and the enumerator's index; 0 if there is none. */
u32 rawbtf_find_enumerator(const struct rawbtf *b, const char *name, u32 *index);

/* Its own types in order: start with { 0 }; NULL at the end. id is that of the type returned. */
struct rawbtf_iter {
	u32 id;
	size_t pos;
};
const struct btf_type *rawbtf_next(const struct rawbtf *b, struct rawbtf_iter *it);

#endif
