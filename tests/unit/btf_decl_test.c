/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The declarations of tracefs format files, and the names of integers. */
#include "btf/types.h"

#include <errno.h>
#include <string.h>

#include "unit/test.h"

/* "TYPE NAME", with marks for what else the field says; "error" if it is refused. */
static const char *parsed(struct arena *a, const char *decl, u32 size, bool is_signed)
{
	struct types *t = types_new(a);
	struct field f;
	int err = types_parse_field(t, decl, size, is_signed, &f);
	const char *text = "error";

	if (!err)
		text = arena_printf(
			a, "%s %s%s%s", type_name(a, f.type), f.name,
			f.is_rel_loc    ? " rel_loc"
			: f.is_data_loc ? " data_loc"
					: "",
			f.type->kind == TYPE_PTR && f.type->space == SPACE_USER ? " user" : "");
	types_free(t);
	return text;
}

TEST(decl_fields)
{
	static const struct {
		const char *decl;
		u32 size;
		bool is_signed;
		const char *want;
	} cases[] = {
		{ "unsigned short common_type", 2, false, "uint16 common_type" },
		{ "int common_pid", 4, true, "int32 common_pid" },
		{ "const char * filename", 8, false, "int8 * filename" },
		{ "const char *const *argv", 8, false, "int8 * * argv" },
		{ "u64 args[6]", 48, false, "uint64[6] args" },
		{ "unsigned long args[6]", 48, false, "uint64[6] args" },
		{ "long x[3]", 24, true, "int64[3] x" },
		{ "char comm[16]", 16, false, "int8[16] comm" },
		{ "char comm[TASK_COMM_LEN]", 16, true, "int8[16] comm" },
		{ "u8 addr[MAX / 2 + 1]", 28, false, "uint8[28] addr" },
		{ "char flex[]", 0, false, "int8[0] flex" },
		{ "__data_loc char[] name", 4, true, "int8[0] name data_loc" },
		{ "__data_loc unsigned int[] list", 4, false, "uint32[0] list data_loc" },
		{ "__data_loc cpumask_t mask", 4, false, "uint8[0] mask data_loc" },
		{ "__rel_loc char[] name", 4, true, "int8[0] name rel_loc" },
		{ "struct sockaddr * usockaddr", 8, false, "struct sockaddr * usockaddr" },
		{ "struct foo * const * p", 8, false, "struct foo * * p" },
		{ "const char __user * p", 8, false, "int8 * p user" },
		{ "struct iovec __attribute__((btf_type_tag(\"user\"))) * v", 8, false,
		  "struct iovec * v user" },
		{ "enum x y", 4, false, "enum x y" },
		{ "union u v", 16, false, "union u v" },
		{ "dev_t dev", 4, false, "uint32 dev" },
		{ "sector_t s", 8, false, "uint64 s" },
		{ "stack_t * s", 8, false, "void * s" },
		{ "some_id_t id", 16, false, "uint8[16] id" },
		{ "some_id_t ids[4]", 16, true, "int32[4] ids" },
		{ "bool ret", 1, false, "bool ret" },
		{ "pid_t pid", 4, true, "int32 pid" },
		{ "unsigned long long int n", 8, false, "uint64 n" },
		{ "unsigned long n", 4, false, "uint32 n" },
		{ "void *p[2]", 16, false, "void *[2] p" },
		{ "const void *const p", 8, false, "void * p" },
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_STR(parsed(&a, cases[i].decl, cases[i].size, cases[i].is_signed),
			  cases[i].want);
	arena_done(&a);
}

TEST(decl_refused)
{
	static const char *const cases[] = {
		"",
		" ",
		"int",
		"x",
		"*",
		"* x",
		"[4] x",
		"int x[",
		"int (*fn)(int)",
		"void (*fn)(struct callback_head *) func",
		"int x:4",
		"struct",
		"struct x",
		"struct struct x",
		"int *a b",
		"struct a b c",
		"int __attribute__",
		"int __attribute__((",
		"__data_loc",
		"__data_loc char[]",
		"int \xff",
		"int x;",
	};
	struct arena a;
	char longest[4096];

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_STR(parsed(&a, cases[i], 4, false), "error");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK_STR(parsed(&a, longest, 4, false), "error");
	for (size_t i = 0; i < sizeof(longest) - 3; i++)
		longest[i] = i % 100 ? 'a' : ' ';
	CHECK_STR(parsed(&a, longest, 4, false), "error");
	memset(longest + 200, '*', 1000);
	CHECK_STR(parsed(&a, longest, 8, false), "error");
	CHECK_STR(parsed(&a, "char x[4]", 0x7fffffff, false), "error");
	arena_done(&a);
}

TEST(decl_uses_script_typedefs)
{
	struct arena a;
	struct types *t;
	struct field f;

	arena_init(&a);
	t = types_new(&a);
	CHECK_EQ(types_define_typedef(t, "my_t", &type_s16), 0);
	CHECK_EQ(types_define_typedef(t, "my_t", &type_s32), -EEXIST);
	CHECK_EQ(types_parse_field(t, "my_t * p", 8, false, &f), 0);
	CHECK_STR(type_name(&a, f.type), "int16 *");
	types_free(t);
	arena_done(&a);
}

TEST(decl_base_names)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ "int", "int32" },
		{ "unsigned", "uint32" },
		{ "unsigned int", "uint32" },
		{ "long", "int64" },
		{ "long long", "int64" },
		{ "unsigned long", "uint64" },
		{ "long unsigned int", "uint64" },
		{ "long int", "int64" },
		{ "short unsigned int", "uint16" },
		{ "char", "int8" },
		{ "unsigned char", "uint8" },
		{ "signed char", "int8" },
		{ "int8", "int8" },
		{ "uint64", "uint64" },
		{ "bool", "bool" },
		{ "_Bool", "bool" },
		{ "u32", "uint32" },
		{ "__be16", "uint16" },
		{ "size_t", "uint64" },
		{ "uintptr_t", "uint64" },
		{ "pid_t", "int32" },
		{ "void", "void" },
	};
	static const char *const wrong[] = {
		"long long long", "short long",  "unsigned signed",      "char int",
		"int int",        "short short", "unsigned unsigned int"
	};
	struct arena a;
	struct types *t;

	arena_init(&a);
	t = types_new(&a);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct type *type = types_find(t, TYPE_NONE, cases[i].name);

		CHECK_STR(type ? type_name(&a, type) : "none", cases[i].want);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK(!types_find(t, TYPE_NONE, wrong[i]));
	types_free(t);
	arena_done(&a);
}
