/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types from a BTF made here by libbpf, the script's own beside them, and BTF that is broken. */
#include "btf/types.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/types_impl.h"
#include "unit/test.h"

/*
 * typedef int pid_t_like;
 * enum color { RED, GREEN = 5 };   enum big { BIG = 1 << 40 }; (64 bits)
 * struct inner { char c; int n; };
 * struct node {
 *	struct node *next;
 *	union { int a; struct { int b; const char __user *name; }; };
 *	unsigned int lo:3, hi:5;
 *	struct inner in[2];
 *	int (*fn)(struct node *, ...);
 *	struct elsewhere *far;
 *	bool flag;
 * };
 */
struct made_btf {
	struct btf *btf;
	int i32, u32, s8, node;
};

static struct made_btf make_btf(void)
{
	struct made_btf m = { .btf = btf__new_empty() };
	struct btf *b = m.btf;
	int inner, ptr_node, user, uname, un, st, fn, arr, fwd, flag, color;

	m.i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	m.u32 = btf__add_int(b, "unsigned int", 4, 0);
	m.s8 = btf__add_int(b, "char", 1, BTF_INT_SIGNED);
	flag = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	btf__add_typedef(b, "pid_t_like", m.i32);
	color = btf__add_enum(b, "color", 4);
	btf__add_enum_value(b, "RED", 0);
	btf__add_enum_value(b, "GREEN", 5);
	btf__add_enum64(b, "big", 8, false);
	btf__add_enum64_value(b, "BIG", 1ull << 40);
	inner = btf__add_struct(b, "inner", 8);
	btf__add_field(b, "c", m.s8, 0, 0);
	btf__add_field(b, "n", m.i32, 32, 0);
	user = btf__add_type_tag(b, "user", btf__add_const(b, m.s8));
	uname = btf__add_ptr(b, user);
	st = btf__add_struct(b, NULL, 16);
	btf__add_field(b, "b", m.i32, 0, 0);
	btf__add_field(b, "name", uname, 64, 0);
	un = btf__add_union(b, NULL, 16);
	btf__add_field(b, "a", m.i32, 0, 0);
	btf__add_field(b, NULL, st, 0, 0);
	arr = btf__add_array(b, m.i32, inner, 2);
	fwd = btf__add_ptr(b, btf__add_fwd(b, "elsewhere", BTF_FWD_STRUCT));
	m.node = btf__type_cnt(b) + 4 < 100 ? (int)btf__type_cnt(b) + 3 : 0;
	ptr_node = btf__add_ptr(b, m.node);
	fn = btf__add_func_proto(b, m.i32);
	btf__add_func_param(b, NULL, ptr_node);
	btf__add_func_param(b, NULL, 0);
	fn = btf__add_ptr(b, fn);
	btf__add_struct(b, "node", 72);
	btf__add_field(b, "next", ptr_node, 0, 0);
	btf__add_field(b, NULL, un, 64, 0);
	btf__add_field(b, "lo", m.u32, 192, 3);
	btf__add_field(b, "hi", m.u32, 195, 5);
	btf__add_field(b, "in", arr, 224, 0);
	btf__add_field(b, "fn", fn, 384, 0);
	btf__add_field(b, "far", fwd, 448, 0);
	btf__add_field(b, "flag", flag, 512, 0);
	btf__add_field(b, "color", color, 544, 0);
	return m;
}

/* tp(void *, struct node *, int); int func(struct node *n, int) */
static void add_funcs(struct made_btf *m)
{
	struct btf *b = m->btf;
	int ptr = btf__add_ptr(b, m->node), data = btf__add_ptr(b, 0), proto;

	proto = btf__add_func_proto(b, 0);
	btf__add_func_param(b, NULL, data);
	btf__add_func_param(b, NULL, ptr);
	btf__add_func_param(b, NULL, m->i32);
	proto = btf__add_ptr(b, proto);
	btf__add_typedef(b, "btf_trace_one", proto);
	btf__add_typedef(b, "btf_trace_two", proto);
	btf__add_typedef(b, "btf_trace_odd", m->i32);
	proto = btf__add_func_proto(b, 0);
	btf__add_func_param(b, "__data", data);
	btf__add_func_param(b, "node", ptr);
	btf__add_func_param(b, "count", m->i32);
	btf__add_func(b, "__traceiter_one", BTF_FUNC_STATIC, proto);
	proto = btf__add_func_proto(b, 0);
	btf__add_func_param(b, "__data", data);
	btf__add_func_param(b, "wrong", ptr);
	btf__add_func(b, "__bpf_trace_two", BTF_FUNC_STATIC, proto);
	proto = btf__add_func_proto(b, m->i32);
	btf__add_func_param(b, "n", ptr);
	btf__add_func_param(b, NULL, m->i32);
	btf__add_func_param(b, NULL, 0);
	btf__add_func(b, "func", BTF_FUNC_STATIC, proto);
}

static struct types *use(struct arena *a, struct made_btf *m)
{
	struct types *t;
	const void *data;
	u32 size;

	arena_init(a);
	t = types_new(a);
	data = btf__raw_data(m->btf, &size);
	CHECK_EQ(types_use_bytes(t, data, size), 0);
	return t;
}

static void finish(struct arena *a, struct made_btf *m, struct types *t)
{
	types_free(t);
	btf__free(m->btf);
	arena_done(a);
}

TEST(types_find_kinds)
{
	struct made_btf m = make_btf();
	struct arena a;
	struct types *t = use(&a, &m);
	const struct type *node = types_find(t, TYPE_RECORD, "node");

	CHECK(node && node->kind == TYPE_RECORD && node->size == 72 && node->id);
	CHECK(node == types_find(t, TYPE_RECORD, "node"));
	CHECK(!types_find(t, TYPE_ENUM, "node"));
	CHECK(!types_find(t, TYPE_NONE, "node"));
	CHECK(types_find(t, TYPE_NONE, "pid_t_like") == &type_s32);
	CHECK(types_find(t, TYPE_ENUM, "color")->size == 4);
	CHECK(types_find(t, TYPE_ENUM, "big")->size == 8);
	CHECK(!types_find(t, TYPE_RECORD, "nod"));
	CHECK(!types_find(t, TYPE_RECORD, "ode"));
	CHECK(!types_find(t, TYPE_RECORD, ""));
	CHECK_EQ(types_find(t, TYPE_RECORD, "elsewhere")->id, 0);
	/* Often enough that names come from the hash table. */
	for (int i = 0; i < 40; i++) {
		CHECK(!types_find(t, TYPE_RECORD, arena_printf(&a, "absent%d", i)));
	}
	CHECK(types_find(t, TYPE_RECORD, "inner") && types_find(t, TYPE_ENUM, "big"));
	finish(&a, &m, t);
}

TEST(types_field_places)
{
	struct made_btf m = make_btf();
	struct arena a;
	struct types *t = use(&a, &m);
	const struct type *node = types_find(t, TYPE_RECORD, "node");
	struct type by_name = { .kind = TYPE_RECORD, .name = "node" };
	struct field f = { 0 };
	u32 count;

	CHECK(types_fields(t, node, &count));
	CHECK_EQ(count, 9);
	CHECK(types_field(t, node, "b", &f));
	CHECK_EQ(f.offset, 8);
	CHECK(types_field(t, &by_name, "name", &f));
	CHECK_EQ(f.offset, 16);
	CHECK(f.type->kind == TYPE_PTR && f.type->space == SPACE_USER);
	CHECK(types_field(t, node, "hi", &f));
	CHECK_EQ(f.offset, 24);
	CHECK_EQ(f.bit_offset, 3);
	CHECK_EQ(f.bit_size, 5);
	CHECK(types_field(t, node, "in", &f));
	CHECK_STR(type_name(&a, f.type), "struct inner[2]");
	CHECK_EQ(f.type->size, 16);
	CHECK(types_field(t, node, "fn", &f) && f.type->target->kind == TYPE_FUNC);
	CHECK(types_field(t, node, "flag", &f) && f.type == &type_bool);
	CHECK(types_field(t, node, "next", &f) && f.type->target == node);
	CHECK(types_field(t, node, "far", &f));
	CHECK(!types_fields(t, f.type->target, &count));
	CHECK_EQ(count, 0);
	CHECK(!types_field(t, node, "absent", &f));
	CHECK(!types_field(t, node, "", &f));
	CHECK_EQ(types_size(t, &by_name), 72);
	CHECK_EQ(types_size(t, type_array(&a, &by_name, 3)), 216);
	finish(&a, &m, t);
}

static void add_value(void *arg, const char *name, s64 value)
{
	(void)name;
	*(s64 *)arg += value;
}

TEST(types_enums)
{
	struct made_btf m = make_btf();
	struct arena a;
	struct types *t = use(&a, &m);
	const struct type *type = NULL;
	s64 value = 0, sum = 0;

	CHECK(types_enumerator(t, "GREEN", &value, &type));
	CHECK_EQ(value, 5);
	CHECK(type == types_find(t, TYPE_ENUM, "color"));
	CHECK(types_enumerator(t, "BIG", &value, &type));
	CHECK_EQ(value, 1ll << 40);
	CHECK(!types_enumerator(t, "BLUE", &value, &type));
	CHECK(!types_enumerator(t, "BLUE", &value, &type));
	type = types_find(t, TYPE_ENUM, "color");
	CHECK_STR(types_enum_name(t, type, 5), "GREEN");
	CHECK(!types_enum_name(t, type, 4));
	CHECK(!types_enum_name(t, &type_u32, 0));
	types_enum_each(t, type, add_value, &sum);
	CHECK_EQ(sum, 5);
	finish(&a, &m, t);
}

TEST(types_script_hides_kernel)
{
	static const char *const names[] = { "MINE", "GREEN" };
	static const s64 values[] = { -1, 9 };
	struct made_btf m = make_btf();
	struct arena a;
	struct types *t = use(&a, &m);
	struct field fields[2] = { { .name = "x", .type = &type_u64 },
				   { .name = "y", .type = &type_u32, .offset = 8 } };
	struct type mine = {
		.kind = TYPE_RECORD, .name = "node", .size = 16, .fields = fields, .field_count = 2
	};
	struct type by_name = { .kind = TYPE_RECORD, .name = "node" };
	struct type e = { .kind = TYPE_ENUM, .name = "shade", .size = 4, .is_signed = true };
	struct type again = e;
	const struct type *type;
	struct field f;
	s64 value;

	CHECK(types_find(t, TYPE_RECORD, "node")->size == 72);
	CHECK_EQ(types_define_record(t, &mine), 0);
	CHECK_EQ(types_define_record(t, &mine), -EEXIST);
	CHECK(types_find(t, TYPE_RECORD, "node") == &mine);
	CHECK(types_field(t, &by_name, "y", &f) && f.offset == 8);
	CHECK_EQ(types_size(t, &by_name), 16);
	CHECK_EQ(types_define_enum(t, &e, names, values, 2), 0);
	CHECK_EQ(types_define_enum(t, &again, names, values, 2), -EEXIST);
	again.name = "other";
	CHECK_EQ(types_define_enum(t, &again, names, values, 2), -EEXIST);
	CHECK(types_enumerator(t, "GREEN", &value, &type) && value == 9 && type == &e);
	CHECK_STR(types_enum_name(t, &e, -1), "MINE");
	CHECK_STR(types_print(t, &a, &e), "enum shade {\n\tMINE = -1,\n\tGREEN = 9,\n};");
	CHECK_STR(types_print(t, &a, &mine), "struct node {\n\tuint64 x;\n\tuint32 y;\n};");
	finish(&a, &m, t);
}

TEST(types_functions)
{
	struct made_btf m = make_btf();
	struct func_proto p = { 0 };
	struct arena a;
	struct types *t;

	add_funcs(&m);
	t = use(&a, &m);
	CHECK_EQ(types_func(t, NULL, "func", &p), 0);
	CHECK_EQ(p.param_count, 2);
	CHECK_STR(p.params[0].name, "n");
	CHECK_STR(p.params[1].name, "arg1");
	CHECK_EQ(p.params[1].offset, 8);
	CHECK(p.ret == &type_s32);
	CHECK_EQ(types_func(t, "vmlinux", "func", &p), 0);
	CHECK_EQ(types_func(t, NULL, "node", &p), -ENOENT);
	CHECK_EQ(types_func(t, "some_module", "func", &p), -ENOENT);
	CHECK_EQ(types_func(t, "../btf/vmlinux", "func", &p), -ENOENT);
	CHECK_EQ(types_raw_tracepoint(t, "one", &p), 0);
	CHECK_EQ(p.param_count, 2);
	CHECK_STR(p.params[0].name, "node");
	CHECK_STR(p.params[1].name, "count");
	CHECK_STR(type_name(&a, p.params[0].type), "struct node *");
	CHECK_EQ(types_raw_tracepoint(t, "two", &p), 0);
	CHECK_EQ(p.param_count, 2);
	CHECK_STR(p.params[0].name, "arg0");
	CHECK_EQ(types_raw_tracepoint(t, "odd", &p), -EINVAL);
	CHECK_EQ(types_raw_tracepoint(t, "three", &p), -ENOENT);
	finish(&a, &m, t);
}

static bool count_func(void *arg, const char *module, const char *name)
{
	CHECK_STR(module, "vmlinux");
	CHECK(*name);
	return --*(int *)arg > 0;
}

static bool count_tracepoint(void *arg, const char *name)
{
	CHECK_EQ(strlen(name), 3);
	++*(int *)arg;
	return true;
}

static bool count_named(void *arg, const struct type *type)
{
	CHECK(type->kind == TYPE_RECORD || type->kind == TYPE_ENUM);
	++*(int *)arg;
	return true;
}

TEST(types_listings)
{
	struct made_btf m = make_btf();
	struct arena a;
	struct types *t;
	int n = 100;

	add_funcs(&m);
	t = use(&a, &m);
	types_each_func(t, "*", count_func, &n);
	CHECK_EQ(n, 97);
	n = 2;
	types_each_func(t, NULL, count_func, &n);
	CHECK_EQ(n, 0);
	types_each_raw_tracepoint(t, count_tracepoint, &n);
	CHECK_EQ(n, 3);
	n = 0;
	types_each_named(t, count_named, &n);
	CHECK_EQ(n, 4);
	finish(&a, &m, t);
}

TEST(types_print_c)
{
	struct made_btf m = make_btf();
	struct arena a;
	struct types *t = use(&a, &m);

	CHECK_STR(types_print(t, &a, types_find(t, TYPE_RECORD, "node")),
		  "struct node {\n"
		  "\tstruct node *next;\n"
		  "\tunion {\n"
		  "\t\tint a;\n"
		  "\t\tstruct {\n"
		  "\t\t\tint b;\n"
		  "\t\t\tconst char *name;\n"
		  "\t\t};\n"
		  "\t};\n"
		  "\tunsigned int lo: 3;\n"
		  "\tunsigned int hi: 5;\n"
		  "\tstruct inner in[2];\n"
		  "\tint (*fn)(struct node *, ...);\n"
		  "\tstruct elsewhere *far;\n"
		  "\t_Bool flag;\n"
		  "\tenum color color;\n"
		  "};");
	CHECK_STR(types_print(t, &a, types_find(t, TYPE_ENUM, "color")),
		  "enum color {\n\tRED = 0,\n\tGREEN = 5,\n};");
	CHECK_STR(types_print(t, &a, types_find(t, TYPE_RECORD, "elsewhere")), "struct elsewhere;");
	CHECK_STR(types_print(t, &a, &type_u32), "uint32");
	finish(&a, &m, t);
}

/* A module's BTF goes on where its base's numbers and strings end. */
TEST(types_split_btf)
{
	struct made_btf m = make_btf();
	struct btf *split = btf__new_empty_split(m.btf);
	struct func_proto p = { 0 };
	struct arena a;
	struct types *t = use(&a, &m);
	struct unit *u;
	const void *data;
	u32 size, count;
	int own, ptr, proto;

	ptr = btf__add_ptr(split, m.node);
	CHECK_EQ(ptr, btf__type_cnt(m.btf));
	own = btf__add_struct(split, "module_node", 8);
	btf__add_field(split, "next", ptr, 0, 0);
	own = btf__add_ptr(split, own);
	proto = btf__add_func_proto(split, m.u32);
	btf__add_func_param(split, "n", own);
	btf__add_func_param(split, "name", ptr);
	btf__add_func(split, "inner", BTF_FUNC_STATIC, proto);
	btf__add_func(split, "module_func", BTF_FUNC_STATIC, proto);
	data = btf__raw_data(split, &size);
	u = vec_add(&a, &t->units);
	u->name = "module";
	CHECK_EQ(rawbtf_from_bytes(data, size, t->units.at[0].btf, &u->btf), 0);
	t->is_own = false;
	CHECK_EQ(types_func(t, "module", "module_func", &p), 0);
	/* A name that only the base's strings have. */
	CHECK_EQ(types_func(t, "module", "inner", &p), 0);
	CHECK_EQ(p.param_count, 2);
	CHECK_STR(type_name(&a, p.params[0].type), "struct module_node *");
	CHECK(p.params[1].type->target == types_find(t, TYPE_RECORD, "node"));
	CHECK(types_fields(t, p.params[0].type->target, &count) && count == 1);
	CHECK_STR(types_print(t, &a, p.params[0].type->target),
		  "struct module_node {\n\tstruct node *next;\n};");
	CHECK_EQ(types_func(t, NULL, "module_func", &p), -ENOENT);
	btf__free(split);
	finish(&a, &m, t);
}

/* Every cut and every changed byte must be survived; what is asked does not matter. */
static void ask_everything(struct arena *a, const void *data, size_t len)
{
	struct types *t = types_new(a);
	const struct type *node;
	struct func_proto p;
	struct field f;
	s64 value;
	int n = 1000;

	if (!types_use_bytes(t, data, len)) {
		node = types_find(t, TYPE_RECORD, "node");
		if (node) {
			types_field(t, node, "absent", &f);
			types_print(t, a, node);
		}
		types_func(t, NULL, "func", &p);
		types_raw_tracepoint(t, "one", &p);
		types_enumerator(t, "GREEN", &value, &node);
		types_each_named(t, count_named, &n);
	}
	types_free(t);
}

TEST(types_broken_btf)
{
	struct made_btf m = make_btf();
	const void *data;
	struct arena a;
	u32 size;
	u8 *copy;

	add_funcs(&m);
	data = btf__raw_data(m.btf, &size);
	copy = malloc(size);
	for (u32 i = 0; copy && i < size; i++) {
		static const u8 changes[] = { 0x01, 0x80, 0xff };

		arena_init(&a);
		ask_everything(&a, data, i);
		for (size_t j = 0; j < ARRAY_SIZE(changes); j++) {
			memcpy(copy, data, size);
			copy[i] ^= changes[j];
			ask_everything(&a, copy, size);
		}
		arena_done(&a);
	}
	free(copy);
	btf__free(m.btf);
}

TEST(types_circles_end)
{
	struct btf *b = btf__new_empty();
	struct arena a;
	struct types *t;
	const struct type *type;
	const void *data;
	struct field f;
	u32 size;

	/* typedef t t; struct s { t x; struct s; ptr *p -> itself; array of itself } */
	btf__add_typedef(b, "t", 1);
	btf__add_ptr(b, 2);
	btf__add_array(b, 3, 3, 2);
	btf__add_struct(b, "s", 32);
	btf__add_field(b, "x", 1, 0, 0);
	btf__add_field(b, "p", 2, 0, 0);
	btf__add_field(b, "a", 3, 0, 0);
	btf__add_field(b, NULL, 4, 0, 0);
	btf__add_field(b, NULL, 4, 0, 0);
	data = btf__raw_data(b, &size);
	arena_init(&a);
	t = types_new(&a);
	CHECK_EQ(types_use_bytes(t, data, size), 0);
	type = types_find(t, TYPE_RECORD, "s");
	CHECK(type && !types_field(t, type, "absent", &f));
	CHECK(type && types_field(t, type, "p", &f) && *type_name(&a, f.type));
	types_print(t, &a, type);
	CHECK(types_find(t, TYPE_NONE, "t") == &type_none);
	types_free(t);
	arena_done(&a);
	btf__free(b);
}
