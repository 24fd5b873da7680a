/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine/mapcopy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine/mapimpl.h"

#define PAGE 4096u

struct page {
	u64 at;
	u8 bytes[PAGE];
};

struct mapcopy {
	struct page **pages;
	size_t count, room;
};

static struct map *values_of(struct map *m)
{
	return m->ops->table ? m->ops->table(m) : m;
}

static void add_page(struct mapcopy *c, const u8 *base, u64 at, u64 size)
{
	struct page *p = calloc(1, sizeof(*p));

	if (c->count == c->room) {
		c->room = 2 * c->room + 16;
		c->pages = realloc(c->pages, c->room * sizeof(*c->pages));
	}
	if (!p || !c->pages)
		arena_exhausted();
	p->at = at;
	memcpy(p->bytes, base + at, size);
	c->pages[c->count++] = p;
}

struct mapcopy *mapcopy_take(struct map *m)
{
	static const u8 zeroes[PAGE];
	struct mapcopy *c = calloc(1, sizeof(*c));
	const struct mapstore *s = &values_of(m)->store;

	if (!c)
		arena_exhausted();
	for (u64 at = 0; s->base && at < s->size; at += PAGE) {
		u64 size = s->size - at < PAGE ? s->size - at : PAGE;

		if (memcmp(s->base + at, zeroes, size) != 0)
			add_page(c, s->base, at, size);
	}
	return c;
}

void mapcopy_put_back(const struct mapcopy *c, struct map *m)
{
	const struct mapstore *s = &values_of(m)->store;

	if (!s->base || !s->size)
		return;
	/* Private pages are zeroes again where nothing else has been put. */
	if (madvise(s->base, s->size, MADV_DONTNEED))
		memset(s->base, 0, s->size);
	for (size_t i = 0; i < c->count; i++) {
		u64 left = s->size - c->pages[i]->at;

		memcpy(s->base + c->pages[i]->at, c->pages[i]->bytes, left < PAGE ? left : PAGE);
	}
}

void mapcopy_free(struct mapcopy *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->pages[i]);
	free(c->pages);
	free(c);
}
