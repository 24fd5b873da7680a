/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the BPF instructions that gen emits, with the machine at its most hostile: calls leave nothing in
 * r1 to r5, and a register that was not written may not be read.
 */
#ifndef UNIT_GEN_EMUL_H
#define UNIT_GEN_EMUL_H

#include "object/object.h"
#include "unit/gen_world.h"

/* What the function returns; w->fault is set if it got no further. */
u64 emul_run(const struct object_func *f, struct world *w);

#endif
