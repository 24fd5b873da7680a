/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of builtins, and in which probes they mean something. */
#include <string.h>

#include "isa/attach.h"
#include "lang/check.h"

static const struct type *check_builtin_wrong(struct check *c, const struct node *n,
					      const char *where)
{
	check_error(c, n->loc, "%s cannot be used in %s", n->builtin->name,
		    c->program_info->target);
	check_hint(c, "%s", where);
	return NULL;
}

static const struct type *check_builtin_arg(struct check *c, struct node *n)
{
	enum attach kind = c->program->kind;
	u32 number = n->builtin->number;
	bool probe = kind == ATTACH_KPROBE || kind == ATTACH_UPROBE;

	if (n->builtin->id == BUILTIN_SARG)
		return probe ? &type_u64
			     : check_builtin_wrong(c, n,
						   "sargN are arguments of kprobes and uprobes");
	if (probe_argn_offset(kind, number) >= 0)
		return &type_u64;
	if (probe_argn_offset(kind, 0) < 0) {
		if (kind == ATTACH_TRACEPOINT || kind == ATTACH_FENTRY || kind == ATTACH_FEXIT)
			return check_builtin_wrong(c, n, "name the argument: args.NAME");
		return check_builtin_wrong(
			c, n, "argN are arguments of kprobes, uprobes and rawtracepoints");
	}
	check_error(c, n->loc, "a %s has no %s", attach_info(kind)->name, n->builtin->name);
	if (probe)
		check_hint(
			c,
			"arg0 to arg5 are in registers; the others are on the stack: sarg0, ...");
	return NULL;
}

static const struct type *check_builtin_retval(struct check *c, struct node *n)
{
	enum attach kind = c->program->kind;

	if (kind != ATTACH_KRETPROBE && kind != ATTACH_URETPROBE && kind != ATTACH_FEXIT)
		return check_builtin_wrong(c, n,
					   "retval is for kretprobe, uretprobe and fexit probes");
	if (!c->program->args_known || !c->program->args.retval) {
		check_error(c, n->loc, "%s has no retval", c->program_info->target);
		check_hint(c, "%s",
			   c->program_info->why ? c->program_info->why : "it returns nothing");
		return NULL;
	}
	if (c->program->args.retval->kind == TYPE_NONE) {
		check_error(c, n->loc, "%s returns nothing", c->program_info->target);
		return NULL;
	}
	return c->program->args.retval;
}

static const struct type *check_builtin_args(struct check *c, struct node *n)
{
	if (!c->program->args_known || !c->program->args.args) {
		check_error(c, n->loc, "%s has no args", c->program_info->target);
		check_hint(c, "%s",
			   c->program_info->why ? c->program_info->why
						: "only probes with typed arguments have them");
		return NULL;
	}
	return c->program->args.args;
}

static const struct type *check_builtin_ctx(struct check *c)
{
	enum attach kind = c->program->kind;
	const char *name = NULL;
	struct type *record;

	if (kind == ATTACH_KPROBE || kind == ATTACH_KRETPROBE || kind == ATTACH_UPROBE ||
	    kind == ATTACH_URETPROBE)
		name = "pt_regs";
	else if (kind == ATTACH_PROFILE || kind == ATTACH_SOFTWARE || kind == ATTACH_HARDWARE)
		name = "bpf_perf_event_data";
	if (!name)
		return check_ptr_type(c, &type_u64, SPACE_CTX);
	record = type_new(c->arena, TYPE_RECORD, 0);
	record->name = name;
	return check_ptr_type(c, record, SPACE_CTX);
}

static const struct type *check_builtin_curtask(struct check *c)
{
	struct type *record = type_new(c->arena, TYPE_RECORD, 0);

	record->name = "task_struct";
	return check_ptr_type(c, record, SPACE_KERNEL);
}

/* The function's name is that of its address, unless there is but one. */
static const struct type *check_builtin_func(struct check *c, struct node *n)
{
	const probe_targets *targets = &c->program->targets;
	enum attach kind = c->program->kind;
	bool user = check_in_user(c);

	if (!user && kind != ATTACH_KPROBE && kind != ATTACH_KRETPROBE && kind != ATTACH_FENTRY &&
	    kind != ATTACH_FEXIT)
		return check_builtin_wrong(c, n,
					   "func is for probes of functions; probe is for all");
	if (c->many_func || !targets->at[0].func) {
		c->program->uses_probe |= targets->n > 1;
		return type_new(c->arena, user ? TYPE_USYM : TYPE_KSYM, user ? 16 : 8);
	}
	check_make_string(c, n, targets->at[0].func, strlen(targets->at[0].func));
	return check_expr(c, n);
}

/* Targets are numbered over all programs: a program's only one is known by its number now. */
static const struct type *check_builtin_probe(struct check *c, struct node *n)
{
	const probe_targets *targets = &c->program->targets;
	u64 index = 0;

	if (!c->many_probe) {
		check_make_string(c, n, targets->at[0].name, strlen(targets->at[0].name));
		return check_expr(c, n);
	}
	if (targets->n > 1) {
		c->program->uses_probe = true;
		return type_new(c->arena, TYPE_PROBE, 4);
	}
	for (const struct program *p = c->u->programs.at; p != c->program; p++)
		index += p->targets.n;
	check_make_int(n, index, type_new(c->arena, TYPE_PROBE, 4));
	return n->type;
}

static const struct type *check_builtin_stack(struct check *c, bool user)
{
	struct type *t = type_new(c->arena, user ? TYPE_USTACK : TYPE_KSTACK, user ? 16 : 8);

	t->limit = c->u->config.stack_frames;
	t->stack_mode = c->u->config.stack_mode;
	return t;
}

static const struct type *check_builtin_cpid(struct check *c, struct node *n)
{
	c->u->uses_cpid = true;
	if (!c->options->has_child)
		check_warning(c, n->loc, "cpid is 0: no command was given with -c");
	return &type_u32;
}

static const struct type *check_builtin_ppid(struct check *c, struct node *n)
{
	if (types_have_kernel(c->types))
		return &type_u32;
	check_error(c, n->loc, "ppid needs the kernel's BTF, which is not there");
	return NULL;
}

static const struct type *check_builtin_type(struct check *c, struct node *n)
{
	switch (n->builtin->id) {
	case BUILTIN_PID:
	case BUILTIN_TID:
	case BUILTIN_UID:
	case BUILTIN_GID:
	case BUILTIN_CPU:
	case BUILTIN_NUMAID:
	case BUILTIN_NCPUS:
	case BUILTIN_RAND:
		return &type_u32;
	case BUILTIN_NSECS:
	case BUILTIN_ELAPSED:
	case BUILTIN_CGROUP:
	case BUILTIN_JIFFIES:
		return &type_u64;
	case BUILTIN_USERNAME:
		return n->type ? n->type : type_new(c->arena, TYPE_USERNAME, 4);
	case BUILTIN_COMM:
		return check_string_type(c, 16);
	case BUILTIN_FUNC:
		return n->type ? n->type : check_builtin_func(c, n);
	case BUILTIN_PROBE:
		return n->type ? n->type : check_builtin_probe(c, n);
	case BUILTIN_CURTASK:
		return n->type ? n->type : check_builtin_curtask(c);
	case BUILTIN_CTX:
		return n->type ? n->type : check_builtin_ctx(c);
	case BUILTIN_ARGS:
		return check_builtin_args(c, n);
	case BUILTIN_ARG:
	case BUILTIN_SARG:
		return check_builtin_arg(c, n);
	case BUILTIN_RETVAL:
		return check_builtin_retval(c, n);
	case BUILTIN_KSTACK:
	case BUILTIN_USTACK:
		return n->type ? n->type : check_builtin_stack(c, n->builtin->id == BUILTIN_USTACK);
	case BUILTIN_CPID:
		return check_builtin_cpid(c, n);
	case BUILTIN_PPID:
		return check_builtin_ppid(c, n);
	}
	return NULL;
}

const struct type *check_builtin(struct check *c, struct node *n)
{
	const struct type *t = check_builtin_type(c, n);

	return n->type = t;
}
