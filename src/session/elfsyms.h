/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of one ELF file by file offset. */
#ifndef SESSION_ELFSYMS_H
#define SESSION_ELFSYMS_H

#include "base/int.h"

struct elfsyms;

/* Reads the file and, where it has one, its debug file. NULL if it is no ELF file. Takes fd and closes it. */
struct elfsyms *elfsyms_new(int fd);
void elfsyms_free(struct elfsyms *e);
/* The function that holds the byte at a file offset, NULL if there is none. */
const char *elfsyms_find(const struct elfsyms *e, u64 file_offset, u64 *offset);

#endif
