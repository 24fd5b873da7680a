/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two tables: processes by pid, each with its executable mappings; files by device and inode, each with
 * its symbols, which are read when the first address falls into it.
 *
 * Mappings come from three places, asked in this order:
 *
 *	told    what the kernel told while we listened, the newest last; never forgotten, so that a stack from
 *	        before an exec can still be named
 *	read    /proc/PID/maps, read on the first miss: for what was there before we listened
 *	parent  those of the process that it was forked from, as a child that did not exec has the same
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
#include "session/execmaps.h"

enum { USYMS_MAPS_FILE = 64 << 20, USYMS_TOLD = 1024, USYMS_PARENTS = 8 };
/* More processes than these, and the one known for longest is forgotten. */
enum { USYMS_PROCESSES = 16384, USYMS_BUCKETS = 4096, USYMS_OBJECTS = 65536 };
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
	u32 pid, parent; /* parent: 0: not told */
	bool was_read;
	u64 read_at; /* CLOCK_MONOTONIC */
	vec_of(struct mapping) read;
	struct arena arena; /* of read */
	struct mapping *told;
	size_t told_count, told_cap;
	struct process *next;    /* in its bucket */
	struct process *younger; /* the next to be forgotten */
};

struct usyms {
	struct arena arena; /* of objects */
	struct table objects;
	struct object *first_object;
	struct process *buckets[USYMS_BUCKETS];
	struct process *oldest, *youngest;
	size_t process_count;
	struct execmaps *execmaps; /* NULL: nobody tells us */
};

struct usyms *usyms_new(void)
{
	struct usyms *u = calloc(1, sizeof(*u));

	if (!u)
		arena_exhausted();
	arena_init(&u->arena);
	table_init(&u->objects, &u->arena);
	return u;
}

static struct process **process_place(struct usyms *u, u32 pid)
{
	struct process **at = &u->buckets[pid % USYMS_BUCKETS];

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

static void process_forget_oldest(struct usyms *u)
{
	struct process *p = u->oldest;

	*process_place(u, p->pid) = p->next;
	u->oldest = p->younger;
	u->process_count--;
	arena_done(&p->arena);
	free(p->told);
	free(p);
}

/* Never NULL; may forget another one. */
static struct process *process_get(struct usyms *u, u32 pid)
{
	struct process *p = *process_place(u, pid);

	if (p)
		return p;
	if (u->process_count == USYMS_PROCESSES)
		process_forget_oldest(u);
	p = calloc(1, sizeof(*p));
	if (!p)
		arena_exhausted();
	p->pid = pid;
	arena_init(&p->arena);
	*process_place(u, pid) = p;
	if (u->oldest)
		u->youngest->younger = p;
	else
		u->oldest = p;
	u->youngest = p;
	u->process_count++;
	return p;
}

void usyms_free(struct usyms *u)
{
	if (!u)
		return;
	while (u->oldest)
		process_forget_oldest(u);
	for (struct object *o = u->first_object; o; o = o->next)
		elfsyms_free(o->syms);
	execmaps_free(u->execmaps);
	arena_done(&u->arena);
	free(u);
}

static u64 usyms_now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* The file with this device and inode, written as maps does ("08:01 1234"), and path; NULL if there are too many. */
static struct object *usyms_object(struct usyms *u, const char *id, size_t id_len, const char *path,
				   size_t path_len)
{
	struct object *o = table_get(&u->objects, id, id_len);

	if (o || u->objects.n >= USYMS_OBJECTS)
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
	if (!m.object)
		return;
	added = vec_add(&p->arena, &p->read);
	*added = m;
}

/* Replaces what was read of a process, unless it is gone and there is nothing to read. */
static void usyms_read(struct usyms *u, struct process *p)
{
	char path[32];
	size_t len = 0;
	char *text;

	p->was_read = true;
	p->read_at = usyms_now();
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", p->pid);
	text = text_read_file(path, USYMS_MAPS_FILE, &len);
	if (text && len) {
		arena_done(&p->arena);
		memset(&p->read, 0, sizeof(p->read));
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

void usyms_watch(struct usyms *u, u32 pid)
{
	usyms_read(u, process_get(u, pid));
}

static void process_make_room(struct process *p)
{
	size_t half = p->told_count / 2;

	if (p->told_count < p->told_cap)
		return;
	if (p->told_cap == USYMS_TOLD) {
		memmove(p->told, p->told + half, (p->told_count - half) * sizeof(*p->told));
		p->told_count -= half;
		return;
	}
	p->told_cap = p->told_cap ? 2 * p->told_cap : 8;
	p->told = realloc(p->told, p->told_cap * sizeof(*p->told));
	if (!p->told)
		arena_exhausted();
}

static void usyms_on_mapped(void *arg, u32 pid, const struct execmap *map)
{
	struct usyms *u = arg;
	struct process *p = process_get(u, pid);
	char id[64];
	int len = snprintf(id, sizeof(id), "%02" PRIx32 ":%02" PRIx32 " %" PRIu64, map->major,
			   map->minor, map->inode);
	struct object *o = usyms_object(u, id, (size_t)len, map->path, strlen(map->path));

	if (!o)
		return;
	process_make_room(p);
	p->told[p->told_count++] = (struct mapping){ map->start, map->end, map->offset, o };
}

static void usyms_on_forked(void *arg, u32 pid, u32 parent)
{
	struct process *p = process_get(arg, pid);

	p->parent = parent;
	p->was_read = false;
}

int usyms_listen(struct usyms *u)
{
	if (!u->execmaps)
		u->execmaps = execmaps_new();
	return u->execmaps ? execmaps_fd(u->execmaps) : -1;
}

void usyms_update(struct usyms *u)
{
	static const struct execmaps_events events = { usyms_on_mapped, usyms_on_forked };

	if (u->execmaps)
		execmaps_read(u->execmaps, &events, u);
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

static const struct mapping *mapping_at(const struct mapping *maps, size_t count, u64 address)
{
	for (size_t i = count; i-- > 0;) {
		if (address >= maps[i].start && address < maps[i].end)
			return &maps[i];
	}
	return NULL;
}

static const struct mapping *process_mapping(struct usyms *u, struct process *p, u64 address)
{
	const struct mapping *m = mapping_at(p->told, p->told_count, address);

	if (!m)
		m = mapping_at(p->read.at, p->read.n, address);
	if (m || (p->was_read && usyms_now() - p->read_at <= USYMS_AGAIN_NS))
		return m;
	usyms_read(u, p);
	return mapping_at(p->read.at, p->read.n, address);
}

bool usyms_find(struct usyms *u, u32 pid, u64 address, struct usym *out)
{
	const struct mapping *m = NULL;
	struct object *o;
	u32 of = pid;

	usyms_update(u);
	for (int i = 0; i < USYMS_PARENTS && of && !m; i++) {
		struct process *p = process_get(u, of);

		m = process_mapping(u, p, address);
		of = p->parent;
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
