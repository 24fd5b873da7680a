/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to outlive the process: DIR/progs/NAME, DIR/maps/NAME, DIR/links/NAME. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/host_impl.h"

#define BPF_FS 0xcafe4a11

static int make(struct host *h, const char *dir, const char *name, struct diag *d)
{
	const char *path = name ? arena_printf(&h->arena, "%s/%s", dir, name) : dir;

	if (mkdir(path, 0700) && errno != EEXIST)
		return diag_errno(d, errno, "--pin: the directory %s cannot be made", path);
	return 0;
}

/* Section names begin with a dot, which the file system does not take. */
static int pin(struct host *h, int fd, const char *dir, const char *kind, const char *name,
	       u32 number, struct diag *d)
{
	const char *path = arena_printf(&h->arena, number ? "%s/%s/%s_%u" : "%s/%s/%s", dir, kind,
					name + (*name == '.'), number + 1);
	int err = bpf_obj_pin(fd, path);

	if (err)
		diag_errno(d, -err, "--pin: %s cannot be made", path);
	if (err == -EEXIST)
		diag_hint(d, "`rm -r %s` takes off what was left there before", dir);
	return err;
}

static int pin_links(struct host *h, const char *dir, struct diag *d)
{
	for (size_t i = 0; i < h->held.n; i++) {
		const struct host_held *held = &h->held.at[i];
		int fd = held->link ? bpf_link__fd(held->link) : held->fd, err;
		u32 same = 0;

		for (size_t k = 0; k < i; k++)
			same += !strcmp(h->held.at[k].name, held->name);
		if (!held->link && held->fd < 0)
			return diag_error(d, LOC_NONE,
					  "--pin: %s is attached in a way that cannot be pinned",
					  held->name);
		err = pin(h, fd, dir, "links", held->name, same, d);
		if (err)
			return err;
	}
	return 0;
}

static void unpin(struct host *h, const char *dir)
{
	static const char *const kinds[] = { "links", "progs", "maps" };

	for (size_t i = 0; i < h->held.n; i++)
		for (u32 k = 0; k <= i; k++)
			unlink(arena_printf(&h->arena, k ? "%s/links/%s_%u" : "%s/links/%s", dir,
					    h->held.at[i].name, k + 1));
	for (size_t i = 0; i < h->img->progs.n; i++)
		unlink(arena_printf(&h->arena, "%s/progs/%s", dir, h->img->progs.at[i].name));
	for (size_t i = 0; i < h->img->maps.n; i++) {
		const char *name = h->img->maps.at[i].name;

		unlink(arena_printf(&h->arena, "%s/maps/%s", dir, name + (*name == '.')));
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		rmdir(arena_printf(&h->arena, "%s/%s", dir, kinds[i]));
	rmdir(dir);
}

static int pin_all(struct host *h, const char *dir, struct diag *d)
{
	int err = 0;

	for (size_t i = 0; i < h->img->progs.n && !err; i++) {
		if (h->progs[i].prog)
			err = pin(h, bpf_program__fd(h->progs[i].prog), dir, "progs",
				  h->progs[i].image->name, 0, d);
	}
	for (size_t i = 0; i < h->img->maps.n && !err; i++) {
		if (h->maps[i] >= 0)
			err = pin(h, h->maps[i], dir, "maps", h->img->maps.at[i].name, 0, d);
	}
	return err ? err : pin_links(h, dir, d);
}

int host_pin(struct host *h, const char *dir, struct diag *d)
{
	struct statfs fs;
	int err = make(h, dir, NULL, d);

	if (err)
		return err;
	if (statfs(dir, &fs) || (u32)fs.f_type != BPF_FS) {
		rmdir(dir);
		diag_error(d, LOC_NONE, "--pin: %s is not in a BPF file system", dir);
		diag_hint(d, "one is at /sys/fs/bpf, mostly: mount -t bpf bpf /sys/fs/bpf");
		return -EINVAL;
	}
	if (!access(arena_printf(&h->arena, "%s/links", dir), F_OK)) {
		diag_error(d, LOC_NONE, "--pin: there is something in %s already", dir);
		diag_hint(d, "`rm -r %s` takes it off", dir);
		return -EEXIST;
	}
	err = make(h, dir, "progs", d);
	if (!err)
		err = make(h, dir, "maps", d);
	if (!err)
		err = make(h, dir, "links", d);
	if (!err)
		err = pin_all(h, dir, d);
	if (err)
		unpin(h, dir);
	return err;
}
