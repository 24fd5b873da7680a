/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two UDP sockets that share a port of loopback: "bound". Once standard input has a line or ends, each of its bytes is sent to that port from a
 * socket of its own; then it is told how many came to which: "first: N second: N".
 *
 *	shareport
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int share(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), yes = 1;
	socklen_t len = sizeof(*at);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) ||
	    bind(fd, (struct sockaddr *)at, len) || getsockname(fd, (struct sockaddr *)at, &len))
		fail("share");
	return fd;
}

static int count(int fd)
{
	char byte;
	int n = 0;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
		n++;
	return n;
}

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int first = share(&at), second = share(&at);
	char line[256] = "";

	puts("bound");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (const char *c = line; *c && *c != '\n'; c++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		if (fd < 0 || sendto(fd, c, 1, 0, (struct sockaddr *)&at, sizeof(at)) != 1)
			fail("send");
		close(fd);
	}
	printf("first: %d second: %d\n", count(first), count(second));
	return 0;
}
