/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts and what check makes of them, in one line: either the types of maps and variables
 *
 *	@x[uint64]=count_t $a=int64
 *
 * ("$a^" is captured by a loop), or what was reported, as "place: text {hint}", separated by " | ", warnings
 * after a "w". What gen may rely on is verified too, and any breach appended.
 */
#ifndef UNIT_LANG_CHECKED_H
#define UNIT_LANG_CHECKED_H

#include "lang/lang.h"

struct checked {
	struct arena arena;
	struct diag diag;
	struct types *types;
	struct probe_context probes;
	struct lang_options options;
	struct unit unit;
	struct buf text;
	int err;
};

void checked_init(struct checked *k);
void checked_done(struct checked *k);
const char *checked_run(struct checked *k, const char *source);

struct check_case {
	const char *source, *want;
};

void checked_cases(const struct check_case *cases, size_t n, bool unsafe);

#endif
