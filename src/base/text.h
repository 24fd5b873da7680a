/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small questions about strings: wildcards, nearest names, numbers. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/int.h"

/* Whether a text has `*`, `?` or `[`. */
bool text_is_glob(const char *pattern);
/* Shell-style match of `*`, `?` and `[...]`; linear in practice, never exponential. */
bool text_glob(const char *pattern, const char *s);

/*
 * Collects the candidate nearest to a misspelt word, by edit distance:
 *
 *	struct nearest n = nearest_to("tcp_conect");
 *	for each name: nearest_try(&n, name);
 *	nearest_name(&n)  // "tcp_connect", or NULL when nothing is close enough to suggest
 *
 * Words longer than 127 bytes are never suggested. The names must outlive the search.
 */
struct nearest {
	const char *word;
	const char *best;
	unsigned distance;
};
struct nearest nearest_to(const char *word);
void nearest_try(struct nearest *n, const char *candidate);
const char *nearest_name(const struct nearest *n);

/* A whole decimal, 0x or 0-octal number; false if it is none or does not fit. */
bool text_u64(const char *s, u64 *out);
bool text_s64(const char *s, s64 *out);

/* The length of the valid UTF-8 sequence that s starts with, within n bytes; 0 if there is none. */
size_t text_utf8(const char *s, size_t n);

/* The whole of a small file (procfs, tracefs, scripts) of at most max bytes, NUL added; malloc'ed, NULL
 * with errno set (EFBIG when larger). len may be NULL. */
char *text_read_file(const char *path, size_t max, size_t *len);

/* The same from a descriptor, up to its end. */
char *text_read_fd(int fd, size_t max, size_t *len);

#endif
