/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions about the system: symbols, registers, stacks, clocks, cgroups, signals. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lang/check_call.h"
#include "lang/constant.h"

enum { CHECK_MAX_FRAMES = 127, CHECK_MAX_SIGNAL = 64 };

const struct type *check_call_sym(struct check *c, struct node *n)
{
	bool user = n->call.func->id == FUNC_USYM;
	struct node *arg = n->call.args;
	const struct type *t = check_value(c, arg);

	if (t && !type_is_scalar(t) && t->kind != TYPE_KSYM && t->kind != TYPE_USYM)
		check_error(c, arg->loc, "%s() takes an address, not %s", n->call.name,
			    check_name(c, t));
	return n->type ? n->type : type_new(c->arena, user ? TYPE_USYM : TYPE_KSYM, user ? 16 : 8);
}

const struct type *check_call_kaddr(struct check *c, struct node *n)
{
	const char *name = check_literal(c, n->call.args, "kaddr: the symbol");
	u64 addr;
	int err;

	if (!name)
		return NULL;
	err = probe_kernel_symbol(c->probes, name, &addr);
	if (err == 0) {
		check_make_int(n, addr, &type_u64);
		n->integer.is_unsigned = true;
		return &type_u64;
	}
	if (err == -EPERM)
		check_error(c, n->loc, "the kernel hides the address of '%s'", name);
	else
		check_error(c, n->loc, "the kernel has no symbol '%s'", name);
	return NULL;
}

/* "symbol" of the probed binary, or "path:symbol". */
const struct type *check_call_uaddr(struct check *c, struct node *n)
{
	const char *text = check_literal(c, n->call.args, "uaddr: the symbol");
	const char *colon = text ? strrchr(text, ':') : NULL;
	const char *path, *symbol;
	u64 addr, size;

	if (!text)
		return NULL;
	symbol = colon ? colon + 1 : text;
	path = colon ? arena_strndup(c->arena, text, (size_t)(colon - text)) : NULL;
	if (!path && check_in_user(c))
		path = c->program->targets.at[0].module;
	if (!path) {
		check_error(c, n->loc,
			    "uaddr() outside of uprobes needs the binary: uaddr(\"path:symbol\")");
		return NULL;
	}
	if (probe_user_symbol(c->probes, path, symbol, &addr, &size) < 0) {
		check_error(c, n->loc, "%s has no symbol '%s'", path, symbol);
		return NULL;
	}
	check_make_int(n, addr, NULL);
	n->integer.is_unsigned = true;
	return n->type = check_ptr_type(
		       c, type_int(size == 1 || size == 2 || size == 4 ? (u32)size : 8, false),
		       SPACE_USER);
}

static void check_try_register(void *arg, const char *name)
{
	nearest_try(arg, name);
}

const struct type *check_call_reg(struct check *c, struct node *n)
{
	const char *name = check_literal(c, n->call.args, "reg: the register's name");
	enum attach kind = c->program->kind;
	struct nearest near;
	int offset;

	if (!name)
		return NULL;
	check_expr(c, n->call.args);
	if (kind != ATTACH_KPROBE && kind != ATTACH_KRETPROBE && !check_in_user(c) &&
	    kind != ATTACH_PROFILE && kind != ATTACH_SOFTWARE && kind != ATTACH_HARDWARE) {
		check_error(c, n->loc, "reg() cannot be used in %s", c->program_info->target);
		check_hint(c, "registers are seen by kprobes, uprobes and profiles");
		return NULL;
	}
	offset = probe_register_offset(name);
	if (offset < 0) {
		near = nearest_to(name);
		check_error(c, n->call.args->loc, "there is no register '%s'", name);
		probe_each_register(check_try_register, &near);
		check_nearest(c, &near);
		return NULL;
	}
	n->call.info->number = (u64)offset;
	return &type_u64;
}

/* kstack(perf), kstack(5), kstack(perf, 5) */
const struct type *check_call_stack(struct check *c, struct node *n)
{
	static const char *const modes[] = { "bpftrace", "perf", "raw" };
	struct call_info *info = n->call.info;
	struct node *limit = n->call.args;
	bool user = n->call.func->id == FUNC_USTACK;
	s64 frames = c->u->config.stack_frames;
	struct type *t;

	info->mode = c->u->config.stack_mode;
	if (limit && limit->kind == NODE_IDENT) {
		size_t i = 0;

		while (i < ARRAY_SIZE(modes) && strcmp(modes[i], limit->name) != 0)
			i++;
		if (i == ARRAY_SIZE(modes)) {
			check_error(c, limit->loc, "unknown stack mode '%s'", limit->name);
			check_hint(c, "one of: bpftrace, perf, raw");
			return NULL;
		}
		info->mode = (enum stack_mode)i;
		limit = limit->next;
	} else if (n->call.count == 2) {
		check_error(c, n->loc, "%s() takes the mode first", n->call.name);
		check_hint(c, "for example: %s(perf, 5)", n->call.name);
		return NULL;
	}
	if (limit && !check_bounded(c, limit, "the number of frames", 1, CHECK_MAX_FRAMES, &frames))
		return NULL;
	info->number = (u64)frames;
	if (n->type)
		return n->type;
	t = type_new(c->arena, user ? TYPE_USTACK : TYPE_KSTACK, user ? 16 : 8);
	t->limit = (u32)frames;
	t->stack_mode = info->mode;
	return t;
}

const struct type *check_call_space(struct check *c, struct node *n)
{
	enum type_space space = n->call.func->id == FUNC_UPTR ? SPACE_USER : SPACE_KERNEL;
	struct node *arg = n->call.args;
	const struct type *t = check_value(c, arg);

	if (!t)
		return NULL;
	if (t->kind == TYPE_PTR)
		return check_ptr_type(c, t->target, space);
	if (t->kind == TYPE_INT && t->size == 8)
		return check_ptr_type(c, &type_none, space);
	check_error(c, arg->loc, "%s() takes a pointer, not %s", n->call.name, check_name(c, t));
	return NULL;
}

const struct type *check_call_cgroupid(struct check *c, struct node *n)
{
	const char *path = check_literal(c, n->call.args, "cgroupid: the path");
	u64 id;
	int err;

	if (!path)
		return NULL;
	err = constant_cgroup(path, &id);
	if (err < 0) {
		check_error(c, n->loc, "cgroupid: %s: %s", path, strerror(-err));
		return NULL;
	}
	check_make_int(n, id, &type_u64);
	return &type_u64;
}

const struct type *check_call_cgroup_path(struct check *c, struct node *n)
{
	struct node *arg = n->call.args;

	check_integer(c, arg, "cgroup_path: the cgroup's ID");
	if (arg->next) {
		n->call.info->text = check_literal(c, arg->next, "cgroup_path: the hierarchy");
		check_expr(c, arg->next);
		if (n->call.info->text && strcmp(n->call.info->text, "unified") != 0 &&
		    strcmp(n->call.info->text, "*") != 0)
			check_error(c, arg->next->loc,
				    "cgroup_path: only the hierarchy \"unified\" is supported");
	}
	return n->type ? n->type : type_new(c->arena, TYPE_CGROUP_PATH, 8);
}

const struct type *check_call_nsecs(struct check *c, struct node *n)
{
	static const struct {
		const char *name;
		int clock;
	} clocks[] = {
		{ "monotonic", CLOCK_MONOTONIC },
		{ "boot", CLOCK_BOOTTIME },
		{ "tai", CLOCK_TAI },
	};
	const struct node *arg = n->call.args;

	n->call.info->number = CLOCK_BOOTTIME;
	n->call.info->is_constant = true;
	if (!arg)
		return &type_u64;
	for (size_t i = 0; arg->kind == NODE_IDENT && i < ARRAY_SIZE(clocks); i++) {
		if (!strcmp(clocks[i].name, arg->name)) {
			n->call.info->number = (u64)clocks[i].clock;
			return &type_u64;
		}
	}
	if (arg->kind == NODE_IDENT && !strcmp(arg->name, "sw_tai"))
		check_error(c, arg->loc, "nsecs(sw_tai) is not supported yet");
	else
		check_error(c, arg->loc, "unknown clock");
	check_hint(c, "one of: monotonic, boot, tai");
	return &type_u64;
}

/* Without an argument it was made the builtin. */
const struct type *check_call_pid(struct check *c, struct node *n)
{
	check_error(c, n->call.args->loc, "%s() with a namespace is not supported yet",
		    n->call.name);
	check_hint(c, "write %s", n->call.name);
	return &type_u32;
}

const struct type *check_call_signal(struct check *c, struct node *n)
{
	struct node *arg = n->call.args;
	struct nearest near;
	s64 number;

	if (!c->options->unsafe)
		check_error(c, n->loc, "signal() is unsafe: run with --unsafe");
	if (arg->kind != NODE_STRING) {
		n->call.info->is_constant = check_constant(arg, &number);
		if (!n->call.info->is_constant)
			check_integer(c, arg, "the signal");
		else if (check_bounded(c, arg, "the signal", 1, CHECK_MAX_SIGNAL, &number))
			n->call.info->number = (u64)number;
		return &type_none;
	}
	check_expr(c, arg);
	n->call.info->is_constant = true;
	n->call.info->number = constant_signal(arg->string.s);
	if (!n->call.info->number) {
		near = nearest_to(arg->string.s);
		check_error(c, arg->loc, "there is no signal '%s'", arg->string.s);
		constant_signal_nearest(&near);
		check_nearest(c, &near);
	}
	return &type_none;
}
