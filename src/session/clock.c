/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distance between two clocks is measured anew for every time that is shown: two vDSO calls cost less
 * than remembering it would, and a clock that was set meanwhile does no harm.
 */
#include "session/clock.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { CLOCK_TEXT = 1024, CLOCK_FORMAT = 4096 };

static s64 clock_ns(clockid_t id)
{
	struct timespec t = { 0, 0 };

	clock_gettime(id, &t);
	return (s64)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What has to be added to a time of the clock to get nanoseconds since 1970. */
static s64 clock_to_wall(u32 clock)
{
	clockid_t id =
		clock == CLOCK_MONOTONIC || clock == CLOCK_TAI ? (clockid_t)clock : CLOCK_BOOTTIME;

	return clock_ns(CLOCK_REALTIME) - clock_ns(id);
}

static void clock_strftime(struct buf *b, const char *format, time_t seconds)
{
	char text[CLOCK_TEXT];
	struct tm parts;

	if (!*format)
		return;
	if (localtime_r(&seconds, &parts) && strftime(text, sizeof(text), format, &parts))
		buf_puts(b, text);
	else
		buf_puts(b, "(?)");
}

/* The format with the parts of the second put in as digits. */
static void clock_expand(struct buf *b, const char *format, u32 ns)
{
	for (const char *s = format; *s && b->len < CLOCK_FORMAT; s++) {
		if (*s != '%' || !s[1]) {
			buf_putc(b, *s);
			continue;
		}
		s++;
		if (*s == 'f')
			buf_printf(b, "%06" PRIu32, ns / 1000);
		else if (*s == 'k')
			buf_printf(b, "%09" PRIu32, ns);
		else if (*s == 'l')
			buf_printf(b, "%03" PRIu32, ns / 1000000);
		else
			buf_printf(b, "%%%c", *s);
	}
}

void clock_format(struct buf *b, const char *format, u64 ns, u32 clock)
{
	s64 wall = (s64)(ns + (u64)clock_to_wall(clock));
	s64 seconds = wall / 1000000000, rest = wall % 1000000000;
	struct buf expanded = { 0 };

	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	clock_expand(&expanded, format, (u32)rest);
	clock_strftime(b, buf_str(&expanded), (time_t)seconds);
	buf_done(&expanded);
}

void clock_now(struct buf *b, const char *format)
{
	clock_strftime(b, format, (time_t)(clock_ns(CLOCK_REALTIME) / 1000000000));
}
