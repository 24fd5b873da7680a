/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds what is asked of the kernel in one go where it can be (inspect/walk.h). Else of /proc: there a process is asked what its
 * descriptors are only where readlink says that they are of BPF, as most are not.
 */
#include "inspect/refs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "inspect/walk.h"

#define EVENT "anon_inode:[perf_event]"

void refs_init(struct refs *r, struct arena *a)
{
	*r = (struct refs){ .arena = a };
	table_init(&r->table, a);
}

static struct ref_list *add(struct refs *r, struct handle_name name, u32 pid, const char *text)
{
	struct ref_list *list = table_get(&r->table, &name, sizeof(name));

	if (!list) {
		list = arena_new(r->arena, struct ref_list);
		table_set(&r->table, &name, sizeof(name), list);
	}
	/* A process that has two descriptors of an object holds it once. */
	for (size_t i = 0; pid && i < list->refs.n; i++)
		if (list->refs.at[i].pid == pid)
			return list;
	*vec_add(r->arena, &list->refs) = (struct ref){ pid, text };
	return list;
}

const struct ref_list *refs_of(const struct refs *r, enum handle_kind kind, u32 id)
{
	static const struct ref_list none;
	struct handle_name name = { kind, id };
	const struct ref_list *list = table_get(&r->table, &name, sizeof(name));

	return list ? list : &none;
}

void refs_each(const struct refs *r,
	       void (*fn)(void *arg, struct handle_name name, const struct ref_list *list),
	       void *arg)
{
	size_t pos = 0, len;
	const void *key;
	void *value;

	while (table_next(&r->table, &pos, &key, &len, &value)) {
		struct handle_name name;

		memcpy(&name, key, sizeof(name));
		fn(arg, name, value);
	}
}

/* ---- processes */

/* "anon_inode:bpf-map", "anon_inode:bpf_link", "anon_inode:btf", newer ones with brackets. */
static bool is_of_bpf(const char *link)
{
	static const char prefix[] = "anon_inode:";

	if (strncmp(link, prefix, sizeof(prefix) - 1) != 0)
		return false;
	link += sizeof(prefix) - 1;
	link += *link == '[';
	return !strncmp(link, "bpf", 3) || !strncmp(link, "btf", 3);
}

/* Where the walk is. Paths are relative to /proc, as each folder that is opened takes its time there. */
struct process {
	struct refs *refs;
	int proc, fds; /* /proc, PID/fd */
	const char *pid;
	const char *comm; /* NULL until it is needed */
	char *entries;    /* room for ENTRIES bytes */
	bool was_bpf;     /* the descriptor before */
};

enum { ENTRIES = 32768, LONGEST_ENTRY = 280 };

static const char *read_comm(struct arena *a, int proc, const char *pid)
{
	char path[300], text[64] = "";
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return arena_strdup(a, text);
}

/*
 * An event of perf has its program without a link where that was put there by ioctl: then only this tells of it. Its id; 0: it has
 * none.
 */
static u32 prog_of_event(u32 pid, u32 fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.task_fd_query.pid = pid;
	attr.task_fd_query.fd = fd;
	return handle_call(BPF_TASK_FD_QUERY, &attr, sizeof(attr)) < 0 ? 0
								       : attr.task_fd_query.prog_id;
}

static void read_event(struct process *p, const char *number)
{
	u32 pid = (u32)strtoul(p->pid, NULL, 10);
	u32 prog = prog_of_event(pid, (u32)strtoul(number, NULL, 10));

	if (!prog)
		return;
	if (!p->comm)
		p->comm = read_comm(p->refs->arena, p->proc, p->pid);
	add(p->refs, (struct handle_name){ HANDLE_PROG, prog }, pid, p->comm);
}

/* False: none of this process's may be seen. */
static bool read_descriptor(struct process *p, const char *number)
{
	char path[600], link[64] = "";
	struct handle_name name;
	u64 memory;
	ssize_t n;

	/* What follows an object of BPF mostly is one, too: then there is no need to ask twice. */
	if (!p->was_bpf) {
		n = readlinkat(p->fds, number, link, sizeof(link) - 1);
		if (n < 0 && (errno == EACCES || errno == EPERM))
			return false;
		link[n > 0 ? n : 0] = '\0';
		if (!strcmp(link, EVENT))
			read_event(p, number);
		if (!is_of_bpf(link))
			return true;
	}
	snprintf(path, sizeof(path), "%s/fdinfo/%s", p->pid, number);
	p->was_bpf = !handle_identify_memory(p->proc, path, &name, &memory);
	if (!p->was_bpf && !*link)
		return read_descriptor(p, number); /* which does ask now */
	if (!p->was_bpf)
		return true;
	if (!p->comm)
		p->comm = read_comm(p->refs->arena, p->proc, p->pid);
	add(p->refs, name, (u32)strtoul(p->pid, NULL, 10), p->comm)->memory = memory;
	return true;
}

static void read_process(struct process *p)
{
	char path[300];
	bool is_open = true;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/fd", p->pid);
	p->comm = NULL;
	p->was_bpf = false;
	p->fds = openat(p->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fds < 0 && errno != ENOENT)
		p->refs->is_partial = true;
	if (p->fds < 0)
		return;
	do {
		n = getdents64(p->fds, p->entries, ENTRIES);
		for (ssize_t at = 0; is_open && at < n;) {
			const struct dirent64 *e = (const void *)(p->entries + at);

			if (isdigit((u8)e->d_name[0]))
				is_open = read_descriptor(p, e->d_name);
			at += e->d_reclen;
		}
		/* Where there was room for one more, there was none. */
	} while (is_open && n > ENTRIES - LONGEST_ENTRY);
	if (!is_open)
		p->refs->is_partial = true;
	close(p->fds);
}

static void read_holders_by_proc(struct refs *r, struct arena *a)
{
	DIR *proc = opendir("/proc");
	struct process p = { .refs = r, .entries = arena_alloc(a, ENTRIES) };
	struct dirent *e;
	u32 self = (u32)getpid();

	refs_init(r, a);
	p.proc = proc ? dirfd(proc) : -1;
	while (proc && (e = readdir(proc))) {
		p.pid = e->d_name;
		if (isdigit((u8)*p.pid) && strtoul(p.pid, NULL, 10) != self)
			read_process(&p);
	}
	if (proc)
		closedir(proc);
}

/* ---- the same from the kernel */

/* Descriptors of a process follow each other. */
struct kernel_walk {
	struct refs *refs;
	int proc;
	u32 pid; /* of the last one */
	const char *comm;
};

/* False: it is none. */
static bool name_told(const struct kernel_walk *k, const struct walk_file *f,
		      struct handle_name *out)
{
	char link[WALK_LINK_TEXT], path[64];

	walk_link(f, link);
	if (handle_kind_of_link(link, &out->kind)) {
		out->id = f->ids[out->kind];
		return out->id;
	}
	if (!strcmp(link, EVENT)) {
		*out = (struct handle_name){ HANDLE_PROG, prog_of_event(f->process, f->fd) };
		return out->id;
	}
	snprintf(path, sizeof(path), "%u/fdinfo/%u", f->process, f->fd);
	return is_of_bpf(link) && !handle_identify(k->proc, path, out);
}

static void add_told(void *arg, const struct walk_file *f)
{
	struct kernel_walk *k = arg;
	struct handle_name name;
	struct ref_list *list;
	char text[16];

	if (!name_told(k, f, &name))
		return;
	if (f->process != k->pid) {
		snprintf(text, sizeof(text), "%u", f->process);
		k->comm = read_comm(k->refs->arena, k->proc, text);
		k->pid = f->process;
	}
	list = add(k->refs, name, f->process, k->comm);
	if (name.kind == HANDLE_PROG && name.id == f->ids[WALK_PROG])
		list->memory = walk_memory(f->pages);
}

int refs_walk_holders(struct refs *r, struct arena *a, const struct walk *w)
{
	struct kernel_walk k = { .refs = r };

	refs_init(r, a);
	k.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k.proc < 0)
		return -errno;
	walk_each_file(w, add_told, &k);
	close(k.proc);
	return 0;
}

void refs_read_holders(struct refs *r, struct arena *a)
{
	struct walk *w = NULL;
	int err = walk_pays_for_files() ? walk_open(&w) : -EOPNOTSUPP;

	if (!err)
		err = walk_run(w, WALK_FILES);
	if (!err)
		err = refs_walk_holders(r, a, w);
	walk_close(w);
	if (err)
		read_holders_by_proc(r, a);
}

struct refs_thread {
	struct refs *refs;
	struct arena *arena;
	pthread_t thread;
	bool is_thread; /* else it has been done at once */
};

static void *run_thread(void *arg)
{
	struct refs_thread *t = arg;

	/* A table of descriptors of its own needs no locks; where that is refused, they take turns. */
	unshare(CLONE_FILES);
	read_holders_by_proc(t->refs, t->arena);
	return NULL;
}

struct refs_thread *refs_begin_holders(struct refs *r, struct arena *a)
{
	struct refs_thread *t = arena_new(a, struct refs_thread);

	*t = (struct refs_thread){ .refs = r, .arena = a };
	t->is_thread = !pthread_create(&t->thread, NULL, run_thread, t);
	if (!t->is_thread)
		read_holders_by_proc(r, a);
	return t;
}

void refs_end_holders(struct refs_thread *t)
{
	if (t->is_thread)
		pthread_join(t->thread, NULL);
}

/* ---- pins */

struct pins {
	struct refs *refs;
	u32 n;
};

static void read_pin(struct pins *p, const char *path)
{
	struct handle_name name;
	int fd;

	if (++p->n > REFS_MAX_PINS) {
		p->refs->is_partial = true;
		return;
	}
	fd = handle_open_pinned(path);
	/* Gone meanwhile, or one of the files that the kernel itself puts there. */
	if (fd == -ENOENT)
		return;
	if (fd < 0) {
		p->refs->is_partial = true;
		return;
	}
	if (!handle_identify_fd(fd, &name))
		add(p->refs, name, 0, arena_strdup(p->refs->arena, path));
	close(fd);
}

static void walk_folder(struct pins *p, const char *path, int depth)
{
	DIR *dir = depth < REFS_MAX_DEPTH ? opendir(path) : NULL;
	struct dirent *e;

	if (!dir)
		p->refs->is_partial = true;
	while (dir && p->n <= REFS_MAX_PINS && (e = readdir(dir))) {
		char *inside;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		inside = arena_printf(p->refs->arena, "%s/%s", path, e->d_name);
		if (e->d_type == DT_DIR)
			walk_folder(p, inside, depth + 1);
		else if (e->d_type == DT_REG)
			read_pin(p, inside);
	}
	if (dir)
		closedir(dir);
}

/* A field of mountinfo, with "\040" for what separates fields. */
static char *unescape(char *s)
{
	char *to = s;

	for (const char *from = s; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return s;
}

void refs_read_pins(struct refs *r, struct arena *a)
{
	char *text = text_read_file("/proc/self/mountinfo", 16u << 20, NULL);
	struct pins pins = { .refs = r };
	struct table seen; /* devices, as one may be mounted twice */
	char *line, *rest = text;

	refs_init(r, a);
	table_init(&seen, a);
	if (!text)
		r->is_partial = true;
	/* 36 35 0:33 / /sys/fs/bpf rw,relatime shared:1 - bpf bpf rw */
	while ((line = strsep(&rest, "\n"))) {
		const char *dash = strstr(line, " - bpf ");
		char *field[5] = { 0 };

		for (int i = 0; dash && i < 5; i++)
			field[i] = strsep(&line, " ");
		if (!dash || !field[4] || table_get_str(&seen, field[2]))
			continue;
		table_set_str(&seen, field[2], r);
		walk_folder(&pins, unescape(field[4]), 0);
	}
	free(text);
}
