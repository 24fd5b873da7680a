/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *	parent                          child
 *	fork ------------------------>  writes a byte to `report`, waits on `gate`
 *	sees it asleep there
 *	attaches probes
 *	writes a byte to `gate` ----->  execs; `report` closes with it, or carries errno
 *	reads `report`
 *
 * So probes see nothing of the child's own but the end of its read.
 *
 * A parent that dies meanwhile closes `gate` unwritten, so the child never runs; later, the child gets SIGTERM.
 */
#include "session/child.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

enum { CHILD_MAX_WORDS = 4096, CHILD_PATIENCE_MS = 100, CHILD_LOOK_US = 50 };

struct session_child {
	struct arena arena; /* of argv */
	const char *path;
	vec_of(char *) argv;
	pid_t pid;
	int pidfd, gate, report; /* -1: none */
	bool held, released, reaped;
	int status;
};

/* One word into b; *s behind it. false if a quote is not closed. */
static bool child_word(const char **s, struct buf *b)
{
	char quote = 0;

	for (; **s && (quote || !strchr(" \t\n", **s)); (*s)++) {
		bool escapes = **s == '\\' && quote != '\'' && (*s)[1] &&
			       (!quote || strchr("\"\\$`", (*s)[1]));

		if (escapes)
			buf_putc(b, *++*s);
		else if (quote && **s == quote)
			quote = 0;
		else if (!quote && (**s == '\'' || **s == '"'))
			quote = **s;
		else
			buf_putc(b, **s);
	}
	return !quote;
}

static int child_split(struct session_child *c, const char *command, struct diag *d)
{
	const char *s = command;
	struct buf word = { 0 };
	bool closed = true;

	for (s += strspn(s, " \t\n"); *s && closed && c->argv.n < CHILD_MAX_WORDS;
	     s += strspn(s, " \t\n")) {
		buf_clear(&word);
		closed = child_word(&s, &word);
		*vec_add(&c->arena, &c->argv) = arena_strndup(&c->arena, buf_str(&word), word.len);
	}
	buf_done(&word);
	if (!closed)
		return diag_error(d, LOC_NONE, "a quote is not closed in the command: %s", command);
	if (!c->argv.n)
		return diag_error(d, LOC_NONE, "the command is empty");
	if (*s)
		return diag_error(d, LOC_NONE, "the command has more than %d words",
				  CHILD_MAX_WORDS);
	*vec_add(&c->arena, &c->argv) = NULL;
	c->argv.n--;
	return 0;
}

static bool child_is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* The program's path, looked for in PATH unless it has a slash. */
static int child_find(struct session_child *c, struct diag *d)
{
	const char *name = c->argv.at[0], *path = getenv("PATH");
	int err = ENOENT;

	if (strchr(name, '/')) {
		c->path = name;
		if (child_is_program(name))
			return 0;
		err = access(name, F_OK) ? errno : EACCES;
		return diag_errno(d, err, "cannot run '%s'", name);
	}
	for (path = path ? path : "/usr/bin:/bin"; *name; path++) {
		size_t len = strcspn(path, ":");

		c->path = arena_printf(&c->arena, "%.*s%s%s", (int)len, path, len ? "/" : "", name);
		if (child_is_program(c->path))
			return 0;
		path += len;
		if (!*path)
			break;
	}
	return diag_errno(d, err, "cannot run '%s': it is not in PATH", name);
}

/* Does not return. */
static void child_run(const struct session_child *c, pid_t parent, int gate, int report)
{
	char go;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || write(report, "", 1) != 1 || read(gate, &go, 1) != 1)
		_exit(127);
	execv(c->path, c->argv.at);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

static int child_fork(struct session_child *c, struct diag *d)
{
	int gate[2], report[2];
	pid_t parent = getpid();

	if (pipe2(gate, O_CLOEXEC))
		return diag_errno(d, errno, "cannot make a pipe");
	if (pipe2(report, O_CLOEXEC)) {
		int err = errno;

		close(gate[0]);
		close(gate[1]);
		return diag_errno(d, err, "cannot make a pipe");
	}
	c->pid = fork();
	if (!c->pid) {
		close(gate[1]);
		close(report[0]);
		child_run(c, parent, gate[0], report[1]);
	}
	close(gate[0]);
	close(report[1]);
	c->gate = gate[1];
	c->report = report[0];
	if (c->pid < 0)
		return diag_errno(d, errno, "cannot fork");
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0)
		return diag_errno(d, errno, "cannot watch the command");
	return 0;
}

struct session_child *child_start(const char *command, struct diag *d)
{
	struct session_child *c = calloc(1, sizeof(*c));

	if (!c)
		arena_exhausted();
	arena_init(&c->arena);
	c->pid = -1;
	c->pidfd = c->gate = c->report = -1;
	if (child_split(c, command, d) || child_find(c, d) || child_fork(c, d)) {
		child_free(c);
		return NULL;
	}
	return c;
}

u32 child_pid(const struct session_child *c)
{
	return (u32)c->pid;
}

int child_pidfd(const struct session_child *c)
{
	return c->pidfd;
}

static bool child_sleeps(const struct session_child *c)
{
	char path[32], *text, *state;
	bool sleeps;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", child_pid(c));
	text = text_read_file(path, 4096, NULL);
	/* "12 (a name) S ..." */
	state = text ? strrchr(text, ')') : NULL;
	sleeps = state && !strncmp(state, ") S", 3);
	free(text);
	return sleeps;
}

void child_hold(struct session_child *c)
{
	struct pollfd ready = { .fd = c->report, .events = POLLIN };
	char byte;

	if (c->held || c->released)
		return;
	c->held = true;
	/* The byte comes before the last sleep, and no other follows it. */
	if (poll(&ready, 1, CHILD_PATIENCE_MS) != 1 || read(c->report, &byte, 1) != 1)
		return;
	for (int i = 0; i < CHILD_PATIENCE_MS * 1000 / CHILD_LOOK_US && !child_sleeps(c); i++)
		usleep(CHILD_LOOK_US);
}

/* A pipe whose reader was killed must not kill us too. */
static ssize_t child_open_gate(int gate)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	ssize_t n;

	sigaction(SIGPIPE, &ignore, &old);
	n = write(gate, "", 1);
	sigaction(SIGPIPE, &old, NULL);
	return n;
}

int child_release(struct session_child *c)
{
	int err = 0;
	ssize_t n;

	if (c->released)
		return 0;
	child_hold(c);
	c->released = true;
	n = child_open_gate(c->gate);
	close(c->gate);
	c->gate = -1;
	if (n != 1)
		return -ESRCH;
	do
		n = read(c->report, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(err) ? -err : 0;
}

int child_exit_status(struct session_child *c)
{
	while (!c->reaped && waitpid(c->pid, &c->status, 0) < 0) {
		if (errno != EINTR)
			break;
	}
	c->reaped = true;
	return c->status;
}

static bool child_has_ended(const struct session_child *c, int timeout_ms)
{
	struct pollfd end = { .fd = c->pidfd, .events = POLLIN };

	return c->pidfd < 0 || poll(&end, 1, timeout_ms) > 0;
}

void child_free(struct session_child *c)
{
	if (!c)
		return;
	if (c->gate >= 0)
		close(c->gate);
	if (c->pid > 0 && !c->reaped) {
		if (c->released && !child_has_ended(c, 0))
			kill(c->pid, SIGTERM);
		/* One that is still held back ends by itself, as its gate has closed. */
		if (!child_has_ended(c, CHILD_PATIENCE_MS))
			kill(c->pid, SIGKILL);
		child_exit_status(c);
	}
	if (c->pidfd >= 0)
		close(c->pidfd);
	if (c->report >= 0)
		close(c->report);
	arena_done(&c->arena);
	free(c);
}
