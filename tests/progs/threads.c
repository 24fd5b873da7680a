/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `threads N COUNT`: N threads on all CPUs in turn, each of which calls threads_hit(i) for i from 1 to COUNT at the
 * same time as the others.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

static pthread_barrier_t together;
static int count;

void threads_hit(int i);
__attribute__((noinline)) void threads_hit(int i)
{
	__asm__ volatile("" : : "r"(i) : "memory");
}

static void *run(void *arg)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)((long)(intptr_t)arg % cpus), &set);
	sched_setaffinity(0, sizeof(set), &set);
	pthread_barrier_wait(&together);
	for (int i = 1; i <= count; i++)
		threads_hit(i);
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0;
	pthread_t threads[THREADS_MAX];

	if (n < 1 || n > THREADS_MAX)
		return 2;
	count = atoi(argv[2]);
	pthread_barrier_init(&together, NULL, (unsigned)n);
	for (int i = 0; i < n; i++) {
		if (pthread_create(&threads[i], NULL, run, (void *)(intptr_t)i))
			return 1;
	}
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
