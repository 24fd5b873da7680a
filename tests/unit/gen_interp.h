/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the intermediate form as it stands: what it means, for comparison with what is made of it. */
#ifndef UNIT_GEN_INTERP_H
#define UNIT_GEN_INTERP_H

#include "gen/ir.h"
#include "unit/gen_world.h"

/* What the function returns; w->fault is set if it got no further. */
u64 gen_interp_run(const struct ir_func *f, struct world *w);

#endif
