/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep log, skep prog tracelog: text as it comes, or an object a line. Reading the pipe takes lines from others who read it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/text.h"
#include "cmd/prog/prog.h"
#include "inspect/tracelog.h"

enum { PIECE = 65536, MAX_LINE = 1 << 20 };

struct options {
	u64 lines; /* to show, 0: all */
};

struct follow {
	struct noun_args *args;
	struct loop *loop;
	int fd;
	struct buf pending; /* a line without its end */
	u64 left;           /* lines to show */
	int err;
};

static void json_text(struct out *o, const char *key, const struct tracelog_text *t)
{
	out_json_str(o, key, t->at, t->len);
}

static void print_json(struct out *o, const struct tracelog *t)
{
	out_json_open(o, NULL, '{');
	switch (t->kind) {
	case TRACELOG_LOST:
		out_json_u64(o, "cpu", t->cpu);
		out_json_u64(o, "lost", t->lost);
		break;
	case TRACELOG_EVENT:
		json_text(o, "task", &t->task);
		out_json_u64(o, "pid", t->pid);
		out_json_u64(o, "cpu", t->cpu);
		json_text(o, "flags", &t->flags);
		json_text(o, "time", &t->time);
		json_text(o, "function", &t->function);
		json_text(o, "text", &t->text);
		break;
	case TRACELOG_TEXT:
		json_text(o, "text", &t->text);
		break;
	}
	out_json_close(o, '}');
	out_json_end(o);
}

static void print_line(struct follow *f, const char *line, size_t len)
{
	struct out *o = f->args->out;
	struct tracelog t;

	if (o->json) {
		tracelog_parse(line, len, &t);
		print_json(o, &t);
	} else {
		out_write(o, line, len);
		out_puts(o, "\n");
	}
	if (!--f->left)
		loop_stop(f->loop);
}

static void print_lines(struct follow *f)
{
	char *at = f->pending.data, *end = at + f->pending.len, *stop;

	while (at < end && f->left && (stop = memchr(at, '\n', (size_t)(end - at)))) {
		print_line(f, at, (size_t)(stop - at));
		at = stop + 1;
	}
	if (f->left && end - at > MAX_LINE) {
		print_line(f, at, (size_t)(end - at));
		at = end;
	}
	memmove(f->pending.data, at, (size_t)(end - at));
	f->pending.len = (size_t)(end - at);
}

static void on_readable(void *arg)
{
	struct follow *f = arg;
	size_t before = f->pending.len;
	char *to = buf_extend(&f->pending, PIECE);
	ssize_t n = read(f->fd, to, PIECE);

	f->pending.len = before + (size_t)(n > 0 ? n : 0);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		f->err = -errno;
		loop_stop(f->loop);
	}
	if (n > 0)
		print_lines(f);
	out_idle(f->args->out);
	if (f->args->out->failed)
		loop_stop(f->loop);
}

static void on_signal(void *arg, int signo, u32 pid)
{
	(void)signo, (void)pid;
	loop_stop(arg);
}

static int follow(struct follow *f)
{
	int err;

	f->loop = loop_new();
	if (!f->loop)
		return -errno;
	err = loop_add_fd(f->loop, f->fd, on_readable, f);
	if (!err)
		err = loop_add_signal(f->loop, SIGINT, on_signal, f->loop);
	if (!err)
		err = loop_add_signal(f->loop, SIGTERM, on_signal, f->loop);
	if (!err)
		err = loop_run(f->loop, NULL, NULL);
	loop_free(f->loop);
	return err ? err : f->err;
}

static int run_log(struct noun_args *a)
{
	const struct options *own = a->own;
	struct follow f = { .args = a, .left = own->lines ? own->lines : UINT64_MAX };
	int err = noun_end(a);

	if (err)
		return err;
	f.fd = tracelog_open();
	if (f.fd == -ENODEV) {
		diag_error(a->diag, LOC_NONE, "tracefs is not mounted");
		diag_hint(a->diag, "mount -t tracefs tracefs /sys/kernel/tracing");
		return -ENODEV;
	}
	if (f.fd < 0) {
		diag_errno(a->diag, -f.fd, "cannot open trace_pipe");
		if (f.fd == -EBUSY)
			diag_hint(a->diag, "somebody else reads it, or /sys/kernel/tracing/trace");
		return f.fd;
	}
	err = follow(&f);
	if (err)
		diag_errno(a->diag, -err, "cannot read trace_pipe");
	close(f.fd);
	buf_done(&f.pending);
	return err;
}

static const struct opt opts[] = {
	{ 'n', "lines", "N", "end after N lines" },
};

static int take(struct noun_args *a, int i, const char *value)
{
	struct options *own = a->own;

	(void)i;
	if (text_u64(value, &own->lines) && own->lines)
		return 0;
	return noun_usage(a, "-n takes a number of lines, not '%s'", value);
}

const struct noun_verb prog_tracelog = {
	.name = "tracelog",
	.args = "",
	.help = "Follow what programs print by bpf_printk(), until Ctrl-C.\n"
		"\n"
		"All that comes through the kernel's trace_pipe is shown: other events that are\n"
		"being traced, too. Each line goes to one reader only. JSON has an object a\n"
		"line, with the task, the CPU, the time and the text by themselves.\n",
	.opts = opts,
	.n = ARRAY_SIZE(opts),
	.own_size = sizeof(struct options),
	.take = take,
	.run = run_log,
};
