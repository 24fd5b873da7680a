/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are members of the kernel's structs of operations, and what programs may write in structs of the kernel. */
#ifndef VERIFY_OPS_H
#define VERIFY_OPS_H

#include "verify/engine.h"

/* What the kernel hands over as an argument; a number where its types do not tell. */
bool ops_argument(struct engine *e, u32 arg, struct access a, struct reg *out);
/* Whether these bytes of a struct of the kernel may be written by this program. */
bool ops_may_write(const struct engine *e, const struct reg *p, struct access a);

#endif
