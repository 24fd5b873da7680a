/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/about.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "cmd/exec/context.h"
#include "cmd/exec/prepare.h"
#include "cmd/exec/verdict.h"
#include "isa/ctx.h"
#include "isa/prog_type.h"
#include "source/sockets.h"

/* ---- as text */

struct reading {
	struct exec_job *job;
	struct socks *socks;
	struct exec_about *about;
};

/* Reads an option's value, which becomes the source that its mistakes are told by. */
typedef int (*read_fn)(const struct reading *r, struct literal *l);

static int read_value(const struct reading *r, const char *option, const char *value, read_fn read)
{
	size_t len = strlen(value);
	struct diag d;
	struct literal l = { .btf = r->job->img->btf, .d = &d, .text = value, .line = 1 };
	int err;

	diag_init(&d, r->job->arena);
	if (len > LITERAL_MAX_TEXT)
		return diag_error(r->job->diag, LOC_NONE, "%s is too long", option);
	l.end = (u32)len;
	diag_set_source(&d, option, value, len);
	err = read(r, &l);
	diag_render(&d, stderr);
	return err;
}

static int read_fields(const struct reading *r, struct literal *l)
{
	struct exec_job *job = r->job;
	u8 *ctx, *mask;

	if (exec_context_read(l, job, &ctx, &mask, &job->ctx_len))
		return -EINVAL;
	job->ctx = ctx;
	job->ctx_mask = mask;
	return 0;
}

static int read_context(const struct reading *r, const char *text)
{
	struct exec_job *job = r->job;
	const struct prog_type_info *type = prog_type_info(exec_prog(job)->type);
	const struct ctx_info *ctx = ctx_info((enum ctx_id)type->ctx);
	struct hex_bytes bytes;

	if (text[strspn(text, " \t\n")] == '{')
		return read_value(r, "--ctx", text, read_fields);
	if (hex_read(job->arena, "--ctx", text, UINT32_MAX, &bytes, job->diag))
		return -EINVAL;
	if (bytes.len > ctx->size)
		return diag_error(job->diag, LOC_NONE,
				  "--ctx: %u bytes, but the context of %s programs (%s) has %u",
				  bytes.len, type->name, ctx->name, ctx->size);
	job->ctx = bytes.at;
	job->ctx_len = bytes.len;
	return 0;
}

static int read_sockets(const struct reading *r, const char *path)
{
	struct diag lines;
	int err = exec_sockets(r->socks, r->job->arena, path, &lines);

	diag_render(&lines, stderr);
	return err;
}

static int read_socket(const struct reading *r, struct literal *l)
{
	u32 index;

	if (sockets_parse_one(r->socks, l->text, l->end, l->d, &index))
		return -EINVAL;
	r->about->socket = index + 1;
	return 0;
}

static int read_sysctl(const struct reading *r, struct literal *l)
{
	return exec_sysctl_read(l, r->job->arena, &r->about->sysctl);
}

static int has_no(const struct exec_job *job, const char *option, const char *what)
{
	return diag_error(job->diag, LOC_NONE, "--%s: the context of %s programs has no %s", option,
			  prog_type_info(exec_prog(job)->type)->name, what);
}

int exec_about_read(const struct exec_about_texts *t, struct exec_job *job, struct socks *socks,
		    struct exec_about *about)
{
	const struct reading r = { job, socks, about };
	struct hex_bytes bytes;

	socks->arena = job->arena;
	job->socks = socks;
	if ((t->ctx && read_context(&r, t->ctx)) || (t->sockets && read_sockets(&r, t->sockets)))
		return -EINVAL;
	if (t->socket && !exec_has_socket(job))
		return has_no(job, "socket", "socket");
	if (t->data && !exec_has_data(job))
		return has_no(job, "data", "pointers to data");
	if (t->sysctl && !exec_has_sysctl(job))
		return has_no(job, "sysctl", "sysctl");
	if (t->socket && read_value(&r, "--socket", t->socket, read_socket))
		return -EINVAL;
	if (!t->socket && !exec_takes_packets(exec_prog(job)->type))
		about->socket = exec_any_socket(socks, job);
	if (t->data) {
		if (hex_read(job->arena, "--data", t->data, EXEC_MAX_ABOUT, &bytes, job->diag))
			return -EINVAL;
		about->data = bytes.at;
		about->len = bytes.len;
	}
	return t->sysctl ? read_value(&r, "--sysctl", t->sysctl, read_sysctl) : 0;
}

/* ---- in the machine */

void exec_memory_init(struct exec_memory *m)
{
	*m = (struct exec_memory){ .data = malloc(EXEC_MAX_ABOUT) };
	if (!m->data)
		arena_exhausted();
}

void exec_memory_done(struct exec_memory *m)
{
	free(m->data);
}

static void enter_socket(struct run *run, u32 socket)
{
	struct socks *all = machine_socks(run->machine);

	if (run->sock)
		run_remove_region(run, &run->sock->view);
	run->sock = socket && socket <= all->all.n ? &all->all.at[socket - 1] : NULL;
	if (run->sock)
		run_add_region(run, &run->sock->view, sizeof(run->sock->view), false, RUN_SOCKET);
}

static void enter_sysctl(struct run_sysctl *to, const struct exec_sysctl *s)
{
	to->name = s->name;
	to->is_write = s->written;
	to->current_len = (u32)snprintf(to->current, sizeof(to->current), "%s\n", s->current);
	to->written_len =
		(u32)snprintf(to->written, sizeof(to->written), "%s", s->written ? s->written : "");
}

void exec_about_enter(struct exec_memory *m, struct run *run, const struct exec_job *job,
		      const struct exec_about *about)
{
	enter_socket(run, about->socket);
	run->sysctl = about->sysctl ? &m->sysctl : NULL;
	if (about->sysctl)
		enter_sysctl(&m->sysctl, about->sysctl);
	run_remove_region(run, m->data);
	run->data.at = exec_has_data(job) ? m->data : NULL;
	run->data.len = about->len;
	run->data.room = EXEC_MAX_ABOUT;
	if (about->len)
		memcpy(m->data, about->data, about->len);
	if (run->data.at)
		run_add_region(run, m->data, about->len, true, "data");
}
