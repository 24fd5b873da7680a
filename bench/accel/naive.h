/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The redirect that everybody writes first: what skep has to be better than. */
#ifndef BENCH_ACCEL_NAIVE_H
#define BENCH_ACCEL_NAIVE_H

/* Attaches it to the cgroup, says so, and stays until it is killed. The exit code where that fails. */
int naive_hold(const char *cgroup);

#endif
