/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What diff.c, which matches types, and diff_parts.c, which compares them, share. */
#ifndef BTF_DIFF_IMPL_H
#define BTF_DIFF_IMPL_H

#include "btf/diff.h"
#include "btf/dump.h"

/* One of the two. */
struct diff_side {
	const struct rawbtf *btf;
	struct dump *dump; /* for types as C */
	struct diag *diag;
};

typedef vec_of(struct diff_part) diff_parts;

/* A type's members or enumerators. 0 or -EINVAL, reported. */
int diff_parts_of(const struct diff_side *s, struct arena *a, u32 id, diff_parts *out);
/* Notes those that differ; whether there are any. */
bool diff_parts_compare(struct arena *a, const diff_parts *old_parts, const diff_parts *new_parts,
			struct diff_type *out);

#endif
