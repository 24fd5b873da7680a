/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep struct-ops show and dump. Such a map has one value: a struct of the kernel's, with its state and reference count before it,
 * as the kernel's type bpf_struct_ops_NAME says.
 */
#include "cmd/struct_ops.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "btf/rawvalue.h"
#include "cmd/noun_json.h"
#include "cmd/noun_refs.h"
#include "cmd/noun_select.h"

#define VALUE_PREFIX "bpf_struct_ops_"
enum { MAX_VALUE = 1 << 20 };

struct show {
	struct noun_args *args;
	struct rawbtf *kernel;
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

	if (!out->json)
		out_printf(out, "%s ", name);
	rawvalue_print(out, name, s->kernel, type, data, len);
	if (!out->json)
		out_puts(out, "\n");
}

static int dump(struct show *s, int fd, const struct bpf_map_info *info)
{
	struct out *out = s->args->out;
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
	if (out->json)
		out_json_open(out, NULL, '{');
	type = rawbtf_find(s->kernel, RAWBTF_KIND(BTF_KIND_STRUCT), "bpf_map_info");
	if (type)
		dump_typed(s, "bpf_map_info", type, info, sizeof(*info));
	dump_typed(s, value_type(s, info), info->btf_vmlinux_value_type_id, value,
		   info->value_size);
	if (out->json)
		out_json_close(out, '}');
	return 0;
}

static int show_one(void *arg, int fd, u32 id)
{
	struct bpf_map_info info = { 0 };
	struct show *s = arg;
	int err = handle_info(fd, &info, sizeof(info));

	if (err)
		return diag_errno(s->args->diag, -err, "cannot read map %u", id);
	if (info.type != BPF_MAP_TYPE_STRUCT_OPS)
		return 0;
	s->count++;
	if (s->is_dump)
		return dump(s, fd, &info);
	list(s, &info);
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
	if (a->out->json)
		out_json_open(a->out, NULL, '[');
	err = select_each(&which, show_one, &s, a->diag);
	if (!err && !s.count && which.by != SELECT_ALL)
		err = diag_error(a->diag, LOC_NONE, "this map is not of type struct_ops");
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	}
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
	.help = "list what implements structs of functions of the kernel\n\n"
		"Of each: its map's id and name, and the kernel's struct.\n",
	.run = run_show,
};

static const struct noun_verb struct_ops_dump = {
	.name = "dump",
	.args = NOUN_SELECT_ARGS,
	.help = "show the struct's members, its state and how often it is in use\n",
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
