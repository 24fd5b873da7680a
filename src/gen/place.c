/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory: where things lie, how they are read, copied and cleared.
 *
 * The program's own memory and its context are loaded from directly. Everything else is copied in by
 * bpf_probe_read_kernel or _user, which also serve to copy or clear large stretches: reading from
 * address 0 fails at once and leaves zeroes.
 */
#include <string.h>

#include "gen/lower.h"

#define INLINE_MAX 64 /* larger copies go through a helper */

struct place place_mem(struct ir_operand base, s32 off)
{
	return (struct place){ .kind = PLACE_MEM, .base = base, .off = off };
}

struct place place_at(struct place p, s32 off)
{
	p.off += off;
	return p;
}

/* Scratch memory at an offset; its address is found at the function's beginning. */
struct place place_scratch(struct gen *g, u32 offset)
{
	struct lower_func *fn = g->fn;

	if (!g->scratch_map) {
		struct object_map *m = vec_add(g->object->arena, &g->object->maps);
		*m = (struct object_map){ .name = "skep_scratch",
					  .type = BPF_MAP_TYPE_PERCPU_ARRAY,
					  .key_size = 4,
					  .max_entries = (u32)g->unit->programs.n };
		g->scratch_map = (u32)g->object->maps.n;
	}
	if (fn->scratch == IR_NO_REG) {
		fn->scratch = ir_new_reg(fn->ir);
		fn->top += 8;
		if (fn->ir->frame < fn->top)
			fn->ir->frame = fn->top;
		fn->scratch_key = fn->top;
	}
	return place_mem(ir_reg(fn->scratch), (s32)offset);
}

bool place_fits_stack(const struct gen *g, u32 size)
{
	return size <= LOWER_MAX_ON_STACK && g->fn->top + ((size + 7) & ~7u) <= LOWER_STACK_BUDGET;
}

u32 place_take_scratch(struct gen *g, u32 size)
{
	u32 at = g->scratch_used;

	g->scratch_used += (size + 7) & ~7u;
	if (g->scratch_used > LOWER_MAX_SCRATCH) {
		lower_error(g, g->fn->ir->loc,
			    "the program needs more than %u bytes of temporary memory",
			    LOWER_MAX_SCRATCH);
		g->scratch_used = at;
	}
	if (g->scratch_used > g->scratch_max)
		g->scratch_max = g->scratch_used;
	return at;
}

struct place place_temp(struct gen *g, u32 size)
{
	struct lower_func *fn = g->fn;

	if (!place_fits_stack(g, size))
		return place_scratch(g, place_take_scratch(g, size));
	fn->top += (size + 7) & ~7u;
	if (fn->ir->frame < fn->top)
		fn->ir->frame = fn->top;
	return place_mem(ir_frame(-(s64)fn->top), 0);
}

/* A number used as an address is the process's in uprobes, and the kernel's elsewhere. */
static enum place_kind space_of(const struct gen *g, const struct type *t)
{
	bool is_uprobe = g->program->kind == ATTACH_UPROBE || g->program->kind == ATTACH_URETPROBE;

	if (t->kind != TYPE_PTR)
		return is_uprobe ? PLACE_USER : PLACE_KERNEL;
	return t->space == SPACE_USER ? PLACE_USER : PLACE_KERNEL;
}

struct place place_through(struct gen *g, struct ir_operand pointer,
			   const struct type *pointer_type)
{
	return (struct place){ .kind = space_of(g, pointer_type), .base = pointer };
}

/* Stays an instruction of its own, to be relocated even where the number is 0. */
static struct ir_operand alu_core(struct ir_func *f, u8 alu, struct ir_operand a, s64 b,
				  const struct object_core *core, enum bpf_core_relo_kind kind)
{
	struct ir_operand in_reg = ir_in_reg(f, a), dst = ir_reg(ir_new_reg(f));
	struct object_core *c = vec_add(f->arena, &f->cores);

	*c = *core;
	c->kind = kind;
	*vec_add(f->arena, &f->insns) = (struct ir_insn){ .op = IR_ALU,
							  .alu = alu,
							  .dst = dst.reg,
							  .a = in_reg,
							  .b = ir_imm(b),
							  .core = (u32)f->cores.n,
							  .loc = f->loc };
	return dst;
}

struct ir_operand place_address(struct gen *g, struct place p)
{
	struct ir_func *f = g->fn->ir;

	if (p.base.kind == IR_FRAME)
		return ir_frame(p.base.imm + p.off);
	if (p.base.kind == IR_BSS)
		return ir_bss((u32)(p.base.imm + p.off));
	if (!p.core)
		return ir_alu(f, BPF_ADD, p.base, ir_imm(p.off));
	return alu_core(f, BPF_ADD, p.base, p.off, p.core, BPF_CORE_FIELD_BYTE_OFFSET);
}

/* Loads and stores reach 32 KiB from their base. */
static struct place in_reach(struct gen *g, struct place p, u32 size)
{
	if (p.base.kind == IR_BSS || p.off + (s64)size > INT16_MAX || p.off < INT16_MIN) {
		p.base = place_address(g, p);
		p.base = ir_in_reg(g->fn->ir, p.base);
		p.off = 0;
	}
	return p;
}

/* The verifier wants accesses to the stack aligned on every machine. */
u32 place_step(struct place p, u32 at, u32 left)
{
	u32 step = 8;
	s64 from_base = p.off + (s64)at + (p.base.kind == IR_FRAME ? p.base.imm : 0);

	while (step > left || (p.base.kind == IR_FRAME && from_base % step))
		step /= 2;
	return step;
}

/* The bytes that a loader takes for a bit-field in an integer of this size; 0 if it takes none. */
static u32 core_bytes(const struct object_core_bits *b, u32 size)
{
	while (size <= 8 && b->offset % (size * 8) + b->size > size * 8)
		size *= 2;
	return size <= 8 ? size : 0;
}

/*
 * A bit-field where it may lie elsewhere on the kernel that loads the program: what is read and how it is shifted
 * are all relocated. The bytes are those of the field's type, aligned, or more if it does not fit in those.
 */
static struct ir_operand extract_core_bits(struct gen *g, struct place p, const struct type *t)
{
	struct ir_func *f = g->fn->ir;
	u32 at = p.core->bits.offset, n = p.bit_size, bytes = core_bytes(&p.core->bits, t->size);
	struct place tmp = place_temp(g, 8);
	struct ir_operand size, v = ir_reg(ir_new_reg(f));

	place_zero(g, tmp, 8);
	ir_mov(f, v.reg, ir_imm(0));
	size = alu_core(f, BPF_ADD, v, bytes, p.core, BPF_CORE_FIELD_BYTE_SIZE);
	call_read(g, p.kind, place_address(g, tmp), size, place_address(g, p), f->loc);
	v = ir_load(f, tmp.base, tmp.off, 8, false);
	v = alu_core(f, BPF_LSH, v, 64 - at % (bytes * 8) - n, p.core, BPF_CORE_FIELD_LSHIFT_U64);
	return alu_core(f, t->is_signed ? BPF_ARSH : BPF_RSH, v, 64 - n, p.core,
			BPF_CORE_FIELD_RSHIFT_U64);
}

/* A bit-field's bits out of the bytes that hold them. */
static struct ir_operand extract_bits(struct gen *g, struct place p, const struct type *t)
{
	struct ir_func *f = g->fn->ir;
	u32 bytes = (p.bit_offset + p.bit_size + 7u) / 8;
	struct place whole = p;
	struct place tmp = place_temp(g, 8);

	/* Byte by byte where it does not fill a natural size, so as not to read beyond the record. */
	whole.bit_size = 0;
	if (bytes == 3 || (bytes > 4 && bytes < 8)) {
		place_zero(g, tmp, 8);
		place_copy(g, tmp, whole, bytes);
		whole = tmp;
		bytes = 8;
	}
	struct ir_operand v = place_load(g, whole, type_int(bytes > 8 ? 8 : bytes, false));
	v = ir_alu(f, BPF_LSH, v, ir_imm(64 - p.bit_offset - p.bit_size));
	return ir_alu(f, t->is_signed ? BPF_ARSH : BPF_RSH, v, ir_imm(64 - p.bit_size));
}

struct ir_operand place_load(struct gen *g, struct place p, const struct type *t)
{
	struct ir_func *f = g->fn->ir;
	u32 size = t->size;

	if (p.bit_size)
		return p.core ? extract_core_bits(g, p, t) : extract_bits(g, p, t);
	if (size != 1 && size != 2 && size != 4 && size != 8) {
		lower_error(g, f->loc, "cannot read a value of %u bytes as a number", size);
		return ir_imm(0);
	}
	if (p.kind == PLACE_KERNEL || p.kind == PLACE_USER) {
		struct place tmp = place_temp(g, 8);
		call_read(g, p.kind, place_address(g, tmp), ir_imm(size), place_address(g, p),
			  f->loc);
		p = tmp;
	} else {
		p = in_reach(g, p, size);
	}
	return ir_load(f, p.base, p.off, size, t->is_signed);
}

void place_store(struct gen *g, struct place p, u32 size, struct ir_operand v)
{
	p = in_reach(g, p, size);
	ir_store(g->fn->ir, p.base, p.off, size, v);
}

void place_zero(struct gen *g, struct place p, u32 size)
{
	struct ir_func *f = g->fn->ir;
	u32 at = 0;

	if (size > INLINE_MAX) {
		ir_call(f, BPF_FUNC_probe_read_kernel, place_address(g, p), ir_imm(size), ir_imm(0),
			ir_none(), ir_none());
		return;
	}
	p = in_reach(g, p, size);
	for (u32 step; at < size; at += step) {
		step = place_step(p, at, size - at);
		ir_store(f, p.base, p.off + (s32)at, step, ir_imm(0));
	}
}

void place_copy(struct gen *g, struct place to, struct place from, u32 size)
{
	struct ir_func *f = g->fn->ir;
	u32 at = 0;

	if (from.kind == PLACE_KERNEL || from.kind == PLACE_USER) {
		call_read(g, from.kind, place_address(g, to), ir_imm(size), place_address(g, from),
			  f->loc);
		return;
	}
	if (size > INLINE_MAX || from.kind == PLACE_CTX) {
		ir_call(f, BPF_FUNC_probe_read_kernel, place_address(g, to), ir_imm(size),
			place_address(g, from), ir_none(), ir_none());
		return;
	}
	to = in_reach(g, to, size);
	from = in_reach(g, from, size);
	for (u32 step; at < size; at += step) {
		u32 other = place_step(from, at, size - at);
		step = place_step(to, at, size - at);
		step = other < step ? other : step;
		ir_store(f, to.base, to.off + (s32)at, step,
			 ir_load(f, from.base, from.off + (s32)at, step, false));
	}
}

struct ir_operand place_copy_string(struct gen *g, struct place to, struct place from, u32 size,
				    bool pad, struct loc loc)
{
	struct ir_func *f = g->fn->ir;
	u32 helper = from.kind == PLACE_USER ? BPF_FUNC_probe_read_user_str
					     : BPF_FUNC_probe_read_kernel_str;

	f->loc = loc;
	if (pad)
		place_zero(g, to, size);
	struct ir_operand n = ir_call(f, helper, place_address(g, to), ir_imm(size),
				      place_address(g, from), ir_none(), ir_none());
	if (from.kind != PLACE_KERNEL && from.kind != PLACE_USER)
		return n;
	u32 ok = ir_new_label(f);
	ir_jump(f, BPF_JSGE, n, ir_imm(0), ok);
	place_store(g, to, 1, ir_imm(0));
	event_count(g, event_counter(g, COUNTER_READ, 0, "str", loc));
	ir_label(f, ok);
	return n;
}

/* Whether a node names something in memory, rather than computing it. */
bool place_has(const struct node *n)
{
	switch (n->kind) {
	case NODE_FIELD:
	case NODE_INDEX:
		return true;
	case NODE_UNARY:
		return n->unary.op == OP_DEREF;
	case NODE_VAR:
		return true;
	default:
		return false;
	}
}

static enum object_field_kind core_kind(const struct type *t)
{
	switch (t->kind) {
	case TYPE_PTR:
		return FIELD_PTR;
	case TYPE_ARRAY:
		return FIELD_ARRAY;
	case TYPE_ENUM:
		return FIELD_ENUM;
	case TYPE_RECORD:
		return t->is_union ? FIELD_UNION : FIELD_RECORD;
	default:
		return FIELD_INT;
	}
}

static struct object_core_step core_step(const char *name, const struct type *t)
{
	struct object_core_step s = { .name = name, .size = t->size, .kind = core_kind(t) };

	if (s.kind == FIELD_ARRAY && t->target) {
		for (t = t->target; t->kind == TYPE_ARRAY && t->target; t = t->target)
			s.inner_arrays++;
		s.element = core_kind(t);
	}
	s.record = t->kind == TYPE_RECORD ? t->name : NULL;
	return s;
}

struct place place_field(struct gen *g, struct ir_operand address, const struct type *record,
			 const char *name, const struct field *found)
{
	struct place p = { .kind = PLACE_KERNEL, .base = address, .off = (s32)found->offset };
	struct object_core *c;

	if (!g->opts->core)
		return p;
	c = arena_new(g->arena, struct object_core);
	c->record = record->name;
	c->is_union = record->is_union;
	*vec_add(g->arena, &c->steps) = core_step(name, found->type);
	p.core = c;
	return p;
}

/* The way to a field as CO-RE needs it, continued from the base's. Only for records of the kernel's. */
static const struct object_core *extend_core(struct gen *g, const struct object_core *base,
					     const struct type *record, u32 offset,
					     const struct node *n)
{
	const struct field *found = &n->field.found;
	const struct type *t = found->type;

	if (!g->opts->core || !record->id)
		return NULL;
	struct object_core_bits bits = { offset * 8 + found->bit_offset, found->bit_size };
	if ((!base && !record->name) || !n->field.name ||
	    (bits.size && !core_bytes(&bits, t->size))) {
		diag_warning(
			g->diag, n->loc,
			"'%s' is read where this kernel has it: on others it may lie elsewhere",
			n->field.name ? n->field.name : "");
		return NULL;
	}
	struct object_core *c = arena_new(g->arena, struct object_core);
	if (base) {
		for (size_t i = 0; i < base->steps.n; i++)
			*vec_add(g->arena, &c->steps) = base->steps.at[i];
		c->record = base->record;
		c->is_union = base->is_union;
	} else {
		c->record = record->name;
		c->is_union = record->is_union;
	}
	*vec_add(g->arena, &c->steps) = core_step(n->field.name, t);
	c->bits = bits;
	return c;
}

static struct place field_place(struct gen *g, const struct node *n)
{
	const struct node *base = n->field.base;
	const struct field *found = &n->field.found;
	struct ir_func *f = g->fn->ir;
	struct place p;

	if (n->field.is_arg) {
		p = (struct place){ .kind = PLACE_CTX,
				    .base = lower_ctx(g),
				    .off = (s32)found->offset };
		if (!found->is_data_loc)
			return p;
		/* The low half says where the data is, from the context's beginning. */
		struct ir_operand at =
			ir_alu(f, BPF_AND, place_load(g, p, &type_u32), ir_imm(0xffff));
		return (struct place){ .kind = PLACE_KERNEL,
				       .base = ir_alu(f, BPF_ADD, at, lower_ctx(g)) };
	}
	const struct object_core *way = NULL;
	const struct type *record = base->type;
	if (record->kind == TYPE_PTR) {
		p = place_through(g, value_of(g, base), record);
		record = record->target;
	} else {
		p = place_has(base) ? place_of(g, base) : store_somewhere(g, base, false);
		way = p.core;
		/* An array's element, where the way begins anew. */
		if (p.kind == PLACE_KERNEL && !way && p.off && g->opts->core) {
			p.base = ir_in_reg(f, place_address(g, p));
			p.off = 0;
		}
	}
	p.core = p.kind == PLACE_KERNEL ? extend_core(g, way, record, (u32)p.off + found->offset, n)
					: NULL;
	p.off += (s32)found->offset;
	p.bit_offset = found->bit_offset;
	p.bit_size = found->bit_size;
	return p;
}

/* How far elements lie apart is a number of this kernel's in a saved object. */
static void warn_of_size(struct gen *g, const struct node *n, const struct type *element)
{
	const struct node *base = n->index.base, *i = n->index.index;

	if (!g->opts->core || !element || element->kind != TYPE_RECORD || !element->id ||
	    (i->kind == NODE_INT && !i->integer.value))
		return;
	diag_warning(g->diag, n->loc,
		     "the elements of '%s' have the size that this kernel gives to %s",
		     base->kind == NODE_FIELD && base->field.name ? base->field.name : "this",
		     type_name(g->arena, element));
}

static struct place index_place(struct gen *g, const struct node *n)
{
	const struct type *base = n->index.base->type;
	struct ir_func *f = g->fn->ir;
	const struct type *element = base->target;
	u32 size = element ? types_size(g->unit->types, element) : 1;
	struct place p;

	if (base->kind == TYPE_PTR)
		p = place_through(g, value_of(g, n->index.base), base);
	else
		p = place_has(n->index.base) ? place_of(g, n->index.base)
					     : store_somewhere(g, n->index.base, false);
	if (p.kind == PLACE_KERNEL)
		warn_of_size(g, n, element);
	struct ir_operand i = value_of(g, n->index.index);
	if (i.kind == IR_IMM && !p.core) {
		p.off += (s32)(i.imm * (s64)size);
		return p;
	}
	p.base = ir_in_reg(f, place_address(g, p));
	p.off = 0;
	p.core = NULL;
	/* Within an array of our own the verifier wants to see the bound. */
	if (p.kind == PLACE_MEM && base->count) {
		u32 ok = ir_new_label(f);
		struct ir_operand bounded = ir_reg(ir_new_reg(f));
		ir_mov(f, bounded.reg, i);
		ir_jump(f, BPF_JLT, bounded, ir_imm(base->count), ok);
		ir_mov(f, bounded.reg, ir_imm(0));
		ir_label(f, ok);
		i = bounded;
	}
	p.base = ir_alu(f, BPF_ADD, p.base, ir_alu(f, BPF_MUL, i, ir_imm(size)));
	/* A context's address with an unknown offset cannot be loaded from. */
	if (p.kind == PLACE_CTX)
		p.kind = PLACE_KERNEL;
	return p;
}

struct place place_of(struct gen *g, const struct node *n)
{
	switch (n->kind) {
	case NODE_FIELD:
		if (n->field.base->kind == NODE_VAR && g->fn->each &&
		    g->fn->each->var == n->field.base->var.var)
			return n->field.number == 0 ? g->fn->each->key : g->fn->each->value;
		return field_place(g, n);
	case NODE_INDEX:
		return index_place(g, n);
	case NODE_UNARY:
		return place_through(g, value_of(g, n->unary.operand), n->unary.operand->type);
	default:
		return lower_var_place(g, n->var.var);
	}
}
