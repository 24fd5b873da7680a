/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an instruction of a program to the script's text. */
#ifndef KERNEL_PLACE_H
#define KERNEL_PLACE_H

#include "kernel/instance.h"

/* By the object's own line info, for instruction `insn` of the main function `func`, as the kernel numbers
 * them. LOC_NONE if it is not told. */
struct loc place_of_insn(const struct instance *k, const char *func, u32 insn);
/* A whole line of the script by number (from 1); LOC_NONE if there is none. */
struct loc place_of_line(const struct script *s, u32 line);
/* The first line whose text is the given one, blanks at both ends aside. */
struct loc place_of_text(const struct script *s, const char *text, size_t len);

#endif
