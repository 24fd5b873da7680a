/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct load {
	int zero, listening;
	struct sockaddr_in address;
	unsigned turn;
};

static int load_open_all(struct load *l)
{
	socklen_t len = sizeof(l->address);

	l->address.sin_family = AF_INET;
	l->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l->zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	l->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->zero < 0 || l->listening < 0 ||
	    bind(l->listening, (struct sockaddr *)&l->address, len) || listen(l->listening, 8) ||
	    getsockname(l->listening, (struct sockaddr *)&l->address, &len))
		return -1;
	return 0;
}

static void load_read(struct load *l)
{
	char bytes[64];

	if (read(l->zero, bytes, 1 + l->turn % sizeof(bytes)) < 0)
		exit(1);
}

static void load_open(struct load *l)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)l;
	if (fd >= 0)
		close(fd);
}

/* Closed without lingering, so that no port is kept from use for a minute. */
static void load_tcp(struct load *l)
{
	struct linger at_once = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), other;

	if (fd < 0 || connect(fd, (struct sockaddr *)&l->address, sizeof(l->address)))
		exit(1);
	other = accept(l->listening, NULL, NULL);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	close(other);
}

static const struct {
	const char *name;
	void (*once)(struct load *l);
} kinds[] = {
	{ "read", load_read },
	{ "open", load_open },
	{ "tcp", load_tcp },
};

pid_t load_start(const char *kind, unsigned rest_us)
{
	struct timespec rest = { .tv_nsec = (long)rest_us * 1000 };
	void (*once)(struct load *) = NULL;
	struct load l = { 0 };
	pid_t pid;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, kind))
			once = kinds[i].once;
	if (!once) {
		fprintf(stderr, "meter: no load is called '%s'\n", kind);
		return -1;
	}
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_TIMERSLACK, 1);
	prctl(PR_SET_NAME, "load");
	if (load_open_all(&l))
		_exit(1);
	for (;;) {
		once(&l);
		l.turn++;
		if (rest_us)
			nanosleep(&rest, NULL);
	}
}

void load_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
