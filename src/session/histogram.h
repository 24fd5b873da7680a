/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buckets of hist() and lhist() as a bar chart or as JSON. */
#ifndef SESSION_HISTOGRAM_H
#define SESSION_HISTOGRAM_H

#include "base/out.h"
#include "btf/type.h"

/* t is TYPE_HIST or TYPE_LHIST with t->count buckets. From the first bucket in use to the last, a line
 * each; nothing if all are empty. div divides the counts of a TYPE_HIST. */
void histogram_text(struct buf *b, const struct type *t, const u64 *buckets, u32 div);
/* An array of { "min", "max", "count" }, where min and max are inclusive. */
void histogram_json(struct out *o, const struct type *t, const u64 *buckets, u32 div);

#endif
