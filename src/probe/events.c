/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracefs: available_events has a line CATEGORY:EVENT for each; events/CATEGORY/EVENT/format its fields:
 *
 *		field:const char * filename;	offset:24;	size:8;	signed:0;
 */
#include "probe/events.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"
#include "probe/lines.h"

enum { TRACEFS_MAGIC_NUMBER = 0x74726163, FORMAT_MAX = 1 << 20, EVENT_MAX = 1 << 16 };

static bool is_tracefs(const char *path)
{
	struct statfs s;

	return !statfs(path, &s) && s.f_type == TRACEFS_MAGIC_NUMBER;
}

const char *events_tracefs(struct probe_context *c)
{
	static const char *const paths[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

	if (c->tracefs_known)
		return c->tracefs;
	c->tracefs_known = true;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (is_tracefs(paths[i]))
			return c->tracefs = paths[i];
	}
	if (!mount("tracefs", paths[0], "tracefs", 0, NULL))
		c->tracefs = paths[0];
	return c->tracefs;
}

/* The path of a file of an event's; NULL if a name cannot be a directory's. */
static const char *event_path(struct probe_context *c, const char *category, const char *event,
			      const char *file)
{
	if (!*category || !*event || category[0] == '.' || event[0] == '.' ||
	    strchr(category, '/') || strchr(event, '/'))
		return NULL;
	return arena_printf(c->arena, "%s/events/%s/%s/%s", c->tracefs, category, event, file);
}

int events_check(struct probe_context *c, const char *category, const char *event)
{
	const char *path;

	if (!events_tracefs(c))
		return -ENODEV;
	path = event_path(c, category, event, "format");
	if (!path)
		return -ENOENT;
	if (!access(path, F_OK))
		return 0;
	return errno == EACCES || errno == EPERM ? -EACCES : -ENOENT;
}

struct each {
	bool (*fn)(void *arg, const char *category, const char *event);
	void *arg;
};

static bool each_line(void *arg, char *line)
{
	struct each *e = arg;
	char *colon = strchr(line, ':');

	if (!colon)
		return true;
	*colon = '\0';
	return e->fn(e->arg, line, colon + 1);
}

int events_each(struct probe_context *c,
		bool (*fn)(void *arg, const char *category, const char *event), void *arg)
{
	struct each e = { fn, arg };

	if (!events_tracefs(c))
		return -ENODEV;
	return lines_each(arena_printf(c->arena, "%s/available_events", c->tracefs), each_line, &e);
}

/* The number behind "key:" in a line of a format; false if there is none. */
static bool format_number(const char *line, const char *key, long *out)
{
	const char *at = strstr(line, key);
	char *end;

	if (!at)
		return false;
	at += strlen(key);
	*out = strtol(at, &end, 10);
	return end != at;
}

/* Reads a line, which it cuts; false if it is no field that is whole. */
static bool format_field(char *line, struct event_field *out)
{
	static const char start[] = "field:";
	char *decl = strstr(line, start);
	char *end = decl ? strchr(decl, ';') : NULL;
	long offset, size, is_signed;

	if (!end || !format_number(end, "offset:", &offset) ||
	    !format_number(end, "size:", &size) || !format_number(end, "signed:", &is_signed))
		return false;
	if (offset < 0 || offset > EVENT_MAX || size <= 0 || size > EVENT_MAX)
		return false;
	*end = '\0';
	*out = (struct event_field){
		.decl = decl + sizeof(start) - 1,
		.offset = (u32)offset,
		.size = (u32)size,
		.is_signed = is_signed != 0,
	};
	return true;
}

int events_format(struct probe_context *c, const char *category, const char *event,
		  void (*fn)(void *arg, const struct event_field *f), void *arg)
{
	const char *path = events_tracefs(c) ? event_path(c, category, event, "format") : NULL;
	struct event_field f;
	char *text, *line, *rest;

	if (!path)
		return c->tracefs ? -ENOENT : -ENODEV;
	text = text_read_file(path, FORMAT_MAX, NULL);
	if (!text)
		return -errno;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *name;

		if (!strncmp(line, "print fmt:", 10))
			break;
		if (!format_field(line, &f))
			continue;
		name = strrchr(f.decl, ' ');
		if (!name || strncmp(name + 1, "common_", 7) != 0)
			fn(arg, &f);
	}
	free(text);
	return 0;
}
