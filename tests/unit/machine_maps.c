/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps for tests, ours and the kernel's: see machine_maps.h. */
#include "unit/machine_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/test.h"

struct map_spec maps_spec(enum bpf_map_type type, u32 key_size, u32 value_size, u32 max_entries,
			  u32 flags)
{
	int cpus = libbpf_num_possible_cpus();

	return (struct map_spec){ .name = "test",
				  .type = type,
				  .key_size = key_size,
				  .value_size = value_size,
				  .max_entries = max_entries,
				  .flags = flags,
				  .cpus = cpus > 0 ? (u32)cpus : 1,
				  .spin_lock = -1,
				  .timer = -1,
				  .work = -1 };
}

static int make(const struct map_spec *spec, struct map **out, char **complaint)
{
	struct arena a;
	struct diag d;
	int err;

	arena_init(&a);
	diag_init(&d, &a);
	*out = NULL;
	err = map_new(spec, &d, out);
	CHECK_EQ(d.errors != 0, err != 0);
	if (complaint && d.errors)
		*complaint = strdup(d.items.at[0].text);
	arena_done(&a);
	return err;
}

struct map *maps_make(const struct map_spec *spec)
{
	struct map *m;

	CHECK_EQ(make(spec, &m, NULL), 0);
	return m;
}

int maps_try(const struct map_spec *spec)
{
	struct map *m;
	int err = make(spec, &m, NULL);

	map_put(m);
	return err;
}

char *maps_complaint(const struct map_spec *spec)
{
	struct map *m;
	char *text = NULL;

	make(spec, &m, &text);
	map_put(m);
	return text;
}

int maps_make_in_kernel(const struct map_spec *spec, int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = spec->flags, .map_extra = spec->extra,
		    .inner_map_fd = (u32)inner);
	int fd = bpf_map_create(spec->type, "skep_test", spec->key_size, spec->value_size,
				spec->max_entries, &opts);

	return fd < 0 ? -errno : fd;
}

bool maps_has_kernel(void)
{
	struct map_spec spec = maps_spec(BPF_MAP_TYPE_HASH, 4, 4, 1, 0);
	int fd = maps_make_in_kernel(&spec, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

struct run *maps_run(u32 cpu)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->cpu = cpu;
	return r;
}

u64 maps_random(u64 *state)
{
	u64 x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

void maps_random_bytes(u64 *state, void *to, size_t size)
{
	u8 *at = to;

	for (size_t i = 0; i < size; i++)
		at[i] = (u8)maps_random(state);
}
