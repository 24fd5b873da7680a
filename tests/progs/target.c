/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions for uprobes, with arguments, results and data that never change:
 *
 *	target             calls each function once, in the order of this file
 *	target loop N      calls target_loop(1) ... target_loop(N)
 *	target tick N      calls target_tick() every 10 ms, N times
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A function that is never inlined. */
#define PROBED(type, name, ...)                                                                    \
	type name(__VA_ARGS__);                                                                    \
	__attribute__((noinline)) type name(__VA_ARGS__)

struct point {
	int x, y;
	char name[8];
	struct {
		int16_t low;
		uint16_t high;
	} in;
	const char *text;
	struct point *next;
};

struct arrays {
	int32_t four[4];
	int32_t square[2][2];
	unsigned char mac[6];
	unsigned char v4[4];
	unsigned char v6[16];
};

struct bits {
	unsigned a : 4, b : 8, c : 3, d : 1, e : 16;
	int f : 5, g : 9;
};

union either {
	uint32_t whole;
	uint16_t halves[2];
	uint8_t bytes[4];
};

uint32_t target_word = 0x1234abcd;
uint64_t target_long = 0x1122334455667788;
uint8_t target_byte = 0x5a;
static volatile int sink;

/* The compiler has to have x ready here, and all that it points to. */
#define KEEP(x) __asm__ volatile("" : : "r"(x) : "memory")

/* Reads a text, for a probe sees only what is in memory already. */
static const char *touched(const char *text)
{
	for (const char *s = text; *s; s++)
		sink = *s;
	return text;
}

PROBED(int, target_add, int a, int b)
{
	KEEP(a);
	return a + b;
}

PROBED(int, target_negative, int n)
{
	KEEP(n);
	return -n;
}

PROBED(uint64_t, target_big, void)
{
	KEEP(0);
	return 0xfedcba9876543210;
}

PROBED(const char *, target_string, const char *s)
{
	KEEP(s);
	return touched("returned text");
}

PROBED(void, target_struct, const struct point *p)
{
	KEEP(p);
}

PROBED(void, target_array, const struct arrays *a)
{
	KEEP(a);
}

PROBED(void, target_bits, const struct bits *b)
{
	KEEP(b);
}

PROBED(void, target_union, const union either *u)
{
	KEEP(u);
}

PROBED(void, target_words, const char *const *words)
{
	KEEP(words);
}

PROBED(int, target_many, int a, int b, int c, int d, int e, int f, int g, int h)
{
	KEEP(a);
	return a + b + c + d + e + f + g + h;
}

PROBED(void, target_inner, int n)
{
	KEEP(n);
}

PROBED(void, target_outer, int n)
{
	target_inner(n + 1);
	KEEP(n);
}

PROBED(int, target_loop, int n)
{
	KEEP(n);
	return n * 2;
}

PROBED(void, target_tick, void)
{
	KEEP(0);
}

static void call_all(void)
{
	struct point second = { .x = -7, .y = 8, .name = "second", .text = touched("text two") };
	struct point first = { .x = 3,
			       .y = -4,
			       .name = "first",
			       .in = { -5, 60000 },
			       .text = touched("text one"),
			       .next = &second };
	struct arrays arrays = {
		.four = { 1, 2, 3, 4 },
		.square = { { 5, 6 }, { 7, 8 } },
		.mac = { 0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f },
		.v4 = { 192, 0, 2, 7 },
		.v6 = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x42 },
	};
	struct bits bits = { .a = 1, .b = 217, .c = 5, .d = 1, .e = 65535, .f = -3, .g = 200 };
	union either either = { .whole = 0x04030201 };
	const char *words[] = { touched("one"), touched("two"), touched("three"), NULL };

	target_add(3, 4);
	target_negative(100);
	target_big();
	target_string(touched("hello from target"));
	target_struct(&first);
	target_array(&arrays);
	target_bits(&bits);
	target_union(&either);
	target_words(words);
	target_many(1, 2, 3, 4, 5, 6, 7, 8);
	target_outer(41);
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (argc < 2) {
		call_all();
		return 0;
	}
	for (int i = 1; i <= n; i++) {
		if (!strcmp(argv[1], "loop")) {
			target_loop(i);
		} else {
			target_tick();
			usleep(10000);
		}
	}
	return 0;
}
