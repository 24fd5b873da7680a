/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lock of one word, 0 when free: it may lie in memory that processes share, and in the values of maps as struct
 * bpf_spin_lock. Who waits longer than a moment gives the processor away, as the holder may have been preempted.
 *
 * The word of a map's own locks is the process that holds it. A process that died with a lock in shared memory would keep
 * all others waiting for ever; so who has waited for half a second takes it over when the holder is gone. What a map's lock
 * protects can be walked at every instant of a change, so at worst an element is lost.
 */
#ifndef MACHINE_MAPLOCK_H
#define MACHINE_MAPLOCK_H

#include "base/int.h"

#define MAPLOCK_VALUE 1 /* the word of locks in values, whose holders are not known */

void maplock_wait(u32 *lock, u32 owner);

static inline bool maplock_try(u32 *lock, u32 owner)
{
	u32 free_word = 0;

	return __atomic_compare_exchange_n(lock, &free_word, owner, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static inline void maplock_take(u32 *lock, u32 owner)
{
	if (!maplock_try(lock, owner))
		maplock_wait(lock, owner);
}

static inline void maplock_release(u32 *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

#endif
