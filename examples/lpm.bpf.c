/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names the network that a program connects to, by the longest prefix in a trie, which is filled at the first look.
 *
 *	skep run lpm.bpf.c
 */
#include <skep.bpf.h>

struct prefix {
	u32 bits; /* how many of the address count; what a trie's key begins with */
	u8 address[4];
};
struct network {
	char name[16];
	u64 connects;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, struct network);
} networks SEC(".maps");

bool filled;

static void fill(void)
{
	struct prefix all = { 0, {} }, loopback = { 8, { 127 } }, one = { 32, { 127, 0, 0, 1 } };
	struct network n = { "elsewhere" }, l = { "loopback" }, o = { "localhost" };

	bpf_map_update_elem(&networks, &all, &n, BPF_NOEXIST);
	bpf_map_update_elem(&networks, &loopback, &l, BPF_NOEXIST);
	bpf_map_update_elem(&networks, &one, &o, BPF_NOEXIST);
	filled = true;
}

struct address {
	u16 family;
	be16 port;
	u8 ip[4];
};

SEC("tracepoint/syscalls/sys_enter_connect")
int on_connect(struct trace_event_raw_sys_enter *ctx)
{
	struct prefix key = { .bits = 32 };
	struct address to = {};
	struct network *n;

	bpf_probe_read_user(&to, sizeof(to), (const void *)ctx->args[1]);
	if (to.family != AF_INET)
		return 0;
	if (!filled)
		fill();
	__builtin_memcpy(key.address, to.ip, sizeof(key.address));
	n = bpf_map_lookup_elem(&networks, &key);
	if (!n)
		return 0;
	__sync_fetch_and_add(&n->connects, 1);
	bpf_printk("to %s, port %d", n->name, bpf_ntohs(to.port));
	return 0;
}

LICENSE("GPL");
