/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fibonacci numbers, in a loop. */
#include "prog.h"

PROGRAM(fib)
{
	TAKE_INPUT(__u32, in);
	__u64 a = 0, b = 1;
	__u32 n = in[0] % 64 + 936;

	for (__u32 i = 0; i < n; i++) {
		__u64 next = a + b;

		a = b;
		b = next;
	}
	return (int)(a ^ a >> 32);
}
