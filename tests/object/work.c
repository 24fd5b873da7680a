/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work queues in arrays and hash maps: each error that they have, and callbacks that count, start again, delete themselves. Those below with two
 * underscores in their names are for the verifier: a name begins with what it has to say, "ok" or the category.
 */
#define bpf_wq header_wq
#include <linux/bpf.h>
#undef bpf_wq
#include <bpf/bpf_helpers.h>

struct bpf_wq {
	__u64 opaque[2];
} __attribute__((aligned(8)));
extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback)(void *, int *, void *),
				    unsigned int flags, void *aux) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;
extern int bpf_copy_from_user_str(void *to, __u32 size, const void *from,
				  __u64 flags) __ksym __weak;

extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

#define set_callback(wq, fn, flags) bpf_wq_set_callback_impl(wq, (void *)(fn), flags, 0)

struct slot {
	__u32 done, key_seen;
	struct bpf_wq work;
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

long results[24];
__u32 done, order;

static int count(void *map, __u32 *key, struct slot *s)
{
	s->done++;
	s->key_seen = *key;
	done++;
	order = order * 10 + *key;
	return 0;
}

/* Three times, then not again. */
static int repeat(void *map, __u32 *key, struct slot *s)
{
	order = order * 10 + *key;
	if (++s->done < 3)
		bpf_wq_start(&s->work, 0);
	return 0;
}

static int forget(void *map, __u64 *key, struct slot *s)
{
	__u64 name = *key;

	done++;
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
	results[0] = bpf_wq_start(&s->work, 0);
	results[1] = set_callback(&s->work, count, 0);
	results[2] = bpf_wq_init(&s->work, &array, 1);
	results[3] = bpf_wq_init(&s->work, &array, 0);
	results[4] = bpf_wq_init(&s->work, &array, 0);
	results[5] = bpf_wq_start(&s->work, 0);
	results[6] = set_callback(&s->work, count, 1);
	results[7] = set_callback(&s->work, count, 0);
	results[8] = bpf_wq_start(&s->work, 1);
	/* An update forgets the work. */
	struct slot fresh = { .after = 77 };
	results[9] = bpf_map_update_elem(&array, &key, &fresh, 0);
	results[10] = bpf_wq_start(&s->work, 0);
	results[11] = bpf_wq_init(&s->work, &array, 0);
	results[12] = s->after;
	return 0;
}

SEC("tc")
int start(struct __sk_buff *skb)
{
	__u32 key = 3;
	__u64 name = 5;
	struct slot fresh = {}, *s = bpf_map_lookup_elem(&array, &key);

	if (!s)
		return 1;
	bpf_wq_init(&s->work, &array, 0);
	set_callback(&s->work, repeat, 0);
	results[16] = bpf_wq_start(&s->work, 0);
	results[17] = bpf_wq_start(&s->work, 0);
	key = 2;
	s = bpf_map_lookup_elem(&array, &key);
	if (!s)
		return 2;
	bpf_wq_init(&s->work, &array, 0);
	set_callback(&s->work, count, 0);
	results[18] = bpf_wq_start(&s->work, 0);
	bpf_map_update_elem(&hash, &name, &fresh, 0);
	s = bpf_map_lookup_elem(&hash, &name);
	if (!s)
		return 3;
	bpf_wq_init(&s->work, &hash, 0);
	set_callback(&s->work, forget, 0);
	results[19] = bpf_wq_start(&s->work, 0);
	return 0;
}

/* ---- what is right and what is not */

static int sleep(void *map, __u32 *key, struct slot *s)
{
	char text[8];

	if (bpf_copy_from_user_str)
		bpf_copy_from_user_str(text, sizeof(text), (void *)8, 0);
	return 0;
}

static int say_more(void *map, __u32 *key, struct slot *s)
{
	return s->done;
}

#define WORK_PROGRAM(name, ...)                                                                    \
	SEC("tc") int name(struct __sk_buff *skb)                                                  \
	{                                                                                          \
		__u32 key = 1;                                                                     \
		struct slot *s = bpf_map_lookup_elem(&array, &key);                                \
                                                                                                   \
		if (!s)                                                                            \
			return 1;                                                                  \
		__VA_ARGS__;                                                                       \
		return 0;                                                                          \
	}

WORK_PROGRAM(ok__whole, bpf_wq_init(&s->work, &array, 0); set_callback(&s->work, count, 0);
	     bpf_wq_start(&s->work, 0))
/* The program may not, what the queue calls may. */
WORK_PROGRAM(ok__sleeps, set_callback(&s->work, sleep, 0))
WORK_PROGRAM(return_value__more, set_callback(&s->work, say_more, 0))
WORK_PROGRAM(bad_argument__of_another_map, bpf_wq_init(&s->work, &hash, 0))
WORK_PROGRAM(bad_argument__no_map, bpf_wq_init(&s->work, &key, 0))
WORK_PROGRAM(bad_argument__beside, bpf_wq_start((void *)&s->after, 0))
WORK_PROGRAM(bad_argument__on_the_stack, struct bpf_wq wq = {}; bpf_wq_start(&wq, 0))
WORK_PROGRAM(bad_argument__no_function, set_callback(&s->work, 0, 0))
WORK_PROGRAM(value_bounds__read, key = *(volatile __u32 *)&s->work)

SEC("tracepoint/syscalls/sys_enter_openat") int lock__anywhere(void *ctx)
{
	__u32 key = 1;
	struct slot *s = bpf_map_lookup_elem(&array, &key);

	return s ? s->done : 0;
}

SEC("tc") int null_pointer__unchecked(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	struct slot *s = bpf_map_lookup_elem(&array, &key);

	bpf_wq_start(&s->work, 0);
	return 0;
}

/* ---- whether a function is there, which is known before */

SEC("tc") int ok__asks(struct __sk_buff *skb)
{
	if (!bpf_preempt_disable)
		return *(volatile int *)8;
	bpf_preempt_disable();
	bpf_preempt_enable();
	return 0;
}

SEC("tc") int memory_bounds__looks_into_a_function(struct __sk_buff *skb)
{
	bpf_preempt_disable();
	bpf_preempt_enable();
	return *(volatile int *)&bpf_preempt_disable;
}

char LICENSE[] SEC("license") = "GPL";
