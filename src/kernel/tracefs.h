/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event numbers out of tracefs. */
#ifndef KERNEL_TRACEFS_H
#define KERNEL_TRACEFS_H

#include "kernel/instance.h"

/* The number of a tracepoint for perf_event_open(2). -ENOENT: no such event; -ENODEV: no tracefs here. */
int tracefs_event_id(struct instance *k, const char *category, const char *event);

#endif
