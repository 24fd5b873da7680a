/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every read goes through reader_bytes, which alone knows the bounds. */
#include "base/reader.h"

void reader_init(struct reader *r, const void *data, size_t len)
{
	*r = (struct reader){ .data = data, .len = len };
}

const void *reader_bytes(struct reader *r, size_t n)
{
	const u8 *p;

	if (r->failed || n > r->len - r->pos) {
		r->failed = true;
		return NULL;
	}
	p = r->data + r->pos;
	r->pos += n;
	return p;
}

static u64 reader_little(struct reader *r, size_t n)
{
	const u8 *p = reader_bytes(r, n);
	u64 v = 0;

	if (!p)
		return 0;
	while (n--)
		v = v << 8 | p[n];
	return v;
}

u8 reader_u8(struct reader *r)
{
	return (u8)reader_little(r, 1);
}

u16 reader_u16(struct reader *r)
{
	return (u16)reader_little(r, 2);
}

u32 reader_u32(struct reader *r)
{
	return (u32)reader_little(r, 4);
}

u64 reader_u64(struct reader *r)
{
	return reader_little(r, 8);
}

size_t reader_left(const struct reader *r)
{
	return r->failed ? 0 : r->len - r->pos;
}
