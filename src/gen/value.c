/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions that fit a register, and conditions. Every value is kept extended to 64 bits according to
 * its type, so widening costs nothing and narrowing happens where a value goes into something narrower.
 */
#include <unistd.h>

#include "gen/lower.h"

bool value_is_scalar(const struct type *t)
{
	switch (t->kind) {
	case TYPE_KSTACK:
	case TYPE_KSYM:
	case TYPE_USERNAME:
	case TYPE_PROBE:
	case TYPE_CGROUP_PATH:
		return true;
	default:
		return type_is_scalar(t);
	}
}

static bool is_never_negative(const struct type *t, struct ir_operand v)
{
	return v.kind == IR_IMM ? v.imm >= 0 : !t->is_signed;
}

struct ir_operand value_convert(struct gen *g, struct ir_operand v, const struct type *from,
				const struct type *to)
{
	struct ir_func *f = g->fn->ir;

	if (to->kind == TYPE_BOOL && from->kind != TYPE_BOOL) {
		u32 end = ir_new_label(f), r = ir_new_reg(f);
		v = ir_in_reg(f, v);
		ir_mov(f, r, ir_imm(0));
		ir_jump(f, BPF_JEQ, v, ir_imm(0), end);
		ir_mov(f, r, ir_imm(1));
		ir_label(f, end);
		return ir_reg(r);
	}
	if (to->size >= 8 || !type_is_integer(to))
		return v;
	bool fits = from->size < to->size
			    ? !(from->is_signed && !to->is_signed)
			    : from->size == to->size && from->is_signed == to->is_signed;
	return fits && v.kind != IR_IMM ? v : ir_ext(f, v, to->size, to->is_signed);
}

/* --- conditions --- */

static u8 jump_code(enum operation op, bool is_unsigned)
{
	switch (op) {
	case OP_EQ:
		return BPF_JEQ;
	case OP_NE:
		return BPF_JNE;
	case OP_LT:
		return is_unsigned ? BPF_JLT : BPF_JSLT;
	case OP_LE:
		return is_unsigned ? BPF_JLE : BPF_JSLE;
	case OP_GT:
		return is_unsigned ? BPF_JGT : BPF_JSGT;
	default:
		return is_unsigned ? BPF_JGE : BPF_JSGE;
	}
}

static enum operation opposite(enum operation op)
{
	switch (op) {
	case OP_EQ:
		return OP_NE;
	case OP_NE:
		return OP_EQ;
	case OP_LT:
		return OP_GE;
	case OP_LE:
		return OP_GT;
	case OP_GT:
		return OP_LE;
	default:
		return OP_LT;
	}
}

static bool is_comparison(enum operation op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static void branch_compare(struct gen *g, const struct node *n, bool invert, u32 to)
{
	struct ir_func *f = g->fn->ir;
	const struct node *l = n->binary.left, *r = n->binary.right;
	enum operation op = n->binary.op;

	if (l->type->kind == TYPE_STRING && r->type->kind == TYPE_STRING) {
		text_branch_equal(g, l, r, invert == (op == OP_EQ), to);
		return;
	}
	if (!value_is_scalar(l->type)) {
		struct place a = store_somewhere(g, l, true), b = store_somewhere(g, r, true);
		u32 differ = ir_new_label(f);
		u32 size = l->type->size < r->type->size ? l->type->size : r->type->size;
		bool jump_if_differ = (op == OP_EQ) != invert;
		text_branch_bytes(g, a, b, size, jump_if_differ ? to : differ);
		if (!jump_if_differ)
			ir_goto(f, to);
		ir_label(f, differ);
		return;
	}
	struct ir_operand a = value_of(g, l), b = value_of(g, r);
	if (!invert)
		op = opposite(op);
	ir_jump(f, jump_code(op, n->binary.is_unsigned), a, b, to);
}

void value_branch(struct gen *g, const struct node *n, bool invert, u32 to)
{
	struct ir_func *f = g->fn->ir;

	if (n->kind == NODE_UNARY && n->unary.op == OP_NOT) {
		value_branch(g, n->unary.operand, !invert, to);
		return;
	}
	if (n->kind == NODE_BINARY && is_comparison(n->binary.op)) {
		branch_compare(g, n, invert, to);
		return;
	}
	if (n->kind == NODE_BINARY && (n->binary.op == OP_LAND || n->binary.op == OP_LOR)) {
		/* a && b is false as soon as a is; a || b is true as soon as a is. */
		bool decided_by = n->binary.op == OP_LOR;
		if (decided_by == invert) {
			value_branch(g, n->binary.left, invert, to);
			value_branch(g, n->binary.right, invert, to);
		} else {
			u32 on = ir_new_label(f);
			value_branch(g, n->binary.left, !invert, on);
			value_branch(g, n->binary.right, invert, to);
			ir_label(f, on);
		}
		return;
	}
	if (n->type->kind == TYPE_STRING) { /* true unless empty */
		struct place p = store_somewhere(g, n, false);
		ir_jump(f, invert ? BPF_JNE : BPF_JEQ, place_load(g, p, &type_u8), ir_imm(0), to);
		return;
	}
	ir_jump(f, invert ? BPF_JNE : BPF_JEQ, value_of(g, n), ir_imm(0), to);
}

/* A condition as 0 or 1. */
static struct ir_operand truth(struct gen *g, const struct node *n)
{
	struct ir_func *f = g->fn->ir;
	u32 r = ir_new_reg(f), end = ir_new_label(f);

	/* Set after the branch, so that the register is not occupied while operands are computed. */
	u32 no = ir_new_label(f);
	value_branch(g, n, false, no);
	ir_mov(f, r, ir_imm(1));
	ir_goto(f, end);
	ir_label(f, no);
	ir_mov(f, r, ir_imm(0));
	ir_label(f, end);
	return ir_reg(r);
}

/* --- arithmetic --- */

static struct ir_operand magnitude(struct gen *g, struct ir_operand v)
{
	struct ir_func *f = g->fn->ir;
	u32 r = ir_new_reg(f), end = ir_new_label(f);

	if (v.kind == IR_IMM)
		return ir_imm(v.imm < 0 ? (s64)(0 - (u64)v.imm) : v.imm);
	ir_mov(f, r, v);
	ir_jump(f, BPF_JSGE, v, ir_imm(0), end);
	ir_mov(f, r, ir_alu(f, BPF_SUB, ir_imm(0), v));
	ir_label(f, end);
	return ir_reg(r);
}

/* BPF divides without sign (with sign only since Linux 6.6): divide magnitudes, then set the sign. */
struct ir_operand value_divide_signed(struct gen *g, u8 alu, struct ir_operand a,
				      struct ir_operand b)
{
	struct ir_func *f = g->fn->ir;
	u32 r = ir_new_reg(f), end = ir_new_label(f);

	if (a.kind == IR_IMM && b.kind == IR_IMM && b.imm && b.imm != -1)
		return ir_imm(alu == BPF_DIV ? a.imm / b.imm : a.imm % b.imm);
	ir_mov(f, r, ir_alu(f, alu, magnitude(g, a), magnitude(g, b)));
	struct ir_operand sign = alu == BPF_DIV ? ir_alu(f, BPF_XOR, a, b) : a;
	ir_jump(f, BPF_JSGE, sign, ir_imm(0), end);
	ir_mov(f, r, ir_alu(f, BPF_SUB, ir_imm(0), ir_reg(r)));
	ir_label(f, end);
	return ir_reg(r);
}

static u8 alu_code(enum operation op, bool is_signed)
{
	switch (op) {
	case OP_ADD:
		return BPF_ADD;
	case OP_SUB:
		return BPF_SUB;
	case OP_MUL:
		return BPF_MUL;
	case OP_DIV:
		return BPF_DIV;
	case OP_MOD:
		return BPF_MOD;
	case OP_AND:
		return BPF_AND;
	case OP_OR:
		return BPF_OR;
	case OP_XOR:
		return BPF_XOR;
	case OP_SHL:
		return BPF_LSH;
	default:
		return is_signed ? BPF_ARSH : BPF_RSH;
	}
}

static u32 target_size(struct gen *g, const struct type *pointer)
{
	u32 size = pointer->target ? types_size(g->unit->types, pointer->target) : 1;

	return size ? size : 1;
}

/* One operation on values at hand; also what compound assignment is made of. */
static struct ir_operand arithmetic(struct gen *g, enum operation op, bool is_unsigned,
				    struct ir_operand a, const struct type *ta, struct ir_operand b,
				    const struct type *tb, const struct type *result)
{
	struct ir_func *f = g->fn->ir;
	u8 alu = alu_code(op, ta->is_signed);

	if (result->kind == TYPE_PTR && (op == OP_ADD || op == OP_SUB)) {
		if (ta->kind == TYPE_PTR)
			b = ir_alu(f, BPF_MUL, b, ir_imm(target_size(g, ta)));
		else
			a = ir_alu(f, BPF_MUL, a, ir_imm(target_size(g, tb)));
	}
	is_unsigned = is_unsigned || (is_never_negative(ta, a) && is_never_negative(tb, b));
	struct ir_operand v = (op == OP_DIV || op == OP_MOD) && !is_unsigned
				      ? value_divide_signed(g, alu, a, b)
				      : ir_alu(f, alu, a, b);
	return result->size < 8 ? ir_ext(f, v, result->size, result->is_signed) : v;
}

static struct ir_operand binary(struct gen *g, const struct node *n)
{
	enum operation op = n->binary.op;

	if (is_comparison(op) || op == OP_LAND || op == OP_LOR)
		return truth(g, n);
	struct ir_operand a = value_of(g, n->binary.left), b = value_of(g, n->binary.right);
	return arithmetic(g, op, n->binary.is_unsigned, a, n->binary.left->type, b,
			  n->binary.right->type, n->type);
}

static struct ir_operand unary(struct gen *g, const struct node *n)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand v;

	switch (n->unary.op) {
	case OP_NOT:
		return truth(g, n);
	case OP_DEREF:
		return place_load(g, place_of(g, n), n->type);
	case OP_ADDR:
		if (!place_has(n->unary.operand)) {
			lower_error(g, n->loc, "this has no address");
			return ir_imm(0);
		}
		return ir_in_reg(f, place_address(g, place_of(g, n->unary.operand)));
	case OP_NEG:
		v = ir_alu(f, BPF_SUB, ir_imm(0), value_of(g, n->unary.operand));
		break;
	default:
		v = ir_alu(f, BPF_XOR, value_of(g, n->unary.operand), ir_imm(-1));
	}
	return ir_ext(f, v, n->type->size, n->type->is_signed);
}

static struct ir_operand ternary(struct gen *g, const struct node *n)
{
	struct ir_func *f = g->fn->ir;
	u32 r = ir_new_reg(f), no = ir_new_label(f), end = ir_new_label(f);
	const struct node *then = n->ternary.then, *otherwise = n->ternary.otherwise;

	if (!then) { /* a ?: b */
		const struct node *c = n->ternary.cond;
		ir_mov(f, r, value_convert(g, value_of(g, c), c->type, n->type));
		ir_jump(f, BPF_JNE, ir_reg(r), ir_imm(0), end);
	} else {
		value_branch(g, n->ternary.cond, false, no);
		struct ir_operand v = value_of(g, then);
		if (v.kind != IR_NONE)
			ir_mov(f, r, value_convert(g, v, then->type, n->type));
		ir_goto(f, end);
		ir_label(f, no);
	}
	struct ir_operand v = value_of(g, otherwise);
	if (v.kind != IR_NONE)
		ir_mov(f, r, value_convert(g, v, otherwise->type, n->type));
	ir_label(f, end);
	return n->type->kind == TYPE_NONE ? ir_none() : ir_reg(r);
}

/* --- variables --- */

static struct ir_operand read_var(struct gen *g, const struct node *n)
{
	const struct var *v = n->var.var;

	lower_declare(g, v);
	if (!lower_var_in_reg(v))
		return place_load(g, lower_var_place(g, v), type_int(8, v->type->is_signed));
	/* A copy: the variable may change before the value is used. */
	u32 r = ir_new_reg(g->fn->ir);
	ir_mov(g->fn->ir, r, ir_reg(g->vars[v->index].reg));
	return ir_reg(r);
}

static void write_var(struct gen *g, const struct var *v, struct ir_operand x)
{
	if (lower_var_in_reg(v))
		ir_mov(g->fn->ir, g->vars[v->index].reg, x);
	else
		place_store(g, lower_var_place(g, v), 8, x);
}

static struct ir_operand incdec(struct gen *g, const struct node *n)
{
	const struct node *target = n->incdec.target;
	const struct type *t = target->type;
	s64 by = n->incdec.increment ? 1 : -1;

	if (t->kind == TYPE_PTR)
		by *= target_size(g, t);
	if (target->kind == NODE_MAP) {
		struct ir_operand old = mapop_add(g, target, ir_imm(by), true);
		return n->incdec.prefix ? ir_alu(g->fn->ir, BPF_ADD, old, ir_imm(by)) : old;
	}
	struct ir_operand old = read_var(g, target);
	struct ir_operand now = ir_alu(g->fn->ir, BPF_ADD, old, ir_imm(by));
	now = ir_ext(g->fn->ir, now, t->size, t->is_signed);
	write_var(g, target->var.var, now);
	return n->incdec.prefix ? now : old;
}

static struct ir_operand assign(struct gen *g, const struct node *n)
{
	const struct node *target = n->assign.target, *value = n->assign.value;
	enum operation op = n->assign.op;
	struct ir_func *f = g->fn->ir;

	if (target->kind == NODE_MAP && op == OP_NONE) {
		mapop_assign(g, target, value);
		return ir_none();
	}
	if (target->kind == NODE_MAP && (op == OP_ADD || op == OP_SUB)) {
		struct ir_operand v = value_of(g, value);
		if (op == OP_SUB)
			v = ir_alu(f, BPF_SUB, ir_imm(0), v);
		mapop_add(g, target, v, false);
		return ir_none();
	}
	if (op == OP_NONE) {
		lower_assign_var(g, target->var.var, value);
		return value_is_scalar(target->type) ? read_var(g, target) : ir_none();
	}
	struct ir_operand old = value_of(g, target), by = value_of(g, value);
	struct ir_operand v = arithmetic(g, op, n->assign.is_unsigned, old, target->type, by,
					 value->type, target->type);
	if (target->kind == NODE_MAP)
		mapop_assign_scalar(g, target, v, target->type);
	else
		write_var(g, target->var.var, v);
	return v;
}

/* --- builtins --- */

static struct ir_operand call0(struct gen *g, u32 helper)
{
	return ir_call(g->fn->ir, helper, ir_none(), ir_none(), ir_none(), ir_none(), ir_none());
}

/*
 * Process and thread numbers as this process sees them: in a pid namespace of its own, as in a container, they
 * are those of the namespace, which user space's numbers (cpid, /proc) are, too. 0 for tasks outside of it.
 */
struct ir_operand value_current(struct gen *g, bool thread)
{
	struct ir_func *f = g->fn->ir;
	struct ir_operand both;

	if (!g->pid_ns_inode) {
		both = call0(g, BPF_FUNC_get_current_pid_tgid);
	} else { /* struct bpf_pidns_info: u32 pid (the thread), u32 tgid */
		struct place info = place_temp(g, 8);
		place_store(g, info, 8, ir_imm(0));
		ir_call(f, BPF_FUNC_get_ns_current_pid_tgid, ir_imm((s64)g->pid_ns_device),
			ir_imm((s64)g->pid_ns_inode), place_address(g, info), ir_imm(8), ir_none());
		both = place_load(g, info, &type_u64);
	}
	return thread ? ir_ext(f, both, 4, false) : ir_alu(f, BPF_RSH, both, ir_imm(32));
}

static struct ir_operand ctx_word(struct gen *g, int offset)
{
	if (offset < 0) {
		lower_error(g, g->fn->ir->loc, "this probe has no such argument");
		return ir_imm(0);
	}
	return ir_load(g->fn->ir, lower_ctx(g), offset, 8, false);
}

/* Arguments beyond the registers: above the return address on the stack. */
static struct ir_operand stack_argument(struct gen *g, u32 number)
{
	enum attach kind = g->program->kind;
	struct ir_operand sp = ctx_word(g, probe_register_offset("sp"));
	struct place p = { .kind = kind == ATTACH_UPROBE || kind == ATTACH_URETPROBE ? PLACE_USER
										     : PLACE_KERNEL,
			   .base = sp,
			   .off = (s32)(8 * (number + 1)) };

	return place_load(g, p, &type_u64);
}

static struct ir_operand elapsed(struct gen *g)
{
	struct ir_func *f = g->fn->ir;

	if (!g->script->uses_elapsed) {
		g->script->uses_elapsed = true;
		g->script->elapsed_offset = event_bss(g, 8);
	}
	struct ir_operand start = ir_load(f, ir_bss(g->script->elapsed_offset), 0, 8, false);
	return ir_alu(f, BPF_SUB, call0(g, BPF_FUNC_ktime_get_boot_ns), start);
}

/* curtask->real_parent->tgid */
static struct ir_operand parent_pid(struct gen *g, struct loc loc)
{
	struct types *types = g->unit->types;
	const struct type *task = types_find(types, TYPE_RECORD, "task_struct");
	struct field parent, tgid;

	if (!task || !types_field(types, task, "real_parent", &parent) ||
	    !types_field(types, task, "tgid", &tgid)) {
		lower_error(g, loc, "ppid needs the kernel's BTF");
		return ir_imm(0);
	}
	struct ir_operand current = call0(g, BPF_FUNC_get_current_task);
	struct ir_operand p =
		place_load(g, place_field(g, current, task, "real_parent", &parent), &type_u64);
	return place_load(g, place_field(g, p, task, "tgid", &tgid), &type_u32);
}

static struct ir_operand builtin(struct gen *g, const struct node *n)
{
	struct ir_func *f = g->fn->ir;
	const struct probe_args *args = &g->program->args;
	enum attach kind = g->program->kind;

	switch (n->builtin->id) {
	case BUILTIN_PID:
		return value_current(g, false);
	case BUILTIN_TID:
		return value_current(g, true);
	case BUILTIN_UID:
	case BUILTIN_USERNAME:
		return ir_ext(f, call0(g, BPF_FUNC_get_current_uid_gid), 4, false);
	case BUILTIN_GID:
		return ir_alu(f, BPF_RSH, call0(g, BPF_FUNC_get_current_uid_gid), ir_imm(32));
	case BUILTIN_NSECS:
		return call0(g, BPF_FUNC_ktime_get_boot_ns);
	case BUILTIN_ELAPSED:
		return elapsed(g);
	case BUILTIN_CPU:
		return call0(g, BPF_FUNC_get_smp_processor_id);
	case BUILTIN_NUMAID:
		return call0(g, BPF_FUNC_get_numa_node_id);
	case BUILTIN_NCPUS:
		return ir_imm(sysconf(_SC_NPROCESSORS_CONF));
	case BUILTIN_CGROUP:
		return call0(g, BPF_FUNC_get_current_cgroup_id);
	case BUILTIN_RAND:
		return call0(g, BPF_FUNC_get_prandom_u32);
	case BUILTIN_JIFFIES:
		return call0(g, BPF_FUNC_jiffies64);
	case BUILTIN_CURTASK:
		return call0(g, BPF_FUNC_get_current_task);
	case BUILTIN_CPID:
		return ir_imm(g->unit->options->child_pid);
	case BUILTIN_PPID:
		return parent_pid(g, n->loc);
	case BUILTIN_CTX:
	case BUILTIN_ARGS:
		return lower_ctx(g);
	case BUILTIN_ARG:
		return ctx_word(g, probe_argn_offset(kind, n->builtin->number));
	case BUILTIN_SARG:
		return stack_argument(g, n->builtin->number);
	case BUILTIN_RETVAL: {
		struct ir_operand v = ctx_word(g, (int)args->retval_offset);
		return value_convert(g, v, &type_u64, n->type);
	}
	case BUILTIN_PROBE:
		return ir_ext(f,
			      ir_call(f, BPF_FUNC_get_attach_cookie, lower_ctx(g), ir_none(),
				      ir_none(), ir_none(), ir_none()),
			      4, false);
	case BUILTIN_FUNC: /* in a uprobe before Linux 6.7 the helper knows nothing */
		if (kind == ATTACH_UPROBE)
			return ctx_word(g, probe_register_offset("ip"));
		return ir_call(f, BPF_FUNC_get_func_ip, lower_ctx(g), ir_none(), ir_none(),
			       ir_none(), ir_none());
	case BUILTIN_KSTACK:
		return call_stack_id(g, false, g->unit->config.stack_frames);
	default:
		lower_error(g, n->loc, "%s is not a number", n->builtin->name);
		return ir_imm(0);
	}
}

/* Fields, elements and what pointers point to. */
static struct ir_operand read_place(struct gen *g, const struct node *n)
{
	const struct each_loop *each = g->fn->each;

	if (n->kind == NODE_FIELD && n->field.base->kind == NODE_VAR && each &&
	    each->var == n->field.base->var.var && n->field.number == 1 &&
	    type_is_aggregate(each->map->value))
		return aggregate_read(g, each->map, each->key);
	struct place p = place_of(g, n);
	if (n->kind != NODE_FIELD)
		return place_load(g, p, n->type);
	if (n->field.is_arg && n->field.found.is_data_loc)
		return ir_in_reg(g->fn->ir, place_address(g, p));
	if (n->field.is_arg && g->program->args.slots)
		return value_convert(g, place_load(g, p, type_int(8, n->type->is_signed)),
				     type_int(8, n->type->is_signed), n->type);
	return place_load(g, p, n->type);
}

/* Casts to a number from a few bytes in memory take them as they lie. */
static struct ir_operand cast(struct gen *g, const struct node *n)
{
	const struct node *from = n->cast.operand;

	if (!value_is_scalar(from->type) && from->type->kind != TYPE_NONE)
		return place_load(g, store_somewhere(g, from, false), n->type);
	return value_convert(g, value_of(g, from), from->type, n->type);
}

struct ir_operand value_of(struct gen *g, const struct node *n)
{
	switch (n->kind) {
	case NODE_INT:
	case NODE_BOOL:
		return ir_imm((s64)n->integer.value);
	case NODE_BUILTIN:
		return builtin(g, n);
	case NODE_CALL:
		return call_value(g, n);
	case NODE_VAR:
		return read_var(g, n);
	case NODE_MAP:
		return mapop_read(g, n);
	case NODE_UNARY:
		return unary(g, n);
	case NODE_BINARY:
		return binary(g, n);
	case NODE_TERNARY:
		return ternary(g, n);
	case NODE_CAST:
		return cast(g, n);
	case NODE_FIELD:
	case NODE_INDEX:
		return read_place(g, n);
	case NODE_INCDEC:
		return incdec(g, n);
	case NODE_ASSIGN:
		return assign(g, n);
	default:
		lower_error(g, n->loc, "this cannot be used as a number");
		return ir_imm(0);
	}
}
