/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small interpreter: a switch of many cases in a loop. */
#include "prog.h"

PROGRAM(switches)
{
	TAKE_INPUT(__u8, in);
	__u64 a = 1, b = 2;

	for (int i = 0; i < 256; i++) {
		__u8 op = in[i];

		switch (op & 15) {
		case 0:
			a += b;
			break;
		case 1:
			a -= b;
			break;
		case 2:
			a ^= b;
			break;
		case 3:
			b += a;
			break;
		case 4:
			a = a << 3 | b >> 61;
			break;
		case 5:
			a *= 7;
			break;
		case 6:
			b = a + op;
			break;
		case 7:
			a = ~b;
			break;
		case 8:
			b ^= a >> 7;
			break;
		case 9:
			a &= b | 0xff;
			break;
		case 10:
			a |= 0x1000;
			break;
		case 11:
			b -= op;
			break;
		case 12:
			a = b * b;
			break;
		case 13:
			a += 1000;
			break;
		case 14:
			b <<= 1;
			break;
		case 15:
			b = a ^ 0x5555;
			break;
		}
	}
	return (int)(a ^ a >> 32 ^ b);
}
