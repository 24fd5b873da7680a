/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shell that left something running in the background keeps its standard output open: command_run ends with
 * the shell, command_capture with the last of them, since only then all output is known.
 */
#include "session/command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static int command_start(const char *command, int fd, const sigset_t *mask, pid_t *pid)
{
	const char *argv[] = { "sh", "-c", command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	/* dup2 onto itself clears O_CLOEXEC as well. */
	posix_spawn_file_actions_adddup2(&files, fd, STDOUT_FILENO);
	if (mask) {
		posix_spawnattr_setsigmask(&attr, mask);
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	}
	err = posix_spawn(pid, "/bin/sh", &files, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

static void command_wait(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int command_run(const char *command, int fd, const sigset_t *mask)
{
	pid_t pid;
	int err = command_start(command, fd, mask, &pid);

	if (!err)
		command_wait(pid);
	return err;
}

int command_capture(const char *command, const sigset_t *mask, size_t max, struct buf *out)
{
	int fds[2], err;
	char part[4096];
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	err = command_start(command, fds[1], mask, &pid);
	close(fds[1]);
	while (!err && ((n = read(fds[0], part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))) {
		size_t room = out->len < max ? max - out->len : 0;

		if (n > 0)
			buf_put(out, part, (size_t)n < room ? (size_t)n : room);
	}
	close(fds[0]);
	if (!err)
		command_wait(pid);
	return err;
}
