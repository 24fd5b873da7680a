/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calling conventions meant are those of x86-64 and arm64: integers and pointers take a register
 * each, structs of 9 to 16 bytes two, larger ones are passed in memory.
 */
#include "probe/proto.h"

#include "probe/register.h"

static const struct type *make_record(struct probe_context *c, struct field *fields, u32 count,
				      u32 size)
{
	struct type *record = type_new(c->arena, TYPE_RECORD, size);

	record->name = "args";
	record->fields = fields;
	record->field_count = count;
	return record;
}

static u32 value_slots(struct types *types, const struct type *t)
{
	u32 size = types_size(types, t);

	return size <= 8 ? 1 : size <= 16 ? 2 : 0;
}

int proto_slots(struct probe_context *c, const struct func_proto *f, struct probe_args *out,
		u32 *slots)
{
	struct field *fields = arena_array(c->arena, struct field, f->param_count);
	u32 at = 0;

	for (u32 i = 0; i < f->param_count; i++) {
		u32 takes = value_slots(c->types, f->params[i].type);

		if (!takes || at + takes > PROTO_MAX_SLOTS)
			return -EINVAL;
		fields[i] = f->params[i];
		fields[i].offset = 8 * at;
		at += takes;
	}
	out->args = make_record(c, fields, f->param_count, 8 * at);
	out->slots = true;
	out->arg_count = at;
	*slots = at;
	return 0;
}

void proto_registers(struct probe_context *c, const struct func_proto *f, struct probe_args *out)
{
	struct field *fields = arena_array(c->arena, struct field, f->param_count);
	u32 used = 0, count = 0, size = 0;

	for (u32 i = 0; i < f->param_count; i++) {
		u32 takes = value_slots(c->types, f->params[i].type);
		int offset = register_argument(used);

		/* A struct in two registers does not lie in one piece; one in memory takes none. */
		if (takes == 1 && offset >= 0) {
			fields[count] = f->params[i];
			fields[count++].offset = (u32)offset;
			size = (u32)offset + 8 > size ? (u32)offset + 8 : size;
		}
		used += takes;
	}
	out->args = make_record(c, fields, count, size);
	out->slots = true;
}

static const char *int_name(const struct type *t)
{
	switch (t->size) {
	case 1:
		return t->is_signed ? "char" : "unsigned char";
	case 2:
		return t->is_signed ? "short" : "unsigned short";
	case 4:
		return t->is_signed ? "int" : "unsigned int";
	default:
		return t->is_signed ? "long" : "unsigned long";
	}
}

const char *proto_declare(struct arena *a, const struct type *t, const char *name)
{
	const char *tag = t->kind == TYPE_ENUM ? "enum" : t->is_union ? "union" : "struct";

	switch (t->kind) {
	case TYPE_NONE:
		return arena_printf(a, "void %s", name);
	case TYPE_INT:
		return arena_printf(a, "%s %s", int_name(t), name);
	case TYPE_BOOL:
		return arena_printf(a, "bool %s", name);
	case TYPE_ENUM:
	case TYPE_RECORD:
		return arena_printf(a, "%s %s %s", tag, t->name ? t->name : "{...}", name);
	case TYPE_PTR:
		if (t->target->kind == TYPE_FUNC)
			return arena_printf(a, "void (*%s)(...)", name);
		return proto_declare(a, t->target,
				     arena_printf(a, *name == '*' ? "*%s" : "* %s", name));
	case TYPE_ARRAY:
		return proto_declare(a, t->target, arena_printf(a, "%s[%u]", name, t->count));
	default:
		return arena_printf(a, "%s %s", type_name(a, t), name);
	}
}

const char *proto_declare_as(struct arena *a, const struct type *t, const char *declared,
			     const char *name)
{
	return declared ? arena_printf(a, "%s %s", declared, name) : proto_declare(a, t, name);
}
