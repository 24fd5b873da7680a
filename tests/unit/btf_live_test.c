/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of the kernel that runs, where it has BTF: what every kernel since 5.5 agrees on. */
#include "btf/types.h"

#include <string.h>

#include "unit/test.h"

static struct types *live(struct arena *a)
{
	arena_init(a);
	return types_new(a);
}

TEST(types_live_records)
{
	struct arena a;
	struct types *t = live(&a);
	const struct type *task = types_find(t, TYPE_RECORD, "task_struct");
	struct field f, g;
	const char *text;

	if (!types_have_kernel(t)) {
		types_free(t);
		arena_done(&a);
		SKIP("the kernel has no BTF");
	}
	CHECK(task && task->size > 1000);
	CHECK(types_field(t, task, "comm", &f) && f.type->kind == TYPE_ARRAY);
	CHECK_EQ(f.type->size, 16);
	CHECK(types_field(t, task, "real_parent", &f) && f.type->target == task);
	CHECK(types_field(t, types_find(t, TYPE_RECORD, "sock"), "__sk_common", &f));
	CHECK(types_field(t, f.type, "skc_num", &g) && g.type == &type_u16);
	CHECK_STR(type_name(&a, types_find(t, TYPE_NONE, "umode_t")), "uint16");
	text = types_print(t, &a, types_find(t, TYPE_RECORD, "path"));
	CHECK_STR(text, "struct path {\n\tstruct vfsmount *mnt;\n\tstruct dentry *dentry;\n};");
	/* What was made stays after the BTF is gone, and the rest comes back when it is asked for. */
	types_drop_kernel(t);
	CHECK(types_find(t, TYPE_RECORD, "task_struct") == task);
	CHECK(types_field(t, task, "tgid", &f));
	CHECK(types_find(t, TYPE_RECORD, "file") && types_find(t, TYPE_RECORD, "file")->size);
	types_free(t);
	arena_done(&a);
}

static bool look_up(void *arg, const char *name)
{
	struct func_proto p = { 0 };

	CHECK_EQ(types_raw_tracepoint(arg, name, &p), 0);
	return true;
}

struct listing {
	struct types *types;
	u32 count, wrong;
};

static bool look_up_func(void *arg, const char *module, const char *name)
{
	struct listing *l = arg;
	struct func_proto p = { 0 };

	l->count++;
	l->wrong += types_func(l->types, module, name, &p) != 0;
	return l->count < 20000;
}

TEST(types_live_functions)
{
	struct arena a;
	struct types *t = live(&a);
	struct listing l = { .types = t };
	struct func_proto p = { 0 };
	const struct type *type;
	s64 value = 0;

	if (!types_have_kernel(t)) {
		types_free(t);
		arena_done(&a);
		SKIP("the kernel has no BTF");
	}
	CHECK_EQ(types_func(t, NULL, "vfs_read", &p), 0);
	CHECK_EQ(p.param_count, 4);
	CHECK_STR(p.params[0].name, "file");
	CHECK_STR(type_name(&a, p.params[0].type), "struct file *");
	CHECK_STR(type_name(&a, p.ret), "int64");
	CHECK_EQ(types_raw_tracepoint(t, "sched_switch", &p), 0);
	CHECK(p.param_count >= 3 && p.params[0].type == &type_bool);
	CHECK(types_enumerator(t, "TCP_ESTABLISHED", &value, &type) && value == 1);
	types_each_raw_tracepoint(t, look_up, t);
	types_each_func(t, NULL, look_up_func, &l);
	CHECK(l.count > 1000);
	CHECK_EQ(l.wrong, 0);
	types_free(t);
	arena_done(&a);
}
