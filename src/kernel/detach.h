/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking everything off, fast. */
#ifndef KERNEL_DETACH_H
#define KERNEL_DETACH_H

#include "kernel/instance.h"

/* When this returns no program runs any more by itself, nearly always: see struct engine_ops.quiesce. */
void detach_begin(struct instance *k);
/* When this returns no program is attached any more. */
void detach_all(struct instance *k);

#endif
