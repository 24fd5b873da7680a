/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slow reader bounds what the kernel takes from a writer, and the writer finds out as with TCP. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "accel/cgroup.h"
#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

#define BACKPRESSURE_LIMIT (1ull << 20)
#define BACKPRESSURE_ON "--limit 1M"
#define BACKPRESSURE_TCP (1ull << 20) /* more than TCP takes by itself with small buffers */
#define BACKPRESSURE_MOST (64ull << 20)

/* TCP's own buffers are to be small beside the limit. */
static void small_buffers(struct at at, int fd)
{
	int bytes = 64 << 10;

	OK_AT(at, setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)));
	OK_AT(at, setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)));
}

static const struct pair_how small = { .before_listen = small_buffers,
				       .before_connect = small_buffers };

static void fill_and_drain(struct test *t, size_t chunk)
{
	struct pair p;
	u64 before, accepted;

	pair_open(AT, &p, &small);
	/* A stream of small messages leaves the map soon, and its own numbers with it. */
	before = control_messages();
	accepted = side_fill(AT, &p.client, chunk, BACKPRESSURE_MOST);
	if (t->control->mode == CONTROL_SKEP)
		CHECK(control_messages() > before);
	if (accepted > BACKPRESSURE_LIMIT + BACKPRESSURE_TCP + chunk)
		FAIL("%llu bytes were taken that nobody reads", (unsigned long long)accepted);
	CHECK(accepted >= chunk);
	CHECK(!side_poll(AT, &p.client, POLLOUT, 0));
	side_get(AT, &p.server, accepted);
	CHECK(side_poll(AT, &p.client, POLLOUT, 5000));
	pair_ping_pong(AT, &p, 20, 1000);
	pair_close(&p);
}

CASE(backpressure_100_bytes, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS, .seconds = 20)
{
	fill_and_drain(t, 100);
}

CASE(backpressure_4_kib, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS)
{
	fill_and_drain(t, 4096);
}

CASE(backpressure_64_kib, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS)
{
	fill_and_drain(t, 65536);
}

/* Without --limit there is one, too. */
CASE(backpressure_usual_limit, .naive = NAIVE_FAILS)
{
	struct pair p;
	u64 accepted;

	pair_open(AT, &p, &small);
	accepted = side_fill(AT, &p.client, 65536, BACKPRESSURE_MOST);
	if (accepted > (8ull << 20) + BACKPRESSURE_TCP + 65536)
		FAIL("%llu bytes were taken that nobody reads", (unsigned long long)accepted);
	side_get(AT, &p.server, accepted);
	pair_close(&p);
}

/*
 * Small messages take ten times their size. The reader speaks now and then, so that this is no one-way stream, which
 * would be given back to TCP.
 */
CASE(backpressure_counts_overhead, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS)
{
	struct pair p;
	u64 before, accepted = 0;
	struct accel_end end;

	pair_open(AT, &p, &small);
	before = side_redirected(AT, &p.client);
	for (;;) {
		u64 part = side_fill(AT, &p.client, 100, 1000);

		accepted += part;
		if (part < 1000 || accepted > BACKPRESSURE_MOST / 8)
			break;
		side_put(AT, &p.server, 1);
		side_get(AT, &p.client, 1);
	}
	side_expect_redirected(AT, &p.client, before);
	if (accepted > BACKPRESSURE_LIMIT / 8 + BACKPRESSURE_TCP)
		FAIL("%llu bytes in small messages were taken", (unsigned long long)accepted);
	if (t->control->mode == CONTROL_SKEP) {
		CHECK(control_end(p.client.fd, &end));
		CHECK(end.backlog_max <= BACKPRESSURE_LIMIT + 100 + 1124);
		CHECK((end.messages - before) * 1024 <= 2 * BACKPRESSURE_LIMIT);
	}
	side_get(AT, &p.server, accepted);
	pair_ping_pong(AT, &p, 20, 100);
	pair_close(&p);
}

static u64 available_memory(struct at at)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	CHECK_AT(at, f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	fclose(f);
	return kib << 10;
}

enum { BACKPRESSURE_CONNECTIONS = 32 };

/* The memory of all connections together. */
CASE(backpressure_memory, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS, .seconds = 20)
{
	struct pair p[BACKPRESSURE_CONNECTIONS];
	u64 accepted[BACKPRESSURE_CONNECTIONS], before, after;
	u64 most = (u64)BACKPRESSURE_CONNECTIONS * 2 * (BACKPRESSURE_LIMIT + BACKPRESSURE_TCP);

	for (int i = 0; i < BACKPRESSURE_CONNECTIONS; i++)
		pair_open(AT, &p[i], &small);
	before = available_memory(AT);
	for (int i = 0; i < BACKPRESSURE_CONNECTIONS; i++)
		accepted[i] = side_fill(AT, &p[i].client, 4096, 8 << 20);
	after = available_memory(AT);
	for (int i = 0; i < BACKPRESSURE_CONNECTIONS; i++) {
		if (accepted[i] > BACKPRESSURE_LIMIT + BACKPRESSURE_TCP + 4096)
			FAIL("connection %d: %llu bytes were taken", i,
			     (unsigned long long)accepted[i]);
		side_get(AT, &p[i].server, accepted[i]);
	}
	if (before > after && before - after > most)
		FAIL("%llu bytes of memory are gone", (unsigned long long)(before - after));
	for (int i = 0; i < BACKPRESSURE_CONNECTIONS; i++)
		pair_close(&p[i]);
}

enum { BUDGET_CONNECTIONS = 8, BUDGET = 1 << 20 };

/*
 * The budget of all that read in one cgroup is less than the limits of their connections are together. Charges move in
 * steps of 64 KiB, so each connection may have two messages more.
 */
CASE(backpressure_budget, .options = "--budget 1M", .naive = NAIVE_FAILS, .seconds = 20)
{
	struct pair p[BUDGET_CONNECTIONS];
	u64 accepted[BUDGET_CONNECTIONS], handed_over = 0;
	struct accel_totals totals;
	struct accel_end end;

	for (int i = 0; i < BUDGET_CONNECTIONS; i++)
		pair_open(AT, &p[i], NULL);
	for (int i = 0; i < BUDGET_CONNECTIONS; i++) {
		accepted[i] = side_fill(AT, &p[i].client, 65536, 16 << 20);
		if (accepted[i] >= 16 << 20)
			FAIL("connection %d: %llu bytes were taken that nobody reads", i,
			     (unsigned long long)accepted[i]);
		if (t->control->mode == CONTROL_SKEP && control_end(p[i].client.fd, &end))
			handed_over += end.bytes;
	}
	if (handed_over > BUDGET + BUDGET_CONNECTIONS * 2 * 65536)
		FAIL("%llu bytes were handed over", (unsigned long long)handed_over);
	if (t->control->mode == CONTROL_SKEP) {
		CHECK(control_totals(&totals));
		CHECK(totals.fallback[ACCEL_REASON_BUDGET] > 0);
	}
	for (int i = 0; i < BUDGET_CONNECTIONS; i++) {
		side_get(AT, &p[i].server, accepted[i]);
		pair_ping_pong(AT, &p[i], 5, 100);
	}
	for (int i = 0; i < BUDGET_CONNECTIONS; i++)
		pair_close(&p[i]);
}

/* When all that used it up is read, it is free again. */
CASE(backpressure_budget_is_given_back, .options = "--budget 4M", .plain_skips = true)
{
	struct pair p;

	for (int i = 0; i < 20; i++) {
		u64 accepted, before;

		pair_open(AT, &p, &small);
		before = side_redirected(AT, &p.client);
		accepted = side_fill(AT, &p.client, 65536, 3 << 20);
		side_expect_redirected(AT, &p.client, before);
		if (i % 2)
			side_get(AT, &p.server, accepted);
		pair_close(&p);
		test_sleep(20);
	}
}

static bool write_text(const char *folder, const char *file, const char *text)
{
	char path[400];
	int fd, n;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : (int)write(fd, text, strlen(text));
	close(fd);
	return n > 0;
}

/* A number after a word, or the first of all. */
static u64 read_number(const char *folder, const char *file, const char *after)
{
	char path[400], text[512] = "", *at;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	at = after ? strstr(text, after) : text;
	return at ? strtoull(at + (after ? strlen(after) : 0), NULL, 10) : 0;
}

enum { MEMORY_CONNECTIONS = 8, MEMORY_ROOM = 6 << 20 };

/* A socket's memory is charged to the cgroup in which it is made: here the client's is another one. */
static void open_apart(struct at at, struct pair *p, u16 port)
{
	const struct control *c = at.t->control;

	OK_AT(at, cgroup_enter(c->out));
	p->client.fd = pair_connect(at, "127.0.0.1", port, 0, NULL);
	OK_AT(at, cgroup_enter(c->in));
	p->server.fd = OK_AT(at, accept(p->listener, NULL, NULL));
	pair_streams(at, p);
	pair_warm(at, p);
}

/*
 * The cgroup of the readers has less memory left than the budget allows. TCP takes then what it can get; nobody is killed for
 * bytes that he has not read, and nothing is lost.
 */
CASE(backpressure_memory_max, .alone = true, .seconds = 30)
{
	const struct control *c = t->control;
	struct pair p[MEMORY_CONNECTIONS];
	u64 accepted[MEMORY_CONNECTIONS];
	char text[400];
	int listener;

	write_text(c->tree, "cgroup.subtree_control", "+memory");
	if (!write_text(c->top, "cgroup.subtree_control", "+memory"))
		SKIP("cgroup v2 has no memory controller here");
	if (c->mode == CONTROL_SKEP) {
		snprintf(text, sizeof(text), "on --cgroup %s", c->top);
		control_expect(AT, text, 0);
	}
	listener = pair_listen(AT, "127.0.0.1", 0, NULL);
	for (int i = 0; i < MEMORY_CONNECTIONS; i++) {
		p[i].listener = listener;
		open_apart(AT, &p[i], address_port(AT, listener));
	}
	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)read_number(c->in, "memory.current", NULL) + MEMORY_ROOM);
	CHECK(write_text(c->in, "memory.max", text));
	for (int i = 0; i < MEMORY_CONNECTIONS; i++)
		accepted[i] = side_fill(AT, &p[i].client, 65536, 16 << 20);
	CHECK_EQ(read_number(c->in, "memory.events", "oom_kill "), 0);
	for (int i = 0; i < MEMORY_CONNECTIONS; i++) {
		side_get(AT, &p[i].server, accepted[i]);
		pair_ping_pong(AT, &p[i], 5, 100);
		side_close(&p[i].client);
		side_close(&p[i].server);
	}
	close(listener);
	write_text(c->in, "memory.max", "max");
	if (c->mode == CONTROL_SKEP)
		control_turn_off(AT);
}

enum { TCP_CONNECTIONS = 28, TCP_PAGES = 32768 };

/* All that TCP may have is less than the budget, which is for each cgroup: send() would say ENOMEM, and does not. */
CASE(backpressure_tcp_mem, .options = "--budget 1G", .seconds = 60)
{
	struct pair p[TCP_CONNECTIONS];
	u64 accepted[TCP_CONNECTIONS], pages;

	pages = read_number("/proc/sys/net/ipv4", "tcp_mem", NULL);
	if (!pages || pages > TCP_PAGES)
		SKIP("TCP may have much memory here");
	for (int i = 0; i < TCP_CONNECTIONS; i++) {
		test_progress(AT, "connections", (u64)i, TCP_CONNECTIONS);
		pair_open(AT, &p[i], &(struct pair_how){ .cold = true });
		accepted[i] = side_fill(AT, &p[i].client, 65536, 16 << 20);
	}
	for (int i = 0; i < TCP_CONNECTIONS; i++) {
		side_get(AT, &p[i].server, accepted[i]);
		pair_ping_pong(AT, &p[i], 5, 100);
		pair_close(&p[i]);
	}
}

struct writer {
	struct test *t;
	struct side *side;
	size_t bytes, chunk;
};

static void *write_all(void *arg)
{
	struct writer *w = arg;
	struct test *t = w->t;

	side_put_in(AT, w->side, w->bytes, w->chunk);
	return NULL;
}

CASE(backpressure_blocking_send, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS)
{
	struct pair p;
	struct writer w = { t, &p.client, 32 << 20, 100000 };
	pthread_t thread;

	pair_open(AT, &p, &small);
	thread = thread_start(AT, write_all, &w);
	CHECK(!thread_ended(AT, thread, 500 * t->scale)); /* it sleeps */
	side_get(AT, &p.server, w.bytes);
	thread_join(AT, thread);
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
}

CASE(backpressure_epollout_edges, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS)
{
	struct pair p;
	struct epoll_event e = { .events = EPOLLOUT | EPOLLET };
	int epoll = OK(epoll_create1(EPOLL_CLOEXEC));

	pair_open(AT, &p, &small);
	OK(epoll_ctl(epoll, EPOLL_CTL_ADD, p.client.fd, &e));
	CHECK_EQ(epoll_wait(epoll, &e, 1, 1000), 1);
	for (int i = 0; i < 5; i++) {
		u64 accepted = side_fill(AT, &p.client, 16384, BACKPRESSURE_MOST);

		CHECK(accepted < BACKPRESSURE_MOST);
		while (epoll_wait(epoll, &e, 1, 0) > 0)
			;
		side_get(AT, &p.server, accepted);
		CHECK_EQ(epoll_wait(epoll, &e, 1, 5000), 1);
	}
	pair_close(&p);
}

CASE(backpressure_slow_reader, .options = BACKPRESSURE_ON, .seconds = 20)
{
	struct pair p;
	struct writer w = { t, &p.client, 8 << 20, 7001 };
	pthread_t thread;

	pair_open(AT, &p, &small);
	thread = thread_start(AT, write_all, &w);
	for (size_t left = w.bytes; left;) {
		size_t part = left < 30011 ? left : 30011;

		side_get(AT, &p.server, part);
		left -= part;
		usleep(2000);
	}
	thread_join(AT, thread);
	pair_close(&p);
}

/* After it fell back and all was read, it is redirected again. */
CASE(backpressure_comes_back, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS)
{
	struct pair p;

	pair_open(AT, &p, &small);
	for (int i = 0; i < 3; i++) {
		u64 accepted = side_fill(AT, &p.client, 65536, BACKPRESSURE_MOST), before;

		CHECK(accepted < BACKPRESSURE_MOST);
		side_get(AT, &p.server, accepted);
		before = side_redirected(AT, &p.client);
		pair_ping_pong(AT, &p, 10, 100);
		side_expect_redirected(AT, &p.client, before);
	}
	pair_close(&p);
}

/* TCP tries ever more seldom while there is no room; it has to be told at once when there is. */
static void stall(struct test *t, const struct pair_how *how)
{
	struct pair p;
	u64 accepted, start, took;

	pair_open(AT, &p, how);
	accepted = side_fill(AT, &p.client, 65536, BACKPRESSURE_MOST);
	CHECK(accepted < BACKPRESSURE_MOST);
	test_sleep(5000);
	start = test_ms();
	side_get(AT, &p.server, accepted);
	took = test_ms() - start;
	if (took > 1000)
		FAIL("%llu ms until all was there", (unsigned long long)took);
	pair_close(&p);
}

CASE(backpressure_long_stall, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS, .seconds = 20)
{
	stall(t, &small);
}

CASE(backpressure_long_stall_of_usual_buffers, .naive = NAIVE_FAILS, .seconds = 20)
{
	stall(t, NULL);
}

/* Both fill the other's queue and only then begin to read. */
CASE(backpressure_both_full, .options = BACKPRESSURE_ON, .naive = NAIVE_FAILS)
{
	struct pair p;
	u64 up, down;

	pair_open(AT, &p, &small);
	up = side_fill(AT, &p.client, 30000, BACKPRESSURE_MOST);
	down = side_fill(AT, &p.server, 30000, BACKPRESSURE_MOST);
	CHECK(up < BACKPRESSURE_MOST && down < BACKPRESSURE_MOST);
	side_get(AT, &p.server, up);
	side_get(AT, &p.client, down);
	pair_ping_pong(AT, &p, 10, 100);
	pair_close(&p);
}
