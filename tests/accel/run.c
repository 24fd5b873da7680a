/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel/cgroup.h"

enum { RUN_SECONDS = 10, RUN_EMPTY_MS = 2000, RUN_NAIVE_SECONDS = 15 };

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void run_block_signals(void)
{
	sigset_t set;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool run_is_interrupted(void)
{
	sigset_t set;

	return !sigpending(&set) && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
				     sigismember(&set, SIGHUP));
}

_Noreturn static void child(struct test *t, int output)
{
	struct at at = { t, t->test_case->file, t->test_case->line };
	sigset_t set;

	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	ending_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setpgid(0, 0);
	if (cgroup_enter(t->control->in))
		test_fail(at, "cannot enter %s: %s", t->control->in, strerror(errno));
	t->test_case->run(t);
	_exit(TEST_PASSED);
}

/* The first line of a file of a thread. */
static void read_line(const char *folder, const char *id, const char *name, char *to, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%.16s/%s", folder, id, name);
	f = fopen(path, "re");
	*to = '\0';
	if (f && fgets(to, (int)size, f))
		to[strcspn(to, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* Where the threads of a process sleep. */
static void describe_process(int pid, FILE *to)
{
	char folder[64], wchan[64], call[64];
	DIR *d;

	snprintf(folder, sizeof(folder), "/proc/%d/task", pid);
	d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		read_line(folder, e->d_name, "wchan", wchan, sizeof(wchan));
		read_line(folder, e->d_name, "syscall", call, sizeof(call));
		fprintf(to, "\tthread %s: %s, system call %s\n", e->d_name, wchan, call);
	}
	if (d)
		closedir(d);
}

static void describe_hang(const struct test *t, FILE *to)
{
	const struct progress *p = t->progress;
	char file[400];
	FILE *procs;
	int pid;

	if (run_is_interrupted())
		return;
	fprintf(to, "%s:%d: %s: still %s", p->file ? p->file : t->test_case->file,
		p->file ? p->line : t->test_case->line, t->test_case->name,
		p->what ? p->what : "busy");
	if (p->want)
		fprintf(to, ", %llu of %llu bytes", (unsigned long long)p->done,
			(unsigned long long)p->want);
	fprintf(to, ", when time was up\n");
	snprintf(file, sizeof(file), "%s/cgroup.procs", t->control->in);
	procs = fopen(file, "re");
	while (procs && fscanf(procs, "%d", &pid) == 1)
		describe_process(pid, to);
	if (procs)
		fclose(procs);
}

/* Its wait status, or -1 when it took too long. */
static int wait_for(pid_t pid, u64 ms)
{
	u64 start = test_ms();
	int status;

	for (unsigned i = 0;; i++) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return status;
		if (test_ms() - start > ms || run_is_interrupted())
			return -1;
		usleep(i < 50 ? 500 : 5000);
	}
}

/* All sockets are closed now, so nothing of them may be in the maps. */
static void check_ends(const struct test *t, struct run_result *r)
{
	u64 end = test_ms() + RUN_EMPTY_MS * t->scale;
	unsigned n;

	if (t->control->mode != CONTROL_SKEP)
		return;
	while ((n = control_ends()) && test_ms() < end)
		test_sleep(5);
	if (!n || r->status != TEST_PASSED)
		return;
	r->status = TEST_FAILED;
	snprintf(r->output, sizeof(r->output),
		 "%s:%d: %s: %u ends are in the map after all sockets were closed\n",
		 t->test_case->file, t->test_case->line, t->test_case->name, n);
}

void run_case(struct test *t, struct run_result *r)
{
	unsigned seconds = t->test_case->seconds ? t->test_case->seconds : RUN_SECONDS;
	int output = memfd_create("case", MFD_CLOEXEC), status;
	u64 start = test_ms();
	FILE *out;
	pid_t pid;
	ssize_t n;

	/* Over the naive redirect many of those that take long hang, as they should. */
	if (t->control->mode == CONTROL_NAIVE && seconds > RUN_NAIVE_SECONDS)
		seconds = RUN_NAIVE_SECONDS;
	memset(t->progress, 0, sizeof(*t->progress));
	pid = fork();
	if (!pid)
		child(t, output);
	out = fdopen(output, "a+e");
	status = pid > 0 ? wait_for(pid, seconds * 1000ull * t->scale) : -1;
	if (status < 0)
		describe_hang(t, out);
	else if (WIFSIGNALED(status))
		fprintf(out, "%s:%d: %s: killed by signal %d\n", t->test_case->file,
			t->test_case->line, t->test_case->name, WTERMSIG(status));
	fflush(out);
	cgroup_kill(t->control->in);
	cgroup_kill(t->control->out);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	r->ms = test_ms() - start;
	r->status = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : TEST_FAILED;
	n = pread(output, r->output, sizeof(r->output) - 1, 0);
	r->output[n > 0 ? n : 0] = '\0';
	if (r->status == TEST_SKIPPED)
		snprintf(r->output, sizeof(r->output), "%s", t->progress->reason);
	fclose(out);
	check_ends(t, r);
}
