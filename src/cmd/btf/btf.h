/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep btf: the types of the kernel, its modules, programs, maps and files. */
#ifndef CMD_BTF_BTF_H
#define CMD_BTF_BTF_H

int cmd_btf(int argc, char **argv);

#endif
