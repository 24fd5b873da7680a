/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a BPF program in C needs, without other headers: `skep run` hands it to clang. docs/run.md has the rest.
 *
 *	#include <skep.bpf.h>
 *
 *	SEC("tracepoint/syscalls/sys_enter_execve")
 *	int hello(void *ctx)
 *	{
 *		bpf_printk("hello");
 *		return 0;
 *	}
 *	LICENSE("GPL");
 *
 * Of the kernel's own structs a program declares the fields that it reads, marked CORE; where they lie is found out when it is
 * loaded:
 *
 *	struct task_struct {
 *		int tgid;
 *		struct task_struct *real_parent;
 *	} CORE;
 */
#ifndef SKEP_BPF_H
#define SKEP_BPF_H

/* ---- numbers */

typedef unsigned char u8, __u8;
typedef unsigned short u16, __u16;
typedef unsigned int u32, __u32;
typedef unsigned long long u64, __u64;
typedef signed char s8, __s8;
typedef short s16, __s16;
typedef int s32, __s32, pid_t;
typedef long long s64, __s64;
typedef u16 __be16, be16;
typedef u32 __be32, be32;
typedef u64 __be64, be64;
typedef u32 __wsum;
typedef unsigned long size_t;
typedef _Bool bool;
enum { false, true };
#define NULL ((void *)0)
#define offsetof(type, member) __builtin_offsetof(type, member)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_htonl(x) __builtin_bswap32(x)
#define bpf_cpu_to_be64(x) __builtin_bswap64(x)
#else
#define bpf_htons(x) ((u16)(x))
#define bpf_htonl(x) ((u32)(x))
#define bpf_cpu_to_be64(x) ((u64)(x))
#endif
#define bpf_ntohs(x) bpf_htons(x)
#define bpf_ntohl(x) bpf_htonl(x)
#define bpf_be64_to_cpu(x) bpf_cpu_to_be64(x)

/* ---- how things are declared */

#define SEC(name) __attribute__((section(name), used))
#define LICENSE(name) char skep_license[] SEC("license") = name
#define CORE __attribute__((preserve_access_index))
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __noinline __attribute__((noinline))
#define __always_inline inline __attribute__((always_inline))

/* struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, u32); __type(value, u64); } map SEC(".maps"); */
#define __uint(name, value) int(*name)[value]
#define __type(name, ...) typeof(__VA_ARGS__) *name
#define __array(name, ...) typeof(__VA_ARGS__) *name[]

/* RECORD(map, struct event): what a ring buffer or perf event array carries. `skep run` decodes by it. */
#define RECORD(map, type) const type *map##_record __attribute__((unused))

/* ---- maps */

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_HASH_OF_MAPS = 13,
	BPF_MAP_TYPE_DEVMAP = 14,
	BPF_MAP_TYPE_SOCKMAP = 15,
	BPF_MAP_TYPE_CPUMAP = 16,
	BPF_MAP_TYPE_XSKMAP = 17,
	BPF_MAP_TYPE_SOCKHASH = 18,
	BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_MAP_TYPE_DEVMAP_HASH = 25,
	BPF_MAP_TYPE_STRUCT_OPS = 26,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_INODE_STORAGE = 28,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
	BPF_MAP_TYPE_BLOOM_FILTER = 30,
	BPF_MAP_TYPE_USER_RINGBUF = 31,
	BPF_MAP_TYPE_CGRP_STORAGE = 32,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
	BPF_F_NO_PREALLOC = 1, /* of maps */
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
	BPF_F_SKIP_FIELD_MASK = 0xff, /* of stacks */
	BPF_F_USER_STACK = 1 << 8,
	BPF_F_INGRESS = 1,
};
#define BPF_F_CURRENT_CPU 0xffffffffULL
#define BPF_F_INDEX_MASK 0xffffffffULL

struct bpf_spin_lock {
	u32 val;
};
struct bpf_timer {
	u64 hidden[2];
} __attribute__((aligned(8)));
struct bpf_dynptr {
	u64 hidden[2];
} __attribute__((aligned(8)));

/* ---- what programs return */

enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };
enum {
	TC_ACT_UNSPEC = -1,
	TC_ACT_OK = 0,
	TC_ACT_RECLASSIFY = 1,
	TC_ACT_SHOT = 2,
	TC_ACT_PIPE = 3,
	TC_ACT_STOLEN = 4,
	TC_ACT_REDIRECT = 7,
	TCX_NEXT = -1,
	TCX_PASS = 0,
	TCX_DROP = 2,
	TCX_REDIRECT = 7,
	SK_DROP = 0,
	SK_PASS = 1,
	NF_DROP = 0,
	NF_ACCEPT = 1,
	BPF_OK = 0, /* of routes */
	BPF_DROP = 2,
	BPF_REDIRECT = 7,
	BPF_LWT_REROUTE = 128,
};

/* ---- contexts: what programs are called with */

struct xdp_md {
	u32 data, data_end, data_meta;
	u32 ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct bpf_sock;
struct __sk_buff {
	u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto,
		priority;
	u32 ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data, data_end, napi_id;
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	u32 data_meta;
	u64 flow_keys __attribute__((aligned(8)));
	u64 tstamp;
	u32 wire_len, gso_segs;
	struct bpf_sock *sk __attribute__((aligned(8)));
	u32 gso_size;
	u8 tstamp_type;
	u32 : 24;
	u64 hwtstamp;
};

struct bpf_sock {
	u32 bound_dev_if, family, type, protocol, mark, priority;
	u32 src_ip4, src_ip6[4], src_port;
	be16 dst_port;
	u16 : 16;
	u32 dst_ip4, dst_ip6[4], state;
	s32 rx_queue_mapping;
};

struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port;
	u32 family, type, protocol, msg_src_ip4, msg_src_ip6[4];
	struct bpf_sock *sk __attribute__((aligned(8)));
};

/* Up to what old kernels have, too. */
struct bpf_sock_ops {
	u32 op;
	union {
		u32 args[4], reply, replylong[4];
	};
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
	u32 is_fullsock, snd_cwnd, srtt_us, bpf_sock_ops_cb_flags, state;
};

struct sk_msg_md {
	void *data __attribute__((aligned(8)));
	void *data_end __attribute__((aligned(8)));
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port,
		size;
	struct bpf_sock *sk __attribute__((aligned(8)));
};

/* data begins with the header of UDP or TCP. */
struct sk_reuseport_md {
	void *data __attribute__((aligned(8)));
	void *data_end __attribute__((aligned(8)));
	u32 len, eth_protocol, ip_protocol, bind_inany, hash;
	struct bpf_sock *sk __attribute__((aligned(8)));
	struct bpf_sock *migrating_sk __attribute__((aligned(8)));
};

struct bpf_sysctl {
	u32 write, file_pos;
};

struct bpf_sockopt {
	struct bpf_sock *sk __attribute__((aligned(8)));
	void *optval __attribute__((aligned(8)));
	void *optval_end __attribute__((aligned(8)));
	s32 level, optname, optlen, retval;
};

struct bpf_cgroup_dev_ctx {
	u32 access_type, major, minor;
};

/* tracepoint/syscalls/sys_enter_NAME and raw_syscalls/sys_enter; sys_exit_NAME and raw_syscalls/sys_exit */
struct trace_event_raw_sys_enter {
	long id;
	unsigned long args[6];
} CORE;
struct trace_event_raw_sys_exit {
	long id;
	long ret;
} CORE;

/* kprobe, uprobe, perf_event */
#if defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31], sp, pc, pstate;
};
struct bpf_perf_event_data {
	struct user_pt_regs regs;
	u64 sample_period, addr;
};
#define PT_REGS_PARM1(x) (((const struct user_pt_regs *)(x))->regs[0])
#define PT_REGS_PARM2(x) (((const struct user_pt_regs *)(x))->regs[1])
#define PT_REGS_PARM3(x) (((const struct user_pt_regs *)(x))->regs[2])
#define PT_REGS_PARM4(x) (((const struct user_pt_regs *)(x))->regs[3])
#define PT_REGS_PARM5(x) (((const struct user_pt_regs *)(x))->regs[4])
#define PT_REGS_RC(x) PT_REGS_PARM1(x)
#define PT_REGS_IP(x) (((const struct user_pt_regs *)(x))->pc)
#define PT_REGS_SP(x) (((const struct user_pt_regs *)(x))->sp)
#else
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};
struct bpf_perf_event_data {
	struct pt_regs regs;
	u64 sample_period, addr;
};
#define PT_REGS_PARM1(x) (((const struct pt_regs *)(x))->di)
#define PT_REGS_PARM2(x) (((const struct pt_regs *)(x))->si)
#define PT_REGS_PARM3(x) (((const struct pt_regs *)(x))->dx)
#define PT_REGS_PARM4(x) (((const struct pt_regs *)(x))->cx)
#define PT_REGS_PARM5(x) (((const struct pt_regs *)(x))->r8)
#define PT_REGS_RC(x) (((const struct pt_regs *)(x))->ax)
#define PT_REGS_IP(x) (((const struct pt_regs *)(x))->ip)
#define PT_REGS_SP(x) (((const struct pt_regs *)(x))->sp)
#endif

/* Iterators: iter/task hands out struct bpf_iter__task, ... declared as CORE by who needs them, with this as `meta`. */
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id, seq_num;
} CORE;

/* ---- packets */

enum {
	ETH_ALEN = 6,
	ETH_HLEN = 14,
	ETH_P_IP = 0x0800,
	ETH_P_ARP = 0x0806,
	ETH_P_8021Q = 0x8100,
	ETH_P_IPV6 = 0x86dd,
	IPPROTO_ICMP = 1,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_ICMPV6 = 58,
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
};

struct ethhdr {
	u8 h_dest[ETH_ALEN], h_source[ETH_ALEN];
	be16 h_proto;
} __attribute__((packed));

struct iphdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	u8 ihl : 4, version : 4;
#else
	u8 version : 4, ihl : 4;
#endif
	u8 tos;
	be16 tot_len, id, frag_off;
	u8 ttl, protocol;
	u16 check;
	be32 saddr, daddr;
};

struct in6_addr {
	u8 addr[16];
};
struct ipv6hdr {
	u8 version_class, class_flow, flow[2];
	be16 payload_len;
	u8 nexthdr, hop_limit;
	struct in6_addr saddr, daddr;
};

struct tcphdr {
	be16 source, dest;
	be32 seq, ack_seq;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	u16 res1 : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, ece : 1,
		cwr : 1;
#else
	u16 doff : 4, res1 : 4, cwr : 1, ece : 1, urg : 1, ack : 1, psh : 1, rst : 1, syn : 1,
		fin : 1;
#endif
	be16 window;
	u16 check;
	be16 urg_ptr;
};

struct udphdr {
	be16 source, dest, len;
	u16 check;
};

struct icmphdr {
	u8 type, code;
	u16 check;
	be16 id, sequence;
};

/* ---- helpers */

#define SKEP_HELPER(number, result, name, ...)                                                     \
	static result (*const name)(__VA_ARGS__) __attribute__((unused)) =                         \
		(result(*)(__VA_ARGS__))number

SKEP_HELPER(1, void *, bpf_map_lookup_elem, const void *map, const void *key);
SKEP_HELPER(2, long, bpf_map_update_elem, const void *map, const void *key, const void *value,
	    u64 flags);
SKEP_HELPER(3, long, bpf_map_delete_elem, const void *map, const void *key);
SKEP_HELPER(5, u64, bpf_ktime_get_ns, void);
SKEP_HELPER(6, long, bpf_trace_printk, const char *format, u32 size, ...);
SKEP_HELPER(7, u32, bpf_get_prandom_u32, void);
SKEP_HELPER(8, u32, bpf_get_smp_processor_id, void);
SKEP_HELPER(9, long, bpf_skb_store_bytes, void *skb, u32 offset, const void *from, u32 len,
	    u64 flags);
SKEP_HELPER(10, long, bpf_l3_csum_replace, void *skb, u32 offset, u64 from, u64 to, u64 size);
SKEP_HELPER(11, long, bpf_l4_csum_replace, void *skb, u32 offset, u64 from, u64 to, u64 flags);
SKEP_HELPER(12, long, bpf_tail_call, void *ctx, const void *prog_array, u32 index);
SKEP_HELPER(13, long, bpf_clone_redirect, void *skb, u32 ifindex, u64 flags);
SKEP_HELPER(14, u64, bpf_get_current_pid_tgid, void);
SKEP_HELPER(15, u64, bpf_get_current_uid_gid, void);
SKEP_HELPER(16, long, bpf_get_current_comm, void *to, u32 size);
SKEP_HELPER(18, long, bpf_skb_vlan_push, void *skb, be16 protocol, u16 tag);
SKEP_HELPER(19, long, bpf_skb_vlan_pop, void *skb);
SKEP_HELPER(22, u64, bpf_perf_event_read, const void *map, u64 flags);
SKEP_HELPER(23, long, bpf_redirect, u32 ifindex, u64 flags);
SKEP_HELPER(25, long, bpf_perf_event_output, void *ctx, const void *map, u64 flags,
	    const void *data, u64 size);
SKEP_HELPER(26, long, bpf_skb_load_bytes, const void *skb, u32 offset, void *to, u32 len);
SKEP_HELPER(27, long, bpf_get_stackid, void *ctx, const void *map, u64 flags);
SKEP_HELPER(28, s64, bpf_csum_diff, const be32 *from, u32 from_size, const be32 *to, u32 to_size,
	    __wsum seed);
SKEP_HELPER(31, long, bpf_skb_change_proto, void *skb, be16 protocol, u64 flags);
SKEP_HELPER(32, long, bpf_skb_change_type, void *skb, u32 type);
SKEP_HELPER(34, u32, bpf_get_hash_recalc, void *skb);
SKEP_HELPER(35, u64, bpf_get_current_task, void);
SKEP_HELPER(37, long, bpf_current_task_under_cgroup, const void *map, u32 index);
SKEP_HELPER(38, long, bpf_skb_change_tail, void *skb, u32 len, u64 flags);
SKEP_HELPER(39, long, bpf_skb_pull_data, void *skb, u32 len);
SKEP_HELPER(43, long, bpf_skb_change_head, void *skb, u32 len, u64 flags);
SKEP_HELPER(44, long, bpf_xdp_adjust_head, struct xdp_md *xdp, int delta);
SKEP_HELPER(46, u64, bpf_get_socket_cookie, void *ctx);
SKEP_HELPER(47, u32, bpf_get_socket_uid, struct __sk_buff *skb);
SKEP_HELPER(49, long, bpf_setsockopt, void *socket, int level, int option, void *value, int len);
SKEP_HELPER(50, long, bpf_skb_adjust_room, void *skb, s32 delta, u32 mode, u64 flags);
SKEP_HELPER(51, long, bpf_redirect_map, const void *map, u64 key, u64 flags);
SKEP_HELPER(52, long, bpf_sk_redirect_map, struct __sk_buff *skb, const void *map, u32 key,
	    u64 flags);
SKEP_HELPER(53, long, bpf_sock_map_update, struct bpf_sock_ops *ops, const void *map, void *key,
	    u64 flags);
SKEP_HELPER(54, long, bpf_xdp_adjust_meta, struct xdp_md *xdp, int delta);
SKEP_HELPER(57, long, bpf_getsockopt, void *socket, int level, int option, void *value, int len);
SKEP_HELPER(58, long, bpf_override_return, void *regs, u64 value);
SKEP_HELPER(59, long, bpf_sock_ops_cb_flags_set, struct bpf_sock_ops *ops, int flags);
SKEP_HELPER(60, long, bpf_msg_redirect_map, struct sk_msg_md *msg, const void *map, u32 key,
	    u64 flags);
SKEP_HELPER(65, long, bpf_xdp_adjust_tail, struct xdp_md *xdp, int delta);
SKEP_HELPER(67, long, bpf_get_stack, void *ctx, void *to, u32 size, u64 flags);
SKEP_HELPER(69, long, bpf_fib_lookup, void *ctx, void *params, int size, u32 flags);
SKEP_HELPER(70, long, bpf_sock_hash_update, struct bpf_sock_ops *ops, const void *map, void *key,
	    u64 flags);
SKEP_HELPER(71, long, bpf_msg_redirect_hash, struct sk_msg_md *msg, const void *map, void *key,
	    u64 flags);
SKEP_HELPER(80, u64, bpf_get_current_cgroup_id, void);
SKEP_HELPER(82, long, bpf_sk_select_reuseport, void *ctx, const void *map, void *key, u64 flags);
SKEP_HELPER(87, long, bpf_map_push_elem, const void *map, const void *value, u64 flags);
SKEP_HELPER(88, long, bpf_map_pop_elem, const void *map, void *value);
SKEP_HELPER(89, long, bpf_map_peek_elem, const void *map, void *value);
SKEP_HELPER(93, long, bpf_spin_lock, struct bpf_spin_lock *lock);
SKEP_HELPER(94, long, bpf_spin_unlock, struct bpf_spin_lock *lock);
SKEP_HELPER(95, struct bpf_sock *, bpf_sk_fullsock, struct bpf_sock *sk);
SKEP_HELPER(107, void *, bpf_sk_storage_get, const void *map, void *sk, void *value, u64 flags);
SKEP_HELPER(108, long, bpf_sk_storage_delete, const void *map, void *sk);
SKEP_HELPER(109, long, bpf_send_signal, u32 signal);
SKEP_HELPER(112, long, bpf_probe_read_user, void *to, u32 size, const void *from);
SKEP_HELPER(113, long, bpf_probe_read_kernel, void *to, u32 size, const void *from);
SKEP_HELPER(114, long, bpf_probe_read_user_str, void *to, u32 size, const void *from);
SKEP_HELPER(115, long, bpf_probe_read_kernel_str, void *to, u32 size, const void *from);
SKEP_HELPER(118, u64, bpf_jiffies64, void);
SKEP_HELPER(125, u64, bpf_ktime_get_boot_ns, void);
SKEP_HELPER(126, long, bpf_seq_printf, struct seq_file *seq, const char *format, u32 size,
	    const void *args, u32 args_size);
SKEP_HELPER(127, long, bpf_seq_write, struct seq_file *seq, const void *data, u32 len);
SKEP_HELPER(130, long, bpf_ringbuf_output, const void *ring, const void *data, u64 size, u64 flags);
SKEP_HELPER(131, void *, bpf_ringbuf_reserve, const void *ring, u64 size, u64 flags);
SKEP_HELPER(132, void, bpf_ringbuf_submit, const void *data, u64 flags);
SKEP_HELPER(133, void, bpf_ringbuf_discard, const void *data, u64 flags);
SKEP_HELPER(134, u64, bpf_ringbuf_query, const void *ring, u64 flags);
SKEP_HELPER(147, long, bpf_d_path, void *path, char *to, u32 size);
SKEP_HELPER(148, long, bpf_copy_from_user, void *to, u32 size, const void *from);
SKEP_HELPER(153, void *, bpf_per_cpu_ptr, const void *percpu, u32 cpu);
SKEP_HELPER(154, void *, bpf_this_cpu_ptr, const void *percpu);
SKEP_HELPER(155, long, bpf_redirect_peer, u32 ifindex, u64 flags);
SKEP_HELPER(156, void *, bpf_task_storage_get, const void *map, void *task, void *value, u64 flags);
SKEP_HELPER(157, long, bpf_task_storage_delete, const void *map, void *task);
SKEP_HELPER(158, void *, bpf_get_current_task_btf, void);
SKEP_HELPER(164, long, bpf_for_each_map_elem, const void *map, void *callback, void *ctx,
	    u64 flags);
SKEP_HELPER(165, long, bpf_snprintf, char *to, u32 size, const char *format, const u64 *args,
	    u32 args_size);
SKEP_HELPER(169, long, bpf_timer_init, struct bpf_timer *timer, const void *map, u64 flags);
SKEP_HELPER(170, long, bpf_timer_set_callback, struct bpf_timer *timer, void *callback);
SKEP_HELPER(171, long, bpf_timer_start, struct bpf_timer *timer, u64 ns, u64 flags);
SKEP_HELPER(172, long, bpf_timer_cancel, struct bpf_timer *timer);
SKEP_HELPER(173, u64, bpf_get_func_ip, void *ctx);
SKEP_HELPER(174, u64, bpf_get_attach_cookie, void *ctx);
SKEP_HELPER(177, long, bpf_trace_vprintk, const char *format, u32 size, const void *args,
	    u32 args_size);
SKEP_HELPER(181, long, bpf_loop, u32 count, void *callback, void *ctx, u64 flags);
SKEP_HELPER(182, long, bpf_strncmp, const char *a, u32 a_size, const char *b);
SKEP_HELPER(183, long, bpf_get_func_arg, void *ctx, u32 n, u64 *value);
SKEP_HELPER(184, long, bpf_get_func_ret, void *ctx, u64 *value);
SKEP_HELPER(188, u64, bpf_xdp_get_buff_len, struct xdp_md *xdp);
SKEP_HELPER(189, long, bpf_xdp_load_bytes, struct xdp_md *xdp, u32 offset, void *to, u32 len);
SKEP_HELPER(190, long, bpf_xdp_store_bytes, struct xdp_md *xdp, u32 offset, void *from, u32 len);
SKEP_HELPER(195, void *, bpf_map_lookup_percpu_elem, const void *map, const void *key, u32 cpu);
SKEP_HELPER(197, long, bpf_dynptr_from_mem, void *data, u32 size, u64 flags,
	    struct bpf_dynptr *ptr);
SKEP_HELPER(201, long, bpf_dynptr_read, void *to, u32 len, const struct bpf_dynptr *from,
	    u32 offset, u64 flags);
SKEP_HELPER(202, long, bpf_dynptr_write, const struct bpf_dynptr *to, u32 offset, void *from,
	    u32 len, u64 flags);
SKEP_HELPER(203, void *, bpf_dynptr_data, const struct bpf_dynptr *ptr, u32 offset, u32 len);
SKEP_HELPER(209, long, bpf_user_ringbuf_drain, const void *ring, void *callback, void *ctx,
	    u64 flags);
SKEP_HELPER(210, void *, bpf_cgrp_storage_get, const void *map, void *cgroup, void *value,
	    u64 flags);

/* Any other: SKEP_HELPER(number, result, name, arguments); docs/helpers.md has the numbers. */

/* ---- short ways to write things */

/* READ(task->real_parent->tgid) step by step: p = READ(task->real_parent), n = READ(p->tgid). */
#define READ(field)                                                                                \
	({                                                                                         \
		typeof(field) skep_value;                                                          \
		bpf_probe_read_kernel(&skep_value, sizeof(skep_value), &(field));                  \
		skep_value;                                                                        \
	})
#define bpf_core_field_exists(field) __builtin_preserve_field_info(field, 2)

#define SKEP_PASTE(a, b) a##b
#define SKEP_JOIN(a, b) SKEP_PASTE(a, b)
#define SKEP_NTH(a, b, c, d, e, f, g, h, i, n, ...) n
#define SKEP_COUNT(...) SKEP_NTH(_, ##__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)

#define SKEP_U64(x) (u64)(unsigned long)(x)
#define SKEP_WORDS0()
#define SKEP_WORDS1(a) SKEP_U64(a)
#define SKEP_WORDS2(a, b) SKEP_U64(a), SKEP_U64(b)
#define SKEP_WORDS3(a, b, c) SKEP_WORDS2(a, b), SKEP_U64(c)
#define SKEP_WORDS4(a, b, c, d) SKEP_WORDS2(a, b), SKEP_WORDS2(c, d)
#define SKEP_WORDS5(a, b, c, d, e) SKEP_WORDS4(a, b, c, d), SKEP_U64(e)
#define SKEP_WORDS6(a, b, c, d, e, f) SKEP_WORDS4(a, b, c, d), SKEP_WORDS2(e, f)
#define SKEP_WORDS7(a, b, c, d, e, f, g) SKEP_WORDS4(a, b, c, d), SKEP_WORDS3(e, f, g)
#define SKEP_WORDS8(a, b, c, d, e, f, g, h) SKEP_WORDS4(a, b, c, d), SKEP_WORDS4(e, f, g, h)
#define SKEP_WORDS(...) SKEP_JOIN(SKEP_WORDS, SKEP_COUNT(__VA_ARGS__))(__VA_ARGS__)

/* As printf, with up to 8 arguments. `skep run` shows what comes out. */
#define SKEP_PRINT_FEW(format, ...)                                                                \
	({                                                                                         \
		static const char skep_format[] = format;                                          \
		bpf_trace_printk(skep_format, sizeof(skep_format), ##__VA_ARGS__);                 \
	})
#define SKEP_PRINT_MANY(format, ...)                                                               \
	({                                                                                         \
		static const char skep_format[] = format;                                          \
		u64 skep_args[] = { SKEP_WORDS(__VA_ARGS__) };                                     \
		bpf_trace_vprintk(skep_format, sizeof(skep_format), skep_args, sizeof(skep_args)); \
	})
#define SKEP_PRINT0 SKEP_PRINT_FEW
#define SKEP_PRINT1 SKEP_PRINT_FEW
#define SKEP_PRINT2 SKEP_PRINT_FEW
#define SKEP_PRINT3 SKEP_PRINT_FEW
#define SKEP_PRINT4 SKEP_PRINT_MANY
#define SKEP_PRINT5 SKEP_PRINT_MANY
#define SKEP_PRINT6 SKEP_PRINT_MANY
#define SKEP_PRINT7 SKEP_PRINT_MANY
#define SKEP_PRINT8 SKEP_PRINT_MANY
#define bpf_printk(format, ...)                                                                    \
	SKEP_JOIN(SKEP_PRINT, SKEP_COUNT(__VA_ARGS__))(format, ##__VA_ARGS__)

/* The same into what an iterator gives out. */
#define BPF_SEQ_PRINTF(seq, format, ...)                                                           \
	({                                                                                         \
		static const char skep_format[] = format;                                          \
		u64 skep_args[] = { SKEP_WORDS(__VA_ARGS__) };                                     \
		bpf_seq_printf(seq, skep_format, sizeof(skep_format), skep_args,                   \
			       sizeof(skep_args));                                                 \
	})

/*
 * Names for the arguments of fentry, fexit, tp_btf, lsm, raw_tp and struct_ops programs, which come as an array:
 *
 *	SEC("tp_btf/sched_switch")
 *	int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
 */
#define SKEP_ARG(i) (void *)skep_ctx[i]
#define SKEP_ARGS0()
#define SKEP_ARGS1(a) SKEP_ARG(0)
#define SKEP_ARGS2(a, ...) SKEP_ARG(0), SKEP_ARG(1)
#define SKEP_ARGS3(a, ...) SKEP_ARGS2(a), SKEP_ARG(2)
#define SKEP_ARGS4(a, ...) SKEP_ARGS3(a), SKEP_ARG(3)
#define SKEP_ARGS5(a, ...) SKEP_ARGS4(a), SKEP_ARG(4)
#define SKEP_ARGS6(a, ...) SKEP_ARGS5(a), SKEP_ARG(5)
#define SKEP_ARGS7(a, ...) SKEP_ARGS6(a), SKEP_ARG(6)
#define SKEP_ARGS8(a, ...) SKEP_ARGS7(a), SKEP_ARG(7)
#define SKEP_COMMA0
#define SKEP_COMMA1 ,
#define SKEP_COMMA2 ,
#define SKEP_COMMA3 ,
#define SKEP_COMMA4 ,
#define SKEP_COMMA5 ,
#define SKEP_COMMA6 ,
#define SKEP_COMMA7 ,
#define SKEP_COMMA8 ,
#define BPF_PROG(name, ...)                                                                        \
	name(u64 *ctx);                                                                            \
	static __always_inline typeof(name(0)) skep_##name(u64 *ctx, ##__VA_ARGS__);               \
	typeof(name(0)) name(u64 *ctx)                                                             \
	{                                                                                          \
		u64 *skep_ctx __attribute__((unused)) = ctx;                                       \
		_Pragma("GCC diagnostic push")                                                     \
			_Pragma("GCC diagnostic ignored \"-Wint-conversion\"") return skep_##name( \
				ctx SKEP_JOIN(SKEP_COMMA, SKEP_COUNT(__VA_ARGS__)) SKEP_JOIN(      \
					SKEP_ARGS, SKEP_COUNT(__VA_ARGS__))(__VA_ARGS__));         \
		_Pragma("GCC diagnostic pop")                                                      \
	}                                                                                          \
	static __always_inline typeof(name(0)) skep_##name(u64 *ctx __attribute__((unused)),       \
							   ##__VA_ARGS__)

#endif
