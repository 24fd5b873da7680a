/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching and detaching; how programs are shown is in cgroup_show.c. */
#include "cmd/cgroup/cgroup.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/noun/json.h"
#include "cmd/noun/select.h"
#include "inspect/cgroupprog.h"
#include "inspect/netattach.h"
#include "isa/prog_type.h"

/* What both verbs take: CGROUP TYPE PROG. */
struct target {
	const char *name, *path;
	int cgroup, prog;
	u32 type, prog_id;
};

static int take_type(struct noun_args *a, u32 *type)
{
	struct nearest near;
	const char *word;
	s32 found;
	int err = noun_need(a, "how to attach", &word);

	if (err)
		return err;
	found = cgroupprog_find_type(word);
	*type = (u32)found;
	if (found >= 0)
		return 0;
	near = nearest_to(word);
	for (u32 i = 0; i < AT_COUNT; i++)
		if (cgroupprog_is_type(i)) {
			nearest_try(&near, attach_type_name(i));
			nearest_try(&near, cgroupprog_short_name(a->arena, i));
		}
	noun_usage(a, "programs of cgroups do not attach to '%s'", word);
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(a->diag, "'skep cgroup attach --help' lists what they attach to");
	return -EINVAL;
}

static int take_target(struct noun_args *a, struct target *t)
{
	int err = noun_need(a, "the cgroup", &t->name);

	t->cgroup = t->prog = -1;
	if (!err)
		err = take_type(a, &t->type);
	if (err)
		return err;
	t->cgroup = cgroupprog_open(a->arena, t->name, &t->path, a->diag);
	if (t->cgroup < 0)
		return t->cgroup;
	t->prog = noun_select_one(a, HANDLE_PROG, &t->prog_id);
	return t->prog < 0 ? t->prog : 0;
}

static void drop_target(const struct target *t)
{
	if (t->cgroup >= 0)
		close(t->cgroup);
	if (t->prog >= 0)
		close(t->prog);
}

static int attach(struct noun_args *a, const struct target *t, u32 flags)
{
	int err = netattach_prog((u32)t->cgroup, t->prog, t->type, flags);

	if (!err)
		return 0;
	diag_errno(a->diag, -err, "cannot attach program %u to %s of %s", t->prog_id,
		   attach_type_name(t->type), t->path);
	if (err == -EPERM)
		diag_hint(a->diag,
			  "this needs root; a program that allows no others, or others "
			  "attached otherwise, may be there or above: 'multi' goes with 'multi' "
			  "only");
	else if (err == -EINVAL)
		diag_hint(a->diag,
			  "the program may be made for something else, or be attached there "
			  "already");
	return err;
}

static int run_attach(struct noun_args *a)
{
	struct target t;
	u32 flags = 0;
	int err = take_target(a, &t);

	while (!err && a->at < a->count) {
		if (noun_take(a, "multi"))
			flags |= BPF_F_ALLOW_MULTI;
		else if (noun_take(a, "override"))
			flags |= BPF_F_ALLOW_OVERRIDE;
		else
			err = noun_end(a);
	}
	if (!err && flags == (BPF_F_ALLOW_MULTI | BPF_F_ALLOW_OVERRIDE))
		err = noun_usage(a, "'multi' and 'override' do not go together");
	if (!err)
		err = attach(a, &t, flags);
	drop_target(&t);
	if (!err)
		noun_json_done(a->out);
	return err;
}

static int run_detach(struct noun_args *a)
{
	struct target t;
	int err = take_target(a, &t);

	if (!err)
		err = noun_end(a);
	if (!err) {
		err = netattach_detach_prog((u32)t.cgroup, t.prog, t.type);
		if (err)
			diag_errno(a->diag, -err, "cannot detach program %u from %s of %s",
				   t.prog_id, attach_type_name(t.type), t.path);
		if (err == -ENOENT)
			diag_hint(a->diag,
				  "it is not attached there, or by a link, which 'skep link "
				  "detach' detaches");
	}
	drop_target(&t);
	if (!err)
		noun_json_done(a->out);
	return err;
}

static const struct noun_verb cgroup_attach = {
	.name = "attach",
	.args = "CGROUP TYPE PROG [multi|override]",
	.help = "Attach a program to a cgroup, until it is detached.\n\n"
		"CGROUP is a folder, whose beginning, where the tree is mounted, can be left out. "
		"PROG\n"
		"is 'id ID', 'name NAME', 'tag TAG' or 'pinned PATH'. TYPE is ingress, egress,\n"
		"sock_create, sock_release, sock_ops, device, bind4, bind6, post_bind4, "
		"post_bind6,\n"
		"connect4, connect6, getpeername4, getpeername6, getsockname4, getsockname6, "
		"sendmsg4,\n"
		"sendmsg6, recvmsg4, recvmsg6, unix_connect, unix_sendmsg, unix_recvmsg,\n"
		"unix_getpeername, unix_getsockname, sysctl, getsockopt, setsockopt, lsm_cgroup, "
		"or as\n"
		"bpf(2) calls these.\n"
		"With 'multi' programs of cgroups below run as well; with 'override' instead of "
		"it;\n"
		"else there cannot be any.\n",
	.run = run_attach,
};

static const struct noun_verb cgroup_detach = {
	.name = "detach",
	.args = "CGROUP TYPE PROG",
	.help = "Detach a program from a cgroup.\n\n"
		"CGROUP, TYPE and PROG as for attach.\n",
	.run = run_detach,
};

static const struct noun_verb *const verbs[] = { &cgroup_show, &cgroup_show_tree, &cgroup_attach,
						 &cgroup_detach };

static const struct noun cgroup = {
	.name = "cgroup",
	.brief = "Programs of cgroups (of version 2)",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

int cmd_cgroup(int argc, char **argv)
{
	return noun_run(&cgroup, argc, argv);
}
