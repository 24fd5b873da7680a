/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as text: the kernel's nanoseconds as dates of this machine. */
#ifndef SESSION_CLOCK_H
#define SESSION_CLOCK_H

#include "base/buf.h"

/*
 * strftime for a time of a kernel clock (CLOCK_BOOTTIME, also if 0; CLOCK_MONOTONIC; CLOCK_TAI), in local
 * time. Besides strftime's: %f microseconds, %k nanoseconds, %l milliseconds of the second. "(?)" if the
 * result is too long.
 */
void clock_format(struct buf *b, const char *format, u64 ns, u32 clock);
/* strftime for now, as it is. */
void clock_now(struct buf *b, const char *format);

#endif
