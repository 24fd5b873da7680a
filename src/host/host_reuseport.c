/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that choose among the sockets of a port, which belong to other processes: those of -p that share their port are taken from it
 * (pidfd_getfd), put into the object's arrays of sockets, in the order of their descriptors, and given the program.
 *
 * It is no link: the sockets keep the program if skep is killed.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "host/host_impl.h"

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

enum {
	MAX_FDS = 1 << 16,
	BUSY_TRIES = 100,
	BUSY_PAUSE = 10000, /* microseconds */
};

static int ask(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? 0 : value;
}

/* Bound to a port, to which others may be bound, too. */
static bool is_shared(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len = sizeof(at);
	u16 port; /* at the same place in both families' addresses */

	if (!ask(fd, SO_REUSEPORT) || getsockname(fd, (struct sockaddr *)&at, &len) ||
	    (at.ss_family != AF_INET && at.ss_family != AF_INET6))
		return false;
	memcpy(&port, (const char *)&at + sizeof(at.ss_family), sizeof(port));
	return port;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Its sockets' numbers, ascending. */
static int list_sockets(struct host *h, int *numbers, u32 *n, struct diag *d)
{
	const char *path = arena_printf(&h->arena, "/proc/%u/fd", h->opts.pid);
	DIR *dir = opendir(path);
	const struct dirent *e;
	u64 number;
	char to[16];

	if (!dir)
		return diag_errno(d, errno, "-p: the sockets of process %u cannot be looked at",
				  h->opts.pid);
	while ((e = readdir(dir)) && *n < MAX_FDS) {
		ssize_t len = readlinkat(dirfd(dir), e->d_name, to, sizeof(to));

		if (len > 7 && !memcmp(to, "socket:", 7) && text_u64(e->d_name, &number) &&
		    number <= INT32_MAX)
			numbers[(*n)++] = (int)number;
	}
	closedir(dir);
	qsort(numbers, *n, sizeof(*numbers), compare);
	return 0;
}

static int take_sockets(struct host *h, struct diag *d)
{
	int pidfd = (int)syscall(SYS_pidfd_open, h->opts.pid, 0), err;
	int *numbers = arena_array(&h->arena, int, MAX_FDS);
	u32 n = 0;

	if (pidfd < 0)
		return diag_errno(d, errno, "-p: process %u cannot be opened", h->opts.pid);
	err = list_sockets(h, numbers, &n, d);
	for (u32 i = 0; i < n && !err; i++) {
		int fd = (int)syscall(SYS_pidfd_getfd, pidfd, numbers[i], 0);

		if (fd < 0 && errno != EBADF)
			err = diag_errno(d, errno, "-p: socket %d of process %u cannot be taken",
					 numbers[i], h->opts.pid);
		else if (fd >= 0 && is_shared(fd))
			*vec_add(&h->arena, &h->shared) = fd;
		else if (fd >= 0)
			close(fd);
	}
	close(pidfd);
	if (!err && !h->shared.n) {
		err = diag_error(d, LOC_NONE, "-p: process %u has no socket that shares its port",
				 h->opts.pid);
		diag_hint(d, "it has to set SO_REUSEPORT before it binds them");
	}
	return err;
}

static void detach(const struct host *h)
{
	int none = 0;

	for (size_t i = 0; i < h->shared.n; i++)
		setsockopt(h->shared.at[i], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &none,
			   sizeof(none));
}

/*
 * A socket is in one array at most. That of a run which was killed goes with the program that the sockets have from it, but not at once.
 */
static int put_socket(const struct host *h, int map, u32 index)
{
	u64 value = (u64)h->shared.at[index];
	int err = bpf_map_update_elem(map, &index, &value, BPF_ANY);

	if (err == -EBUSY)
		detach(h);
	for (int i = 0; i < BUSY_TRIES && err == -EBUSY; i++) {
		usleep(BUSY_PAUSE);
		err = bpf_map_update_elem(map, &index, &value, BPF_ANY);
	}
	return err;
}

static int fill_arrays(struct host *h, struct diag *d)
{
	for (size_t i = 0; i < h->img->maps.n; i++) {
		const struct image_map *m = &h->img->maps.at[i];

		if (m->type != BPF_MAP_TYPE_REUSEPORT_SOCKARRAY || h->maps[i] < 0)
			continue;
		for (u32 k = 0; k < h->shared.n && k < m->max_entries; k++) {
			int err = put_socket(h, h->maps[i], k);

			if (err)
				return diag_errno(d, -err, "a socket cannot be put into %s",
						  m->name);
		}
	}
	return 0;
}

int host_link_reuseport(struct host *h, const struct host_prog *p, struct diag *d)
{
	int prog = bpf_program__fd(p->prog), err;

	if (!h->opts.pid) {
		diag_error(d, LOC_NONE, "%s is for sockets that share a port: whose?",
			   host_prog_text(h, p));
		diag_hint(d, "give -p PID, of a process that has bound them (SO_REUSEPORT)");
		return -EINVAL;
	}
	if (h->shared.n)
		return diag_error(d, LOC_NONE, "%s: the sockets have another program already",
				  host_prog_text(h, p));
	err = take_sockets(h, d);
	if (!err)
		err = fill_arrays(h, d);
	for (size_t i = 0; i < h->shared.n && !err; i++)
		if (setsockopt(h->shared.at[i], SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &prog,
			       sizeof(prog)))
			err = host_link_failed(h, p, errno, d);
	if (!err)
		host_hold(h, p, NULL, -1);
	return err;
}

void host_reuseport_detach(struct host *h)
{
	detach(h);
	for (size_t i = 0; i < h->shared.n; i++)
		close(h->shared.at[i]);
	h->shared.n = 0;
}
