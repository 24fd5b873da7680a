/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of kernel structs that accel reads, found by name when it is loaded. */
#ifndef BPF_ACCEL_KERNEL_H
#define BPF_ACCEL_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define IFF_LOOPBACK 8
#define SK_USER_DATA_FLAGS 7ul /* in sk_user_data's low bits */
#define HRTIMER_ENQUEUED 1
#define O_NONBLOCK 04000
#define SIG_IGN 1ul
#define SEND_SHUTDOWN 2
#define SOCK_RCVBUF_LOCK 2
#define TCP_NAGLE_OFF 1
#define TCP_LISTEN 10
#define EPOLLET (1u << 31)
#define POLLIN 1u
#define TCP_NOTSENT_LOWAT 25
#define IPPROTO_TCP 6

enum sock_flags {
	SOCK_ZEROCOPY = 18,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	__s64 counter;
} atomic64_t;
typedef struct {
	atomic_t refs;
} refcount_t;
struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct timer_list {
	struct hlist_node entry;
};
struct hrtimer {
	__u8 state;
};

struct ns_common {
	unsigned int inum;
};
struct netns_ipv4 {
	int sysctl_tcp_rmem[3];
};
struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};
typedef struct {
	struct net *net;
} possible_net_t;

struct proto {
	atomic64_t *memory_allocated; /* pages; the kernel calls it atomic_long_t */
	long *sysctl_mem;
};
struct sock_common {
	struct proto *skc_prot;
	possible_net_t skc_net;
	atomic64_t skc_cookie;
	refcount_t skc_refcnt;
	unsigned long skc_flags;
	__u8 skc_state;
};

struct wait_queue_head {
	struct list_head head;
};
struct wait_queue_entry {
	void *private;
	void *func;
	struct list_head entry;
};
struct poll_table_entry {
	unsigned int key;
	struct wait_queue_entry wait;
};
struct socket_wq {
	struct wait_queue_head wait;
};

struct file;
struct epoll_filefd {
	struct file *file;
};
struct epoll_event {
	__u32 events;
};
struct epitem {
	struct epoll_filefd ffd;
	struct epoll_event event;
};
struct eppoll_entry {
	struct epitem *base;
	struct wait_queue_entry wait;
};

typedef struct {
	int owned;
} socket_lock_t;

typedef struct {
	__u32 val;
} kuid_t;

struct net_device {
	unsigned int flags;
};
struct dst_entry {
	struct net_device *dev;
};

struct kernfs_node {
	__u64 id;
};
struct cgroup {
	struct kernfs_node *kn;
};
struct sock_cgroup_data {
	struct cgroup *cgroup;
};

typedef struct {
	atomic64_t refcnt;
} file_ref_t;
struct file {
	unsigned int f_flags;
	file_ref_t f_ref;
};
/* Before 6.13. */
struct file___counted {
	atomic64_t f_count;
};
struct socket {
	struct file *file;
};

struct page_counter {
	atomic64_t usage;
	unsigned long high, max;
	struct page_counter *parent;
};
/* Of each generation the anonymous pages of each zone, and then those of files. */
struct lru_gen_folio {
	long nr_pages[1];
};
struct lruvec {
	struct lru_gen_folio lrugen;
};
struct mem_cgroup_per_node {
	struct lruvec lruvec;
	unsigned long lru_zone_size[5]; /* LRU_LISTS of each zone, one zone after the other */
};
struct mem_cgroup {
	struct page_counter memory;
	struct mem_cgroup_per_node *nodeinfo[1];
};

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	int sk_rcvlowat;
	int sk_peek_off;
	int sk_write_pending;
	int sk_rcvbuf;
	__u8 sk_userlocks;

	struct socket_wq *sk_wq;
	struct dst_entry *sk_dst_cache;
	struct timer_list sk_timer;
	kuid_t sk_uid;
	__u8 sk_shutdown;
	struct socket *sk_socket;
	void *sk_user_data;
	struct sock_cgroup_data sk_cgrp_data;
	struct mem_cgroup *sk_memcg;
};
struct inet_sock {
	struct sock sk;
};
struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct timer_list icsk_retransmit_timer;
	struct timer_list icsk_delack_timer;
	const void *icsk_ulp_ops;
};
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 rcv_nxt, copied_seq, snd_una, snd_nxt, write_seq;
	__u32 notsent_lowat;
	__u8 nonagle;
	__u8 bpf_sock_ops_cb_flags;
	struct hrtimer pacing_timer;
	struct hrtimer compressed_ack_timer;
	bool is_mptcp;
};

struct bpf_iter__tcp {
	struct sock_common *sk_common;
};

struct sk_psock {
	struct list_head ingress_msg;
	refcount_t refcnt;
};

struct files_struct {
	atomic_t count;
};
struct sigaction {
	void *sa_handler;
};
struct k_sigaction {
	struct sigaction sa;
};
struct sighand_struct {
	struct k_sigaction action[64];
};
struct task_struct {
	struct sighand_struct *sighand;
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
	struct files_struct *files;
};

#pragma clang attribute pop

extern void *bpf_rdonly_cast(const void *obj, __u32 type) __ksym __weak;

#endif
