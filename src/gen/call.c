/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of the language that are neither aggregations nor events. */
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "gen/lower.h"

void call_read(struct gen *g, enum place_kind from, struct ir_operand to, struct ir_operand size,
	       struct ir_operand address, struct loc loc)
{
	struct ir_func *f = g->fn->ir;
	u32 ok = ir_new_label(f);
	u32 helper = from == PLACE_USER ? BPF_FUNC_probe_read_user : BPF_FUNC_probe_read_kernel;
	struct ir_operand r = ir_call(f, helper, to, size, address, ir_none(), ir_none());

	ir_jump(f, BPF_JEQ, r, ir_imm(0), ok);
	event_count(g, event_counter(g, COUNTER_READ, 0,
				     from == PLACE_USER ? "reading user memory"
							: "reading kernel memory",
				     loc));
	ir_label(f, ok);
}

/*
 * Stack maps differ by depth, so that equal stacks of the asked depth are equal keys. The map is named in the upper
 * half of the id unless it is the default one.
 */
static u32 stack_map(struct gen *g, u64 frames)
{
	if (!g->stacks_map[frames]) {
		struct object_map *m = vec_add(g->object->arena, &g->object->maps);
		bool is_default = frames == g->unit->config.stack_frames;
		*m = (struct object_map){ .name = is_default ? SCRIPT_STACKS
							     : arena_printf(g->object->arena,
									    "%s_%u", SCRIPT_STACKS,
									    (u32)frames),
					  .type = BPF_MAP_TYPE_STACK_TRACE,
					  .key_size = 4,
					  .value_size = (u32)frames * 8,
					  .max_entries = STACK_MAP_ENTRIES };
		g->stacks_map[frames] = (u32)g->object->maps.n;
	}
	return g->stacks_map[frames] - 1;
}

struct ir_operand call_stack_id(struct gen *g, bool user, u64 frames)
{
	struct ir_func *f = g->fn->ir;
	u32 limit = g->unit->config.stack_frames;

	if (frames == 0 || frames > 127)
		frames = limit;
	struct ir_operand id =
		ir_call(f, BPF_FUNC_get_stackid, lower_ctx(g), ir_map(stack_map(g, frames)),
			ir_imm(user ? BPF_F_USER_STACK : 0), ir_none(), ir_none());
	if (frames == limit)
		return id;
	u32 r = ir_new_reg(f), failed = ir_new_label(f);
	ir_mov(f, r, id);
	ir_jump(f, BPF_JSLT, ir_reg(r), ir_imm(0), failed);
	ir_mov(f, r, ir_alu(f, BPF_OR, ir_reg(r), ir_imm((s64)(frames << 32))));
	ir_label(f, failed);
	return ir_reg(r);
}

/* len(kstack): the helper fills a buffer and says how many bytes. */
static struct ir_operand stack_length(struct gen *g, const struct node *arg)
{
	struct ir_func *f = g->fn->ir;
	bool user = arg->type->kind == TYPE_USTACK;
	u32 frames = arg->type->limit ? arg->type->limit : g->unit->config.stack_frames;
	struct place tmp = place_temp(g, frames * 8);
	struct ir_operand n =
		ir_call(f, BPF_FUNC_get_stack, lower_ctx(g), place_address(g, tmp),
			ir_imm(frames * 8), ir_imm(user ? BPF_F_USER_STACK : 0), ir_none());
	u32 r = ir_new_reg(f), end = ir_new_label(f);

	ir_mov(f, r, ir_imm(0));
	ir_jump(f, BPF_JSLT, n, ir_imm(0), end);
	ir_mov(f, r, ir_alu(f, BPF_RSH, n, ir_imm(3)));
	ir_label(f, end);
	return ir_reg(r);
}

static struct ir_operand call0(struct gen *g, u32 helper)
{
	return ir_call(g->fn->ir, helper, ir_none(), ir_none(), ir_none(), ir_none(), ir_none());
}

static struct ir_operand clock_now(struct gen *g, u64 clock)
{
	if (clock == CLOCK_MONOTONIC)
		return call0(g, BPF_FUNC_ktime_get_ns);
	if (clock == CLOCK_TAI)
		return call0(g, BPF_FUNC_ktime_get_tai_ns);
	return call0(g, BPF_FUNC_ktime_get_boot_ns);
}

static struct ir_operand send_signal(struct gen *g, const struct node *n)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand number = n->call.info->is_constant ? ir_imm((s64)n->call.info->number)
							     : value_of(g, n->call.args);
	struct ir_operand r = ir_call(f, BPF_FUNC_send_signal, number, ir_none(), ir_none(),
				      ir_none(), ir_none());
	u32 ok = ir_new_label(f);

	ir_jump(f, BPF_JEQ, r, ir_imm(0), ok);
	event_count(g, event_counter(g, COUNTER_HELPER, 0, "signal", n->loc));
	ir_label(f, ok);
	return ir_none();
}

struct ir_operand call_value(struct gen *g, const struct node *n)
{
	const struct call_info *info = n->call.info;
	const struct node *arg = n->call.args;
	struct ir_func *f = g->fn->ir;

	switch (n->call.func->id) {
	case FUNC_LEN:
		return info->map ? mapop_len(g, info->map) : stack_length(g, arg);
	case FUNC_HAS_KEY:
		return mapop_has_key(g, info->map, info->keys);
	case FUNC_DELETE:
		return mapop_delete(g, info->map, info->keys);
	case FUNC_STRNCMP:
		return text_compare_n(g, arg, arg->next, info->number);
	case FUNC_STRLEN:
		return text_length(g, arg);
	case FUNC_STRCONTAINS:
		return text_contains(g, arg, arg->next);
	case FUNC_BSWAP:
		return ir_swap(f, value_of(g, arg), arg->type->size);
	case FUNC_KSYM:
	case FUNC_KPTR:
	case FUNC_UPTR:
	case FUNC_CGROUP_PATH:
		return value_of(g, arg);
	case FUNC_KADDR:
	case FUNC_UADDR:
	case FUNC_CGROUPID:
		return ir_imm((s64)info->number);
	case FUNC_REG:
		return ir_load(f, lower_ctx(g), (s32)info->number, 8, false);
	case FUNC_KSTACK:
		return call_stack_id(g, false, info->number);
	case FUNC_NSECS:
		return clock_now(g, info->number);
	case FUNC_PID:
		return value_current(g, false);
	case FUNC_TID:
		return value_current(g, true);
	default:
		call_statement(g, n);
		return ir_none();
	}
}

/* Where a pointer, array or string argument's bytes are. */
static struct place bytes_of(struct gen *g, const struct node *arg)
{
	if (value_is_scalar(arg->type))
		return place_through(g, value_of(g, arg), arg->type);
	return store_somewhere(g, arg, false);
}

/* A length of the script's, held to at most max. */
static struct ir_operand clamp(struct gen *g, struct ir_operand n, u64 max)
{
	struct ir_func *f = g->fn->ir;
	u32 r = ir_new_reg(f), ok = ir_new_label(f);

	if (n.kind == IR_IMM)
		return (u64)n.imm > max ? ir_imm((s64)max) : n;
	ir_mov(f, r, n);
	ir_jump(f, BPF_JLE, ir_reg(r), ir_imm((s64)max), ok);
	ir_mov(f, r, ir_imm((s64)max));
	ir_label(f, ok);
	return ir_reg(r);
}

/*
 * A string that may not have fitted gets its next byte in place of the terminator: a NUL if it ended there, else what
 * shows that it was cut.
 */
static void mark_cut(struct gen *g, struct place to, struct place from, u32 size,
		     struct ir_operand got)
{
	struct ir_func *f = g->fn->ir;
	u32 fits = ir_new_label(f);
	u32 helper =
		from.kind == PLACE_USER ? BPF_FUNC_probe_read_user : BPF_FUNC_probe_read_kernel;
	s32 last = (s32)size - 1;

	ir_jump(f, BPF_JNE, got, ir_imm(size), fits);
	ir_call(f, helper, place_address(g, place_at(to, last)), ir_imm(1),
		place_address(g, place_at(from, last)), ir_none(), ir_none());
	ir_label(f, fits);
}

static void store_str(struct gen *g, const struct node *n, struct place to, u32 size, bool pad)
{
	struct ir_func *f = g->fn->ir;
	const struct node *arg = n->call.args;
	u32 max = size < n->call.info->number ? size : (u32)n->call.info->number;
	struct place from;

	if (value_is_scalar(arg->type))
		from = place_through(g, value_of(g, arg), arg->type);
	else
		from = place_has(arg) ? place_of(g, arg) : store_somewhere(g, arg, false);
	if (n->call.info->is_constant || !arg->next) {
		struct ir_operand got =
			place_copy_string(g, to, from, max, pad && size == max, n->loc);
		if (!arg->next)
			mark_cut(g, to, from, max, got);
		if (pad && size > max) /* the rest of a larger place */
			place_zero(g, place_at(to, (s32)max), size - max);
		if (pad && size > max)
			return;
		return;
	}
	struct ir_operand len = clamp(g, value_of(g, arg->next), max);
	place_zero(g, to, pad ? size : 1);
	u32 helper = from.kind == PLACE_USER ? BPF_FUNC_probe_read_user_str
					     : BPF_FUNC_probe_read_kernel_str;
	ir_call(f, helper, place_address(g, to), len, place_address(g, from), ir_none(), ir_none());
}

/* buf(): how many bytes, then the bytes. */
static void store_buf(struct gen *g, const struct node *n, struct place to, const struct type *t,
		      bool pad)
{
	struct ir_func *f = g->fn->ir;
	const struct node *arg = n->call.args;
	u32 max = t->size - 4;
	struct place from = bytes_of(g, arg);
	struct ir_operand len = arg->next && !n->call.info->is_constant
					? clamp(g, value_of(g, arg->next), max)
					: clamp(g, ir_imm((s64)n->call.info->number), max);

	if (pad)
		place_zero(g, to, t->size);
	place_store(g, to, 4, len);
	u32 helper =
		from.kind == PLACE_USER ? BPF_FUNC_probe_read_user : BPF_FUNC_probe_read_kernel;
	u32 ok = ir_new_label(f);
	struct ir_operand r = ir_call(f, helper, place_address(g, place_at(to, 4)), len,
				      place_address(g, from), ir_none(), ir_none());
	ir_jump(f, BPF_JEQ, r, ir_imm(0), ok);
	event_count(g, event_counter(g, COUNTER_READ, 0, "buf", n->loc));
	ir_label(f, ok);
}

/* Family, then 16 bytes of address in network order. */
static void store_inet(struct gen *g, const struct node *n, struct place to)
{
	const struct node *family = n->call.args, *address = family;
	u64 known = n->call.info->number;

	if (family->next)
		address = family->next;
	else
		family = NULL;
	bool is_number = value_is_scalar(address->type) && address->type->kind != TYPE_PTR;
	u32 size = is_number ? 4 : address->type->kind == TYPE_PTR ? 16 : address->type->size;
	if (size > 16)
		size = 16;
	if (address->type->kind == TYPE_PTR && known == AF_INET)
		size = 4;
	place_zero(g, to, 20);
	if (family && !known)
		place_store(g, to, 4, value_of(g, family));
	else
		place_store(g, to, 4, ir_imm(known ? (s64)known : size == 16 ? AF_INET6 : AF_INET));
	if (is_number)
		place_store(g, place_at(to, 4), 4, value_of(g, address));
	else
		place_copy(g, place_at(to, 4), bytes_of(g, address), size);
}

static void store_time(struct gen *g, const struct node *n, struct place to)
{
	u32 index = (u32)g->script->strings.n;

	*vec_add(g->script->arena, &g->script->strings) = n->call.info->text;
	place_store(g, to, 8, value_of(g, n->call.args->next));
	place_store(g, place_at(to, 8), 4, ir_imm(index));
	place_store(g, place_at(to, 12), 4, ir_imm((s64)n->call.info->number));
}

void call_store(struct gen *g, const struct node *n, struct place to, const struct type *t,
		bool pad)
{
	const struct call_info *info = n->call.info;

	switch (n->call.func->id) {
	case FUNC_STR:
		store_str(g, n, to, t->size, pad);
		break;
	case FUNC_BUF:
		store_buf(g, n, to, t, pad);
		break;
	case FUNC_NTOP:
		store_inet(g, n, to);
		break;
	case FUNC_MACADDR:
		place_copy(g, to, bytes_of(g, n->call.args), 6);
		break;
	case FUNC_PTON:
		for (u32 i = 0; i < t->size; i += 4) {
			u32 word;
			memcpy(&word, info->address + i, 4);
			place_store(g, place_at(to, (s32)i), 4, ir_imm((s32)word));
		}
		break;
	case FUNC_STRFTIME:
		store_time(g, n, to);
		break;
	case FUNC_USYM:
		place_store(g, to, 8, value_of(g, n->call.args));
		place_store(g, place_at(to, 8), 8, value_current(g, false));
		break;
	case FUNC_KPTR:
	case FUNC_UPTR:
		store_value(g, n->call.args, to, t, pad);
		break;
	default:
		lower_error(g, n->loc, "%s() yields nothing that can be stored", n->call.name);
	}
}

static void format_event(struct gen *g, const struct node *n, enum script_action_kind kind)
{
	u32 action = event_action(g, kind, n->loc);

	g->script->actions.at[action].text = n->call.info->text;
	event_emit(g, action, n->call.args ? n->call.args->next : NULL);
}

static void map_event(struct gen *g, const struct node *n, enum script_action_kind kind)
{
	u32 action = event_action(g, kind, n->loc);

	g->script->actions.at[action].map = n->call.info->map->index;
	event_emit(g, action, NULL);
}

void call_statement(struct gen *g, const struct node *n)
{
	switch (n->call.func->id) {
	case FUNC_PRINTF:
		format_event(g, n, ACTION_PRINTF);
		break;
	case FUNC_ERRORF:
		format_event(g, n, ACTION_ERRORF);
		break;
	case FUNC_WARNF:
		format_event(g, n, ACTION_WARNF);
		break;
	case FUNC_SYSTEM:
		format_event(g, n, ACTION_SYSTEM);
		break;
	case FUNC_CAT:
		format_event(g, n, ACTION_CAT);
		break;
	case FUNC_TIME: {
		u32 action = event_action(g, ACTION_TIME, n->loc);
		g->script->actions.at[action].text = n->call.info->text;
		event_emit(g, action, NULL);
		break;
	}
	case FUNC_JOIN:
		event_join(g, n);
		break;
	case FUNC_PRINT:
		event_print(g, n);
		break;
	case FUNC_CLEAR:
		map_event(g, n, ACTION_CLEAR);
		break;
	case FUNC_ZERO:
		map_event(g, n, ACTION_ZERO);
		break;
	case FUNC_EXIT:
		event_emit(g, event_action(g, ACTION_EXIT, n->loc), n->call.args);
		lower_return(g);
		break;
	case FUNC_SIGNAL:
		send_signal(g, n);
		break;
	default:
		if (value_is_scalar(n->type))
			call_value(g, n);
		else if (n->type->kind != TYPE_NONE)
			store_somewhere(g, n, false);
		else
			lower_error(g, n->loc, "%s() cannot stand here", n->call.name);
	}
}
