/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_ITER_H
#define CMD_ITER_H

int cmd_iter(int argc, char **argv);

#endif
