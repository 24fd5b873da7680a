/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as sockets: read or refused with a place; what was read is found by its own addresses, and printed as what is read again. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "source/sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_again(const struct socks *all, const struct sock *s)
{
	const struct bpf_sock *v = &s->view;
	bool is_v4 = v->family == AF_INET;
	struct sock_query q = {
		.protocol = (u8)v->protocol,
		.family = (u8)v->family,
		.local = is_v4 ? (const void *)&v->src_ip4 : v->src_ip6,
		.remote = is_v4 ? (const void *)&v->dst_ip4 : v->dst_ip6,
		.local_port = htons((u16)v->src_port),
		.remote_port = v->dst_port,
		.ifindex = v->bound_dev_if,
	};
	bool is_closed = v->state == BPF_TCP_CLOSE && v->protocol == 6;

	if (!is_closed && !sock_find(all, &q))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct diag d;
	struct socks socks = { .arena = &arena };

	arena_init(&arena);
	diag_init(&d, &arena);
	if (sockets_parse(&socks, (const char *)data, size, &d) && !d.items.n)
		abort();
	for (u32 i = 0; i < socks.all.n && i < 64; i++) {
		const struct sock *s = &socks.all.at[i];
		struct buf text = { 0 };
		u32 index;

		find_again(&socks, s);
		if (sock_at(&socks, (u64)(uintptr_t)&s->tcp) != s)
			abort();
		sock_print(s, &text);
		if (sockets_parse_one(&socks, buf_str(&text), text.len, &d, &index))
			abort();
		buf_done(&text);
	}
	arena_done(&arena);
	return 0;
}
