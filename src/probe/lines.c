/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buffer holds whole lines and the beginning of one more, which moves to the front for the next read. */
#include "probe/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { LINES_BUFFER = 32768, LINES_LONGEST = 4000 };

/* Hands out the whole lines among n bytes; how many bytes they took, or -1 when fn wants no more. */
static ssize_t lines_hand_out(char *buf, size_t n, bool (*fn)(void *, char *), void *arg)
{
	size_t at = 0;
	char *end;

	while ((end = memchr(buf + at, '\n', n - at)) != NULL) {
		char *line = buf + at;

		*end = '\0';
		at = (size_t)(end - buf) + 1;
		if (end - line <= LINES_LONGEST && !fn(arg, line))
			return -1;
	}
	return (ssize_t)at;
}

static int lines_read(int fd, char *buf, bool (*fn)(void *, char *), void *arg)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(fd, buf + n, LINES_BUFFER - n);
		ssize_t used;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0) {
			buf[n] = '\0';
			if (n && n <= LINES_LONGEST)
				fn(arg, buf);
			return 0;
		}
		n += (size_t)got;
		used = lines_hand_out(buf, n, fn, arg);
		if (used < 0)
			return 0;
		n -= (size_t)used;
		memmove(buf, buf + used, n);
		/* What has no end within the buffer is dropped but for its tail, which stays too long. */
		if (n == LINES_BUFFER)
			n = LINES_LONGEST + 1;
	}
}

int lines_each(const char *path, bool (*fn)(void *arg, char *line), void *arg)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf;
	int err;

	if (fd < 0)
		return -errno;
	buf = malloc(LINES_BUFFER + 1);
	if (!buf)
		arena_exhausted();
	err = lines_read(fd, buf, fn, arg);
	free(buf);
	close(fd);
	return err;
}
