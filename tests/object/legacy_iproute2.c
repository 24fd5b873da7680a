/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps as iproute2 has them: nine numbers, with identities by which inner maps are found. */
#include <linux/bpf.h>

struct bpf_elf_map {
	unsigned type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};

#define SEC(name) __attribute__((section(name), used))

struct bpf_elf_map SEC("maps") inside = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 1,
	.id = 42,
};
struct bpf_elf_map SEC("maps") outside = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 3,
	.pinning = 2,
	.inner_id = 42,
};

static void *(*lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;

SEC("classifier")
int act(struct __sk_buff *skb)
{
	unsigned key = 0;

	return lookup(&outside, &key) && lookup(&inside, &key);
}

char _license[] SEC("license") = "GPL";
