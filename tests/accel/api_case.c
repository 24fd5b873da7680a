/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, flags and questions that sockets have. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/tcp.h>

#include <bpf/bpf.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

CASE(api_peek)
{
	struct pair p;
	u8 bytes[3000];

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 20; i++) {
		side_put(AT, &p.client, 1000);
		side_put(AT, &p.client, 2000);
		for (int n = 0; n < 3; n++) {
			struct stream copy = p.server.in;

			CHECK_EQ(recv(p.server.fd, bytes, 500, MSG_PEEK), 500);
			stream_check(AT, &copy, bytes, 500);
		}
		side_get(AT, &p.server, 3000);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

/* All of it is there: in one message and in several. */
CASE(api_peek_waitall)
{
	struct pair p;
	struct stream copy;
	u8 bytes[3000];

	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 3000);
	copy = p.server.in;
	CHECK_EQ(recv(p.server.fd, bytes, 3000, MSG_PEEK | MSG_WAITALL), 3000);
	stream_check(AT, &copy, bytes, 3000);
	side_put(AT, &p.client, 1000);
	copy = p.server.in;
	CHECK_EQ(recv(p.server.fd, bytes, 3000, MSG_PEEK | MSG_WAITALL), 3000);
	stream_check(AT, &copy, bytes, 3000);
	side_get(AT, &p.server, 4000);
	side_put_in(AT, &p.client, 3000, 300);
	copy = p.server.in;
	CHECK_EQ(recv(p.server.fd, bytes, 3000, MSG_PEEK | MSG_WAITALL), 3000);
	stream_check(AT, &copy, bytes, 3000);
	side_get(AT, &p.server, 3000);
	pair_close(&p);
}

/* A part came by the one way and a part by the other. */
CASE(api_peek_across_ways)
{
	struct pair p;
	u8 bytes[3000];

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 5; i++) {
		struct stream copy = p.server.in;
		ssize_t n;

		side_put(AT, &p.client, 1000);
		control_pause(AT);
		side_put(AT, &p.client, 2000);
		n = OK(recv(p.server.fd, bytes, 3000, MSG_PEEK));
		stream_check(AT, &copy, bytes, (size_t)n);
		control_resume(AT);
		side_get(AT, &p.server, 1000);
		copy = p.server.in;
		n = OK(recv(p.server.fd, bytes, 3000, MSG_PEEK));
		stream_check(AT, &copy, bytes, (size_t)n);
		side_get(AT, &p.server, 2000);
		pair_ping_pong(AT, &p, 3, 10);
	}
	pair_close(&p);
}

static void set_timeout(struct at at, const struct side *s, int option, unsigned ms)
{
	struct timeval v = { ms / 1000, (long)(ms % 1000) * 1000 };

	OK_AT(at, setsockopt(s->fd, SOL_SOCKET, option, &v, sizeof(v)));
}

CASE(api_receive_timeout)
{
	struct pair p;
	u64 start, took;
	u8 byte;

	pair_open(AT, &p, NULL);
	set_timeout(AT, &p.server, SO_RCVTIMEO, 200);
	start = test_ms();
	CHECK_ERRNO(recv(p.server.fd, &byte, 1, 0), EAGAIN);
	took = test_ms() - start;
	if (took < 180 || took > 1500 * t->scale)
		FAIL("it took %llu ms", (unsigned long long)took);
	pair_ping_pong(AT, &p, 10, 10);
	pair_close(&p);
}

CASE(api_send_timeout, .naive = NAIVE_FAILS, .options = "--limit 1M")
{
	struct pair p;
	u8 bytes[16384];
	u64 total = 0;
	ssize_t n;

	pair_open(AT, &p, NULL);
	set_timeout(AT, &p.client, SO_SNDTIMEO, 200);
	do {
		struct stream next = p.client.out;

		stream_fill(&next, bytes, sizeof(bytes));
		n = send(p.client.fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		if (n > 0) {
			p.client.out.at += (u64)n;
			total += (u64)n;
		}
	} while (n > 0 && total < 100 << 20);
	CHECK_ERRNO(n, EAGAIN);
	side_get(AT, &p.server, total);
	pair_ping_pong(AT, &p, 10, 10);
	pair_close(&p);
}

static int waiting_in(struct at at, const struct side *s)
{
	int n = -1;

	OK_AT(at, ioctl(s->fd, FIONREAD, &n));
	return n;
}

/* What a kernel does not count, status is to tell. */
static bool knows_fionread(const struct test *t)
{
	struct accel_control control;
	int fd = t->control->mode == CONTROL_SKEP ? control_map("control") : -1;
	u32 zero = 0;
	bool knows = fd < 0 || bpf_map_lookup_elem(fd, &zero, &control) ||
		     !(control.notes & ACCEL_NOTE_FIONREAD);

	if (fd >= 0)
		close(fd);
	return knows;
}

CASE(api_fionread, .naive = NAIVE_EITHER)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	if (!knows_fionread(t))
		SKIP("this kernel does not count redirected bytes, and skep says so");
	CHECK_EQ(waiting_in(AT, &p.server), 0);
	side_put(AT, &p.client, 1000);
	CHECK_EQ(waiting_in(AT, &p.server), 1000);
	side_put(AT, &p.client, 500);
	side_get(AT, &p.server, 200);
	CHECK_EQ(waiting_in(AT, &p.server), 1300);
	side_get(AT, &p.server, 1300);
	CHECK_EQ(waiting_in(AT, &p.server), 0);
	pair_close(&p);
}

CASE(api_siocoutq)
{
	struct pair p;
	int n = -1;

	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	side_get(AT, &p.server, 1000);
	for (int i = 0; i < 100; i++) {
		OK(ioctl(p.client.fd, SIOCOUTQ, &n));
		if (!n)
			break;
		test_sleep(5);
	}
	CHECK_EQ(n, 0);
	pair_close(&p);
}

static struct tcp_info tcp_info_of(struct at at, const struct side *s)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	memset(&info, 0, sizeof(info));
	OK_AT(at, getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &size));
	return info;
}

CASE(api_tcp_info_state)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	CHECK_EQ(tcp_info_of(AT, &p.client).tcpi_state, 1 /* TCP_ESTABLISHED */);
	pair_ping_pong(AT, &p, 10, 1000);
	CHECK_EQ(tcp_info_of(AT, &p.server).tcpi_state, 1);
	OK(shutdown(p.client.fd, SHUT_WR));
	side_eof(AT, &p.server);
	CHECK_EQ(tcp_info_of(AT, &p.server).tcpi_state, 8 /* TCP_CLOSE_WAIT */);
	pair_close(&p);
}

/* TCP counts what TCP carries. */
CASE(api_tcp_info_counts_no_redirected_bytes, .plain_differs = true)
{
	struct pair p;
	u64 before;

	pair_open(AT, &p, NULL);
	before = tcp_info_of(AT, &p.client).tcpi_bytes_acked;
	pair_ping_pong(AT, &p, 10, 1000);
	CHECK_EQ(tcp_info_of(AT, &p.client).tcpi_bytes_acked, before);
	pair_close(&p);
}

static int signals; /* counted by a handler, which gets no argument */

static void on_signal(int number)
{
	(void)number;
	signals++;
}

/* An urgent byte is one like the others, and nobody is told of it. */
CASE(api_out_of_band_comes_in_line, .plain_differs = true)
{
	struct pair p;
	struct sigaction action = { .sa_handler = on_signal };
	char bytes[8] = "";

	OK(sigaction(SIGURG, &action, NULL));
	pair_open(AT, &p, &(struct pair_how){ .nonblocking = true });
	OK(fcntl(p.server.fd, F_SETOWN, getpid()));
	CHECK_EQ(send(p.client.fd, "ab", 2, MSG_NOSIGNAL), 2);
	CHECK_EQ(send(p.client.fd, "!", 1, MSG_NOSIGNAL | MSG_OOB), 1);
	CHECK_EQ(send(p.client.fd, "cd", 2, MSG_NOSIGNAL), 2);
	for (size_t n = 0; n < 5 && side_poll(AT, &p.server, POLLIN, 500);)
		n += (size_t)OK(recv(p.server.fd, bytes + n, 5 - n, 0));
	CHECK(!strcmp(bytes, "ab!cd"));
	CHECK_EQ(signals, 0);
	pair_close(&p);
}

CASE(api_msg_trunc)
{
	struct pair p;
	u8 bytes[1000];

	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	CHECK_EQ(recv(p.server.fd, bytes, 400, MSG_TRUNC), 400);
	p.server.in.at += 400;
	side_get(AT, &p.server, 600);
	pair_ping_pong(AT, &p, 5, 10);
	pair_close(&p);
}

/* With MSG_TRUNC TCP throws bytes away; redirected ones are copied all the same, so there has to be a buffer. */
CASE(api_msg_trunc_needs_a_buffer, .plain_differs = true)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	CHECK_ERRNO(recv(p.server.fd, NULL, 400, MSG_TRUNC), EFAULT);
	side_get(AT, &p.server, 1000);
	pair_close(&p);
}

CASE(api_dontwait)
{
	struct pair p;
	u8 byte;

	pair_open(AT, &p, NULL);
	for (int i = 0; i < 20; i++) {
		CHECK_ERRNO(recv(p.server.fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
		side_put(AT, &p.client, 100);
		CHECK_EQ(side_get_there(AT, &p.server), 100);
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(api_names)
{
	struct pair p;
	struct sockaddr_in peer, own;
	socklen_t size = sizeof(peer);

	pair_open(AT, &p, NULL);
	OK(getpeername(p.client.fd, (struct sockaddr *)&peer, &size));
	OK(getsockname(p.server.fd, (struct sockaddr *)&own, &size));
	CHECK_EQ(peer.sin_port, own.sin_port);
	CHECK_EQ(ntohs(peer.sin_port), address_port(AT, p.listener));
	OK(getpeername(p.server.fd, (struct sockaddr *)&peer, &size));
	OK(getsockname(p.client.fd, (struct sockaddr *)&own, &size));
	CHECK_EQ(peer.sin_port, own.sin_port);
	CHECK_EQ(peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	pair_close(&p);
}

CASE(api_sigio)
{
	struct pair p;
	struct sigaction action = { .sa_handler = on_signal };

	OK(sigaction(SIGIO, &action, NULL));
	pair_open(AT, &p, &(struct pair_how){ .nonblocking = true });
	OK(fcntl(p.server.fd, F_SETOWN, getpid()));
	OK(fcntl(p.server.fd, F_SETFL, O_ASYNC | O_NONBLOCK));
	for (int i = 1; i <= 20; i++) {
		side_put(AT, &p.client, 100);
		for (int n = 0; signals < i && n < 1000; n++)
			test_sleep(1);
		CHECK(signals >= i);
		side_get(AT, &p.server, 100);
		signals = i;
		side_put(AT, &p.server, 1);
		signals = i;
		side_get(AT, &p.client, 1);
	}
	pair_close(&p);
}

CASE(api_epoll_rdhup)
{
	struct pair p;
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP };
	int epoll = OK(epoll_create1(EPOLL_CLOEXEC));

	pair_open(AT, &p, NULL);
	OK(epoll_ctl(epoll, EPOLL_CTL_ADD, p.server.fd, &e));
	CHECK_EQ(epoll_wait(epoll, &e, 1, 0), 0);
	side_put(AT, &p.client, 100);
	CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
	CHECK_EQ(e.events, EPOLLIN);
	OK(shutdown(p.client.fd, SHUT_WR));
	for (int i = 0; i < 1000 && !(e.events & EPOLLRDHUP); i++) {
		test_sleep(1);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
	}
	CHECK_EQ(e.events, EPOLLIN | EPOLLRDHUP);
	side_get(AT, &p.server, 100);
	CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
	CHECK_EQ(e.events, EPOLLIN | EPOLLRDHUP);
	side_eof(AT, &p.server);
	pair_close(&p);
}

/* The other side's end comes with EPOLLHUP once both directions are over. */
CASE(api_poll_hup)
{
	struct pair p;
	struct pollfd poll_fd;

	pair_open(AT, &p, NULL);
	OK(shutdown(p.server.fd, SHUT_WR));
	side_close(&p.client);
	poll_fd = (struct pollfd){ p.server.fd, POLLIN, 0 };
	for (int i = 0; i < 1000 && !(poll_fd.revents & POLLHUP); i++) {
		test_sleep(1);
		OK(poll(&poll_fd, 1, 1000));
	}
	CHECK(poll_fd.revents & POLLHUP);
	CHECK(poll_fd.revents & POLLIN);
	pair_close(&p);
}

/* A small receive buffer is no reason to lose anything. */
CASE(api_small_buffers)
{
	struct pair p;

	pair_open(AT, &p, NULL);
	side_set(AT, &p.server, SOL_SOCKET, SO_RCVBUF, 4096);
	side_set(AT, &p.client, SOL_SOCKET, SO_SNDBUF, 4096);
	for (int i = 0; i < 50; i++) {
		side_put(AT, &p.client, 100 + (size_t)i);
		side_get(AT, &p.server, 100 + (size_t)i);
		side_put(AT, &p.server, 3000);
		side_get(AT, &p.client, 3000);
	}
	pair_close(&p);
}

static void keep_alive(struct at at, int fd)
{
	int one = 1;

	OK_AT(at, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)));
	OK_AT(at, setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one)));
	OK_AT(at, setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one)));
}

/* TCP sees no data for seconds and asks whether the other is alive: it is. */
CASE(api_keepalive)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .before_connect = keep_alive });
	for (int i = 0; i < 30; i++) {
		test_sleep(100);
		pair_ping_pong(AT, &p, 1, 100);
	}
	pair_close(&p);
}

static int unsent(struct test *t, const struct side *s)
{
	return side_option(AT, s, IPPROTO_TCP, TCP_NOTSENT_LOWAT);
}

static void set_unsent(struct at at, int fd)
{
	int bytes = 100000;

	OK_AT(at, setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes)));
}

/* A stream of small messages, which goes back to TCP, and so do its options. */
CASE(api_notsent_lowat)
{
	struct pair p;
	int bound = t->control->mode == CONTROL_SKEP ? 512 << 10 : 0;

	pair_open(AT, &p, NULL);
	CHECK_EQ(unsent(t, &p.client), bound);
	CHECK_EQ(unsent(t, &p.server), bound);
	for (int i = 0; i < 200; i++) {
		side_put(AT, &p.client, 64);
		side_get(AT, &p.server, 64);
	}
	pair_ping_pong(AT, &p, 50, 100);
	CHECK_EQ(unsent(t, &p.client), 0);
	CHECK_EQ(unsent(t, &p.server), 0);
	pair_close(&p);
}

static void idle(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	(void)arg;
	pair_open(AT, &p, NULL);
	CHECK_EQ(unsent(t, &p.client), 512 << 10);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	CHECK_EQ(unsent(t, &p.client), 0);
	CHECK_EQ(unsent(t, &p.server), 0);
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
}

/* Nothing is sent any more, here and in another namespace, and the program's own number stays. */
CASE(api_notsent_lowat_of_the_idle, .alone = true, .only_skep = true)
{
	struct pair p, own;
	struct peer peer;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	pair_open(AT, &own, &(struct pair_how){ .before_connect = set_unsent });
	peer_start(AT, &peer, PEER_NETNS, idle, NULL);
	peer_wait(AT, &peer);
	control_turn_off(AT);
	CHECK_EQ(unsent(t, &p.client), 0);
	CHECK_EQ(unsent(t, &p.server), 0);
	CHECK_EQ(unsent(t, &own.client), 100000);
	peer_tell(AT, &peer);
	peer_join(AT, &peer);
	pair_close(&own);
	pair_close(&p);
}

static void ask_and_wait(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	side_close(&p->server);
	side_put(AT, &p->client, 1000);
	peer_tell(AT, peer);
	side_get(AT, &p->client, 1000);
}

/* To change it wakes who sleeps on the socket, and the map's recv() would say EAGAIN: that waits until it is over. */
CASE(api_notsent_lowat_wakes_nobody, .alone = true, .only_skep = true)
{
	struct pair p, kept;
	struct peer peer;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	pair_open(AT, &kept, NULL);
	side_put(AT, &kept.client, 1000); /* `off` waits for it to be read */
	control_pause(AT);
	side_set(AT, &p.server, IPPROTO_TCP, TCP_QUICKACK, 0);
	peer_start(AT, &peer, 0, ask_and_wait, &p);
	side_close(&p.client);
	peer_wait(AT, &peer);
	control_expect(AT, "off --timeout 1", 1); /* what was sent is acknowledged meanwhile */
	side_get(AT, &p.server, 1000);
	side_put(AT, &p.server, 1000);
	peer_join(AT, &peer);
	side_get(AT, &kept.server, 1000);
	control_expect(AT, "off", 0);
	pair_close(&kept);
	pair_close(&p);
}

CASE(api_notsent_lowat_of_the_program)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .before_connect = set_unsent });
	CHECK_EQ(unsent(t, &p.client), 100000);
	pair_close(&p);
}
