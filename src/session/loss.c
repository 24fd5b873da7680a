/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lost events, full maps and stacks that were not kept are told while the script runs. Calls that failed
 * may be many and meant to (a string that is not paged in), so they are told once, at the end, reads only with -v.
 */
#include "session/loss.h"

#include <inttypes.h>
#include <string.h>

void losses_init(struct losses *l, struct actions *actions, struct arena *arena)
{
	*l = (struct losses){ .actions = actions };
	l->seen = arena_array(arena, u64, actions->script->counters.n);
}

static u64 loss_read(const struct losses *l, const struct script_counter *c)
{
	const struct values *v = l->actions->values;
	size_t size = 0;
	u8 *bss = v->ops->bss(v->engine, &size);

	if (!bss || c->offset % 8 || c->offset > size || size - c->offset < 8)
		return 0;
	return __atomic_load_n((u64 *)(void *)(bss + c->offset), __ATOMIC_RELAXED);
}

static void tell_events(struct losses *l, u64 n)
{
	struct out *o = l->actions->out, *notes = l->actions->notes;

	if (o->json) {
		out_json_open(o, NULL, '{');
		out_json_str(o, "type", "lost_events", 11);
		out_json_u64(o, "count", n);
		out_json_open(o, "data", '{');
		out_json_u64(o, "events", n);
		out_json_close(o, '}');
		out_json_close(o, '}');
		out_json_end(o);
		return;
	}
	out_flush(o);
	out_printf(notes, "Lost %" PRIu64 " events\n", n);
	out_flush(notes);
}

static void loss_text(const struct losses *l, const struct script_counter *c, u64 n, struct buf *b)
{
	const struct script *script = l->actions->script;
	const struct script_map *map = c->map < script->maps.n ? &script->maps.at[c->map] : NULL;
	const char *text = c->text ? c->text : "a call";

	switch (c->kind) {
	case COUNTER_MAP_FULL:
		buf_printf(b, "Map full; can't update element. %s lost %" PRIu64 " updates",
			   map ? map->name : "A map", n);
		if (map)
			buf_printf(b,
				   " (max_entries %u). Try increasing max_map_keys"
				   " (BPFTRACE_MAX_MAP_KEYS) or declare it: let %s = hash(%u)",
				   map->max_entries, map->name, 2 * map->max_entries);
		break;
	case COUNTER_EXIT:
		buf_puts(b, "exit() found no room for its record: its code, if any, is lost");
		break;
	case COUNTER_READ:
		buf_printf(b, "%s could not read memory %" PRIu64 " times", text, n);
		break;
	default:
		buf_printf(b, "%s failed %" PRIu64 " times", text, n);
		break;
	}
}

static bool loss_is_due(const struct losses *l, const struct script_counter *c, bool at_end)
{
	switch (c->kind) {
	case COUNTER_READ:
		return at_end && l->actions->opts->verbose;
	case COUNTER_HELPER:
		return at_end;
	default:
		return true;
	}
}

bool losses_want_exit(const struct losses *l)
{
	const struct script *s = l->actions->script;

	for (size_t i = 0; i < s->counters.n; i++)
		if (s->counters.at[i].kind == COUNTER_EXIT && loss_read(l, &s->counters.at[i]))
			return true;
	return false;
}

void losses_tell(struct losses *l, bool at_end)
{
	struct actions *a = l->actions;
	struct buf text = { 0 };
	u64 lost = a->damaged;

	for (size_t i = 0; i < a->script->counters.n; i++) {
		const struct script_counter *c = &a->script->counters.at[i];
		u64 now = loss_read(l, c), grown = now - l->seen[i];

		if (c->kind == COUNTER_LOST_EVENTS)
			lost += now;
		else if (now != l->seen[i] && loss_is_due(l, c, at_end)) {
			buf_clear(&text);
			loss_text(l, c, grown, &text);
			action_note(a, c->loc, "WARNING", text.data);
			l->seen[i] = now;
		}
	}
	if (lost != l->lost_events)
		tell_events(l, lost - l->lost_events);
	l->lost_events = lost;
	if (at_end && lost) {
		buf_clear(&text);
		buf_printf(&text, "Total lost event count: %" PRIu64, lost);
		action_note(a, LOC_NONE, "WARNING", text.data);
	}
	buf_done(&text);
}
