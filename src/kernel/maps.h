/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map verbs of struct engine_ops, over bpf(2): one system call each, nothing allocated. */
#ifndef KERNEL_MAPS_H
#define KERNEL_MAPS_H

#include "kernel/instance.h"

/* Finds what load made: the event ring, the variables, the stack map. 0 or -errno. */
int maps_adopt(struct instance *k);
void maps_release(struct instance *k);

int maps_open(void *e, const char *name);
int maps_next(void *e, int map, const void *key, void *next);
int maps_lookup(void *e, int map, const void *key, void *value);
int maps_update(void *e, int map, const void *key, const void *value);
int maps_delete(void *e, int map, const void *key);
u32 maps_cpu_count(void *e);
u8 *maps_bss(void *e, size_t *size);
int maps_stack(void *e, s64 id, u64 *addrs, u32 max);

#endif
