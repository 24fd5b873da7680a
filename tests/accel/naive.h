/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The redirect that everybody writes first: what skep has to be better than. See naive.bpf.c. */
#ifndef ACCEL_NAIVE_H
#define ACCEL_NAIVE_H

#include "accel/test.h"

struct naive;

struct naive *naive_new(void);
void naive_free(struct naive *n);
/* Loads it and attaches it to the cgroup; 0, or -1 with the reason. Once it is off it may be turned on again. */
int naive_on(struct naive *n, const char *cgroup, char *why, size_t size);
/* Detaches, deletes what is in the map, and unloads. */
void naive_off(struct naive *n);
/* Redirects no more until it is to again; sockets stay in the map. */
void naive_pause(struct naive *n, bool is_paused);
u64 naive_redirected(const struct naive *n);

#endif
