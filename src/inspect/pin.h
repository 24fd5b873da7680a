/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins: names in a file system of type bpf, which keep an object when no process holds it. */
#ifndef INSPECT_PIN_H
#define INSPECT_PIN_H

#include "base/diag.h"

/* Whether the path is, or would be made, in a file system of type bpf. */
bool pin_is_place(const char *path);
/* Pins what the descriptor stands for at a path that is not there yet. 0 or -errno, reported. */
int pin_make(int fd, const char *path, struct diag *d);

#endif
