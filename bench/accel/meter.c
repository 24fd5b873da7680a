/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures what two processes can get through a connection between them:
 *
 *	accel-meter [OPTIONS] pingpong|twowrites|stream|connect|redis-get|redis-set SIZE
 *		-t MS -w MS		how long, and how long it runs before that
 *		-c CGROUP -s CGROUP	where the clients and the server run
 *		-C NETNS -S NETNS	likewise; -a ADDRESS: the server's
 *		-n CLIENTS		-u: AF_UNIX	-N: with Nagle's algorithm	-1: all on one CPU
 *		-p PORT			of a server that runs already, which redis-... ask
 *	accel-meter hold CGROUP		keeps the naive redirect attached to it until it is killed
 *
 * The processes run on and on; the meter looks at what they have done by then, twice:
 *
 *	p50 NS, p99 NS	of an operation, where that is timed
 *	rate N		operations or bytes a second
 *	cpu NS		of all processes, an operation or byte
 */
#include "bench/accel/meter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/accel/ends.h"
#include "bench/accel/naive.h"

#define START_MS 5000u /* until the first operation is done */

static const struct meter_load *const loads[] = {
	&pingpong_load, &twowrites_load, &stream_load,
	&connect_load,  &redis_get_load, &redis_set_load,
};

struct children {
	pid_t pid[METER_MAX_CLIENTS + 1];
	u32 n;
};

struct reading {
	u64 ns, done, cpu;
};

_Noreturn void meter_die(const char *what)
{
	fprintf(stderr, "accel-meter: %s: %s\n", what, strerror(errno));
	exit(1);
}

static u64 clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		return 0;
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

u64 meter_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void meter_count(struct meter *m, u64 n)
{
	atomic_fetch_add_explicit(&m->shared->done, n, memory_order_relaxed);
}

/* The meter may be killed at any time; then nobody is to go on without it. */
static pid_t start(struct meter *m, void (*run)(struct meter *), const struct meter_place *place,
		   int others_end)
{
	pid_t meter = getpid(), pid = fork();

	if (pid < 0)
		meter_die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != meter)
		_exit(1);
	if (m->is_unix)
		close(others_end);
	ends_move(place);
	if (m->is_pinned)
		ends_pin();
	run(m);
	_exit(0);
}

static void start_all(struct meter *m, const struct meter_load *load, struct children *c)
{
	if (m->is_unix && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, m->pair))
		meter_die("socketpair");
	if (load->server)
		c->pid[c->n++] = start(m, load->server, &m->server, m->pair[0]);
	for (u32 i = 0; i < (load->server ? m->clients : 1); i++)
		c->pid[c->n++] = start(m, load->client, &m->client, m->pair[1]);
	if (m->is_unix) {
		close(m->pair[0]);
		close(m->pair[1]);
	}
}

/* Stopped first, or one would complain that another is gone. */
static void stop_all(const struct children *c)
{
	for (u32 i = 0; i < c->n; i++)
		kill(c->pid[i], SIGSTOP);
	for (u32 i = 0; i < c->n; i++)
		kill(c->pid[i], SIGKILL);
	for (u32 i = 0; i < c->n; i++)
		waitpid(c->pid[i], NULL, 0);
}

/* Not reaped, so that the id stays its own until stop_all(). */
static bool all_run(const struct children *c)
{
	for (u32 i = 0; i < c->n; i++) {
		siginfo_t info = { 0 };

		waitid(P_PID, (id_t)c->pid[i], &info, WEXITED | WNOHANG | WNOWAIT);
		if (info.si_pid)
			return false;
	}
	return true;
}

static void rest(u32 ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static struct reading look(struct meter *m, const struct children *c)
{
	struct reading r = { .ns = meter_now(), .done = atomic_load(&m->shared->done) };
	clockid_t clock;

	for (u32 i = 0; i < c->n; i++)
		if (!clock_getcpuclockid(c->pid[i], &clock))
			r.cpu += clock_ns(clock);
	return r;
}

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static void report(struct meter_shared *s, const struct reading *a, const struct reading *b)
{
	u64 done = b->done - a->done;

	if (s->n_times) {
		qsort(s->times, s->n_times, sizeof(*s->times), compare);
		printf("p50 %u\np99 %u\n", s->times[s->n_times / 2],
		       s->times[(u64)s->n_times * 99 / 100]);
	}
	printf("rate %.3f\ncpu %.4f\n", (double)done / ((double)(b->ns - a->ns) / 1e9),
	       (double)(b->cpu - a->cpu) / (double)done);
}

static int measure(struct meter *m, const struct meter_load *load)
{
	struct children c = { 0 };
	struct reading before, after;
	bool ran;

	m->shared = mmap(NULL, sizeof(*m->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (m->shared == MAP_FAILED)
		meter_die("mmap");
	m->shared->port = htons((u16)m->port);
	start_all(m, load, &c);
	for (u32 i = 0; i < START_MS && all_run(&c) && !atomic_load(&m->shared->done); i++)
		rest(1);
	rest(m->warm_ms);
	before = look(m, &c);
	atomic_store(&m->shared->is_recording, true);
	rest(m->ms);
	atomic_store(&m->shared->is_recording, false);
	after = look(m, &c);
	ran = all_run(&c);
	stop_all(&c);
	if (!ran || after.done == before.done) {
		fprintf(stderr, "accel-meter: %s: %s\n", load->name,
			ran ? "nothing was done" : "a process ended early");
		return 1;
	}
	report(m->shared, &before, &after);
	return 0;
}

static int usage(void)
{
	fputs("usage: accel-meter [-t MS] [-w MS] [-c CGROUP] [-s CGROUP] [-C NETNS] [-S NETNS]\n"
	      "	[-a ADDRESS] [-n CLIENTS] [-u] [-N] [-1] pingpong|twowrites|stream|connect SIZE\n"
	      "       accel-meter ... -p PORT [-n CLIENTS] redis-get|redis-set SIZE\n"
	      "       accel-meter hold CGROUP\n",
	      stderr);
	return 2;
}

static bool read_number(const char *text, u32 max, u32 *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || !n || n > max)
		return false;
	*out = (u32)n;
	return true;
}

static bool read_option(struct meter *m, int option, const char *arg)
{
	switch (option) {
	case 't':
		return read_number(arg, 600000, &m->ms);
	case 'w':
		return read_number(arg, 600000, &m->warm_ms);
	case 'n':
		return read_number(arg, METER_MAX_CLIENTS, &m->clients);
	case 'c':
		m->client.cgroup = arg;
		return true;
	case 's':
		m->server.cgroup = arg;
		return true;
	case 'C':
		m->client.netns = arg;
		return true;
	case 'S':
		m->server.netns = arg;
		return true;
	case 'p':
		return read_number(arg, 65535, &m->port);
	case 'a':
		m->address = arg;
		return true;
	case 'u':
		m->is_unix = true;
		return true;
	case 'N':
		m->has_nagle = true;
		return true;
	case '1':
		m->is_pinned = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct meter m = { .address = "127.0.0.1", .warm_ms = 100, .ms = 1000, .clients = 1 };
	int option;

	while ((option = getopt(argc, argv, "t:w:c:s:C:S:a:p:n:uN1")) >= 0)
		if (!read_option(&m, option, optarg))
			return usage();
	if (argc - optind != 2)
		return usage();
	if (!strcmp(argv[optind], "hold"))
		return naive_hold(argv[optind + 1]);
	if (!read_number(argv[optind + 1], METER_MAX_SIZE, &m.size))
		return usage();
	for (size_t i = 0; i < sizeof(loads) / sizeof(*loads); i++)
		if (!strcmp(loads[i]->name, argv[optind]) && !loads[i]->server == !!m.port)
			return measure(&m, loads[i]);
	return usage();
}
