/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps of many types with values of all kinds, which the program fills: what skep map and bpftool print of them is compared. */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum state { IDLE, RUNNING, LOST = -1 };

struct endpoint {
	__be32 saddr;
	__be16 port;
	__u8 mac[6];
};

struct all {
	char text[8], full[4], two[2][4];
	signed char bytes[4];
	__u8 raw[4];
	char letter;
	_Bool on;
	short small;
	enum state state, odd;
	int list[2][2];
	__u64 wide;
	__u32 low : 3, high : 17;
	void *pointer;
	struct {
		int inner;
	};
	struct {
		__s64 a, b;
	} pairs[2];
	union {
		__u32 word;
		__u16 half;
	} either;
};

#define MAP(name, kind, key_type, value_type, size)                                                \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
		__uint(max_entries, size);                                                         \
	} name SEC(".maps")

MAP(by_endpoint, BPF_MAP_TYPE_HASH, struct endpoint, struct all, 16);
MAP(lately, BPF_MAP_TYPE_LRU_HASH, __u64, enum state, 16);
MAP(list, BPF_MAP_TYPE_ARRAY, int, long, 4);
MAP(cpus, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 2);
MAP(cpus_hash, BPF_MAP_TYPE_PERCPU_HASH, char, struct all, 4);

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, int);
	__uint(max_entries, 4);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} next SEC(".maps");

const volatile int limit = 5;
int hits = 1;
static volatile long seen[2];

SEC("xdp")
int fill(struct xdp_md *ctx)
{
	struct endpoint at = { 0x0100000a, 0x5000, { 1, 2, 3, 4, 5, 6 } };
	struct all v = { .text = "ba\"sh",
			 .full = { 'f', 'u', 'l', 'l' },
			 .two = { "", "x" },
			 .bytes = { 1, -1, 2, -2 },
			 .raw = { 'r', 'a', 'w', 0 },
			 .letter = 'l',
			 .on = 1,
			 .small = -7,
			 .state = LOST,
			 .odd = 77,
			 .list = { { 1, 2 }, { -3, 4 } },
			 .wide = 1ull << 63,
			 .low = 5,
			 .high = 99999,
			 .pointer = (void *)0xffffffff81000000ull,
			 .inner = 9,
			 .pairs = { { 1, -2 }, { 3, -4 } },
			 .either = { .word = 0x10002 } };
	enum state state = RUNNING;
	__u64 number = 1ull << 60;
	int key = 1;
	long negative = -5;
	char letter = 'k';

	bpf_map_update_elem(&by_endpoint, &at, &v, 0);
	at.port++;
	v.text[0] = '\n'; /* which is no text in JSON of bpftool's */
	bpf_map_update_elem(&by_endpoint, &at, &v, 0);
	bpf_map_update_elem(&lately, &number, &state, 0);
	bpf_map_update_elem(&list, &key, &negative, 0);
	bpf_map_update_elem(&cpus, &key, &number, 0);
	bpf_map_update_elem(&cpus_hash, &letter, &v, 0);
	bpf_map_push_elem(&waiting, &key, 0);
	hits += limit;
	seen[1]++;
	bpf_tail_call(ctx, &next, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
