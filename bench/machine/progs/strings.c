/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares strings that differ late. */
#include "prog.h"

PROGRAM(strings)
{
	TAKE_INPUT(__u8, in);
	const __u8 *a = in, *b = in + INPUT / 2;
	int i;

	for (i = 0; i < 500; i++) {
		if (a[i] != b[i] || !a[i])
			return i << 16 | (a[i] - b[i]);
	}
	return i;
}
