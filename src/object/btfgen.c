/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section is
 *
 *	struct btf_header | types: { struct btf_type; its kind's own } ... | strings
 *
 * and a type's id is its position. Types refer only to earlier ones here, which makes the bytes of
 * a type a sufficient key for finding its duplicate.
 */
#include "object/btfgen.h"

#include <string.h>

#include "base/arena.h"

void btfgen_init(struct btfgen *g, struct arena *arena)
{
	*g = (struct btfgen){ 0 };
	table_init(&g->type_ids, arena);
	table_init(&g->string_offsets, arena);
	buf_u8(&g->strings, 0);
}

void btfgen_done(struct btfgen *g)
{
	buf_done(&g->types);
	buf_done(&g->strings);
}

u32 btfgen_strn(struct btfgen *g, const char *s, size_t n)
{
	uintptr_t offset;

	if (!n)
		return 0;
	offset = (uintptr_t)table_get(&g->string_offsets, s, n);
	if (!offset) {
		offset = g->strings.len;
		buf_put(&g->strings, s, n);
		buf_u8(&g->strings, 0);
		table_set(&g->string_offsets, s, n, (void *)offset);
	}
	return (u32)offset;
}

u32 btfgen_str(struct btfgen *g, const char *s)
{
	return s ? btfgen_strn(g, s, strlen(s)) : 0;
}

static u32 btf_info(u32 kind, u32 n)
{
	return kind << 24 | n;
}

/* Appends the type { t, extra } unless it exists. */
static u32 btfgen_add(struct btfgen *g, struct btf_type t, const void *extra, size_t len)
{
	size_t start = g->types.len, size = sizeof(t) + len;
	uintptr_t id;

	buf_put(&g->types, &t, sizeof(t));
	buf_put(&g->types, extra, len);
	id = (uintptr_t)table_get(&g->type_ids, g->types.data + start, size);
	if (id) {
		g->types.len = start;
		return (u32)id;
	}
	id = ++g->count;
	table_set(&g->type_ids, g->types.data + start, size, (void *)id);
	return (u32)id;
}

void btfgen_append(struct btfgen *g, struct btf_type t, const void *extra, size_t len)
{
	buf_put(&g->types, &t, sizeof(t));
	buf_put(&g->types, extra, len);
	g->count++;
}

u32 btfgen_int(struct btfgen *g, const char *name, u32 size, u32 encoding)
{
	struct btf_type t = {
		.name_off = btfgen_str(g, name),
		.info = btf_info(BTF_KIND_INT, 0),
		.size = size,
	};
	u32 bits = encoding << 24 | size * 8;

	return btfgen_add(g, t, &bits, sizeof(bits));
}

u32 btfgen_ptr(struct btfgen *g, u32 target)
{
	struct btf_type t = { .info = btf_info(BTF_KIND_PTR, 0), .type = target };

	return btfgen_add(g, t, NULL, 0);
}

u32 btfgen_array(struct btfgen *g, u32 element, u32 count)
{
	struct btf_type t = { .info = btf_info(BTF_KIND_ARRAY, 0) };
	struct btf_array array = {
		.type = element,
		.index_type = btfgen_int(g, "__ARRAY_SIZE_TYPE__", 4, 0),
		.nelems = count,
	};

	return btfgen_add(g, t, &array, sizeof(array));
}

u32 btfgen_enum(struct btfgen *g, u32 size)
{
	struct btf_type t = { .info = btf_info(BTF_KIND_ENUM, 0), .size = size };

	return btfgen_add(g, t, NULL, 0);
}

u32 btfgen_record(struct btfgen *g, u32 kind, const char *name, u32 size,
		  const struct btf_member *members, u32 n)
{
	struct btf_type t = {
		.name_off = btfgen_str(g, name),
		.info = btf_info(kind, n),
		.size = size,
	};

	return btfgen_add(g, t, members, n * sizeof(*members));
}

u32 btfgen_func_proto(struct btfgen *g, u32 ret, const struct btf_param *params, u32 n)
{
	struct btf_type t = { .info = btf_info(BTF_KIND_FUNC_PROTO, n), .type = ret };

	return btfgen_add(g, t, params, n * sizeof(*params));
}

u32 btfgen_func(struct btfgen *g, const char *name, u32 proto, enum btf_func_linkage linkage)
{
	/* The count of members is where BTF keeps a function's linkage. */
	struct btf_type t = {
		.name_off = btfgen_str(g, name),
		.info = btf_info(BTF_KIND_FUNC, linkage),
		.type = proto,
	};

	return btfgen_add(g, t, NULL, 0);
}

u32 btfgen_var(struct btfgen *g, const char *name, u32 type)
{
	struct btf_type t = {
		.name_off = btfgen_str(g, name),
		.info = btf_info(BTF_KIND_VAR, 0),
		.type = type,
	};
	struct btf_var var = { .linkage = BTF_VAR_GLOBAL_ALLOCATED };

	return btfgen_add(g, t, &var, sizeof(var));
}

u32 btfgen_datasec(struct btfgen *g, const char *name, u32 size, const struct btf_var_secinfo *vars,
		   u32 n)
{
	struct btf_type t = {
		.name_off = btfgen_str(g, name),
		.info = btf_info(BTF_KIND_DATASEC, n),
		.size = size,
	};

	return btfgen_add(g, t, vars, n * sizeof(*vars));
}

void btfgen_write(const struct btfgen *g, struct buf *out)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = (u32)g->types.len,
		.str_off = (u32)g->types.len,
		.str_len = (u32)g->strings.len,
	};

	buf_put(out, &h, sizeof(h));
	buf_put(out, g->types.data, g->types.len);
	buf_put(out, g->strings.data, g->strings.len);
}
