/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpftool's keys first, with its names; then those of our own, and at the end the reasons of all that is not there. */
#include <stdlib.h>
#include <string.h>

#include "cmd/feature/feature.h"

struct json {
	struct out *out;
	const struct survey *s;
};

/* The names of settings that are in bpftool's system_config. */
static bool is_bpftools(const char *name)
{
	return !strcmp(name, "unprivileged_bpf_disabled") || !strncmp(name, "bpf_jit_", 8);
}

static void put_value(const struct json *j, const struct survey_row *row)
{
	switch (row->state) {
	case SURVEY_YES:
	case SURVEY_NO:
	case SURVEY_UNKNOWN:
		out_json_bool(j->out, row->name, row->state == SURVEY_YES);
		break;
	case SURVEY_NUMBER:
		out_json_s64(j->out, row->name, strtoll(row->value, NULL, 10));
		break;
	case SURVEY_TEXT:
		out_json_str(j->out, row->name, row->value, strlen(row->value));
		break;
	case SURVEY_ABSENT:
		out_json_null(j->out, row->name);
		break;
	}
}

static void put_system_config(const struct json *j)
{
	const struct survey *s = j->s;

	if (!s->asked[SURVEY_SYSTEM] && !s->asked[SURVEY_CONFIG])
		return;
	out_json_open(j->out, "system_config", '{');
	for (size_t i = 0; i < s->parts[SURVEY_SYSTEM].rows.n; i++) {
		if (is_bpftools(s->parts[SURVEY_SYSTEM].rows.at[i].name))
			put_value(j, &s->parts[SURVEY_SYSTEM].rows.at[i]);
	}
	for (size_t i = 0; i < s->parts[SURVEY_CONFIG].rows.n; i++)
		put_value(j, &s->parts[SURVEY_CONFIG].rows.at[i]);
	out_json_close(j->out, '}');
}

static void put_system(const struct json *j)
{
	const struct survey_list *list = &j->s->parts[SURVEY_SYSTEM];

	if (!j->s->asked[SURVEY_SYSTEM])
		return;
	out_json_open(j->out, "system", '{');
	for (size_t i = 0; i < list->rows.n; i++) {
		if (!is_bpftools(list->rows.at[i].name))
			put_value(j, &list->rows.at[i]);
	}
	out_json_close(j->out, '}');
}

/* "have_NAMEsuffix": true */
static void put_have(const struct json *j, const char *key, enum survey_part part,
		     const char *suffix)
{
	const struct survey_list *list = &j->s->parts[part];
	struct buf name = { 0 };

	if (!j->s->asked[part])
		return;
	out_json_open(j->out, key, '{');
	for (size_t i = 0; i < list->rows.n; i++) {
		buf_clear(&name);
		buf_printf(&name, "have_%s%s", list->rows.at[i].name, suffix);
		out_json_bool(j->out, name.data, list->rows.at[i].state == SURVEY_YES);
	}
	out_json_close(j->out, '}');
	buf_done(&name);
}

static void put_plain(const struct json *j, const char *key, enum survey_part part)
{
	if (!j->s->asked[part])
		return;
	out_json_open(j->out, key, '{');
	for (size_t i = 0; i < j->s->parts[part].rows.n; i++)
		put_value(j, &j->s->parts[part].rows.at[i]);
	out_json_close(j->out, '}');
}

/* The names of a group that are there; group NULL: of those without one. */
static void put_names(const struct json *j, const char *key, enum survey_part part,
		      const char *group)
{
	const struct survey_list *list = &j->s->parts[part];

	out_json_open(j->out, key, '[');
	for (size_t i = 0; i < list->rows.n; i++) {
		const struct survey_row *row = &list->rows.at[i];

		if (row->state == SURVEY_YES &&
		    (group ? row->group && !strcmp(row->group, group) : !row->group))
			out_json_str(j->out, NULL, row->name, strlen(row->name));
	}
	out_json_close(j->out, ']');
}

/* A list for each type of programs, also of those that are not there. */
static void put_by_type(const struct json *j, const char *key, enum survey_part part,
			const char *suffix)
{
	const struct survey_list *types = &j->s->parts[SURVEY_PROGS];
	struct buf name = { 0 };

	out_json_open(j->out, key, '{');
	for (size_t i = 0; i < types->rows.n; i++) {
		buf_clear(&name);
		buf_printf(&name, "%s%s", types->rows.at[i].name, suffix);
		put_names(j, name.data, part, types->rows.at[i].name);
	}
	out_json_close(j->out, '}');
	buf_done(&name);
}

/* { "map_types": { "arena": "Linux 6.9 has brought it" } } */
static void put_reasons(const struct json *j)
{
	out_json_open(j->out, "missing", '{');
	for (int part = SURVEY_PROGS; part < SURVEY_PARTS; part++) {
		const struct survey_list *list = &j->s->parts[part];
		bool any = false;

		for (size_t i = 0; i < list->rows.n; i++) {
			const struct survey_row *row = &list->rows.at[i];

			if ((row->state != SURVEY_NO && row->state != SURVEY_UNKNOWN) ||
			    !row->why || row->group)
				continue;
			if (!any)
				out_json_open(j->out, survey_part_name((enum survey_part)part),
					      '{');
			any = true;
			out_json_str(j->out, row->name, row->why, strlen(row->why));
		}
		if (any)
			out_json_close(j->out, '}');
	}
	out_json_close(j->out, '}');
}

void feature_json(struct out *out, const struct survey *s, bool has_syscall)
{
	const struct json j = { out, s };

	out_json_open(out, NULL, '{');
	put_system_config(&j);
	if (!s->ifindex) {
		out_json_open(out, "syscall_config", '{');
		out_json_bool(out, "have_bpf_syscall", has_syscall);
		out_json_close(out, '}');
	}
	put_have(&j, "program_types", SURVEY_PROGS, "_prog_type");
	put_have(&j, "map_types", SURVEY_MAPS, "_map_type");
	if (s->asked[SURVEY_HELPERS])
		put_by_type(&j, "helpers", SURVEY_HELPERS, "_available_helpers");
	put_have(&j, "misc", SURVEY_MISC, "");
	put_system(&j);
	put_plain(&j, "attach_types", SURVEY_ATTACHES);
	put_plain(&j, "link_types", SURVEY_LINKS);
	if (s->asked[SURVEY_KFUNCS])
		put_names(&j, "kfuncs", SURVEY_KFUNCS, NULL);
	if (s->asked[SURVEY_KFUNCS] && s->is_full)
		put_by_type(&j, "kfuncs_by_type", SURVEY_KFUNCS, "");
	if (s->asked[SURVEY_ITERS])
		put_names(&j, "iterators", SURVEY_ITERS, NULL);
	put_plain(&j, "isa", SURVEY_ISA);
	put_plain(&j, "btf", SURVEY_BTF);
	put_plain(&j, "limits", SURVEY_LIMITS);
	put_reasons(&j);
	out_json_close(out, '}');
	out_json_end(out);
}
