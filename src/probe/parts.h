/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe's name cut at its colons, and the numbers in it:
 *
 *	uprobe:"/opt/a:b/prog":"operator+"+8   ->   uprobe | /opt/a:b/prog | operator++8
 *
 * Quotes keep colons together and are taken away. Each part knows its place in the script.
 */
#ifndef PROBE_PARTS_H
#define PROBE_PARTS_H

#include "base/diag.h"

#define PARTS_MAX 6
#define PARTS_MAX_TEXT 8192 /* bytes of a whole name */

struct part {
	char *text;
	size_t quoted; /* bytes up to the end of what was quoted: a '+' in there starts no offset */
	struct loc loc;
};

struct parts {
	struct part at[PARTS_MAX];
	u32 n; /* at least 1 */
	struct loc loc;
};

/* 0, or -EINVAL with a message in d. */
int parts_split(struct arena *a, const char *text, struct loc loc, struct parts *out,
		struct diag *d);

/* Cuts "+OFFSET" off the end of a part; *offset is 0 and *has false if there is none. */
int parts_cut_offset(struct part *p, u64 *offset, bool *has, struct diag *d);

/* 99, 0x10, 1e6, 1_000. */
bool parts_number(const char *s, u64 *out);
/* A number with ns, us, ms, s, m, h or d behind it; without: nanoseconds. */
bool parts_duration(const char *s, u64 *ns);

#endif
