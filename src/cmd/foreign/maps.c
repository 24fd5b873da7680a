/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps in the end, as `skep exec` prints them. The maps that are in a map of maps follow it, as "outer[key]", if they are not the
 * object's own, which have names; for that, they are put between these in a copy of the image.
 */
#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "cmd/exec/maps.h"
#include "cmd/exec/prepare.h"
#include "cmd/foreign/impl.h"

#define MAX_INNER 256    /* maps within a map that are shown */
#define MAX_KEY (1 << 9) /* bytes */

struct shown {
	struct foreign *f;
	struct image img;
	vec_of(int) fds; /* one for each of img's maps */
	vec_of(u32) ids; /* likewise, 0: not known */
	vec_of(int) opened;
};

/* ---- the engine that exec_maps.h asks */

static int next_key(struct exec_engine *e, u32 map, const void *key, void *next)
{
	const struct shown *s = e->own;
	int fd = s->fds.at[map];

	return fd < 0 ? -ENOENT : bpf_map_get_next_key(fd, key, next);
}

static int read_value(struct exec_engine *e, u32 map, const void *key, void *value)
{
	const struct shown *s = e->own;

	return bpf_map_lookup_elem(s->fds.at[map], key, value);
}

static int take_value(struct exec_engine *e, u32 map, void *value)
{
	const struct shown *s = e->own;

	return bpf_map_lookup_and_delete_elem(s->fds.at[map], NULL, value);
}

static s32 find_inner(struct exec_engine *e, u32 map, const void *outer)
{
	const struct shown *s = e->own;
	u32 id;

	if (bpf_map_lookup_elem(s->fds.at[map], outer, &id))
		return -ENOENT;
	for (size_t i = 0; i < s->ids.n; i++)
		if (s->ids.at[i] == id)
			return (s32)i;
	return -ESRCH;
}

static const struct exec_engine_ops ops = {
	.name = "kernel",
	.next = next_key,
	.read = read_value,
	.take = take_value,
	.inner = find_inner,
};

/* ---- maps of maps */

static u32 id_of(int fd)
{
	struct bpf_map_info info = { 0 };
	u32 size = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) ? info.id : 0;
}

static void add(struct shown *s, const struct image_map *m, int fd)
{
	*vec_add(&s->f->arena, &s->img.maps) = *m;
	*vec_add(&s->f->arena, &s->fds) = fd;
	*vec_add(&s->f->arena, &s->ids) = id_of(fd);
}

static bool is_own(const struct shown *s, u32 id)
{
	for (size_t i = 0; i < s->f->img.maps.n; i++)
		if (id_of(host_map_fd(s->f->host, (u32)i)) == id)
			return true;
	return false;
}

static const char *key_text(struct arena *a, const u8 *key, u32 size)
{
	char *text;
	u32 number;

	if (size == sizeof(number)) {
		memcpy(&number, key, sizeof(number));
		return arena_printf(a, "%u", number);
	}
	text = arena_alloc(a, 2 * (size_t)size + 3);
	strcpy(text, "0x");
	for (u32 i = 0; i < size; i++)
		snprintf(text + 2 + 2 * (size_t)i, 3, "%02x", key[i]);
	return text;
}

static void add_inner(struct shown *s, const struct image_map *outer, const u8 *key, u32 id)
{
	struct image_map inner = s->f->img.maps.at[outer->inner];
	struct bpf_map_info info = { 0 };
	u32 size = sizeof(info);
	int fd = is_own(s, id) ? -1 : bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return;
	*vec_add(&s->f->arena, &s->opened) = fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	inner.name = arena_printf(&s->f->arena, "%s[%s]", outer->name,
				  key_text(&s->f->arena, key, outer->key_size));
	inner.max_entries = info.max_entries;
	add(s, &inner, fd);
}

static void add_all_inner(struct shown *s, const struct image_map *outer, int fd)
{
	u8 keys[2][MAX_KEY], *key = NULL, *next = keys[0];

	if (outer->inner < 0 || outer->key_size > MAX_KEY || fd < 0)
		return;
	for (u32 n = 0; n < MAX_INNER && !bpf_map_get_next_key(fd, key, next); n++) {
		u32 id;

		key = next;
		next = key == keys[0] ? keys[1] : keys[0];
		if (!bpf_map_lookup_elem(fd, key, &id))
			add_inner(s, outer, key, id);
	}
}

void foreign_maps_print(struct foreign *f)
{
	struct shown s = { .f = f, .img = f->img };
	struct exec_job job = {
		.arena = &f->arena, .diag = &f->diag, .img = &s.img, .cpus = exec_cpus()
	};
	struct exec_engine engine = { .ops = &ops, .job = &job, .own = &s };

	memset(&s.img.maps, 0, sizeof(s.img.maps));
	for (size_t i = 0; i < f->img.maps.n; i++) {
		const struct image_map *m = &f->img.maps.at[i];
		int fd = host_map_fd(f->host, (u32)i);

		add(&s, m, fd);
		if (m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || m->type == BPF_MAP_TYPE_HASH_OF_MAPS)
			add_all_inner(&s, m, fd);
	}
	exec_maps_print(&engine, &f->out);
	for (size_t i = 0; i < s.opened.n; i++)
		close(s.opened.at[i]);
}
