/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that call functions. */
#include "prog.h"

NOINLINE __u64 leaf(__u64 a, __u64 b)
{
	HIDE(a);
	return (a ^ b) + (a >> 5);
}

NOINLINE __u64 middle(__u64 a, __u64 b)
{
	HIDE(a);
	return leaf(a + 1, b) + leaf(a, b + 1);
}

PROGRAM(calls)
{
	TAKE_INPUT(__u64, in);
	__u64 sum = 0;

	for (int i = 0; i < 64; i++)
		sum += middle(in[i], sum);
	return (int)(sum ^ sum >> 32);
}
