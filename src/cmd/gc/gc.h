/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_GC_GC_H
#define CMD_GC_GC_H

int cmd_gc(int argc, char **argv);

#endif
