/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that say which leftovers are meant; several narrow it down. */
#ifndef CMD_GC_SELECT_H
#define CMD_GC_SELECT_H

#include "cmd/noun/noun.h"
#include "inspect/leftover.h"

#define GC_SELECT_ARGS "[all] [prog|map|link|attached] [id ID] [under DIR] [older AGE]"

struct gc_select {
	bool is_named; /* any word was given */
	bool kinds[HANDLE_KINDS], is_attached;
	bool has_kind;
	u32 id;            /* 0: any */
	const char *under; /* a folder or a pin; NULL: any */
	u64 older;         /* seconds; 0: any */
};

/* Takes all words. 0 or -EINVAL, reported. */
int gc_select_take(struct noun_args *a, struct gc_select *s);
bool gc_select_is_meant(const struct gc_select *s, const struct leftover *l, u64 now);
/* Whether it is of skep accel, which has 'skep accel off' for this: spared but where its folder is named. */
bool gc_select_is_spared(const struct gc_select *s, const struct leftover *l);

#endif
