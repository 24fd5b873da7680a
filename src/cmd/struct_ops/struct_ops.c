/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep struct-ops show and dump. Such a map has one value: a struct of the kernel's, with its state and reference count before it,
 * as the kernel's type bpf_struct_ops_NAME says.
 */
#include "cmd/struct_ops/struct_ops.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "btf/rawvalue.h"
#include "cmd/noun/json.h"
#include "cmd/noun/refs.h"
#include "cmd/noun/select.h"
#include "inspect/naming.h"

#define VALUE_PREFIX "bpf_struct_ops_"
enum { MAX_VALUE = 1 << 20, MAX_INFO = 256 };

struct show {
	struct noun_args *args;
	struct rawbtf *kernel;
	struct naming *names; /* of programs */
	struct noun_refs refs;
	bool is_dump;
	u32 count;
};

static const char *value_type(const struct show *s, const struct bpf_map_info *info)
{
	const struct btf_type *t = rawbtf_type(s->kernel, info->btf_vmlinux_value_type_id);

	return t ? rawbtf_str(s->kernel, t->name_off) : "";
}

static const char *kernel_name(const char *type)
{
	size_t len = sizeof(VALUE_PREFIX) - 1;

	return strncmp(type, VALUE_PREFIX, len) ? type : type + len;
}

static void list(struct show *s, const struct bpf_map_info *info)
{
	const char *name = kernel_name(value_type(s, info));
	struct out *out = s->args->out;

	if (!out->json) {
		out_printf(out, "%u: %-15s %s\n", info->id, info->name, name);
		noun_refs_text(&s->refs, out, HANDLE_MAP, info->id);
		return;
	}
	out_json_open(out, NULL, '{');
	out_json_u64(out, "id", info->id);
	noun_json_text(out, "name", info->name);
	noun_json_text(out, "kernel_struct_ops", name);
	noun_refs_json(&s->refs, out, HANDLE_MAP, info->id);
	out_json_close(out, '}');
}

static void dump_typed(struct show *s, const char *name, u32 type, const void *data, size_t len)
{
	struct out *out = s->args->out;

	/* As bpftool has it: each is an object by itself. */
	if (out->json)
		out_json_open(out, NULL, '{');
	else
		out_printf(out, "%s ", name);
	rawvalue_print(out, name, s->kernel, type, data, len);
	if (out->json)
		out_json_close(out, '}');
	else
		out_puts(out, "\n");
}

static void dump_program(struct show *s, const char *member, u32 prog)
{
	const char *name = naming_prog(s->names, prog)->name;
	struct out *out = s->args->out;

	if (!out->json) {
		out_printf(out, "\t%s: prog %u %s\n", member, prog, name);
		return;
	}
	out_json_open(out, NULL, '{');
	noun_json_text(out, "member", member);
	out_json_u64(out, "prog_id", prog);
	noun_json_text(out, "prog_name", name);
	out_json_close(out, '}');
}

/* A member that is a function has its program's id as its value. */
static void dump_programs(struct show *s, const struct bpf_map_info *info, const u8 *value)
{
	struct out *out = s->args->out;
	const struct btf_type *outer = rawbtf_type(s->kernel, info->btf_vmlinux_value_type_id);
	const struct btf_member *last;
	const struct btf_type *t;
	u32 id, begin;

	if (!rawbtf_is_record(outer) || !BTF_INFO_VLEN(outer->info))
		return;
	last = (const struct btf_member *)(outer + 1) + BTF_INFO_VLEN(outer->info) - 1;
	id = last->type;
	begin = last->offset / 8;
	t = rawbtf_skip(s->kernel, &id, NULL);
	if (out->json) {
		out_json_open(out, NULL, '{');
		out_json_open(out, "programs", '[');
	}
	for (u32 i = 0; rawbtf_is_record(t) && i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_member *m = (const struct btf_member *)(t + 1) + i;
		u32 type = m->type, at = begin + BTF_MEMBER_BIT_OFFSET(m->offset) / 8;
		const struct btf_type *p = rawbtf_skip(s->kernel, &type, NULL);
		const char *name = rawbtf_str(s->kernel, m->name_off);
		u64 prog = 0;

		if (!p || BTF_INFO_KIND(p->info) != BTF_KIND_PTR ||
		    at + sizeof(prog) > info->value_size)
			continue;
		type = p->type;
		p = rawbtf_skip(s->kernel, &type, NULL);
		memcpy(&prog, value + at, sizeof(prog));
		if (prog && prog <= UINT32_MAX && p &&
		    BTF_INFO_KIND(p->info) == BTF_KIND_FUNC_PROTO)
			dump_program(s, name, (u32)prog);
	}
	if (out->json) {
		out_json_close(out, ']');
		out_json_close(out, '}');
	}
}

static int dump(struct show *s, int fd, const struct bpf_map_info *info)
{
	u32 key = 0, type;
	void *value;
	int err = 0;

	if (info->value_size > MAX_VALUE)
		return diag_error(s->args->diag, LOC_NONE, "the value of map %u is too large",
				  info->id);
	value = arena_alloc(s->args->arena, info->value_size);
	if (bpf_map_lookup_elem(fd, &key, value))
		err = -errno;
	if (err)
		return diag_errno(s->args->diag, -err, "cannot read map %u", info->id);
	if (!s->args->out->json)
		list(s, info);
	type = rawbtf_find(s->kernel, RAWBTF_KIND(BTF_KIND_STRUCT), "bpf_map_info");
	if (type && s->args->out->json)
		dump_typed(s, "bpf_map_info", type, info, MAX_INFO);
	dump_typed(s, value_type(s, info), info->btf_vmlinux_value_type_id, value,
		   info->value_size);
	dump_programs(s, info, value);
	return 0;
}

static int show_one(void *arg, int fd, u32 id)
{
	union {
		struct bpf_map_info info;
		u8 bytes[MAX_INFO]; /* newer kernels tell more than the struct has */
	} u = { .bytes = { 0 } };
	struct show *s = arg;
	int err = handle_info(fd, &u, sizeof(u));

	if (err)
		return diag_errno(s->args->diag, -err, "cannot read map %u", id);
	if (u.info.type != BPF_MAP_TYPE_STRUCT_OPS)
		return 0;
	s->count++;
	if (s->is_dump)
		return dump(s, fd, &u.info);
	list(s, &u.info);
	return 0;
}

static int run(struct noun_args *a, bool is_dump)
{
	struct show s = { .args = a, .is_dump = is_dump };
	struct select which;
	int err = noun_select(a, HANDLE_MAP, &which);

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	err = rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &s.kernel);
	if (err) {
		diag_errno(a->diag, -err, "cannot read the kernel's types");
		diag_hint(a->diag, "struct_ops needs a kernel with CONFIG_DEBUG_INFO_BTF");
		return err;
	}
	noun_refs_read(&s.refs, a->arena);
	s.names = naming_new(a->arena);
	if (a->out->json)
		out_json_open(a->out, NULL, '[');
	err = select_each(&which, show_one, &s, a->diag);
	if (!err && !s.count && which.by != SELECT_ALL)
		err = diag_error(a->diag, LOC_NONE, "this map is not of type struct_ops");
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	}
	naming_free(s.names);
	rawbtf_free(s.kernel);
	return err;
}

static int run_show(struct noun_args *a)
{
	return run(a, false);
}

static int run_dump(struct noun_args *a)
{
	return run(a, true);
}

static const struct noun_verb struct_ops_show = {
	.name = "show",
	.args = NOUN_SELECT_ARGS,
	.help = "List what implements structs of functions of the kernel.\n\n"
		"Of each: its map's id and name, and the kernel's struct.\n",
	.nothing = "nothing is registered",
	.run = run_show,
};

static const struct noun_verb struct_ops_dump = {
	.name = "dump",
	.args = NOUN_SELECT_ARGS,
	.help = "Show the struct's members, its state and how often it is in use.\n",
	.run = run_dump,
};

static const struct noun_verb *const verbs[] = { &struct_ops_show, &struct_ops_dump,
						 &struct_ops_register, &struct_ops_unregister };

static const struct noun struct_ops = {
	.name = "struct-ops",
	.brief = "Structs of functions of the kernel that programs implement: TCP congestion "
		 "control "
		 "and such",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

int cmd_struct_ops(int argc, char **argv)
{
	return noun_run(&struct_ops, argc, argv);
}
