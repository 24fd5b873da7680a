/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both ends on this host, wherever they are: in namespaces with links between them, behind a bridge, behind a translated address. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/net.h"
#include "accel/nft.h"
#include "accel/pair.h"
#include "accel/peer.h"

enum { TOPOLOGY_PORT = 7100, TOPOLOGY_TRIES = 6, TOPOLOGY_ROUNDS = 100 };

struct place {
	const char *link, *address; /* of its own */
	u8 bits;
	const char *target; /* address that the client connects to */
	u64 seed;
	const char *translated; /* the target is, to this address */
};

static void settle(struct test *t, struct peer *peer, const struct place *place)
{
	peer_wait(AT, peer); /* the link is there */
	net_address(AT, place->link, place->address, place->bits);
	net_up(AT, place->link);
	if (place->translated) {
		net_route(AT, "10.99.0.0", 24, place->translated);
		nft_translate(AT, place->target, TOPOLOGY_PORT, place->translated, TOPOLOGY_PORT);
	}
	peer_tell(AT, peer);
	peer_wait(AT, peer); /* the other side's, too */
}

/* The first connections teach accel that the service is on this host, so the client tries again. */
static void serve(struct test *t, struct peer *peer, void *arg)
{
	const struct place *place = arg;
	struct side s = { .fd = -1 };
	int listener;
	u8 more;

	settle(t, peer, place);
	listener = pair_listen(AT, place->address, TOPOLOGY_PORT, NULL);
	peer_tell(AT, peer);
	for (u64 i = 0; i < TOPOLOGY_TRIES; i++) {
		s.fd = OK(accept(listener, NULL, NULL));
		s.in = (struct stream){ .seed = place->seed + i };
		s.out = (struct stream){ .seed = place->seed + 100 + i };
		for (int n = 0; n < TOPOLOGY_ROUNDS; n++) {
			side_get(AT, &s, 1000);
			side_put(AT, &s, 1000);
		}
		side_put(AT, &s, 100000);
		CHECK_EQ(recv(s.fd, &more, 1, 0), 1); /* whether it goes on */
		side_close(&s);
		if (!more)
			return;
	}
}

static void visit(struct test *t, struct peer *peer, void *arg)
{
	const struct place *place = arg;
	struct side s = { .fd = -1 };
	bool more = true;
	char text[128] = "";

	settle(t, peer, place);
	net_wait_for_route(AT, place->target);
	for (u64 i = 0; i < TOPOLOGY_TRIES && more; i++) {
		u64 before = t->control->mode == CONTROL_NAIVE ? side_redirected(AT, &s) : 0;
		u8 byte;

		s.fd = pair_connect(AT, place->target, TOPOLOGY_PORT, 0, NULL);
		s.out = (struct stream){ .seed = place->seed + i };
		s.in = (struct stream){ .seed = place->seed + 100 + i };
		for (int n = 0; n < TOPOLOGY_ROUNDS; n++) {
			side_put(AT, &s, 1000);
			side_get(AT, &s, 1000);
		}
		side_get(AT, &s, 100000);
		more = t->control->mode != CONTROL_PLAIN && side_redirected(AT, &s) <= before;
		control_explain(t->control, s.fd, text, sizeof(text));
		byte = more && i + 1 < TOPOLOGY_TRIES;
		CHECK_EQ(send(s.fd, &byte, 1, MSG_NOSIGNAL), 1);
		side_close(&s);
	}
	if (more)
		FAIL("it is not redirected: %s", text);
}

static void tell_both(struct at at, struct peer *a, struct peer *b)
{
	peer_tell(at, a);
	peer_tell(at, b);
}

static void wait_for_both(struct at at, struct peer *a, struct peer *b)
{
	peer_wait(at, a);
	peer_wait(at, b);
}

static void start_both(struct test *t, struct peer peer[2], struct place place[2])
{
	peer_start(AT, &peer[0], PEER_NETNS, serve, &place[0]);
	peer_start(AT, &peer[1], PEER_NETNS, visit, &place[1]);
}

/* Links are there; addresses are given, then the server listens, then the client comes. */
static void let_them_talk(struct at at, struct peer peer[2])
{
	tell_both(at, &peer[0], &peer[1]);
	wait_for_both(at, &peer[0], &peer[1]);
	peer_tell(at, &peer[0]);
	peer_wait(at, &peer[0]);
	peer_tell(at, &peer[1]);
}

static void join_both(struct at at, struct peer peer[2])
{
	peer_join(at, &peer[1]);
	peer_join(at, &peer[0]);
}

CASE(topology_veth_v4)
{
	struct place place[2] = { { "inside", "10.1.0.1", 24, NULL, 10, NULL },
				  { "inside", "10.1.0.2", 24, "10.1.0.1", 10, NULL } };
	struct peer peer[2];

	start_both(t, peer, place);
	net_veth(AT, "inside", peer[0].pid, "inside", peer[1].pid);
	let_them_talk(AT, peer);
	join_both(AT, peer);
}

CASE(topology_veth_v6)
{
	struct place place[2] = { { "inside", "fd00:1::1", 64, NULL, 10, NULL },
				  { "inside", "fd00:1::2", 64, "fd00:1::1", 10, NULL } };
	struct peer peer[2];

	start_both(t, peer, place);
	net_veth(AT, "inside", peer[0].pid, "inside", peer[1].pid);
	let_them_talk(AT, peer);
	join_both(AT, peer);
}

/* Four namespaces, two pairs, the same addresses and ports. */
CASE(topology_veth_pairs_with_same_addresses, .naive = NAIVE_EITHER)
{
	struct place first[2] = { { "inside", "10.1.0.1", 24, NULL, 10, NULL },
				  { "inside", "10.1.0.2", 24, "10.1.0.1", 10, NULL } };
	struct place second[2] = { { "inside", "10.1.0.1", 24, NULL, 5000, NULL },
				   { "inside", "10.1.0.2", 24, "10.1.0.1", 5000, NULL } };
	struct peer a[2], b[2];

	start_both(t, a, first);
	start_both(t, b, second);
	net_veth(AT, "inside", a[0].pid, "inside", a[1].pid);
	net_veth(AT, "inside", b[0].pid, "inside", b[1].pid);
	let_them_talk(AT, a);
	let_them_talk(AT, b);
	join_both(AT, a);
	join_both(AT, b);
}

static void be_a_bridge(struct test *t, struct peer *peer, void *arg)
{
	(void)arg;
	net_bridge(AT, "bridge");
	peer_tell(AT, peer);
	peer_wait(AT, peer); /* the ports are there */
	for (int i = 0; i < 2; i++) {
		const char *port = i ? "port1" : "port0";

		net_join(AT, port, "bridge");
		net_up(AT, port);
	}
	peer_tell(AT, peer);
	peer_wait(AT, peer);
}

CASE(topology_bridge)
{
	struct place place[2] = { { "inside", "10.2.0.1", 24, NULL, 10, NULL },
				  { "inside", "10.2.0.2", 24, "10.2.0.1", 10, NULL } };
	struct peer peer[2], bridge;

	peer_start(AT, &bridge, PEER_NETNS, be_a_bridge, NULL);
	start_both(t, peer, place);
	peer_wait(AT, &bridge);
	net_veth(AT, "inside", peer[0].pid, "port0", bridge.pid);
	net_veth(AT, "inside", peer[1].pid, "port1", bridge.pid);
	peer_tell(AT, &bridge);
	peer_wait(AT, &bridge);
	let_them_talk(AT, peer);
	join_both(AT, peer);
	peer_tell(AT, &bridge);
	peer_join(AT, &bridge);
}

/* The client knows the service by an address that netfilter translates, as of a service in a cluster. */
CASE(topology_dnat, .naive = NAIVE_FAILS)
{
	struct place place[2] = { { "inside", "10.3.0.1", 24, NULL, 10, NULL },
				  { "inside", "10.3.0.2", 24, "10.99.0.1", 10, "10.3.0.1" } };
	struct peer peer[2];

	start_both(t, peer, place);
	net_veth(AT, "inside", peer[0].pid, "inside", peer[1].pid);
	let_them_talk(AT, peer);
	join_both(AT, peer);
}

static void talk_by_own_address(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	(void)peer;
	(void)arg;
	net_address(AT, "lo", "10.4.0.1", 32);
	pair_open(AT, &p, &(struct pair_how){ .address = "10.4.0.1" });
	pair_ping_pong(AT, &p, 100, 1000);
	pair_close(&p);
	net_address(AT, "lo", "fd00:4::1", 128);
	net_wait_for_route(AT, "fd00:4::1");
	pair_open(AT, &p, &(struct pair_how){ .address = "fd00:4::1", .listen = "::" });
	pair_ping_pong(AT, &p, 100, 1000);
	pair_close(&p);
}

CASE(topology_own_address)
{
	struct peer peer;

	peer_start(AT, &peer, PEER_NETNS, talk_by_own_address, NULL);
	peer_join(AT, &peer);
}
