/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps for tests: ours, and the kernel's of the same spec beside it. A test that needs the kernel's skips where the process
 * may not make any.
 */
#ifndef UNIT_MACHINE_MAPS_H
#define UNIT_MACHINE_MAPS_H

#include "machine/map.h"
#include "machine/run.h"

/* A spec without fields of values, on the kernel's CPUs. */
struct map_spec maps_spec(enum bpf_map_type type, u32 key_size, u32 value_size, u32 max_entries,
			  u32 flags);
/* A map; NULL after a failed check. */
struct map *maps_make(const struct map_spec *spec);
/* What map_new() returns; the map is given back. */
int maps_try(const struct map_spec *spec);
/* The message of an attempt that fails, for the caller to free. */
char *maps_complaint(const struct map_spec *spec);

bool maps_has_kernel(void); /* whether we may make maps there */
/* A descriptor or -errno; inner: a descriptor, 0 for none. */
int maps_make_in_kernel(const struct map_spec *spec, int inner);

/* A run on a CPU, for what asks for no more; free() it. */
struct run *maps_run(u32 cpu);

/* A number from a sequence that is the same each time. */
u64 maps_random(u64 *state);
void maps_random_bytes(u64 *state, void *to, size_t size);

#endif
