/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Divisions by what is known only when the program runs, and by 10. */
#include "prog.h"

PROGRAM(divloop)
{
	TAKE_INPUT(__u64, in);
	__u64 sum = 0;

	for (int i = 0; i < 64; i++) {
		__u64 n = in[i], d = in[i + 64] | 1;

		sum += n / d;
		sum ^= (n >> 20) % ((d & 0xffff) | 3);
		sum += n / 10 + n % 1000;
	}
	return (int)(sum ^ sum >> 32);
}
