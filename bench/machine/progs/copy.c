/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies bytes one by one: without the barrier it would be a call of memcpy(), which BPF has not. */
#include "prog.h"

PROGRAM(copy)
{
	TAKE_INPUT(__u8, in);
	__u8 *to = in + INPUT / 2;

	for (int i = 0; i < 256; i++) {
		to[i] = in[i];
		BARRIER();
	}
	return to[0] + to[100] + to[255];
}
