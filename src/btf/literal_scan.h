/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that values are made of: numbers, strings, addresses. */
#ifndef BTF_LITERAL_SCAN_H
#define BTF_LITERAL_SCAN_H

#include "btf/literal.h"

struct literal_number {
	u64 value;
	bool is_negative; /* value: of two's complement */
	bool is_own;      /* an enumerator of its own enum */
	struct loc loc;
};

/* Whether the text goes on with s. */
bool literal_sees(const struct literal *l, const char *s);
/* own: an enum whose enumerators come first; NULL: none. */
int literal_scan_number(struct literal *l, const struct btf_type *own, struct literal_number *out);
/* The bytes of a string behind its quote, at most max; *n: how many. */
int literal_scan_string(struct literal *l, u8 *out, u32 max, u32 *n);
/* 0x and exactly size bytes as they lie in memory. */
int literal_scan_memory(struct literal *l, u8 *out, u32 size);
/* Whether an address comes: 1 with its bytes, 0 if not, -EINVAL if it has not size bytes. */
int literal_scan_address(struct literal *l, u8 *out, u32 size);
int literal_scan_float(struct literal *l, double *out);

#endif
