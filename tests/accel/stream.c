/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of streams. */
#include "accel/stream.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STREAM_FACTOR 0x9e3779b97f4a7c15ull
#define STREAM_SHIFT 40
#define STREAM_MAX_WORDS (1ull << 28) /* of what is believed to be a word of a stream */

static u64 word_of(u64 seed, u64 index)
{
	return (seed << STREAM_SHIFT | index) * STREAM_FACTOR;
}

/* By Newton's method: each step doubles the bits that are right. */
static u64 inverse(u64 odd)
{
	u64 x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

/* Processes count for themselves, so the process is a part of it. */
struct stream stream_new(struct test *t)
{
	u64 n = __atomic_add_fetch(&t->seeds, 1, __ATOMIC_RELAXED);

	return (struct stream){ .seed = ((u64)getpid() * 1021 + n) & 0xffffff };
}

void stream_fill(struct stream *s, void *to, size_t n)
{
	u8 *out = to;

	while (n) {
		u64 word = word_of(s->seed, s->at / 8);
		size_t from = s->at % 8, part = 8 - from < n ? 8 - from : n;

		memcpy(out, (u8 *)&word + from, part);
		out += part;
		n -= part;
		s->at += part;
	}
}

/* Where bytes come from that should not be here. */
static void describe(const u8 *bytes, size_t n, char *text, size_t size)
{
	for (size_t i = 0; i < 8 && i + 8 <= n; i++) {
		u64 word, id;

		memcpy(&word, bytes + i, 8);
		id = word * inverse(STREAM_FACTOR);
		if ((id & ((1ull << STREAM_SHIFT) - 1)) < STREAM_MAX_WORDS) {
			snprintf(text, size, "byte %llu of stream %06llx",
				 (unsigned long long)((id & ((1ull << STREAM_SHIFT) - 1)) * 8 - i),
				 (unsigned long long)(id >> STREAM_SHIFT));
			return;
		}
	}
	snprintf(text, size, "byte 0x%02x", bytes[0]);
}

void stream_check(struct at at, struct stream *s, const void *from, size_t n)
{
	const u8 *in = from;

	while (n) {
		u64 word = word_of(s->seed, s->at / 8);
		size_t first = s->at % 8, part = 8 - first < n ? 8 - first : n, i = 0;
		char text[80];

		if (memcmp(in, (u8 *)&word + first, part) != 0) {
			while (in[i] == ((u8 *)&word)[first + i])
				i++;
			describe(in + i, n - i, text, sizeof(text));
			test_fail(at, "where byte %llu of stream %06llx should be, there is %s",
				  (unsigned long long)(s->at + i), (unsigned long long)s->seed,
				  text);
		}
		in += part;
		n -= part;
		s->at += part;
	}
}
