/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sum of the bytes of a memory, for what runs programs on one. */
static __attribute__((noinline)) int add(int a, int b)
{
	return a + b;
}

__attribute__((section("memory"), used)) int sum(const unsigned char *memory, unsigned long size)
{
	int total = 0;

	for (unsigned long i = 0; i < size; i++)
		total = add(total, memory[i]);
	return total;
}
