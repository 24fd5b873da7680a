/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the counters of the CPU before and after each run of a program, and adds up what came to them. The host says which program and
 * opens the events: that with number n on a CPU is at n * config.cpus + the CPU's number.
 */
#include "bpf/profile.h"
#include "include/skep.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1); /* the host's number */
	__type(key, u32);
	__type(value, u32);
} events SEC(".maps");

struct values {
	struct profile_value of[PROFILE_EVENTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct values);
} begun SEC(".maps"), sums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} runs SEC(".maps");

const volatile struct profile_config config = { 1, 1 };

static long (*const bpf_perf_event_read_value)(void *map, u64 flags, void *value,
					       u32 size) = (void *)55;

static __always_inline long read_value(u32 n, struct profile_value *out)
{
	u32 at = n * config.cpus + bpf_get_smp_processor_id();

	return bpf_perf_event_read_value(&events, at, out, sizeof(*out));
}

SEC("fentry")
int enter(u64 *ctx)
{
	u32 zero = 0;
	struct values *before = bpf_map_lookup_elem(&begun, &zero);

	if (!before)
		return 0;
	for (u32 i = 0; i < PROFILE_EVENTS && i < config.events; i++)
		if (read_value(i, &before->of[i]))
			before->of[i].enabled = 0;
	return 0;
}

/* A run whose beginning was not seen counts nothing. */
static __always_inline bool add_up(u32 n, struct profile_value *before, struct profile_value *sum)
{
	struct profile_value now = { 0 };

	if (!before->enabled || read_value(n, &now))
		return false;
	sum->counter += now.counter - before->counter;
	sum->enabled += now.enabled - before->enabled;
	sum->running += now.running - before->running;
	before->enabled = 0;
	return true;
}

SEC("fexit")
int leave(u64 *ctx)
{
	u32 zero = 0;
	struct values *before = bpf_map_lookup_elem(&begun, &zero);
	struct values *sum = bpf_map_lookup_elem(&sums, &zero);
	u64 *count = bpf_map_lookup_elem(&runs, &zero);
	bool is_counted = false;

	if (!before || !sum || !count)
		return 0;
	for (u32 i = 0; i < PROFILE_EVENTS && i < config.events; i++)
		is_counted |= add_up(i, &before->of[i], &sum->of[i]);
	*count += is_counted;
	return 0;
}

LICENSE("GPL");
