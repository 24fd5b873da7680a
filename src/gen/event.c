/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records for user space. A record is reserved in the ring buffer and filled in place, so strings of any
 * size need neither stack nor copy; when the ring is full, that is counted.
 */
#include "gen/lower.h"

#define HEADER_SIZE 8           /* u32 action, u32 zero */
#define RING_BUSY (4u << 20)    /* bytes: where probes of the system write events */
#define RING_QUIET (128u << 10) /* where only BEGIN, END, intervals and signals do */
#define RING_MAX (1u << 30)
#define MAX_RECORD (1u << 20)
#define JOIN_ARGS 16
#define JOIN_ARG_SIZE 1024

u32 event_bss(struct gen *g, u32 size)
{
	u32 at = (g->object->bss_size + 7) & ~7u;

	g->object->bss_size = at + ((size + 7) & ~7u);
	return at;
}

u32 event_counter(struct gen *g, enum script_counter_kind kind, u32 map, const char *text,
		  struct loc loc)
{
	/* One for each place that can fail, so that the report can name it. */
	for (size_t i = 0; i < g->script->counters.n; i++) {
		const struct script_counter *c = &g->script->counters.at[i];
		if (c->kind == kind && c->map == map && c->loc.offset == loc.offset &&
		    c->loc.line == loc.line)
			return c->offset;
	}
	struct script_counter *c = vec_add(g->script->arena, &g->script->counters);
	*c = (struct script_counter){
		.kind = kind, .map = map, .text = text, .loc = loc, .offset = event_bss(g, 8)
	};
	return c->offset;
}

void event_count(struct gen *g, u32 bss_offset)
{
	struct ir_func *f = g->fn->ir;

	ir_add_to(f, ir_bss(bss_offset), 0, 8, ir_imm(1));
}

static u32 events_map(struct gen *g)
{
	if (!g->events_map) {
		struct object_map *m = vec_add(g->object->arena, &g->object->maps);
		*m = (struct object_map){ .name = SCRIPT_RINGBUF, .type = BPF_MAP_TYPE_RINGBUF };
		g->events_map = (u32)g->object->maps.n;
		g->lost_counter = 1 + event_counter(g, COUNTER_LOST_EVENTS, 0, NULL, LOC_NONE);
	}
	return g->events_map - 1;
}

/* The kernel takes the ring's memory when it is made, and the time to clear it. */
void event_size_ring(struct gen *g)
{
	u32 pages = g->unit->config.ring_pages, size = g->busy ? RING_BUSY : RING_QUIET;

	if (!g->events_map)
		return;
	while (size / 8 < g->largest_record)
		size *= 2;
	if (pages)
		for (size = 4096; size / 4096 < pages && size < RING_MAX;)
			size *= 2;
	g->object->maps.at[g->events_map - 1].max_entries = size;
}

static void note_record(struct gen *g, u32 size)
{
	if (attach_info(g->program->kind)->prog_type != BPF_PROG_TYPE_RAW_TRACEPOINT ||
	    g->program->kind == ATTACH_RAWTRACEPOINT)
		g->busy = true;
	if (size > g->largest_record)
		g->largest_record = size;
}

u32 event_action(struct gen *g, enum script_action_kind kind, struct loc loc)
{
	struct script_action *a = vec_add(g->script->arena, &g->script->actions);

	a->kind = kind;
	a->loc = loc;
	a->size = HEADER_SIZE;
	return (u32)g->script->actions.n - 1;
}

/* Room for one more argument; its offset in the record. */
static u32 add_arg(struct gen *g, u32 action, const struct type *t, u32 size)
{
	struct script_action *a = &g->script->actions.at[action];
	struct script_arg *arg = vec_add(g->script->arena, &a->args);

	arg->type = describe_type(g, t);
	arg->offset = (a->size + 7) & ~7u;
	a->size = arg->offset + size;
	return arg->offset;
}

static u32 size_in_event(struct gen *g, const struct type *t)
{
	return t->kind == TYPE_RECORD ? types_size(g->unit->types, t) : t->size;
}

/* Goes to `lost`, having counted, if the ring is full. */
static struct ir_operand reserve(struct gen *g, u32 action, u32 lost)
{
	struct ir_func *f = g->fn->ir;
	struct script_action *a = &g->script->actions.at[action];
	u32 ok = ir_new_label(f), map = events_map(g);

	a->size = (a->size + 7) & ~7u;
	if (a->size > MAX_RECORD)
		lower_error(g, a->loc, "this needs %u bytes an event; at most %u are possible",
			    a->size, MAX_RECORD);
	if (a->kind != ACTION_EXIT)
		note_record(g, a->size);
	struct ir_operand rec = ir_call(f, BPF_FUNC_ringbuf_reserve, ir_map(map), ir_imm(a->size),
					ir_imm(0), ir_none(), ir_none());
	ir_jump(f, BPF_JNE, rec, ir_imm(0), ok);
	event_count(g, a->kind == ACTION_EXIT ? event_counter(g, COUNTER_EXIT, 0, NULL, a->loc)
					      : g->lost_counter - 1);
	ir_goto(f, lost);
	ir_label(f, ok);
	ir_store(f, rec, 0, 8, ir_imm(action));
	return rec;
}

static void submit(struct gen *g, struct ir_operand rec)
{
	ir_call(g->fn->ir, BPF_FUNC_ringbuf_submit, rec, ir_imm(0), ir_none(), ir_none(),
		ir_none());
}

/*
 * The verifier lets nothing be called back while a record is held, and a map that is added to inside an
 * argument is better done with before: such values are computed first.
 */
static bool is_simple(const struct node *n)
{
	return n->kind == NODE_INT || n->kind == NODE_BOOL || n->kind == NODE_STRING ||
	       n->kind == NODE_BUILTIN || n->kind == NODE_FIELD || n->kind == NODE_CALL;
}

static bool calls_back(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.func->id == FUNC_LEN;
}

void event_emit(struct gen *g, u32 action, const struct node *args)
{
	struct ir_func *f = g->fn->ir;
	u32 lost = ir_new_label(f), first = (u32)g->script->actions.at[action].args.n, i;
	struct ir_operand early[64];

	i = 0;
	for (const struct node *n = args; n && i < 64; n = n->next, i++) {
		add_arg(g, action, n->type, size_in_event(g, n->type));
		bool now = value_is_scalar(n->type) && (calls_back(n) || !is_simple(n));
		early[i] = now ? ir_in_reg(f, value_of(g, n)) : ir_none();
	}
	struct ir_operand rec = reserve(g, action, lost);
	i = 0;
	for (const struct node *n = args; n && i < 64; n = n->next, i++) {
		struct place to = place_mem(
			rec, (s32)g->script->actions.at[action].args.at[first + i].offset);
		if (early[i].kind != IR_NONE)
			place_store(g, to, n->type->size, early[i]);
		else
			store_value(g, n, to, n->type, false);
	}
	submit(g, rec);
	ir_label(f, lost);
}

/* print(@m[k]): the key, and the value if it is not spread over the CPUs. */
static void print_entry(struct gen *g, const struct node *n)
{
	const struct call_info *info = n->call.info;
	const struct map *m = info->map;
	struct ir_func *f = g->fn->ir;
	u32 action = event_action(g, ACTION_PRINT_ENTRY, n->loc), lost = ir_new_label(f);
	bool plain = !type_is_aggregate(m->value);
	struct place key = mapop_key(g, m, info->keys), value = { 0 };

	g->script->actions.at[action].map = m->index;
	u32 key_at = add_arg(g, action, m->key, m->key->size), value_at = 0;
	if (plain) {
		value_at = add_arg(g, action, m->value, m->value->size);
		value = place_temp(g, m->value->size);
		mapop_read_to(g, n->call.args, value, m->value);
	}
	struct ir_operand rec = reserve(g, action, lost);
	place_copy(g, place_mem(rec, (s32)key_at), key, m->key->size);
	if (plain)
		place_copy(g, place_mem(rec, (s32)value_at), value, m->value->size);
	submit(g, rec);
	ir_label(f, lost);
}

void event_print(struct gen *g, const struct node *n)
{
	const struct call_info *info = n->call.info;
	u32 action;

	if (info->map && info->keys) {
		print_entry(g, n);
		return;
	}
	if (info->map) {
		action = event_action(g, ACTION_PRINT_MAP, n->loc);
		struct script_action *a = &g->script->actions.at[action];
		a->map = info->map->index;
		a->top = (u32)info->number;
		a->div = (u32)info->number2;
		event_emit(g, action, NULL);
		return;
	}
	struct node one = *n->call.args;
	one.next = NULL;
	event_emit(g, event_action(g, ACTION_PRINT_VALUE, n->loc), &one);
}

/* Each string of an argv-like array, until its end; the first that is missing is left empty. */
void event_join(struct gen *g, const struct node *n)
{
	struct ir_func *f = g->fn->ir;
	const struct node *argv = n->call.args;
	u32 action = event_action(g, ACTION_JOIN, n->loc), lost = ir_new_label(f),
	    done = ir_new_label(f);
	const struct type *string = type_string(g->script->arena, JOIN_ARG_SIZE);
	struct ir_operand array = ir_in_reg(f, value_of(g, argv));
	struct place words = place_through(g, array, argv->type);
	struct place word = place_temp(g, 8);
	u32 first = 0;

	g->script->actions.at[action].text = n->call.info->text;
	for (u32 i = 0; i < JOIN_ARGS; i++) {
		u32 at = add_arg(g, action, string, JOIN_ARG_SIZE);
		first = i ? first : at;
	}
	struct ir_operand rec = reserve(g, action, lost);
	for (u32 i = 0; i < JOIN_ARGS; i++) {
		struct place to = place_mem(rec, (s32)(first + i * JOIN_ARG_SIZE));
		place_store(g, to, 1, ir_imm(0));
		ir_call(f,
			words.kind == PLACE_USER ? BPF_FUNC_probe_read_user
						 : BPF_FUNC_probe_read_kernel,
			place_address(g, word), ir_imm(8),
			place_address(g, place_at(words, (s32)(8 * i))), ir_none(), ir_none());
		struct ir_operand p = place_load(g, word, &type_u64);
		ir_jump(f, BPF_JEQ, p, ir_imm(0), done);
		struct place from = { .kind = words.kind, .base = p };
		place_copy_string(g, to, from, JOIN_ARG_SIZE, false, n->loc);
	}
	ir_label(f, done);
	submit(g, rec);
	ir_label(f, lost);
}
