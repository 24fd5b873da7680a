/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that claim to be a capture file: packets lie within them and come to an end; a broken file has its message. */
#include <stdlib.h>

#include "source/capture.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct capture_packet p;
	struct capture c;
	struct arena arena;
	struct diag d;
	int got = -EINVAL;

	arena_init(&arena);
	diag_init(&d, &arena);
	if (!capture_open(&c, &arena, "x", data, len, &d)) {
		size_t before = 0;

		while ((got = capture_next(&c, &p, &d)) > 0) {
			if (p.data < data || p.data + p.len > data + len || p.at < before)
				abort();
			before = p.at;
		}
	}
	if ((got < 0) != (d.errors > 0))
		abort();
	arena_done(&arena);
	return 0;
}
