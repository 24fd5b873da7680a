/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers in arrays and hash maps: each error that they have, and callbacks that count, start again, delete themselves. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MONOTONIC 1
#define BOOTTIME 7
#define ABS 1

struct slot {
	__u32 fired, key_seen;
	struct bpf_timer timer;
	__u64 after;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct slot);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u64);
	__type(value, struct slot);
} hash SEC(".maps");

long results[32];
__u32 fired, again, cancelled, unused;

static int count(void *map, __u32 *key, struct slot *s)
{
	s->fired++;
	s->key_seen = *key;
	fired++;
	return 0;
}

/* Three times, then not again; cancelling what runs is refused. */
static int repeat(void *map, __u32 *key, struct slot *s)
{
	s->key_seen = *key;
	if (++s->fired < 3)
		bpf_timer_start(&s->timer, 1000, 0);
	else
		cancelled = bpf_timer_cancel(&s->timer);
	again++;
	return 0;
}

/* The key is the element's, which is another one's as soon as it is deleted. */
static int forget(void *map, __u64 *key, struct slot *s)
{
	__u64 name = *key;

	fired++;
	bpf_map_delete_elem(map, &name);
	return 0;
}

SEC("tc")
int errors(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct slot *s = bpf_map_lookup_elem(&array, &key);

	if (!s)
		return 1;
	results[0] = bpf_timer_start(&s->timer, 0, 0);
	results[1] = bpf_timer_set_callback(&s->timer, count);
	results[2] = bpf_timer_cancel(&s->timer);
	results[3] = bpf_timer_init(&s->timer, &array, 2);
	results[4] = bpf_timer_init(&s->timer, &array, 16 | MONOTONIC);
	results[5] = bpf_timer_init(&s->timer, &array, MONOTONIC);
	results[6] = bpf_timer_init(&s->timer, &array, MONOTONIC);
	results[7] = bpf_timer_start(&s->timer, 0, 0);
	results[8] = bpf_timer_set_callback(&s->timer, count);
	results[9] = bpf_timer_start(&s->timer, 1ull << 60, 8);
	results[10] = bpf_timer_start(&s->timer, 1ull << 60, 0);
	results[11] = bpf_timer_cancel(&s->timer);
	results[12] = bpf_timer_cancel(&s->timer);
	results[13] = bpf_timer_start(&s->timer, 1ull << 60, 0);
	/* An update forgets the timer. */
	struct slot fresh = { .after = 77 };
	results[14] = bpf_map_update_elem(&array, &key, &fresh, 0);
	results[15] = bpf_timer_cancel(&s->timer);
	results[16] = bpf_timer_init(&s->timer, &array, BOOTTIME);
	results[17] = s->after;
	return 0;
}

SEC("tc")
int start(struct __sk_buff *skb)
{
	__u32 key = 2;
	__u64 name = 5;
	struct slot fresh = {}, *s = bpf_map_lookup_elem(&array, &key);

	if (!s)
		return 1;
	bpf_timer_init(&s->timer, &array, MONOTONIC);
	bpf_timer_set_callback(&s->timer, repeat);
	bpf_timer_start(&s->timer, 1000, 0);
	key = 3;
	s = bpf_map_lookup_elem(&array, &key);
	if (!s)
		return 2;
	bpf_timer_init(&s->timer, &array, MONOTONIC);
	bpf_timer_set_callback(&s->timer, count);
	bpf_timer_start(&s->timer, bpf_ktime_get_ns() + 2000, ABS);
	bpf_map_update_elem(&hash, &name, &fresh, 0);
	s = bpf_map_lookup_elem(&hash, &name);
	if (!s)
		return 3;
	bpf_timer_init(&s->timer, &hash, MONOTONIC);
	bpf_timer_set_callback(&s->timer, forget);
	bpf_timer_start(&s->timer, 500, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
