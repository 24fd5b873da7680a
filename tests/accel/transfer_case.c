/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that do not come from or go to a buffer of the program, and protocols above and beside TCP. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

#define TRANSFER_FILE (4u << 20)
#define TRANSFER_EXCLUDED "accelsplice"

struct reader {
	struct test *t;
	struct side *side;
	size_t bytes;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;
	struct test *t = r->t;

	side_get(AT, r->side, r->bytes);
	return NULL;
}

CASE(transfer_sendfile)
{
	int fd = OK(memfd_create("file", MFD_CLOEXEC));
	struct pair p;
	struct reader r = { t, &p.server, TRANSFER_FILE };
	static u8 bytes[TRANSFER_FILE];
	pthread_t thread;
	off_t at = 0;

	pair_open(AT, &p, NULL);
	stream_fill(&p.client.out, bytes, sizeof(bytes));
	CHECK_EQ(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	thread = thread_start(AT, read_all, &r);
	while (at < (off_t)sizeof(bytes))
		CHECK(OK(sendfile(p.client.fd, fd, &at, 300000)) > 0);
	thread_join(AT, thread);
	pair_ping_pong(AT, &p, 10, 100);
	close(fd);
	pair_close(&p);
}

CASE(transfer_splice_from_pipe)
{
	struct pair p;
	int ends[2];
	u8 bytes[10000];

	pair_open(AT, &p, NULL);
	OK(pipe2(ends, O_CLOEXEC));
	for (int i = 0; i < 100; i++) {
		size_t left = sizeof(bytes);

		stream_fill(&p.client.out, bytes, sizeof(bytes));
		CHECK_EQ(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
		while (left)
			left -= (size_t)OK(splice(ends[0], NULL, p.client.fd, NULL, left,
						  i % 2 ? SPLICE_F_MORE : 0));
		if (i % 2) /* what SPLICE_F_MORE holds back goes with this */
			side_put(AT, &p.client, 1);
		side_get(AT, &p.server, sizeof(bytes) + (i % 2 ? 1 : 0));
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

/* The socket's bytes by way of a pipe. */
static void splice_out(struct at at, struct side *s, size_t want)
{
	int ends[2];
	u8 bytes[4096];

	OK_AT(at, pipe2(ends, O_CLOEXEC));
	while (want) {
		size_t part = want < sizeof(bytes) ? want : sizeof(bytes);
		int n;

		test_progress(at, "splicing", 0, want);
		n = OK_AT(at, splice(s->fd, NULL, ends[1], NULL, part, 0));
		CHECK_AT(at, n > 0);
		CHECK_AT(at, read(ends[0], bytes, sizeof(bytes)) == n);
		stream_check(at, &s->in, bytes, (size_t)n);
		want -= (size_t)n;
	}
	close(ends[0]);
	close(ends[1]);
}

static void splice_both_ways(struct test *t, struct pair *p)
{
	for (int i = 0; i < 20; i++) {
		side_put(AT, &p->client, 20000);
		splice_out(AT, &p->server, 20000);
		side_put(AT, &p->server, 20000);
		splice_out(AT, &p->client, 20000);
	}
	CHECK_EQ(t->control->mode == CONTROL_SKEP ? side_redirected(AT, &p->client) : 0, 0);
	CHECK_EQ(t->control->mode == CONTROL_SKEP ? side_redirected(AT, &p->server) : 0, 0);
}

/* The kernel cannot splice what was redirected, so programs that do are excluded. */
CASE(transfer_splice_to_pipe_excluded, .options = "--exclude-comm " TRANSFER_EXCLUDED,
     .naive = NAIVE_FAILS, .seconds = 3)
{
	struct pair p;

	OK(prctl(PR_SET_NAME, TRANSFER_EXCLUDED));
	pair_open(AT, &p, &(struct pair_how){ .cold = true });
	splice_both_ways(t, &p);
	pair_close(&p);
}

static void splice_as_client(struct test *t, struct peer *peer, void *arg)
{
	struct side s = { .in.seed = 5, .out.seed = 6 };

	(void)peer;
	OK(prctl(PR_SET_NAME, TRANSFER_EXCLUDED));
	s.fd = pair_connect(AT, "127.0.0.1", *(u16 *)arg, 0, NULL);
	for (int i = 0; i < 20; i++) {
		side_put(AT, &s, 100);
		splice_out(AT, &s, 20000);
	}
}

/* Only one of the two programs is. */
CASE(transfer_splice_by_excluded_client, .options = "--exclude-comm " TRANSFER_EXCLUDED,
     .naive = NAIVE_FAILS, .seconds = 3)
{
	int listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	u16 port = address_port(AT, listener);
	struct side s = { .in.seed = 6, .out.seed = 5 };
	struct peer peer;

	peer_start(AT, &peer, 0, splice_as_client, &port);
	s.fd = OK(accept(listener, NULL, NULL));
	for (int i = 0; i < 20; i++) {
		side_get(AT, &s, 100);
		side_put(AT, &s, 10000);
		side_put(AT, &s, 10000);
	}
	peer_join(AT, &peer);
	close(listener);
	side_close(&s);
}

static void splice_as_server(struct test *t, struct peer *peer, void *arg)
{
	struct side s = { .in.seed = 6, .out.seed = 5 };
	int listener;

	(void)arg;
	OK(prctl(PR_SET_NAME, TRANSFER_EXCLUDED));
	listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	peer_send(AT, peer, address_port(AT, listener));
	s.fd = OK(accept(listener, NULL, NULL));
	for (int i = 0; i < 20; i++) {
		splice_out(AT, &s, 20000);
		side_put(AT, &s, 100);
	}
}

CASE(transfer_splice_by_excluded_server, .options = "--exclude-comm " TRANSFER_EXCLUDED,
     .naive = NAIVE_FAILS, .seconds = 3)
{
	struct side s = { .in.seed = 5, .out.seed = 6 };
	struct peer peer;

	peer_start(AT, &peer, 0, splice_as_server, NULL);
	s.fd = pair_connect(AT, "127.0.0.1", (u16)peer_receive(AT, &peer), 0, NULL);
	for (int i = 0; i < 20; i++) {
		side_put(AT, &s, 10000);
		side_put(AT, &s, 10000);
		side_get(AT, &s, 100);
	}
	peer_join(AT, &peer);
	side_close(&s);
}

/* The kernel tells when it needs the buffer no more. */
static void expect_completion(struct at at, const struct side *s)
{
	u8 control[200];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n = -1;

	for (int i = 0; i < 200 && n < 0; i++) {
		m.msg_controllen = sizeof(control);
		n = recvmsg(s->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
		if (n < 0)
			test_sleep(5);
	}
	if (n < 0)
		test_fail(at, "MSG_ZEROCOPY: nobody says that the buffer is free");
	c = CMSG_FIRSTHDR(&m);
	CHECK_AT(at, c);
	CHECK_AT(at,
		 ((struct sock_extended_err *)CMSG_DATA(c))->ee_origin == SO_EE_ORIGIN_ZEROCOPY);
}

static void zerocopy_round(struct at at, struct pair *p)
{
	static u8 bytes[20000];

	stream_fill(&p->client.out, bytes, sizeof(bytes));
	CHECK_AT(at, send(p->client.fd, bytes, sizeof(bytes), MSG_ZEROCOPY | MSG_NOSIGNAL) ==
			     sizeof(bytes));
	side_get(at, &p->server, sizeof(bytes));
	expect_completion(at, &p->client);
}

static void set_zerocopy(struct at at, int fd)
{
	int one = 1;

	OK_AT(at, setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)));
}

CASE(transfer_zerocopy_before_connect, .naive = NAIVE_FAILS)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .cold = true, .before_connect = set_zerocopy });
	for (int i = 0; i < 10; i++)
		zerocopy_round(AT, &p);
	if (t->control->mode == CONTROL_SKEP)
		CHECK_EQ(side_redirected(AT, &p.client), 0);
	pair_close(&p);
}

/* Once it is accelerated the option is refused, and programs do without. */
CASE(transfer_zerocopy_after_connect, .naive = NAIVE_FAILS)
{
	struct pair p;
	int one = 1;

	pair_open(AT, &p, NULL);
	if (t->control->mode == CONTROL_SKEP) {
		CHECK_ERRNO(setsockopt(p.client.fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)),
			    EOPNOTSUPP);
		CHECK_EQ(side_option(AT, &p.client, SOL_SOCKET, SO_ZEROCOPY), 0);
	} else {
		set_zerocopy(AT, p.client.fd);
		zerocopy_round(AT, &p);
	}
	pair_ping_pong(AT, &p, 20, 1000);
	pair_close(&p);
}

/* Kernel TLS is refused like that, too. */
CASE(transfer_tls)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	if (t->control->mode == CONTROL_SKEP)
		CHECK_ERRNO(setsockopt(p.client.fd, IPPROTO_TCP, TCP_ULP, "tls", 3), ENOENT);
	pair_ping_pong(AT, &p, 20, 1000);
	pair_close(&p);
}

static int mptcp_socket(struct test *t)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	if (fd < 0)
		SKIP("no MPTCP: %s", strerror(errno));
	OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	return fd;
}

static void talk_mptcp(struct test *t, bool client_too)
{
	struct pair p;
	struct address name;

	p.listener = mptcp_socket(t);
	address_set(AT, &name, "127.0.0.1", 0);
	OK(bind(p.listener, (struct sockaddr *)&name.name, name.size));
	OK(listen(p.listener, 16));
	address_set(AT, &name, "127.0.0.1", address_port(AT, p.listener));
	for (int i = 0; i < 5; i++) {
		p.client.fd = client_too ? mptcp_socket(t) : pair_socket(AT, "127.0.0.1", 0);
		OK(connect(p.client.fd, (struct sockaddr *)&name.name, name.size));
		p.server.fd = OK(accept(p.listener, NULL, NULL));
		pair_streams(AT, &p);
		pair_ping_pong(AT, &p, 50, 3000);
		side_close(&p.client);
		side_eof(AT, &p.server);
		side_close(&p.server);
	}
	close(p.listener);
}

CASE(transfer_mptcp, .naive = NAIVE_EITHER)
{
	talk_mptcp(t, true);
}

CASE(transfer_tcp_to_mptcp, .naive = NAIVE_EITHER)
{
	talk_mptcp(t, false);
}
