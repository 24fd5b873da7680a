/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of cgroups: of the process that the program runs in, of the socket that a packet belongs to, and by their numbers. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct cgroup {
	int level;
} __attribute__((preserve_access_index));
struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

extern struct cgroup *bpf_cgroup_from_id(__u64 id) __ksym;
extern struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level) __ksym;
extern struct cgroup *bpf_cgroup_acquire(struct cgroup *cgrp) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
extern long bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor) __ksym;

static void *(*cgrp_storage_get)(void *map, void *cgroup, void *value, __u64 flags) = (void *)210;

struct {
	__uint(type, 32 /* cgrp_storage, newer than some headers */);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} some SEC(".maps");

__u64 asked, level, of_task[4], of_socket[4];
long under = -1, found = -1, is_in_array = -1;

SEC("tc")
int look(struct __sk_buff *skb)
{
	for (int i = 0; i < 4; i++) {
		of_task[i] = bpf_get_current_ancestor_cgroup_id(i);
		of_socket[i] = bpf_skb_ancestor_cgroup_id(skb, i);
	}
	is_in_array = bpf_skb_under_cgroup(skb, &some, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int opens(void *ctx)
{
	is_in_array = bpf_current_task_under_cgroup(&some, 0);
	return 0;
}

SEC("tc")
int count(struct __sk_buff *skb)
{
	struct cgroup *c = bpf_cgroup_from_id(asked), *up;
	__u64 *n;

	found = c != 0;
	if (!c)
		return 1;
	under = bpf_task_under_cgroup((struct task_struct *)bpf_get_current_task_btf(), c);
	up = bpf_cgroup_ancestor(c, level);
	bpf_cgroup_release(c);
	if (!up)
		return 2;
	n = cgrp_storage_get(&counts, up, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (n)
		++*n;
	bpf_cgroup_release(up);
	return 0;
}

/* Nothing of the kernel's is here to be read. */
SEC("tc")
int reads(struct __sk_buff *skb)
{
	struct cgroup *c = bpf_cgroup_from_id(asked);
	int l;

	if (!c)
		return 1;
	l = c->level;
	bpf_cgroup_release(c);
	return l;
}

char _license[] SEC("license") = "GPL";
