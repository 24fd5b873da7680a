/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the intermediate form to BPF instructions with their relocations and lines. */
#ifndef GEN_EMIT_H
#define GEN_EMIT_H

#include "gen/ir.h"

#define EMIT_MAX_STACK 512 /* of a program's frames together; the kernel's limit */

/* Allocates registers and fills in out. 0 or -EINVAL (stack too deep, function too long) with a message.
 * *stack gets the bytes of stack that the function uses. */
int emit_func(const struct ir_func *f, struct object_func *out, u32 *stack, struct diag *d);

#endif
