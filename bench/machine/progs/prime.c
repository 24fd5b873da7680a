/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts primes, by trial divisions. */
#include "prog.h"

PROGRAM(prime)
{
	TAKE_INPUT(__u32, in);
	__u32 last = in[0] % 64 + 136;
	int count = 0;

	for (__u32 n = 2; n < last; n++) {
		int is_prime = 1;

		for (__u32 d = 2; d * d <= n; d++) {
			if (n % d == 0) {
				is_prime = 0;
				break;
			}
		}
		count += is_prime;
	}
	return count;
}
