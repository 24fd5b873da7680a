/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map with a number that an array could not be as long as, which older libraries do not read. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 8);
	__type(value, __u32);
	enum { hashes = 1ull << 44 | 3 } map_extra;
} filter SEC(".maps");
