/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/net/net.h"

#include "cmd/net/show.h"

static const struct noun_verb *const verbs[] = { &net_show, &net_attach, &net_detach };

static const struct noun net = {
	.name = "net",
	.brief = "Programs of the network: at interfaces, filters, the flow dissector, netfilter",
	.verbs = verbs,
	.n = ARRAY_SIZE(verbs),
};

int cmd_net(int argc, char **argv)
{
	return noun_run(&net, argc, argv);
}
