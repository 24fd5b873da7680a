/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function's type on one line: "int count_packets(struct xdp_md *ctx, u32 *)". */
#ifndef BTF_RAWPROTO_H
#define BTF_RAWPROTO_H

#include "base/buf.h"
#include "btf/rawbtf.h"

/* The name of a function; "" if the type is none. */
const char *rawproto_name(const struct rawbtf *b, u32 func);
/* Appends the function as it would be declared; nothing if the type is none. Types that are too deep end in "...". */
void rawproto_print(struct buf *out, const struct rawbtf *b, u32 func);

#endif
