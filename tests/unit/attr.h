/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of netlink, as messages of tests are made of them. */
#ifndef UNIT_ATTR_H
#define UNIT_ATTR_H

#include <string.h>

#include "base/buf.h"

static inline size_t attr_begin(struct buf *b, u16 type)
{
	size_t at = b->len;

	buf_u16(b, 0);
	buf_u16(b, type);
	return at;
}

static inline void attr_end(struct buf *b, size_t at)
{
	u16 len = (u16)(b->len - at);

	memcpy(b->data + at, &len, sizeof(len));
	buf_align(b, 4);
}

static inline void attr_put(struct buf *b, u16 type, const void *data, size_t len)
{
	size_t at = attr_begin(b, type);

	buf_put(b, data, len);
	attr_end(b, at);
}

#endif
