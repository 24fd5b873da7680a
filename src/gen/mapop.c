/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps. What kind a script's map becomes:
 *
 *	            plain values                            aggregations
 *	no key      a variable in .bss: {is_set, value}     per-CPU array of one
 *	keys        hash                                    per-CPU hash
 *
 * Integers are added to in place and atomically, so no update is lost whatever interrupts it.
 */
#include "gen/lower.h"

#include <stdio.h>
#include <string.h>

#define BPF_NOEXIST_FLAG 1

static enum bpf_map_type hash_type(const struct map *m)
{
	bool per_cpu = type_is_aggregate(m->value);

	if (m->storage == MAP_LRU || m->storage == MAP_PERCPU_LRU)
		return per_cpu ? BPF_MAP_TYPE_LRU_PERCPU_HASH : BPF_MAP_TYPE_LRU_HASH;
	return per_cpu ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_HASH;
}

/* "@start" is AT_start in the kernel; names there have 15 characters. */
static const char *bpf_name(struct gen *g, const struct map *m)
{
	size_t len = strlen(m->name + 1);
	char *name = len <= 12 ? arena_printf(g->object->arena, "AT_%s", m->name + 1)
			       : arena_printf(g->object->arena, "AT_%.8s_%u", m->name + 1,
					      m->index % 1000);

	for (char *c = name; *c; c++)
		if (*c == '-' || *c == '.')
			*c = '_';
	return name;
}

/*
 * Keys that can only take so many values need no more room than that, and an update of theirs cannot fail
 * for want of it. 0: no such bound.
 */
static u32 key_values(const struct type *key)
{
	if (key->kind == TYPE_KSTACK)
		return STACK_MAP_ENTRIES + 4096; /* ids, and errors */
	if (key->kind == TYPE_BOOL)
		return 2;
	return 0;
}

static void make_tables(struct gen *g)
{
	g->map_writers = arena_array(g->arena, u32, g->unit->maps.n + 1);
	g->full_counter = arena_array(g->arena, u32, g->unit->maps.n + 1);
	g->map_index = arena_array(g->arena, u32, g->unit->maps.n + 1);
}

static void add_map(struct gen *g, const struct map *m)
{
	struct script_map *sm = vec_add(g->script->arena, &g->script->maps);
	u32 max = m->max_entries ? m->max_entries : g->unit->config.max_map_keys;

	sm->name = m->name;
	sm->key = describe_type(g, m->key);
	sm->value = describe_type(g, m->value);
	sm->per_cpu = type_is_aggregate(m->value);
	if (!m->key && !sm->per_cpu) {
		g->map_index[m->index] = UINT32_MAX;
		sm->offset = event_bss(g, 8 + m->value->size);
		return;
	}
	struct object_map *om = vec_add(g->object->arena, &g->object->maps);
	g->map_index[m->index] = (u32)g->object->maps.n - 1;
	om->name = sm->bpf_name = bpf_name(g, m);
	om->value_size = m->value->size;
	if (!m->key) {
		om->type = BPF_MAP_TYPE_PERCPU_ARRAY;
		om->key_size = 4;
		om->max_entries = 1;
	} else {
		om->type = hash_type(m);
		om->key_size = m->key->size;
		om->max_entries = max < key_values(m->key) ? key_values(m->key) : max;
	}
	sm->max_entries = om->max_entries;
}

int mapop_prepare(struct gen *g)
{
	make_tables(g);
	for (size_t i = 0; i < g->unit->maps.n; i++) {
		const struct map *m = g->unit->maps.at[i];
		if (!m->value)
			return diag_error(g->diag, m->loc, "undefined map: %s", m->name);
		add_map(g, m);
	}
	return 0;
}

bool mapop_is_bss(const struct gen *g, const struct map *m)
{
	return g->map_index[m->index] == UINT32_MAX;
}

struct place mapop_bss(struct gen *g, const struct map *m)
{
	return place_mem(ir_bss(g->script->maps.at[m->index].offset + 8), 0);
}

struct ir_operand mapop_operand(const struct gen *g, const struct map *m)
{
	return ir_map(g->map_index[m->index]);
}

static void set_is_set(struct gen *g, const struct map *m, s64 v)
{
	struct ir_operand at = ir_bss(g->script->maps.at[m->index].offset);

	ir_store(g->fn->ir, at, 0, 8, ir_imm(v));
}

u32 mapop_full_counter(struct gen *g, const struct map *m, struct loc loc)
{
	u32 *at = &g->full_counter[m->index];

	if (!*at)
		*at = 1 + event_counter(g, COUNTER_MAP_FULL, m->index, m->name, loc);
	return *at - 1;
}

void mapop_check_update(struct gen *g, const struct map *m, struct ir_operand result,
			struct loc loc)
{
	struct ir_func *f = g->fn->ir;
	u32 ok = ir_new_label(f);

	if (m->storage == MAP_LRU || m->storage == MAP_PERCPU_LRU)
		return;
	ir_jump(f, BPF_JEQ, result, ir_imm(0), ok);
	event_count(g, mapop_full_counter(g, m, loc));
	ir_label(f, ok);
}

/* Several keys are stored as the tuple that they are. */
struct place mapop_key(struct gen *g, const struct map *m, const struct node *keys)
{
	if (!m->key) { /* an array's only element */
		struct place zero = place_temp(g, 4);
		place_store(g, zero, 4, ir_imm(0));
		return zero;
	}
	bool is_list = keys->next != NULL;
	if (!is_list && place_has(keys) && keys->kind == NODE_VAR && !value_is_scalar(keys->type) &&
	    type_equal(keys->type, m->key) && !(g->fn->each && g->fn->each->var == keys->var.var))
		return lower_var_place(g, keys->var.var);
	/* The key of the loop's own entry is its key, where it lies. */
	if (!is_list && keys->kind == NODE_FIELD && keys->field.base->kind == NODE_VAR &&
	    g->fn->each && g->fn->each->var == keys->field.base->var.var &&
	    keys->field.number == 0 && type_equal(g->fn->each->map->key, m->key))
		return g->fn->each->key;
	struct place p = place_temp(g, m->key->size);
	if (!is_list) {
		store_value(g, keys, p, m->key, true);
		return p;
	}
	struct node tuple = { .kind = NODE_TUPLE, .loc = keys->loc, .type = m->key };
	tuple.tuple.items = (struct node *)(uintptr_t)keys;
	store_value(g, &tuple, p, m->key, true);
	return p;
}

struct ir_operand mapop_lookup(struct gen *g, const struct map *m, struct place key)
{
	return ir_call(g->fn->ir, BPF_FUNC_map_lookup_elem, mapop_operand(g, m),
		       place_address(g, key), ir_none(), ir_none(), ir_none());
}

struct ir_operand mapop_read(struct gen *g, const struct node *n)
{
	const struct map *m = n->map.map;
	struct ir_func *f = g->fn->ir;

	if (mapop_is_bss(g, m))
		return place_load(g, mapop_bss(g, m), m->value);
	struct place key = mapop_key(g, m, n->map.keys);
	if (type_is_aggregate(m->value))
		return aggregate_read(g, m, key);
	struct ir_operand r = ir_reg(ir_new_reg(f));
	u32 end = ir_new_label(f);
	/* Absent: the address is 0, and so is the value. */
	ir_mov(f, r.reg, mapop_lookup(g, m, key));
	ir_jump(f, BPF_JEQ, r, ir_imm(0), end);
	ir_mov(f, r.reg, place_load(g, place_mem(r, 0), m->value));
	ir_label(f, end);
	return r;
}

void mapop_read_to(struct gen *g, const struct node *n, struct place to, const struct type *t)
{
	const struct map *m = n->map.map;
	struct ir_func *f = g->fn->ir;
	u32 size = m->value->size < t->size ? m->value->size : t->size;

	if (mapop_is_bss(g, m)) {
		place_copy(g, to, mapop_bss(g, m), size);
	} else {
		u32 none = ir_new_label(f), end = ir_new_label(f);
		struct ir_operand p = mapop_lookup(g, m, mapop_key(g, m, n->map.keys));
		ir_jump(f, BPF_JEQ, p, ir_imm(0), none);
		place_copy(g, to, place_mem(p, 0), size);
		ir_goto(f, end);
		ir_label(f, none);
		place_zero(g, to, size);
		ir_label(f, end);
	}
	if (t->size > size)
		place_zero(g, place_at(to, (s32)size), t->size - size);
}

static void update(struct gen *g, const struct map *m, struct place key, struct place value,
		   struct loc loc)
{
	struct ir_operand r =
		ir_call(g->fn->ir, BPF_FUNC_map_update_elem, mapop_operand(g, m),
			place_address(g, key), place_address(g, value), ir_imm(0), ir_none());

	mapop_check_update(g, m, r, loc);
}

void mapop_assign(struct gen *g, const struct node *target, const struct node *value)
{
	const struct map *m = target->map.map;

	if (value->kind == NODE_CALL && value->call.func->id <= FUNC_LHIST) {
		aggregate_update(g, target, value);
		return;
	}
	if (mapop_is_bss(g, m)) {
		store_value(g, value, mapop_bss(g, m), m->value, true);
		set_is_set(g, m, 1);
		return;
	}
	struct place key = mapop_key(g, m, target->map.keys);
	bool in_place = place_has(value) && value->kind == NODE_VAR &&
			!value_is_scalar(value->type) && type_equal(value->type, m->value) &&
			!(g->fn->each && g->fn->each->var == value->var.var);
	struct place v =
		in_place ? lower_var_place(g, value->var.var) : place_temp(g, m->value->size);
	if (!in_place)
		store_value(g, value, v, m->value, true);
	update(g, m, key, v, target->loc);
}

void mapop_assign_scalar(struct gen *g, const struct node *target, struct ir_operand v,
			 const struct type *from)
{
	const struct map *m = target->map.map;

	v = value_convert(g, v, from, m->value);
	if (mapop_is_bss(g, m)) {
		place_store(g, mapop_bss(g, m), m->value->size, v);
		set_is_set(g, m, 1);
		return;
	}
	struct place key = mapop_key(g, m, target->map.keys);
	struct place tmp = place_temp(g, m->value->size);
	place_store(g, tmp, m->value->size, v);
	update(g, m, key, tmp, target->loc);
}

/*
 * An entry's value, made zero first if there is none: look up; if absent, insert zero (another CPU may be
 * faster, which is as good) and look up again. Goes to `gone`, having counted, when there is no room.
 */
static struct ir_operand find_or_make(struct gen *g, const struct map *m, struct place key,
				      u32 gone, struct loc loc)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand p = ir_reg(ir_new_reg(f));
	u32 there = ir_new_label(f);
	struct place zero = place_temp(g, m->value->size);

	ir_mov(f, p.reg, mapop_lookup(g, m, key));
	ir_jump(f, BPF_JNE, p, ir_imm(0), there);
	place_zero(g, zero, m->value->size);
	ir_call(f, BPF_FUNC_map_update_elem, mapop_operand(g, m), place_address(g, key),
		place_address(g, zero), ir_imm(BPF_NOEXIST_FLAG), ir_none());
	ir_mov(f, p.reg, mapop_lookup(g, m, key));
	ir_jump(f, BPF_JNE, p, ir_imm(0), there);
	event_count(g, mapop_full_counter(g, m, loc));
	ir_goto(f, gone);
	ir_label(f, there);
	return p;
}

struct ir_operand mapop_add(struct gen *g, const struct node *target, struct ir_operand v,
			    bool want_old)
{
	const struct map *m = target->map.map;
	struct ir_func *f = g->fn->ir;
	struct ir_operand p, old = ir_reg(ir_new_reg(f));
	u32 gone = ir_new_label(f), size = m->value->size;

	ir_mov(f, old.reg, ir_imm(0));
	if (mapop_is_bss(g, m)) {
		p = ir_in_reg(f, place_address(g, place_at(mapop_bss(g, m), -8)));
		ir_store(f, p, 0, 8, ir_imm(1));
		p = ir_alu(f, BPF_ADD, p, ir_imm(8));
	} else {
		p = find_or_make(g, m, mapop_key(g, m, target->map.keys), gone, target->loc);
	}
	if (want_old)
		ir_mov(f, old.reg, ir_load(f, p, 0, size, m->value->is_signed));
	if (size >= 4) {
		ir_add_to(f, p, 0, size, v);
	} else { /* there are no atomic additions of less */
		struct ir_operand sum = ir_alu(f, BPF_ADD, ir_load(f, p, 0, size, false), v);
		ir_store(f, p, 0, size, sum);
	}
	ir_label(f, gone);
	return old;
}

struct ir_operand mapop_delete(struct gen *g, const struct map *m, const struct node *keys)
{
	struct ir_func *f = g->fn->ir;
	u32 r = ir_new_reg(f), end = ir_new_label(f);

	if (mapop_is_bss(g, m)) {
		struct place value = mapop_bss(g, m);
		struct ir_operand was = place_load(g, place_at(value, -8), &type_u64);
		set_is_set(g, m, 0);
		place_zero(g, value, m->value->size);
		return was;
	}
	if (!m->key) { /* the other CPUs' parts are user space's to clear */
		u32 action = event_action(g, ACTION_CLEAR, f->loc);
		g->script->actions.at[action].map = m->index;
		event_emit(g, action, NULL);
		return ir_imm(1);
	}
	struct ir_operand err =
		ir_call(f, BPF_FUNC_map_delete_elem, mapop_operand(g, m),
			place_address(g, mapop_key(g, m, keys)), ir_none(), ir_none(), ir_none());
	ir_mov(f, r, ir_imm(1));
	ir_jump(f, BPF_JEQ, err, ir_imm(0), end);
	ir_mov(f, r, ir_imm(0));
	ir_label(f, end);
	return ir_reg(r);
}

struct ir_operand mapop_has_key(struct gen *g, const struct map *m, const struct node *keys)
{
	struct ir_func *f = g->fn->ir;

	if (mapop_is_bss(g, m))
		return place_load(g, place_at(mapop_bss(g, m), -8), &type_u64);
	struct ir_operand p = mapop_lookup(g, m, mapop_key(g, m, keys));
	u32 r = ir_new_reg(f), end = ir_new_label(f);
	ir_mov(f, r, ir_imm(0));
	ir_jump(f, BPF_JEQ, p, ir_imm(0), end);
	ir_mov(f, r, ir_imm(1));
	ir_label(f, end);
	return ir_reg(r);
}

struct ir_operand mapop_len(struct gen *g, const struct map *m)
{
	if (mapop_is_bss(g, m))
		return place_load(g, place_at(mapop_bss(g, m), -8), &type_u64);
	return m->key ? loop_count(g, m) : ir_imm(1);
}
