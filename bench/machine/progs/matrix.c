/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiplies matrices of 64-bit numbers. */
#include "prog.h"

#define N 7

PROGRAM(matrix)
{
	TAKE_INPUT(__u64, in);
	const __u64 *a = in, *b = in + N * N;
	__u64 sum = 0;

	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++) {
			__u64 cell = 0;

			for (int k = 0; k < N; k++)
				cell += a[i * N + k] * b[k * N + j];
			sum = sum * 31 + cell;
		}
	}
	return (int)(sum ^ sum >> 32);
}
