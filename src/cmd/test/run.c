/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/test/run.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/exec/prepare.h"
#include "isa/map_type.h"
#include "verify/verify.h"

/* ---- variables: they are the first contents of their maps, so that the verifier sees them, too */

static void set_variables(struct test_plan *p)
{
	struct image *img = &p->object->img;

	for (size_t i = 0; i < p->variables.n; i++) {
		const struct test_value *v = &p->variables.at[i];
		struct image_map *m = &img->maps.at[v->map];
		u8 *data = arena_alloc(p->arena, m->value_size + 1u);

		if (m->data)
			memcpy(data, m->data, m->value_size);
		memcpy(data + v->offset, v->bytes.at, v->bytes.len);
		m->data = data;
	}
	p->job.set_data = p->variables.n;
}

static const u8 **first_contents(struct test_plan *p)
{
	const struct image *img = &p->object->img;
	const u8 **data = arena_alloc(p->arena, (img->maps.n + 1) * sizeof(u8 *));

	for (size_t i = 0; i < img->maps.n; i++)
		data[i] = img->maps.at[i].data;
	return data;
}

static void restore(struct test_plan *p, const u8 *const *data)
{
	for (size_t i = 0; i < p->object->img.maps.n; i++)
		p->object->img.maps.at[i].data = data[i];
}

/* ---- the verifier */

static const char *told(struct test_plan *p, const struct image_prog *prog,
			const struct verify_finding *f)
{
	const struct image_line *line = prog->lines.n ? image_line(prog, f->insn) : NULL;

	return line ? arena_printf(p->arena, "rejected: %s [%s] (%s:%u)", f->message,
				   verify_category_name(f->category), line->file, line->line)
		    : arena_printf(p->arena, "rejected: %s [%s] (at instruction %u)", f->message,
				   verify_category_name(f->category), f->insn);
}

static bool is_told(const struct verify_finding *f, const char *text)
{
	return !strcmp(verify_category_name(f->category), text) || strstr(f->message, text);
}

/* The program, and those that it can get to. -EINVAL: it is not to be run. */
static int verify(struct test_plan *p, struct test_outcome *out)
{
	const struct verify_options how = { .privileged = true,
					    .is_apart = true,
					    .kernel = p->objects->kernel };
	const struct image *img = p->job.img;
	const char *text = p->rejected ? test_text(p->file, p->rejected, p->arena) : NULL;
	bool *wanted = arena_array(p->arena, bool, img->progs.n + 1);

	exec_reachable(img, p->job.prog, wanted);
	for (u32 i = 0; i < img->progs.n; i++) {
		struct verify_result r;

		if (!wanted[i] || (p->object->verified[i] && !p->variables.n))
			continue;
		if (verify_program(p->arena, img, i, &how, &r, p->d))
			return -EINVAL;
		if (r.accepted) {
			p->object->verified[i] |= !p->variables.n;
			continue;
		}
		if (!text || !is_told(&r.finding, text))
			test_differ(p, out,
				    &(struct test_difference){
					    p->rejected, NULL, "verifier",
					    text ? arena_printf(p->arena, "rejected: %s", text)
						 : "accepted",
					    told(p, &img->progs.at[i], &r.finding) });
		return -EINVAL;
	}
	if (text)
		test_differ(p, out,
			    &(struct test_difference){ p->rejected, NULL, "verifier",
						       arena_printf(p->arena, "rejected%s%s",
								    text[0] ? ": " : "", text),
						       "accepted" });
	return 0;
}

/* ---- what is in maps before */

static int fill_map(struct test_plan *p, struct test_run *run, const struct test_value *v)
{
	const struct image_map *m = v->of;
	const struct map_type_info *info = map_type_info(m->type);
	bool is_per_cpu = info && info->traits & MAP_TRAIT_PER_CPU;
	u32 stride = is_per_cpu ? (m->value_size + 7) & ~7u : 0;
	u8 *value = calloc(1, is_per_cpu ? (size_t)stride * p->job.cpus : m->value_size + 1u);
	struct exec_engine *e = &run->engine;
	int err;

	if (!value)
		arena_exhausted();
	if (v->bytes.len)
		memcpy(value + (size_t)stride * p->job.cpu, v->bytes.at, v->bytes.len);
	if (v->inner_key)
		err = e->ops->write_inner(e, v->map, v->key, v->inner_key, value);
	else if (test_has_items(m))
		err = e->ops->set_item(e, v->map, v->key, v->item);
	else
		err = e->ops->write(e, v->map, v->key, value);
	free(value);
	if (err)
		return diag_error(p->d, test_plan_loc(p, v->line), "%s cannot be set: %s", v->name,
				  err == -E2BIG ? "the map has no room for this key"
						: strerror(-err));
	return 0;
}

static int give_record(struct test_plan *p, struct test_run *run, const struct test_value *v)
{
	int err = run->engine.ops->send(&run->engine, v->map, v->bytes.at, v->bytes.len);

	return err ? diag_error(p->d, test_plan_loc(p, v->line), "%s cannot take it: %s", v->name,
				strerror(-err))
		   : 0;
}

/* ---- running */

static const u8 *keep(struct arena *a, const u8 *at, u32 len)
{
	u8 *copy = at ? arena_alloc(a, len + 1u) : NULL;

	if (copy)
		memcpy(copy, at, len);
	return copy;
}

static void keep_seen(struct test_plan *p, struct test_seen *seen, struct exec_result *r)
{
	seen->why = arena_strdup(p->arena, buf_str(&r->why));
	buf_done(&r->why);
	r->data = keep(p->arena, r->data, r->len);
	r->ctx = keep(p->arena, r->ctx, r->ctx_len);
	r->about = keep(p->arena, r->about, r->about_len);
	r->sysctl = r->sysctl ? arena_strdup(p->arena, r->sysctl) : NULL;
	seen->r = *r;
	seen->r.why = (struct buf){ 0 };
}

static void run_steps(struct test_plan *p, struct test_run *run)
{
	struct exec_engine *e = &run->engine;

	for (size_t i = 0; i < p->steps.n; i++) {
		const struct test_step *step = &p->steps.at[i];
		struct exec_result r = { 0 };

		run->log.input = step->in.number;
		p->job.ctx = step->ctx.at;
		p->job.ctx_mask = step->ctx.mask;
		p->job.ctx_len = step->ctx.len;
		if (step->now)
			e->ops->advance(e, step->now, &r);
		else
			e->ops->run(e, &step->in, &r);
		run->log.lost = e->ops->drain(e, exec_log_add, &run->log);
		keep_seen(p, &run->seen[i], &r);
	}
}

static int run_one(struct test_plan *p, struct test_run *run, const struct test_how *how,
		   struct test_outcome *out)
{
	int err;

	run->engine = (struct exec_engine){ how->in_kernel ? &exec_kernel : &exec_machine, &p->job,
					    NULL, run->label };
	run->seen = arena_array(p->arena, struct test_seen, p->steps.n + 1);
	err = run->engine.ops->open(&run->engine);
	for (size_t i = 0; !err && i < p->maps.n; i++)
		err = fill_map(p, run, &p->maps.at[i]);
	for (size_t i = 0; !err && i < p->given.n; i++)
		err = give_record(p, run, &p->given.at[i]);
	if (err)
		return err;
	run_steps(p, run);
	test_expect(p, run, out);
	return 0;
}

static void run_machine(struct test_plan *p, const struct test_how *how, struct test_outcome *out)
{
	struct test_run runs[2] = { { .label = "checked" }, { .label = "jit" } };
	bool is_compiled = !p->trap && exec_may_compile(p->job.img, p->job.prog);
	int err;

	exec_log_init(&runs[0].log);
	exec_log_init(&runs[1].log);
	runs[0].is_only = !is_compiled;
	p->job.mode = MACHINE_CHECKED;
	p->job.count_hits = how->coverage;
	err = run_one(p, &runs[0], how, out);
	if (!err && how->coverage)
		exec_coverage_add(how->coverage, &runs[0].engine);
	if (!err && is_compiled) {
		struct exec_job job = p->job;

		p->job.mode = MACHINE_JIT;
		p->job.count_hits = false;
		err = run_one(p, &runs[1], how, out);
		if (!err)
			test_agree(p, &runs[0], &runs[1], out);
		p->job = job;
	}
	for (int i = 0; i < 2; i++) {
		if (runs[i].engine.ops)
			runs[i].engine.ops->close(&runs[i].engine);
		exec_log_done(&runs[i].log);
	}
}

/* A program that is to be rejected is not run, as in the machine. Its messages are others than ours. */
static void reject_in_kernel(struct test_plan *p, struct test_run *run, struct test_outcome *out)
{
	struct diag d;
	int err;

	diag_init(&d, p->arena);
	p->job.diag = &d;
	run->engine = (struct exec_engine){ &exec_kernel, &p->job, NULL, run->label };
	err = run->engine.ops->open(&run->engine);
	p->job.diag = p->d;
	if (!err)
		test_differ(p, out,
			    &(struct test_difference){ p->rejected, NULL, "verifier", "rejected",
						       "accepted" });
	else if (!d.items.n || !strstr(d.items.at[0].text, "the kernel rejects"))
		diag_error(p->d, p->rejected->loc, "%s",
			   d.items.n ? d.items.at[0].text : strerror(-err));
}

/* What the kernel does not take cannot be compared as a whole. */
static void skip_refused(const struct test_plan *p, const struct test_run *run,
			 struct test_outcome *out)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		if (run->seen[i].r.outcome != EXEC_REFUSED)
			continue;
		out->result = TEST_SKIPPED;
		out->why = run->seen[i].why;
		out->differences.n = 0;
		return;
	}
}

static void run_kernel(struct test_plan *p, const struct test_how *how, struct test_outcome *out)
{
	struct test_run run = { .label = "kernel", .is_only = true };

	exec_log_init(&run.log);
	if (p->rejected)
		reject_in_kernel(p, &run, out);
	else if (!run_one(p, &run, how, out))
		skip_refused(p, &run, out);
	run.engine.ops->close(&run.engine);
	exec_log_done(&run.log);
}

void test_run(struct test_plan *p, const struct test_how *how, struct test_outcome *out)
{
	const u8 **data;
	bool may_run;

	*out = (struct test_outcome){ 0 };
	if (how->in_kernel && p->machine_only) {
		out->result = TEST_SKIPPED;
		out->why = arena_printf(p->arena, "%s is for the machine only",
					test_directive_name(p->machine_only->directive));
		return;
	}
	data = first_contents(p);
	set_variables(p);
	p->job.now = p->now;
	if (how->in_kernel) {
		run_kernel(p, how, out);
	} else {
		may_run = !p->rejected && p->trap;
		if (!may_run)
			may_run = !verify(p, out) && !p->rejected;
		if (may_run || p->trap)
			run_machine(p, how, out);
	}
	restore(p, data);
	if (out->result == TEST_PASSED && (out->differences.n || p->d->errors))
		out->result = TEST_FAILED;
}
