/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps in maps, records that the host gives, and storage of what is but a number here. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct counts {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct counts);
} tenants SEC(".maps");

struct counts red SEC(".maps"), blue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct counts);
} colours SEC(".maps") = { .values = { [1] = &red, [3] = &blue } };

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} commands SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} of_inode SEC(".maps");

struct {
	__uint(type, 32 /* cgrp_storage, newer than some headers */);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} of_cgroup SEC(".maps");

static void *(*storage_get)(void *map, void *cgroup, void *value, __u64 flags) = (void *)210;
static long (*storage_delete)(void *map, void *cgroup) = (void *)211;

struct command {
	__u32 add, stop;
};

const struct command *unused __attribute__((unused));
__s64 drained;
__u64 sum;

struct call {
	__u32 tenant, key;
};

SEC("syscall")
int counts(struct call *ctx)
{
	__u32 tenant = ctx->tenant, key = ctx->key;
	void *inner = bpf_map_lookup_elem(&tenants, &tenant);
	__u64 one = 1, *n;

	if (!inner)
		return 2;
	n = bpf_map_lookup_elem(inner, &key);
	if (n)
		++*n;
	else
		bpf_map_update_elem(inner, &key, &one, BPF_ANY);
	return !n;
}

SEC("tc")
int paints(struct __sk_buff *skb)
{
	__u32 colour = 3, key = skb->len;
	__u64 one = 1;
	void *inner = bpf_map_lookup_elem(&colours, &colour);

	return inner ? (int)bpf_map_update_elem(inner, &key, &one, BPF_ANY) : 1;
}

static long take(struct bpf_dynptr *record, void *arg)
{
	struct command c;

	(void)arg;
	if (bpf_dynptr_read(&c, sizeof(c), record, 0, 0))
		return 0;
	sum += c.add;
	return c.stop != 0;
}

SEC("syscall")
int drains(void *ctx)
{
	drained = bpf_user_ringbuf_drain(&commands, take, 0, 0);
	return bpf_user_ringbuf_drain(&commands, take, 0, 1 << 9) == -22;
}

struct inode;
struct dentry;
struct cgroup;

SEC("lsm/inode_unlink")
int BPF_PROG(unlinks, struct inode *dir, struct dentry *victim)
{
	__u64 *n = bpf_inode_storage_get(&of_inode, dir, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!n || ++*n > 2)
		return -1;
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(made, struct cgroup *cgrp, const char *path)
{
	__u64 first = 40;
	__u64 *n = storage_get(&of_cgroup, cgrp, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!n)
		return 0;
	++*n;
	return *n > 41 ? (int)storage_delete(&of_cgroup, cgrp) : 1;
}

char LICENSE[] SEC("license") = "GPL";
