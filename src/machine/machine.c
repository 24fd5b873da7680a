/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps first, for programs are resolved to their addresses; then programs, for program arrays hold them. */
#include "machine/machine.h"

#include <stdlib.h>
#include <string.h>

#include "machine/code.h"
#include "machine/sock.h"
#include "machine/owned.h"
#include "machine/timer.h"
#include "verify/field.h"

struct machine {
	const struct image *img;
	enum machine_mode mode;
	bool counts;
	u32 cpus;
	struct map **maps;
	struct code **codes;
	struct epoch *epoch; /* of the runs */
	struct timers *timers;
	struct owned *owned;
	const struct fib *fib;
	const struct cgroups *cgroups;
	struct socks socks; /* without an arena */
};

static bool is_data(const struct image_map *im)
{
	return im->origin >= IMAGE_MAP_DATA;
}

static bool is_constant(const struct image_map *im)
{
	return im->origin == IMAGE_MAP_RODATA || im->origin == IMAGE_MAP_KCONFIG;
}

/* Where in its values a field of a kind is; -1: nowhere. */
static s32 offset_of(const struct fields *fields, enum field_kind kind)
{
	const struct field *f = fields_find(fields, kind);

	return f ? (s32)f->offset : -1;
}

/* What copies of values leave out besides, as it owns something, or would lead to nowhere. */
static u32 find_kept(const struct fields *fields, struct map_field *kept, bool *has_roots)
{
	u32 n = 0;

	for (u32 i = 0; i < fields->count; i++) {
		const struct field *f = &fields->at[i];

		if (!field_owns(f) && !field_is_kptr(f))
			continue;
		*has_roots |= !field_is_kptr(f);
		kept[n++] = (struct map_field){ f->offset, f->size };
	}
	return n;
}

/* An inner map comes before the maps that hold its like; -ELOOP in the place of endless recursion. */
static int make_map(struct machine *m, u32 index, u32 level, const char *shared, struct diag *d)
{
	const struct image_map *im = &m->img->maps.at[index];
	struct map_field kept[FIELD_MAX];
	struct fields fields;

	fields_read(m->img->btf, im->value_type, &fields);
	struct map_spec spec = {
		.name = im->name,
		.type = im->type,
		.key_size = im->key_size,
		.value_size = im->value_size,
		.max_entries = im->max_entries,
		.flags = im->flags,
		.extra = im->extra,
		.cpus = m->cpus,
		.spin_lock = offset_of(&fields, FIELD_SPIN_LOCK),
		.timer = offset_of(&fields, FIELD_TIMER),
		.work = offset_of(&fields, FIELD_WORK_QUEUE),
		.epoch = m->epoch,
		.shared = shared,
		.kept = kept,
	};
	u32 zero = 0;
	int err;

	if (m->maps[index])
		return 0;
	if (fields.wrong)
		return diag_error(d, LOC_NONE, "map %s cannot be: %s", im->name, fields.wrong);
	spec.kept_count = find_kept(&fields, kept, &spec.keeps_roots);
	if (im->inner != IMAGE_NONE) {
		if (level || im->inner < 0 || (size_t)im->inner >= m->img->maps.n)
			return diag_error(d, LOC_NONE, "map %s: its inner map is not one",
					  im->name);
		err = make_map(m, (u32)im->inner, level + 1, shared, d);
		if (err)
			return err;
		spec.inner = m->maps[im->inner];
	}
	err = map_new(&spec, d, &m->maps[index]);
	if (!err)
		timers_watch(m->timers, m->maps[index]);
	if (!err && spec.kept_count)
		owned_watch(m->owned, m->maps[index], &fields);
	if (!err && im->data && is_data(im))
		err = map_write(m->maps[index], &zero, im->data, BPF_ANY);
	return err;
}

static int make_maps(struct machine *m, const char *shared, struct diag *d)
{
	for (u32 i = 0; i < m->img->maps.n; i++) {
		int err = make_map(m, i, 0, shared, d);

		if (err)
			return err;
	}
	return 0;
}

static int make_programs(struct machine *m, struct diag *d)
{
	for (u32 i = 0; i < m->img->progs.n; i++) {
		int err = code_new(m, &m->img->progs.at[i], d, &m->codes[i]);

		if (!err && m->counts) {
			m->codes[i]->hits = calloc(m->codes[i]->count, sizeof(u64));
			if (!m->codes[i]->hits)
				arena_exhausted();
		}
		if (!err && m->mode == MACHINE_JIT)
			err = jit_compile(m->codes[i], d);
		if (err && err != -ENOTSUP)
			return err;
	}
	return 0;
}

/* What is declared to be in maps of maps and in program arrays. */
static int fill_slots(struct machine *m, struct diag *d)
{
	for (u32 i = 0; i < m->img->maps.n; i++) {
		const struct image_map *im = &m->img->maps.at[i];
		bool has_progs = im->type == BPF_MAP_TYPE_PROG_ARRAY;
		size_t limit = has_progs ? m->img->progs.n : m->img->maps.n;

		for (size_t k = 0; k < im->slots.n; k++) {
			const struct image_slot *slot = &im->slots.at[k];
			int err = -EINVAL;

			if (slot->index >= 0 && (size_t)slot->index < limit)
				err = map_slot_set(m->maps[i], &slot->key,
						   has_progs ? (void *)m->codes[slot->index]
							     : (void *)m->maps[slot->index]);
			if (err) {
				diag_error(d, LOC_NONE, "map %s: entry %u cannot be filled: %s",
					   im->name, slot->key, strerror(-err));
				return err;
			}
		}
	}
	return 0;
}

int machine_new(const struct image *img, const struct machine_options *opts, struct diag *d,
		struct machine **out)
{
	struct machine *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		arena_exhausted();
	m->img = img;
	m->mode = opts->mode;
	m->counts = opts->count_hits;
	m->cpus = opts->cpus ? opts->cpus : 1;
	m->epoch = epoch_new();
	m->timers = timers_new();
	m->owned = owned_new(img->btf, m->cpus, m->epoch,
			     m->mode == MACHINE_CHECKED || m->mode == MACHINE_STEPPED);
	m->maps = calloc(img->maps.n + 1, sizeof(struct map *));
	m->codes = calloc(img->progs.n + 1, sizeof(struct code *));
	if (!m->epoch || !m->maps || !m->codes)
		arena_exhausted();
	err = make_maps(m, opts->shared, d);
	if (!err)
		err = make_programs(m, d);
	if (!err)
		err = fill_slots(m, d);
	if (err) {
		machine_free(m);
		return err;
	}
	*out = m;
	return 0;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->img->progs.n; i++)
		code_free(m->codes[i]);
	for (size_t i = 0; i < m->img->maps.n; i++) {
		if (m->maps[i]) /* somebody may still have it */
			map_on_drop(m->maps[i], NULL, NULL);
		map_put(m->maps[i]);
	}
	timers_free(m->timers);
	epoch_free(m->epoch);
	free(m->socks.all.at);
	owned_free(m->owned);
	free(m->codes);
	free(m->maps);
	free(m);
}

enum machine_mode machine_mode(const struct machine *m)
{
	return m->mode;
}

bool machine_steps(const struct machine *m)
{
	return m->counts || m->mode == MACHINE_STEPPED;
}

const struct image *machine_image(const struct machine *m)
{
	return m->img;
}

struct map *machine_map(struct machine *m, u32 index)
{
	return index < m->img->maps.n ? m->maps[index] : NULL;
}

struct timers *machine_timers(struct machine *m)
{
	return m->timers;
}

struct owned *machine_owned(struct machine *m)
{
	return m->owned;
}

void machine_set_fib(struct machine *m, const struct fib *fib)
{
	m->fib = fib;
}

const struct fib *machine_fib(const struct machine *m)
{
	return m->fib;
}

void machine_set_cgroups(struct machine *m, const struct cgroups *cgroups)
{
	m->cgroups = cgroups;
}

const struct cgroups *machine_cgroups(const struct machine *m)
{
	return m->cgroups;
}

void machine_set_socks(struct machine *m, const struct socks *socks)
{
	size_t bytes = socks->all.n * sizeof(*socks->all.at);

	if (m->socks.all.n != socks->all.n) {
		free(m->socks.all.at);
		m->socks.all.at = malloc(bytes + !bytes);
		if (!m->socks.all.at)
			arena_exhausted();
		m->socks.all.n = socks->all.n;
	}
	if (bytes)
		memcpy(m->socks.all.at, socks->all.at, bytes);
}

struct socks *machine_socks(struct machine *m)
{
	return &m->socks;
}

const struct code *machine_code(struct machine *m, u32 prog)
{
	return prog < m->img->progs.n ? m->codes[prog] : NULL;
}

const u64 *machine_hits(struct machine *m, u32 prog)
{
	return prog < m->img->progs.n ? m->codes[prog]->hits : NULL;
}

static bool count_hit(struct run *run, u32 insn, const u64 *regs)
{
	(void)regs;
	run->code->hits[insn]++;
	return true;
}

struct run *run_new(struct machine *m, u32 cpu)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		arena_exhausted();
	r->machine = m;
	r->cpu = cpu;
	r->fuel = RUN_NO_LIMIT;
	r->random = 0x9e3779b97f4a7c15ull + cpu;
	r->is_checked = m && (m->mode == MACHINE_CHECKED || m->mode == MACHINE_STEPPED);
	if (m && m->counts)
		r->step = count_hit;
	if (m)
		epoch_join(m->epoch, &r->reader);
	return r;
}

void run_free(struct run *r)
{
	if (!r)
		return;
	epoch_part(&r->reader);
	free(r->regions);
	free(r);
}

void machine_add_data(struct machine *m, struct run *r)
{
	for (u32 i = 0; i < m->img->maps.n && r->is_checked; i++) {
		const struct image_map *im = &m->img->maps.at[i];
		u32 stride;
		const u8 *values = is_data(im) ? map_array(m->maps[i], &stride) : NULL;

		if (values)
			run_add_region(r, values, im->value_size, !is_constant(im), im->name);
	}
}

u64 machine_run(struct machine *m, u32 prog, void *ctx, size_t ctx_size, struct run *r)
{
	const struct code *c = machine_code(m, prog);
	u64 result;

	run_begin(r);
	r->ctx = ctx;
	r->code = c;
	if (!c) {
		r->trap = RUN_BAD_CALL;
		return 0;
	}
	machine_add_data(m, r);
	run_add_region(r, ctx, ctx_size, true, "context");
	map_enter(r);
	if (m->mode == MACHINE_JIT && c->native && !r->is_checked)
		result = c->native(ctx, ctx_size, 0, 0, 0, r);
	else
		result = interp_run(c, 0, (u64)(uintptr_t)ctx, ctx_size, 0, 0, 0, r);
	map_leave(r);
	return result;
}
