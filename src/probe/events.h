/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's trace events as tracefs shows them. */
#ifndef PROBE_EVENTS_H
#define PROBE_EVENTS_H

#include "probe/probe.h"

/* Where tracefs is, mounted now if it is missing and that is allowed; NULL if there is none. */
const char *events_tracefs(struct probe_context *c);

/* Whether an event is there: 0, -ENOENT, -EACCES, or -ENODEV without tracefs. */
int events_check(struct probe_context *c, const char *category, const char *event);
/* Calls fn for each event that perf can open, until it returns false. 0 or -errno as above. */
int events_each(struct probe_context *c,
		bool (*fn)(void *arg, const char *category, const char *event), void *arg);

/* One field of an event's format. */
struct event_field {
	const char *decl; /* "const char * filename", "__data_loc char[] name" */
	u32 offset, size;
	bool is_signed;
};
/* Calls fn for each field but those common to all events. 0 or -errno. */
int events_format(struct probe_context *c, const char *category, const char *event,
		  void (*fn)(void *arg, const struct event_field *f), void *arg);

#endif
