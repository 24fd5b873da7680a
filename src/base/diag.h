/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics: what went wrong, where, and what would help. Everything below cmd/ reports
 * here and prints nothing; cmd/ renders the collection once:
 *
 *	script.bt:3:7: error: unknown function 'prnt'
 *	  3 | BEGIN { prnt("x"); }
 *	    |         ^~~~
 *	hint: did you mean 'print'?
 *
 * A reporting function returns a negative errno, so that a failing function ends in one
 * statement: return diag_error(d, loc, "...");
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/vec.h"

/* A stretch of the source text; len 0 and line 0 mean "no place". */
struct loc {
	u32 offset; /* byte offset into the source */
	u32 len;    /* bytes */
	u32 line;   /* from 1 */
	u32 col;    /* byte column from 1 */
};
#define LOC_NONE ((struct loc){ 0, 0, 0, 0 })

/* From the first byte of a to the last of b. */
struct loc loc_join(struct loc a, struct loc b);

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_item {
	enum diag_level level;
	struct loc loc;
	const char *text;
	const char *hint; /* NULL if none */
};

struct diag {
	struct arena *arena;
	const char *name;   /* of the source: a path, or "-e" */
	const char *source; /* its text, NUL-terminated, or NULL */
	size_t source_len;
	vec_of(struct diag_item) items;
	unsigned errors;
	unsigned suppressed; /* errors beyond DIAG_MAX_ERRORS, which are counted only */
	bool dropped;        /* the newest report was not kept, so its hint goes nowhere either */
};

#define DIAG_MAX_ERRORS 50
#define DIAG_MAX_ITEMS (3 * DIAG_MAX_ERRORS) /* warnings and notes included */

void diag_init(struct diag *d, struct arena *arena);
void diag_set_source(struct diag *d, const char *name, const char *text, size_t len);

/* Each returns -EINVAL; messages start in lower case and have no full stop. */
int diag_error(struct diag *d, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diag_warning(struct diag *d, struct loc loc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a hint to the newest item; a second call replaces the first. */
void diag_hint(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As diag_error without a place, for a failed system call: returns -err. err is positive. */
int diag_errno(struct diag *d, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Writes all items, with source lines and carets where there is a place. */
void diag_render(const struct diag *d, FILE *to);

#endif
