/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two BTFs do not have in common, by names: types that only one has, and what differs in those that both have. Members of
 * anonymous structs and unions count as those of what they are in ("links.next"). Types that share a name within a BTF are matched
 * where they are equal, the rest in their order.
 */
#ifndef BTF_DIFF_H
#define BTF_DIFF_H

#include "base/diag.h"
#include "base/vec.h"
#include "btf/rawbtf.h"

enum diff_change { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

/* A member of a struct or union, or an enumerator. */
struct diff_part {
	const char *name;
	const char *type; /* as C, without the name; NULL for enumerators */
	u64 offset;       /* bits */
	u32 bits;         /* of a bit-field, else 0 */
	u64 value;        /* of an enumerator */
	bool is_signed;   /* the value is */
};

struct diff_pair {
	enum diff_change change;
	const struct diff_part *old_part, *new_part; /* NULL: that side has none */
};

struct diff_type {
	enum diff_change change;
	u32 kind; /* BTF_KIND_... */
	const char *name;
	bool has_size;
	u64 old_size, new_size; /* bytes */
	const char *old_text,
		*new_text; /* the declaration, of typedefs, functions, variables and integers; else NULL */
	vec_of(struct diff_pair) parts; /* that differ, in the new order, those removed last */
};

/* Which types are looked at. */
struct diff_filter {
	u32 kinds;           /* RAWBTF_KIND(...) */
	const char *pattern; /* NULL: all names */
};

/*
 * Calls fn for each difference, ordered by kind and name; what it is given lives during the call. 0, what fn returned, or -EINVAL,
 * reported, if the BTF is malformed.
 */
int diff_types(const struct rawbtf *old_btf, const struct rawbtf *new_btf,
	       const struct diff_filter *filter, int (*fn)(void *arg, const struct diff_type *t),
	       void *arg, struct diag *d);

#endif
