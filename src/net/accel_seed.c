/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was there before accel: the sockets that listen, with the program behind each, and the addresses of all network
 * namespaces. Later ones are seen by accel itself as they come. What cannot be read is left out: it costs speed only.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>

#include "base/table.h"
#include "base/text.h"
#include "net/accel_impl.h"

enum { MAX_FILE = 16 << 20, TCP_LISTEN_STATE = 10 };

struct listening {
	u32 netns;
	u16 port;
};

struct seed {
	struct arena *arena;
	struct table namespaces; /* inodes that were read */
	struct table listening;  /* by inode of the socket */
	int listeners_fd, locals_fd, excluded_fd;
};

static char *read_of(const char *pid, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%.20s/%.60s", pid, name);
	return text_read_file(path, MAX_FILE, NULL);
}

static void add_local(struct seed *s, const u8 *addr)
{
	u32 yes = 1;

	bpf_map_update_elem(s->locals_fd, addr, &yes, BPF_ANY);
}

/* The leaves "|-- ADDRESS" that a line "/32 host LOCAL" follows. */
static void read_v4(struct seed *s, const char *pid)
{
	char *text = read_of(pid, "net/fib_trie"), *at, *line, *next;
	u8 addr[16] = { [10] = 0xff, [11] = 0xff };
	bool known = false;

	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (!next)
			break;
		*next++ = '\0';
		at = strstr(line, "-- ");
		if (at)
			known = inet_pton(AF_INET, at + 3, addr + 12) == 1;
		else if (known && strstr(line, "/32 host LOCAL"))
			add_local(s, addr);
	}
	free(text);
}

static void read_v6(struct seed *s, const char *pid)
{
	char *text = read_of(pid, "net/if_inet6"), *line, *next;

	for (line = text; line && *line; line = next) {
		u8 addr[16];
		unsigned byte;
		int i = 0;

		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		while (i < 16 && sscanf(line + 2 * i, "%2x", &byte) == 1)
			addr[i++] = (u8)byte;
		if (i == 16)
			add_local(s, addr);
	}
	free(text);
}

/* "  0: 0100007F:1F90 00000000:0000 0A ... uid timeout INODE": the 2nd, 4th and 10th words. */
static void read_listening(struct seed *s, const char *pid, const char *file, u32 netns)
{
	char *text = read_of(pid, file), *line, *next;

	for (line = text; line && *line; line = next) {
		unsigned port, state;
		unsigned long inode;
		struct listening *l;

		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		if (sscanf(line,
			   " %*u: %*32[0-9A-Fa-f]:%4x %*32[0-9A-Fa-f]:%*4x %2x %*s %*s %*s %*u %*u "
			   "%lu",
			   &port, &state, &inode) != 3 ||
		    state != TCP_LISTEN_STATE)
			continue;
		l = arena_new(s->arena, struct listening);
		*l = (struct listening){ .netns = netns, .port = (u16)port };
		table_set(&s->listening, &inode, sizeof(inode), l);
	}
	free(text);
}

static void read_namespace(struct seed *s, const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	if (stat(path, &st) || table_get(&s->namespaces, &st.st_ino, sizeof(st.st_ino)))
		return;
	table_set(&s->namespaces, &st.st_ino, sizeof(st.st_ino), s);
	read_v4(s, pid);
	read_v6(s, pid);
	read_listening(s, pid, "net/tcp", (u32)st.st_ino);
	read_listening(s, pid, "net/tcp6", (u32)st.st_ino);
}

/* As may_block() of the kernel's half: one thread, no signal handled. */
static bool may_block(const char *pid)
{
	char *text = read_of(pid, "status"), *at;
	unsigned long long caught = 1;
	unsigned threads = 0;

	at = text ? strstr(text, "\nThreads:") : NULL;
	if (at)
		sscanf(at, "\nThreads: %u", &threads);
	at = text ? strstr(text, "\nSigCgt:") : NULL;
	if (at)
		sscanf(at, "\nSigCgt: %llx", &caught);
	free(text);
	return threads == 1 && !(caught & ~ACCEL_OWN_SIGNALS);
}

/* The flags of an open file, in octal: O_NONBLOCK is among them. */
static bool is_nonblocking(const char *pid, const char *fd)
{
	char path[64], *text, *at;
	unsigned flags = 0;

	snprintf(path, sizeof(path), "fdinfo/%.20s", fd);
	text = read_of(pid, path);
	at = text ? strstr(text, "flags:") : NULL;
	if (at)
		sscanf(at, "flags: %o", &flags);
	free(text);
	return flags & O_NONBLOCK;
}

static void add_listener(struct seed *s, const char *pid, const char *fd, const struct listening *l)
{
	struct accel_listener_key key = { .netns = l->netns, .port = l->port };
	struct accel_listener value = { .pid = (u32)strtoul(pid, NULL, 10) }, there;
	char *comm = read_of(pid, "comm");
	u8 yes;

	if (!comm)
		return;
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(value.comm, sizeof(value.comm), "%s", comm);
	free(comm);
	value.is_denied = !bpf_map_lookup_elem(s->excluded_fd, value.comm, &yes);
	value.may_block = may_block(pid);
	value.is_nonblocking = is_nonblocking(pid, fd);
	/* Where several share a port, the most delicate one decides. */
	if (!bpf_map_lookup_elem(s->listeners_fd, &key, &there)) {
		value.is_denied |= there.is_denied;
		value.may_block &= there.may_block;
		value.is_nonblocking &= there.is_nonblocking;
	}
	bpf_map_update_elem(s->listeners_fd, &key, &value, BPF_ANY);
}

static void find_listeners(struct seed *s, const char *pid)
{
	char path[64], target[64];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((e = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);
		const struct listening *l;
		unsigned long inode;

		target[n > 0 ? n : 0] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		l = table_get(&s->listening, &inode, sizeof(inode));
		if (l)
			add_listener(s, pid, e->d_name, l);
	}
	closedir(dir);
}

static void each_process(struct seed *s, void (*fn)(struct seed *s, const char *pid))
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (isdigit((unsigned char)e->d_name[0]))
			fn(s, e->d_name);
	if (dir)
		closedir(dir);
}

void accel_seed(int listeners_fd, int locals_fd, int excluded_fd)
{
	struct arena arena;
	struct seed s = { .arena = &arena,
			  .listeners_fd = listeners_fd,
			  .locals_fd = locals_fd,
			  .excluded_fd = excluded_fd };

	arena_init(&arena);
	table_init(&s.namespaces, &arena);
	table_init(&s.listening, &arena);
	each_process(&s, read_namespace);
	each_process(&s, find_listeners);
	arena_done(&arena);
}
