/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are there whole or not at all. */
#ifndef BASE_SAVE_H
#define BASE_SAVE_H

#include "base/diag.h"

/* Writes another file beside it first, which then takes its place. 0 or -errno, reported. */
int save_file(const char *path, const void *data, size_t len, struct diag *d);

#endif
