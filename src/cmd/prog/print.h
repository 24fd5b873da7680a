/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How skep prog shows the facts of a program. */
#ifndef CMD_PROG_PRINT_H
#define CMD_PROG_PRINT_H

#include "base/out.h"
#include "cmd/prog/links.h"
#include "inspect/prog.h"
#include "inspect/refs.h"

/* A time in words, kept for the next program, which mostly was loaded in the same second. */
struct prog_time {
	s64 at; /* 0: none yet */
	char text[64];
};

struct prog_view {
	const struct prog *prog;
	u64 memory;                     /* bytes */
	const struct ref_list *holders; /* processes */
	const struct ref_list *pins;
	const struct prog_link_list *links;
	const char *const *map_names; /* as prog->map_ids; text alone, NULL in JSON */
	struct prog_time *time;       /* for text */
};

/* A paragraph of text, or a JSON object within what is open. */
void prog_print(struct out *o, struct arena *a, const struct prog_view *v);

#endif
