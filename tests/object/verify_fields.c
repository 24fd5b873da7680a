// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs with locks, timers, callbacks and sockets for the verifier: a name begins with what it has to say, "ok" or the category.
 * The running kernel's verifier judges all of them alike.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct timed {
	struct bpf_spin_lock lock;
	int a;
	struct bpf_timer t;
};
struct locked {
	struct bpf_spin_lock lock;
	int a;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct locked);
} m SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct timed);
} t SEC(".maps");

SEC("tc") int ok__lock(struct __sk_buff *s)
{
	int k = 0;
	struct locked *v = bpf_map_lookup_elem(&m, &k);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	v->a++;
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("tc") int lock__kept(struct __sk_buff *s)
{
	int k = 0;
	struct locked *v = bpf_map_lookup_elem(&m, &k);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	if (v->a == 5)
		return 0;
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("tc") int lock__twice(struct __sk_buff *s)
{
	int k = 0;
	struct locked *v = bpf_map_lookup_elem(&m, &k);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	bpf_spin_lock(&v->lock);
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("tc") int lock__another(struct __sk_buff *s)
{
	int k = 0;
	struct locked *v = bpf_map_lookup_elem(&m, &k);
	if (!v)
		return 0;
	k = 1;
	struct locked *w = bpf_map_lookup_elem(&m, &k);
	if (!w)
		return 0;
	bpf_spin_lock(&v->lock);
	bpf_spin_unlock(&w->lock);
	return 0;
}

SEC("tc") int lock__helper_called(struct __sk_buff *s)
{
	int k = 0;
	struct locked *v = bpf_map_lookup_elem(&m, &k);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	v->a = bpf_get_prandom_u32();
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("tc") int value_bounds__lock_written(struct __sk_buff *s)
{
	int k = 0;
	struct locked *v = bpf_map_lookup_elem(&m, &k);
	if (!v)
		return 0;
	*(volatile int *)&v->lock = 1;
	return 0;
}
static int cb(void *map, int *key, struct timed *v)
{
	v->a++;
	return 0;
}
static int cbbad(void *map, int *key, struct timed *v)
{
	v->a++;
	return v->a;
}

SEC("tc") int ok__timer(struct __sk_buff *s)
{
	int k = 0;
	struct timed *v = bpf_map_lookup_elem(&t, &k);
	if (!v)
		return 0;
	bpf_timer_init(&v->t, &t, 0);
	bpf_timer_set_callback(&v->t, cb);
	bpf_timer_start(&v->t, 1000, 0);
	return 0;
}

SEC("tc") int return_value__timer(struct __sk_buff *s)
{
	int k = 0;
	struct timed *v = bpf_map_lookup_elem(&t, &k);
	if (!v)
		return 0;
	bpf_timer_init(&v->t, &t, 0);
	bpf_timer_set_callback(&v->t, cbbad);
	bpf_timer_start(&v->t, 1000, 0);
	return 0;
}
struct lc {
	int sum;
};
static int body(unsigned i, struct lc *c)
{
	c->sum += i;
	return 0;
}

SEC("tc") int ok__loop(struct __sk_buff *s)
{
	struct lc c = { 0 };
	bpf_loop(100, body, &c, 0);
	return c.sum & 1;
}
static long each(void *map, int *k, struct locked *v, struct lc *c)
{
	c->sum += v->a;
	return c->sum > 10;
}

SEC("tc") int ok__each(struct __sk_buff *s)
{
	struct lc c = { 0 };
	bpf_for_each_map_elem(&m, each, &c, 0);
	return c.sum & 1;
}

SEC("tc") int ok__socket(struct __sk_buff *s)
{
	struct bpf_sock_tuple tu = { 0 };
	struct bpf_sock *x = bpf_sk_lookup_tcp(s, &tu, sizeof(tu.ipv4), -1, 0);
	if (!x)
		return 0;
	int f = x->family;
	bpf_sk_release(x);
	return f;
}

SEC("tc") int reference_leak__socket(struct __sk_buff *s)
{
	struct bpf_sock_tuple tu = { 0 };
	struct bpf_sock *x = bpf_sk_lookup_tcp(s, &tu, sizeof(tu.ipv4), -1, 0);
	if (!x)
		return 0;
	return x->family;
}

SEC("tc") int uninitialized__socket_released(struct __sk_buff *s)
{
	struct bpf_sock_tuple tu = { 0 };
	struct bpf_sock *x = bpf_sk_lookup_tcp(s, &tu, sizeof(tu.ipv4), -1, 0);
	if (!x)
		return 0;
	bpf_sk_release(x);
	return x->family;
}

SEC("tc") int ok__socket_cast(struct __sk_buff *s)
{
	struct bpf_sock_tuple tu = { 0 };
	struct bpf_sock *x = bpf_sk_lookup_tcp(s, &tu, sizeof(tu.ipv4), -1, 0);
	if (!x)
		return 0;
	struct bpf_tcp_sock *tp = bpf_tcp_sock(x);
	int r = 0;
	if (tp)
		r = tp->snd_cwnd;
	bpf_sk_release(x);
	return r;
}

SEC("tc") int uninitialized__cast_released(struct __sk_buff *s)
{
	struct bpf_sock_tuple tu = { 0 };
	struct bpf_sock *x = bpf_sk_lookup_tcp(s, &tu, sizeof(tu.ipv4), -1, 0);
	if (!x)
		return 0;
	struct bpf_tcp_sock *tp = bpf_tcp_sock(x);
	int r = 0;
	bpf_sk_release(x);
	if (tp)
		r = tp->snd_cwnd;
	return r;
}

SEC("tc") int uninitialized__stale_packet(struct __sk_buff *s)
{
	void *d = (void *)(long)s->data, *e = (void *)(long)s->data_end;
	if (d + 14 > e)
		return 0;
	bpf_skb_pull_data(s, 20);
	return *(char *)d;
}
/* ---- where a lock may be held already */

SEC("raw_tp/sys_enter") int lock__traced(void *ctx)
{
	int k = 0;
	struct locked *v = bpf_map_lookup_elem(&m, &k);

	return v ? v->a : 0;
}

SEC("tracepoint/syscalls/sys_enter_getpid") int lock__traced_timer(void *ctx)
{
	int k = 0;

	return bpf_map_delete_elem(&t, &k);
}

char _license[] SEC("license") = "GPL";
