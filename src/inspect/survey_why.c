/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons: an option that the kernel was built without, its age, a privilege. What is not known is not said. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "inspect/survey_impl.h"
#include "kernel/privilege.h"

enum { LINE_BYTES = 4096, MAX_LINES = 100000 };

static gzFile open_config(void)
{
	struct utsname u;
	char path[sizeof(u.release) + 16];
	gzFile f = gzopen("/proc/config.gz", "re");

	if (f || uname(&u))
		return f;
	snprintf(path, sizeof(path), "/boot/config-%s", u.release);
	return gzopen(path, "re");
}

void survey_read_config(struct survey *s)
{
	static const char prefix[] = "CONFIG_";
	gzFile f = open_config();
	char line[LINE_BYTES];

	table_init(&s->config, s->arena);
	for (u32 i = 0; f && i < MAX_LINES && gzgets(f, line, sizeof(line)); i++) {
		char *equals = strchr(line, '=');

		if (strncmp(line, prefix, strlen(prefix)) != 0 || !equals)
			continue;
		*equals++ = '\0';
		equals[strcspn(equals, "\n")] = '\0';
		table_set_str(&s->config, line + strlen(prefix), arena_strdup(s->arena, equals));
		s->has_config = true;
	}
	if (f)
		gzclose(f);
}

const char *survey_config_why(const struct survey *s, const char *option)
{
	const char *value = *option ? table_get_str(&s->config, option) : "y";

	if (!s->has_config || (value && !strcmp(value, "y")))
		return NULL;
	if (!value)
		return arena_printf(s->arena, "CONFIG_%s is not set", option);
	return arena_printf(s->arena, "CONFIG_%s is %s", option,
			    !strcmp(value, "m") ? "a module, which may not be loaded" : value);
}

static const char *permission(void)
{
	if (privilege_has(CAP_SYS_ADMIN) ||
	    (privilege_has(CAP_BPF) && privilege_has(CAP_PERFMON) && privilege_has(CAP_NET_ADMIN)))
		return "not permitted even with all capabilities: by lockdown, a security module "
		       "or a "
		       "filter";
	return "needs CAP_BPF and, by its kind, CAP_PERFMON or CAP_NET_ADMIN";
}

void survey_explain(struct survey *s, struct survey_row *row, const struct since *since, int err)
{
	const char *config = since ? survey_config_why(s, since->config) : NULL;
	bool is_older =
		since && s->major &&
		(s->major < since->major || (s->major == since->major && s->minor < since->minor));

	if (config) {
		row->why = config;
	} else if (s->ifindex && err != EPERM) {
		row->why = "the device does not take it";
	} else if (err == EPERM || err == EACCES) {
		row->why = permission();
		row->state = SURVEY_UNKNOWN;
	} else if (is_older) {
		row->why = arena_printf(s->arena, "Linux %u.%u has brought it", since->major,
					since->minor);
	} else if (since && *since->config && !s->has_config) {
		row->why = arena_printf(s->arena, "needs CONFIG_%s", since->config);
	}
}
