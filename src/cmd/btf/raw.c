/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types as they lie in BTF, in the shape of bpftool's raw dump: a type a line with its members indented, or JSON. */
#include <inttypes.h>
#include <string.h>

#include "cmd/btf/impl.h"

static const char *const kinds[] = {
	[BTF_KIND_UNKN] = "UNKNOWN",      [BTF_KIND_INT] = "INT",
	[BTF_KIND_PTR] = "PTR",           [BTF_KIND_ARRAY] = "ARRAY",
	[BTF_KIND_STRUCT] = "STRUCT",     [BTF_KIND_UNION] = "UNION",
	[BTF_KIND_ENUM] = "ENUM",         [BTF_KIND_FWD] = "FWD",
	[BTF_KIND_TYPEDEF] = "TYPEDEF",   [BTF_KIND_VOLATILE] = "VOLATILE",
	[BTF_KIND_CONST] = "CONST",       [BTF_KIND_RESTRICT] = "RESTRICT",
	[BTF_KIND_FUNC] = "FUNC",         [BTF_KIND_FUNC_PROTO] = "FUNC_PROTO",
	[BTF_KIND_VAR] = "VAR",           [BTF_KIND_DATASEC] = "DATASEC",
	[BTF_KIND_FLOAT] = "FLOAT",       [BTF_KIND_DECL_TAG] = "DECL_TAG",
	[BTF_KIND_TYPE_TAG] = "TYPE_TAG", [BTF_KIND_ENUM64] = "ENUM64",
};

const char *btf_raw_kind(u32 kind)
{
	return kind < ARRAY_SIZE(kinds) && kinds[kind] ? kinds[kind] : "UNKNOWN";
}

/* Both faces of one walk: "key=value" behind what is there, or a member of the object that is open. */
static void put_number(struct out *o, const char *key, s64 v)
{
	if (o->json)
		out_json_s64(o, key, v);
	else
		out_printf(o, " %s=%" PRId64, key, v);
}

static void put_word(struct out *o, const char *key, const char *v)
{
	if (o->json)
		out_json_str(o, key, v, strlen(v));
	else
		out_printf(o, " %s=%s", key, v);
}

static const char *name_at(const struct rawbtf *b, u32 offset)
{
	return offset ? rawbtf_str(b, offset) : "(anon)";
}

/* A member, enumerator or parameter begins with its name. */
static void open_item(struct out *o, const struct rawbtf *b, u32 name_off)
{
	const char *name = name_at(b, name_off);

	if (o->json) {
		out_json_open(o, NULL, '{');
		out_json_str(o, "name", name, strlen(name));
	} else {
		out_puts(o, "\n\t'");
		out_puts(o, name);
		out_puts(o, "'");
	}
}

static void close_item(struct out *o)
{
	if (o->json)
		out_json_close(o, '}');
}

static void open_list(struct out *o, const char *key, u32 n)
{
	put_number(o, "vlen", n);
	if (o->json)
		out_json_open(o, key, '[');
}

static void close_list(struct out *o)
{
	if (o->json)
		out_json_close(o, ']');
}

static void put_int(struct out *o, const struct btf_type *t)
{
	u32 word = *(const u32 *)(const void *)(t + 1), encoding = BTF_INT_ENCODING(word);

	put_number(o, "size", t->size);
	put_number(o, "bits_offset", BTF_INT_OFFSET(word));
	put_number(o, "nr_bits", BTF_INT_BITS(word));
	put_word(o, "encoding",
		 !encoding                    ? "(none)"
		 : encoding == BTF_INT_SIGNED ? "SIGNED"
		 : encoding == BTF_INT_CHAR   ? "CHAR"
		 : encoding == BTF_INT_BOOL   ? "BOOL"
					      : "UNKN");
}

static void put_record(struct out *o, const struct rawbtf *b, const struct btf_type *t)
{
	const struct btf_member *m = (const void *)(t + 1);
	u32 n = BTF_INFO_VLEN(t->info);

	put_number(o, "size", t->size);
	open_list(o, "members", n);
	for (u32 i = 0; i < n; i++) {
		open_item(o, b, m[i].name_off);
		put_number(o, "type_id", m[i].type);
		if (BTF_INFO_KFLAG(t->info)) {
			put_number(o, "bits_offset", BTF_MEMBER_BIT_OFFSET(m[i].offset));
			if (BTF_MEMBER_BITFIELD_SIZE(m[i].offset))
				put_number(o, "bitfield_size",
					   BTF_MEMBER_BITFIELD_SIZE(m[i].offset));
		} else {
			put_number(o, "bits_offset", m[i].offset);
		}
		close_item(o);
	}
	close_list(o);
}

/* ULL and LL tell the text's reader how wide it is; JSON has a number. */
static void put_value(struct out *o, u64 v, bool is_signed, bool is_wide)
{
	const char *end = !is_wide ? "" : is_signed ? "LL" : "ULL";

	if (o->json && is_signed)
		out_json_s64(o, "val", (s64)v);
	else if (o->json)
		out_json_u64(o, "val", v);
	else if (is_signed)
		out_printf(o, " val=%" PRId64 "%s", (s64)v, end);
	else
		out_printf(o, " val=%" PRIu64 "%s", v, end);
}

static void put_enum(struct out *o, const struct rawbtf *b, const struct btf_type *t)
{
	const struct btf_enum *e = (const void *)(t + 1);
	const struct btf_enum64 *wide = (const void *)(t + 1);
	bool is_signed = BTF_INFO_KFLAG(t->info);
	bool is_wide = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64;
	u32 n = BTF_INFO_VLEN(t->info);

	put_word(o, "encoding", is_signed ? "SIGNED" : "UNSIGNED");
	put_number(o, "size", t->size);
	open_list(o, "values", n);
	for (u32 i = 0; i < n; i++) {
		open_item(o, b, is_wide ? wide[i].name_off : e[i].name_off);
		if (is_wide)
			put_value(o, (u64)wide[i].val_hi32 << 32 | wide[i].val_lo32, is_signed,
				  true);
		else
			put_value(o, is_signed ? (u64)(s64)e[i].val : (u32)e[i].val, is_signed,
				  false);
		close_item(o);
	}
	close_list(o);
}

static void put_proto(struct out *o, const struct rawbtf *b, const struct btf_type *t)
{
	const struct btf_param *p = (const void *)(t + 1);
	u32 n = BTF_INFO_VLEN(t->info);

	put_number(o, "ret_type_id", t->type);
	open_list(o, "params", n);
	for (u32 i = 0; i < n; i++) {
		open_item(o, b, p[i].name_off);
		put_number(o, "type_id", p[i].type);
		close_item(o);
	}
	close_list(o);
}

static void put_linkage(struct out *o, u32 linkage)
{
	put_word(o, "linkage",
		 linkage == BTF_FUNC_STATIC   ? "static"
		 : linkage == BTF_FUNC_GLOBAL ? "global"
		 : linkage == BTF_FUNC_EXTERN ? "extern"
					      : "(unknown)");
}

static void put_section(struct out *o, const struct rawbtf *b, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);
	u32 n = BTF_INFO_VLEN(t->info);

	put_number(o, "size", t->size);
	open_list(o, "vars", n);
	for (u32 i = 0; i < n; i++) {
		const struct btf_type *var = rawbtf_type(b, v[i].type);

		if (o->json)
			out_json_open(o, NULL, '{');
		else
			out_puts(o, "\n\t");
		if (o->json)
			out_json_u64(o, "type_id", v[i].type);
		else
			out_printf(o, "type_id=%u", v[i].type);
		put_number(o, "offset", v[i].offset);
		put_number(o, "size", v[i].size);
		if (!o->json && var)
			out_printf(o, " (%s '%s')", btf_raw_kind(BTF_INFO_KIND(var->info)),
				   name_at(b, var->name_off));
		close_item(o);
	}
	close_list(o);
}

static void put_array(struct out *o, const struct btf_type *t)
{
	const struct btf_array *array = (const void *)(t + 1);

	put_number(o, "type_id", array->type);
	put_number(o, "index_type_id", array->index_type);
	put_number(o, "nr_elems", array->nelems);
}

static void put_var(struct out *o, const struct btf_type *t)
{
	if (o->json)
		put_number(o, "type_id", t->type);
	else /* with the comma that is there */
		out_printf(o, " type_id=%u,", t->type);
	put_linkage(o, *(const u32 *)(const void *)(t + 1));
}

static void put_kind(struct out *o, const struct rawbtf *b, const struct btf_type *t)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
		put_int(o, t);
		break;
	case BTF_KIND_ARRAY:
		put_array(o, t);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		put_record(o, b, t);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		put_enum(o, b, t);
		break;
	case BTF_KIND_FWD:
		put_word(o, "fwd_kind", BTF_INFO_KFLAG(t->info) ? "union" : "struct");
		break;
	case BTF_KIND_FUNC:
		put_number(o, "type_id", t->type);
		put_linkage(o, BTF_INFO_VLEN(t->info));
		break;
	case BTF_KIND_FUNC_PROTO:
		put_proto(o, b, t);
		break;
	case BTF_KIND_VAR:
		put_var(o, t);
		break;
	case BTF_KIND_DATASEC:
		put_section(o, b, t);
		break;
	case BTF_KIND_FLOAT:
		put_number(o, "size", t->size);
		break;
	case BTF_KIND_DECL_TAG:
		put_number(o, "type_id", t->type);
		put_number(o, "component_idx", *(const s32 *)(const void *)(t + 1));
		break;
	default:
		put_number(o, "type_id", t->type);
	}
}

void btf_raw_print(struct out *o, const struct rawbtf *b, u32 id, const struct btf_type *t)
{
	const char *kind = btf_raw_kind(BTF_INFO_KIND(t->info)), *name = name_at(b, t->name_off);

	if (o->json) {
		out_json_open(o, NULL, '{');
		out_json_u64(o, "id", id);
		out_json_str(o, "kind", kind, strlen(kind));
		out_json_str(o, "name", name, strlen(name));
	} else {
		out_printf(o, "[%u] %s '%s'", id, kind, name);
	}
	put_kind(o, b, t);
	if (o->json)
		out_json_close(o, '}');
	else
		out_puts(o, "\n");
}

void btf_raw_all(struct out *o, const struct rawbtf *b)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while ((t = rawbtf_next(b, &it)) != NULL)
		btf_raw_print(o, b, it.id, t);
}
