/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching a program of a script to its targets, each kind in its way. */
#ifndef KERNEL_ATTACH_H
#define KERNEL_ATTACH_H

#include "kernel/instance.h"

/* As engine_ops.attach. */
int attach_program(void *e, u32 program, u32 *attached, struct diag *d);
/* Makes room for descriptors of all targets, as far as the hard limit allows. */
void attach_prepare(struct instance *k);

#endif
