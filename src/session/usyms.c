/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three tables: processes by pid, each with its executable mappings; files by device and inode, each with
 * its symbols, which are read when the first address falls into it.
 *
 * A file is opened as the process sees it: /proc/PID/root/PATH, which follows its mount namespace and fails
 * once the process is gone; then /proc/PID/map_files, which works for deleted files; then PATH itself.
 */
#include "session/usyms.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/table.h"
#include "base/text.h"
#include "base/vec.h"
#include "session/elfsyms.h"

enum { USYMS_MAPS_FILE = 64 << 20, USYMS_PROCESSES = 65536 };
/* A miss reads the mappings anew, since libraries may have been loaded; but not more often than this. */
enum { USYMS_AGAIN_NS = 100000000 };

struct object {
	const char *path;
	struct elfsyms *syms;
	struct object *next;
	bool opened;
};

struct mapping {
	u64 start, end, offset;
	struct object *object;
};

struct process {
	u32 pid;
	u64 read_at; /* CLOCK_MONOTONIC */
	vec_of(struct mapping) maps;
	struct arena arena; /* of maps */
	struct process *next;
};

struct usyms {
	struct arena arena;
	struct table processes;
	struct table objects;
	struct process *first_process;
	struct object *first_object;
};

struct usyms *usyms_new(void)
{
	struct usyms *u = calloc(1, sizeof(*u));

	if (!u)
		arena_exhausted();
	arena_init(&u->arena);
	table_init(&u->processes, &u->arena);
	table_init(&u->objects, &u->arena);
	return u;
}

void usyms_free(struct usyms *u)
{
	if (!u)
		return;
	for (struct object *o = u->first_object; o; o = o->next)
		elfsyms_free(o->syms);
	for (struct process *p = u->first_process; p; p = p->next)
		arena_done(&p->arena);
	arena_done(&u->arena);
	free(u);
}

static u64 usyms_now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* The file with this device and inode, written as maps does ("08:01 1234"), and path. */
static struct object *usyms_object(struct usyms *u, const char *id, size_t id_len, const char *path,
				   size_t path_len)
{
	struct object *o = table_get(&u->objects, id, id_len);

	if (o)
		return o;
	o = arena_new(&u->arena, struct object);
	o->path = arena_strndup(&u->arena, path, path_len);
	o->next = u->first_object;
	u->first_object = o;
	table_set(&u->objects, id, id_len, o);
	return o;
}

/* A line of maps: "55d0c0de1000-55d0c0de2000 r-xp 00001000 08:01 1234     /usr/bin/x". */
static void usyms_line(struct usyms *u, struct process *p, const char *line, size_t len)
{
	struct mapping m = { 0 };
	char rights[5];
	int device = 0, inode = 0, path = 0;
	struct mapping *added;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %n%*s %*s%n %n", &m.start, &m.end,
		   rights, &m.offset, &device, &inode, &path) < 4 ||
	    !path || (size_t)path >= len || line[path] != '/' || rights[2] != 'x')
		return;
	m.object = usyms_object(u, line + device, (size_t)(inode - device), line + path,
				len - (size_t)path);
	added = vec_add(&p->arena, &p->maps);
	*added = m;
}

/* Replaces what is known about a process, unless it is gone and there is nothing to read. */
static void usyms_read(struct usyms *u, struct process *p)
{
	char path[32];
	size_t len = 0;
	char *text;

	p->read_at = usyms_now();
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", p->pid);
	text = text_read_file(path, USYMS_MAPS_FILE, &len);
	if (text && len) {
		arena_done(&p->arena);
		memset(&p->maps, 0, sizeof(p->maps));
		for (char *line = text; *line;) {
			size_t n = strcspn(line, "\n");
			bool more = line[n] == '\n';

			line[n] = '\0';
			usyms_line(u, p, line, n);
			line += n + more;
		}
	}
	free(text);
}

static struct process *usyms_process(struct usyms *u, u32 pid, bool *is_new)
{
	struct process *p = table_get(&u->processes, &pid, sizeof(pid));

	*is_new = !p;
	if (p || u->processes.n >= USYMS_PROCESSES)
		return p;
	p = arena_new(&u->arena, struct process);
	p->pid = pid;
	arena_init(&p->arena);
	p->next = u->first_process;
	u->first_process = p;
	table_set(&u->processes, &pid, sizeof(pid), p);
	usyms_read(u, p);
	return p;
}

void usyms_watch(struct usyms *u, u32 pid)
{
	bool is_new;
	struct process *p = usyms_process(u, pid, &is_new);

	if (p && !is_new)
		usyms_read(u, p);
}

static void usyms_open(struct object *o, u32 pid, const struct mapping *m)
{
	char path[4096 + 64];
	int fd = -1;

	o->opened = true;
	if ((size_t)snprintf(path, sizeof(path), "/proc/%" PRIu32 "/root%s", pid, o->path) <
	    sizeof(path))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		snprintf(path, sizeof(path), "/proc/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64,
			 pid, m->start, m->end);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0)
		fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		o->syms = elfsyms_new(fd);
}

static const struct mapping *usyms_mapping(const struct process *p, u64 address)
{
	for (size_t i = 0; i < p->maps.n; i++) {
		if (address >= p->maps.at[i].start && address < p->maps.at[i].end)
			return &p->maps.at[i];
	}
	return NULL;
}

bool usyms_find(struct usyms *u, u32 pid, u64 address, struct usym *out)
{
	const struct mapping *m;
	struct process *p;
	struct object *o;
	bool is_new;

	p = usyms_process(u, pid, &is_new);
	m = p ? usyms_mapping(p, address) : NULL;
	if (p && !m && !is_new && usyms_now() - p->read_at > USYMS_AGAIN_NS) {
		usyms_read(u, p);
		m = usyms_mapping(p, address);
	}
	if (!m)
		return false;
	o = m->object;
	if (!o->opened)
		usyms_open(o, pid, m);
	out->path = o->path;
	out->name = o->syms ? elfsyms_find(o->syms, address - m->start + m->offset, &out->offset)
			    : NULL;
	return out->name != NULL;
}
