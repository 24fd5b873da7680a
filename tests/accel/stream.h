/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that tell where they belong: word i of stream s is (s << 40 | i) times an odd constant. What has been lost,
 * doubled, reordered or delivered to somebody else is recognised, and named.
 */
#ifndef ACCEL_STREAM_H
#define ACCEL_STREAM_H

#include "accel/test.h"

struct stream {
	u64 seed; /* below 1 << 24 */
	u64 at;   /* bytes so far */
};

struct stream stream_new(struct test *t);
/* The next n bytes, written or compared; the stream moves on. */
void stream_fill(struct stream *s, void *to, size_t n);
void stream_check(struct at at, struct stream *s, const void *from, size_t n);

#endif
