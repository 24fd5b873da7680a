/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each check returns what is wrong, or NULL; one place says where. After this nobody else needs to
 * ask whether an index is in range or a text is there.
 */
#include "object/scriptcheck.h"

#include <string.h>

enum {
	EVENT_HEADER = 8,    /* { u32 action; u32 zero } */
	EVENT_MAX = 1 << 26, /* no ring is larger */
	COUNTER_ALIGN = sizeof(u64),
};

/* Diagnostics show the source at a place, so it has to be inside. */
static bool check_loc(const struct script *s, size_t source_len, struct loc loc)
{
	if (!s->source)
		return true;
	return loc.offset <= source_len && loc.len <= source_len - loc.offset;
}

/* What attaching to a target of each kind relies on. */
static const char *check_target(enum attach kind, const struct script_target *t)
{
	switch (kind) {
	case ATTACH_BEGIN:
	case ATTACH_END:
	case ATTACH_KPROBE:
	case ATTACH_KRETPROBE:
	case ATTACH_COUNT:
		break;
	case ATTACH_TRACEPOINT:
		return t->module && t->func ? NULL : "its tracepoint has no name";
	case ATTACH_SELF:
	case ATTACH_RAWTRACEPOINT:
	case ATTACH_FENTRY:
	case ATTACH_FEXIT:
		return t->func ? NULL : "its event or function has no name";
	case ATTACH_UPROBE:
	case ATTACH_URETPROBE:
		return t->module ? NULL : "its binary has no path";
	case ATTACH_SOFTWARE:
	case ATTACH_HARDWARE:
		return t->module ? NULL : "its event has no name";
	case ATTACH_INTERVAL:
	case ATTACH_PROFILE:
		return t->period ? NULL : "its period is 0";
	}
	return NULL;
}

static const char *check_program(const struct script *s, const struct script_program *p)
{
	const char *wrong = NULL;

	if (!p->func || !*p->func)
		return "it has no function";
	if (!p->target_count)
		return "it has no target";
	if (p->first_target > s->targets.n || p->target_count > s->targets.n - p->first_target)
		return "its targets do not exist";
	for (u32 i = 0; i < p->target_count && !wrong; i++)
		wrong = check_target(p->kind, &s->targets.at[p->first_target + i]);
	return wrong;
}

static const char *check_args(const struct script_action *a)
{
	for (size_t i = 0; i < a->args.n; i++) {
		const struct script_arg *arg = &a->args.at[i];

		if (arg->offset < EVENT_HEADER || (u64)arg->offset + arg->type->size > a->size)
			return "an argument lies outside the record";
		if (a->kind == ACTION_JOIN && arg->type->kind != TYPE_STRING)
			return "join has an argument that is no string";
	}
	return NULL;
}

static const char *check_entry(const struct script *s, const struct script_action *a)
{
	const struct script_map *m;

	if (a->map >= s->maps.n)
		return "its map does not exist";
	m = &s->maps.at[a->map];
	if (!m->key || !a->args.n)
		return "it has no key";
	return m->per_cpu || a->args.n >= 2 ? NULL : "it has no value";
}

static const char *check_action(const struct script *s, const struct script_action *a)
{
	const char *wrong = check_args(a);

	if (wrong)
		return wrong;
	if (a->size < EVENT_HEADER || a->size > EVENT_MAX)
		return "its record's size is impossible";
	switch (a->kind) {
	case ACTION_PRINTF:
	case ACTION_ERRORF:
	case ACTION_WARNF:
	case ACTION_SYSTEM:
	case ACTION_CAT:
	case ACTION_TIME:
	case ACTION_JOIN:
		return a->text ? NULL : "it has no text";
	case ACTION_PRINT_VALUE:
		return a->args.n ? NULL : "it has no value";
	case ACTION_PRINT_ENTRY:
		return check_entry(s, a);
	case ACTION_PRINT_MAP:
	case ACTION_CLEAR:
	case ACTION_ZERO:
		return a->map < s->maps.n ? NULL : "its map does not exist";
	case ACTION_EXIT:
		break;
	}
	return NULL;
}

static const char *check_map(const struct script_map *m)
{
	if (!m->name)
		return "it has no name";
	if (m->bpf_name)
		return NULL;
	if (m->key)
		return "it has a key but is a variable";
	return m->offset % COUNTER_ALIGN ? "it is not aligned" : NULL;
}

static const char *check_counter(const struct script *s, const struct script_counter *c)
{
	if (c->offset % COUNTER_ALIGN)
		return "it is not aligned";
	if (c->kind == COUNTER_MAP_FULL && c->map >= s->maps.n)
		return "its map does not exist";
	if ((c->kind == COUNTER_READ || c->kind == COUNTER_HELPER) && !c->text)
		return "it has no text";
	return NULL;
}

static int check_say(struct diag *d, const char *what, size_t i, const char *wrong)
{
	return diag_error(d, LOC_NONE, "compiled script: %s %zu: %s", what, i, wrong);
}

static int check_places(const struct script *s, struct diag *d)
{
	static const char outside[] = "its place lies outside the source";
	size_t len = s->source ? strlen(s->source) : 0;

	for (size_t i = 0; i < s->programs.n; i++) {
		if (!check_loc(s, len, s->programs.at[i].loc))
			return check_say(d, "program", i, outside);
	}
	for (size_t i = 0; i < s->actions.n; i++) {
		if (!check_loc(s, len, s->actions.at[i].loc))
			return check_say(d, "action", i, outside);
	}
	for (size_t i = 0; i < s->counters.n; i++) {
		if (!check_loc(s, len, s->counters.at[i].loc))
			return check_say(d, "counter", i, outside);
	}
	return 0;
}

int script_check(const struct script *s, struct diag *d)
{
	const char *wrong;

	for (size_t i = 0; i < s->targets.n; i++) {
		if (!s->targets.at[i].name)
			return check_say(d, "target", i, "it has no name");
	}
	for (size_t i = 0; i < s->programs.n; i++) {
		wrong = check_program(s, &s->programs.at[i]);
		if (wrong)
			return check_say(d, "program", i, wrong);
	}
	for (size_t i = 0; i < s->actions.n; i++) {
		wrong = check_action(s, &s->actions.at[i]);
		if (wrong)
			return check_say(d, "action", i, wrong);
	}
	for (size_t i = 0; i < s->maps.n; i++) {
		wrong = check_map(&s->maps.at[i]);
		if (wrong)
			return check_say(d, "map", i, wrong);
	}
	for (size_t i = 0; i < s->counters.n; i++) {
		wrong = check_counter(s, &s->counters.at[i]);
		if (wrong)
			return check_say(d, "counter", i, wrong);
	}
	for (size_t i = 0; i < s->strings.n; i++) {
		if (!s->strings.at[i])
			return check_say(d, "string", i, "it is not there");
	}
	return check_places(s, d);
}
