/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One unit of programs into one object: its maps, its programs and what the session has to know. */
#include "gen/gen.h"

#include <string.h>
#include <sys/stat.h>

#include "gen/lower.h"

#define INITIAL_PID_NS 0xeffffffcu /* PROC_PID_INIT_INO, fixed since Linux 3.8 */

/* --- which maps are written by how many programs --- */

struct writers {
	struct gen *g;
	u8 *seen; /* by the program at hand */
};

static void find_writes(struct writers *w, const struct node *n);

static void find_writes_in_list(struct writers *w, const struct node *n)
{
	for (; n; n = n->next)
		find_writes(w, n);
}

static void note_write(struct writers *w, const struct node *target)
{
	if (target->kind != NODE_MAP || !target->map.map)
		return;
	u32 i = target->map.map->index;
	if (!w->seen[i])
		w->g->map_writers[i]++;
	w->seen[i] = 1;
}

static void find_writes(struct writers *w, const struct node *n)
{
	if (!n)
		return;
	switch (n->kind) {
	case NODE_ASSIGN:
		note_write(w, n->assign.target);
		break;
	case NODE_EXPR:
		find_writes(w, n->expr);
		break;
	case NODE_IF:
		find_writes(w, n->cond.then);
		find_writes(w, n->cond.otherwise);
		break;
	case NODE_WHILE:
	case NODE_UNROLL:
		find_writes(w, n->loop.body);
		break;
	case NODE_FOR_RANGE:
		find_writes(w, n->range.body);
		break;
	case NODE_FOR_MAP:
		find_writes(w, n->each.body);
		break;
	case NODE_TERNARY:
		find_writes(w, n->ternary.then);
		find_writes(w, n->ternary.otherwise);
		break;
	case NODE_BLOCK:
		find_writes_in_list(w, n->block.stmts);
		break;
	default:
		break;
	}
}

static void count_writers(struct gen *g)
{
	struct writers w = { .g = g, .seen = arena_array(g->arena, u8, g->unit->maps.n + 1) };

	for (size_t i = 0; i < g->unit->programs.n; i++) {
		memset(w.seen, 0, g->unit->maps.n);
		find_writes(&w, g->unit->programs.at[i].clause->body);
	}
}

/* A saved object may run anywhere, so it takes numbers as they are outside. */
static void find_pid_namespace(struct gen *g)
{
	struct stat ns;

	if (g->opts->core || stat("/proc/self/ns/pid", &ns) || ns.st_ino == INITIAL_PID_NS)
		return;
	g->pid_ns_device = ns.st_dev;
	g->pid_ns_inode = ns.st_ino;
}

int gen_unit(const struct unit *u, const struct gen_options *opts, struct object *object,
	     struct script *script, struct diag *d)
{
	struct gen g = { .arena = u->arena,
			 .unit = u,
			 .opts = opts,
			 .diag = d,
			 .object = object,
			 .script = script };

	object->license = u->config.license;
	object->core = opts->core;
	object->source_name = script->source_name = opts->source_name;
	object->source = script->source = opts->source;
	script->print_maps_on_exit = u->config.print_maps_on_exit;
	script->max_map_keys = u->config.max_map_keys;
	script->max_strlen = u->config.max_strlen;
	script->stack_frames = u->config.stack_frames;
	script->uses_cpid = u->uses_cpid;
	find_pid_namespace(&g);
	int err = mapop_prepare(&g);
	if (err)
		return err;
	count_writers(&g);
	for (u32 i = 0; i < u->programs.n; i++) {
		err = lower_program(&g, i);
		if (err)
			return err;
	}
	event_size_ring(&g);
	if (g.scratch_map)
		object->maps.at[g.scratch_map - 1].value_size = g.scratch_max;
	script_encode(script, &object->script);
	return 0;
}
