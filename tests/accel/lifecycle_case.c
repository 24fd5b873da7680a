/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turning it on and off, at whatever moment, under whatever traffic: nobody's bytes may suffer, and nothing may be left. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/cgroup.h"
#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"
#include "accel/residue.h"

enum { LIFECYCLE_STREAMS = 3 };

CASE(lifecycle_on_twice, .alone = true, .only_skep = true)
{
	struct pair p;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	CHECK(control_on(t->control, NULL, (char[200]){ 0 }, 200));
	pair_ping_pong(AT, &p, 20, 100);
	pair_close(&p);
	pair_open(AT, &p, NULL);
	pair_close(&p);
	control_turn_off(AT);
	residue_expect_none(AT);
}

CASE(lifecycle_off_without_on, .alone = true, .only_skep = true)
{
	control_expect(AT, "off", 1);
	control_expect(AT, "pause", 1);
	control_expect(AT, "resume", 1);
	control_expect(AT, "off --no-such-option", 2);
	residue_expect_none(AT);
}

CASE(lifecycle_status, .alone = true, .only_skep = true)
{
	char output[8192];
	struct pair p;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	CHECK_EQ(control_skep(t->control, "status -f json", output, sizeof(output)), 0);
	CHECK(output[0] == '{');
	CHECK(strstr(output, "\"paired\""));
	CHECK(strstr(output, t->control->in));
	CHECK_EQ(control_skep(t->control, "status -c", output, sizeof(output)), 0);
	CHECK(strstr(output, "127.0.0.1"));
	pair_close(&p);
	control_turn_off(AT);
}

CASE(lifecycle_on_off_20_times, .alone = true, .seconds = 60, .only_skep = true)
{
	for (int i = 0; i < 20; i++) {
		control_turn_on(AT);
		control_turn_off(AT);
	}
	residue_expect_none(AT);
}

CASE(lifecycle_paused, .alone = true, .plain_skips = true, .only_skep = true)
{
	struct pair old, during;

	control_turn_on(AT);
	pair_open(AT, &old, NULL);
	control_pause(AT);
	pair_open(AT, &during, &(struct pair_how){ .cold = true });
	pair_ping_pong(AT, &during, 20, 100);
	CHECK_EQ(side_redirected(AT, &during.client), 0);
	control_expect(AT, "pause", 0);
	control_resume(AT);
	pair_warm(AT, &old);
	pair_ping_pong(AT, &during, 20, 100);
	pair_close(&old);
	pair_close(&during);
	pair_open(AT, &old, NULL);
	pair_close(&old);
	control_turn_off(AT);
}

struct streaming {
	struct test *t;
	struct side *side;
	size_t chunk;
	const int *stop;
	u64 bytes;
};

static void *send_until_stopped(void *arg)
{
	struct streaming *s = arg;
	struct test *t = s->t;

	while (!__atomic_load_n(s->stop, __ATOMIC_ACQUIRE)) {
		side_put_in(AT, s->side, s->chunk * 7, s->chunk);
		s->bytes += s->chunk * 7;
	}
	OK(shutdown(s->side->fd, SHUT_WR));
	return NULL;
}

static void *receive_until_end(void *arg)
{
	struct streaming *s = arg;
	struct test *t = s->t;
	static const size_t buffer = 65536;
	u8 bytes[65536];
	ssize_t n;

	for (;;) {
		n = recv(s->side->fd, bytes, buffer, 0);
		if (n < 0 && errno == EAGAIN) {
			side_poll(AT, s->side, POLLIN, 1000);
			continue;
		}
		if (OK(n) == 0)
			return NULL;
		stream_check(AT, &s->side->in, bytes, (size_t)n);
		s->bytes += (u64)n;
	}
}

/* Streams that run while something is done again and again; every byte has to arrive. */
static void disturb_streams(struct test *t, unsigned times, void (*disturb)(struct test *t))
{
	static const size_t chunks[LIFECYCLE_STREAMS] = { 300, 16384, 200000 };
	struct pair p[LIFECYCLE_STREAMS];
	struct streaming out[LIFECYCLE_STREAMS], in[LIFECYCLE_STREAMS];
	pthread_t writers[LIFECYCLE_STREAMS], readers[LIFECYCLE_STREAMS];
	int stop = 0;

	for (int i = 0; i < LIFECYCLE_STREAMS; i++) {
		pair_open(AT, &p[i], &(struct pair_how){ .nonblocking = true });
		out[i] = (struct streaming){ t, &p[i].client, chunks[i], &stop, 0 };
		in[i] = (struct streaming){ t, &p[i].server, 0, NULL, 0 };
	}
	for (int i = 0; i < LIFECYCLE_STREAMS; i++) {
		readers[i] = thread_start(AT, receive_until_end, &in[i]);
		writers[i] = thread_start(AT, send_until_stopped, &out[i]);
	}
	for (unsigned i = 0; i < times; i++) {
		test_sleep(10);
		disturb(t);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < LIFECYCLE_STREAMS; i++) {
		thread_join(AT, writers[i]);
		thread_join(AT, readers[i]);
		CHECK_EQ(in[i].bytes, out[i].bytes);
		side_put(AT, &p[i].server, 1000);
		side_get(AT, &p[i].client, 1000);
		pair_close(&p[i]);
	}
}

static void off_and_on(struct test *t)
{
	control_turn_off(AT);
	test_sleep(10);
	control_turn_on(AT);
}

CASE(lifecycle_off_on_under_streams, .alone = true, .naive = NAIVE_FAILS, .seconds = 30)
{
	control_turn_on(AT);
	disturb_streams(t, 5, off_and_on);
	control_turn_off(AT);
}

static void pause_and_resume(struct test *t)
{
	control_pause(AT);
	test_sleep(3);
	control_resume(AT);
}

CASE(lifecycle_pause_resume_under_streams, .naive = NAIVE_FAILS, .seconds = 30)
{
	disturb_streams(t, 50, pause_and_resume);
}

/* Connections that come and go meanwhile. */
static void *connect_until_stopped(void *arg)
{
	struct streaming *s = arg;
	struct test *t = s->t;
	struct pair p;

	p.listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	while (!__atomic_load_n(s->stop, __ATOMIC_ACQUIRE)) {
		pair_again(AT, &p, &(struct pair_how){ .cold = true, .nonblocking = true });
		pair_ping_pong(AT, &p, 20, 100);
		side_close(&p.client);
		side_eof(AT, &p.server);
		side_close(&p.server);
	}
	close(p.listener);
	return NULL;
}

CASE(lifecycle_off_on_under_connections, .alone = true, .naive = NAIVE_EITHER, .seconds = 30)
{
	int stop = 0;
	struct streaming s = { .t = t, .stop = &stop };
	pthread_t thread;

	control_turn_on(AT);
	thread = thread_start(AT, connect_until_stopped, &s);
	for (int i = 0; i < 5; i++) {
		test_sleep(20);
		off_and_on(t);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	thread_join(AT, thread);
	control_turn_off(AT);
}

static void wait_for_bytes(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	side_close(&p->client);
	peer_tell(AT, peer);
	side_get(AT, &p->server, 1000);
	side_put(AT, &p->server, 1000);
}

/* Somebody sleeps in recv() all the time. */
CASE(lifecycle_off_with_a_blocked_reader, .alone = true)
{
	struct pair p;
	struct peer peer;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	peer_start(AT, &peer, 0, wait_for_bytes, &p);
	side_close(&p.server);
	peer_wait(AT, &peer);
	test_sleep(50);
	control_turn_off(AT);
	side_put(AT, &p.client, 1000);
	side_get(AT, &p.client, 1000);
	peer_join(AT, &peer);
	pair_close(&p);
}

/* What nobody has read is not thrown away: `off` says that it is not done, and goes on later. */
CASE(lifecycle_off_with_unread_bytes, .alone = true, .naive = NAIVE_FAILS)
{
	struct pair p;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	side_put(AT, &p.client, 10000);
	if (t->control->mode == CONTROL_SKEP)
		control_expect(AT, "off --timeout 1", 1);
	else
		control_turn_off(AT);
	side_put(AT, &p.client, 100); /* by TCP already */
	side_get(AT, &p.server, 11100);
	pair_ping_pong(AT, &p, 10, 100);
	if (t->control->mode == CONTROL_SKEP) {
		control_expect(AT, "off", 0);
		residue_expect_none(AT);
	}
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
}

/* The reader wakes up to it while `off` waits. */
CASE(lifecycle_off_waits_for_reader, .alone = true, .only_skep = true)
{
	struct pair p;
	char text[200];
	pid_t pid;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 50000);
	pid = OK(fork());
	if (!pid) {
		close(p.server.fd);
		close(p.client.fd);
		_exit(control_skep(t->control, "off --timeout 8", text, sizeof(text)));
	}
	test_sleep(300);
	CHECK(control_is_on(t->control));
	side_get(AT, &p.server, 50000);
	for (int i = 0; i < 300 && control_is_on(t->control); i++)
		test_sleep(10);
	CHECK(!control_is_on(t->control));
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
}

/* An `on` after an `off` that did not come to its end finishes that first, or says that it cannot. */
CASE(lifecycle_on_after_unfinished_off, .alone = true, .only_skep = true, .seconds = 20)
{
	struct pair p;

	control_turn_on(AT);
	pair_open(AT, &p, NULL);
	side_put(AT, &p.client, 1000);
	control_expect(AT, "off --timeout 0", 1);
	CHECK(control_on(t->control, NULL, (char[300]){ 0 }, 300));
	side_get(AT, &p.server, 1000);
	control_turn_on(AT);
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
	pair_open(AT, &p, NULL);
	pair_close(&p);
	control_turn_off(AT);
	residue_expect_none(AT);
}

static void talk_until_told(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	OK(cgroup_enter(arg));
	pair_open(AT, &p, NULL);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	pair_close(&p);
}

/* Its cgroup goes away, programs and all. */
CASE(lifecycle_cgroup_removed, .alone = true, .only_skep = true)
{
	char folder[400], args[500], output[4000];
	struct peer peer;

	snprintf(folder, sizeof(folder), "%s/short", t->control->in);
	OK(mkdir(folder, 0755));
	snprintf(args, sizeof(args), "on --cgroup %s", folder);
	control_expect(AT, args, 0);
	peer_start(AT, &peer, 0, talk_until_told, folder);
	peer_wait(AT, &peer);
	peer_tell(AT, &peer);
	peer_join(AT, &peer);
	OK(rmdir(folder));
	control_expect(AT, "status", 0);
	CHECK_EQ(control_skep(t->control, "status -f json", output, sizeof(output)), 0);
	control_turn_off(AT);
	residue_expect_none(AT);
}

/* Connections of a cgroup that goes away while their sockets live on elsewhere. */
static void outlive(struct test *t, struct peer *peer, void *arg)
{
	struct pair p;

	OK(cgroup_enter(arg));
	pair_open(AT, &p, NULL);
	OK(cgroup_enter(t->control->out));
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	pair_ping_pong(AT, &p, 20, 1000);
	peer_tell(AT, peer);
	peer_wait(AT, peer);
	pair_ping_pong(AT, &p, 20, 1000);
	pair_close(&p);
}

CASE(lifecycle_cgroup_removed_under_connection, .alone = true, .only_skep = true)
{
	char folder[400], args[500];
	struct peer peer;

	snprintf(folder, sizeof(folder), "%s/short", t->control->in);
	OK(mkdir(folder, 0755));
	snprintf(args, sizeof(args), "on --cgroup %s", folder);
	control_expect(AT, args, 0);
	peer_start(AT, &peer, 0, outlive, folder);
	peer_wait(AT, &peer);
	OK(rmdir(folder));
	peer_tell(AT, &peer);
	peer_wait(AT, &peer);
	control_turn_off(AT);
	residue_expect_none(AT);
	peer_tell(AT, &peer);
	peer_join(AT, &peer);
}

static void serve_outside(struct test *t, struct peer *peer, void *arg)
{
	struct side s = { .in.seed = 8, .out.seed = 9 };
	int listener = pair_listen(AT, "127.0.0.1", 0, NULL);

	(void)arg;
	peer_send(AT, peer, address_port(AT, listener));
	for (int n = 0; n < 3; n++) {
		s.fd = OK(accept(listener, NULL, NULL));
		s.in.at = s.out.at = 0;
		for (int i = 0; i < 50; i++) {
			side_get(AT, &s, 100);
			side_put(AT, &s, 100);
		}
		side_eof(AT, &s);
		side_close(&s);
	}
}

/* A peer outside of the cgroup: TCP, and the map, where it costs, is left soon. */
CASE(lifecycle_peer_outside)
{
	struct side s;
	struct peer peer;
	struct accel_end end;
	u16 port;

	peer_start(AT, &peer, PEER_OUTSIDE, serve_outside, NULL);
	port = (u16)peer_receive(AT, &peer);
	for (int n = 0; n < 3; n++) {
		s.fd = pair_connect(AT, "127.0.0.1", port, 0, NULL);
		s.out = (struct stream){ .seed = 8 };
		s.in = (struct stream){ .seed = 9 };
		for (int i = 0; i < 50; i++) {
			if (i == 25 && t->control->mode == CONTROL_SKEP) {
				test_sleep(300 * t->scale);
				CHECK(!control_end(s.fd, &end));
			}
			side_put(AT, &s, 100);
			side_get(AT, &s, 100);
		}
		side_close(&s);
	}
	peer_join(AT, &peer);
}

/* A connection that is there already when it is turned on stays as it is. */
CASE(lifecycle_older_connection, .alone = true)
{
	struct pair p;

	pair_open(AT, &p, &(struct pair_how){ .cold = true });
	pair_ping_pong(AT, &p, 10, 100);
	side_put(AT, &p.client, 100);
	control_turn_on(AT);
	side_put(AT, &p.client, 100);
	side_get(AT, &p.server, 200);
	pair_ping_pong(AT, &p, 10, 100);
	if (t->control->mode == CONTROL_SKEP)
		CHECK_EQ(side_redirected(AT, &p.client), 0);
	control_turn_off(AT);
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
}
