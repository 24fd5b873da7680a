/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of skep btf, and how they name kinds. */
#ifndef CMD_BTF_IMPL_H
#define CMD_BTF_IMPL_H

#include "btf/rawbtf.h"
#include "cmd/btf/source.h"
#include "cmd/noun/noun.h"

extern const struct noun_verb btf_show_verb, btf_dump_verb, btf_find_verb, btf_diff_verb;

/* "STRUCT", as bpftool has it; "UNKNOWN" for 0. */
const char *btf_raw_kind(u32 kind);
/* A type, or all that are b's own, as bpftool writes them, text or JSON. */
void btf_raw_print(struct out *o, const struct rawbtf *b, u32 id, const struct btf_type *t);
void btf_raw_all(struct out *o, const struct rawbtf *b);

/* "struct", as C says it and "func" for functions; NULL for kinds that cannot be named. */
const char *btf_find_word(u32 kind);
/* `struct:NAME` and so on, or NAME alone: the kinds that it may be, and the name. 0 or -EINVAL, reported. */
int btf_find_split(struct noun_args *a, const char *what, u32 *kinds, const char **name);
/*
 * Ids of types by `struct:NAME`, `func:NAME` and so on, or NAME alone; the name may be a pattern. Calls fn for each, b's base included
 * where b has none. 0, what fn returned, or -ENOENT if there is none, reported with what is near.
 */
int btf_find_each(struct noun_args *a, const struct rawbtf *b, const char *what,
		  int (*fn)(void *arg, u32 id), void *arg);
/* After -ENOENT: a hint at the module that has it, where the running kernel itself was looked at. */
void btf_find_hint(struct noun_args *a, const struct btf_source *s, const char *what);

#endif
