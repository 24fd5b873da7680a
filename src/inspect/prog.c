/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of bpf(2) tells all, ids of maps and the function's type included, unless there are more maps than there is room for. The kernel
 * keeps 15 letters of a name: of longer ones the function's in BTF has the rest.
 */
#include "inspect/prog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspect/btfinfo.h"
#include "inspect/handle.h"
#include "inspect/walk.h"
#include "isa/prog_type.h"

enum { FEW_MAPS = 32 };

static s64 booted_at(void)
{
	struct timespec real, boot;

	if (clock_gettime(CLOCK_REALTIME, &real) || clock_gettime(CLOCK_BOOTTIME, &boot))
		return 0;
	return (s64)(real.tv_sec - boot.tv_sec) * 1000000000 + real.tv_nsec - boot.tv_nsec;
}

void prog_reader_init(struct prog_reader *r, struct arena *a)
{
	*r = (struct prog_reader){ .arena = a, .booted_at = booted_at() };
	table_init(&r->btfs, a);
	r->maps = arena_array(a, u32, FEW_MAPS);
}

void prog_reader_done(struct prog_reader *r)
{
	size_t pos = 0, len;
	const void *key;
	void *btf;

	while (table_next(&r->btfs, &pos, &key, &len, &btf))
		rawbtf_free(btf);
}

static struct rawbtf *btf_of(struct prog_reader *r, u32 id)
{
	struct rawbtf *btf = table_get(&r->btfs, &id, sizeof(id));

	if (!btf && !btfinfo_open(id, NULL, &btf))
		table_set(&r->btfs, &id, sizeof(id), btf);
	return btf;
}

static s64 loaded_at(const struct prog_reader *r, const struct bpf_prog_info *info)
{
	return info->load_time ? (r->booted_at + (s64)info->load_time) / 1000000000 : 0;
}

static const char *name_of(struct prog_reader *r, const struct bpf_prog_info *info, u32 func)
{
	size_t len = strnlen(info->name, sizeof(info->name) - 1);
	const struct rawbtf *btf;
	const struct btf_type *t;
	const char *full;

	if (len == sizeof(info->name) - 1 && info->btf_id && func) {
		btf = btf_of(r, info->btf_id);
		t = btf ? rawbtf_type(btf, func) : NULL;
		full = t ? rawbtf_str(btf, t->name_off) : "";
		if (!strncmp(full, info->name, len))
			return arena_strdup(r->arena, full);
	}
	return arena_strndup(r->arena, info->name, len);
}

/* All ids: there are more than fit, and there may be still more by now. */
static int read_maps(struct prog_reader *r, int fd, struct prog *out)
{
	struct bpf_prog_info info = { 0 };
	u32 room = out->info.nr_map_ids, *ids;
	int err;

	if (room > PROG_MAX_MAPS)
		return -E2BIG;
	ids = arena_array(r->arena, u32, room);
	info.map_ids = (u64)(uintptr_t)ids;
	info.nr_map_ids = room;
	err = handle_info(fd, &info, sizeof(info));
	if (err)
		return err;
	out->map_ids = ids;
	if (info.nr_map_ids < room)
		out->info.nr_map_ids = info.nr_map_ids;
	return 0;
}

int prog_read(struct prog_reader *r, int fd, u32 id, struct prog *out)
{
	struct bpf_func_info func = { 0 };
	struct bpf_prog_info info = { 0 };
	u32 *ids;
	int err;

	*out = (struct prog){ .name = "" };
	info.map_ids = (u64)(uintptr_t)r->maps;
	info.nr_map_ids = FEW_MAPS;
	info.func_info = (u64)(uintptr_t)&func;
	info.func_info_rec_size = sizeof(func);
	info.nr_func_info = 1;
	err = handle_info(fd, &info, sizeof(info));
	if (err == -ENODEV) {
		out->is_orphaned = true;
		out->info.id = id;
		return 0;
	}
	if (err)
		return err;
	out->name = name_of(r, &info, info.nr_func_info ? func.type_id : 0);
	info.map_ids = info.func_info = 0;
	out->info = info;
	out->loaded_at = loaded_at(r, &info);
	if (info.nr_map_ids > FEW_MAPS)
		return read_maps(r, fd, out);
	ids = arena_array(r->arena, u32, info.nr_map_ids + 1);
	memcpy(ids, r->maps, info.nr_map_ids * sizeof(*ids));
	out->map_ids = ids;
	return 0;
}

/* A device's driver tells of its programs, and there are those with more maps and functions than most. */
static bool has_more(const struct walk_prog *told)
{
	return told->is_offloaded || told->map_count > WALK_FEW || told->func_count > WALK_FEW;
}

int prog_take(struct prog_reader *r, const struct walk *w, const struct walk_prog *told,
	      struct prog *out)
{
	int fd = has_more(told) ? handle_open(HANDLE_PROG, told->id) : -1, err;
	u32 *ids;

	if (has_more(told)) {
		err = fd < 0 ? fd : prog_read(r, fd, told->id, out);
		if (fd >= 0)
			close(fd);
	} else {
		*out = (struct prog){ 0 };
		walk_info(w, told, &out->info);
		out->loaded_at = loaded_at(r, &out->info);
		out->name = name_of(r, &out->info, told->func);
		ids = arena_array(r->arena, u32, told->map_count + 1);
		memcpy(ids, told->maps, told->map_count * sizeof(*ids));
		out->map_ids = ids;
		err = 0;
	}
	out->memory = walk_memory(told->pages);
	return err;
}

const char *prog_type_text(const struct prog *p)
{
	const struct prog_type_info *info = prog_type_info(p->info.type);

	return info ? info->name : NULL;
}

int prog_count_runs(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.enable_stats.type = BPF_STATS_RUN_TIME;
	return handle_call(BPF_ENABLE_STATS, &attr, sizeof(attr));
}
