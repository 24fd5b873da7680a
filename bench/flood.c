/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a tool writes what it is flooded with. Its script prints a line for every system call of a process
 * named dd; dd copies N single bytes, which are 2 N system calls. Results go to a file that the tool appends
 * to, and the time runs from dd's start until the file has its last line.
 */
#include "meter.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

enum { GIVE_UP_MS = 30000, QUIET_MS = 400, BANNER = 40 };

static pid_t dd(unsigned long n)
{
	char count[32];
	pid_t pid;

	snprintf(count, sizeof(count), "count=%lu", n);
	pid = fork();
	if (pid == 0) {
		int null = meter_open(NULL);

		dup2(null, STDERR_FILENO);
		execlp("dd", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", count, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static off_t size_of(int fd)
{
	struct stat s;

	return fstat(fd, &s) ? 0 : s.st_size;
}

/* Small ones until lines come: a banner is shorter than the lines of a whole dd. */
static int wait_until_attached(int out)
{
	for (int i = 0; i < GIVE_UP_MS / 50; i++) {
		waitpid(dd(1), NULL, 0);
		sleep_ms(50);
		if (size_of(out) > 2 * BANNER)
			return 0;
	}
	return -1;
}

/* When the file grew last, once it has not for a while and dd is gone. */
static uint64_t wait_until_quiet(int out, pid_t pid)
{
	uint64_t last = now_ns();
	off_t size = size_of(out);

	while (pid || now_ns() - last < QUIET_MS * 1000000ull) {
		off_t now = size_of(out);

		if (now != size)
			last = now_ns();
		size = now;
		if (pid && waitpid(pid, NULL, WNOHANG) == pid)
			pid = 0;
		sleep_ms(2);
	}
	return last;
}

int meter_flood(const struct meter *m)
{
	struct tool t;
	int out, err = 0;
	uint64_t from;

	if (!m->out || !m->n) {
		fputs("meter: flood needs -o FILE and -n N\n", stderr);
		return 2;
	}
	out = meter_open(m->out);
	if (tool_start(&t, m->argv, out, meter_open(m->err)))
		return 1;
	if (wait_until_attached(out)) {
		fprintf(stderr, "meter: %s showed no event\n", m->argv[0]);
		err = 1;
	} else {
		sleep_ms(QUIET_MS);
		from = now_ns();
		printf("%llu\n", (unsigned long long)(wait_until_quiet(out, dd(m->n)) - from));
	}
	tool_stop(&t);
	return err;
}
