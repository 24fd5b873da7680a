/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ids only grow, and the kernel lists them in order: so a reading is merged with the one before like two sorted lists. No
 * descriptor is kept, as that would keep the program.
 */
#include "inspect/cost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inspect/handle.h"
#include "inspect/prog.h"

/* Programs of one reading. */
struct reading {
	struct cost *at;
	size_t n, cap;
	double when; /* s */
};

struct cost_meter {
	int counting;               /* the kernel counts while it is open */
	struct reading readings[2]; /* the newest and the one before, which take turns */
	unsigned newest;
	u32 count, gone;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct cost_meter *cost_meter_new(void)
{
	struct cost_meter *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->counting = prog_count_runs();
	if (m->counting < 0) {
		errno = -m->counting;
		free(m);
		return NULL;
	}
	return m;
}

void cost_meter_free(struct cost_meter *m)
{
	if (!m)
		return;
	close(m->counting);
	free(m->readings[0].at);
	free(m->readings[1].at);
	free(m);
}

/* Room for one more at the end, zeroed. */
static struct cost *add(struct reading *r)
{
	struct cost *c;

	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 64;
		struct cost *at = realloc(r->at, cap * sizeof(*at));

		if (!at)
			return NULL;
		r->at = at;
		r->cap = cap;
	}
	c = &r->at[r->n++];
	memset(c, 0, sizeof(*c));
	return c;
}

static u64 map_memory(u32 id)
{
	int fd = handle_open(HANDLE_MAP, id);
	u64 n = fd < 0 ? 0 : handle_memory(fd);

	if (fd >= 0)
		close(fd);
	return n;
}

/* What stays the same, and the memory, which is looked at now and then. */
static void read_facts(int fd, u32 id, struct cost *c)
{
	struct prog_reader reader;
	struct arena arena;
	struct prog p;

	arena_init(&arena);
	prog_reader_init(&reader, &arena);
	if (!prog_read(&reader, fd, id, &p)) {
		c->type = p.info.type;
		c->insns = p.info.xlated_prog_len / (u32)sizeof(struct bpf_insn);
		strncpy(c->name, p.name, sizeof(c->name) - 1);
		c->memory = handle_memory(fd);
		for (u32 i = 0; i < p.info.nr_map_ids; i++)
			c->memory += map_memory(p.map_ids[i]);
	}
	prog_reader_done(&reader);
	arena_done(&arena);
}

static u64 growth(u64 now, u64 before)
{
	return now > before ? now - before : 0;
}

/* One program; old is what was known of it at the reading before, NULL if it is new. */
static int read_one(struct cost_meter *m, struct reading *now, const struct reading *before, u32 id,
		    const struct cost *old)
{
	struct bpf_prog_info info = { 0 };
	double passed = before->when > 0 ? now->when - before->when : 0;
	int fd = handle_open(HANDLE_PROG, id);
	struct cost *c;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (handle_info(fd, &info, sizeof(info))) {
		close(fd);
		return 0; /* bound to a device that has gone */
	}
	c = add(now);
	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	if (old)
		*c = *old;
	c->id = id;
	if (!old || m->count % COST_MEMORY_EVERY == 0)
		read_facts(fd, id, c);
	close(fd);
	c->runs = passed > 0 ? growth(info.run_cnt, c->total_runs) : 0;
	c->ns = passed > 0 ? growth(info.run_time_ns, c->total_ns) : 0;
	c->misses = passed > 0 ? growth(info.recursion_misses, c->total_misses) : 0;
	c->total_runs = info.run_cnt;
	c->total_ns = info.run_time_ns;
	c->total_misses = info.recursion_misses;
	memmove(c->cpu, c->cpu + 1, sizeof(c->cpu) - sizeof(c->cpu[0]));
	c->cpu[COST_HISTORY - 1] = passed > 0 ? (double)c->ns / 1e9 / passed : 0;
	return 0;
}

int cost_read(struct cost_meter *m)
{
	const struct reading *before = &m->readings[m->newest];
	struct reading *now = &m->readings[!m->newest];
	size_t old = 0;
	u32 id = 0;
	int err;

	m->gone = 0;
	now->n = 0;
	now->when = now_s();
	while (!(err = handle_next(HANDLE_PROG, &id))) {
		bool is_known;

		for (; old < before->n && before->at[old].id < id; old++)
			m->gone++;
		is_known = old < before->n && before->at[old].id == id;
		err = read_one(m, now, before, id, is_known ? &before->at[old] : NULL);
		if (err)
			return err;
		old += is_known;
	}
	m->gone += (u32)(before->n - old);
	m->newest = !m->newest;
	m->count++;
	return err == -ENOENT ? 0 : err;
}

const struct cost *cost_all(const struct cost_meter *m, size_t *n)
{
	*n = m->readings[m->newest].n;
	return m->readings[m->newest].at;
}

double cost_interval(const struct cost_meter *m)
{
	double before = m->readings[!m->newest].when;

	return before > 0 ? m->readings[m->newest].when - before : 0;
}

u32 cost_gone(const struct cost_meter *m)
{
	return m->gone;
}

double cost_each(const struct cost *c)
{
	return c->runs ? (double)c->ns / (double)c->runs : 0;
}

double cost_rate(const struct cost_meter *m, const struct cost *c)
{
	double passed = cost_interval(m);

	return passed > 0 ? (double)c->runs / passed : 0;
}

double cost_cpu(const struct cost *c)
{
	return c->cpu[COST_HISTORY - 1];
}
