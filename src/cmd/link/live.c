/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends or keeps a link; how links are shown is in link_show.c. */
#include "cmd/link/live.h"

#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "cmd/noun/json.h"
#include "cmd/noun/pin.h"
#include "cmd/noun/select.h"

static int detach(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = (u32)fd;
	return handle_call(BPF_LINK_DETACH, &attr, sizeof(attr));
}

static int run_detach(struct noun_args *a)
{
	u32 id;
	int fd = noun_select_one(a, HANDLE_LINK, &id), err;

	if (fd < 0)
		return fd;
	err = noun_end(a);
	if (!err) {
		err = detach(fd);
		if (err)
			diag_errno(a->diag, -err, "cannot detach link %u", id);
		if (err == -EOPNOTSUPP)
			diag_hint(a->diag,
				  "links of its kind are detached when nothing holds them any "
				  "more: 'skep link show %u' shows what does",
				  id);
	}
	close(fd);
	if (!err)
		noun_json_done(a->out);
	return err;
}

static int run_pin(struct noun_args *a)
{
	return noun_pin(a, HANDLE_LINK);
}

const struct noun_verb link_detach = {
	.name = "detach",
	.args = "LINK",
	.help = "Detach its program.\n\n"
		"LINK is 'id ID' or 'pinned PATH'. The link stays, without being attached to\n"
		"anything, until nothing holds it any more. Links of tracing kinds cannot be\n"
		"detached: those go when their last pin and descriptor go.\n",
	.run = run_detach,
};

const struct noun_verb link_pin = {
	.name = "pin",
	.args = "LINK PATH",
	.help = "Pin it, so that it stays when no process holds it.\n\n"
		"LINK is 'id ID' or 'pinned PATH'; PATH is below a file system of type bpf.\n",
	.run = run_pin,
};

static const struct noun_verb *const verbs[] = { &link_show, &link_tree, &link_detach, &link_pin };

const struct noun link_live = {
	.name = "link",
	.brief = "Links: what programs are attached to, and by whom.\n"
		 "With -o FILE it links objects instead: 'skep link OBJECT... -o FILE.bpf.o'",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};
