/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the command under test. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "accel/control.h"

enum { COMMAND_WORDS = 24 };

pid_t control_start(const struct control *c, const char *args, int to)
{
	char text[600], *words[COMMAND_WORDS + 3] = { (char *)c->skep, "accel" }, *rest = text;
	pid_t pid;
	int n = 2;

	snprintf(text, sizeof(text), "%s", args);
	for (char *word; n < COMMAND_WORDS && (word = strsep(&rest, " "));)
		if (*word)
			words[n++] = word;
	words[n] = NULL;
	pid = fork();
	if (pid)
		return pid;
	dup2(to, STDOUT_FILENO);
	dup2(to, STDERR_FILENO);
	execv(c->skep, words);
	dprintf(STDERR_FILENO, "cannot run %s\n", c->skep);
	_exit(127);
}

int control_skep(const struct control *c, const char *args, char *output, size_t size)
{
	int fd = memfd_create("output", MFD_CLOEXEC), status = -1;
	pid_t pid = control_start(c, args, fd);
	ssize_t n;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = -1;
	n = output && size ? pread(fd, output, size - 1, 0) : 0;
	if (output && size) {
		output[n > 0 ? n : 0] = '\0';
		while (n > 0 && output[n - 1] == '\n')
			output[--n] = '\0';
	}
	close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static u64 now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

bool control_skep_killed(const struct control *c, const char *args, unsigned us)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), status = 0;
	u64 start_us = now_us();
	pid_t pid = control_start(c, args, fd);

	/* A sleep would be too coarse for the steps between two kills. */
	while (now_us() - start_us < us)
		if (us > 2000 && now_us() - start_us < us - 2000)
			usleep(500);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(fd);
	return WIFEXITED(status);
}
