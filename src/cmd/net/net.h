/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_NET_NET_H
#define CMD_NET_NET_H

int cmd_net(int argc, char **argv);

#endif
