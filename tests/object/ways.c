// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Global functions as deep as calls may go, with more ways down than could be gone one by one, and the packet moved at the bottom.
 * A kernel that accepts it goes them all, to add up stacks: it is for our verifier alone.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FOUR(x) x, x, x, x
#define MANY(x) FOUR(FOUR(x)), FOUR(FOUR(x))
#define GLOBAL(name, below)                                                                        \
	__attribute__((noinline)) int name(struct xdp_md *x)                                       \
	{                                                                                          \
		int n = 0;                                                                         \
                                                                                                   \
		MANY(n += below(x));                                                               \
		return n;                                                                          \
	}

__attribute__((noinline)) int moves(struct xdp_md *x)
{
	return bpf_xdp_adjust_head(x, 4);
}

GLOBAL(sixth, moves)
GLOBAL(fifth, sixth)
GLOBAL(fourth, fifth)
GLOBAL(third, fourth)
GLOBAL(second, third)
GLOBAL(first, second)

SEC("xdp") int uninitialized__packet_after_many_ways_down(struct xdp_md *x)
{
	char *data = (char *)(long)x->data;

	if (data + 1 > (char *)(long)x->data_end)
		return 0;
	first(x);
	return *data;
}

char _license[] SEC("license") = "GPL";
