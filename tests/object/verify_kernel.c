// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs with what only newer kernels have: kernel functions, iterators, dynptrs, pointers that maps keep, global functions. A name
 * begins with what the verifier has to say, "ok" or the category. The running kernel's verifier judges all of them alike.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define __kptr_owned __attribute__((btf_type_tag("kptr")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __global __attribute__((noinline))

struct task_struct {
	int pid;
	struct task_struct *real_parent, *parent;
} __attribute__((preserve_access_index));
struct task_struct___other {
	int never;
} __attribute__((preserve_access_index));
struct file {
	unsigned int f_flags;
} __attribute__((preserve_access_index));
struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

extern int LINUX_KERNEL_VERSION __kconfig;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern _Bool bpf_session_is_return(void) __ksym;
extern __u64 *bpf_session_cookie(void) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
			      __u32 size) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

struct kept {
	struct task_struct __kptr_owned *task;
	long n;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct kept);
} keep SEC(".maps");
struct unowned {
	struct file __kptr_owned *file;
	long n;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct unowned);
} unowned SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, char[64]);
} values SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} users SEC(".maps");

/* ---- iterators */

SEC("tc") int ok__numbers(struct __sk_buff *s)
{
	struct bpf_iter_num it;
	int *v, sum = 0;

	bpf_iter_num_new(&it, 0, 1000);
	while ((v = bpf_iter_num_next(&it)))
		sum += *v;
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("tc") int ok__numbers_left_early(struct __sk_buff *s)
{
	struct bpf_iter_num it;
	int *v, k = 0;
	char *p = bpf_map_lookup_elem(&values, &k);

	if (!p)
		return 0;
	bpf_iter_num_new(&it, 0, 64);
	while ((v = bpf_iter_num_next(&it))) {
		if (*v < 0 || *v >= 64)
			break;
		p[*v] = 1;
	}
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc") int value_bounds__number_as_index(struct __sk_buff *s)
{
	struct bpf_iter_num it;
	int *v, k = 0, i = 0;
	char *p = bpf_map_lookup_elem(&values, &k);

	if (!p)
		return 0;
	bpf_iter_num_new(&it, 0, 64);
	while ((v = bpf_iter_num_next(&it)))
		p[i++ & 127] = 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc") int bad_argument__numbers_not_made(struct __sk_buff *s)
{
	struct bpf_iter_num it = {};

	bpf_iter_num_next(&it);
	return 0;
}

SEC("tc") int bad_argument__numbers_made_twice(struct __sk_buff *s)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc") int reference_leak__numbers_kept(struct __sk_buff *s)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	return 0;
}

SEC("tc") int bad_access__number_without_a_look(struct __sk_buff *s)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	int n = *bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return n;
}

SEC("tc") int uninitialized__number_afterwards(struct __sk_buff *s)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	int *v = bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return v ? *v : 0;
}

SEC("tc") int stack_bounds__iterator_read(struct __sk_buff *s)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	int n = (int)*(volatile __u64 *)&it;
	bpf_iter_num_destroy(&it);
	return n;
}

/* ---- tasks, RCU */

SEC("tp_btf/task_newtask") int BPF_PROG(ok__task, struct task_struct *task)
{
	struct task_struct *t = bpf_task_acquire(task);

	if (t)
		bpf_task_release(t);
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(ok__parent, struct task_struct *task)
{
	struct task_struct *t = bpf_task_acquire(task->real_parent);

	if (t)
		bpf_task_release(t);
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(bad_argument__other_parent, struct task_struct *task)
{
	struct task_struct *t = bpf_task_acquire(task->parent);

	if (t)
		bpf_task_release(t);
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(reference_leak__task, struct task_struct *task)
{
	struct task_struct *t = bpf_task_acquire(task);

	return t ? t->pid & 0 : 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(null_pointer__task, struct task_struct *task)
{
	bpf_task_release(bpf_task_acquire(task));
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(reference_leak__task_not_acquired, struct task_struct *task)
{
	bpf_task_release(task);
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(lock__rcu_kept, struct task_struct *task)
{
	bpf_rcu_read_lock();
	if (task->pid == 5)
		return 0;
	bpf_rcu_read_unlock();
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(lock__rcu_not_begun, struct task_struct *task)
{
	bpf_rcu_read_unlock();
	return 0;
}

/* ---- dynptrs */

SEC("tc") int ok__dynptr(struct __sk_buff *s)
{
	struct bpf_dynptr d;
	int k = 0;
	char *p = bpf_map_lookup_elem(&values, &k), *slice;

	if (!p)
		return 0;
	bpf_dynptr_from_mem(p, 64, 0, &d);
	bpf_dynptr_write(&d, 0, &k, sizeof(k), 0);
	bpf_dynptr_read(&k, sizeof(k), &d, 4, 0);
	slice = bpf_dynptr_data(&d, 8, 16);
	if (slice)
		slice[15] = 1;
	return (int)bpf_dynptr_size(&d);
}

SEC("tc") int memory_bounds__slice(struct __sk_buff *s)
{
	struct bpf_dynptr d;
	int k = 0;
	char *p = bpf_map_lookup_elem(&values, &k), *slice;

	if (!p)
		return 0;
	bpf_dynptr_from_mem(p, 64, 0, &d);
	slice = bpf_dynptr_data(&d, 8, 16);
	if (slice)
		slice[16] = 1;
	return 0;
}

SEC("tc") int bad_argument__dynptr_of_stack(struct __sk_buff *s)
{
	struct bpf_dynptr d;
	char bytes[16] = {};

	bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, &d);
	return 0;
}

SEC("tc") int bad_argument__dynptr_not_made(struct __sk_buff *s)
{
	struct bpf_dynptr d = {};

	return (int)bpf_dynptr_size(&d);
}

SEC("tc") int stack_bounds__dynptr_read(struct __sk_buff *s)
{
	struct bpf_dynptr d;
	int k = 0;
	char *p = bpf_map_lookup_elem(&values, &k);

	if (!p)
		return 0;
	bpf_dynptr_from_mem(p, 64, 0, &d);
	return (int)*(volatile __u64 *)&d;
}

SEC("tc") int ok__record(struct __sk_buff *s)
{
	struct bpf_dynptr d;

	if (bpf_ringbuf_reserve_dynptr(&ring, s->len, 0, &d)) {
		bpf_ringbuf_discard_dynptr(&d, 0);
		return 0;
	}
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("tc") int reference_leak__record(struct __sk_buff *s)
{
	struct bpf_dynptr d;

	if (bpf_ringbuf_reserve_dynptr(&ring, s->len, 0, &d))
		return 0;
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 0;
}

SEC("tc") int uninitialized__slice_of_a_record_afterwards(struct __sk_buff *s)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	char *slice = bpf_dynptr_data(&d, 0, 8);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return slice ? slice[0] : 0;
}

SEC("tc") int reference_leak__record_overwritten(struct __sk_buff *s)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &d);
	*(volatile __u64 *)&d = 0;
	return 0;
}

SEC("xdp") int ok__packet_slice(struct xdp_md *x)
{
	struct bpf_dynptr d;
	char room[14];

	if (bpf_dynptr_from_xdp(x, 0, &d))
		return XDP_DROP;
	char *ethernet = bpf_dynptr_slice(&d, 0, room, sizeof(room));
	return ethernet && ethernet[13] ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int uninitialized__packet_slice_afterwards(struct xdp_md *x)
{
	struct bpf_dynptr d;
	char room[14];

	if (bpf_dynptr_from_xdp(x, 0, &d))
		return XDP_DROP;
	char *ethernet = bpf_dynptr_slice(&d, 0, room, sizeof(room));
	bpf_xdp_adjust_head(x, 4);
	return ethernet && ethernet[13] ? XDP_PASS : XDP_DROP;
}

static long drained(struct bpf_dynptr *d, void *context)
{
	int *sum = context, n = 0;

	bpf_dynptr_read(&n, sizeof(n), d, 0, 0);
	*sum += n;
	return 0;
}

SEC("tp/syscalls/sys_enter_getpid") int ok__drain(void *context)
{
	int sum = 0;

	bpf_user_ringbuf_drain(&users, drained, &sum, 0);
	return 0;
}

/* ---- pointers that a map keeps; older compilers lose their tags */

#if __clang_major__ >= 17

SEC("tp_btf/task_newtask") int BPF_PROG(ok__exchange, struct task_struct *task)
{
	int k = 0;
	struct kept *v = bpf_map_lookup_elem(&keep, &k);
	struct task_struct *t = v ? bpf_task_acquire(task) : NULL;

	if (!t)
		return 0;
	t = bpf_kptr_xchg(&v->task, t);
	if (t)
		bpf_task_release(t);
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(reference_leak__exchange, struct task_struct *task)
{
	int k = 0;
	struct kept *v = bpf_map_lookup_elem(&keep, &k);
	struct task_struct *t = v ? bpf_task_acquire(task) : NULL;

	if (t)
		bpf_kptr_xchg(&v->task, t);
	return 0;
}

/*
 * The kernel has no function to release a file with, which a map that owns one takes. Before 6.4 the tag said something else; so it calls what
 * such kernels do not have.
 */
SEC("tp_btf/task_newtask") int BPF_PROG(owned_object__unowned, struct task_struct *task)
{
	int k = 0;
	struct unowned *v = bpf_map_lookup_elem(&unowned, &k);

	bpf_preempt_disable();
	bpf_preempt_enable();
	if (v && bpf_kptr_xchg(&v->file, NULL))
		v->n++;
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(value_bounds__stored, struct task_struct *task)
{
	int k = 0;
	struct kept *v = bpf_map_lookup_elem(&keep, &k);

	if (v)
		v->task = task;
	return 0;
}

SEC("tp_btf/task_newtask") int BPF_PROG(value_bounds__half_of_a_pointer, struct task_struct *task)
{
	int k = 0;
	struct kept *v = bpf_map_lookup_elem(&keep, &k);

	return v ? *(volatile int *)&v->task & 0 : 0;
}

#endif

/* ---- global functions */

__global int checks(int *p)
{
	return p ? *p : 0;
}

__global int checks_not(int *p)
{
	return *p;
}

__global int is_promised(int *p __arg_nonnull)
{
	return *p;
}

__global int moves(struct xdp_md *x)
{
	return bpf_xdp_adjust_head(x, 4);
}

SEC("tc") int ok__global(struct __sk_buff *s)
{
	int n = 5;

	return checks(&n) + is_promised(&n) + checks(NULL);
}

SEC("tc") int null_pointer__global(struct __sk_buff *s)
{
	int n = 5;

	return checks_not(&n);
}

SEC("tc") int bad_argument__global_null(struct __sk_buff *s)
{
	int k = 0;

	return is_promised(bpf_map_lookup_elem(&values, &k));
}

SEC("tc") int bad_argument__global_number(struct __sk_buff *s)
{
	return checks((int *)(long)s->len);
}

SEC("xdp") int uninitialized__packet_after_a_global(struct xdp_md *x)
{
	char *data = (char *)(long)x->data;

	if (data + 1 > (char *)(long)x->data_end)
		return 0;
	moves(x);
	return *data;
}

/* Never done on a kernel that has all this. */
SEC("tc") int ok__constant_of_the_kernel(struct __sk_buff *s)
{
	if (LINUX_KERNEL_VERSION < 0x10000)
		return *(int *)(long)s->len;
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(unknown_call__field_that_is_not_there, struct task_struct *t)
{
	return ((struct task_struct___other *)t)->never;
}

SEC("tp_btf/task_newtask") int BPF_PROG(ok__field_that_is_asked_for, struct task_struct *t)
{
	struct task_struct___other *other = (void *)t;

	return bpf_core_field_exists(other->never) ? other->never : 0;
}

SEC("kprobe.session/vfs_read") int ok__session(void *ctx)
{
	__u64 *kept = bpf_session_cookie();

	if (bpf_session_is_return())
		return *kept == 7;
	*kept = 7;
	return 0;
}

SEC("kprobe/vfs_read") int unknown_call__no_session(void *ctx)
{
	return bpf_session_is_return();
}

/* ---- sockets and connections */

struct sock_common {
	unsigned short skc_family;
} __attribute__((preserve_access_index));
struct bpf_iter__tcp {
	void *meta;
	struct sock_common *sk_common;
} __attribute__((preserve_access_index));
struct bpf_ct_opts___own {
	int netns_id, error;
	unsigned char l4proto, dir, reserved[2];
};
struct nf_conn {
	long status;
} __attribute__((preserve_access_index));

extern int bpf_sock_destroy(struct sock_common *sock) __ksym;
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					 __u32 tuple_size, struct bpf_ct_opts___own *opts,
					 __u32 opts_size) __ksym;
extern void bpf_ct_release(struct nf_conn *ct) __ksym;
extern int bpf_ct_change_timeout(struct nf_conn *ct, __u32 timeout) __ksym;

SEC("iter/tcp") int ok__socket_is_closed(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	if (sk)
		bpf_sock_destroy(sk);
	return 0;
}

SEC("iter/tcp") int null_pointer__socket_may_not_be(struct bpf_iter__tcp *ctx)
{
	bpf_sock_destroy(ctx->sk_common);
	return 0;
}

SEC("tp_btf/inet_sock_set_state") int unknown_call__socket_is_closed_elsewhere(__u64 *ctx)
{
	bpf_sock_destroy((struct sock_common *)ctx[0]);
	return 0;
}

SEC("tc") int ok__connection(struct __sk_buff *skb)
{
	struct bpf_ct_opts___own opts = { .netns_id = -1, .l4proto = 6 };
	struct bpf_sock_tuple tuple = { .ipv4.sport = 80 };
	struct nf_conn *ct =
		bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));

	if (ct) {
		bpf_ct_change_timeout(ct, 1000);
		bpf_ct_release(ct);
	}
	return 0;
}

SEC("tc") int ok__connection_of_nothing(struct __sk_buff *skb)
{
	struct bpf_ct_opts___own opts = { .netns_id = -1, .l4proto = 6 };
	struct nf_conn *ct = bpf_skb_ct_lookup(skb, 0, 0, &opts, sizeof(opts));

	if (ct)
		bpf_ct_release(ct);
	return 0;
}

SEC("tc") int reference_leak__connection(struct __sk_buff *skb)
{
	struct bpf_ct_opts___own opts = { .netns_id = -1, .l4proto = 6 };
	struct bpf_sock_tuple tuple = { .ipv4.sport = 80 };

	return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts)) ? 1 : 0;
}

struct nf_conn___init;
extern struct nf_conn___init *bpf_skb_ct_alloc(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					       __u32 tuple_size, struct bpf_ct_opts___own *opts,
					       __u32 opts_size) __ksym;

SEC("tc") int bad_argument__connection_that_is_being_made(struct __sk_buff *skb)
{
	struct bpf_ct_opts___own opts = { .netns_id = -1, .l4proto = 6 };
	struct bpf_sock_tuple tuple = { .ipv4.sport = 80 };
	struct nf_conn___init *ct =
		bpf_skb_ct_alloc(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));

	if (ct)
		bpf_ct_release((struct nf_conn *)ct);
	return 0;
}

/* ---- arrays that go on behind their struct */

struct sockaddr_un {
	char sun_path[108];
} __attribute__((preserve_access_index));
struct unix_address {
	int len;
	struct sockaddr_un name[];
} __attribute__((preserve_access_index));
struct unix_sock {
	struct unix_address *addr;
} __attribute__((preserve_access_index));
struct bpf_iter__unix {
	void *meta;
	struct unix_sock *unix_sk;
} __attribute__((preserve_access_index));

SEC("iter/unix") int ok__name_of_a_socket(struct bpf_iter__unix *ctx)
{
	struct unix_sock *sk = ctx->unix_sk;

	return sk && sk->addr && sk->addr->name[0].sun_path[0] ? 0 : 1;
}

SEC("iter/unix") int memory_bounds__behind_a_struct(struct bpf_iter__unix *ctx)
{
	struct unix_sock *sk = ctx->unix_sk;

	return sk ? *(volatile int *)((char *)sk + (1 << 16)) & 1 : 0;
}

/* ---- strings that are compared with */

static const char named[4] = "eth0", ended[8] = "eth0";

SEC("tc") int ok__string(struct __sk_buff *skb)
{
	char name[8] = "eth1";

	return bpf_strncmp(name, sizeof(name), ended) == 0;
}

SEC("tc") int bad_argument__string_without_an_end(struct __sk_buff *skb)
{
	char name[8] = "eth1";

	return bpf_strncmp(name, sizeof(name), named) == 0;
}

char _license[] SEC("license") = "GPL";
