/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members stand where the compiler of the object has put them. Where the host's would put one elsewhere, padding comes before it;
 * where it could not come so close, the struct is packed.
 */
#include "object/skel_type.h"

#include <ctype.h>
#include <string.h>

#include "object/image_impl.h"

enum {
	MAX_DEPTH = 16, /* of records in each other */
	MAX_MEMBERS = 1 << 18,
	MAX_CHAIN = 32, /* of typedefs and qualifiers */
	BITS = 8,
	POINTER_BYTES = 8,
};

static void put_record_body(struct skel_types *t, u32 id, u32 depth);

void skel_types_init(struct skel_types *t, struct arena *arena, const struct rawbtf *btf,
		     const char *prefix, bool is_own, struct buf *out)
{
	*t = (struct skel_types){
		.arena = arena,
		.btf = btf,
		.prefix = prefix,
		.is_own = is_own,
		.out = out,
		.left = MAX_MEMBERS,
	};
	if (btf) {
		t->known = arena_array(arena, u8, rawbtf_end(btf) + 1);
		t->aligns = arena_array(arena, u8, rawbtf_end(btf) + 1);
	}
	table_init(&t->names, arena);
}

const char *skel_identifier(struct arena *a, const char *name)
{
	/* Those of C are none of a variable's names. */
	static const char *const words[] = {
		"alignas",   "alignof",   "and",      "bool",     "catch",        "class",
		"concept",   "constexpr", "decltype", "delete",   "dynamic_cast", "explicit",
		"export",    "false",     "friend",   "mutable",  "namespace",    "new",
		"noexcept",  "not",       "nullptr",  "operator", "or",           "private",
		"protected", "public",    "requires", "template", "this",         "throw",
		"true",      "try",       "typeid",   "typename", "using",        "virtual",
		"wchar_t",   "xor",
	};
	char *text = arena_printf(a, "%s%s_", isdigit((unsigned char)*name) ? "_" : "", name);
	size_t n = strlen(text) - 1;

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)text[i]))
			text[i] = '_';
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i]) == n && !memcmp(words[i], text, n))
			return text;
	}
	text[n] = '\0';
	return text;
}

/* ---- names */

/* Typedefs that <linux/types.h> has, which every program with libbpf gets. */
static bool is_known_typedef(const char *name)
{
	static const char *const names[] = {
		"__u8",   "__u16",  "__u32",  "__u64",  "__s8",   "__s16",  "__s32",   "__s64",
		"__le16", "__le32", "__le64", "__be16", "__be32", "__be64", "__sum16", "__wsum",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/*
 * What the type is in the end; *name: the last name on the way that C can use for it, of a typedef that every host has, or
 * that any record or enum without a name of its own is known by; NULL if there is none. A void or a type that makes no sense is NULL.
 */
static const struct btf_type *resolve(const struct skel_types *t, u32 *id, const char **name)
{
	*name = NULL;
	for (u32 i = 0; i < MAX_CHAIN; i++) {
		const struct btf_type *type = rawbtf_type(t->btf, *id);
		const char *text = type ? rawbtf_str(t->btf, type->name_off) : "";

		if (!type)
			return NULL;
		switch (image_type_kind(type)) {
		case BTF_KIND_TYPEDEF:
			*name = text;
			if (is_known_typedef(text) || t->is_own)
				return type;
			break;
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			break;
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			if (*text)
				*name = text;
			return type;
		default:
			return type;
		}
		*id = type->type;
	}
	return NULL;
}

static const char *keyword(const struct btf_type *type)
{
	return image_type_kind(type) == BTF_KIND_STRUCT  ? "struct"
	       : image_type_kind(type) == BTF_KIND_UNION ? "union"
							 : "enum";
}

/* With the prefix; another type of the same name gets its number, too. */
static const char *full_name(struct skel_types *t, u32 id, const char *name)
{
	const char *full;
	uintptr_t owner;

	name = skel_identifier(t->arena, name);
	if (t->is_own)
		return name;
	full = arena_printf(t->arena, "%s__%s", t->prefix, name);
	owner = (uintptr_t)table_get_str(&t->names, full);
	if (!owner)
		table_set_str(&t->names, full, (void *)(uintptr_t)(id + 1));
	return !owner || owner == id + 1 ? full : arena_printf(t->arena, "%s_%u", full, id);
}

static const char *int_name(const struct rawbtf *b, const struct btf_type *type)
{
	u32 encoding = BTF_INT_ENCODING(image_type_int(type));
	bool is_signed = encoding & BTF_INT_SIGNED;

	if (encoding & BTF_INT_BOOL && type->size == 1)
		return "bool";
	switch (type->size) {
	case 1:
		return !strcmp(rawbtf_str(b, type->name_off), "char") ? "char"
		       : is_signed                                    ? "signed char"
								      : "unsigned char";
	case 2:
		return is_signed ? "short" : "unsigned short";
	case 4:
		return is_signed ? "int" : "unsigned int";
	case 8:
		return is_signed ? "__s64" : "__u64";
	case 16:
		return is_signed ? "__int128" : "unsigned __int128";
	default:
		return NULL;
	}
}

static const char *enum_name(const struct btf_type *type)
{
	bool is_signed = BTF_INFO_KFLAG(type->info);

	switch (type->size) {
	case 1:
		return is_signed ? "signed char" : "unsigned char";
	case 2:
		return is_signed ? "short" : "unsigned short";
	case 4:
		return is_signed ? "int" : "unsigned int";
	case 8:
		return is_signed ? "__s64" : "__u64";
	default:
		return NULL;
	}
}

/* An enum of C has 4 bytes; without enumerators it is only declared. */
static bool is_plain_enum(const struct btf_type *type)
{
	return image_type_kind(type) == BTF_KIND_ENUM && type->size == 4 && image_type_count(type);
}

/* ---- alignment */

static u32 align_of(struct skel_types *t, u32 id, u32 depth);

/* The largest of the members' alignments; 1 where a member is not aligned to its own. */
static u32 record_align(struct skel_types *t, const struct btf_type *type, u32 depth)
{
	u32 most = 1;
	bool packed = false;

	for (u32 i = 0; i < image_type_count(type); i++) {
		u32 align = align_of(t, image_type_members(type)[i].type, depth);

		most = align > most ? align : most;
		if (!image_type_bits(type, i) &&
		    image_type_bit_offset(type, i) % ((u64)align * BITS))
			packed = true;
	}
	return packed || type->size % most ? 1 : most;
}

static u32 align_of(struct skel_types *t, u32 id, u32 depth)
{
	const struct btf_type *type = image_type_skip(t->btf, id, &id);

	for (; type && depth; depth--) {
		switch (image_type_kind(type)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			if (!t->aligns[id])
				t->aligns[id] = (u8)record_align(t, type, depth - 1);
			return t->aligns[id];
		case BTF_KIND_ARRAY:
			type = image_type_skip(t->btf, image_type_array(type)->type, &id);
			break;
		case BTF_KIND_PTR:
			return POINTER_BYTES;
		case BTF_KIND_INT:
		case BTF_KIND_FLOAT:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return type->size <= 16 && !(type->size & (type->size - 1)) && type->size
				       ? type->size
				       : 1;
		default:
			return 1;
		}
	}
	return 1;
}

/* A variable that takes other than its type's size is written as bytes. */
static u32 member_align(struct skel_types *t, const struct skel_member *m)
{
	if (m->size && image_type_size(t->btf, m->type) != m->size)
		return 1;
	return align_of(t, m->type, MAX_DEPTH);
}

/* ---- members */

static void indent(struct skel_types *t, u32 depth)
{
	for (u32 i = 0; i < depth; i++)
		buf_putc(t->out, '\t');
}

/* The type's own words without its dimensions; false if C has none for it. */
static bool put_base(struct skel_types *t, u32 id, u32 depth)
{
	const char *name, *plain = NULL;
	const struct btf_type *type = resolve(t, &id, &name);

	if (!type || depth > MAX_DEPTH || !t->left)
		return false;
	switch (image_type_kind(type)) {
	case BTF_KIND_TYPEDEF:
		plain = name;
		break;
	case BTF_KIND_INT:
		plain = int_name(t->btf, type);
		break;
	case BTF_KIND_FLOAT:
		plain = type->size == 4 ? "float" : type->size == 8 ? "double" : NULL;
		break;
	case BTF_KIND_PTR:
		plain = "void *";
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		plain = name && is_plain_enum(type)
				? arena_printf(t->arena, "enum %s", full_name(t, id, name))
				: enum_name(type);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (name) {
			buf_printf(t->out, "%s %s", keyword(type), full_name(t, id, name));
			return true;
		}
		buf_printf(t->out, "%s {\n", keyword(type));
		put_record_body(t, id, depth);
		return true;
	default:
		break;
	}
	if (plain)
		buf_puts(t->out, plain);
	return plain != NULL;
}

/* Elements of arrays of arrays, as "[3][4]" says; the innermost element's type. */
static u32 take_dimensions(const struct skel_types *t, u32 id, struct buf *dims)
{
	for (u32 i = 0; i < MAX_DEPTH; i++) {
		const char *name;
		u32 target = id;
		const struct btf_type *type = resolve(t, &target, &name);

		if (!type || image_type_kind(type) != BTF_KIND_ARRAY)
			break;
		buf_printf(dims, "[%u]", image_type_array(type)->nelems);
		id = image_type_array(type)->type;
	}
	return id;
}

static void put_member(struct skel_types *t, const struct skel_member *m, u32 depth)
{
	size_t start = t->out->len;
	struct buf dims = { 0 };
	u32 element = take_dimensions(t, m->type, &dims);
	s64 size = image_type_size(t->btf, m->type);
	bool fits = !m->size || size == m->size;

	t->left -= t->left > 0;
	indent(t, depth);
	if (fits && put_base(t, element, depth)) {
		if (*m->name && t->out->data[t->out->len - 1] != '*')
			buf_putc(t->out, ' ');
		buf_printf(t->out, "%s%s", *m->name ? skel_identifier(t->arena, m->name) : "",
			   buf_str(&dims));
		if (m->bits)
			buf_printf(t->out, " : %u", m->bits);
	} else {
		t->out->len = start;
		indent(t, depth);
		buf_printf(t->out, "unsigned char %s[%lld]", skel_identifier(t->arena, m->name),
			   m->size ? (long long)m->size : (long long)(size > 0 ? size : 0));
	}
	buf_puts(t->out, ";\n");
	buf_done(&dims);
}

void skel_types_pointer(struct skel_types *t, const struct skel_member *variable)
{
	const char *name = skel_identifier(t->arena, variable->name);
	size_t start = t->out->len;
	struct buf dims = { 0 };
	u32 element = take_dimensions(t, variable->type, &dims);
	bool fits = image_type_size(t->btf, variable->type) == variable->size;

	t->left -= t->left > 0;
	indent(t, 2);
	if (fits && put_base(t, element, 2)) {
		if (t->out->data[t->out->len - 1] != '*')
			buf_putc(t->out, ' ');
		buf_printf(t->out, dims.len ? "(*%s)%s;\n" : "*%s%s;\n", name, buf_str(&dims));
	} else {
		t->out->len = start;
		indent(t, 2);
		buf_printf(t->out, "unsigned char (*%s)[%u];\n", name, variable->size);
	}
	buf_done(&dims);
}

/* Bits that nothing has. */
static void put_padding(struct skel_types *t, u64 from, u64 to, u32 depth)
{
	if (from % BITS && from < to) {
		u64 part = BITS - from % BITS;

		part = part < to - from ? part : to - from;
		indent(t, depth);
		buf_printf(t->out, "unsigned char : %u;\n", (u32)part);
		from += part;
	}
	if (to - from >= BITS) {
		indent(t, depth);
		buf_printf(t->out, "unsigned char __pad%u[%llu];\n", t->pads++,
			   (unsigned long long)(to - from) / BITS);
		from += (to - from) / BITS * BITS;
	}
	if (from < to) {
		indent(t, depth);
		buf_printf(t->out, "unsigned char : %u;\n", (u32)(to - from));
	}
}

/* Where the host's compiler would put the member by itself. */
static u64 natural_place(struct skel_types *t, const struct skel_member *m, u64 at, bool packed)
{
	u64 unit = packed ? BITS : (u64)member_align(t, m) * BITS;

	if (!m->bits)
		return (at + unit - 1) / unit * unit;
	if (packed || at / unit == (at + m->bits - 1) / unit)
		return at;
	return (at + unit - 1) / unit * unit;
}

static void put_members(struct skel_types *t, const struct skel_member *members, u32 n, u32 size,
			bool packed, u32 alignment, u32 depth)
{
	u64 at = 0, end = (u64)size * BITS;

	for (u32 i = 0; i < n; i++) {
		const struct skel_member *m = &members[i];
		s64 bytes = m->size ? m->size : image_type_size(t->btf, m->type);

		if (m->bit_offset < at)
			continue; /* of a union, or of no sense */
		if (natural_place(t, m, at, packed) != m->bit_offset)
			put_padding(t, at, m->bit_offset, depth);
		put_member(t, m, depth);
		at = m->bit_offset + (m->bits ? m->bits : (u64)(bytes > 0 ? bytes : 0) * BITS);
	}
	if (at < end && (end - at) / BITS >= (packed ? 1 : alignment))
		put_padding(t, at, end, depth);
}

/* Whether the host's compiler has to be told. */
static bool is_packed(struct skel_types *t, const struct btf_type *type, u32 alignment)
{
	for (u32 i = 0; i < image_type_count(type); i++) {
		if (align_of(t, image_type_members(type)[i].type, MAX_DEPTH) > alignment)
			return true;
	}
	return false;
}

static bool fills_union(struct skel_types *t, const struct btf_type *type)
{
	for (u32 i = 0; i < image_type_count(type); i++) {
		s64 size = image_type_size(t->btf, image_type_members(type)[i].type);

		if (size >= 0 && (u64)size == type->size)
			return true;
	}
	return false;
}

/* From behind the brace to the closing one and what belongs to it. */
static void put_record_body(struct skel_types *t, u32 id, u32 depth)
{
	const struct btf_type *type = rawbtf_type(t->btf, id);
	u32 n = image_type_count(type), alignment = align_of(t, id, MAX_DEPTH);
	bool packed = is_packed(t, type, alignment);
	struct skel_member *members = arena_array(t->arena, struct skel_member, n + 1);

	for (u32 i = 0; i < n; i++) {
		const struct btf_member *m = image_type_members(type) + i;

		members[i] = (struct skel_member){
			.name = rawbtf_str(t->btf, m->name_off),
			.type = m->type,
			.bit_offset = image_type_bit_offset(type, i),
			.bits = image_type_bits(type, i),
		};
	}
	if (image_type_kind(type) == BTF_KIND_UNION) {
		for (u32 i = 0; i < n; i++)
			put_member(t, &members[i], depth + 1);
		if (!fills_union(t, type))
			put_padding(t, 0, (u64)type->size * BITS, depth + 1);
	} else {
		put_members(t, members, n, type->size, packed, alignment, depth + 1);
	}
	indent(t, depth);
	buf_puts(t->out, packed ? "} __attribute__((packed))" : "}");
}

/* ---- definitions */

static void define_enum(struct skel_types *t, const struct btf_type *type, const char *full)
{
	const struct btf_enum *e = (const struct btf_enum *)(type + 1);

	buf_printf(t->out, "enum %s {\n", full);
	for (u32 i = 0; i < image_type_count(type); i++) {
		buf_printf(t->out, "\t%s__%s = ", t->prefix,
			   skel_identifier(t->arena, rawbtf_str(t->btf, e[i].name_off)));
		buf_printf(t->out, "%d,\n", e[i].val);
	}
	buf_puts(t->out, "};\n\n");
}

static void define(struct skel_types *t, u32 id, u32 depth)
{
	const char *name, *full;
	const struct btf_type *type = resolve(t, &id, &name);

	if (!type || !depth || t->is_own || t->known[id])
		return;
	if (image_type_kind(type) == BTF_KIND_ARRAY) {
		define(t, image_type_array(type)->type, depth - 1);
		return;
	}
	if (!image_type_is_record(type) && !image_type_is_enum(type))
		return;
	t->known[id] = 1;
	for (u32 i = 0; image_type_is_record(type) && i < image_type_count(type); i++)
		define(t, image_type_members(type)[i].type, depth - 1);
	if (!name)
		return;
	full = full_name(t, id, name);
	if (image_type_is_enum(type)) {
		if (is_plain_enum(type))
			define_enum(t, type, full);
		return;
	}
	buf_printf(t->out, "%s %s {\n", keyword(type), full);
	put_record_body(t, id, 0);
	buf_printf(t->out, ";\n%s__CHECK(sizeof(%s %s) == %u);\n\n", t->prefix, keyword(type), full,
		   type->size);
}

void skel_types_define(struct skel_types *t, u32 id)
{
	define(t, id, MAX_DEPTH);
}

void skel_types_struct(struct skel_types *t, const char *name, const struct skel_member *members,
		       u32 n)
{
	u64 end = n ? members[n - 1].bit_offset / BITS + members[n - 1].size : 0;
	bool packed = false;

	for (u32 i = 0; i < n; i++)
		packed = packed ||
			 members[i].bit_offset % ((u64)member_align(t, &members[i]) * BITS);
	buf_printf(t->out, "struct %s {\n", name);
	put_members(t, members, n, (u32)end, packed, 1, 1);
	buf_printf(t->out, "}%s;\n", packed ? " __attribute__((packed))" : "");
	for (u32 i = 0; i < n; i++)
		buf_printf(t->out, "%s__CHECK(offsetof(struct %s, %s) == %llu);\n", t->prefix, name,
			   skel_identifier(t->arena, members[i].name),
			   (unsigned long long)members[i].bit_offset / BITS);
	buf_printf(t->out, "%s__CHECK(sizeof(struct %s) >= %llu);\n\n", t->prefix, name,
		   (unsigned long long)end);
}
