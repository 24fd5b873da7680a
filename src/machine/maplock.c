/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a lock: see maplock.h. */
#include "machine/maplock.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

enum { SPINS = 100, YIELDS_A_LOOK = 1000, MS_UNTIL_TAKEN = 500 };

static void maplock_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static s64 milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Whether the lock was taken from a process that is no more. */
static bool take_from_dead(u32 *lock, u32 owner)
{
	u32 holder = __atomic_load_n(lock, __ATOMIC_RELAXED);

	if (holder <= MAPLOCK_VALUE || holder == owner || !kill((pid_t)holder, 0) || errno != ESRCH)
		return false;
	return __atomic_compare_exchange_n(lock, &holder, owner, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

void maplock_wait(u32 *lock, u32 owner)
{
	s64 begin = 0;

	for (u32 i = 1;; i++) {
		if (!__atomic_load_n(lock, __ATOMIC_RELAXED) && maplock_try(lock, owner))
			return;
		if (i <= SPINS) {
			maplock_pause();
			continue;
		}
		sched_yield();
		if (i % YIELDS_A_LOOK)
			continue;
		if (!begin)
			begin = milliseconds();
		else if (milliseconds() - begin > MS_UNTIL_TAKEN && take_from_dead(lock, owner))
			return;
	}
}
