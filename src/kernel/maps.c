/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps by handle. libbpf owns the descriptors; a handle is an index into instance.maps. The variables (.bss)
 * are the kernel's own pages mapped here, so that reading them costs nothing.
 */
#include "kernel/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_MAX_FRAMES 1024u /* the kernel's own limit is kernel.perf_event_max_stack */

static int adopt_bss(struct instance *k)
{
	struct bpf_map *map = bpf_object__find_map_by_name(k->object, SCRIPT_BSS);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size;
	void *at;

	if (!map)
		return 0;
	size = bpf_map__value_size(map);
	at = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED,
		  bpf_map__fd(map), 0);
	if (at == MAP_FAILED)
		return -errno;
	k->bss = at;
	k->bss_size = size;
	return 0;
}

static int check_depth(const struct bpf_map *stacks)
{
	u32 frames = bpf_map__value_size(stacks) / (u32)sizeof(u64);

	return frames && frames <= STACK_MAX_FRAMES ? 0 : -EINVAL;
}

int maps_adopt(struct instance *k)
{
	struct bpf_map *ring = bpf_object__find_map_by_name(k->object, SCRIPT_RINGBUF);
	struct bpf_map *stacks = bpf_object__find_map_by_name(k->object, SCRIPT_STACKS);
	int err;

	if (ring) {
		err = ring_open(&k->ring, bpf_map__fd(ring), bpf_map__max_entries(ring));
		if (!err)
			err = pace_open(&k->pace, &k->ring);
		if (err)
			return err;
	}
	if (stacks) {
		err = check_depth(stacks);
		if (err)
			return err;
		k->stack_fd = bpf_map__fd(stacks);
	}
	k->stack = arena_array(&k->arena, u64, STACK_MAX_FRAMES);
	return adopt_bss(k);
}

void maps_release(struct instance *k)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	pace_close(&k->pace);
	ring_close(&k->ring);
	if (k->bss)
		munmap(k->bss, (k->bss_size + page - 1) / page * page);
	k->bss = NULL;
}

int maps_open(void *e, const char *name)
{
	struct instance *k = e;
	struct bpf_map *map;

	for (size_t i = 0; i < k->maps.n; i++)
		if (strcmp(k->maps.at[i].name, name) == 0)
			return (int)i;
	map = bpf_object__find_map_by_name(k->object, name);
	if (!map)
		return -ENOENT;
	if (k->maps.n >= INSTANCE_MAX_MAPS)
		return -E2BIG;
	*vec_add(&k->arena, &k->maps) = (struct instance_map){
		.name = arena_strdup(&k->arena, name),
		.fd = bpf_map__fd(map),
	};
	return (int)k->maps.n - 1;
}

static int map_fd(const struct instance *k, int map)
{
	return map >= 0 && (size_t)map < k->maps.n ? k->maps.at[map].fd : -1;
}

int maps_next(void *e, int map, const void *key, void *next)
{
	return bpf_map_get_next_key(map_fd(e, map), key, next);
}

int maps_lookup(void *e, int map, const void *key, void *value)
{
	return bpf_map_lookup_elem(map_fd(e, map), key, value);
}

int maps_update(void *e, int map, const void *key, const void *value)
{
	return bpf_map_update_elem(map_fd(e, map), key, value, BPF_ANY);
}

int maps_delete(void *e, int map, const void *key)
{
	return bpf_map_delete_elem(map_fd(e, map), key);
}

u32 maps_cpu_count(void *e)
{
	struct instance *k = e;

	if (!k->possible_cpus) {
		int n = libbpf_num_possible_cpus();

		k->possible_cpus = n > 0 ? (u32)n : 1;
	}
	return k->possible_cpus;
}

u8 *maps_bss(void *e, size_t *size)
{
	struct instance *k = e;

	*size = k->bss_size;
	return k->bss;
}

/* Stacks of a depth of their own lie in a map of their own, which the id's upper half names. */
static int stack_map(struct instance *k, s64 id)
{
	u32 depth = (u32)(id >> 32);
	char name[32];

	if (!depth)
		return k->stack_fd < 0 ? -ENOENT : k->stack_fd;
	snprintf(name, sizeof(name), "%s_%u", SCRIPT_STACKS, depth);
	struct bpf_map *map = bpf_object__find_map_by_name(k->object, name);
	if (!map)
		return -ENOENT;
	int err = check_depth(map);
	return err ? err : bpf_map__fd(map);
}

int maps_stack(void *e, s64 id, u64 *addrs, u32 max)
{
	struct instance *k = e;
	u32 key = (u32)id, n = 0;

	if (id < 0)
		return id > -4096 ? (int)id : -EINVAL;
	int fd = stack_map(k, id);
	if (fd < 0)
		return fd;
	memset(k->stack, 0, STACK_MAX_FRAMES * sizeof(u64));
	int err = bpf_map_lookup_elem(fd, &key, k->stack);
	if (err)
		return err;
	while (n < max && n < STACK_MAX_FRAMES && k->stack[n]) {
		addrs[n] = k->stack[n];
		n++;
	}
	return (int)n;
}
