/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps as they were declared before BTF, by five numbers. */
#include <linux/bpf.h>

struct bpf_map_def {
	unsigned type, key_size, value_size, max_entries, map_flags;
};

#define SEC(name) __attribute__((section(name), used))

struct bpf_map_def SEC("maps") hash = { BPF_MAP_TYPE_HASH, 4, 8, 100, BPF_F_NO_PREALLOC };
struct bpf_map_def SEC("maps") array = { BPF_MAP_TYPE_ARRAY, 4, 16, 10, 0 };
struct bpf_map_def SEC("socket/maps") beside = { BPF_MAP_TYPE_LRU_HASH, 4, 2, 7, 0 };
static struct bpf_map_def SEC("maps") local = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32, 1, 0 };

/* As BPF_ANNOTATE_KV_PAIR() has it. */
struct ____btf_map_hash {
	unsigned key;
	unsigned long long value;
};
struct ____btf_map_hash SEC(".maps.hash") ____btf_map_hash = {};

static void *(*lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;

static __attribute__((noinline)) int probe(void *map)
{
	unsigned key = 1;

	return lookup(map, &key) != 0;
}

SEC("socket1")
int filter(struct __sk_buff *skb)
{
	return probe(&hash) + 2 * probe(&array) + 4 * probe(&local) + 8 * probe(&beside);
}

char _license[] SEC("license") = "GPL";
