/* SPDX-License-Identifier: GPL-2.0-or-later */
/* accel's maps, and what all of its programs do with them. */
#ifndef BPF_ACCEL_MAPS_H
#define BPF_ACCEL_MAPS_H

#include "accel_kernel.h"
#include "accel.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct accel_control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, ACCEL_MAX_ENDS);
	__type(key, __u64);
	__type(value, __u64);
} socks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ACCEL_MAX_ENDS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct accel_end);
} ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEL_MAX_HALVES);
	__type(key, __u64);
	__type(value, struct accel_half);
} halves SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEL_MAX_SERVICES);
	__type(key, struct accel_service_key);
	__type(value, struct accel_service);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEL_MAX_SERVICES);
	__type(key, struct accel_listener_key);
	__type(value, struct accel_listener);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEL_MAX_HALVES);
	__type(key, __u64);
	__type(value, struct accel_caller);
} callers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEL_MAX_SERVICES);
	__type(key, struct accel_habit_key);
	__type(value, struct accel_habit);
} habits SEC(".maps");

/* Addresses that are this host's, IPv4 ones mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEL_MAX_SERVICES);
	__uint(key_size, 16);
	__uint(value_size, 4);
} locals SEC(".maps");

/* Bytes that unread messages take, by the reader's cgroup. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEL_MAX_SERVICES);
	__type(key, __u64);
	__type(value, __s64);
} budgets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ACCEL_MAX_LIST);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u16);
	__type(value, __u8);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, ACCEL_MAX_LIST);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct accel_cidr);
	__type(value, __u8);
} cidrs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ACCEL_MAX_LIST);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} uids SEC(".maps");

/* Names of programs whose sockets stay as they are. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ACCEL_MAX_LIST);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, ACCEL_COMM);
	__uint(value_size, 1);
} excluded SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct accel_totals);
} counters SEC(".maps");

/* Cookies of sockets whose messages tap wants. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ACCEL_MAX_ENDS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u8);
} tapped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, ACCEL_TAP_RING);
} tap_ring SEC(".maps");

struct clock {
	struct bpf_timer timer;
	__u32 is_made; /* the timer has been initialised */
	__u32 is_armed;
	__u64 charged_at; /* when it last saw that a cgroup is charged for something */
	__u64 all_at;     /* when it has to look at all ends, CLOCK_MONOTONIC; NEVER: it need not */
	__u64 pause;      /* ns until it looks at those that leave again */
	__u32 leavers;    /* how many are in that map */
	__u32 pad;
};
#define NEVER (~0ull)
#define FIRST_PAUSE_NS 250000ull
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct clock);
} clocks SEC(".maps");

/* Cookies of ends that leave, so that not all have to be looked at for them. Those that find no room are found so, too. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, ACCEL_MAX_LEAVERS);
	__type(value, __u64);
} leavers SEC(".maps");

static const __u32 zero = 0;

static __always_inline struct accel_control *get_control(void)
{
	return bpf_map_lookup_elem(&control, &zero);
}

/* The totals of this CPU: NULL never happens, but the verifier does not know. */
static __always_inline struct accel_totals *totals(void)
{
	return bpf_map_lookup_elem(&counters, &zero);
}

/* Programs can interrupt each other on one CPU; an addition in memory cannot be split. */
#define count(name, n)                                                                             \
	({                                                                                         \
		struct accel_totals *totals_ = totals();                                           \
		if (totals_)                                                                       \
			__sync_fetch_and_add(&totals_->counter[ACCEL_COUNT_##name], (n));          \
	})
#define refuse(why)                                                                                \
	({                                                                                         \
		struct accel_totals *totals_ = totals();                                           \
		if (totals_)                                                                       \
			__sync_fetch_and_add(&totals_->refused[why], 1);                           \
	})

/* Reads a field of a kernel struct by helper, which no bad pointer hurts; 0 then. */
#define peek(pointer, field...) BPF_CORE_READ(pointer, field)

/*
 * The same of a thing of that TYPE at an address, for what is looked at with each message: by a load where the kernel has
 * bpf_rdonly_cast(), as all have whose files have f_ref.
 */
#define glance(type, address, field)                                                               \
	({                                                                                         \
		typeof(((type *)0)->field) seen_;                                                  \
		type *at_ = (void *)(unsigned long)(address);                                      \
		if (bpf_core_field_exists(((struct file *)0)->f_ref)) {                            \
			at_ = bpf_rdonly_cast(at_, bpf_core_type_id_kernel(type));                 \
			seen_ = at_->field;                                                        \
		} else {                                                                           \
			seen_ = peek(at_, field);                                                  \
		}                                                                                  \
		seen_;                                                                             \
	})

/* A socket is known by its address and cookie: it may be gone, and its memory another's. */
static __always_inline bool is_socket(struct sock *sk, __u64 cookie)
{
	return (__u64)peek(sk, __sk_common.skc_cookie.counter) == cookie;
}

static __always_inline void look_at_all(struct clock *c, __u64 at)
{
	if (c->all_at > at)
		c->all_at = at;
}

/* The janitor looks at all ends DELAY ns from now, or somewhat later if it looks anyway; with no delay at once. */
static __always_inline void wake_janitor(__u64 delay)
{
	struct clock *c = bpf_map_lookup_elem(&clocks, &zero);

	if (!c || !c->is_made)
		return;
	look_at_all(c, bpf_ktime_get_ns() + delay);
	if (!__sync_lock_test_and_set(&c->is_armed, 1) || !delay)
		bpf_timer_start(&c->timer, delay, 0);
}

/* False: there is no room. */
static __always_inline bool add_leaver(struct clock *c, __u64 cookie)
{
	if (bpf_map_push_elem(&leavers, &cookie, 0))
		return false;
	__sync_fetch_and_add(&c->leavers, 1);
	return true;
}

/* It looks at these two, which leave, at once, and at first often: see janitor(). */
static __always_inline void show_out(__u64 cookie, __u64 other)
{
	struct clock *c = bpf_map_lookup_elem(&clocks, &zero);

	if (!c || !c->is_made)
		return;
	if (!add_leaver(c, cookie) || (other && !add_leaver(c, other)))
		look_at_all(c, 0);
	c->pause = FIRST_PAUSE_NS;
	c->is_armed = 1;
	bpf_timer_start(&c->timer, 0, 0);
}

/*
 * Sets what the unread messages of a direction are charged with; what the cgroup then has. The janitor and the sender may both be at
 * it: each adds the difference to what the other one has left.
 */
static __always_inline __s64 charge(struct accel_end *end, __u64 bytes)
{
	__u64 reader = end->peer_cgroup;
	__s64 *used = bpf_map_lookup_elem(&budgets, &reader);
	__s64 delta;

	if (!used) {
		__s64 none = 0;

		if (!bytes)
			return 0;
		bpf_map_update_elem(&budgets, &reader, &none, BPF_NOEXIST);
		used = bpf_map_lookup_elem(&budgets, &reader);
		if (!used)
			return 0;
	}
	delta = (__s64)bytes - (__s64)__sync_lock_test_and_set(&end->charged, bytes);
	return __sync_fetch_and_add(used, delta) + delta;
}

#endif
