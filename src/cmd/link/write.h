/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several objects as one. They are opened as the machine would open them first, which tells what is wrong with them by name and
 * place; libbpf's linker then writes the object.
 */
#ifndef CMD_LINK_WRITE_H
#define CMD_LINK_WRITE_H

#include "base/diag.h"

enum { LINK_MAX_FILES = 256 };

/* Writes output, whole or not at all, from n files. 0 or -errno, reported. */
int link_write(struct arena *arena, struct diag *d, const char *output, const char *const *names,
	       size_t n);

#endif
