/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chain of zeroed blocks; the first one is cut up from its start, and what is too large for
 * that gets a block of its own behind it:
 *
 *	arena -> [ used .... free ] -> [ large one ] -> [ used up ] -> NULL
 *
 * Under AddressSanitizer every allocation is a block, so that running over one is seen.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_CHECKED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_CHECKED 1
#endif

enum {
	ARENA_ALIGN = 16,
	ARENA_BLOCK = 64 * 1024,
#if defined(ARENA_CHECKED)
	ARENA_LARGE = 0,
#else
	ARENA_LARGE = ARENA_BLOCK / 8,
#endif
};

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ARENA_ALIGN) u8 data[];
};

void arena_exhausted(void)
{
	fputs("skep: out of memory\n", stderr);
	exit(1);
}

void arena_init(struct arena *a)
{
	a->blocks = NULL;
}

void arena_done(struct arena *a)
{
	struct arena_block *b = a->blocks;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->blocks = NULL;
}

/* Large ones come zeroed; of the others each piece is when it is handed out, so that what is not used is not touched. */
static struct arena_block *arena_block_new(size_t size, bool is_large)
{
	struct arena_block *b;

	if (size > (size_t)PTRDIFF_MAX - sizeof(*b))
		arena_exhausted();
	b = is_large ? calloc(1, sizeof(*b) + size) : malloc(sizeof(*b) + size);
	if (!b)
		arena_exhausted();
	b->size = size;
	b->used = 0;
	b->next = NULL;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (size > ARENA_LARGE) {
		struct arena_block *own = arena_block_new(size, true);

		own->used = size;
		own->next = b ? b->next : NULL;
		if (b)
			b->next = own;
		else
			a->blocks = own;
		return own->data;
	}
	size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (!b || b->size - b->used < size) {
		b = arena_block_new(ARENA_BLOCK, false);
		b->next = a->blocks;
		a->blocks = b;
	}
	p = b->data + b->used;
	b->used += size;
	return memset(p, 0, size);
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s);

	return memcpy(arena_alloc(a, n + 1), s, n);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	n = strnlen(s, n);
	return memcpy(arena_alloc(a, n + 1), s, n);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		arena_exhausted();
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}
