/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_MAP_MAP_H
#define CMD_MAP_MAP_H

int cmd_map(int argc, char **argv); /* skep map; returns the exit code */

#endif
