/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `tcp 4|6 accept|accept4 PORT UP DOWN [CONGESTION]`: over loopback, a client sends UP bytes to a server at PORT, which answers with
 * DOWN bytes once it has them all; the client closes first. Both are this program; the client is named tcp-client.
 * CONGESTION: the client's congestion control.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct address loopback(int family, int port)
{
	struct address a = { .len = sizeof(a.v4) };

	if (family == 4) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons((uint16_t)port);
		a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return a;
	}
	a.v6.sin6_family = AF_INET6;
	a.v6.sin6_port = htons((uint16_t)port);
	a.v6.sin6_addr = in6addr_loopback;
	a.len = sizeof(a.v6);
	return a;
}

static void send_all(int fd, long n)
{
	static char zeros[4096];

	while (n > 0) {
		ssize_t sent = write(fd, zeros, n < 4096 ? (size_t)n : 4096);

		if (sent <= 0)
			fail("write");
		n -= sent;
	}
}

static void receive_all(int fd, long n)
{
	char part[4096];

	while (n > 0) {
		ssize_t got = read(fd, part, n < 4096 ? (size_t)n : 4096);

		if (got <= 0)
			fail("read");
		n -= got;
	}
}

static void run_client(const struct address *a, long up, long down, const char *congestion)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM, 0);

	prctl(PR_SET_NAME, "tcp-client");
	if (congestion &&
	    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, (socklen_t)strlen(congestion)))
		fail(congestion);
	if (connect(fd, &a->any, a->len))
		fail("connect");
	send_all(fd, up);
	receive_all(fd, down);
	close(fd);
	_exit(0);
}

int main(int argc, char **argv)
{
	int one = 1, status = 1, listener, fd;
	struct address a, peer = { .len = sizeof(peer.v6) };
	char end;
	long up, down;
	pid_t pid;

	if (argc < 6)
		return 2;
	a = loopback(atoi(argv[1]), atoi(argv[3]));
	up = atol(argv[4]);
	down = atol(argv[5]);
	listener = socket(a.any.sa_family, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, &a.any, a.len) || listen(listener, 1))
		fail("listen");
	pid = fork();
	if (!pid)
		run_client(&a, up, down, argv[6]);
	fd = (int)syscall(strcmp(argv[2], "accept") ? SYS_accept4 : SYS_accept, listener, &peer.any,
			  &peer.len, 0);
	if (fd < 0)
		fail("accept");
	receive_all(fd, up);
	send_all(fd, down);
	/* Until the client has closed. */
	while (read(fd, &end, 1) > 0)
		;
	close(fd);
	waitpid(pid, &status, 0);
	return status != 0;
}
