/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One loop has all that drives a session: the event ring, intervals and signals (which run programs), the end of
 * the command or of the watched process, and what has to be looked at now and then.
 */
#include "session/drive.h"

#include <inttypes.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "session/child.h"
#include "session/usercode.h"
#include "session/usyms.h"

enum { DRIVE_TELL_NS = 1000000000, DRIVE_WATCH_NS = 100000000 };
enum { DRIVE_TURN_NS = 5000000, DRIVE_TURN_EVENTS = 64 };

/* A program that the session itself runs. */
struct trigger {
	struct session *session;
	u32 program;
};

static void stop(void *arg)
{
	struct session *s = arg;

	loop_stop(s->loop);
}

static void on_signal(void *arg, int signo, u32 sender_pid)
{
	(void)signo;
	(void)sender_pid;
	stop(arg);
}

u64 drive_now(clockid_t clock)
{
	struct timespec now = { 0, 0 };

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/* An engine_event_fn. While the loop is there it comes to an end now and then even if the events do not, since timers and
 * signals want their turn. */
static int event(void *arg, const void *data, size_t len)
{
	struct session *s = arg;
	int stop = actions_event(&s->actions, data, len);

	if (stop || !s->loop || ++s->events % DRIVE_TURN_EVENTS)
		return stop;
	return drive_now(CLOCK_MONOTONIC) - s->turn > DRIVE_TURN_NS;
}

void drive_consume(struct session *s)
{
	int count = 0;

	s->turn = drive_now(CLOCK_MONOTONIC);
	if (s->ops->events_fd(s->engine) >= 0)
		count = s->ops->events_consume(s->engine, event, s);
	if (count < 0 && !s->actions.error)
		s->actions.error = diag_errno(s->d, -count, "cannot read the events");
}

bool drive_is_over(const struct session *s)
{
	return s->actions.exited || s->actions.error || s->out->failed ||
	       losses_want_exit(&s->losses);
}

static void on_events(void *arg)
{
	struct session *s = arg;

	drive_consume(s);
	if (drive_is_over(s))
		stop(s);
}

void drive_on_idle(void *arg)
{
	struct session *s = arg;

	out_idle(s->out);
	out_flush(s->notes);
	if (drive_is_over(s))
		stop(s);
}

static void on_tell(void *arg)
{
	struct session *s = arg;

	losses_tell(&s->losses, false);
}

static u32 watched(const struct session *s)
{
	return s->opts->child ? child_pid(s->opts->child) : s->opts->pid;
}

static void on_watch(void *arg)
{
	struct session *s = arg;

	usyms_watch(values_usyms(&s->values), watched(s));
}

static void on_told(void *arg)
{
	struct session *s = arg;

	usyms_update(values_usyms(&s->values));
}

static int run_program(struct session *s, u32 program)
{
	int err = s->ops->run(s->engine, program);

	if (!err)
		return 0;
	return diag_errno(s->d, -err, "cannot run %s",
			  attach_info(s->script->programs.at[program].kind)->name);
}

static void on_trigger(void *arg)
{
	struct trigger *t = arg;
	struct session *s = t->session;
	int err;

	/* In a full ring there would be no room for what the program says, exit() among it. */
	drive_consume(s);
	if (drive_is_over(s)) {
		stop(s);
		return;
	}
	err = run_program(s, t->program);
	if (err)
		s->actions.error = err;
	/* At once: an exit() in it must keep a late timer from running it again. */
	on_events(s);
}

static void on_trigger_signal(void *arg, int signo, u32 sender_pid)
{
	(void)signo;
	(void)sender_pid;
	on_trigger(arg);
}

int drive_run_all(struct session *s, enum attach kind)
{
	int err = 0;

	for (u32 i = 0; i < s->script->programs.n && !err; i++) {
		if (s->script->programs.at[i].kind == kind)
			err = run_program(s, i);
	}
	return err;
}

bool drive_is_internal(enum attach kind)
{
	return kind == ATTACH_BEGIN || kind == ATTACH_END || kind == ATTACH_SELF ||
	       kind == ATTACH_INTERVAL;
}

static int add_trigger(struct session *s, u32 program, const struct script_target *target)
{
	struct trigger *t = arena_new(&s->arena, struct trigger);
	int err;

	*t = (struct trigger){ s, program };
	if (s->script->programs.at[program].kind == ATTACH_INTERVAL)
		err = loop_add_timer(s->loop, target->period, on_trigger, t);
	else
		err = loop_add_signal(s->loop, (int)target->signal, on_trigger_signal, t);
	if (err)
		return diag_errno(s->d, -err, "cannot set up %s", target->name);
	s->has_more = true;
	return 0;
}

/* Sets up what runs the programs of a kind: intervals or signals. */
static int add_triggers(struct session *s, enum attach kind)
{
	int err = 0;

	for (u32 i = 0; i < s->script->programs.n && !err; i++) {
		const struct script_program *p = &s->script->programs.at[i];

		for (u32 j = 0; j < p->target_count && p->kind == kind && !err; j++)
			err = add_trigger(s, i, &s->script->targets.at[p->first_target + j]);
	}
	return err;
}

/* Signals that end the run, but those that the script itself handles. */
static int add_signals(struct session *s)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		bool taken = false;
		int err;

		for (size_t j = 0; j < s->script->targets.n; j++)
			taken |= s->script->targets.at[j].signal == (u32)signals[i];
		/* nohup(1) stays in force. Shells ignore SIGINT for background jobs likewise, but mean the
		 * terminal's. */
		taken |= signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
			 old.sa_handler == SIG_IGN;
		err = taken ? 0 : loop_add_signal(s->loop, signals[i], on_signal, s);
		if (err)
			return diag_errno(s->d, -err, "cannot watch for signals");
	}
	return 0;
}

static int add_process(struct session *s)
{
	int fd = s->opts->child ? child_pidfd(s->opts->child) : -1, err;

	if (s->opts->pid) {
		s->pidfd = (int)syscall(SYS_pidfd_open, s->opts->pid, 0);
		if (s->pidfd < 0)
			return diag_errno(s->d, errno, "cannot watch process %" PRIu32,
					  s->opts->pid);
		err = loop_add_fd(s->loop, s->pidfd, stop, s);
		if (err)
			return diag_errno(s->d, -err, "cannot watch process %" PRIu32,
					  s->opts->pid);
	}
	err = fd >= 0 ? loop_add_fd(s->loop, fd, stop, s) : 0;
	if (err)
		return diag_errno(s->d, -err, "cannot watch the command");
	s->has_more |= watched(s) != 0;
	return err;
}

/* Processes end before their stacks are shown; so what they map as code is taken down while they live. */
static int add_user_code(struct session *s)
{
	int fd, err = 0;

	if (!usercode_is_shown(s->script))
		return 0;
	fd = usyms_listen(values_usyms(&s->values));
	if (fd >= 0)
		err = loop_add_fd(s->loop, fd, on_told, s);
	else if (watched(s))
		err = loop_add_timer(s->loop, DRIVE_WATCH_NS, on_watch, s);
	if (s->opts->pid)
		on_watch(s);
	return err ? diag_errno(s->d, -err, "cannot watch for user code") : 0;
}

int drive_set_up(struct session *s)
{
	int fd = s->ops->events_fd(s->engine), err;

	s->loop = loop_new();
	if (!s->loop)
		return diag_errno(s->d, errno, "cannot make an event loop");
	s->actions.child_mask = loop_old_mask(s->loop);
	err = add_signals(s);
	if (!err)
		err = add_triggers(s, ATTACH_SELF);
	if (!err)
		err = add_process(s);
	if (!err)
		err = add_user_code(s);
	if (!err && fd >= 0)
		err = loop_add_fd(s->loop, fd, on_events, s);
	if (!err && s->script->counters.n)
		err = loop_add_timer(s->loop, DRIVE_TELL_NS, on_tell, s);
	return err;
}

int drive_add_intervals(struct session *s)
{
	return add_triggers(s, ATTACH_INTERVAL);
}
