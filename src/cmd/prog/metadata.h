/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program says of itself: read-only variables whose names begin with bpf_metadata_. */
#ifndef CMD_PROG_METADATA_H
#define CMD_PROG_METADATA_H

#include "base/out.h"
#include "inspect/prog.h"

/* As a member "metadata" or as lines of text; nothing if there are none or they cannot be read. */
void prog_metadata_print(struct out *o, struct arena *a, const struct prog *p);

#endif
