/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile formats, types and records through printf and JSON. The input is
 *
 *	u8 number of arguments, { u8 kind, u8 size, u8 offset } each, u8 length of the format, format, record
 *
 * Nothing may be read beyond the record, which is copied to a block of its own size.
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "session/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ARGS = 8 };

static int no_stack(void *e, s64 id, u64 *addrs, u32 max)
{
	(void)e;
	for (u32 i = 0; i < max && (s64)i < id; i++)
		addrs[i] = i;
	return id < max ? (int)id : (int)max;
}

/* No symbols, users and cgroups: their files belong to the machine, not to the input. */
static enum type_kind kind_of(u8 byte)
{
	static const enum type_kind kinds[] = {
		TYPE_NONE,   TYPE_INT,    TYPE_BOOL,   TYPE_ENUM,  TYPE_PTR,
		TYPE_ARRAY,  TYPE_RECORD, TYPE_STRING, TYPE_BUF,   TYPE_TUPLE,
		TYPE_KSTACK, TYPE_INET,   TYPE_MAC,    TYPE_PROBE, TYPE_TIMESTAMP,
	};

	return kinds[byte % ARRAY_SIZE(kinds)];
}

static const struct type *fuzz_type(struct arena *a, struct reader *r, int depth)
{
	u8 kind = reader_u8(r), size = reader_u8(r);
	struct type *t = type_new(a, kind_of(kind), size);

	t->is_signed = kind & 0x80;
	t->stack_mode = STACK_RAW;
	t->limit = size;
	if (t->kind == TYPE_ARRAY) {
		t->count = reader_u8(r);
		t->target = depth ? fuzz_type(a, r, depth - 1) : &type_u8;
	} else if (t->kind == TYPE_TUPLE || t->kind == TYPE_RECORD) {
		u32 n = depth ? reader_u8(r) % 4 : 0;
		struct field *fields = arena_array(a, struct field, n + 1);

		for (u32 i = 0; i < n; i++) {
			fields[i].name = t->kind == TYPE_RECORD ? "f" : NULL;
			fields[i].offset = reader_u8(r);
			fields[i].bit_offset = reader_u8(r);
			fields[i].bit_size = reader_u8(r);
			fields[i].type = fuzz_type(a, r, depth - 1);
		}
		t->fields = fields;
		t->field_count = n;
	}
	return t;
}

static void fuzz_print(struct values *v, const char *format, const struct script_arg *args,
		       size_t n, const u8 *record, size_t len)
{
	struct format f = { 0 };
	struct buf text = { 0 };
	struct out o;

	if (!format_compile(&f, v->arena, format, args, n))
		format_print(&f, v, &text, record, len);
	out_init(&o, -1, true);
	for (size_t i = 0; i < n; i++) {
		if (args[i].offset > len)
			continue;
		out_json_key(&o, "data", 4);
		value_json(v, &o, args[i].type, record + args[i].offset, len - args[i].offset);
	}
	buf_done(&o.buf);
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct engine_ops ops = { .stack = no_stack };
	struct script_arg args[MAX_ARGS];
	struct script script;
	struct reader r;
	struct values v;
	struct arena a;
	size_t n, format_len, len;
	char *format;
	u8 *record;

	arena_init(&a);
	script_init(&script, &a);
	*vec_add(&a, &script.strings) = "%H:%M:%S.%f";
	values_init(&v, &a, &ops, NULL, &script);
	reader_init(&r, data, size);
	n = reader_u8(&r) % (MAX_ARGS + 1);
	for (size_t i = 0; i < n; i++)
		args[i] = (struct script_arg){ fuzz_type(&a, &r, 3), reader_u8(&r) };
	format_len = reader_u8(&r);
	if (format_len > reader_left(&r))
		format_len = reader_left(&r);
	format = arena_strndup(&a, (const char *)data + r.pos, format_len);
	r.pos += format_len;
	len = reader_left(&r);
	record = malloc(len + !len);
	if (record && len)
		memcpy(record, data + r.pos, len);
	if (record)
		fuzz_print(&v, format, args, n, record, len);
	free(record);
	values_done(&v);
	arena_done(&a);
	return 0;
}
