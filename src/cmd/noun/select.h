/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that name objects of BPF: `id N`, `name NAME`, `tag TAG`, `pinned PATH`; a number, a path or a name by itself will do, too. */
#ifndef CMD_NOUN_SELECT_H
#define CMD_NOUN_SELECT_H

#include "cmd/noun/noun.h"
#include "inspect/select.h"

/* In usage lines. */
#define NOUN_SELECT_ARGS "[id ID|name NAME|pinned PATH]"
#define NOUN_SELECT_PROG_ARGS "[id ID|tag TAG|name NAME|pinned PATH]"

/* Takes them; all objects if no word is left. 0 or -EINVAL, reported. */
int noun_select(struct noun_args *a, enum handle_kind kind, struct select *out);
/* The same where one object must be named, and opens it: a descriptor that the caller closes, or -errno, reported. */
int noun_select_one(struct noun_args *a, enum handle_kind kind, u32 *id);

#endif
