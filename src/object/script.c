/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section is "skep", a version, and then the fields of struct script in the order of
 * script_pack(). Another version is refused: a compiled script is made anew in no time.
 */
#include "object/script.h"

#include <string.h>

#include "object/pack.h"
#include "object/scriptcheck.h"

#define SCRIPT_MAGIC 0x70656b73 /* "skep" */

/* The most of each, and the least bytes that one takes. */
enum {
	TARGET_MAX = 1 << 20,
	TARGET_BYTES = 37,
	PROGRAM_MAX = 1 << 16,
	PROGRAM_BYTES = 34,
	ACTION_MAX = 1 << 20,
	ACTION_BYTES = 41,
	ARG_MAX = 1024,
	ARG_BYTES = 9,
	MAP_MAX = 1 << 16,
	MAP_BYTES = 23,
	COUNTER_MAX = 1 << 20,
	COUNTER_BYTES = 29,
	STRING_MAX = 1 << 20,
	STRING_BYTES = 4,
};

void script_init(struct script *s, struct arena *arena)
{
	*s = (struct script){ .arena = arena, .print_maps_on_exit = true };
}

static void pack_loc(struct pack *p, struct loc *loc)
{
	pack_u32(p, &loc->offset);
	pack_u32(p, &loc->len);
	pack_u32(p, &loc->line);
	pack_u32(p, &loc->col);
}

static void pack_target(struct pack *p, struct script_target *t)
{
	pack_str(p, &t->name);
	pack_str(p, &t->module);
	pack_str(p, &t->func);
	pack_u64(p, &t->offset);
	pack_u64(p, &t->period);
	pack_bool(p, &t->is_freq);
	pack_u32(p, &t->signal);
	pack_u32(p, &t->pid);
}

static void pack_program(struct pack *p, struct script_program *g)
{
	pack_str(p, &g->func);
	g->kind = (enum attach)pack_enum(p, g->kind, ATTACH_COUNT, "kind of probe");
	pack_bool(p, &g->multi);
	pack_u32(p, &g->first_target);
	pack_u32(p, &g->target_count);
	pack_u32(p, &g->clause);
	pack_loc(p, &g->loc);
}

static void pack_action(struct pack *p, struct script_action *a)
{
	a->kind = (enum script_action_kind)pack_enum(p, a->kind, ACTION_EXIT + 1, "action");
	pack_str(p, &a->text);
	pack_u32(p, &a->map);
	pack_u32(p, &a->top);
	pack_u32(p, &a->div);
	pack_u32(p, &a->size);
	pack_loc(p, &a->loc);
	pack_vec(p, &a->args, ARG_MAX, ARG_BYTES, "arguments");
	for (size_t i = 0; i < a->args.n && !pack_failed(p); i++) {
		struct script_arg arg = a->args.at[i];

		arg.type = pack_type(p, arg.type);
		pack_u32(p, &arg.offset);
		if (p->reading)
			a->args.at[i] = arg;
	}
}

static void pack_map(struct pack *p, struct script_map *m)
{
	struct script_map x = *m;
	bool has_key = x.key;

	pack_str(p, &x.name);
	pack_str(p, &x.bpf_name);
	pack_bool(p, &has_key);
	if (has_key)
		x.key = pack_type(p, x.key);
	x.value = pack_type(p, x.value);
	pack_bool(p, &x.per_cpu);
	pack_u32(p, &x.offset);
	pack_u32(p, &x.max_entries);
	if (p->reading)
		*m = x;
}

static void pack_counter(struct pack *p, struct script_counter *c)
{
	c->kind = (enum script_counter_kind)pack_enum(p, c->kind, COUNTER_KINDS, "counter");
	pack_u32(p, &c->offset);
	pack_u32(p, &c->map);
	pack_str(p, &c->text);
	pack_loc(p, &c->loc);
}

static void pack_settings(struct pack *p, struct script *s)
{
	pack_str(p, &s->source_name);
	pack_str(p, &s->source);
	pack_bool(p, &s->uses_cpid);
	pack_bool(p, &s->uses_elapsed);
	pack_u32(p, &s->elapsed_offset);
	pack_bool(p, &s->print_maps_on_exit);
	pack_u32(p, &s->max_map_keys);
	pack_u32(p, &s->max_strlen);
	pack_u32(p, &s->stack_frames);
}

static void pack_script(struct pack *p, struct script *s)
{
	pack_settings(p, s);
	pack_vec(p, &s->targets, TARGET_MAX, TARGET_BYTES, "targets");
	for (size_t i = 0; i < s->targets.n && !pack_failed(p); i++)
		pack_target(p, &s->targets.at[i]);
	pack_vec(p, &s->programs, PROGRAM_MAX, PROGRAM_BYTES, "programs");
	for (size_t i = 0; i < s->programs.n && !pack_failed(p); i++)
		pack_program(p, &s->programs.at[i]);
	pack_vec(p, &s->actions, ACTION_MAX, ACTION_BYTES, "actions");
	for (size_t i = 0; i < s->actions.n && !pack_failed(p); i++)
		pack_action(p, &s->actions.at[i]);
	pack_vec(p, &s->maps, MAP_MAX, MAP_BYTES, "maps");
	for (size_t i = 0; i < s->maps.n && !pack_failed(p); i++)
		pack_map(p, &s->maps.at[i]);
	pack_vec(p, &s->counters, COUNTER_MAX, COUNTER_BYTES, "counters");
	for (size_t i = 0; i < s->counters.n && !pack_failed(p); i++)
		pack_counter(p, &s->counters.at[i]);
	pack_vec(p, &s->strings, STRING_MAX, STRING_BYTES, "strings");
	for (size_t i = 0; i < s->strings.n && !pack_failed(p); i++)
		pack_str(p, &s->strings.at[i]);
}

void script_encode(const struct script *s, struct buf *out)
{
	/*
	 * The walk takes what it may have to fill in; when it writes it stores back what was
	 * there.
	 */
	struct script copy = *s;
	struct pack p;

	buf_u32(out, SCRIPT_MAGIC);
	buf_u32(out, SCRIPT_VERSION);
	pack_init_write(&p, out);
	pack_script(&p, &copy);
}

int script_decode(struct script *s, struct arena *arena, const void *data, size_t len,
		  struct diag *d)
{
	struct pack p;
	u32 magic = 0, version = 0;

	script_init(s, arena);
	pack_init_read(&p, data, len, arena, d);
	pack_u32(&p, &magic);
	pack_u32(&p, &version);
	if (magic != SCRIPT_MAGIC)
		pack_fail(&p, "it does not begin with \"skep\"");
	if (pack_failed(&p))
		return -EINVAL;
	if (version != SCRIPT_VERSION) {
		diag_error(d, LOC_NONE,
			   "the script was compiled for format %u, this skep has format %u",
			   version, SCRIPT_VERSION);
		diag_hint(d, "compile it again with `skep build`");
		return -EINVAL;
	}
	pack_script(&p, s);
	if (!pack_failed(&p) && reader_left(&p.in))
		pack_fail(&p, "%zu bytes follow the end", reader_left(&p.in));
	if (pack_failed(&p))
		return -EINVAL;
	return script_check(s, d);
}
