/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep net attach, detach: without a link, so that it stays when skep has ended, until it is detached. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/net/show.h"
#include "cmd/noun/json.h"
#include "cmd/noun/select.h"
#include "inspect/netattach.h"
#include "isa/prog_type.h"

static const struct kind {
	const char *name;
	bool is_xdp;
	u32 at; /* XDP: the mode; else the attach type */
} kinds[] = {
	{ "xdp", true, 0 },
	{ "xdpgeneric", true, XDP_FLAGS_SKB_MODE },
	{ "xdpdrv", true, XDP_FLAGS_DRV_MODE },
	{ "xdpoffload", true, XDP_FLAGS_HW_MODE },
	{ "tcx_ingress", false, AT_TCX_INGRESS },
	{ "tcx_egress", false, AT_TCX_EGRESS },
	{ "netkit_primary", false, AT_NETKIT_PRIMARY },
	{ "netkit_peer", false, AT_NETKIT_PEER },
};

static int take_kind(struct noun_args *a, const struct kind **out)
{
	struct nearest near;
	const char *word;
	int err = noun_need(a, "where to", &word);

	if (err)
		return err;
	near = nearest_to(word);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, word)) {
			*out = &kinds[i];
			return 0;
		}
		nearest_try(&near, kinds[i].name);
	}
	noun_usage(a, "unknown place '%s' for a program", word);
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(a->diag, "places are xdp, xdpgeneric, xdpdrv, xdpoffload, tcx_ingress, "
				   "tcx_egress, netkit_primary, netkit_peer");
	return -EINVAL;
}

static int take_device(struct noun_args *a, const char **name, u32 *index)
{
	int err;

	if (!noun_take(a, "dev"))
		return noun_usage(a, "the interface is missing: 'dev NAME'");
	err = noun_need(a, "the interface", name);
	if (err)
		return err;
	*index = if_nametoindex(*name);
	if (!*index)
		return diag_error(a->diag, LOC_NONE, "there is no interface '%s' here", *name);
	return 0;
}

static int explain(struct noun_args *a, int err, const struct kind *k, const char *dev)
{
	diag_errno(a->diag, -err, "cannot attach it to %s of %s", k->name, dev);
	if (k->is_xdp && (err == -EBUSY || err == -EEXIST))
		diag_hint(a->diag,
			  "there is a program already: 'overwrite' replaces it, but one of a "
			  "link or of another mode stays");
	else if (k->is_xdp && err == -EOPNOTSUPP)
		diag_hint(a->diag, "the driver may not be able to: 'xdpgeneric' works with all");
	else if (!k->is_xdp && err == -EEXIST)
		diag_hint(a->diag, "the program is attached there already");
	else if (err == -EINVAL)
		diag_hint(a->diag, "the program's type may be another one, or the kernel too old");
	return err;
}

static int run_attach(struct noun_args *a)
{
	const struct kind *k;
	const char *dev;
	bool is_overwriting = false;
	u32 index, id;
	int prog, err = take_kind(a, &k);

	if (err)
		return err;
	prog = noun_select_one(a, HANDLE_PROG, &id);
	if (prog < 0)
		return prog;
	err = take_device(a, &dev, &index);
	if (!err && k->is_xdp)
		is_overwriting = noun_take(a, "overwrite");
	if (!err)
		err = noun_end(a);
	if (!err) {
		err = k->is_xdp ? netattach_xdp(index, prog, k->at, is_overwriting)
				: netattach_prog(index, prog, k->at, 0);
		if (err)
			explain(a, err, k, dev);
	}
	close(prog);
	if (!err)
		noun_json_done(a->out);
	return err;
}

/* Of XDP there is one; of the others several, so one has to be named if there are. */
static int detach(struct noun_args *a, const struct kind *k, const char *dev, u32 index, int prog)
{
	int err = k->is_xdp ? netattach_xdp(index, -1, k->at, false)
			    : netattach_detach_prog(index, prog, k->at);

	if (!err)
		return 0;
	diag_errno(a->diag, -err, "cannot detach from %s of %s", k->name, dev);
	if (err == -EBUSY || err == -EINVAL)
		diag_hint(a->diag,
			  "it may be attached by a link: 'skep net show dev %s' tells, and "
			  "'skep link detach' detaches it",
			  dev);
	else if (err == -ENOENT)
		diag_hint(a->diag, "there is no such program attached");
	return err;
}

static int run_detach(struct noun_args *a)
{
	const struct kind *k;
	const char *dev, *next;
	u32 index, id;
	int prog = -1, err = take_kind(a, &k);

	if (err)
		return err;
	next = noun_peek(a);
	if (!k->is_xdp && next && strcmp(next, "dev") != 0) {
		prog = noun_select_one(a, HANDLE_PROG, &id);
		if (prog < 0)
			return prog;
	}
	err = take_device(a, &dev, &index);
	if (!err)
		err = noun_end(a);
	if (!err)
		err = detach(a, k, dev, index, prog);
	if (prog >= 0)
		close(prog);
	if (!err)
		noun_json_done(a->out);
	return err;
}

const struct noun_verb net_attach = {
	.name = "attach",
	.args = "KIND PROG dev NAME [overwrite]",
	.help = "Attach a program to an interface, until it is detached.\n\n"
		"KIND is xdp (the kernel chooses the mode), xdpgeneric, xdpdrv, xdpoffload,\n"
		"tcx_ingress, tcx_egress, netkit_primary or netkit_peer; PROG is 'id ID', 'name "
		"NAME',\n"
		"'tag TAG' or 'pinned PATH'. With 'overwrite' XDP replaces what is there.\n",
	.run = run_attach,
};

const struct noun_verb net_detach = {
	.name = "detach",
	.args = "KIND [PROG] dev NAME",
	.help = "Detach a program from an interface.\n\n"
		"KIND as for attach. Of tcx and netkit the program can be named, where there are\n"
		"several; else it is the last one.\n",
	.run = run_detach,
};
