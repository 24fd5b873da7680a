/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One walk over the lists of sockets, then one over the descriptors of all processes; none if nobody is looked for. */
#include "cmd/accel/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/table.h"
#include "base/text.h"

/* As a key: without padding. */
struct addresses {
	u8 local[16], remote[16];
	u32 local_port, remote_port;
};

struct search {
	struct arena *arena;
	struct table by_address; /* struct addresses to struct accel_end */
	struct table by_inode;   /* u64 to the same */
	size_t left;             /* in by_inode, without an owner */
};

static struct addresses addresses_of(const struct accel_tuple *t)
{
	struct addresses k = { .local_port = t->local_port, .remote_port = t->remote_port };

	memcpy(k.local, t->local, sizeof(k.local));
	memcpy(k.remote, t->remote, sizeof(k.remote));
	return k;
}

/* "0100007F" or four such words: each is 32 bits in the machine's order. */
static bool read_address(const char *hex, u8 *to)
{
	size_t words = strlen(hex) / 8;
	u32 word[4];

	if (words != 1 && words != 4)
		return false;
	for (size_t i = 0; i < words; i++) {
		if (sscanf(hex + 8 * i, "%8x", &word[i]) != 1)
			return false;
	}
	memset(to, 0, 16);
	if (words == 1)
		memset(to + 10, 0xff, 2);
	memcpy(to + 16 - 4 * words, word, 4 * words);
	return true;
}

/* "  0: 0100007F:1F90 0100007F:C350 01 tx:rx tr:when retrnsmt uid timeout INODE" */
static void read_socket(struct search *s, const char *line)
{
	char local[33], remote[33];
	struct addresses key = { 0 };
	unsigned long inode;
	struct accel_end *end;

	if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %*x %*s %*s %*s %*u %*u %lu",
		   local, &key.local_port, remote, &key.remote_port, &inode) != 5 ||
	    !inode || !read_address(local, key.local) || !read_address(remote, key.remote))
		return;
	end = table_get(&s->by_address, &key, sizeof(key));
	if (!end)
		return;
	table_set(&s->by_inode, &(u64){ inode }, sizeof(u64), end);
	s->left++;
}

static void read_sockets(struct search *s, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		read_socket(s, line);
	if (file)
		fclose(file);
}

static void set_owner(struct accel_end *end, const char *pid)
{
	char path[32];
	char *comm;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%.10s/comm", pid);
	comm = text_read_file(path, 256, &len);
	if (!comm)
		return;
	while (len && comm[len - 1] == '\n')
		len--;
	if (len >= sizeof(end->comm))
		len = sizeof(end->comm) - 1;
	memset(end->comm, 0, sizeof(end->comm));
	memcpy(end->comm, comm, len);
	end->pid = (u32)strtoul(pid, NULL, 10);
	free(comm);
}

static void look_at_process(struct search *s, const char *pid)
{
	char path[32], target[64];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.10s/fd", pid);
	dir = opendir(path);
	while (dir && s->left && (e = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);
		struct accel_end *end;
		u64 inode;

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		end = table_get(&s->by_inode, &inode, sizeof(inode));
		if (!end || end->pid)
			continue;
		set_owner(end, pid);
		s->left -= !!end->pid;
	}
	if (dir)
		closedir(dir);
}

static void look_at_processes(struct search *s)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && s->left && (e = readdir(dir))) {
		if (isdigit((unsigned char)e->d_name[0]))
			look_at_process(s, e->d_name);
	}
	if (dir)
		closedir(dir);
}

void accel_owner_find(accel_rows *rows, struct arena *a)
{
	struct search s = { .arena = a };
	struct stat here;
	size_t wanted = 0;

	if (stat("/proc/self/ns/net", &here))
		return;
	table_init(&s.by_address, a);
	table_init(&s.by_inode, a);
	for (size_t i = 0; i < rows->n; i++) {
		struct accel_end *end = &rows->at[i].end;
		struct addresses key = addresses_of(&end->tuple);

		if (end->pid || end->tuple.netns != here.st_ino)
			continue;
		table_set(&s.by_address, &key, sizeof(key), end);
		wanted++;
	}
	if (!wanted)
		return;
	read_sockets(&s, "/proc/self/net/tcp");
	read_sockets(&s, "/proc/self/net/tcp6");
	look_at_processes(&s);
}
