/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs `pin OBJECT PATH` and `unpin PATH` of each noun. */
#ifndef CMD_NOUN_PIN_H
#define CMD_NOUN_PIN_H

#include "cmd/noun/noun.h"
#include "inspect/handle.h"

/* Both take their words; 0 or -errno, reported. */
int noun_pin(struct noun_args *a, enum handle_kind kind);
int noun_unpin(struct noun_args *a, enum handle_kind kind);

#endif
