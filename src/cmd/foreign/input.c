/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of standard input, while programs run: messages for user ring buffers, or values of variables (--set -). */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/foreign/impl.h"

#define LINE_MAX_BYTES (1u << 20)

/* A mistake is told, and the next line may be better. */
static void take_line(struct foreign *f, const char *line, size_t len)
{
	int err;

	if (!len)
		return;
	err = f->reads_set ? host_set(f->host, arena_strndup(&f->arena, line, len), &f->diag)
			   : host_send(f->host, line, len, &f->diag);

	if (!err)
		return;
	out_idle(&f->out);
	diag_render(&f->diag, stderr);
	f->diag.items.n = 0;
	f->diag.errors = 0;
}

static void take_lines(struct foreign *f, bool at_end)
{
	char *text = f->input.data, *stop;
	size_t left = f->input.len;

	while (left && (stop = memchr(text, '\n', left))) {
		take_line(f, text, (size_t)(stop - text));
		left -= (size_t)(stop + 1 - text);
		text = stop + 1;
	}
	if (left && (at_end || left > LINE_MAX_BYTES)) {
		take_line(f, text, left);
		left = 0;
	}
	if (left)
		memmove(f->input.data, text, left);
	f->input.len = left;
}

/* False at the end. */
static bool read_some(struct foreign *f)
{
	char text[65536];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n > 0)
		buf_put(&f->input, text, (size_t)n);
	take_lines(f, n <= 0);
	return n > 0;
}

static void on_input(void *arg)
{
	struct foreign *f = arg;

	if (read_some(f))
		return;
	loop_remove_fd(f->loop, STDIN_FILENO);
	if (!host_may_go_on(f->host) && !f->child && f->pidfd < 0)
		loop_stop(f->loop);
}

int foreign_input_open(struct foreign *f)
{
	bool takes = host_takes_messages(f->host);
	int err;

	if (takes && f->reads_set)
		return diag_error(&f->diag, LOC_NONE,
				  "--set -: standard input is for the user ring buffer");
	if (!takes && !f->reads_set)
		return 0;
	err = loop_add_fd(f->loop, STDIN_FILENO, on_input, f);
	/* Files cannot be waited for. */
	if (err == -EPERM) {
		while (read_some(f))
			;
		if (!host_may_go_on(f->host) && !f->child && f->pidfd < 0)
			loop_stop(f->loop);
		return 0;
	}
	return err ? diag_errno(&f->diag, -err, "standard input cannot be waited for") : 0;
}
