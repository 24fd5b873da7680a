/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wildcards match by going back to the last `*` only (an earlier one need never take more once a
 * later one was reached), so the cost is at most pattern times text. Distances are those of optimal
 * string alignment: insert, delete, replace or swap neighbours, a change of case being free.
 */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NEAREST_MAX = 127 };

bool text_is_glob(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

/*
 * Whether c is in the set that starts behind '[', as in [a-z_] or [!0-9]; *end is what follows the set.
 * Without a closing bracket there is no set, and *end is NULL.
 */
static bool text_in_set(const char *p, u8 c, const char **end)
{
	bool inverted = *p == '!' || *p == '^';
	bool in = false;

	p += inverted;
	for (const char *first = p; *p && (*p != ']' || p == first); p++) {
		u8 low = (u8)*p;
		u8 high = low;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			high = (u8)p[2];
			p += 2;
		}
		in |= low <= c && c <= high;
	}
	*end = *p ? p + 1 : NULL;
	return in != inverted;
}

/* What follows the pattern's first element if that matches c, else NULL. */
static const char *text_glob_one(const char *p, char c)
{
	const char *end;
	bool in;

	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		in = text_in_set(p + 1, (u8)c, &end);
		if (end)
			return in ? end : NULL;
	}
	return *p == c ? p + 1 : NULL;
}

bool text_glob(const char *pattern, const char *s)
{
	const char *star = NULL; /* what follows the last star */
	const char *from = NULL; /* where that is tried */

	while (*s) {
		const char *next;

		if (*pattern == '*') {
			star = ++pattern;
			from = s;
			if (!*star)
				return true;
			continue;
		}
		next = *pattern ? text_glob_one(pattern, *s) : NULL;
		if (next) {
			pattern = next;
			s++;
		} else if (star) {
			pattern = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

struct nearest nearest_to(const char *word)
{
	size_t len = strlen(word);

	return (struct nearest){
		.word = word,
		.distance = !len || len > NEAREST_MAX ? 0 : (unsigned)(len + 1) / 3 + 1,
	};
}

static unsigned text_min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool text_same_letter(char a, char b)
{
	return tolower((u8)a) == tolower((u8)b);
}

/* The distance of two words of at most NEAREST_MAX bytes; `limit` or more if it is no less than that. */
static unsigned text_distance(const char *a, size_t n, const char *b, size_t m, unsigned limit)
{
	u8 rows[3][NEAREST_MAX + 1]; /* row i: from the first i of a to the first j of b */

	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (u8)j;
	for (size_t i = 1; i <= n; i++) {
		const u8 *before = rows[(i + 1) % 3];
		const u8 *above = rows[(i - 1) % 3];
		u8 *row = rows[i % 3];
		unsigned least = row[0] = (u8)i;

		for (size_t j = 1; j <= m; j++) {
			unsigned d = above[j - 1] + !text_same_letter(a[i - 1], b[j - 1]);

			d = text_min(d, text_min(above[j], row[j - 1]) + 1u);
			if (i > 1 && j > 1 && text_same_letter(a[i - 1], b[j - 2]) &&
			    text_same_letter(a[i - 2], b[j - 1]))
				d = text_min(d, before[j - 2] + 1u);
			row[j] = (u8)d;
			least = text_min(least, d);
		}
		if (least >= limit)
			return limit;
	}
	return rows[n % 3][m];
}

/* How many letters more or fewer a candidate has. */
static size_t nearest_gap(const struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->word);
	size_t other = strnlen(candidate, NEAREST_MAX + 1);

	return len > other ? len - other : other - len;
}

void nearest_try(struct nearest *n, const char *candidate)
{
	size_t other = strnlen(candidate, NEAREST_MAX + 1);
	size_t gap = nearest_gap(n, candidate);
	unsigned d;

	if (!n->distance || other > NEAREST_MAX || gap > n->distance)
		return;
	d = text_distance(n->word, strlen(n->word), candidate, other, n->distance + 1);
	/* Of equals the one with the same letters: "prinft" is "printf" and not "print". */
	if (d < n->distance || (n->best && d == n->distance && gap < nearest_gap(n, n->best))) {
		n->distance = d;
		n->best = candidate;
	}
}

const char *nearest_name(const struct nearest *n)
{
	return n->best;
}

static unsigned text_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool text_u64(const char *s, u64 *out)
{
	unsigned base = 10;
	u64 v = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1]) {
		base = 8;
		s++;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = text_digit(*s);

		if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*out = v;
	return true;
}

bool text_s64(const char *s, s64 *out)
{
	bool negative = *s == '-';
	u64 v;

	if (!text_u64(s + negative, &v) || v > (u64)INT64_MAX + negative)
		return false;
	*out = (s64)(negative ? -v : v);
	return true;
}

size_t text_utf8(const char *s, size_t n)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	u8 lead;
	size_t len;
	u32 code;

	if (!n)
		return 0;
	lead = (u8)s[0];
	if (lead < 0x80)
		return 1;
	len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || len > n)
		return 0;
	code = lead & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (((u8)s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((u8)s[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return len;
}

/* Reads up to the end of file; the room doubles, so it stays below twice max. */
char *text_read_fd(int fd, size_t max, size_t *len)
{
	size_t cap = 0, n = 0;
	char *data = NULL;

	for (;;) {
		ssize_t got;

		if (n == cap) {
			size_t more = cap ? cap * 2 : 4096;
			char *moved = realloc(data, more + 1);

			if (!moved)
				break;
			data = moved;
			cap = more;
		}
		got = read(fd, data + n, cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (got == 0) {
			data[n] = '\0';
			if (len)
				*len = n;
			return data;
		}
		n += (size_t)got;
		if (n > max) {
			errno = EFBIG;
			break;
		}
	}
	free(data);
	return NULL;
}

char *text_read_file(const char *path, size_t max, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data;
	int error;

	if (fd < 0)
		return NULL;
	data = text_read_fd(fd, max, len);
	error = errno;
	close(fd);
	errno = error;
	return data;
}
