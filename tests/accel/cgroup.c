/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CGROUP_OURS "skep-accel-test."
#define CGROUP_BENCH "skep-bench-"

enum { CGROUP_KILL_ROUNDS = 500 };

/* The mount point is the fifth field of a line, the type the one after the lone "-". */
static int find_tree(char *path, size_t size)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[1024], mounted[256];
	int err = -1;

	while (f && err && fgets(line, sizeof(line), f)) {
		if (!strstr(line, " - cgroup2 ") ||
		    sscanf(line, "%*s %*s %*s %*s %255s", mounted) != 1)
			continue;
		snprintf(path, size, "%s", mounted);
		err = 0;
	}
	if (f)
		fclose(f);
	errno = err ? ENOENT : 0;
	return err;
}

static void set_paths(struct control *c, const char *name, int pid)
{
	snprintf(c->top, sizeof(c->top), "%s/%s%d", c->tree, name, pid);
	snprintf(c->in, sizeof(c->in), "%s/in", c->top);
	snprintf(c->out, sizeof(c->out), "%s/out", c->top);
}

int cgroup_make(struct control *c)
{
	if (!*c->tree && find_tree(c->tree, sizeof(c->tree)))
		return -1;
	set_paths(c, CGROUP_OURS, (int)getpid());
	return mkdir(c->top, 0755) || mkdir(c->in, 0755) || mkdir(c->out, 0755) ? -1 : 0;
}

int cgroup_enter(const char *path)
{
	char file[400];
	int fd, err;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = write(fd, "0", 1) == 1 ? 0 : -1;
	close(fd);
	return err;
}

/* Processes that are there still, each killed. */
static unsigned kill_round(const char *path)
{
	char file[400];
	unsigned n = 0;
	int pid;
	FILE *f;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	f = fopen(file, "re");
	while (f && fscanf(f, "%d", &pid) == 1) {
		if (pid > 0)
			kill(pid, SIGKILL);
		n++;
	}
	if (f)
		fclose(f);
	return n;
}

void cgroup_kill(const char *path)
{
	for (int i = 0; i < CGROUP_KILL_ROUNDS && kill_round(path); i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		test_sleep(2);
	}
}

int cgroup_remove(const struct control *c)
{
	cgroup_kill(c->in);
	cgroup_kill(c->out);
	return rmdir(c->in) || rmdir(c->out) || rmdir(c->top) ? -1 : 0;
}

static void sweep_one(struct control *c)
{
	char status[65536];

	cgroup_kill(c->in);
	cgroup_kill(c->out);
	if (control_is_on(c) && control_skep(c, "status -f json", status, sizeof(status)) >= 0 &&
	    strstr(status, c->in))
		control_off(c, status, sizeof(status));
	if (!cgroup_remove(c))
		fprintf(stderr, "accel-test: cleared away %s\n", c->top);
}

void cgroup_sweep(struct control *c)
{
	static const char *const names[] = { CGROUP_OURS, CGROUP_BENCH };
	DIR *d = find_tree(c->tree, sizeof(c->tree)) ? NULL : opendir(c->tree);
	char *end;

	for (struct dirent *e; d && (e = readdir(d));) {
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			size_t n = strlen(names[i]);
			long pid;

			if (strncmp(e->d_name, names[i], n))
				continue;
			pid = strtol(e->d_name + n, &end, 10);
			if (pid <= 0 || *end || !kill((pid_t)pid, 0))
				continue;
			set_paths(c, names[i], (int)pid);
			sweep_one(c);
		}
	}
	if (d)
		closedir(d);
}

unsigned cgroup_count(const struct control *c)
{
	DIR *d = opendir(c->tree);
	unsigned n = 0, pid;

	for (struct dirent *e; d && (e = readdir(d));)
		n += sscanf(e->d_name, "skep-accel-%u", &pid) == 1;
	if (d)
		closedir(d);
	return n;
}
