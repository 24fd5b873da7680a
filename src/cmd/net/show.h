/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep net: what the network has of programs, and attaching them there. */
#ifndef CMD_NET_SHOW_H
#define CMD_NET_SHOW_H

#include "cmd/noun/noun.h"
#include "inspect/nethook.h"

extern const struct noun_verb net_show, net_attach, net_detach;

/* "driver", "generic", "offload". */
const char *net_show_mode(u32 mode);

#endif
