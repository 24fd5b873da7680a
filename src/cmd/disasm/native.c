/* SPDX-License-Identifier: GPL-2.0-or-later */
/* objdump reads the code from a memory file and is read through a pipe. */
#include "cmd/disasm/native.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

#define MAX_TEXT (256u << 20)

extern char **environ;

bool native_read_line(char *line, struct native_insn *out)
{
	char *end, *p = line + strspn(line, " ");
	unsigned long at = strtoul(p, &end, 16);
	size_t len;

	if (end == p || end[0] != ':' || end[1] != '\t' || at > UINT32_MAX)
		return false;
	p = end + 2;
	len = strcspn(p, "\n");
	while (len && (p[len - 1] == ' ' || p[len - 1] == '\r'))
		len--;
	p[len] = '\0';
	*out = (struct native_insn){ .at = (u32)at, .text = p };
	return len;
}

static void read_lines(struct arena *a, char *text, size_t size, struct native_code *out)
{
	for (char *line = text, *end; line && *line; line = end) {
		struct native_insn insn;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (!native_read_line(line, &insn) || insn.at >= size)
			continue;
		insn.text = arena_strdup(a, insn.text);
		*vec_add(a, &out->insns) = insn;
	}
	for (size_t i = 0; i < out->insns.n; i++) {
		size_t end = i + 1 < out->insns.n ? out->insns.at[i + 1].at : size;

		out->insns.at[i].size = (u32)(end - out->insns.at[i].at);
	}
}

static int make_file(const void *bytes, size_t size, struct diag *d)
{
	int fd = memfd_create("code", MFD_CLOEXEC);
	size_t done = 0;

	if (fd < 0)
		return diag_errno(d, errno, "no memory file for objdump");
	while (done < size) {
		ssize_t n = write(fd, (const u8 *)bytes + done, size - done);

		if (n < 0) {
			int err = errno;

			close(fd);
			return diag_errno(d, err, "cannot write code for objdump");
		}
		done += (size_t)n;
	}
	return fd;
}

/* Its standard output; -errno. */
static int start(const char *path, pid_t *pid)
{
	char *const argv[] = { "objdump", "-D",
			       "-b",      "binary",
			       "-m",      "i386:x86-64",
			       "-M",      "intel",
			       "-z",      "--no-show-raw-insn",
			       "-w",      (char *)(uintptr_t)path,
			       NULL };
	posix_spawn_file_actions_t actions;
	int pipes[2], err;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipes[1]);
	if (err) {
		close(pipes[0]);
		return -err;
	}
	return pipes[0];
}

int native_disassemble(struct arena *a, const void *bytes, size_t size, struct native_code *out,
		       struct diag *d)
{
	int file = make_file(bytes, size, d), from, status = 0;
	char path[64], *text;
	pid_t pid;

	*out = (struct native_code){ 0 };
	if (file < 0)
		return file;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), file);
	from = start(path, &pid);
	if (from < 0) {
		close(file);
		return from == -ENOENT ? from : diag_errno(d, -from, "cannot start objdump");
	}
	text = text_read_fd(from, MAX_TEXT, NULL);
	close(from);
	waitpid(pid, &status, 0);
	close(file);
	if (!text || status) {
		free(text);
		return diag_error(d, LOC_NONE, "objdump does not read the compiled code");
	}
	read_lines(a, text, size, out);
	free(text);
	return 0;
}

const struct native_insn *native_find(const struct native_code *c, size_t at)
{
	size_t low = 0, high = c->insns.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->insns.at[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->insns.n ? &c->insns.at[low] : NULL;
}
