/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much may wait for a reader: the limit of a direction, the budget of all readers in a cgroup, and the memory that there is.
 *
 * Redirected bytes are charged to the memory cgroup in which the reader's socket was made, as TCP's are; but in the sender's
 * send(), which may wait for memory, and so has the kernel kill somebody in that cgroup if it has none left and nothing to give back.
 * TCP's bytes are dropped then, and sent again later. And where all of TCP has more than net.ipv4.tcp_mem allows send()
 * would fail. So a direction goes back to TCP before it comes to either.
 */
#ifndef BPF_ACCEL_ROOM_H
#define BPF_ACCEL_ROOM_H

#include "accel_socket.h"

#define MESSAGE_COST 1024       /* memory that a message takes beside its bytes: struct sk_msg */
#define CHARGE_STEP 65536       /* a budget is brought up to date in such steps */
#define CHARGED_NS 100000000ull /* the janitor looks whether what is charged was read */
#define EDGE_SHARE 4            /* of a budget this part is for readers that wait for edges, */
#define EDGE_BYTES (1 << 20)    /* and so much of the memory that is left */
#define MEMORY_SHARE 1024       /* of what is left a direction may take this part without looking */
#define CREDIT (65536 + MESSAGE_COST) /* at most, of bytes: a message of 64 KiB */
#define PAGE_BYTES 4096ll
#define MAX_NESTED 8          /* cgroups, each below another; what is above them is not asked */
#define MAX_PAGES (1ll << 40) /* a limit of more is none */
#define SPARE_PAGES 512       /* of a cgroup's memory so much is left to TCP, */
#define SPARE_SHARE 16        /* but not more than this part */
#define MEMCG_FLAGS 7ul       /* in sk_memcg's low bits */
#define LRU_LISTS 5
#define LRU_GENERATIONS 4
#define LRU_INACTIVE_FILE 2
#define LRU_ACTIVE_FILE 3
#define MAX_ZONES 8

/* Where the kernel has generations of pages instead of lists; at is the struct mem_cgroup_per_node. */
static __always_inline __s64 file_generations(void *at)
{
	const __u32 size =
		bpf_core_field_size(((struct mem_cgroup_per_node *)0)->lruvec.lrugen.nr_pages);
	const __u32 zones = size / (LRU_GENERATIONS * 2 * sizeof(long));
	__s64 pages = 0, n;

	at += bpf_core_field_offset(struct mem_cgroup_per_node, lruvec.lrugen.nr_pages);
	for (__u32 generation = 0; generation < LRU_GENERATIONS; generation++)
		for (__u32 zone = 0; zone < MAX_ZONES && zone < zones; zone++)
			if (!bpf_probe_read_kernel(&n, sizeof(n),
						   at + ((generation * 2 + 1) * zones + zone) *
								   sizeof(long)))
				pages += n;
	return pages;
}

/* Pages of files, which the kernel can take back. Those of other NUMA nodes are left out. */
static __always_inline __s64 file_pages(struct mem_cgroup *memcg)
{
	__u64 sizes[LRU_LISTS];
	const __u32 size = bpf_core_field_size(((struct mem_cgroup_per_node *)0)->lru_zone_size);
	void *node, *at;
	__s64 pages = 0;

	if (bpf_probe_read_kernel(&node, sizeof(node),
				  (void *)memcg +
					  bpf_core_field_offset(struct mem_cgroup, nodeinfo)))
		return 0;
	at = node + bpf_core_field_offset(struct mem_cgroup_per_node, lru_zone_size);
	for (__u32 i = 0; i < MAX_ZONES && (i + 1) * sizeof(sizes) <= size; i++) {
		if (bpf_probe_read_kernel(sizes, sizeof(sizes), at + i * sizeof(sizes)))
			break;
		pages += (__s64)(sizes[LRU_INACTIVE_FILE] + sizes[LRU_ACTIVE_FILE]);
	}
	if (bpf_core_field_exists(((struct mem_cgroup_per_node *)0)->lruvec.lrugen.nr_pages))
		pages += file_generations(node);
	return pages;
}

/* What one cgroup has left of its own limit, pages. */
static __always_inline __s64 counter_left(struct page_counter *at)
{
	__s64 most = (__s64)glance(struct page_counter, at, max);
	__s64 high = (__s64)glance(struct page_counter, at, high);
	__s64 spare;

	if (high < most)
		most = high;
	if (most < 0 || most > MAX_PAGES)
		return MAX_PAGES;
	spare = (__s64)((__u64)most / SPARE_SHARE);
	if (spare > SPARE_PAGES)
		spare = SPARE_PAGES;
	return most - spare - glance(struct page_counter, at, usage.counter);
}

/* What those that the socket is charged to have left, pages; half of what files take counts as if it were free. */
static __always_inline __s64 memcg_left(struct sock *sk)
{
	struct mem_cgroup *memcg = (void *)((unsigned long)peek(sk, sk_memcg) & ~MEMCG_FLAGS);
	struct page_counter *at;
	__s64 left = MAX_PAGES;

	if (!memcg)
		return MAX_PAGES;
	at = (void *)memcg + bpf_core_field_offset(struct mem_cgroup, memory);
	for (int i = 0; i < MAX_NESTED && at; i++) {
		__s64 here = counter_left(at);

		if (here < left)
			left = here;
		at = glance(struct page_counter, at, parent);
	}
	if (left < SPARE_PAGES)
		left += (__s64)((__u64)file_pages(memcg) / 2);
	return left;
}

/* What all of TCP has left of what it may have whoever asks for it: the first number of net.ipv4.tcp_mem. Pages. */
static __always_inline __s64 tcp_left(struct sock *sk)
{
	struct proto *prot = glance(struct sock, sk, __sk_common.skc_prot);
	atomic64_t *used = glance(struct proto, prot, memory_allocated);
	long *limits = glance(struct proto, prot, sysctl_mem), low = 0;

	if (bpf_probe_read_kernel(&low, sizeof(low), limits))
		return MAX_PAGES;
	return low - peek(used, counter);
}

/* Bytes of memory that may be given to a reader yet; below 0 when there is less than should be spared. */
static __always_inline __s64 memory_left(struct sock *sk)
{
	__s64 left = tcp_left(sk), here;

	if (bpf_core_field_exists(((struct mem_cgroup *)0)->memory)) {
		here = memcg_left(sk);
		if (here < left)
			left = here;
	}
	return left * PAGE_BYTES;
}

/*
 * The bytes of memory that the unread messages take. Should the peer have closed, the figure is nobody's, but then nothing
 * can be redirected to it either.
 */
static __always_inline __s64 backlog(const struct accel_end *end)
{
	__u64 bytes = (__u32)glance(struct sock, end->peer_sk, sk_backlog.rmem_alloc.counter);

	return bytes ? (__s64)(bytes + bytes / (end->average | 1) * MESSAGE_COST) : 0;
}

static __always_inline void note_peak(struct accel_end *end, __u64 bytes)
{
	struct accel_totals *t = totals();

	end->backlog_max = bytes;
	if (t && bytes > t->backlog_max)
		t->backlog_max = bytes;
}

/*
 * A receiver whose buffer is full drops TCP's bytes, and redirected ones count as in it: a direction that fell back then
 * would have to wait until they are sent again, seconds later. So the limit is below what the buffer
 * has, or can grow to where its size was not set.
 */
static __always_inline __u64 limit_of(const struct accel_control *c, const struct accel_end *end)
{
	struct sock *sk = (void *)(unsigned long)end->peer_sk;
	__u64 most;

	if (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_RCVBUF_LOCK)
		most = (__u32)peek(sk, sk_rcvbuf) / 4;
	else
		most = (__u64)(__u32)peek(sk, __sk_common.skc_net.net, ipv4.sysctl_tcp_rmem[2]) *
		       3 / 4;
	return most < c->limit ? most : c->limit;
}

/* What a look at the backlog leaves for the messages to come: nobody else fills the room. */
static __always_inline void give_credit(struct accel_end *end, __s64 left)
{
	end->grant = left <= 0 ? 0 : left < CREDIT ? (__u32)left : CREDIT;
	end->credit = end->grant;
}

static __always_inline void end_credit(struct accel_end *end)
{
	end->grant = 0;
	end->credit = 0;
}

/* Pays for a message of that many bytes, if there is credit; what was given is whole again where all has been read. */
static __always_inline bool take_credit(struct accel_end *end, __u32 size)
{
	__u64 cost = (__u64)size + MESSAGE_COST;

	if (cost > end->credit) {
		if (cost > end->grant ||
		    glance(struct sock, end->peer_sk, sk_backlog.rmem_alloc.counter))
			return false;
		end->credit = end->grant;
	}
	end->credit -= (__u32)cost;
	return true;
}

/*
 * Of a reader that waits for edges TCP must not take over while redirected bytes are unread: see goes_on(). To that one the rest of the
 * burst is redirected, too, as far as the budget goes, and that was the last.
 */
static __always_inline bool is_edged(struct accel_end *end)
{
	if (!end->is_edged)
		end->is_edged = !!(accel_epoll_events(end->peer_sk) & EPOLLET);
	return end->is_edged;
}

/*
 * Whether the budget of the reader's cgroup is used up. Its last part is kept for readers that wait for edges and have something to
 * read: to these TCP cannot go back.
 */
static __always_inline bool is_spent(const struct accel_control *c, struct accel_end *end,
				     __u64 bytes)
{
	__s64 used = charge(end, bytes);

	if (used <= (__s64)(c->budget - c->budget / EDGE_SHARE))
		return false;
	return used > (__s64)c->budget || !bytes || !is_edged(end);
}

/* Whether so little memory is left that TCP has to take over, which readers that wait for edges are spared as long as can be. */
static __always_inline bool is_memory_short(__s64 left, struct accel_end *end, __s64 bytes)
{
	return left < 0 && (left < -EDGE_BYTES || !bytes || !is_edged(end));
}

/* Whether there is room for another message; for the first there is but where memory is short. */
__noinline __u32 accel_room(struct accel_control *c, struct accel_end *end, __u32 size)
{
	__s64 bytes, limit, left;

	if (!c || !end)
		return ACCEL_REASON_FULL;
	if (take_credit(end, size))
		return ACCEL_REASON_NONE;
	bytes = backlog(end);
	limit = (__s64)end->limit - size;
	if (bytes > (__s64)end->backlog_max)
		note_peak(end, (__u64)bytes);
	if (bytes && bytes > limit && !is_edged(end))
		return ACCEL_REASON_LIMIT;
	left = memory_left((void *)(unsigned long)end->peer_sk) - ((__s64)size + MESSAGE_COST);
	if (is_memory_short(left, end, bytes))
		return ACCEL_REASON_MEMORY;
	if (bytes > (__s64)end->charged + CHARGE_STEP ||
	    bytes + CHARGE_STEP < (__s64)end->charged) {
		if (is_spent(c, end, (__u64)bytes))
			return ACCEL_REASON_BUDGET;
		wake_janitor(CHARGED_NS);
	}
	limit -= bytes + MESSAGE_COST;
	left = left > 0 ? (__s64)((__u64)left / MEMORY_SHARE) : 0;
	give_credit(end, limit < left ? limit : left);
	return ACCEL_REASON_NONE;
}

#endif
