/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that does one thing over and over, so that a probe on it fires all the time. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <sys/types.h>

/*
 * Kinds: read (1 to 64 bytes from /dev/zero), open (opens and closes /dev/null), tcp (connects over
 * loopback and closes). Rests for that many microseconds in between; 0: never. The process, or -1.
 */
pid_t load_start(const char *kind, unsigned rest_us);
void load_stop(pid_t pid);

#endif
