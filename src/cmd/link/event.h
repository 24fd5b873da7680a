/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a perf event is, by the numbers that a link tells of it. */
#ifndef CMD_LINK_EVENT_H
#define CMD_LINK_EVENT_H

#include "base/arena.h"

struct link_event_name {
	const char *type;   /* "software", or as sysfs has it ("msr"); NULL if it has no name */
	const char *config; /* "cpu-clock"; NULL likewise */
};

/* Names live in the arena. */
struct link_event_name link_event_names(struct arena *a, u32 type, u64 config);

#endif
