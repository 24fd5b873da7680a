/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/survey.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "inspect/survey_impl.h"

static const struct {
	const char *name;
	void (*ask)(struct survey *s);
} parts[SURVEY_PARTS] = {
	[SURVEY_SYSTEM] = { "system", survey_system },
	[SURVEY_CONFIG] = { "config", survey_config },
	[SURVEY_PROGS] = { "prog_types", survey_progs },
	[SURVEY_ATTACHES] = { "attach_types", survey_attaches },
	[SURVEY_LINKS] = { "link_types", survey_links },
	[SURVEY_MAPS] = { "map_types", survey_maps },
	[SURVEY_HELPERS] = { "helpers", survey_helpers },
	[SURVEY_KFUNCS] = { "kfuncs", survey_kfuncs },
	[SURVEY_ITERS] = { "iterators", survey_iters },
	[SURVEY_ISA] = { "isa", survey_isa },
	[SURVEY_BTF] = { "btf", survey_btf },
	[SURVEY_LIMITS] = { "limits", survey_limits },
	[SURVEY_MISC] = { "misc", survey_misc },
};

void survey_init(struct survey *s, struct arena *arena)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct utsname u;

	s->arena = arena;
	s->log = arena_alloc(arena, SURVEY_LOG_BYTES);
	/* Kernels before 5.11 count maps and programs by it; where it cannot be raised it need not be. */
	setrlimit(RLIMIT_MEMLOCK, &all);
	if (uname(&u) || sscanf(u.release, "%u.%u", &s->major, &s->minor) != 2)
		s->major = s->minor = 0;
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &s->kernel))
		s->kernel = NULL;
	survey_read_config(s);
}

void survey_done(struct survey *s)
{
	for (u32 i = 0; i < MAP_TYPE_COUNT; i++) {
		if (s->maps[i] > 0)
			close(s->maps[i]);
		s->maps[i] = 0;
	}
	rawbtf_free(s->kernel);
	s->kernel = NULL;
}

void survey_ask(struct survey *s, enum survey_part part)
{
	if (s->asked[part])
		return;
	s->asked[part] = true;
	parts[part].ask(s);
}

const char *survey_part_name(enum survey_part part)
{
	return parts[part].name;
}

int survey_part_find(const char *name)
{
	for (int i = 0; i < SURVEY_PARTS; i++) {
		if (!strcmp(parts[i].name, name))
			return i;
	}
	return -1;
}

const struct survey_row *survey_find(const struct survey *s, enum survey_part part,
				     const char *name)
{
	for (size_t i = 0; i < s->parts[part].rows.n; i++) {
		if (!strcmp(s->parts[part].rows.at[i].name, name))
			return &s->parts[part].rows.at[i];
	}
	return NULL;
}

struct survey_row *survey_add(struct survey *s, enum survey_part part, const char *name,
			      enum survey_state state)
{
	struct survey_row *row = vec_add(s->arena, &s->parts[part].rows);

	row->name = name;
	row->state = state;
	return row;
}
