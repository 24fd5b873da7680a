/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints bytes as the value of a type:
 *
 *	{ .pid = 17, .comm = "bash", .state = RUNNING, .mac = 0x0242ac110002, .ports = [80, 443] }
 *	{"pid": 17, "comm": "bash", "state": "RUNNING", "mac": "0x0242ac110002", "ports": [80, 443]}
 *
 * Neither the type nor the bytes are trusted: cycles and sizes that do not fit end in an ellipsis, as does what goes beyond
 * RAWVALUE_MAX_PARTS; bytes that are not there are shown by "?", in JSON by null.
 */
#ifndef BTF_RAWVALUE_H
#define BTF_RAWVALUE_H

#include "base/out.h"
#include "btf/rawbtf.h"

#define RAWVALUE_MAX_DEPTH 16   /* of structs and arrays within each other */
#define RAWVALUE_MAX_PARTS 4096 /* members and elements of a value in all */
#define RAWVALUE_MAX_BYTES 1024 /* of one string or piece of memory that is shown as such */

/* As text or JSON, as out says; key as of base/out.h, for JSON alone. Type 0 (void): as hexadecimal bytes. */
void rawvalue_print(struct out *o, const char *key, const struct rawbtf *b, u32 type,
		    const void *data, size_t len);
void rawvalue_print_hex(struct out *o, const char *key, const void *data, size_t len);
/* Bytes of a value of the type; 0 if it has no size, or one that cannot be. */
u64 rawvalue_size(const struct rawbtf *b, u32 type);
/* The type without names and qualifiers; 0 if there is none. */
u32 rawvalue_resolve(const struct rawbtf *b, u32 type);

/* ---- what literal.h reads values by */

/* Elements of strings; of arrays that are shown as bytes in a row. */
bool rawvalue_is_char(const struct rawbtf *b, const struct btf_type *t);
bool rawvalue_is_byte(const struct btf_type *t);

/* Where a member's bits are. */
struct rawvalue_place {
	u32 type;
	u64 bit;
	u32 bits; /* 0: it is no bit field */
};
struct rawvalue_place rawvalue_place(const struct rawbtf *b, const struct btf_type *t, u32 i);

#endif
