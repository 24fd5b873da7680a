/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel engine: libbpf and bpf(2). */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "engine/engine.h"

extern const struct engine_ops kernel_engine;

/* Why BPF cannot be used here in one sentence (no root, lockdown, not built in), or NULL if it can. */
const char *kernel_unavailable(void);

#endif
