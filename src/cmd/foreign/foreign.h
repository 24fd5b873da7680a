/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `skep run` of BPF C, and of objects that are no script's: the room host does it, here is the command around it. */
#ifndef CMD_FOREIGN_FOREIGN_H
#define CMD_FOREIGN_FOREIGN_H

#include "base/opt.h"

/* Whether the file is one for this command: C by its name, or an ELF file without the section of scripts. */
bool foreign_is_meant(const char *path);
extern const struct opt foreign_options[];
extern const size_t foreign_option_count;

int foreign_main(int argc, char **argv); /* an exit code */

#endif
