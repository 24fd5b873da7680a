/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep btf show. */
#include <string.h>

#include "cmd/btf/impl.h"
#include "cmd/noun/select.h"
#include "inspect/btfusers.h"
#include "inspect/refs.h"

struct show {
	struct noun_args *args;
	struct btfusers users;
	struct refs holders;
};

struct shown {
	u32 id, size;
	bool is_kernel;
	char name[64];
	const struct btfusers_ids *users;
	const struct ref_list *holders;
};

static void print_ids(struct out *o, const char *key, const u32 *ids, size_t n)
{
	if (o->json) {
		out_json_open(o, key, '[');
		for (size_t i = 0; i < n; i++)
			out_json_u64(o, NULL, ids[i]);
		out_json_close(o, ']');
		return;
	}
	for (size_t i = 0; i < n; i++)
		out_printf(o, "%s%s%s%u", i ? "," : "  ", i ? "" : key, i ? "" : " ", ids[i]);
}

static void print_json(struct out *o, const struct shown *s)
{
	out_json_open(o, NULL, '{');
	out_json_u64(o, "id", s->id);
	out_json_u64(o, "size", s->size);
	print_ids(o, "prog_ids", s->users->progs.at, s->users->progs.n);
	print_ids(o, "map_ids", s->users->maps.at, s->users->maps.n);
	if (s->holders->refs.n) {
		out_json_open(o, "pids", '[');
		for (size_t i = 0; i < s->holders->refs.n; i++) {
			const struct ref *r = &s->holders->refs.at[i];

			out_json_open(o, NULL, '{');
			out_json_u64(o, "pid", r->pid);
			out_json_str(o, "comm", r->text, strlen(r->text));
			out_json_close(o, '}');
		}
		out_json_close(o, ']');
	}
	out_json_bool(o, "kernel", s->is_kernel);
	out_json_str(o, "name", s->name, strlen(s->name));
	out_json_close(o, '}');
}

static void print_text(struct out *o, const struct shown *s)
{
	out_printf(o, "%u: name ", s->id);
	if (s->is_kernel)
		out_printf(o, "[%s]", s->name);
	else
		out_puts(o, *s->name ? s->name : "<anon>");
	out_printf(o, "  size %uB", s->size);
	print_ids(o, "prog_ids", s->users->progs.at, s->users->progs.n);
	print_ids(o, "map_ids", s->users->maps.at, s->users->maps.n);
	for (size_t i = 0; i < s->holders->refs.n; i++)
		out_printf(o, "%s%s(%u)", i ? ", " : "\n\tpids ", s->holders->refs.at[i].text,
			   s->holders->refs.at[i].pid);
	out_puts(o, "\n");
}

static int show_one(void *arg, int fd, u32 id)
{
	struct show *show = arg;
	struct bpf_btf_info info = { 0 };
	struct shown s = { .id = id };
	int err;

	info.name = (u64)(uintptr_t)s.name;
	info.name_len = sizeof(s.name);
	err = handle_info(fd, &info, sizeof(info));
	if (err)
		return diag_errno(show->args->diag, -err, "cannot ask about BTF object %u", id);
	s.size = info.btf_size;
	s.is_kernel = info.kernel_btf;
	s.users = btfusers_of(&show->users, id);
	s.holders = refs_of(&show->holders, HANDLE_BTF, id);
	if (show->args->out->json)
		print_json(show->args->out, &s);
	else
		print_text(show->args->out, &s);
	return 0;
}

static int run_show(struct noun_args *a)
{
	struct show show = { .args = a };
	struct select s;
	bool is_list;
	int err = noun_select(a, HANDLE_BTF, &s);

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	btfusers_read(&show.users, a->arena);
	refs_read_holders(&show.holders, a->arena);
	is_list = a->out->json && s.by != SELECT_ID;
	if (is_list)
		out_json_open(a->out, NULL, '[');
	err = select_each(&s, show_one, &show, a->diag);
	if (is_list)
		out_json_close(a->out, ']');
	if (a->out->json && (!err || is_list))
		out_json_end(a->out);
	return err;
}

const struct noun_verb btf_show_verb = {
	.name = "show",
	.args = "[id ID|name NAME]",
	.help = "BTF in the kernel: its own, its modules', and what programs and maps were loaded "
		"with.\n\n"
		"Names in square brackets are the kernel's. Behind the size come the programs and "
		"the maps\n"
		"that were loaded with it, below it the processes that hold it.\n",
	.run = run_show,
};
