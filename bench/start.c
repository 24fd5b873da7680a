/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a tool takes from exec until it is at work, how long it takes to leave when interrupted, and how
 * much memory it had at most.
 *
 * At work is when it has written the first line that an event caused; the load beside it makes one every 20
 * microseconds or so. That holds for any tool. A tool that announces being attached on a line of its own is
 * timed by that, too. All is told in nanoseconds (0: did not happen) and KiB.
 */
#include "meter.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "tool.h"

enum { GIVE_UP_MS = 30000, SETTLE_MS = 30 };

struct watch {
	char line[256];
	size_t len;
	uint64_t notified, first; /* 0: not yet */
};

static void watch_line(struct watch *w)
{
	w->line[w->len] = '\0';
	if (!strncmp(w->line, "__BPFTRACE_NOTIFY", 17))
		w->notified = now_ns();
	else if (w->len && strncmp(w->line, "Attach", 6) && !w->first)
		w->first = now_ns();
	w->len = 0;
}

/* false at the end. */
static bool watch_read(struct watch *w, int fd)
{
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			watch_line(w);
		else if (w->len < sizeof(w->line) - 1)
			w->line[w->len++] = bytes[i];
	}
	return n > 0;
}

/* Until the first event; until the end if it never comes. */
static void watch_start(struct watch *w, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (!w->first && poll(&p, 1, GIVE_UP_MS) > 0 && watch_read(w, fd))
		;
}

/* For a moment: what is on its way still comes, as does an end of the tool's own. */
static void watch_settle(struct watch *w, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t until = now_ns() + SETTLE_MS * 1000000ull;

	while (now_ns() < until)
		if (poll(&p, 1, 1) > 0 && !watch_read(w, fd))
			return;
}

static uint64_t since(uint64_t when, uint64_t begun)
{
	return when ? when - begun : 0;
}

int meter_start(const struct meter *m)
{
	struct watch w = { .len = 0 };
	struct tool t;
	int ends[2];
	pid_t load = 0;
	uint64_t left;

	if (pipe2(ends, O_CLOEXEC))
		return 1;
	if (m->load) {
		load = load_start(m->load, m->rest);
		sleep_ms(5);
	}
	if (load < 0 || tool_start(&t, m->argv, ends[1], meter_open(m->err)))
		return 1;
	close(ends[1]);
	watch_start(&w, ends[0]);
	if (m->ends) {
		left = tool_wait(&t) ? 0 : now_ns() - w.first;
		load_stop(load);
	} else {
		load_stop(load);
		watch_settle(&w, ends[0]);
		left = tool_stop(&t);
	}
	if (!w.first || !left) {
		fprintf(stderr, "meter: %s %s\n", m->argv[0],
			w.first ? "did not end" : "showed no event");
		return 1;
	}
	printf("%llu %llu %llu %ld\n", (unsigned long long)since(w.notified, t.begun),
	       (unsigned long long)since(w.first, t.begun), (unsigned long long)left, t.rss_kib);
	return 0;
}
