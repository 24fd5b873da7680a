/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event numbers out of tracefs. It is at /sys/kernel/tracing, or on old systems below debugfs only; where
 * nothing has mounted it yet, it is mounted at its own place if that is permitted.
 */
#include "kernel/tracefs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/text.h"

static const char *find_tracefs(struct instance *k)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[64];

	if (k->tracefs)
		return k->tracefs;
	for (int mounted = 0; mounted < 2; mounted++) {
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			snprintf(path, sizeof(path), "%s/events", places[i]);
			if (access(path, X_OK) == 0)
				return k->tracefs = places[i];
		}
		if (mount("tracefs", places[0], "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
			break;
	}
	return NULL;
}

int tracefs_event_id(struct instance *k, const char *category, const char *event)
{
	const char *root = find_tracefs(k);
	char path[PATH_MAX], text[32];
	ssize_t got;
	u64 id;
	int n, fd;

	if (!root)
		return -ENODEV;
	if (!category || !event || strchr(category, '/') || strchr(event, '/'))
		return -ENOENT;
	n = snprintf(path, sizeof(path), "%s/events/%s/%s/id", root, category, event);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got <= 0)
		return -ENOENT;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text_u64(text, &id) && id <= INT_MAX ? (int)id : -EINVAL;
}
