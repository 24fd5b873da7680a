/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decoder of infrared signals, whose loader puts numbers where addresses of variables stand. */
#include <linux/bpf.h>

struct bpf_map_def {
	unsigned type, key_size, value_size, max_entries, map_flags, inner_map_idx, numa_node;
};

#define SEC(name) __attribute__((section(name), used))

struct bpf_map_def SEC("lirc_mode2/maps") states = { BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0, 0 };
int margin = 150, unset;

static void *(*lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;

static __attribute__((noinline)) int is_long(int length)
{
	return length - (int)(long)&margin > 2000;
}

SEC("lirc_mode2/decoder")
int decode(unsigned *sample)
{
	int key = 0, *state = lookup(&states, &key);

	if (!state)
		return 0;
	*state = (int)(long)&unset;
	return is_long(*sample & 0xffffff);
}

char _license[] SEC("license") = "GPL";
