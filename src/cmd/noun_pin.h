/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs `pin OBJECT PATH` and `unpin PATH` of each noun. */
#ifndef CMD_NOUN_PIN_H
#define CMD_NOUN_PIN_H

#include "cmd/noun.h"
#include "inspect/handle.h"

/* Both take their words; 0 or -errno, reported. */
int noun_pin(struct noun_args *a, enum handle_kind kind);
int noun_unpin(struct noun_args *a, enum handle_kind kind);

/* Pins what a descriptor stands for. 0 or -errno, reported. */
int noun_pin_fd(int fd, const char *path, struct diag *d);
/* JSON of commands that have nothing to tell: null, as bpftool's. */
void noun_print_done(struct noun_args *a);

#endif
