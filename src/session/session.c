/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a script that runs:
 *
 *	load -> BEGIN -> attach -> release the command -> loop { events, intervals, signals }
 *	     -> quiesce -> what is left in the ring -> END -> maps -> detach
 *
 * One thread sleeps in epoll. exit(), a signal, the end of the command or of the watched process stop the loop
 * at once. Detaching takes the kernel tens of milliseconds, so it only begins before END, and everything is
 * shown meanwhile; but as nothing fires any more, the maps, the events printed and the events lost are those of
 * one moment: what a clause counts as often as it prints is what was printed and lost together.
 *
 * exit() is the exception: what was in the ring behind it, or came before quiesce, is dropped, as it happened after
 * the decision to end; maps have it nevertheless.
 */
#include "session/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "session/action.h"
#include "session/child.h"
#include "session/loss.h"
#include "session/map.h"
#include "session/usercode.h"
#include "session/usyms.h"

enum { SESSION_TELL_NS = 1000000000, SESSION_WATCH_NS = 100000000 };
enum { SESSION_TURN_NS = 5000000, SESSION_TURN_EVENTS = 64 };
/* How much of the ring is looked at after the end: more than it can hold, less than for ever. */
enum { SESSION_DRAIN_BYTES = 64 << 20 };

struct session {
	const struct engine_ops *ops;
	void *engine;
	const struct script *script;
	const struct session_options *opts;
	struct out *out, *notes;
	struct diag *d;
	struct loop *loop;
	struct arena arena;
	struct values values;
	struct maps maps;
	struct actions actions;
	struct losses losses;
	u64 turn;      /* when the events' began, ns */
	u32 events;    /* so far */
	u32 attached;  /* probes in all */
	bool has_more; /* something will happen after BEGIN */
	int pidfd;     /* of -p; -1: none */
};

/* A program that the session itself runs. */
struct trigger {
	struct session *session;
	u32 program;
};

static void session_stop(void *arg)
{
	struct session *s = arg;

	loop_stop(s->loop);
}

static void session_on_signal(void *arg, int signo, u32 sender_pid)
{
	(void)signo;
	(void)sender_pid;
	session_stop(arg);
}

static u64 session_now(clockid_t clock)
{
	struct timespec now = { 0, 0 };

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/* An engine_event_fn. While the loop runs it comes to an end now and then even if the events do not, since timers and
 * signals want their turn. */
static int session_event(void *arg, const void *data, size_t len)
{
	struct session *s = arg;
	int stop = actions_event(&s->actions, data, len);

	if (stop || !s->loop || ++s->events % SESSION_TURN_EVENTS)
		return stop;
	return session_now(CLOCK_MONOTONIC) - s->turn > SESSION_TURN_NS;
}

static void session_consume(struct session *s)
{
	int count = 0;

	s->turn = session_now(CLOCK_MONOTONIC);
	if (s->ops->events_fd(s->engine) >= 0)
		count = s->ops->events_consume(s->engine, session_event, s);
	if (count < 0 && !s->actions.error)
		s->actions.error = diag_errno(s->d, -count, "cannot read the events");
}

static bool session_is_over(const struct session *s)
{
	return s->actions.exited || s->actions.error || s->out->failed;
}

static void session_on_events(void *arg)
{
	struct session *s = arg;

	session_consume(s);
	if (session_is_over(s))
		session_stop(s);
}

/* Nothing more waits in the ring. */
static void session_on_idle(void *arg)
{
	struct session *s = arg;

	out_idle(s->out);
	out_flush(s->notes);
	if (session_is_over(s))
		session_stop(s);
}

static void session_on_tell(void *arg)
{
	struct session *s = arg;

	losses_tell(&s->losses, false);
}

static u32 session_watched(const struct session *s)
{
	return s->opts->child ? child_pid(s->opts->child) : s->opts->pid;
}

static void session_on_watch(void *arg)
{
	struct session *s = arg;

	usyms_watch(values_usyms(&s->values), session_watched(s));
}

static void session_on_told(void *arg)
{
	struct session *s = arg;

	usyms_update(values_usyms(&s->values));
}

static int session_run_program(struct session *s, u32 program)
{
	int err = s->ops->run(s->engine, program);

	if (!err)
		return 0;
	return diag_errno(s->d, -err, "cannot run %s",
			  attach_info(s->script->programs.at[program].kind)->name);
}

static void session_on_trigger(void *arg)
{
	struct trigger *t = arg;
	struct session *s = t->session;
	int err;

	/* In a full ring there would be no room for what the program says, exit() among it. */
	session_consume(s);
	if (session_is_over(s)) {
		session_stop(s);
		return;
	}
	err = session_run_program(s, t->program);
	if (err)
		s->actions.error = err;
	/* At once: an exit() in it must keep a late timer from running it again. */
	session_on_events(s);
}

static void session_on_trigger_signal(void *arg, int signo, u32 sender_pid)
{
	(void)signo;
	(void)sender_pid;
	session_on_trigger(arg);
}

/* Runs all programs of a kind, in the script's order. */
static int session_run_all(struct session *s, enum attach kind)
{
	int err = 0;

	for (u32 i = 0; i < s->script->programs.n && !err; i++) {
		if (s->script->programs.at[i].kind == kind)
			err = session_run_program(s, i);
	}
	return err;
}

static bool session_is_internal(enum attach kind)
{
	return kind == ATTACH_BEGIN || kind == ATTACH_END || kind == ATTACH_SELF ||
	       kind == ATTACH_INTERVAL;
}

/* The kernel fires these in the order opposite to that of their attaching. */
static bool session_fires_backwards(enum attach kind)
{
	return kind == ATTACH_KPROBE || kind == ATTACH_UPROBE || kind == ATTACH_URETPROBE ||
	       kind == ATTACH_FENTRY || kind == ATTACH_FEXIT;
}

static int session_attach_program(struct session *s, u32 i, bool backwards)
{
	const struct script_program *p = &s->script->programs.at[i];
	u32 attached = 0;
	int err;

	if (session_is_internal(p->kind) || session_fires_backwards(p->kind) != backwards)
		return 0;
	err = s->ops->attach(s->engine, i, &attached, s->d);
	s->attached += attached;
	s->has_more |= attached > 0;
	return err;
}

/* So that clauses on one probe run as they stand in the script. */
static int session_attach(struct session *s)
{
	u32 n = (u32)s->script->programs.n;
	int err = 0;

	for (u32 i = 0; i < n && !err; i++)
		err = session_attach_program(s, i, false);
	for (u32 i = n; i-- > 0 && !err;)
		err = session_attach_program(s, i, true);
	return err;
}

static int session_add_trigger(struct session *s, u32 program, const struct script_target *target)
{
	struct trigger *t = arena_new(&s->arena, struct trigger);
	int err;

	*t = (struct trigger){ s, program };
	if (s->script->programs.at[program].kind == ATTACH_INTERVAL)
		err = loop_add_timer(s->loop, target->period, session_on_trigger, t);
	else
		err = loop_add_signal(s->loop, (int)target->signal, session_on_trigger_signal, t);
	if (err)
		return diag_errno(s->d, -err, "cannot set up %s", target->name);
	s->has_more = true;
	return 0;
}

/* Sets up what runs the programs of a kind: intervals or signals. */
static int session_add_triggers(struct session *s, enum attach kind)
{
	int err = 0;

	for (u32 i = 0; i < s->script->programs.n && !err; i++) {
		const struct script_program *p = &s->script->programs.at[i];

		for (u32 j = 0; j < p->target_count && p->kind == kind && !err; j++)
			err = session_add_trigger(s, i,
						  &s->script->targets.at[p->first_target + j]);
	}
	return err;
}

static void session_count_internal(struct session *s)
{
	for (size_t i = 0; i < s->script->programs.n; i++) {
		const struct script_program *p = &s->script->programs.at[i];

		if (session_is_internal(p->kind))
			s->attached += p->target_count;
	}
}

/* Signals that end the run, but those that the script itself handles. */
static int session_add_signals(struct session *s)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		bool own = false;
		int err;

		for (size_t j = 0; j < s->script->targets.n; j++)
			own |= s->script->targets.at[j].signal == (u32)signals[i];
		/* nohup(1) stays in force. Of SIGINT a shell's background jobs say the same, but mean only the terminal's. */
		own |= signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		       old.sa_handler == SIG_IGN;
		err = own ? 0 : loop_add_signal(s->loop, signals[i], session_on_signal, s);
		if (err)
			return diag_errno(s->d, -err, "cannot watch for signals");
	}
	return 0;
}

static int session_add_process(struct session *s)
{
	int fd = s->opts->child ? child_pidfd(s->opts->child) : -1, err;

	if (s->opts->pid) {
		s->pidfd = (int)syscall(SYS_pidfd_open, s->opts->pid, 0);
		if (s->pidfd < 0)
			return diag_errno(s->d, errno, "cannot watch process %" PRIu32,
					  s->opts->pid);
		err = loop_add_fd(s->loop, s->pidfd, session_stop, s);
		if (err)
			return diag_errno(s->d, -err, "cannot watch process %" PRIu32,
					  s->opts->pid);
	}
	err = fd >= 0 ? loop_add_fd(s->loop, fd, session_stop, s) : 0;
	if (err)
		return diag_errno(s->d, -err, "cannot watch the command");
	s->has_more |= session_watched(s) != 0;
	return err;
}

/* Processes end before their stacks are shown; so what they map as code is taken down while they live. */
static int session_add_user_code(struct session *s)
{
	int fd, err = 0;

	if (!usercode_is_shown(s->script))
		return 0;
	fd = usyms_listen(values_usyms(&s->values));
	if (fd >= 0)
		err = loop_add_fd(s->loop, fd, session_on_told, s);
	else if (session_watched(s))
		err = loop_add_timer(s->loop, SESSION_WATCH_NS, session_on_watch, s);
	if (s->opts->pid)
		session_on_watch(s);
	return err ? diag_errno(s->d, -err, "cannot watch for user code") : 0;
}

static int session_set_up_loop(struct session *s)
{
	int fd = s->ops->events_fd(s->engine), err;

	s->loop = loop_new();
	if (!s->loop)
		return diag_errno(s->d, errno, "cannot make an event loop");
	s->actions.child_mask = loop_old_mask(s->loop);
	err = session_add_signals(s);
	if (!err)
		err = session_add_triggers(s, ATTACH_SELF);
	if (!err)
		err = session_add_process(s);
	if (!err)
		err = session_add_user_code(s);
	if (!err && fd >= 0)
		err = loop_add_fd(s->loop, fd, session_on_events, s);
	if (!err && s->script->counters.n)
		err = loop_add_timer(s->loop, SESSION_TELL_NS, session_on_tell, s);
	return err;
}

static void session_banner(struct session *s)
{
	static const char notify[] = "__BPFTRACE_NOTIFY_PROBES_ATTACHED";
	struct out *o = s->out;
	struct out standard;

	if (!s->opts->quiet && o->json) {
		out_json_open(o, NULL, '{');
		out_json_str(o, "type", "attached_probes", 15);
		out_json_u64(o, "count", s->attached);
		out_json_open(o, "data", '{');
		out_json_u64(o, "probes", s->attached);
		out_json_close(o, '}');
		out_json_close(o, '}');
		out_json_end(o);
	} else if (!s->opts->quiet) {
		out_printf(s->notes, "Attached %" PRIu32 " probe%s\n", s->attached,
			   s->attached == 1 ? "" : "s");
	}
	out_flush(s->notes);
	out_flush(o);
	if (!getenv(notify))
		return;
	/* On standard output, wherever the results go. */
	out_init(&standard, STDOUT_FILENO, false);
	out_printf(&standard, "%s\n", notify);
	out_done(&standard);
}

static int session_release(struct session *s)
{
	int err = s->opts->child ? child_release(s->opts->child) : 0;

	if (err)
		return diag_errno(s->d, -err, "cannot run '%s'",
				  s->opts->command ? s->opts->command : "the command");
	return 0;
}

/* `elapsed` counts from here. */
static void session_set_clock(struct session *s)
{
	size_t size = 0;
	u8 *bss = s->ops->bss(s->engine, &size);
	u64 ns = session_now(CLOCK_BOOTTIME);

	if (!s->script->uses_elapsed || !bss || s->script->elapsed_offset + sizeof(u64) > size)
		return;
	memcpy(bss + s->script->elapsed_offset, &ns, sizeof(ns));
}

static int session_start(struct session *s)
{
	int err = session_set_up_loop(s);

	if (s->opts->child)
		child_hold(s->opts->child);
	session_set_clock(s);
	if (!err)
		err = session_run_all(s, ATTACH_BEGIN);
	if (!err)
		err = session_attach(s);
	if (err || s->opts->dry_run)
		return err;
	err = session_add_triggers(s, ATTACH_INTERVAL);
	if (err)
		return err;
	session_count_internal(s);
	if (!s->attached)
		return diag_error(s->d, LOC_NONE, "no probes to attach");
	session_banner(s);
	/* An exit() in BEGIN leaves nothing to run the command for. */
	session_consume(s);
	return session_is_over(s) ? 0 : session_release(s);
}

static void session_tell_child(struct session *s)
{
	siginfo_t ended = { 0 };
	int status;

	if (!s->opts->verbose || !s->opts->child)
		return;
	if (waitid(P_PID, child_pid(s->opts->child), &ended, WEXITED | WNOHANG | WNOWAIT) ||
	    !ended.si_pid)
		return;
	status = child_exit_status(s->opts->child);
	if (WIFSIGNALED(status))
		out_printf(s->notes, "Child terminated by signal: %d\n", WTERMSIG(status));
	else
		out_printf(s->notes, "Child exited with code: %d\n", WEXITSTATUS(status));
}

/* What is still in the ring, without waiting for more: with what was printed and what was lost, it makes all. */
static void session_drain(struct session *s)
{
	s->actions.budget = SESSION_DRAIN_BYTES;
	session_consume(s);
}

static int session_finish(struct session *s)
{
	int err;

	/* From here on a second Ctrl-C ends the program as if nothing were watching for it. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	loop_free(s->loop);
	s->loop = NULL;
	s->actions.child_mask = NULL;
	s->ops->quiesce(s->engine);
	if (!session_is_over(s))
		session_drain(s);
	s->actions.ending = true;
	err = session_run_all(s, ATTACH_END);
	session_drain(s);
	losses_tell(&s->losses, true);
	if (!s->out->json)
		out_write(s->out, "\n\n", 2);
	for (u32 i = 0; i < s->script->maps.n && s->script->print_maps_on_exit && !s->out->failed;
	     i++) {
		int failed = map_print(&s->maps, i, 0, 0, s->out);

		if (failed)
			err = diag_errno(s->d, -failed, "cannot read map %s",
					 s->script->maps.at[i].name);
	}
	session_tell_child(s);
	out_flush(s->out);
	out_flush(s->notes);
	return err;
}

/* Everything between load and detach. */
static int session_live(struct session *s)
{
	int err = session_start(s);

	if (err || s->opts->dry_run)
		return err;
	if (s->has_more)
		err = loop_run(s->loop, session_on_idle, s);
	if (err)
		return diag_errno(s->d, -err, "cannot wait for events");
	if (!s->actions.error && !s->out->failed)
		err = session_finish(s);
	if (s->out->failed && s->out->error != EPIPE)
		return diag_errno(s->d, s->out->error, "cannot write the results");
	return s->actions.error ? s->actions.error : err;
}

static int session_check(const struct session *s)
{
	const struct script *script = s->script;

	for (size_t i = 0; i < script->programs.n; i++) {
		const struct script_program *p = &script->programs.at[i];

		if (p->first_target > script->targets.n ||
		    p->target_count > script->targets.n - p->first_target)
			return diag_error(s->d, p->loc, "the description of program %zu is damaged",
					  i);
	}
	if (script->uses_cpid && !s->opts->child)
		return diag_error(s->d, LOC_NONE,
				  "the script uses cpid, but there is no command (-c)");
	return 0;
}

static int session_prepare(struct session *s)
{
	int err = maps_init(&s->maps, &s->arena, &s->values, s->d);

	if (!err)
		err = actions_init(&s->actions, &s->arena, &s->values, &s->maps, s->opts, s->out,
				   s->notes, s->d);
	if (!err)
		losses_init(&s->losses, &s->actions, &s->arena);
	return err;
}

int session_run(const struct engine_ops *ops, const void *elf, size_t len, struct script *script,
		const struct session_options *opts, struct out *out, struct out *notes,
		struct session_result *result, struct diag *d)
{
	struct engine_options engine_opts = { .verbose = opts->verbose };
	struct session s = {
		.ops = ops,
		.script = script,
		.opts = opts,
		.out = out,
		.notes = notes,
		.d = d,
		.pidfd = -1,
	};
	int err = session_check(&s);

	*result = (struct session_result){ 0 };
	if (err)
		return err;
	err = ops->open(elf, len, script, &engine_opts, d, &s.engine);
	if (err)
		return err;
	arena_init(&s.arena);
	values_init(&s.values, &s.arena, ops, s.engine, script);
	err = ops->load(s.engine, d);
	if (!err)
		err = session_prepare(&s);
	if (!err)
		err = session_live(&s);
	result->exit_code = s.actions.exit_code;
	result->lost_events = s.losses.lost_events;
	ops->detach(s.engine);
	ops->close(s.engine);
	loop_free(s.loop);
	if (s.pidfd >= 0)
		close(s.pidfd);
	actions_done(&s.actions);
	values_done(&s.values);
	arena_done(&s.arena);
	return err;
}
