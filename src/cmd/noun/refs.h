/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds an object, printed: pins and processes, in bpftool's shape in JSON. */
#ifndef CMD_NOUN_REFS_H
#define CMD_NOUN_REFS_H

#include "base/out.h"
#include "inspect/refs.h"

struct noun_refs {
	struct refs holders, pins;
};

/* Both, of the whole system. */
void noun_refs_read(struct noun_refs *r, struct arena *a);
/* The members "pinned" and "pids", each where there are any. */
void noun_refs_json(const struct noun_refs *r, struct out *out, enum handle_kind kind, u32 id);
/* A line each, indented. */
void noun_refs_text(const struct noun_refs *r, struct out *out, enum handle_kind kind, u32 id);

#endif
