/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls: one row a function says who checks it. The number of arguments was checked when the
 * function was named; the checkers look at their types, fill in call.info and give the result's type.
 */
#include "lang/check_call.h"

#include <string.h>

#include "lang/check_map.h"
#include "lang/format.h"

/* Map functions */

static const struct type *check_call_print_map(struct check *c, struct node *n)
{
	struct call_info *info = n->call.info;
	struct node *arg = n->call.args;
	struct check_map *m = (struct check_map *)arg->map.map;
	s64 top = 0, div = 0;

	m->map.is_read = true;
	info->map = &m->map;
	if (arg->map.key_count) {
		info->keys = arg->map.keys;
		info->key_count = arg->map.key_count;
		if (!m->map.is_written)
			check_map_read(c, arg);
		else if (check_map_keys(c, m, arg->map.keys, arg->map.key_count, arg->loc))
			arg->type = m->value.type;
		if (arg->next)
			check_error(c, arg->next->loc, "print: top and div are for whole maps");
		return &type_none;
	}
	if (!check_map_whole(c, arg, "print: this is for"))
		return &type_none;
	if (arg->next && check_bounded(c, arg->next, "print: top", 0, UINT32_MAX, &top) &&
	    arg->next->next &&
	    !check_bounded(c, arg->next->next, "print: div", 1, UINT32_MAX, &div))
		return &type_none;
	info->number = (u64)top;
	info->number2 = (u64)div;
	return &type_none;
}

static const struct type *check_call_print(struct check *c, struct node *n)
{
	struct node *arg = n->call.args;
	const struct type *t;

	if (arg->kind == NODE_MAP)
		return check_call_print_map(c, n);
	t = check_value(c, arg);
	if (t && t->kind == TYPE_FUNC)
		check_error(c, arg->loc, "print: %s cannot be printed", check_name(c, t));
	if (arg->next) {
		check_error(c, arg->next->loc, "print: top and div are for maps");
		check_hint(c, "several values print as a tuple: print((a, b))");
	}
	return &type_none;
}

static const struct type *check_call_whole(struct check *c, struct node *n)
{
	const char *what = arena_printf(c->arena, "%s() takes", n->call.name);
	struct check_map *m = check_map_whole(c, n->call.args, what);

	if (m)
		n->call.info->map = &m->map;
	return &type_none;
}

/* The map and key of delete(@m[k]), delete(@m, k), has_key(@m, k). */
static void check_call_keyed(struct check *c, struct node *n, struct node *map, struct node *keys,
			     u32 count)
{
	struct check_map *m = (struct check_map *)map->map.map;

	map->type = &type_none;
	n->call.info->map = &m->map;
	if (count == 1 && keys->kind == NODE_TUPLE && keys->tuple.count > 1) {
		count = keys->tuple.count;
		keys->type = &type_none; /* its elements are the keys */
		keys = keys->tuple.items;
	}
	n->call.info->keys = keys;
	n->call.info->key_count = count;
	if (!m->map.is_written) {
		check_map_read(c, map); /* says that it is undefined */
		return;
	}
	check_map_keys(c, m, keys, count, map->loc);
}

static const struct type *check_call_delete(struct check *c, struct node *n)
{
	struct node *map = n->call.args;

	if (map->kind != NODE_MAP) {
		check_error(c, map->loc, "delete() takes a map");
		check_hint(c, "the form is %s", n->call.func->form);
		return NULL;
	}
	if (!map->next) {
		check_call_keyed(c, n, map, map->map.keys, map->map.key_count);
	} else if (map->map.key_count) {
		check_error(c, map->loc, "delete(@map, key) takes the map without a key");
	} else {
		check_call_keyed(c, n, map, map->next, 1);
	}
	return &type_bool;
}

static const struct type *check_call_has_key(struct check *c, struct node *n)
{
	struct node *map = n->call.args;

	if (map->kind == NODE_MAP && !map->map.key_count)
		check_call_keyed(c, n, map, map->next, 1);
	else
		check_map_whole(c, map, "has_key() takes");
	return &type_bool;
}

static const struct type *check_call_len(struct check *c, struct node *n)
{
	struct node *arg = n->call.args;
	const struct check_map *m;
	const struct type *t;

	if (arg->kind == NODE_MAP && !arg->map.key_count) {
		m = check_map_whole(c, arg, "len() takes");
		if (!m)
			return &type_s64;
		t = m->value.type;
		if (m->map.key_known && m->key_count) {
			n->call.info->map = arg->map.map;
			arg->map.map->is_read = true;
			return &type_s64;
		}
	}
	t = check_value(c, arg);
	if (t && t->kind != TYPE_KSTACK && t->kind != TYPE_USTACK) {
		check_error(c, arg->loc, "len() takes a map with keys or a stack, not %s",
			    check_name(c, t));
		if (t->kind == TYPE_STRING)
			check_hint(c, "strlen() is for strings");
	}
	return &type_s64;
}

/* Output */

static const struct type *check_call_format(struct check *c, struct node *n)
{
	struct node *format = n->call.args;
	const char *what = arena_printf(c->arena, "%s: the format", n->call.name);

	if (n->call.func->id == FUNC_SYSTEM && !c->options->unsafe)
		check_error(c, n->loc, "system() is unsafe: run with --unsafe");
	n->call.info->text = check_literal(c, format, what);
	if (!n->call.info->text)
		return &type_none;
	check_expr(c, format);
	format_check(c, n->call.name, format, format->next);
	return &type_none;
}

static const struct type *check_call_join(struct check *c, struct node *n)
{
	struct node *arg = n->call.args;
	const struct type *t = check_value(c, arg);

	n->call.info->text = " ";
	if (arg->next) {
		n->call.info->text = check_literal(c, arg->next, "join: the separator");
		check_expr(c, arg->next);
	}
	if (t && t->kind == TYPE_ARRAY)
		t = t->target;
	if (t && !(t->kind == TYPE_PTR || (t->kind == TYPE_INT && t->size == 8)))
		check_error(c, arg->loc, "join() takes an array of strings (char *argv[]), not %s",
			    check_name(c, t));
	return &type_none;
}

static const struct type *check_call_time(struct check *c, struct node *n)
{
	n->call.info->text = "%H:%M:%S\n";
	if (n->call.args) {
		n->call.info->text = check_literal(c, n->call.args, "time: the format");
		check_expr(c, n->call.args);
	}
	return &type_none;
}

static const struct type *check_call_exit(struct check *c, struct node *n)
{
	if (n->call.args)
		check_integer(c, n->call.args, "exit: the code");
	return &type_none;
}

static const struct type *check_call_aggregate(struct check *c, struct node *n)
{
	for (struct node *arg = n->call.args; arg; arg = arg->next)
		check_value(c, arg);
	check_error(c, n->loc, "%s() has to be assigned to a map", n->call.name);
	check_hint(c, "for example: @ = %s", n->call.func->form);
	return NULL;
}

typedef const struct type *(*check_call_fn)(struct check *c, struct node *n);

static const check_call_fn checkers[] = {
	[FUNC_COUNT] = check_call_aggregate,
	[FUNC_SUM] = check_call_aggregate,
	[FUNC_AVG] = check_call_aggregate,
	[FUNC_MIN] = check_call_aggregate,
	[FUNC_MAX] = check_call_aggregate,
	[FUNC_STATS] = check_call_aggregate,
	[FUNC_HIST] = check_call_aggregate,
	[FUNC_LHIST] = check_call_aggregate,
	[FUNC_PRINT] = check_call_print,
	[FUNC_CLEAR] = check_call_whole,
	[FUNC_ZERO] = check_call_whole,
	[FUNC_DELETE] = check_call_delete,
	[FUNC_LEN] = check_call_len,
	[FUNC_HAS_KEY] = check_call_has_key,
	[FUNC_PRINTF] = check_call_format,
	[FUNC_ERRORF] = check_call_format,
	[FUNC_WARNF] = check_call_format,
	[FUNC_SYSTEM] = check_call_format,
	[FUNC_CAT] = check_call_format,
	[FUNC_JOIN] = check_call_join,
	[FUNC_TIME] = check_call_time,
	[FUNC_EXIT] = check_call_exit,
	[FUNC_STR] = check_call_str,
	[FUNC_BUF] = check_call_buf,
	[FUNC_STRNCMP] = check_call_strncmp,
	[FUNC_STRLEN] = check_call_strlen,
	[FUNC_STRCONTAINS] = check_call_strcontains,
	[FUNC_STRFTIME] = check_call_strftime,
	[FUNC_NTOP] = check_call_ntop,
	[FUNC_PTON] = check_call_pton,
	[FUNC_MACADDR] = check_call_macaddr,
	[FUNC_BSWAP] = check_call_bswap,
	[FUNC_KSYM] = check_call_sym,
	[FUNC_USYM] = check_call_sym,
	[FUNC_KADDR] = check_call_kaddr,
	[FUNC_UADDR] = check_call_uaddr,
	[FUNC_REG] = check_call_reg,
	[FUNC_KSTACK] = check_call_stack,
	[FUNC_USTACK] = check_call_stack,
	[FUNC_KPTR] = check_call_space,
	[FUNC_UPTR] = check_call_space,
	[FUNC_CGROUPID] = check_call_cgroupid,
	[FUNC_CGROUP_PATH] = check_call_cgroup_path,
	[FUNC_NSECS] = check_call_nsecs,
	[FUNC_PID] = check_call_pid,
	[FUNC_TID] = check_call_pid,
	[FUNC_SIGNAL] = check_call_signal,
	[FUNC_GETOPT] = NULL,
};

const struct type *check_call(struct check *c, struct node *n)
{
	const struct type *t;

	if (!n->call.func || !checkers[n->call.func->id]) {
		/* reported when it was named */
		for (struct node *arg = n->call.args; arg; arg = arg->next)
			check_expr(c, arg);
		return n->type = NULL;
	}
	t = checkers[n->call.func->id](c, n);
	if (n->kind == NODE_CALL && n->call.args && n->call.args->kind == NODE_IDENT)
		n->call.args->type = &type_none; /* kstack(perf): call.info says what it means */
	return n->type = t;
}
