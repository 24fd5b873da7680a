/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forward and back. What is said of a place:
 *
 *	breakpoint 1
 *	step 12: parse at parse.bpf.c:13 (instruction 2)
 *	    13 | 	if (data + 12 > end)
 *	     2: if r3 > r2 goto +4 <L1>
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/text.h"
#include "cmd/debug/impl.h"

enum { LOOK_EVERY = 4096 }; /* instructions, for Ctrl-C */

/* ---- saying where one is */

static void print_trace(struct debug *d)
{
	const char *line = buf_str(&d->trace);

	while (*line) {
		size_t len = strcspn(line, "\n");

		out_printf(&d->out, "printed: %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	buf_clear(&d->trace);
}

static void print_trap(struct debug *d)
{
	const struct run *run = step_run(d->stepper);
	struct buf text = { 0 };

	run_describe_trap(run, &text);
	out_printf(&d->out, "trap: %s\n", buf_str(&text));
	buf_clear(&text);
	if (run->trap == RUN_BAD_ACCESS && debug_name_address(d, run->trap_address, &text))
		out_printf(&d->out, "its address is %s\n", buf_str(&text));
	buf_done(&text);
}

static void print_where(struct debug *d)
{
	const struct step_state *at = debug_at(d);
	struct buf place = { 0 };

	if (at->is_ended && !step_run(d->stepper)->trap) {
		out_printf(&d->out, "ended after %" PRIu64 " instructions: r0 = %" PRIu64,
			   at->steps, at->regs[0]);
		if (at->regs[0] >> 31)
			out_printf(&d->out, " (0x%" PRIx64 ")", at->regs[0]);
		out_puts(&d->out, "\n");
		return;
	}
	if (at->is_ended)
		print_trap(d);
	debug_place_text(at->code, at->insn, &place);
	out_printf(&d->out, "step %" PRIu64 ": %s\n", at->steps, buf_str(&place));
	debug_print_insn(d, debug_prog_index(d, at->code), at->insn, true);
	buf_done(&place);
}

static void print_moved(struct debug *d, u32 stop)
{
	print_trace(d);
	if (stop)
		out_printf(&d->out, "%s %u: %s\n",
			   d->stops.at[stop - 1].is_watch ? "watchpoint" : "breakpoint", stop,
			   d->stops.at[stop - 1].text);
	print_where(d);
}

/* ---- when to stop */

struct wish {
	struct debug *d;
	enum {
		WISH_NO_MORE,  /* breakpoints only */
		WISH_INSN,     /* of this function or what called it */
		WISH_LINE,     /* another line, of this function or what called it */
		WISH_ANY_LINE, /* another line, of functions that are called too */
		WISH_OUT,      /* of what called this function */
	} kind;
	u32 depth;
	const struct code *code;
	const struct image_line *line;
	bool no_stops; /* breakpoints are not looked at */
	u32 stop;      /* the breakpoint that was met */
	u32 ticks;
	bool is_interrupted;
};

static struct wish wish_of(struct debug *d, int kind)
{
	const struct step_state *at = debug_at(d);

	return (struct wish){ .d = d,
			      .kind = kind,
			      .depth = at->depth,
			      .code = at->code,
			      .line = debug_line_at(at->code, at->insn) };
}

static bool is_other_line(const struct wish *w, const struct step_state *at)
{
	const struct image_line *line = debug_line_at(at->code, at->insn);

	if (!w->line)
		return true;
	return line && (at->code != w->code || line->line != w->line->line ||
			strcmp(line->file, w->line->file) != 0);
}

static bool is_wanted(const struct wish *w, const struct step_state *at)
{
	switch (w->kind) {
	case WISH_INSN:
		return at->depth <= w->depth;
	case WISH_LINE:
		return at->depth < w->depth || (at->depth == w->depth && is_other_line(w, at));
	case WISH_ANY_LINE:
		return at->depth < w->depth || is_other_line(w, at);
	case WISH_OUT:
		return at->depth < w->depth;
	default:
		return false;
	}
}

static bool is_interrupted(struct wish *w)
{
	sigset_t pending;

	if (!w->d->is_terminal || ++w->ticks % LOOK_EVERY || sigpending(&pending))
		return false;
	w->is_interrupted = sigismember(&pending, SIGINT) == 1;
	return w->is_interrupted;
}

static bool stops(void *arg, const struct step_state *at)
{
	struct wish *w = arg;

	w->stop = w->no_stops ? 0 : debug_stop_at(w->d, at);
	return w->stop || is_wanted(w, at) || is_interrupted(w);
}

/* Of the way back, where the breakpoint that was met last is not the one that counts. */
static bool stopped_there(void *arg, const struct step_state *at)
{
	struct wish *w = arg;
	u32 stop = debug_stop_at(w->d, at);

	if (stop)
		w->stop = stop;
	return stop || is_wanted(w, at);
}

static void forget_interrupt(struct debug *d)
{
	const struct timespec none = { 0 };
	sigset_t set;

	if (!d->is_terminal)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigtimedwait(&set, NULL, &none);
}

/* ---- moving */

static int need_number(struct debug *d, const struct debug_line *line, u64 *out)
{
	if (line->count > 1 || (line->count && (!text_u64(line->args[0], out) || !*out)))
		return debug_fail(d, "%s takes a number from 1 on, not '%s'", line->name,
				  line->args[0]);
	return 0;
}

static int need_running(struct debug *d)
{
	if (!debug_at(d)->is_ended)
		return 0;
	return debug_fail(d, "the run has ended: run begins again, back goes back");
}

/* True if it stopped before all was done. */
static bool go(struct debug *d, struct wish *w)
{
	forget_interrupt(d);
	debug_watch_begin(d);
	step_forward(d->stepper, stops, w);
	if (debug_at(d)->is_ended)
		w->stop = 0;
	return w->stop || w->is_interrupted || debug_at(d)->is_ended;
}

static int forward(struct debug *d, const struct debug_line *line, int kind)
{
	struct wish w = { 0 };
	u64 n = 1;

	if (need_number(d, line, &n) || need_running(d))
		return -EINVAL;
	buf_clear(&d->trace);
	for (u64 i = 0; i < n; i++) {
		w = wish_of(d, kind);
		if (go(d, &w))
			break;
	}
	print_moved(d, w.stop);
	if (w.is_interrupted)
		out_puts(&d->out, "interrupted\n");
	return 0;
}

static bool is_step(void *arg, const struct step_state *at)
{
	struct wish *w = arg;

	(void)at;
	w->stop = debug_stop_at(w->d, at);
	return true;
}

int debug_step(struct debug *d, const struct debug_line *line)
{
	struct wish w = { .d = d };
	u64 n = 1;

	if (need_number(d, line, &n) || need_running(d))
		return -EINVAL;
	buf_clear(&d->trace);
	debug_watch_begin(d);
	for (u64 i = 0; i < n && !w.stop && !debug_at(d)->is_ended; i++) {
		w.stop = 0;
		step_forward(d->stepper, is_step, &w);
	}
	print_moved(d, debug_at(d)->is_ended ? 0 : w.stop);
	return 0;
}

int debug_nexti(struct debug *d, const struct debug_line *line)
{
	return forward(d, line, WISH_INSN);
}

int debug_next(struct debug *d, const struct debug_line *line)
{
	return forward(d, line, WISH_LINE);
}

int debug_into(struct debug *d, const struct debug_line *line)
{
	return forward(d, line, WISH_ANY_LINE);
}

static int no_arguments(struct debug *d, const struct debug_line *line)
{
	return line->count ? debug_fail(d, "%s takes nothing", line->name) : 0;
}

int debug_finish(struct debug *d, const struct debug_line *line)
{
	return no_arguments(d, line) ? -EINVAL : forward(d, line, WISH_OUT);
}

int debug_continue(struct debug *d, const struct debug_line *line)
{
	return no_arguments(d, line) ? -EINVAL : forward(d, line, WISH_NO_MORE);
}

int debug_run(struct debug *d, const struct debug_line *line)
{
	struct wish w;
	u32 stop;

	if (no_arguments(d, line))
		return -EINVAL;
	step_to(d->stepper, 0);
	buf_clear(&d->trace);
	stop = debug_stop_at(d, debug_at(d));
	w = wish_of(d, WISH_NO_MORE);
	if (!stop) {
		go(d, &w);
		stop = w.stop;
	}
	print_moved(d, stop);
	return 0;
}

/* What is printed on the way is what was printed before. */
static void print_back(struct debug *d, u32 stop, bool is_found)
{
	buf_clear(&d->trace);
	if (!is_found)
		out_puts(&d->out, "the beginning\n");
	print_moved(d, is_found ? stop : 0);
}

static int need_past(struct debug *d)
{
	return debug_at(d)->steps ? 0 : debug_fail(d, "this is the beginning");
}

int debug_back(struct debug *d, const struct debug_line *line)
{
	u64 n = 1, steps = debug_at(d)->steps;

	if (need_number(d, line, &n) || need_past(d))
		return -EINVAL;
	step_to(d->stepper, n < steps ? steps - n : 0);
	print_back(d, 0, n <= steps);
	return 0;
}

/* Where lines are entered, of functions that are no deeper: asked in order, from the beginning. */
struct entries {
	u32 depth;
	const struct code *code;
	const struct image_line *line; /* of the instruction before */
};

static bool is_entry(void *arg, const struct step_state *at)
{
	struct entries *e = arg;
	const struct image_line *line = debug_line_at(at->code, at->insn);
	bool is_new;

	if (at->depth > e->depth)
		return false;
	is_new = !e->line || (line && (at->code != e->code || line->line != e->line->line ||
				       strcmp(line->file, e->line->file) != 0));
	if (is_new) {
		e->code = at->code;
		e->line = line;
	}
	return is_new;
}

int debug_reverse_next(struct debug *d, const struct debug_line *line)
{
	bool is_found = true;
	u64 n = 1;

	if (need_number(d, line, &n) || need_past(d))
		return -EINVAL;
	for (u64 i = 0; i < n && is_found && debug_at(d)->steps; i++) {
		struct entries e = { .depth = debug_at(d)->depth };

		is_found = step_back(d->stepper, is_entry, &e);
	}
	print_back(d, 0, is_found);
	return 0;
}

int debug_reverse_continue(struct debug *d, const struct debug_line *line)
{
	struct wish w;
	bool is_found;

	if (no_arguments(d, line) || need_past(d))
		return -EINVAL;
	w = wish_of(d, WISH_NO_MORE);
	is_found = step_back(d->stepper, stopped_there, &w);
	print_back(d, w.stop, is_found);
	return 0;
}

int debug_goto(struct debug *d, const struct debug_line *line)
{
	u64 steps;

	if (line->count != 1 || !text_u64(line->args[0], &steps))
		return debug_fail(d, "goto takes the number of a step");
	step_to(d->stepper, steps);
	print_back(d, 0, true);
	if (debug_at(d)->steps < steps)
		return debug_fail(d, "the run ended before step %s", line->args[0]);
	return 0;
}
