/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk along all paths, deepest first, and the report of what stops it. */
#include "verify/engine.h"

#include <stdarg.h>
#include <stdlib.h>

#include "isa/disasm.h"
#include "isa/insn.h"
#include "verify/claims.h"

#define PATH_SHOWN 40 /* decisions of a finding */

static void note(struct engine *e, struct engine_trail decision)
{
	struct engine_trail *t = arena_new(&e->own, struct engine_trail);

	*t = decision;
	t->before = e->trail;
	e->trail = t;
}

void engine_note(struct engine *e, u32 insn, bool is_taken)
{
	note(e, (struct engine_trail){ .insn = insn, .is_taken = is_taken });
}

static void fork_path(struct engine *e, u32 insn, struct engine_trail decision)
{
	struct engine_branch *b = vec_add(&e->own, &e->todo);
	const struct engine_trail *here = e->trail;

	state_copy(&b->state, e->cur);
	b->state.insn = insn;
	b->state.from = e->cur->insn;
	b->state.is_speculative |= decision.is_guess;
	note(e, decision);
	b->trail = e->trail;
	e->trail = here;
	b->parent = e->parent;
	if (b->parent)
		b->parent->open++;
}

void engine_fork(struct engine *e, u32 insn, bool is_taken)
{
	fork_path(e, insn, (struct engine_trail){ .insn = e->cur->insn, .is_taken = is_taken });
}

void engine_run_ahead(struct engine *e, u32 insn, bool is_taken)
{
	fork_path(e, insn,
		  (struct engine_trail){
			  .insn = e->cur->insn, .is_taken = is_taken, .is_guess = true });
}

static const char *decision(struct engine *e, const struct engine_trail *t)
{
	struct buf b = { 0 };

	disasm_insn(&b, &e->prog->insns[t->insn], e->prog->count - t->insn, NULL);
	u8 class = e->prog->insns[t->insn].code & 7;
	const char *how = t->is_taken ? "taken" : "not taken";
	if (class != BPF_JMP && class != BPF_JMP32)
		how = "0 is added";
	const char *text = arena_printf(e->arena, "%s: %s%s", buf_str(&b), how,
					t->is_guess ? ", by a CPU that runs ahead" : "");
	buf_done(&b);
	return text;
}

static void report_path(struct engine *e, struct verify_finding *f)
{
	const struct engine_trail *shown[PATH_SHOWN];
	u32 n = 0;

	for (const struct engine_trail *t = e->trail; t && n < PATH_SHOWN; t = t->before)
		shown[n++] = t;
	while (n-- > 0) {
		struct verify_step *step = vec_add(e->arena, &f->path);
		step->insn = shown[n]->insn;
		step->note = decision(e, shown[n]);
	}
	struct verify_step *last = vec_add(e->arena, &f->path);
	last->insn = f->insn;
	last->note = "";
}

/* The registers that the instruction names, and those of a call. */
static void report_values(struct engine *e, struct verify_finding *f)
{
	const struct bpf_insn *i = &e->prog->insns[f->insn];
	u32 shown = 1u << i->dst_reg | 1u << i->src_reg;

	if (i->code == (BPF_JMP | BPF_CALL))
		shown = 0x3e;
	else if (i->code == (BPF_JMP | BPF_EXIT))
		shown = 1;
	for (u32 r = 0; r < 10; r++) {
		const struct reg *reg = engine_reg(e, r);
		if (!(shown >> r & 1) || reg->kind == REG_NONE)
			continue;
		struct buf b = { 0 };
		reg_print(reg, &b);
		*vec_add(e->arena, &f->values) = arena_printf(e->arena, "r%u = %s", r, buf_str(&b));
		buf_done(&b);
	}
}

bool engine_fail(struct engine *e, enum verify_category c, const char *hint, const char *fmt, ...)
{
	struct verify_finding *f = &e->out->finding;
	struct buf b = { 0 };
	va_list ap;

	if (e->failed)
		return false;
	e->failed = true;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	*f = (struct verify_finding){ .category = c,
				      .insn = e->cur->insn,
				      .message = arena_strdup(e->arena, buf_str(&b)),
				      .hint = hint,
				      .input = "" };
	if (e->cur->is_speculative) {
		f->category = VERIFY_SPECULATION;
		f->message = arena_printf(e->arena, "where a CPU may run ahead: %s", f->message);
		f->hint = "no run comes here, but without CAP_PERFMON it has to be safe all the "
			  "same: the path above shows the wrong guess";
	}
	buf_done(&b);
	report_values(e, f);
	report_path(e, f);
	return false;
}

bool engine_readable(struct engine *e, u32 r)
{
	if (engine_reg(e, r)->kind != REG_NONE)
		return true;
	return engine_fail(e, VERIFY_UNINIT,
			   "give it a value on every path; calls leave nothing in r1 to r5",
			   "r%u is read, but nothing was written to it on this path", r);
}

bool engine_fail_stale(struct engine *e, u32 r)
{
	return engine_fail(e, VERIFY_UNINIT,
			   "get the pointer anew after a call that moves the packet; use nothing "
			   "after it was released",
			   "r%u was a pointer to what is gone by now", r);
}

bool engine_fail_argument(struct engine *e, const char *function, u32 r, const char *wants)
{
	struct buf b = { 0 };

	if (engine_reg(e, r)->is_stale)
		return engine_fail_stale(e, r);
	reg_print(engine_reg(e, r), &b);
	engine_fail(e, engine_reg(e, r)->maybe_null ? VERIFY_NULL : VERIFY_ARGUMENT,
		    engine_reg(e, r)->maybe_null ? "compare it with NULL first" : "",
		    "%s() takes %s as argument %u, but r%u is %s", function, wants, r, r,
		    buf_str(&b));
	buf_done(&b);
	return false;
}

const struct fields *engine_fields(struct engine *e, u32 type)
{
	for (size_t i = 0; i < e->fields.n; i++) {
		if (e->fields.at[i]->type == type)
			return &e->fields.at[i]->fields;
	}
	struct engine_fields *f = arena_new(&e->own, struct engine_fields);
	f->type = type;
	fields_read(e->img->btf, type, &f->fields);
	const char *unowned = kptr_unowned(e, &f->fields);
	if (unowned && !f->fields.wrong)
		f->fields.wrong = arena_printf(
			&e->own,
			"it owns a struct %s, and the kernel has no function to release one with",
			unowned);
	*vec_add(&e->own, &e->fields) = f;
	return &f->fields;
}

const struct fields *engine_map_fields(struct engine *e, u32 map)
{
	return engine_fields(e, e->img->maps.at[map].value_type);
}

/* What programs that run anywhere in the kernel may not even have a map with. */
static const struct field *barred(const struct engine *e, const struct fields *fields)
{
	const u64 anywhere = PROGS(KPROBE) | PROGS(TRACEPOINT) | PROGS(PERF_EVENT) | PROGS_RAW_TP;
	static const enum field_kind kinds[] = { FIELD_SPIN_LOCK, FIELD_RES_SPIN_LOCK,
						 FIELD_TIMER,     FIELD_WORK_QUEUE,
						 FIELD_LIST_HEAD, FIELD_RB_ROOT };
	const struct field *found = NULL;

	if ((u32)e->prog->type >= PROG_TYPES || !(anywhere >> e->prog->type & 1))
		return NULL;
	for (u32 i = 0; !found && i < ARRAY_SIZE(kinds); i++)
		found = fields_find(fields, kinds[i]);
	return found;
}

/* To load types takes CAP_BPF: without, the kernel knows of no fields. */
bool engine_check_map(struct engine *e, u32 map)
{
	const struct fields *fields = engine_map_fields(e, map);
	const char *name = e->img->maps.at[map].name;
	const struct field *f = e->opts->safety_only ? NULL : barred(e, fields);

	if (!e->opts->privileged)
		return true;
	if (fields->wrong)
		return engine_fail(e, VERIFY_OBJECT, "", "map %s cannot be: %s", name,
				   fields->wrong);
	return !f || engine_fail(e, VERIFY_LOCK,
				 "keep it in a map of its own, or use SEC(\"tp_btf/...\") or "
				 "SEC(\"fentry/...\")",
				 "programs of type %s may not use map %s, as its values have a "
				 "struct %s",
				 prog_type_info(e->prog->type)->name, name, f->name);
}

static bool step(struct engine *e)
{
	const struct bpf_insn *i = &e->prog->insns[e->cur->insn];

	switch (i->code & 7) {
	case BPF_ALU:
	case BPF_ALU64:
		return check_alu(e, i);
	case BPF_LDX:
		return check_load(e, i);
	case BPF_ST:
	case BPF_STX:
		return check_store(e, i);
	case BPF_LD:
		return insn_is_ld_imm64(i) ? check_imm64(e, i) : check_legacy(e, i);
	default:
		if (i->code == (BPF_JMP | BPF_CALL))
			return check_any_call(e, i);
		if (i->code == (BPF_JMP | BPF_EXIT))
			return check_exit(e);
		return check_jump(e, i);
	}
}

/* The state before an instruction, and the instruction. */
static void log_step(struct engine *e)
{
	u32 insn = e->cur->insn;

	if (e->log.len > VERIFY_MAX_LOG)
		return;
	for (u32 r = 0; r < 10; r++) {
		const struct reg *reg = engine_reg(e, r);
		if (reg->kind == REG_NONE)
			continue;
		buf_printf(&e->log, "\tr%u = ", r);
		reg_print(reg, &e->log);
		buf_putc(&e->log, '\n');
	}
	buf_printf(&e->log, "%u: ", insn);
	disasm_insn(&e->log, &e->prog->insns[insn], e->prog->count - insn, NULL);
	buf_putc(&e->log, '\n');
}

/* Whether the program can still be judged. Each path that waits keeps its state. */
static bool check_limits(struct engine *e)
{
	static const char hint[] =
		"make loops shorter, or put their bodies into functions for bpf_loop()";

	if (e->todo.n > VERIFY_MAX_PATHS)
		return engine_fail(e, VERIFY_COMPLEX, hint,
				   "there are too many paths: %u wait to be looked at",
				   VERIFY_MAX_PATHS);
	return e->out->steps++ < e->max_steps ||
	       engine_fail(e, VERIFY_COMPLEX, hint,
			   "there are too many paths: %llu instructions were looked at",
			   (unsigned long long)e->max_steps);
}

static bool walk_path(struct engine *e)
{
	e->path_done = false;
	while (!e->path_done) {
		struct verify_fact *fact = &e->out->facts[e->cur->insn];
		if (!check_limits(e))
			return false;
		if (prune_visit(e)) {
			if (e->opts->log && !e->failed)
				buf_printf(&e->log, "%u: as on a path before\n", e->cur->insn);
			return !e->failed;
		}
		fact->is_reached |= !e->cur->is_speculative;
		if (e->opts->log)
			log_step(e);
		if (e->out->claims && !e->cur->is_speculative)
			claims_record(e->out->claims, e->cur);
		e->insns++;
		u32 at = e->cur->insn;
		if (!step(e))
			return false;
		e->cur->from = at;
	}
	return true;
}

bool engine_walk(struct engine *e)
{
	bool ok = walk_path(e);

	for (;;) {
		prune_path_done(e, e->parent);
		state_done(e->cur);
		if (!ok || !e->todo.n)
			break;
		struct engine_branch b = e->todo.at[--e->todo.n];
		*e->cur = b.state;
		e->parent = b.parent;
		e->trail = b.trail;
		e->insns = e->jumps = 0;
		ok = walk_path(e);
	}
	while (e->todo.n) {
		struct engine_branch *b = &e->todo.at[--e->todo.n];
		prune_path_done(e, b->parent);
		state_done(&b->state);
	}
	return ok;
}
