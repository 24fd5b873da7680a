/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs print by bpf_printk() while they run in this thread. It comes through a perf event of the kernel's tracepoint, so
 * that nothing is taken from others who read trace_pipe, and nothing stays when the process dies.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include "base/int.h"

struct printk;

struct printk *printk_open(void);    /* NULL with errno: the tracepoint cannot be listened to */
void printk_close(struct printk *p); /* NULL is accepted */
/* Hands over the lines since the last time; the number that found no room. */
u64 printk_drain(struct printk *p, void (*fn)(void *arg, const char *line, size_t len), void *arg);

#endif
