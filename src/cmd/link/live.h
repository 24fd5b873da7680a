/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep link, of links that are in the kernel. */
#ifndef CMD_LINK_LIVE_H
#define CMD_LINK_LIVE_H

#include "cmd/noun/noun.h"

extern const struct noun link_live;
extern const struct noun_verb link_show, link_tree, link_detach, link_pin;

#endif
