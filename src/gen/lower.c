/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs, statements and variables. */
#include "gen/lower.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gen/emit.h"

int lower_error(struct gen *g, struct loc loc, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	g->failed = true;
	return diag_error(g->diag, loc, "%s", text);
}

struct ir_operand lower_ctx(struct gen *g)
{
	if (!g->fn->parent)
		return ir_reg(0);
	return ir_load(g->fn->ir, g->fn->outer_ctx, 0, 8, false);
}

bool lower_var_in_reg(const struct var *v)
{
	return value_is_scalar(v->type) && !v->captured && !v->addressed;
}

/* In memory scalars are kept as in registers, extended to 8 bytes; the low ones come first. */
static u32 var_size(const struct var *v)
{
	return value_is_scalar(v->type) ? 8 : v->type->size;
}

/*
 * Scalars are virtual registers. What a loop's body shares with its surroundings lies in scratch memory, not on
 * the stack, although the body could get there: before Linux 6.7 the verifier looks at a body once, and takes
 * what it finds on the stack for the constants that were there before the loop.
 */
void lower_declare(struct gen *g, const struct var *v)
{
	struct lower_var *lv = &g->vars[v->index];

	if (lv->declared || !v->type || v->type->kind == TYPE_NONE)
		return;
	lv->declared = true;
	if (lower_var_in_reg(v)) {
		lv->reg = ir_new_reg(g->fn->ir);
	} else if (!v->captured && place_fits_stack(g, var_size(v))) {
		lv->off = (s32)place_temp(g, var_size(v)).base.imm;
	} else {
		lv->in_scratch = true;
		lv->off = (s32)place_take_scratch(g, var_size(v));
	}
}

struct place lower_var_place(struct gen *g, const struct var *v)
{
	struct lower_var *lv = &g->vars[v->index];

	lower_declare(g, v);
	if (lv->in_scratch)
		return place_scratch(g, (u32)lv->off);
	return place_mem(ir_frame(lv->off), 0);
}

void lower_assign_var(struct gen *g, const struct var *v, const struct node *value)
{
	struct ir_func *f = g->fn->ir;

	lower_declare(g, v);
	if (!value_is_scalar(v->type)) {
		store_value(g, value, lower_var_place(g, v), v->type, true);
		return;
	}
	struct ir_operand x = value_convert(g, value_of(g, value), value->type, v->type);
	if (lower_var_in_reg(v))
		ir_mov(f, g->vars[v->index].reg, x);
	else
		place_store(g, lower_var_place(g, v), 8, x);
}

static void lower_let(struct gen *g, const struct node *n)
{
	const struct var *v = n->let.var->var.var;

	lower_declare(g, v);
	if (n->let.value) {
		lower_assign_var(g, v, n->let.value);
	} else if (!v->type || v->type->kind == TYPE_NONE) {
		return;
	} else if (lower_var_in_reg(v)) {
		ir_mov(g->fn->ir, g->vars[v->index].reg, ir_imm(0));
	} else {
		place_zero(g, lower_var_place(g, v), var_size(v));
	}
}

static void lower_list(struct gen *g, const struct node *stmts)
{
	for (const struct node *s = stmts; s && !g->failed; s = s->next)
		lower_statement(g, s);
}

static void lower_if(struct gen *g, const struct node *n)
{
	struct ir_func *f = g->fn->ir;
	u32 otherwise = ir_new_label(f), end = ir_new_label(f);

	value_branch(g, n->cond.condition, false, otherwise);
	lower_statement(g, n->cond.then);
	if (n->cond.otherwise) {
		if (ir_reachable(f))
			ir_goto(f, end);
		ir_label(f, otherwise);
		lower_statement(g, n->cond.otherwise);
		ir_label(f, end);
	} else {
		ir_label(f, otherwise);
	}
}

static void lower_while(struct gen *g, const struct node *n)
{
	struct lower_func *fn = g->fn;
	u32 old_break = fn->break_label, old_continue = fn->continue_label;
	bool old_in = fn->in_loop;

	fn->break_label = ir_new_label(fn->ir);
	fn->continue_label = ir_new_label(fn->ir);
	fn->in_loop = true;
	ir_label(fn->ir, fn->continue_label);
	value_branch(g, n->loop.condition, false, fn->break_label);
	lower_statement(g, n->loop.body);
	ir_goto(fn->ir, fn->continue_label);
	ir_label(fn->ir, fn->break_label);
	fn->break_label = old_break;
	fn->continue_label = old_continue;
	fn->in_loop = old_in;
}

static void lower_unroll(struct gen *g, const struct node *n)
{
	struct lower_func *fn = g->fn;
	u32 old_break = fn->break_label, old_continue = fn->continue_label;
	bool old_in = fn->in_loop;

	fn->break_label = ir_new_label(fn->ir);
	fn->in_loop = true;
	for (u64 i = 0; i < n->loop.condition->integer.value && !g->failed; i++) {
		fn->continue_label = ir_new_label(fn->ir);
		lower_statement(g, n->loop.body);
		ir_label(fn->ir, fn->continue_label);
	}
	ir_label(fn->ir, fn->break_label);
	fn->break_label = old_break;
	fn->continue_label = old_continue;
	fn->in_loop = old_in;
}

static void lower_leave_body(struct gen *g, s64 how)
{
	g->fn->leaves = true;
	place_store(g, place_scratch(g, g->leave_at), 8, ir_imm(how));
	ir_exit(g->fn->ir, ir_imm(1));
}

/* Leaves the program; from within a loop's body by way of the loop. */
void lower_return(struct gen *g)
{
	struct ir_func *f = g->fn->ir;

	if (!g->fn->parent) {
		ir_exit(f, ir_imm(0));
		return;
	}
	lower_leave_body(g, LEAVE_PROGRAM);
}

static void lower_jump(struct gen *g, const struct node *n)
{
	struct lower_func *fn = g->fn;

	if (fn->in_loop)
		ir_goto(fn->ir, n->kind == NODE_BREAK ? fn->break_label : fn->continue_label);
	else if (n->kind == NODE_BREAK)
		lower_leave_body(g, LEAVE_LOOP);
	else /* the helper calls again after 0 */
		ir_exit(fn->ir, ir_imm(0));
}

static void lower_expression(struct gen *g, const struct node *n)
{
	switch (n->kind) {
	case NODE_CALL:
		call_statement(g, n);
		break;
	case NODE_ASSIGN:
	case NODE_INCDEC:
	case NODE_TERNARY:
		value_of(g, n);
		break;
	default:
		if (value_is_scalar(n->type))
			value_of(g, n);
		else if (n->type->kind != TYPE_NONE && !type_is_aggregate(n->type))
			store_somewhere(g, n, false);
	}
}

void lower_statement(struct gen *g, const struct node *n)
{
	struct lower_func *fn = g->fn;
	u32 top = fn->top, scratch = g->scratch_used;

	if (!ir_reachable(fn->ir) || g->failed)
		return;
	fn->ir->loc = n->loc;
	switch (n->kind) {
	case NODE_BLOCK:
		lower_list(g, n->block.stmts);
		return; /* variables declared inside keep their places */
	case NODE_LET:
		lower_let(g, n);
		return;
	case NODE_IF:
		lower_if(g, n);
		return;
	case NODE_WHILE:
		lower_while(g, n);
		return;
	case NODE_UNROLL:
		lower_unroll(g, n);
		return;
	case NODE_FOR_RANGE:
		loop_range(g, n);
		return;
	case NODE_FOR_MAP:
		loop_each(g, n);
		return;
	case NODE_BREAK:
	case NODE_CONTINUE:
		lower_jump(g, n);
		return;
	case NODE_RETURN:
		lower_return(g);
		return;
	case NODE_EXPR:
		n = n->expr;
		break;
	default:
		break;
	}
	if (n->kind == NODE_ASSIGN && n->assign.target->kind == NODE_VAR) {
		lower_declare(g, n->assign.target->var.var);
		top = fn->top; /* the variable stays */
		scratch = g->scratch_used;
	}
	lower_expression(g, n);
	fn->top = top;
	g->scratch_used = scratch;
}

/*
 * Scratch memory is looked up once, at the function's beginning, if anything turned out to need it:
 *
 *	scratch = lookup(skep_scratch, program's index); if it is NULL (it never is): leave
 */
static void add_prologue(struct gen *g, struct lower_func *fn)
{
	struct ir_func *f = fn->ir;

	if (fn->scratch == IR_NO_REG)
		return;
	struct ir_func body = *f;
	memset(&f->insns, 0, sizeof(f->insns));
	if (body.insns.n)
		f->loc = body.insns.at[0].loc;
	u32 ok = ir_new_label(f);
	ir_store(f, ir_frame(-(s64)fn->scratch_key), 0, 4, ir_imm(g->program_index));
	struct ir_operand p =
		ir_call(f, BPF_FUNC_map_lookup_elem, ir_map(g->scratch_map - 1),
			ir_frame(-(s64)fn->scratch_key), ir_none(), ir_none(), ir_none());
	ir_mov(f, fn->scratch, p);
	ir_jump(f, BPF_JNE, ir_reg(fn->scratch), ir_imm(0), ok);
	ir_exit(f, ir_imm(0));
	ir_label(f, ok);
	for (size_t i = 0; i < body.insns.n; i++)
		*vec_add(f->arena, &f->insns) = body.insns.at[i];
}

int lower_finish(struct gen *g, struct lower_func *fn, u32 *stack)
{
	struct object_func *out = vec_add(g->object->arena, &g->object->funcs);
	int index = (int)g->object->funcs.n - 1;

	add_prologue(g, fn);
	ir_share_calls(fn->ir);
	ir_clean(fn->ir);
	if (g->opts->dump_ir)
		ir_dump(fn->ir, g->opts->dump_ir);
	int err = emit_func(fn->ir, out, stack, g->diag);
	return err ? err : index;
}

static const char *program_section(struct gen *g, const struct program *p)
{
	const char *section = attach_info(p->kind)->section;

	if (p->targets.n != 1 || p->multi)
		return section;
	const struct probe_target *t = &p->targets.at[0];
	switch (p->kind) {
	case ATTACH_TRACEPOINT:
		return arena_printf(g->arena, "%s/%s/%s", section, t->module, t->func);
	case ATTACH_RAWTRACEPOINT:
	case ATTACH_FENTRY:
	case ATTACH_FEXIT:
		return arena_printf(g->arena, "%s/%s", section, t->func);
	default:
		return section;
	}
}

/* Symbols are C identifiers; the number makes them differ. */
static const char *program_name(struct gen *g, const struct program *p, u32 index)
{
	char *name =
		arena_printf(g->arena, "p%u_%s", index,
			     p->targets.n && p->targets.at[0].func ? p->targets.at[0].func
								   : attach_info(p->kind)->name);

	for (char *c = name; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9')))
			*c = '_';
	if (strlen(name) > 60)
		name[60] = 0;
	return name;
}

static void add_script_program(struct gen *g, const struct program *p, const char *func)
{
	struct script *s = g->script;
	struct script_program *sp = vec_add(s->arena, &s->programs);

	sp->func = func;
	sp->kind = p->kind;
	sp->multi = p->multi;
	sp->first_target = (u32)s->targets.n;
	sp->target_count = (u32)p->targets.n;
	sp->clause = p->clause->index;
	sp->loc = p->clause->probes ? p->clause->probes->loc : p->clause->loc;
	for (size_t i = 0; i < p->targets.n; i++) {
		const struct probe_target *t = &p->targets.at[i];
		*vec_add(s->arena, &s->targets) = (struct script_target){ .name = t->name,
									  .module = t->module,
									  .func = t->func,
									  .offset = t->offset,
									  .period = t->period,
									  .is_freq = t->is_freq,
									  .signal = t->signal,
									  .pid = t->pid };
	}
}

/* What loops need is set up before all else. */
static void prepare_loops(struct gen *g, struct lower_func *fn)
{
	if (!g->program->has_callback)
		return;
	for (size_t i = 0; i < g->program->vars.n; i++)
		if (g->program->vars.at[i]->captured)
			lower_declare(g, g->program->vars.at[i]);
	g->leave_at = place_take_scratch(g, 8);
	g->from_at = place_take_scratch(g, 8 * LOOP_DEPTH);
	fn->outer_ctx = place_address(g, place_temp(g, 8));
	ir_store(fn->ir, fn->outer_ctx, 0, 8, ir_reg(0));
	place_store(g, place_scratch(g, g->leave_at), 8, ir_imm(0));
}

int lower_program(struct gen *g, u32 index)
{
	const struct program *p = &g->unit->programs.at[index];
	struct ir_func ir;
	struct lower_func fn = { .ir = &ir, .scratch = IR_NO_REG };
	const char *name = program_name(g, p, index);
	u32 stack;

	g->program = p;
	g->program_index = index;
	g->fn = &fn;
	g->vars = arena_array(g->arena, struct lower_var, p->vars.n + 1);
	g->scratch_used = 0;
	g->body_count = 0;
	g->body_stack = 0;
	ir_func_init(&ir, g->arena, name, program_section(g, p), 1);
	ir.loc = p->clause->loc;
	prepare_loops(g, &fn);
	u32 end = ir_new_label(&ir);
	if (p->clause->predicate) {
		ir.loc = p->clause->predicate->loc;
		value_branch(g, p->clause->predicate, false, end);
	}
	lower_statement(g, p->clause->body);
	ir_label(&ir, end);
	ir_exit(&ir, ir_imm(0));
	add_script_program(g, p, name);
	if (g->failed)
		return -EINVAL;
	int err = lower_finish(g, &fn, &stack);
	if (err >= 0 && stack + g->body_stack > EMIT_MAX_STACK)
		return diag_error(
			g->diag, p->clause->loc,
			"the program and its loops need %u bytes of stack, and BPF has %u",
			stack + g->body_stack, EMIT_MAX_STACK);
	return err < 0 ? err : 0;
}
