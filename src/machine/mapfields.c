/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying values that have fields which are not for copying: locks, timers, kptrs. What lies between two fields begins and ends
 * anywhere, so it is copied by bytes up to a whole word and by words from there.
 */
#include "machine/mapimpl.h"

static void put_range(u8 *value, const u8 *from, u32 at, u32 end)
{
	for (u32 step; at < end; at += step) {
		step = at % 8 == 0 && end - at >= 8 ? 8 : 1;
		if (step == 8)
			mapvalue_put(value + at, from + at, 8);
		else
			__atomic_store_n(value + at, from[at], __ATOMIC_RELAXED);
	}
}

static void get_range(u8 *to, const u8 *value, u32 at, u32 end)
{
	for (u32 step; at < end; at += step) {
		step = at % 8 == 0 && end - at >= 8 ? 8 : 1;
		if (step == 8)
			mapvalue_get(to + at, value + at, 8);
		else
			to[at] = __atomic_load_n(value + at, __ATOMIC_RELAXED);
	}
}

void map_put_fields(const struct map *m, void *value, const void *from)
{
	u32 at = 0;

	for (u32 i = 0; i < m->field_count; i++) {
		put_range(value, from, at, m->fields[i].at);
		at = m->fields[i].at + m->fields[i].size;
	}
	put_range(value, from, at, m->spec.value_size);
}

void map_get_fields(const struct map *m, void *to, const void *value)
{
	u32 at = 0;

	for (u32 i = 0; i < m->field_count; i++) {
		get_range(to, value, at, m->fields[i].at);
		memset((u8 *)to + m->fields[i].at, 0, m->fields[i].size);
		at = m->fields[i].at + m->fields[i].size;
	}
	get_range(to, value, at, m->spec.value_size);
}

void map_get_value(const struct map *m, void *to, void *value, u64 flags)
{
	u32 *lock = flags & BPF_F_LOCK ? map_value_lock(m, value) : NULL;

	if (lock)
		maplock_take(lock, MAPLOCK_VALUE);
	if (m->field_count)
		map_get_fields(m, to, value);
	else
		mapvalue_get(to, value, m->spec.value_size);
	if (lock)
		maplock_release(lock);
}

/* Without fields in whole words, as in the kernel: what the host has behind a value stays there. */
void map_get_cpus(const struct map *m, void *to, void *value)
{
	u32 step = m->value_stride;

	for (u32 cpu = 0; cpu < m->spec.cpus; cpu++) {
		u8 *out = (u8 *)to + (u64)cpu * step, *in = (u8 *)value + (u64)cpu * step;

		if (m->field_count)
			map_get_fields(m, out, in);
		else
			mapvalue_get(out, in, step);
	}
}

void map_put_cpus(const struct map *m, void *value, const void *from)
{
	u32 step = m->value_stride;

	for (u32 cpu = 0; cpu < m->spec.cpus; cpu++) {
		u8 *to = (u8 *)value + (u64)cpu * step;
		const u8 *in = (const u8 *)from + (u64)cpu * step;

		if (m->field_count)
			map_put_fields(m, to, in);
		else
			mapvalue_put(to, in, step);
	}
}

void map_drop_cpus(const struct map *m, void *value)
{
	for (u32 cpu = 0; m->listener_count && cpu < m->spec.cpus; cpu++)
		map_drop_value(m, (u8 *)value + (u64)cpu * m->value_stride);
}

void map_replace_value(const struct map *m, void *value, const void *from, u64 flags)
{
	u32 *lock = flags & BPF_F_LOCK ? map_value_lock(m, value) : NULL;

	if (lock)
		maplock_take(lock, MAPLOCK_VALUE);
	map_put_value(m, value, from);
	if (lock)
		maplock_release(lock);
	map_drop_value(m, value);
}
