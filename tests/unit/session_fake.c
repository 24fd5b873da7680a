/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/session_fake.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

static int fake_open(const void *elf, size_t len, const struct script *script,
		     const struct engine_options *opts, struct diag *d, void **out)
{
	(void)len;
	(void)script;
	(void)opts;
	(void)d;
	*out = (void *)(uintptr_t)elf;
	return 0;
}

static int fake_load(void *e, struct diag *d)
{
	(void)e;
	(void)d;
	return 0;
}

static int fake_attach(void *e, u32 program, u32 *attached, struct diag *d)
{
	struct fake *f = e;

	(void)d;
	*attached = f->script.programs.at[program].target_count;
	f->attached += *attached;
	return 0;
}

static int fake_run_program(void *e, u32 program)
{
	struct fake *f = e;

	if (f->on_run)
		f->on_run(f, program);
	return 0;
}

static int fake_events_fd(void *e)
{
	return ((struct fake *)e)->fd;
}

static int fake_events_consume(void *e, engine_event_fn fn, void *arg)
{
	struct fake *f = e;
	u64 unused;
	int n = 0;

	if (read(f->fd, &unused, sizeof(unused)) < 0)
		unused = 0;
	while (f->consumed < f->ring.len) {
		u32 len;
		const char *record = f->ring.data + f->consumed + 4;

		memcpy(&len, record - 4, 4);
		f->consumed += 4 + len;
		n++;
		if (fn(arg, record, len))
			break;
	}
	unused = 1;
	if (f->consumed < f->ring.len && write(f->fd, &unused, sizeof(unused)) < 0)
		abort();
	return n;
}

static int fake_map_open(void *e, const char *name)
{
	struct fake *f = e;

	for (u32 i = 0; i < f->map_count; i++) {
		if (!strcmp(f->maps[i].name, name))
			return (int)i;
	}
	return -ENOENT;
}

static int fake_find(const struct fake_map *m, const void *key)
{
	for (u32 i = 0; i < m->count; i++) {
		if (!memcmp(m->keys[i], key, m->key_size))
			return (int)i;
	}
	return -ENOENT;
}

static int fake_map_next(void *e, int map, const void *key, void *next)
{
	const struct fake_map *m = &((struct fake *)e)->maps[map];
	int i = key ? fake_find(m, key) + 1 : 0;

	if (i < 0 || (u32)i >= m->count)
		return -ENOENT;
	memcpy(next, m->keys[i], m->key_size);
	return 0;
}

static int fake_map_lookup(void *e, int map, const void *key, void *value)
{
	const struct fake_map *m = &((struct fake *)e)->maps[map];
	int i = fake_find(m, key);

	if (i < 0)
		return i;
	memcpy(value, m->values[i], m->value_size);
	return 0;
}

static int fake_map_update(void *e, int map, const void *key, const void *value)
{
	fake_put(&((struct fake *)e)->maps[map], key, value);
	return 0;
}

static int fake_map_delete(void *e, int map, const void *key)
{
	struct fake_map *m = &((struct fake *)e)->maps[map];
	int i = fake_find(m, key);

	if (i < 0)
		return i;
	free(m->values[i]);
	m->count--;
	memmove(m->keys[i], m->keys[i + 1], (m->count - (u32)i) * sizeof(m->keys[0]));
	memmove(&m->values[i], &m->values[i + 1], (m->count - (u32)i) * sizeof(m->values[0]));
	return 0;
}

static u32 fake_cpu_count(void *e)
{
	(void)e;
	return FAKE_CPUS;
}

static u8 *fake_bss(void *e, size_t *size)
{
	struct fake *f = e;

	*size = sizeof(f->bss);
	return (u8 *)f->bss;
}

static int fake_stack(void *e, s64 id, u64 *addrs, u32 max)
{
	struct fake *f = e;
	u32 n = 0;

	if (id >= 4)
		return -ENOENT;
	while (n < max && n < 8 && f->stacks[id][n]) {
		addrs[n] = f->stacks[id][n];
		n++;
	}
	return (int)n;
}

static void fake_quiesce(void *e)
{
	((struct fake *)e)->quiesced++;
}

static void fake_detach(void *e)
{
	((struct fake *)e)->detached++;
}

static void fake_close(void *e)
{
	(void)e;
}

const struct engine_ops fake_engine = {
	.name = "fake",
	.open = fake_open,
	.load = fake_load,
	.attach = fake_attach,
	.run = fake_run_program,
	.events_fd = fake_events_fd,
	.events_consume = fake_events_consume,
	.map_open = fake_map_open,
	.map_next = fake_map_next,
	.map_lookup = fake_map_lookup,
	.map_update = fake_map_update,
	.map_delete = fake_map_delete,
	.cpu_count = fake_cpu_count,
	.bss = fake_bss,
	.stack = fake_stack,
	.quiesce = fake_quiesce,
	.detach = fake_detach,
	.close = fake_close,
};

void fake_init(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	arena_init(&f->arena);
	diag_init(&f->d, &f->arena);
	script_init(&f->script, &f->arena);
	f->script.print_maps_on_exit = true;
	f->script.source_name = "test.bt";
}

void fake_done(struct fake *f)
{
	for (u32 i = 0; i < f->map_count; i++) {
		for (u32 j = 0; j < f->maps[i].count; j++)
			free(f->maps[i].values[j]);
	}
	buf_done(&f->ring);
	buf_done(&f->out);
	buf_done(&f->notes);
	close(f->fd);
	arena_done(&f->arena);
}

struct fake_map *fake_map(struct fake *f, const char *name, u32 key_size, u32 value_size)
{
	struct fake_map *m = &f->maps[f->map_count++];

	m->name = name;
	m->key_size = key_size;
	m->value_size = value_size;
	return m;
}

void fake_put(struct fake_map *m, const void *key, const void *value)
{
	int i = fake_find(m, key);

	if (i < 0) {
		i = (int)m->count++;
		memcpy(m->keys[i], key, m->key_size);
		m->values[i] = malloc(m->value_size);
	}
	memcpy(m->values[i], value, m->value_size);
}

void fake_event(struct fake *f, u32 action, const void *payload, size_t len)
{
	u64 one = 1;

	buf_u32(&f->ring, (u32)(8 + len));
	buf_u32(&f->ring, action);
	buf_u32(&f->ring, 0);
	buf_put(&f->ring, payload, len);
	if (write(f->fd, &one, sizeof(one)) < 0)
		abort();
}

struct script_action *fake_action(struct fake *f, enum script_action_kind kind, const char *text,
				  u32 size)
{
	struct script_action *a = vec_add(&f->arena, &f->script.actions);

	a->kind = kind;
	a->text = text;
	a->size = size;
	return a;
}

void fake_arg(struct fake *f, struct script_action *a, const struct type *type, u32 offset)
{
	struct script_arg *arg = vec_add(&f->arena, &a->args);

	*arg = (struct script_arg){ type, offset };
}

struct script_map *fake_script_map(struct fake *f, const char *name, const char *bpf_name,
				   const struct type *key, const struct type *value, bool per_cpu)
{
	struct script_map *m = vec_add(&f->arena, &f->script.maps);

	*m = (struct script_map){ .name = name,
				  .bpf_name = bpf_name,
				  .key = key,
				  .value = value,
				  .per_cpu = per_cpu,
				  .max_entries = FAKE_ENTRIES };
	return m;
}

struct script_program *fake_program(struct fake *f, enum attach kind, const char *name)
{
	struct script_target *t = vec_add(&f->arena, &f->script.targets);
	struct script_program *p = vec_add(&f->arena, &f->script.programs);

	t->name = name;
	p->func = name;
	p->kind = kind;
	p->first_target = (u32)f->script.targets.n - 1;
	p->target_count = 1;
	p->clause = (u32)f->script.programs.n - 1;
	return p;
}

static void fake_read(int fd, struct buf *text)
{
	char part[4096];
	ssize_t n;
	off_t at = 0;

	while ((n = pread(fd, part, sizeof(part), at)) > 0) {
		buf_put(text, part, (size_t)n);
		at += n;
	}
}

int fake_run(struct fake *f)
{
	int out_fd = memfd_create("out", MFD_CLOEXEC),
	    notes_fd = memfd_create("notes", MFD_CLOEXEC), err;
	struct out out, notes;

	out_init(&out, out_fd, f->json);
	out_init(&notes, notes_fd, false);
	err = session_run(&fake_engine, f, sizeof(*f), &f->script, &f->opts, &out, &notes,
			  &f->result, &f->d);
	out_done(&out);
	out_done(&notes);
	fake_read(out_fd, &f->out);
	fake_read(notes_fd, &f->notes);
	close(out_fd);
	close(notes_fd);
	return err;
}

void fake_capture(struct buf *text, bool json, void (*fn)(struct out *o, void *arg), void *arg)
{
	int fd = memfd_create("out", MFD_CLOEXEC);
	struct out o;

	out_init(&o, fd, json);
	fn(&o, arg);
	out_done(&o);
	fake_read(fd, text);
	close(fd);
}
