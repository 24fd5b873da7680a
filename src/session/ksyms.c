/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines are "ffffffff81000000 T name" or "ffffffffc0000000 t name\t[module]". Of some 200,000 only the
 * functions are kept: an array of addresses with offsets into one blob, sorted by address. It has a name,
 * and behind it the module's, which is mostly "".
 */
#include "session/ksyms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

enum { KSYMS_MAX = 4 << 20 };
/* The table has no sizes. What is further from the nearest function than any function is long is in none. */
enum { KSYMS_FAR = 4 << 20 };

struct ksym {
	u64 address;
	u32 name;  /* offset into names, where the module follows */
	u32 order; /* aliases: the first in the file wins */
};

struct ksyms {
	struct buf syms;
	struct buf names;
	size_t count;
};

static int ksym_compare(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void ksyms_add(struct ksyms *k, char *line, bool *sorted)
{
	char *end;
	u64 address = strtoull(line, &end, 16);
	struct ksym sym = { address, (u32)k->names.len, (u32)k->count };
	const struct ksym *last =
		k->count ? (const struct ksym *)(void *)k->syms.data + k->count - 1 : NULL;
	const char *module;
	size_t len;

	if (!address || end[0] != ' ' || !end[1] || !strchr("tTwW", end[1]) || end[2] != ' ')
		return;
	len = strcspn(end + 3, "\t\n");
	if (!len || k->count >= KSYMS_MAX || k->names.len + strlen(line) >= UINT32_MAX)
		return;
	if (last && last->address > address)
		*sorted = false;
	buf_put(&k->names, end + 3, len);
	buf_putc(&k->names, '\0');
	module = strchr(end + 3 + len, '[');
	if (module)
		buf_put(&k->names, module + 1, strcspn(module + 1, "]\n"));
	buf_putc(&k->names, '\0');
	buf_put(&k->syms, &sym, sizeof(sym));
	k->count++;
}

struct ksyms *ksyms_new(const char *path)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	FILE *file = fopen(path, "re");
	char line[1024];
	bool sorted = true;

	if (!k)
		arena_exhausted();
	if (!file)
		return k;
	while (fgets(line, sizeof(line), file))
		ksyms_add(k, line, &sorted);
	fclose(file);
	if (!sorted)
		qsort(k->syms.data, k->count, sizeof(struct ksym), ksym_compare);
	return k;
}

void ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	buf_done(&k->syms);
	buf_done(&k->names);
	free(k);
}

static const struct ksym *find(const struct ksyms *k, u64 address)
{
	const struct ksym *syms = (const struct ksym *)(void *)k->syms.data;
	size_t low = 0, high = k->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (syms[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - syms[low - 1].address >= KSYMS_FAR)
		return NULL;
	for (low--; low && syms[low - 1].address == syms[low].address;)
		low--;
	return &syms[low];
}

const char *ksyms_find(const struct ksyms *k, u64 address, u64 *offset)
{
	const struct ksym *sym = find(k, address);

	if (!sym)
		return NULL;
	*offset = address - sym->address;
	return k->names.data + sym->name;
}

const char *ksyms_module(const struct ksyms *k, u64 address)
{
	const struct ksym *sym = find(k, address);
	const char *name = sym ? k->names.data + sym->name : "";

	return *name ? name + strlen(name) + 1 : "";
}

u64 ksyms_address(const struct ksyms *k, const char *name)
{
	const struct ksym *syms = (const struct ksym *)(void *)k->syms.data;

	for (size_t i = 0; i < k->count; i++)
		if (!strcmp(k->names.data + syms[i].name, name))
			return syms[i].address;
	return 0;
}
