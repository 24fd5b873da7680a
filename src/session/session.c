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
#include <sys/wait.h>
#include <unistd.h>

#include "session/child.h"
#include "session/drive.h"

/* How much of the ring is looked at after the end: more than it can hold, less than for ever. */
enum { SESSION_DRAIN_BYTES = 64 << 20 };

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

	if (drive_is_internal(p->kind) || session_fires_backwards(p->kind) != backwards)
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

static void session_count_internal(struct session *s)
{
	for (size_t i = 0; i < s->script->programs.n; i++) {
		const struct script_program *p = &s->script->programs.at[i];

		if (drive_is_internal(p->kind))
			s->attached += p->target_count;
	}
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
	u64 ns = drive_now(CLOCK_BOOTTIME);

	if (!s->script->uses_elapsed || !bss || s->script->elapsed_offset + sizeof(u64) > size)
		return;
	memcpy(bss + s->script->elapsed_offset, &ns, sizeof(ns));
}

static int session_start(struct session *s)
{
	int err = drive_set_up(s);

	if (s->opts->child)
		child_hold(s->opts->child);
	session_set_clock(s);
	if (!err)
		err = drive_run_all(s, ATTACH_BEGIN);
	if (!err)
		err = session_attach(s);
	if (err || s->opts->dry_run)
		return err;
	err = drive_add_intervals(s);
	if (err)
		return err;
	session_count_internal(s);
	if (!s->attached)
		return diag_error(s->d, LOC_NONE, "no probes to attach");
	session_banner(s);
	/* An exit() in BEGIN leaves nothing to run the command for. */
	drive_consume(s);
	return drive_is_over(s) ? 0 : session_release(s);
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
	drive_consume(s);
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
	if (!drive_is_over(s))
		session_drain(s);
	s->actions.ending = true;
	err = drive_run_all(s, ATTACH_END);
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
		err = loop_run(s->loop, drive_on_idle, s);
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
