/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `spin MS`: computes in spin_inner() until it has used so much time of a CPU. */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

volatile uint64_t spin_sink;

void spin_inner(void);
__attribute__((noinline)) void spin_inner(void)
{
	for (int i = 0; i < 100000; i++)
		spin_sink = spin_sink * 3 + 1;
}

int main(int argc, char **argv)
{
	struct timespec start, now;
	long ms = argc > 1 ? atol(argv[1]) : 100;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	do {
		spin_inner();
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
	return 0;
}
