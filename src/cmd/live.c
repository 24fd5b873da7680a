/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys are read only where the terminal listens to this process, so that it may be put into the background. */
#include "cmd/live.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/loop.h"

enum {
	ROWS = 40, /* lines of a table that goes to no terminal */
	MIN_ROWS = 1,
};

struct live_impl {
	struct loop *loop;
	u32 shown;
	bool is_terminal; /* the tables go to one */
	bool is_raw;      /* keys are read from one */
	struct termios cooked;
	int err;
};

bool live_is_terminal(const struct live *l)
{
	return l->impl->is_terminal;
}

size_t live_rows(const struct live *l, size_t heads, size_t *width)
{
	struct winsize w = { 0 };

	*width = 0;
	if (!l->impl->is_terminal || ioctl(l->out->fd, TIOCGWINSZ, &w) || !w.ws_row)
		return ROWS;
	*width = w.ws_col;
	return w.ws_row > heads + MIN_ROWS ? w.ws_row - heads - 1u : MIN_ROWS;
}

void live_begin(struct live *l)
{
	if (l->impl->is_terminal)
		out_puts(l->out, "\033[H\033[2J");
	else if (l->impl->shown)
		out_puts(l->out, "\n");
}

static void tick(void *arg)
{
	struct live *l = arg;
	struct live_impl *i = l->impl;

	i->err = l->tick(l->arg);
	out_flush(l->out);
	i->shown++;
	if (i->err || l->out->failed || (l->count && i->shown >= l->count))
		loop_stop(i->loop);
}

static void key(void *arg)
{
	struct live *l = arg;
	char c;
	ssize_t n = read(STDIN_FILENO, &c, 1);

	if (n == 1 && (c == 'q' || c == 'Q')) {
		loop_stop(l->impl->loop);
	} else if (n <= 0) {
		loop_remove_fd(l->impl->loop, STDIN_FILENO);
	} else if (l->key && l->key(l->arg, c)) {
		l->redraw(l->arg);
		out_flush(l->out);
	}
}

static void interrupted(void *arg, int signo, u32 sender)
{
	struct live *l = arg;

	(void)signo;
	(void)sender;
	loop_stop(l->impl->loop);
}

/* Keys come one by one. */
static void open_keys(struct live *l)
{
	struct live_impl *i = l->impl;
	struct termios raw;

	if (!i->is_terminal || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &i->cooked))
		return;
	raw = i->cooked;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	i->is_raw = !tcsetattr(STDIN_FILENO, TCSANOW, &raw) &&
		    !loop_add_fd(i->loop, STDIN_FILENO, key, l);
}

static int watch(struct live *l)
{
	struct live_impl *i = l->impl;
	int err = loop_add_signal(i->loop, SIGINT, interrupted, l);

	if (!err)
		err = loop_add_signal(i->loop, SIGTERM, interrupted, l);
	if (!err)
		err = loop_add_timer(i->loop, l->interval_ms * 1000000ull, tick, l);
	if (err)
		return err;
	open_keys(l);
	err = loop_run(i->loop, NULL, NULL);
	if (i->is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &i->cooked);
	return err;
}

int live_run(struct live *l)
{
	struct live_impl impl = { .loop = loop_new(), .is_terminal = isatty(l->out->fd) };
	int err;

	l->impl = &impl;
	err = impl.loop ? watch(l) : -errno;
	loop_free(impl.loop);
	l->impl = NULL;
	return err ? diag_errno(l->diag, -err, "cannot wait") : impl.err;
}
