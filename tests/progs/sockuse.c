/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uses a TCP connection over loopback in one way, N times:
 *
 *	sockuse plain|splice|splicein|sendfile|zerocopy|waitall|oob|lowat|ulp|info|inq N
 *	sockuse recv|read|polls N  sleeps there until something comes
 *	sockuse oneway N     64-byte messages
 *	sockuse short N      connections of one message each
 *	sockuse unix N       splices from another kind of socket
 *	sockuse exec PROG... in a child's child
 *
 * With a second number it waits so many milliseconds before each.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 64 };

static char bytes[SIZE];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_somewhere(struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (struct sockaddr *)a, len) || listen(fd, 8) ||
	    getsockname(fd, (struct sockaddr *)a, &len))
		fail("listen");
	return fd;
}

static void connect_both(int *ends)
{
	struct sockaddr_in a;
	int listener = listen_somewhere(&a);

	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(ends[0], (struct sockaddr *)&a, sizeof(a)))
		fail("connect");
	ends[1] = accept(listener, NULL, NULL);
	if (ends[1] < 0)
		fail("accept");
	close(listener);
}

static void expect(ssize_t n, ssize_t want, const char *what)
{
	if (n != want)
		fail(what);
}

static void move_by_splice(const int *ends)
{
	int tube[2];

	if (pipe(tube))
		fail("pipe");
	expect(send(ends[0], bytes, SIZE, 0), SIZE, "send");
	expect(splice(ends[1], NULL, tube[1], NULL, SIZE, 0), SIZE, "splice");
	close(tube[0]);
	close(tube[1]);
}

static void move_into_socket(const int *ends)
{
	int tube[2];

	if (pipe(tube))
		fail("pipe");
	expect(write(tube[1], bytes, SIZE), SIZE, "write");
	expect(splice(tube[0], NULL, ends[0], NULL, SIZE, 0), SIZE, "splice");
	expect(read(ends[1], bytes, SIZE), SIZE, "read");
	close(tube[0]);
	close(tube[1]);
}

static void move_file(const int *ends)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	expect(sendfile(ends[0], fd, NULL, SIZE), SIZE, "sendfile");
	expect(recv(ends[1], bytes, SIZE, 0), SIZE, "recv");
	close(fd);
}

static void send_plainly(const int *ends, int send_flags, int receive_flags)
{
	expect(send(ends[0], bytes, SIZE, send_flags), SIZE, "send");
	if (send_flags != MSG_OOB)
		expect(recv(ends[1], bytes, SIZE, receive_flags), SIZE, "recv");
}

/* A child sends when this one has gone to sleep. */
static void sleep_for(const char *how, const int *ends)
{
	struct pollfd ready = { .fd = ends[1], .events = POLLIN };
	pid_t pid = fork();

	if (!pid) {
		usleep(20000);
		expect(send(ends[0], bytes, SIZE, 0), SIZE, "send");
		_exit(0);
	}
	if (!strcmp(how, "polls"))
		poll(&ready, 1, -1);
	if (!strcmp(how, "read"))
		expect(read(ends[1], bytes, SIZE), SIZE, "read");
	else
		expect(recv(ends[1], bytes, SIZE, 0), SIZE, "recv");
	waitpid(pid, NULL, 0);
}

static void set_option(int fd, int level, int option, const void *value, socklen_t len)
{
	setsockopt(fd, level, option, value, len);
}

static void use(const char *how, const int *ends)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int two = 2;

	if (!strcmp(how, "splice") || !strcmp(how, "unix"))
		move_by_splice(ends);
	else if (!strcmp(how, "splicein"))
		move_into_socket(ends);
	else if (!strcmp(how, "sendfile"))
		move_file(ends);
	else if (!strcmp(how, "recv") || !strcmp(how, "read") || !strcmp(how, "polls"))
		sleep_for(how, ends);
	else if (!strcmp(how, "oneway"))
		expect(send(ends[0], bytes, SIZE, 0), SIZE, "send");
	else if (!strcmp(how, "lowat"))
		set_option(ends[1], SOL_SOCKET, SO_RCVLOWAT, &two, sizeof(two));
	else if (!strcmp(how, "ulp"))
		set_option(ends[1], SOL_TCP, TCP_ULP, "none", 4);
	else if (!strcmp(how, "info"))
		getsockopt(ends[1], SOL_TCP, TCP_INFO, &info, &len);
	else if (!strcmp(how, "inq"))
		ioctl(ends[1], FIONREAD, &two);
	else
		send_plainly(ends,
			     !strcmp(how, "oob")        ? MSG_OOB
			     : !strcmp(how, "zerocopy") ? MSG_ZEROCOPY
							: 0,
			     !strcmp(how, "waitall") ? MSG_WAITALL : 0);
}

/* In a process whose parent is not the one that was started; all end with that one. */
static int run_below(char **argv)
{
	int status = 1;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NAME, "between");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid = fork();
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			execv("/proc/self/exe", argv);
			_exit(127);
		}
		waitpid(pid, &status, 0);
		_exit(status != 0);
	}
	waitpid(pid, &status, 0);
	return status != 0;
}

int main(int argc, char **argv)
{
	unsigned pause_us = argc > 3 ? (unsigned)atoi(argv[3]) * 1000 : 0;
	int ends[2], n;

	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "exec"))
		return run_below(argv + 1);
	n = atoi(argv[2]);
	if (!strcmp(argv[1], "unix")) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
			fail("socketpair");
	} else {
		connect_both(ends);
	}
	for (int i = 0; i < n; i++) {
		usleep(pause_us);
		use(argv[1], ends);
		if (strcmp(argv[1], "short"))
			continue;
		close(ends[0]);
		close(ends[1]);
		connect_both(ends);
	}
	return 0;
}
