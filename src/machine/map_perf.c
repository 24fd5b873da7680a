/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Perf event arrays: a ring for each CPU in our own memory, where the kernel has perf events that somebody opened. They are
 * open from the start, for the CPUs that have an index.
 */
#include "machine/mapring.h"

static struct mapring *ring_of(const struct map *m, u32 cpu)
{
	return (struct mapring *)(void *)(m->store.base + cpu * mapring_bytes(MAP_PERF_BYTES));
}

static u32 ring_count(const struct map *m)
{
	return m->spec.cpus < m->spec.max_entries ? m->spec.cpus : m->spec.max_entries;
}

static int perf_output(struct map *m, u64 flags, const void *a, size_t a_len, const void *b,
		       size_t b_len, u32 cpu)
{
	u64 index = flags & BPF_F_INDEX_MASK;
	struct mapring_record *rec;

	if (flags & ~(u64)(BPF_F_INDEX_MASK | BPF_F_CTXLEN_MASK))
		return -EINVAL;
	if (index == BPF_F_CURRENT_CPU)
		index = cpu;
	if (index >= m->spec.max_entries)
		return -E2BIG;
	if (index >= m->spec.cpus)
		return -ENOENT;
	if (index != cpu)
		return -EOPNOTSUPP;
	/* The length of perf's records has 16 bits. */
	if (a_len > UINT16_MAX || b_len > UINT16_MAX || a_len + b_len > UINT16_MAX)
		return -E2BIG;
	rec = mapring_reserve(ring_of(m, cpu), MAP_PERF_BYTES, a_len + b_len, m->owner);
	if (!rec)
		return -ENOSPC;
	memcpy(rec->data, a, a_len);
	if (b_len)
		memcpy(rec->data + a_len, b, b_len);
	mapring_commit(rec, false);
	return 0;
}

static s64 perf_consume(struct map *m, int (*fn)(void *arg, u32 cpu, const void *data, size_t len),
			void *arg)
{
	s64 total = 0;

	for (u32 cpu = 0; cpu < ring_count(m); cpu++) {
		s64 n = mapring_consume(ring_of(m, cpu), MAP_PERF_BYTES, cpu, fn, arg);

		if (n < 0)
			return n;
		total += n;
	}
	return total;
}

static u64 perf_lost(const struct map *m)
{
	u64 n = 0;

	for (u32 cpu = 0; cpu < ring_count(m); cpu++)
		n += __atomic_load_n(&ring_of(m, cpu)->lost, __ATOMIC_RELAXED);
	return n;
}

static int perf_check(const struct map_spec *s, struct diag *d)
{
	if (!s->max_entries || s->key_size != 4 || s->value_size != 4)
		return map_refuse(s, d, -EINVAL,
				  "a perf event array has keys and values of 4 bytes and entries");
	return map_check_flags(
		s, BPF_F_NUMA_NODE | BPF_F_PRESERVE_ELEMS | BPF_F_RDONLY | BPF_F_WRONLY, d);
}

static int perf_open(struct map *m, struct diag *d)
{
	return mapstore_open(&m->store, &m->spec, ring_count(m) * mapring_bytes(MAP_PERF_BYTES), d);
}

const struct map_ops map_perf_ops = {
	.size = sizeof(struct map),
	.check = perf_check,
	.open = perf_open,
	.output = perf_output,
	.consume = perf_consume,
	.lost = perf_lost,
	.may_be_inner = true,
	.no_write = -EBADF,
};
