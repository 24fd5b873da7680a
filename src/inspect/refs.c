/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process is asked what its descriptors are only where readlink says that they are of BPF, as most are not. */
#include "inspect/refs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static void refs_init(struct refs *r, struct arena *a)
{
	*r = (struct refs){ .arena = a };
	table_init(&r->table, a);
}

static void add(struct refs *r, struct handle_name name, u32 pid, const char *text)
{
	struct ref_list *list = table_get(&r->table, &name, sizeof(name));

	if (!list) {
		list = arena_new(r->arena, struct ref_list);
		table_set(&r->table, &name, sizeof(name), list);
	}
	/* A process that has two descriptors of an object holds it once. */
	for (size_t i = 0; pid && i < list->refs.n; i++)
		if (list->refs.at[i].pid == pid)
			return;
	*vec_add(r->arena, &list->refs) = (struct ref){ pid, text };
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

static const char *read_comm(struct refs *r, int dir)
{
	char text[64] = "";
	int fd = openat(dir, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return arena_strdup(r->arena, text);
}

static void read_process(struct refs *r, int proc, const char *pid)
{
	const char *comm = NULL;
	struct dirent *e;
	char path[300], link[64];
	DIR *fds;
	int dir = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int sub = dir < 0 ? -1 : openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fds = sub < 0 ? NULL : fdopendir(sub);
	if (sub < 0 && errno != ENOENT)
		r->is_partial = true;
	while (fds && (e = readdir(fds))) {
		ssize_t n = isdigit((u8)e->d_name[0])
				    ? readlinkat(sub, e->d_name, link, sizeof(link) - 1)
				    : 0;
		struct handle_name name;

		if (n < 0 && (errno == EACCES || errno == EPERM))
			r->is_partial = true;
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (!is_of_bpf(link))
			continue;
		snprintf(path, sizeof(path), "fdinfo/%s", e->d_name);
		if (handle_identify(dir, path, &name))
			continue;
		if (!comm)
			comm = read_comm(r, dir);
		add(r, name, (u32)strtoul(pid, NULL, 10), comm);
	}
	if (fds)
		closedir(fds);
	if (dir >= 0)
		close(dir);
}

void refs_read_holders(struct refs *r, struct arena *a)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	u32 self = (u32)getpid();

	refs_init(r, a);
	while (proc && (e = readdir(proc)))
		if (isdigit((u8)e->d_name[0]) && strtoul(e->d_name, NULL, 10) != self)
			read_process(r, dirfd(proc), e->d_name);
	if (proc)
		closedir(proc);
}

/* ---- pins */

struct walk {
	struct refs *refs;
	u32 pins;
};

static void read_pin(struct walk *w, const char *path)
{
	struct handle_name name;
	int fd;

	if (++w->pins > REFS_MAX_PINS) {
		w->refs->is_partial = true;
		return;
	}
	fd = handle_open_pinned(path);
	/* Gone meanwhile, or one of the files that the kernel itself puts there. */
	if (fd == -ENOENT)
		return;
	if (fd < 0) {
		w->refs->is_partial = true;
		return;
	}
	if (!handle_identify_fd(fd, &name))
		add(w->refs, name, 0, arena_strdup(w->refs->arena, path));
	close(fd);
}

static void walk_folder(struct walk *w, const char *path, int depth)
{
	DIR *dir = depth < REFS_MAX_DEPTH ? opendir(path) : NULL;
	struct dirent *e;

	if (!dir)
		w->refs->is_partial = true;
	while (dir && w->pins <= REFS_MAX_PINS && (e = readdir(dir))) {
		char *inside;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		inside = arena_printf(w->refs->arena, "%s/%s", path, e->d_name);
		if (e->d_type == DT_DIR)
			walk_folder(w, inside, depth + 1);
		else if (e->d_type == DT_REG)
			read_pin(w, inside);
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
	struct walk w = { .refs = r };
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
		walk_folder(&w, unescape(field[4]), 0);
	}
	free(text);
}
