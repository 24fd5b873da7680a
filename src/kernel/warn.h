/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libbpf's warnings, kept instead of printed. */
#ifndef KERNEL_WARN_H
#define KERNEL_WARN_H

#include "base/arena.h"
#include "base/buf.h"

/* From here to warn_end, warnings of libbpf on this thread are appended to b; otherwise they are dropped. */
void warn_begin(struct buf *b);
void warn_end(void);
/* The newest warning that says something, without libbpf's name, in the arena; "" if there is none. */
const char *warn_last(const struct buf *b, struct arena *a);

#endif
