/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets by way of dynptrs: read, written, cut, copied, beyond their ends. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
			      __u32 size) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
				   __u32 size) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *ptr, __u32 start, __u32 end) __ksym;
extern _Bool bpf_dynptr_is_null(const struct bpf_dynptr *ptr) __ksym;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *ptr) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *ptr, struct bpf_dynptr *clone) __ksym;

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;
extern void never_heard_of(int x) __ksym __weak;

long results[16];

static int look(struct bpf_dynptr *p)
{
	struct bpf_dynptr copy;
	char buffer[4] = { 0 }, *four;
	__u16 two = 0;

	results[1] = bpf_dynptr_size(p);
	results[2] = bpf_dynptr_is_null(p) + 2 * bpf_dynptr_is_rdonly(p);
	four = bpf_dynptr_slice(p, 12, buffer, sizeof(buffer));
	results[3] = four ? four[0] + (four[2] << 8) : -1;
	results[4] = bpf_dynptr_slice(p, 65000, buffer, sizeof(buffer)) != 0;
	results[5] = bpf_dynptr_clone(p, &copy);
	results[6] = bpf_dynptr_adjust(&copy, 12, 14);
	results[7] = bpf_dynptr_size(&copy);
	results[8] = bpf_dynptr_read(&two, sizeof(two), &copy, 0, 0);
	results[9] = two;
	results[10] = bpf_dynptr_read(&two, sizeof(two), &copy, 1, 0);
	results[11] = bpf_dynptr_adjust(&copy, 3, 2);
	results[12] = bpf_dynptr_adjust(&copy, 0, 3);
	results[13] = bpf_dynptr_data(p, 0, 1) != 0;
	return bpf_dynptr_size(p);
}

/* Which functions there are; what is not there is not called either. */
SEC("xdp")
int asks(struct xdp_md *ctx)
{
	results[0] = !!bpf_rcu_read_lock;
	results[1] = !!never_heard_of;
	if (never_heard_of)
		never_heard_of(1);
	return bpf_rcu_read_lock ? XDP_PASS : XDP_DROP;
}

/* One that kernels have had since 6.2, and the machine has not. */
SEC("xdp")
int asks_for_tasks(struct xdp_md *ctx)
{
	return bpf_task_from_pid ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int by_dynptr(struct xdp_md *ctx)
{
	struct bpf_dynptr p;
	char buffer[6] = { 0 }, *mac;

	results[0] = bpf_dynptr_from_xdp(ctx, 0, &p);
	if (look(&p) < 14)
		return XDP_DROP;
	mac = bpf_dynptr_slice_rdwr(&p, 0, buffer, sizeof(buffer));
	if (!mac)
		return XDP_ABORTED;
	mac[0] = 0xee;
	results[14] = bpf_dynptr_write(&p, 6, "\x02\x03", 2, 0);
	return XDP_PASS;
}

SEC("tc")
int of_skb(struct __sk_buff *skb)
{
	struct bpf_dynptr p;
	char buffer[6] = { 0 }, *mac;

	results[0] = bpf_dynptr_from_skb(skb, 0, &p);
	if (look(&p) < 14)
		return 2;
	mac = bpf_dynptr_slice_rdwr(&p, 0, buffer, sizeof(buffer));
	if (mac)
		mac[1] = 0xdd;
	results[14] = bpf_dynptr_write(&p, 60000, "\x02", 1, 0);
	return 0;
}

SEC("cgroup_skb/ingress")
int only_read(struct __sk_buff *skb)
{
	struct bpf_dynptr p;

	results[0] = bpf_dynptr_from_skb(skb, 0, &p);
	look(&p);
	results[14] = bpf_dynptr_write(&p, 0, "\x02", 1, 0);
	return 1;
}

char _license[] SEC("license") = "GPL";
