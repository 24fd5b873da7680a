/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep disasm: the instructions of an object's programs between the source lines that they come from. */
#ifndef CMD_DISASM_DISASM_H
#define CMD_DISASM_DISASM_H

int cmd_disasm(int argc, char **argv); /* an exit code */

#endif
