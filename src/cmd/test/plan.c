/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/test/plan.h"

#include <string.h>

#include "base/text.h"
#include "cmd/exec/context.h"
#include "cmd/exec/prepare.h"
#include "cmd/exec/verdict.h"
#include "isa/ctx.h"
#include "isa/prog_type.h"

const char *test_plan_path(const struct test_plan *p, const char *path)
{
	return path[0] == '/' ? path : arena_printf(p->arena, "%s%s", p->file->dir, path);
}

struct loc test_plan_loc(const struct test_plan *p, const struct test_line *line)
{
	struct literal l = test_value(p->file, line, NULL, p->d);
	u32 n = l.end - l.at;
	const char *newline = memchr(l.text + l.at, '\n', n);

	return n ? literal_loc(&l, newline ? (u32)(newline - l.text) - l.at : n) : line->loc;
}

/* The case's own line of a directive, else the one that is common to all; NULL: there is none. */
static const struct test_line *line_of(const struct test_plan *p, enum test_directive directive)
{
	const test_lines *const lists[] = { &p->c->lines, &p->file->common };

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		for (size_t i = 0; i < lists[k]->n; i++) {
			if (lists[k]->at[i].directive == directive)
				return &lists[k]->at[i];
		}
	}
	return NULL;
}

/* Unknown words, what is twice, what has no value. */
static int check_lines(struct test_plan *p, const test_lines *lines)
{
	u64 seen = 0;
	int err = 0;

	for (size_t i = 0; i < lines->n; i++) {
		const struct test_line *line = &lines->at[i];
		const char *name = test_directive_name(line->directive);

		if (line->directive == TEST_DIRECTIVES)
			err = test_line_unknown(p->file, line, p->d);
		else if (line->at == line->end && line->directive != TEST_EXPECT_REJECTED &&
			 line->directive != TEST_EXPECT_TRAP)
			err = diag_error(p->d, line->loc, "behind %s goes something", name);
		else if (seen >> line->directive & 1 && test_directive_is_once(line->directive))
			err = diag_error(p->d, line->loc, "%s is there already", name);
		seen |= 1ull << line->directive;
		if (!p->machine_only && test_directive_is_machine(line->directive))
			p->machine_only = line;
	}
	return err;
}

static int take_object(struct test_plan *p)
{
	const struct test_line *line = line_of(p, TEST_OBJECT), *flags = line_of(p, TEST_CFLAGS);
	struct test_object *o;

	if (!line)
		return diag_error(p->d, p->c->loc, "this case has no OBJECT");
	o = test_object_get(p->objects, test_plan_path(p, test_text(p->file, line, p->arena)),
			    flags ? test_text(p->file, flags, p->arena) : "");
	p->object = o;
	p->skip = o->skip;
	if (o->wrong) {
		diag_error(p->d, test_plan_loc(p, line), "%s", o->wrong);
		if (o->output.len) /* once is enough */
			diag_hint(p->d, "it says:\n%s", buf_str(&o->output));
		buf_clear(&o->output);
		return -EINVAL;
	}
	p->job.file = o->path;
	p->job.elf = o->elf;
	p->job.elf_len = o->len;
	p->job.img = &o->img;
	return 0;
}

static int take_program(struct test_plan *p)
{
	const struct test_line *line = line_of(p, TEST_PROG);
	const struct image *img = p->job.img;
	const char *name = line ? test_text(p->file, line, p->arena) : NULL;
	s32 found = name ? image_find_prog(img, name) : img->progs.n == 1 ? 0 : IMAGE_NONE;
	struct nearest near = nearest_to(name ? name : "");

	if (found < 0) {
		for (size_t i = 0; i < img->progs.n; i++)
			nearest_try(&near, img->progs.at[i].name);
		if (name)
			diag_error(p->d, test_plan_loc(p, line), "%s has no program '%s'",
				   p->object->path, name);
		else
			diag_error(p->d, line_of(p, TEST_OBJECT)->loc,
				   "%s has %zu programs: PROG says which one", p->object->path,
				   img->progs.n);
		if (name && nearest_name(&near))
			diag_hint(p->d, "did you mean '%s'?", nearest_name(&near));
		return -EINVAL;
	}
	p->job.prog = (u32)found;
	if (!prog_type_info(img->progs.at[found].type))
		return diag_error(p->d, line ? test_plan_loc(p, line) : LOC_NONE,
				  "section '%s' does not say what type of program it is",
				  img->progs.at[found].section);
	return 0;
}

/* ---- one line each */

static int take_number(struct test_plan *p, const struct test_line *line, u64 min, u64 max,
		       u64 *out)
{
	const char *text = test_text(p->file, line, p->arena);

	if (!text_u64(text, out) || *out < min || *out > max)
		return diag_error(p->d, test_plan_loc(p, line),
				  "here goes a number from %llu to %llu", (unsigned long long)min,
				  (unsigned long long)max);
	return 0;
}

static int take_comm(struct test_plan *p, const struct test_line *line)
{
	struct run_task *task = &p->job.task;
	u32 n = line->end - line->at;

	if (n >= sizeof(task->comm))
		return diag_error(p->d, test_plan_loc(p, line), "a name has at most %zu bytes",
				  sizeof(task->comm) - 1);
	memset(task->comm, 0, sizeof(task->comm));
	memcpy(task->comm, p->file->text + line->at, n);
	return 0;
}

static int take_setting(struct test_plan *p, const struct test_line *line)
{
	u64 n = 0;
	int err = 0;

	switch (line->directive) {
	case TEST_IFINDEX:
		err = take_number(p, line, 1, INT32_MAX, &n);
		p->job.ifindex = (u32)n;
		return err;
	case TEST_CPU:
		err = take_number(p, line, 0, p->job.cpus - 1, &n);
		p->job.cpu = (u32)n;
		return err;
	case TEST_PID:
		err = take_number(p, line, 0, INT32_MAX, &n);
		p->job.task.pid = p->job.task.tgid = (u32)n;
		return err;
	case TEST_COMM:
		return take_comm(p, line);
	case TEST_ROUTES:
		p->job.fib = &p->fib;
		return exec_routes(&p->fib, p->arena,
				   test_plan_path(p, test_text(p->file, line, p->arena)),
				   &p->fib_diag);
	case TEST_CGROUPS:
		p->job.cgroups = &p->cgroups;
		return exec_cgroups(&p->cgroups, p->arena,
				    test_plan_path(p, test_text(p->file, line, p->arena)),
				    &p->cgroups_diag, &p->job.task.cgroup);
	case TEST_SOCKETS: /* it is read before all others */
		return 0;
	case TEST_EXPECT_REJECTED:
		p->rejected = line;
		return 0;
	case TEST_EXPECT_TRAP:
		p->trap = line;
		return 0;
	case TEST_EXPECT_PRINTED:
		*vec_add(p->arena, &p->printed) = line;
		return 0;
	default:
		return 0;
	}
}

/* The context from this line on. */
static int take_context(struct test_plan *p, const struct test_line *line)
{
	struct literal l = test_value(p->file, line, p->job.img->btf, p->d);
	struct test_bytes ctx;
	u8 *bytes, *mask;

	if (exec_context_read(&l, &p->job, &bytes, &mask, &ctx.len))
		return -EINVAL;
	ctx.at = bytes;
	ctx.mask = mask;
	p->ctx = ctx;
	return 0;
}

/* Sockets that are named elsewhere may be among those of the file. */
static int take_sockets(struct test_plan *p)
{
	const struct test_line *line = line_of(p, TEST_SOCKETS);

	p->socks.arena = p->arena;
	p->job.socks = &p->socks;
	if (!line)
		return 0;
	return exec_sockets(&p->socks, p->arena,
			    test_plan_path(p, test_text(p->file, line, p->arena)), &p->socks_diag);
}

static int take_line(struct test_plan *p, const struct test_line *line)
{
	bool has_packets = exec_takes_packets(exec_prog(&p->job)->type);

	switch (line->directive) {
	case TEST_MAP:
	case TEST_VAR:
	case TEST_RECORD:
	case TEST_EXPECT_MAP:
	case TEST_EXPECT_NO_KEY:
	case TEST_EXPECT_VAR:
	case TEST_EXPECT_RECORD:
		return test_plan_value(p, line);
	case TEST_CTX:
		if (take_context(p, line))
			return -EINVAL;
		return has_packets ? 0 : test_plan_step(p, line);
	case TEST_SOCKET:
	case TEST_DATA:
	case TEST_SYSCTL:
		return test_plan_about(p, line);
	case TEST_NOW:
	case TEST_PACKET:
	case TEST_PCAP:
		return test_plan_step(p, line);
	case TEST_EXPECT_VERDICT:
	case TEST_EXPECT_PACKET:
	case TEST_EXPECT_REDIRECT:
	case TEST_EXPECT_SOCKET:
	case TEST_EXPECT_CTX:
	case TEST_EXPECT_DATA:
	case TEST_EXPECT_SYSCTL:
	case TEST_EXPECT_RETVAL:
		return test_plan_result(p, line);
	case TEST_EXPECT_PCAP:
		p->pcap = line;
		return test_plan_pcap(p, line);
	default:
		return take_setting(p, line);
	}
}

static int take_lines(struct test_plan *p, const test_lines *lines)
{
	int err = 0;

	for (size_t i = 0; i < lines->n; i++) {
		if (take_line(p, &lines->at[i]))
			err = -EINVAL;
	}
	return err;
}

/* Whether a step that runs the program is there, or may stand in the case yet. */
static bool has_input(const struct test_plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		if (!p->steps.at[i].now)
			return true;
	}
	return false;
}

static bool has_context(const struct test_plan *p)
{
	return line_of(p, TEST_CTX);
}

int test_plan_make(struct test_plan *p)
{
	int err = check_lines(p, &p->file->common), also = check_lines(p, &p->c->lines);
	bool is_bare;

	if (err || also)
		return -EINVAL;
	p->job.arena = p->arena;
	p->job.diag = p->d;
	p->job.kernel = p->objects->kernel;
	p->job.repeat = 1;
	p->job.cpus = exec_cpus();
	p->now = TEST_DEFAULT_NOW;
	exec_own_task(&p->job.task);
	if (take_object(p))
		return -EINVAL;
	if (p->skip)
		return 0;
	if (take_program(p) || take_sockets(p))
		return -EINVAL;
	is_bare = !exec_takes_packets(exec_prog(&p->job)->type);
	if (is_bare)
		p->about.socket = exec_any_socket(&p->socks, &p->job);
	/* Programs that see no packets run once without being told so. */
	is_bare &= !has_context(p);
	if (is_bare)
		*vec_add(p->arena, &p->steps) = (struct test_step){ .in.number = 1 };
	err = take_lines(p, &p->file->common);
	also = take_lines(p, &p->c->lines);
	if (is_bare)
		p->steps.at[0].in.about = p->about;
	if (!err && !also && !has_input(p) && !p->rejected) {
		diag_error(p->d, p->c->loc, "this case has nothing that the program runs on");
		diag_hint(p->d, "PACKET or PCAP gives %s packets", exec_prog(&p->job)->name);
		return -EINVAL;
	}
	return err || also ? -EINVAL : 0;
}
