/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs on the CPUs, asked 99 times a second on each, or --hz times:
 *
 *	skep run --hz 999 --seconds 5 profile.bpf.c
 */
#include <skep.bpf.h>

struct name {
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct name);
	__type(value, u64);
} samples SEC(".maps");

SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx)
{
	struct name who = {};
	u64 one = 1, *n;

	bpf_get_current_comm(who.comm, sizeof(who.comm));
	n = bpf_map_lookup_elem(&samples, &who);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&samples, &who, &one, BPF_NOEXIST);
	return 0;
}

LICENSE("GPL");
