/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep cgroup show and tree. JSON is bpftool's: a program an object, in the tree within one for each cgroup that has any. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cgroup/cgroup.h"
#include "cmd/noun/json.h"
#include "inspect/cgroupprog.h"
#include "inspect/naming.h"
#include "inspect/query.h"
#include "isa/prog_type.h"
#include "net/cgroup.h"

struct show {
	struct noun_args *args;
	struct naming *names;
	linkinfo_list links;
	cgroupprog_list progs;
	bool is_effective;
};

static const char *flags_name(u32 flags)
{
	return flags & BPF_F_ALLOW_MULTI ? "multi" : flags & BPF_F_ALLOW_OVERRIDE ? "override" : "";
}

/* The hook of a security module that the program is for; "" of all other types. */
static const char *hook_of(struct show *s, const struct cgroupprog *p)
{
	const struct naming_prog *prog = naming_prog(s->names, p->prog_id);
	const char *object, *name = NULL;

	if (prog->attach_btf_obj_id)
		name = naming_type(s->names, prog->attach_btf_obj_id, prog->attach_btf_id, &object);
	return name ? name : "";
}

static void json_prog(struct show *s, const struct cgroupprog *p)
{
	const struct naming_prog *prog = naming_prog(s->names, p->prog_id);
	struct out *out = s->args->out;

	out_json_open(out, NULL, '{');
	out_json_u64(out, "id", p->prog_id);
	noun_json_text(out, "attach_type", attach_type_name(p->attach_type));
	if (!s->is_effective)
		noun_json_text(out, "attach_flags", flags_name(p->flags));
	noun_json_text(out, "name", prog->name);
	noun_json_text(out, "attach_btf_name", hook_of(s, p));
	out_json_u64(out, "attach_btf_obj_id", prog->attach_btf_obj_id);
	out_json_u64(out, "attach_btf_id", prog->attach_btf_id);
	if (p->link_id)
		out_json_u64(out, "link_id", p->link_id);
	out_json_close(out, '}');
}

static void text_prog(struct show *s, const struct cgroupprog *p)
{
	const char *hook = hook_of(s, p), *flags = flags_name(p->flags);
	struct out *out = s->args->out;

	out_printf(out, "  %-24s  prog %u %s", attach_type_name(p->attach_type), p->prog_id,
		   naming_prog(s->names, p->prog_id)->name);
	if (*hook)
		out_printf(out, "  %s", hook);
	if (*flags && !s->is_effective)
		out_printf(out, "  %s", flags);
	if (p->link_id)
		out_printf(out, "  link %u", p->link_id);
	out_puts(out, "\n");
}

/* The keyword alone of bpftool, which may stand before or behind the cgroup. */
static bool take_effective(struct show *s)
{
	if (!noun_take(s->args, "effective"))
		return false;
	s->is_effective = true;
	return true;
}

static int begin(struct show *s)
{
	int err = linkinfo_read_all(s->args->arena, &s->links);

	s->names = naming_new(s->args->arena);
	if (err == -EPERM) {
		diag_errno(s->args->diag, EPERM, "cannot ask for programs of cgroups");
		diag_hint(s->args->diag, "this needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN)");
	}
	return err == -EPERM ? err : 0;
}

/* ---- tree */

static void show_tree(struct show *s)
{
	struct out *out = s->args->out;
	const struct cgroupprog *last = NULL;

	for (size_t i = 0; i < s->progs.n; i++) {
		const struct cgroupprog *p = &s->progs.at[i];
		bool is_new = !last || strcmp(last->path, p->path) != 0;

		if (out->json && is_new && last) {
			out_json_close(out, ']');
			out_json_close(out, '}');
		}
		if (out->json && is_new) {
			out_json_open(out, NULL, '{');
			noun_json_text(out, "cgroup", p->path);
			out_json_open(out, "programs", '[');
		} else if (is_new) {
			out_printf(out, "%s\n", p->path);
		}
		if (out->json)
			json_prog(s, p);
		else
			text_prog(s, p);
		last = p;
	}
	if (out->json && last) {
		out_json_close(out, ']');
		out_json_close(out, '}');
	}
}

static int find_root(struct noun_args *a, const char *name, const char **root)
{
	char *tree;
	int fd;

	if (name) {
		fd = cgroupprog_open(a->arena, name, root, a->diag);
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : 0;
	}
	tree = cgroup_tree();
	if (!tree)
		return diag_error(a->diag, LOC_NONE,
				  "there is no cgroup tree of version 2 mounted here");
	*root = arena_strdup(a->arena, tree);
	free(tree);
	return 0;
}

static int run_tree(struct noun_args *a)
{
	struct show s = { .args = a };
	const char *name = NULL, *root;
	int err;

	if (!take_effective(&s)) {
		name = noun_next(a);
		take_effective(&s);
	} else {
		name = noun_next(a);
	}
	err = noun_end(a);
	if (!err)
		err = find_root(a, name, &root);
	if (err)
		return err;
	err = begin(&s);
	if (!err) {
		err = cgroupprog_read_tree(a->arena, root, s.is_effective ? QUERY_EFFECTIVE : 0,
					   &s.links, &s.progs);
		if (err)
			diag_errno(a->diag, -err, "cannot ask for programs of cgroups");
	}
	if (!err && a->out->json)
		out_json_open(a->out, NULL, '[');
	if (!err)
		show_tree(&s);
	if (!err && a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	}
	naming_free(s.names);
	return err;
}

static int run_show(struct noun_args *a)
{
	struct show s = { .args = a };
	const char *name, *path;
	int fd, err;

	if (!noun_peek(a))
		return run_tree(a);
	take_effective(&s);
	err = noun_need(a, "the cgroup", &name);
	if (!err)
		take_effective(&s);
	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	fd = cgroupprog_open(a->arena, name, &path, a->diag);
	if (fd < 0)
		return fd;
	err = begin(&s);
	if (!err)
		err = cgroupprog_read(a->arena, path, fd, s.is_effective ? QUERY_EFFECTIVE : 0,
				      &s.links, &s.progs);
	close(fd);
	if (err && !a->diag->errors)
		diag_errno(a->diag, -err, "cannot ask for programs of %s", path);
	if (!err && a->out->json)
		out_json_open(a->out, NULL, '[');
	for (size_t i = 0; !err && i < s.progs.n; i++) {
		if (a->out->json)
			json_prog(&s, &s.progs.at[i]);
		else
			text_prog(&s, &s.progs.at[i]);
	}
	if (!err && a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	}
	naming_free(s.names);
	return err;
}

const struct noun_verb cgroup_show = {
	.name = "show",
	.args = "[CGROUP] [effective]",
	.help = "Programs of a cgroup.\n\n"
		"CGROUP is a folder, whose beginning, where the tree is mounted, can be left out. "
		"With\n"
		"'effective' those that run in it, which are also those of cgroups above it. "
		"Without\n"
		"any it is the tree.\n",
	.nothing = "this cgroup has no programs",
	.run = run_show,
};

const struct noun_verb cgroup_show_tree = {
	.name = "tree",
	.args = "[CGROUP] [effective]",
	.help = "Programs of all cgroups, or of one and those below it.\n",
	.nothing = "no cgroup has programs",
	.run = run_tree,
};
