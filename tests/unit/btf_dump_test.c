/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF made by hand, as no compiler makes it: names that C cannot have, types that do not end, references to nothing. */
#include "btf/dump.h"

#include <stdarg.h>
#include <string.h>

#include "unit/test.h"

struct blob {
	struct buf types, strings;
};

#define INFO(kind, n) ((u32)(kind) << 24 | (n))
#define KFLAG (1u << 31)

static u32 put_string(struct blob *b, const char *s)
{
	u32 at;

	if (!*s)
		return 0;
	if (!b->strings.len)
		buf_u8(&b->strings, 0);
	at = (u32)b->strings.len;
	buf_put(&b->strings, s, strlen(s) + 1);
	return at;
}

/* A type, and n words that follow it. */
static void put_type(struct blob *b, const char *name, u32 info, u32 size_or_type, int n, ...)
{
	va_list ap;

	buf_u32(&b->types, put_string(b, name));
	buf_u32(&b->types, info);
	buf_u32(&b->types, size_or_type);
	va_start(ap, n);
	while (n--)
		buf_u32(&b->types, va_arg(ap, u32));
	va_end(ap);
}

/* [n] int */
static void put_int(struct blob *b)
{
	put_type(b, "int", INFO(BTF_KIND_INT, 0), 4, 1, BTF_INT_SIGNED << 24 | 32u);
}

static struct rawbtf *finish(struct blob *b)
{
	struct btf_header h = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(h) };
	struct rawbtf *out = NULL;
	struct buf whole = { 0 };

	if (!b->strings.len)
		buf_u8(&b->strings, 0);
	h.type_len = (u32)b->types.len;
	h.str_off = h.type_len;
	h.str_len = (u32)b->strings.len;
	buf_put(&whole, &h, sizeof(h));
	buf_put(&whole, b->types.data, b->types.len);
	buf_put(&whole, b->strings.data, b->strings.len);
	CHECK_EQ(rawbtf_from_bytes(whole.data, whole.len, NULL, &out), 0);
	buf_done(&whole);
	buf_done(&b->types);
	buf_done(&b->strings);
	return out;
}

/* What is written of all types; or, if error is not NULL, what is reported. Freed with the arena. */
static const char *write_all(struct arena *a, struct blob *blob, const char **error)
{
	struct rawbtf *b = finish(blob);
	struct diag diag;
	struct dump *d;
	struct out o;
	const char *text;
	int err;

	diag_init(&diag, a);
	out_init(&o, -1, false);
	d = dump_new(b, &o, &diag);
	err = dump_all(d);
	CHECK_EQ(err != 0, error != NULL);
	if (error)
		*error = diag.errors == 1 ? diag.items.at[0].text : "";
	else if (err)
		diag_render(&diag, stderr);
	text = arena_strdup(a, buf_str(&o.buf));
	dump_free(d);
	buf_done(&o.buf);
	rawbtf_free(b);
	return text;
}

TEST(btf_dump_names)
{
	struct blob b = { 0 };
	struct arena a;

	arena_init(&a);
	put_int(&b);
	put_type(&b, "same", INFO(BTF_KIND_STRUCT, 1), 4, 3, put_string(&b, "a"), 1, 0);
	put_type(&b, "same", INFO(BTF_KIND_STRUCT, 1), 4, 3, put_string(&b, "b"), 1, 0);
	put_type(&b, "same", INFO(BTF_KIND_TYPEDEF, 0), 3, 0);
	put_type(&b, "same___2", INFO(BTF_KIND_UNION, 1), 4, 3, put_string(&b, "c"), 1, 0);
	put_type(&b, "e", INFO(BTF_KIND_ENUM, 2), 4, 4, put_string(&b, "same"), 0,
		 put_string(&b, "A"), 1);
	put_type(&b, "core::Option<u8>", INFO(BTF_KIND_STRUCT, 2), 8, 6, put_string(&b, "0"), 1, 0,
		 put_string(&b, "default"), 1, 32);
	CHECK_STR(write_all(&a, &b, NULL),
		  "struct same {\n\tint a;\n};\n\n"
		  "struct same___2 {\n\tint b;\n};\n\n"
		  "typedef struct same___2 same;\n\n"
		  "union same___2___2 {\n\tint c;\n};\n\n"
		  "enum e {\n\tsame___2 = 0,\n\tA = 1,\n};\n\n"
		  "struct core__Option_u8_ {\n\tint _0;\n\tint default_;\n};\n\n");
	arena_done(&a);
}

/* A forward declaration is that of the struct of its name; without one it is written once. */
TEST(btf_dump_forward_declarations)
{
	struct blob b = { 0 };
	struct arena a;

	arena_init(&a);
	put_type(&b, "later", INFO(BTF_KIND_FWD, 0), 0, 0);
	put_type(&b, "", INFO(BTF_KIND_PTR, 0), 1, 0);
	put_type(&b, "never", INFO(BTF_KIND_FWD, 0) | KFLAG, 0, 0);
	put_type(&b, "never", INFO(BTF_KIND_FWD, 0) | KFLAG, 0, 0);
	put_type(&b, "", INFO(BTF_KIND_PTR, 0), 4, 0);
	put_type(&b, "later", INFO(BTF_KIND_STRUCT, 2), 16, 6, put_string(&b, "self"), 2, 0,
		 put_string(&b, "never"), 5, 64);
	CHECK_STR(write_all(&a, &b, NULL), "union never;\n\nstruct later {\n\tstruct later "
					   "*self;\n\tunion never *never;\n};\n\n");
	arena_done(&a);
}

TEST(btf_dump_kinds)
{
	struct blob b = { 0 };
	struct arena a;

	arena_init(&a);
	put_int(&b);
	put_type(&b, "u64", INFO(BTF_KIND_INT, 0), 8, 1, 64);
	put_type(&b, "f32", INFO(BTF_KIND_FLOAT, 0), 4, 0);
	put_type(&b, "double", INFO(BTF_KIND_FLOAT, 0), 8, 0);
	put_type(&b, "user", INFO(BTF_KIND_TYPE_TAG, 0), 1, 0);
	put_type(&b, "", INFO(BTF_KIND_PTR, 0), 5, 0);
	put_type(&b, "s", INFO(BTF_KIND_STRUCT, 4), 32, 12, put_string(&b, "a"), 2, 0,
		 put_string(&b, "b"), 3, 64, put_string(&b, "c"), 4, 128, put_string(&b, "d"), 6,
		 192);
	put_type(&b, "good", INFO(BTF_KIND_DECL_TAG, 0), 7, 1, 2);
	put_type(&b, "whole", INFO(BTF_KIND_DECL_TAG, 0), 7, 1, (u32)-1);
	put_type(&b, "x\"y", INFO(BTF_KIND_DECL_TAG, 0), 7, 1, (u32)-1);
	put_type(&b, "wide", INFO(BTF_KIND_ENUM64, 2) | KFLAG, 8, 6, put_string(&b, "LOW"), 0,
		 0x80000000u, put_string(&b, "MINUS"), (u32)-1, (u32)-1);
	put_type(&b, "bool", INFO(BTF_KIND_INT, 0), 1, 1, BTF_INT_BOOL << 24 | 8u);
	put_type(&b, "old_bits", INFO(BTF_KIND_INT, 0), 4, 1, 3u << 16 | 5u);
	put_type(&b, "old", INFO(BTF_KIND_STRUCT, 1), 4, 3, put_string(&b, "x"), 13, 0);
	put_type(&b, "unknown", INFO(BTF_KIND_ENUM, 0), 1, 0);
	CHECK_STR(write_all(&a, &b, NULL),
		  "typedef unsigned long long u64;\n\n"
		  "typedef float f32;\n\n"
		  "struct s {\n\tu64 a;\n\tf32 b;\n\tdouble c "
		  "__attribute__((btf_decl_tag(\"good\")));\n"
		  "\tint __attribute__((btf_type_tag(\"user\"))) *d;\n"
		  "} __attribute__((btf_decl_tag(\"whole\")));\n\n"
		  "enum wide {\n\tLOW = (-9223372036854775807LL - 1),\n\tMINUS = -1LL,\n};\n\n"
		  "typedef unsigned int old_bits;\n\n"
		  "struct old {\n\tchar: 3;\n\told_bits x: 5;\n};\n\n"
		  "enum unknown {\n\tunknown___unknown,\n} __attribute__((mode(QI)));\n\n");
	arena_done(&a);
}

static void check_error(struct blob *b, const char *expected)
{
	const char *error;
	struct arena a;

	arena_init(&a);
	write_all(&a, b, &error);
	CHECK_STR(error, expected);
	arena_done(&a);
}

TEST(btf_dump_malformed)
{
	struct blob b = { 0 };

	put_type(&b, "s", INFO(BTF_KIND_STRUCT, 1), 4, 3, put_string(&b, "a"), 9, 0);
	check_error(&b, "malformed BTF: there is no type [9], which another refers to");
	b = (struct blob){ 0 };
	put_type(&b, "s", INFO(BTF_KIND_STRUCT, 1), 4, 3, put_string(&b, "a"), 2, 0);
	put_type(&b, "", INFO(BTF_KIND_ARRAY, 0), 0, 3, 1, 1, 1);
	check_error(&b, "malformed BTF: type [1] 's' contains itself");
	b = (struct blob){ 0 };
	put_type(&b, "t", INFO(BTF_KIND_TYPEDEF, 0), 2, 0);
	put_type(&b, "", INFO(BTF_KIND_PTR, 0), 1, 0);
	check_error(&b, "malformed BTF: type [1] 't' is made of itself");
	b = (struct blob){ 0 };
	put_type(&b, "", INFO(BTF_KIND_PTR, 0), 1, 0);
	put_type(&b, "t", INFO(BTF_KIND_TYPEDEF, 0), 1, 0);
	check_error(&b, "malformed BTF: type [1] is nested too deeply, or made of itself");
	b = (struct blob){ 0 };
	put_int(&b);
	put_type(&b, "f", INFO(BTF_KIND_FUNC, 0), 1, 0);
	put_type(&b, "t", INFO(BTF_KIND_TYPEDEF, 0), 2, 0);
	check_error(&b, "malformed BTF: type [2] is used as the type of a value and is none");
}

/* Each type has the one before twice: the whole would be 2^60 long. */
TEST(btf_dump_doubling)
{
	struct blob b = { 0 };

	put_int(&b);
	for (u32 i = 1; i <= 60; i++)
		put_type(&b, "", INFO(BTF_KIND_UNION, 2), 4, 6, put_string(&b, "a"), i, 0,
			 put_string(&b, "b"), i, 0);
	put_type(&b, "t", INFO(BTF_KIND_TYPEDEF, 0), 61, 0);
	check_error(
		&b,
		"malformed BTF: its types written as C are more than 64 times as long as itself");
}

TEST(btf_dump_roots)
{
	struct blob b = { 0 };
	struct rawbtf *btf;
	struct diag diag;
	struct arena a;
	struct dump *d;
	struct out o;

	arena_init(&a);
	diag_init(&diag, &a);
	put_int(&b);
	put_type(&b, "inner", INFO(BTF_KIND_STRUCT, 1), 4, 3, put_string(&b, "a"), 1, 0);
	put_type(&b, "far", INFO(BTF_KIND_STRUCT, 1), 8, 3, put_string(&b, "next"), 6, 0);
	put_type(&b, "", INFO(BTF_KIND_PTR, 0), 3, 0);
	put_type(&b, "root", INFO(BTF_KIND_STRUCT, 2), 16, 6, put_string(&b, "in"), 2, 0,
		 put_string(&b, "far"), 4, 64);
	put_type(&b, "", INFO(BTF_KIND_PTR, 0), 7, 0);
	put_type(&b, "farther", INFO(BTF_KIND_STRUCT, 1), 4, 3, put_string(&b, "a"), 1, 0);
	put_type(&b, "", INFO(BTF_KIND_FUNC_PROTO, 1), 1, 2, put_string(&b, "f"), 4);
	put_type(&b, "call", INFO(BTF_KIND_FUNC, 0), 8, 0);
	put_type(&b, "bpf_kfunc", INFO(BTF_KIND_DECL_TAG, 0), 9, 1, (u32)-1);
	btf = finish(&b);
	out_init(&o, -1, false);
	d = dump_new(btf, &o, &diag);
	CHECK_EQ(dump_root(d, 5), 0);
	CHECK_STR(buf_str(&o.buf), "struct inner {\n\tint a;\n};\n\nstruct far;\n\n"
				   "struct root {\n\tstruct inner in;\n\tstruct far *far;\n};\n\n");
	buf_clear(&o.buf);
	CHECK_EQ(dump_follow(d, 1), 0);
	CHECK_STR(buf_str(&o.buf),
		  "struct farther;\n\nstruct far {\n\tstruct farther *next;\n};\n\n");
	buf_clear(&o.buf);
	CHECK_EQ(dump_kfuncs(d), 0);
	CHECK(strstr(buf_str(&o.buf), "\nextern int call(struct far *f) __weak __ksym;\n\n"));
	CHECK_STR(dump_declare(d, 8, "x"), "int x(struct far *f)");
	buf_done(&o.buf);
	dump_free(d);
	rawbtf_free(btf);
	arena_done(&a);
}
