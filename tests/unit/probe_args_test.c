/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments of probes as fields of their contexts. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit/probe_fixture.h"
#include "unit/test.h"

/* "name@offset:type ..." of a probe's arguments. */
static const char *describe(struct fixture *f, const char *probe, struct probe_args *args)
{
	probe_targets targets = { 0 };
	struct buf out = { 0 };
	const char *why = "";
	const char *result;
	int err;

	fixture_expand(f, probe, &targets);
	if (targets.n != 1)
		return "no such probe";
	err = probe_args(&f->c, &targets.at[0], args, &why);
	if (err)
		return arena_printf(&f->arena, "%d: %s", err, why);
	for (u32 i = 0; args->args && i < args->args->field_count; i++) {
		const struct field *field = &args->args->fields[i];

		buf_printf(&out, "%s%s@%u:%s", i ? " " : "", field->name, field->offset,
			   type_name(&f->arena, field->type));
	}
	result = arena_strdup(&f->arena, buf_str(&out));
	buf_done(&out);
	return result;
}

TEST(probe_args_tracepoint)
{
	struct fixture *f = fixture_new();
	struct probe_args a;
	const struct field *fields;

	CHECK_STR(describe(f, "t:syscalls:sys_enter_openat", &a),
		  "__syscall_nr@8:int32 dfd@16:int32 filename@24:int8 * argv@32:int8 * * "
		  "mode@40:uint16 off@48:int64");
	CHECK(!a.slots);
	CHECK_EQ(a.args->size, 56);
	fields = a.args->fields;
	CHECK_EQ(fields[2].type->space, SPACE_USER);
	CHECK_EQ(fields[3].type->space, SPACE_USER);
	CHECK_EQ(fields[3].type->target->space, SPACE_USER);
	CHECK_STR(describe(f, "t:sched:sched_switch", &a),
		  "prev_comm@8:int8[16] name@24:int8[0] p@32:struct foo *");
	CHECK(a.args->fields[1].is_data_loc);
	CHECK_EQ(a.args->fields[2].type->space, SPACE_KERNEL);
	fixture_free(f);
}

TEST(probe_args_without)
{
	struct fixture *f = fixture_new();
	struct probe_args a;

	CHECK_STR(describe(f, "BEGIN", &a), "-2: begin probes have no arguments");
	CHECK_STR(describe(f, "i:s:1", &a), "-2: interval probes have no arguments");
	CHECK_STR(describe(f, "kr:vfs_read", &a), "");
	CHECK(a.retval == &type_u64);
	fixture_free(f);
}

TEST(probe_args_registers)
{
	CHECK_EQ(probe_register_offset("nothing"), -1);
	CHECK_EQ(probe_register_offset(""), -1);
	CHECK_EQ(probe_argn_offset(ATTACH_TRACEPOINT, 0), -1);
	CHECK_EQ(probe_argn_offset(ATTACH_KPROBE, 6), -1);
	CHECK_EQ(probe_argn_offset(ATTACH_RAWTRACEPOINT, 2), 16);
#if defined(__x86_64__)
	CHECK_EQ(probe_register_offset("ip"), 128);
	CHECK_EQ(probe_register_offset("rsp"), 152);
	CHECK_EQ(probe_argn_offset(ATTACH_KPROBE, 0), 112);
	CHECK_EQ(probe_argn_offset(ATTACH_UPROBE, 5), 64);
#endif
}

TEST(probe_args_live_functions)
{
	struct fixture *f = fixture_new();
	struct probe_args a;

	if (!types_have_kernel(f->types)) {
		fixture_free(f);
		SKIP("the kernel has no BTF");
	}
	describe(f, "f:vfs_read", &a);
	CHECK_EQ(a.arg_count, 4);
	CHECK(a.slots);
	CHECK(!a.retval);
	CHECK_STR(a.args->fields[3].name, "pos");
	CHECK_EQ(a.args->fields[3].offset, 24);
	describe(f, "fr:vfs_read", &a);
	CHECK_EQ(a.retval_offset, 32);
	CHECK_EQ(a.retval->size, 8);
	describe(f, "k:vfs_read", &a);
	CHECK_EQ(a.arg_count, 6);
	CHECK_EQ(a.args->field_count, 4);
	CHECK_EQ(a.args->fields[1].offset, (u32)probe_argn_offset(ATTACH_KPROBE, 1));
	describe(f, "k:vfs_read+4", &a);
	CHECK(!a.args);
	CHECK_STR(describe(f, "rt:sys_enter", &a), "regs@0:struct pt_regs * id@8:int64");
	fixture_free(f);
}

static void join_decl(void *arg, const char *decl)
{
	struct buf *to = arg;

	buf_printf(to, "%s;", decl);
}

TEST(probe_args_declarations)
{
	struct fixture *f = fixture_new();
	probe_targets t = { 0 };
	struct buf out = { 0 };

	fixture_expand(f, "t:syscalls:sys_enter_openat", &t);
	CHECK_EQ(probe_declare_args(&f->c, &t.at[0], join_decl, &out), 0);
	CHECK_STR(buf_str(&out), "int __syscall_nr;int dfd;const char * filename;"
				 "const char *const * argv;umode_t mode;long off;");
	buf_clear(&out);
	if (types_have_kernel(f->types)) {
		fixture_expand(f, "fr:vfs_read", &t);
		CHECK_EQ(probe_declare_args(&f->c, &t.at[0], join_decl, &out), 0);
		CHECK(!strncmp(buf_str(&out), "struct file * file;", 19));
		CHECK(strstr(buf_str(&out), "ssize_t retval;") != NULL);
	}
	buf_done(&out);
	fixture_free(f);
}
