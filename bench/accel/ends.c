/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/accel/ends.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void ends_move(const struct meter_place *place)
{
	char path[512];
	int fd;

	if (place->cgroup) {
		if (snprintf(path, sizeof(path), "%s/cgroup.procs", place->cgroup) >=
		    (int)sizeof(path))
			meter_die("the cgroup's name is too long");
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "0", 1) != 1)
			meter_die(path);
		close(fd);
	}
	if (place->netns) {
		fd = open(place->netns, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWNET))
			meter_die(place->netns);
		close(fd);
	}
}

void ends_pin(void)
{
	cpu_set_t may, one;
	size_t cpu = 0;

	if (sched_getaffinity(0, sizeof(may), &may))
		meter_die("sched_getaffinity");
	while (cpu + 1 < CPU_SETSIZE && !CPU_ISSET(cpu, &may))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		meter_die("sched_setaffinity");
}

void ends_wait_for_cpu(void)
{
	const struct sched_param none = { 0 };

	if (sched_setscheduler(0, SCHED_BATCH, &none))
		meter_die("sched_setscheduler");
}

static void set_nodelay(const struct meter *m, int fd)
{
	int one = 1;

	if (!m->has_nagle && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		meter_die("TCP_NODELAY");
}

int ends_listen(struct meter *m)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, SOMAXCONN) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		meter_die("listen");
	atomic_store(&m->shared->port, address.sin_port);
	return fd;
}

int ends_connect(struct meter *m)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct timespec while_it_starts = { .tv_nsec = 500000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	u32 port;

	while (!(port = atomic_load(&m->shared->port)))
		nanosleep(&while_it_starts, NULL);
	address.sin_port = (in_port_t)port;
	if (inet_pton(AF_INET, m->address, &address.sin_addr) != 1)
		meter_die("no IPv4 address");
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		meter_die("connect");
	set_nodelay(m, fd);
	return fd;
}

int ends_server(struct meter *m)
{
	int listening, first, second;
	char byte;

	if (m->is_unix)
		return m->pair[1];
	listening = ends_listen(m);
	first = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (first < 0 || read(first, &byte, 1))
		meter_die("accept");
	close(first);
	second = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (second < 0)
		meter_die("accept");
	close(listening);
	set_nodelay(m, second);
	return second;
}

int ends_client(struct meter *m)
{
	if (m->is_unix)
		return m->pair[0];
	close(ends_connect(m));
	return ends_connect(m);
}

void ends_send(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);

		if (n < 0)
			meter_die("send");
		bytes += n;
		size -= (size_t)n;
	}
}

void ends_receive(int fd, char *bytes, size_t size)
{
	while (size) {
		ssize_t n = recv(fd, bytes, size, 0);

		if (!n)
			errno = ECONNRESET;
		if (n <= 0)
			meter_die("recv");
		bytes += n;
		size -= (size_t)n;
	}
}

char *ends_buffer(size_t n)
{
	char *bytes = calloc(1, n);

	if (!bytes)
		meter_die("calloc");
	return bytes;
}
