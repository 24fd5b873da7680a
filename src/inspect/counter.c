/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/counter.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/warn.h"

/* PROFILE_OBJECT is given by the Makefile. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"counter_object_start:\n"
	".incbin \"" PROFILE_OBJECT "\"\n"
	"counter_object_end:\n"
	".popsection\n");
extern const char counter_object_start[], counter_object_end[];

struct counter {
	struct bpf_object *obj;
	struct bpf_link *enter, *leave;
	u32 cpus, count;
	int *events; /* count * cpus of them, -1: none, as of a CPU that is off */
};

static int open_event(const struct counter_event *e, int pid, int cpu)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
					.type = e->type,
					.config = e->config,
					.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
						       PERF_FORMAT_TOTAL_TIME_RUNNING };
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int counter_try(const struct counter_event *e)
{
	int fd = open_event(e, 0, -1);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int open_events(struct counter *c, const struct counter_event *events, struct diag *d)
{
	int map = bpf_object__find_map_fd_by_name(c->obj, "events"), err;

	for (u32 at = 0; at < c->count * c->cpus; at++) {
		const struct counter_event *e = &events[at / c->cpus];

		c->events[at] = open_event(e, -1, (int)(at % c->cpus));
		if (c->events[at] == -ENODEV)
			continue;
		if (c->events[at] < 0)
			return diag_errno(d, -c->events[at], "'%s' cannot be counted on CPU %u",
					  e->name, at % c->cpus);
		err = bpf_map_update_elem(map, &at, &c->events[at], BPF_ANY);
		if (err)
			return diag_errno(d, -err, "programs cannot read '%s'", e->name);
	}
	return 0;
}

static int prepare(struct counter *c, int prog, const char *func)
{
	struct profile_config config = { c->cpus, c->count };
	struct bpf_program *p;
	struct bpf_map *map;
	int err;

	c->obj = bpf_object__open_mem(counter_object_start,
				      (size_t)(counter_object_end - counter_object_start), NULL);
	if (!c->obj)
		return -errno;
	bpf_object__for_each_program(p, c->obj)
	{
		err = bpf_program__set_attach_target(p, prog, func);
		if (err)
			return err;
	}
	map = bpf_object__find_map_by_name(c->obj, "events");
	err = map ? bpf_map__set_max_entries(map, c->cpus * c->count) : -ENOENT;
	bpf_object__for_each_map(map, c->obj) if (!err && strstr(bpf_map__name(map), ".rodata"))
		err = bpf_map__set_initial_value(map, &config, sizeof(config));
	return err ? err : bpf_object__load(c->obj);
}

static int attach(struct counter *c)
{
	c->enter = bpf_program__attach(bpf_object__find_program_by_name(c->obj, "enter"));
	if (c->enter)
		c->leave = bpf_program__attach(bpf_object__find_program_by_name(c->obj, "leave"));
	return c->leave ? 0 : -errno;
}

/* Without libbpf's warnings. prog -1: what has been prepared is attached. */
static int call(struct counter *c, int prog, const char *func, struct diag *d)
{
	struct buf said = { 0 };
	int err;

	warn_begin(&said);
	err = prog >= 0 ? prepare(c, prog, func) : attach(c);
	warn_end();
	buf_done(&said);
	if (!err)
		return 0;
	diag_errno(d, -err, "no program can be put around '%s'", func);
	diag_hint(
		d,
		"the kernel needs BPF trampolines (fentry), and the program BTF of its functions");
	return err;
}

int counter_open(int prog, const char *func, const struct counter_event *events, u32 n,
		 struct counter **out, struct diag *d)
{
	struct counter *c = calloc(1, sizeof(*c));
	int cpus = libbpf_num_possible_cpus(), err;

	if (!c)
		arena_exhausted();
	assert(n && n <= PROFILE_EVENTS);
	if (cpus <= 0) {
		free(c);
		return diag_errno(d, cpus ? -cpus : EINVAL, "the CPUs cannot be counted");
	}
	c->cpus = (u32)cpus;
	c->count = n;
	c->events = calloc((size_t)n * c->cpus, sizeof(*c->events));
	if (!c->events)
		arena_exhausted();
	memset(c->events, -1, (size_t)n * c->cpus * sizeof(*c->events));
	err = call(c, prog, func, d);
	if (!err)
		err = open_events(c, events, d);
	if (!err)
		err = call(c, -1, func, d);
	if (err)
		counter_close(c);
	else
		*out = c;
	return err;
}

int counter_read(const struct counter *c, struct profile_value values[PROFILE_EVENTS], u64 *runs)
{
	struct profile_value(*of_cpus)[PROFILE_EVENTS] = calloc(c->cpus, sizeof(*of_cpus));
	u64 *counts = calloc(c->cpus, sizeof(*counts));
	u32 zero = 0;
	int err;

	if (!of_cpus || !counts)
		arena_exhausted();
	err = bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(c->obj, "sums"), &zero, of_cpus);
	if (!err)
		err = bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(c->obj, "runs"), &zero,
					  counts);
	memset(values, 0, PROFILE_EVENTS * sizeof(*values));
	*runs = 0;
	for (u32 cpu = 0; !err && cpu < c->cpus; cpu++) {
		for (u32 i = 0; i < c->count; i++) {
			values[i].counter += of_cpus[cpu][i].counter;
			values[i].enabled += of_cpus[cpu][i].enabled;
			values[i].running += of_cpus[cpu][i].running;
		}
		*runs += counts[cpu];
	}
	free(of_cpus);
	free(counts);
	return err;
}

void counter_close(struct counter *c)
{
	if (!c)
		return;
	bpf_link__destroy(c->enter);
	bpf_link__destroy(c->leave);
	for (u32 i = 0; i < c->count * c->cpus; i++)
		if (c->events[i] >= 0)
			close(c->events[i]);
	bpf_object__close(c->obj);
	free(c->events);
	free(c);
}
