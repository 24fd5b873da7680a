/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one loop waits for output, for the end of a child, for Ctrl-C and for the time to run out. Signals come as a
 * descriptor, so that nothing is done behind its back. Output that the process's own children hold back is not waited for:
 * the case ends with its process.
 */
#include "runner/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "runner/kernel.h"
#include "runner/match.h"

#define NOTIFY "__BPFTRACE_NOTIFY_PROBES_ATTACHED"

enum { RUN_TIMEOUT = 5, RUN_SETTLE_MS = 2000, RUN_MAX_OUTPUT = 4 << 20, RUN_COMM = 16 };

struct run {
	const struct test_case *c;
	const struct places *places;
	struct arena arena;
	char tmp[64];
	pid_t main, before, after; /* 0: not running */
	int status;                /* of main, once it is 0 again */
	int signals;               /* descriptor */
	u64 deadline;              /* ms */
	struct buf *why, *output;
	bool attached, interrupted;
	pid_t main_pid, before_pid; /* as placeholders have them */
};

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

/* The text with what its placeholders stand for; unknown ones are left. */
static const char *expand(struct run *r, const char *text)
{
	const struct {
		const char *name, *value;
	} known[] = {
		{ "{{SKEP}}", r->places->skep },
		{ "{{PROGS}}", r->places->progs },
		{ "{{TOOLS}}", r->places->tools },
		{ "{{DATA}}", r->c->dir },
		{ "{{TMP}}", r->tmp },
		{ "{{PID}}", arena_printf(&r->arena, "%d", r->main_pid) },
		{ "{{BEFORE_PID}}", arena_printf(&r->arena, "%d", r->before_pid) },
	};
	struct buf b = { 0 };

	while (*text) {
		size_t i = 0;

		while (i < ARRAY_SIZE(known) &&
		       strncmp(text, known[i].name, strlen(known[i].name)) != 0)
			i++;
		if (i < ARRAY_SIZE(known)) {
			buf_puts(&b, known[i].value);
			text += strlen(known[i].name);
		} else {
			buf_putc(&b, *text++);
		}
	}
	text = arena_strdup(&r->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static void set_environment(struct run *r)
{
	const char *path = getenv("PATH");

	setenv("PATH", arena_printf(&r->arena, "%s:%s", r->places->progs, path ? path : "/bin"), 1);
	setenv("SKEP", r->places->skep, 1);
	setenv("TMP", r->tmp, 1);
	setenv("LC_ALL", "C", 1);
	for (size_t i = 0; i < r->c->lines.n; i++) {
		const struct case_line *l = &r->c->lines.at[i];

		if (l->directive == CASE_ENV)
			putenv(arena_strdup(&r->arena, expand(r, l->value)));
	}
}

/* Starts a shell command in a group of its own; its output goes to fd, or nowhere if that is -1. */
static pid_t start(struct run *r, const char *command, const char *prog, int fd)
{
	pid_t pid = fork();
	sigset_t none;
	int null;

	if (pid) {
		if (pid > 0)
			setpgid(pid, pid);
		return pid > 0 ? pid : 0;
	}
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(fd < 0 ? null : fd, STDOUT_FILENO);
	dup2(fd < 0 ? null : fd, STDERR_FILENO);
	set_environment(r);
	if (prog) {
		setenv("CASE_PROG", prog, 1);
		setenv(NOTIFY, "1", 1);
	}
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

/* Reaps what has ended and notes those that are of interest. */
static void reap(struct run *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == r->main) {
			r->main = 0;
			r->status = status;
		} else if (pid == r->before) {
			r->before = 0;
		} else if (pid == r->after) {
			r->after = 0;
		}
	}
}

static void read_signals(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			r->interrupted = true;
	}
	reap(r);
}

/* Reads what there is; false at the end of the output. */
static bool read_output(struct run *r, int fd)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0) {
		if (r->output->len < RUN_MAX_OUTPUT)
			buf_put(r->output, part, (size_t)n);
	}
	return n < 0 && errno == EAGAIN;
}

static void run_after(struct run *r)
{
	const char *after = case_value(r->c, CASE_AFTER);

	if (r->attached || !after || !strstr(buf_str(r->output), NOTIFY "\n"))
		return;
	r->attached = true;
	r->after = start(r, expand(r, after), NULL, -1);
}

/* Waits until main has ended; false if it did not in time. */
static bool watch(struct run *r, int fd)
{
	struct pollfd fds[] = { { .fd = r->signals, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };

	while (r->main && !r->interrupted) {
		u64 now = now_ms();

		if (now >= r->deadline)
			return false;
		poll(fds, 2, (int)(r->deadline - now));
		if (fds[1].revents && !read_output(r, fd))
			fds[1].fd = -1;
		if (fds[0].revents)
			read_signals(r);
		run_after(r);
	}
	read_output(r, fd);
	return true;
}

/* Runs a shell command to its end without looking at what it prints; its exit status, or -1. */
static int run_command(struct run *r, const char *command)
{
	r->status = -1;
	r->main = start(r, expand(r, command), NULL, -1);
	if (!r->main || !watch(r, -1) || r->interrupted)
		return -1;
	return WIFEXITED(r->status) ? WEXITSTATUS(r->status) : -1;
}

/* Whether all commands of a directive succeed; if not, *failed is the one. */
static bool run_all(struct run *r, enum directive d, const char **failed)
{
	for (size_t i = 0; i < r->c->lines.n; i++) {
		*failed = r->c->lines.at[i].value;
		if (r->c->lines.at[i].directive == d && run_command(r, *failed))
			return false;
	}
	return true;
}

static bool has_features(struct run *r)
{
	char name[64];

	for (size_t i = 0; i < r->c->lines.n; i++) {
		const char *list = r->c->lines.at[i].value;

		if (r->c->lines.at[i].directive != CASE_REQUIRES_FEATURE)
			continue;
		while (kernel_feature_word(&list, name, sizeof(name))) {
			if (kernel_has(name))
				continue;
			buf_printf(r->why,
				   *name == '!' ? "the kernel has %s" : "the kernel has no %s",
				   name + (*name == '!'));
			return false;
		}
	}
	return true;
}

/* Starts what runs meanwhile, until its shell has become the command itself. */
static bool run_before(struct run *r)
{
	const char *before = case_value(r->c, CASE_BEFORE);
	struct timespec pause = { 0, 1000000 };
	char path[64], *comm = NULL;
	bool up = false;

	if (!before)
		return true;
	r->before = r->before_pid =
		start(r, arena_printf(&r->arena, "exec %s", expand(r, before)), NULL, -1);
	snprintf(path, sizeof(path), "/proc/%d/comm", r->before_pid);
	for (int i = 0;
	     !up && i < RUN_SETTLE_MS && (comm = text_read_file(path, RUN_COMM + 1, NULL)); i++) {
		up = strcmp(comm, "sh\n") != 0 && strncmp(comm, "runner", 6) != 0;
		free(comm);
		nanosleep(&pause, NULL);
	}
	if (!up)
		buf_printf(r->why, "BEFORE did not come up: %s\n", before);
	return up;
}

static const char *command_of(struct run *r)
{
	const char *command = case_value(r->c, CASE_RUN), *options, *args;

	if (command)
		return expand(r, command);
	options = case_value(r->c, CASE_OPTIONS);
	args = case_value(r->c, CASE_ARGS);
	return arena_printf(&r->arena, "exec \"$SKEP\" %s -e \"$CASE_PROG\"%s%s",
			    options ? expand(r, options) : "", args ? " -- " : "",
			    args ? expand(r, args) : "");
}

/* The notice is for us, not for expectations. */
static void drop_notice(struct buf *output)
{
	char *at = output->len ? strstr(output->data, NOTIFY "\n") : NULL;
	size_t len = strlen(NOTIFY "\n");

	if (!at)
		return;
	memmove(at, at + len, strlen(at + len) + 1);
	output->len -= len;
}

/* Runs the case's own command and judges it. */
static bool run_main(struct run *r)
{
	const char *prog = case_value(r->c, CASE_PROG);
	bool ok, in_time;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) || fcntl(fds[0], F_SETFL, O_NONBLOCK)) {
		buf_puts(r->why, "no pipe\n");
		return false;
	}
	r->main = r->main_pid = start(r, command_of(r), prog ? expand(r, prog) : "", fds[1]);
	close(fds[1]);
	in_time = watch(r, fds[0]);
	close(fds[0]);
	drop_notice(r->output);
	if (!in_time) {
		buf_puts(r->why, "out of time\n");
		return false;
	}
	ok = match_status(r->c, r->status, r->why);
	if (case_value(r->c, CASE_AFTER) && !r->attached) {
		buf_puts(r->why, "AFTER was not run: the probes were not attached\n");
		ok = false;
	}
	for (size_t i = 0; i < r->c->lines.n; i++) {
		struct case_line l = r->c->lines.at[i];

		l.value = expand(r, l.value);
		ok &= match_line(r->c, &l, buf_str(r->output), r->why);
	}
	return ok;
}

/* Kills those children that are still there, which are none of known; whether there were any. */
static bool kill_children(struct run *r, bool tell)
{
	DIR *proc = opendir("/proc");
	bool any = false;

	for (struct dirent *e; proc && (e = readdir(proc));) {
		char path[300], *text, *end, comm[RUN_COMM + 1] = "";
		int parent = 0;
		u64 pid;

		if (!text_u64(e->d_name, &pid))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		text = text_read_file(path, 4096, NULL);
		end = text ? strrchr(text, ')') : NULL;
		if (end && sscanf(end, ") %*c %d", &parent) == 1 && parent == getpid()) {
			sscanf(text, "%*d (%16[^)]", comm);
			if (tell)
				buf_printf(r->why, "left a process behind: %s (%s)\n", e->d_name,
					   comm);
			kill((pid_t)pid, SIGKILL);
			any = true;
		}
		free(text);
	}
	if (proc)
		closedir(proc);
	return any;
}

static void kill_group(pid_t group)
{
	if (group)
		kill(-group, SIGKILL);
}

/* Ends all that was started; false if something was left that had to be gone by itself. */
static bool clear_away(struct run *r, bool tell)
{
	struct timespec pause = { 0, 2000000 };
	bool clean = true;

	kill_group(r->before);
	kill_group(r->after);
	kill_group(r->main);
	/* What was killed, and what ends with the case by itself, gets the time to do so. */
	for (unsigned i = 0; i < RUN_SETTLE_MS / 2 * r->places->scale; i++) {
		reap(r);
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return true;
		nanosleep(&pause, NULL);
	}
	while (kill_children(r, tell)) {
		clean = tell = false;
		nanosleep(&pause, NULL);
		reap(r);
	}
	return clean;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static enum outcome run_steps(struct run *r)
{
	const char *failed;
	enum outcome outcome;

	if (!has_features(r))
		return RUN_SKIPPED;
	if (!run_all(r, CASE_REQUIRES, &failed)) {
		if (!r->interrupted)
			buf_printf(r->why, "needs: %s", failed);
		return RUN_SKIPPED;
	}
	if (!run_all(r, CASE_SETUP, &failed)) {
		buf_printf(r->why, "SETUP failed: %s\n", failed);
		return RUN_FAILED;
	}
	outcome = run_before(r) && run_main(r) ? RUN_PASSED : RUN_FAILED;
	if (!clear_away(r, outcome == RUN_PASSED))
		outcome = RUN_FAILED;
	r->deadline = now_ms() + RUN_SETTLE_MS * (u64)r->places->scale;
	if (!run_all(r, CASE_CLEANUP, &failed)) {
		buf_printf(r->why, "CLEANUP failed: %s\n", failed);
		outcome = RUN_FAILED;
	}
	return outcome;
}

enum outcome run_case(const struct test_case *c, const struct places *places, struct buf *why,
		      struct buf *output)
{
	struct run r = { .c = c, .places = places, .why = why, .output = output };
	const char *seconds = case_value(c, CASE_TIMEOUT);
	enum outcome outcome = RUN_FAILED;
	sigset_t set, old;

	arena_init(&r.arena);
	strcpy(r.tmp, "/tmp/skep-case-XXXXXX");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	r.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r.deadline =
		now_ms() + 1000 * (seconds ? (u64)atoi(seconds) : RUN_TIMEOUT) * (u64)places->scale;
	if (r.signals < 0 || !mkdtemp(r.tmp)) {
		buf_printf(why, "cannot set up: %s\n", strerror(errno));
	} else {
		outcome = run_steps(&r);
		clear_away(&r, false);
		nftw(r.tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	if (r.signals >= 0)
		close(r.signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	arena_done(&r.arena);
	return r.interrupted ? RUN_INTERRUPTED : outcome;
}
