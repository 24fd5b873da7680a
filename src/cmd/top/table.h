/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readings of inspect/cost.h as a table for people and as a line of JSON:
 *
 *	12 programs, 3 ran: 5200 events/s, 0.4 % of a CPU
 *
 *	    ID TYPE           NAME             EVENTS/S  NS/EVENT    CPU %    INSNS   MEMORY HISTORY
 *	    17 tracepoint     p0_sys_enter         5120       780    0.399       42  1.1 MiB         ▁▂▂█▂
 */
#ifndef CMD_TOP_TABLE_H
#define CMD_TOP_TABLE_H

#include "base/out.h"
#include "base/vec.h"
#include "inspect/cost.h"

/* What the table is sorted by: the word, the key that chooses it, whether the least comes first. */
#define TOP_SORTS(SORT)                                                                            \
	SORT(CPU, "cpu", 'c', false)                                                               \
	SORT(EVENTS, "events", 'e', false)                                                         \
	SORT(EACH, "ns", 'n', false)                                                               \
	SORT(TOTAL, "total", 't', false)                                                           \
	SORT(INSNS, "insns", 'x', false)                                                           \
	SORT(MEMORY, "memory", 'm', false)                                                         \
	SORT(ID, "id", 'i', true)                                                                  \
	SORT(NAME, "name", 'a', true)

enum top_sort {
#define SORT(id, word, key, up) TOP_SORT_##id,
	TOP_SORTS(SORT)
#undef SORT
		TOP_SORT_COUNT
};

struct top_filter {
	const char *type; /* a glob, NULL: all */
	char **words;     /* ids, and globs of names: any of them; none: all */
	int count;
};

typedef vec_of(const struct cost *) top_rows;

/* Those of the newest reading that the filter lets pass, sorted. */
void top_select(const struct cost_meter *m, const struct top_filter *f, enum top_sort sort,
		struct arena *a, top_rows *rows);
/* At most max rows; width 0: any. */
void top_table(const struct cost_meter *m, const top_rows *rows, size_t max, size_t width,
	       struct arena *a, struct out *o);
/* A line: {"time": s since 1970, "interval": s, "programs": [...]}. */
void top_json(const struct cost_meter *m, const top_rows *rows, struct out *o);

/* "cpu", 'c'. */
const char *top_sort_word(enum top_sort sort);
char top_sort_key(enum top_sort sort);

#endif
