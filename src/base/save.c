/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/save.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0)
			return errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int save_file(const char *path, const void *data, size_t len, struct diag *d)
{
	const char *tmp = arena_printf(d->arena, "%s.%d", path, (int)getpid());
	struct stat st;
	/* What is no file, a pipe or a terminal, is written to as it is. */
	bool direct = !stat(path, &st) && !S_ISREG(st.st_mode);
	int fd = open(direct ? path : tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int err;

	if (fd < 0)
		return diag_errno(d, errno, "cannot write %s", path);
	err = write_all(fd, data, len);
	if (close(fd) && !err)
		err = errno;
	if (!err && !direct && rename(tmp, path))
		err = errno;
	if (!err)
		return 0;
	if (!direct)
		unlink(tmp);
	return diag_errno(d, err, "cannot write %s", path);
}
