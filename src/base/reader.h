/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads little-endian fields out of bytes that are not trusted. Going past the end sets
 * `failed`, which sticks, and yields zeroes: read a whole record, then check once.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/int.h"

struct reader {
	const u8 *data;
	size_t len, pos;
	bool failed;
};

void reader_init(struct reader *r, const void *data, size_t len);
u8 reader_u8(struct reader *r);
u16 reader_u16(struct reader *r);
u32 reader_u32(struct reader *r);
u64 reader_u64(struct reader *r);
const void *reader_bytes(struct reader *r, size_t n); /* NULL past the end */
size_t reader_left(const struct reader *r);

#endif
