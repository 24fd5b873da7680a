/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/map/data.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "btf/literal_words.h"
#include "cmd/noun/select.h"

void map_data_init(struct map_data *d, struct noun_args *a, const struct map_entry *e)
{
	*d = (struct map_data){ a, e, NULL, NULL, NULL, { -1, -1 } };
	d->key = arena_alloc(a->arena, (size_t)e->m->info.key_size + 8);
	d->value = arena_alloc(a->arena, (size_t)e->m->value_bytes + 8);
	d->named = arena_alloc(a->arena, (size_t)e->m->info.value_size + 8);
}

void map_data_done(struct map_data *d)
{
	for (int i = 0; i < 2; i++)
		if (d->fds[i] >= 0)
			close(d->fds[i]);
}

/* How many words there are up to one that ends them. */
static u32 words_of(const struct noun_args *a)
{
	static const char *const ends[] = { "key", "value", "cpu", "any", "exist", "noexist" };
	int n = a->at;

	for (; n < a->count; n++)
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (!strcmp(a->words[n], ends[i]))
				return (u32)(n - a->at);
	return (u32)(n - a->at);
}

static int take_words(struct map_data *d, const char *what, u32 type, u8 *out, u8 *mask, u32 size)
{
	struct noun_args *a = d->a;
	char *const *words = a->words + a->at;
	u32 n = words_of(a);

	a->at += (int)n;
	if (literal_words(a->diag, what, d->e->types.btf, type, words, n, out, mask, size))
		return noun_misused(a);
	return 0;
}

/* A descriptor as the value or key. */
static int keep(struct map_data *d, int which, int fd, u8 *out)
{
	if (fd < 0)
		return fd;
	d->fds[which] = fd;
	memcpy(out, &fd, sizeof(fd));
	return 0;
}

static int open_path(struct noun_args *a, const char *what, int flags)
{
	const char *path;
	int fd, err = noun_need(a, what, &path);

	if (err)
		return err;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? diag_errno(a->diag, errno, "cannot open '%s'", path) : fd;
}

static int open_process(struct noun_args *a)
{
	u64 pid;
	long fd;
	int err;

	noun_take(a, "pid");
	err = noun_need_u64(a, "the process's id", INT32_MAX, &pid);
	if (err)
		return err;
	fd = syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (fd < 0)
		return diag_errno(a->diag, errno, "cannot open process %llu",
				  (unsigned long long)pid);
	return (int)fd;
}

int map_data_key(struct map_data *d)
{
	const struct mapinfo *m = d->e->m;
	struct noun_args *a = d->a;

	if (!m->info.key_size)
		return noun_usage(a, "maps of type %s have no keys",
				  m->type ? m->type->name : "this");
	noun_take(a, "key");
	switch (m->info.type) {
	case MAP_TYPE_TASK_STORAGE:
		return keep(d, 0, open_process(a), d->key);
	case MAP_TYPE_CGRP_STORAGE:
		return keep(d, 0, open_path(a, "the folder of the cgroup", O_RDONLY | O_DIRECTORY),
			    d->key);
	case MAP_TYPE_INODE_STORAGE:
		return keep(d, 0, open_path(a, "the path of the file", O_RDONLY), d->key);
	default:
		return take_words(d, "key", d->e->types.key, d->key, NULL, m->info.key_size);
	}
}

int map_data_value(struct map_data *d)
{
	const struct mapinfo *m = d->e->m;
	u32 id;

	if (m->info.type == MAP_TYPE_PROG_ARRAY)
		return keep(d, 1, noun_select_one(d->a, HANDLE_PROG, &id), d->value);
	if (m->traits & MAP_TRAIT_OF_MAPS)
		return keep(d, 1, noun_select_one(d->a, HANDLE_MAP, &id), d->value);
	if (m->info.type == MAP_TYPE_CGROUP_ARRAY)
		return keep(d, 1,
			    open_path(d->a, "the folder of the cgroup", O_RDONLY | O_DIRECTORY),
			    d->value);
	return take_words(d, "value", d->e->types.value, d->value, d->named, m->info.value_size);
}
