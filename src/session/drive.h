/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What drives a session while it lives; shared by session.c and drive.c. */
#ifndef SESSION_DRIVE_H
#define SESSION_DRIVE_H

#include <time.h>

#include "base/loop.h"
#include "session/action.h"
#include "session/loss.h"

struct session {
	const struct engine_ops *ops;
	void *engine;
	const struct script *script;
	const struct session_options *opts;
	struct out *out, *notes;
	struct diag *d;
	struct loop *loop;
	struct arena arena;
	struct values values;
	struct maps maps;
	struct actions actions;
	struct losses losses;
	u64 turn;      /* when the events' began, ns */
	u32 events;    /* so far */
	u32 attached;  /* probes in all */
	bool has_more; /* something will happen after BEGIN */
	int pidfd;     /* of -p; -1: none */
};

u64 drive_now(clockid_t clock); /* ns */

/* Makes the loop, with all but the intervals. */
int drive_set_up(struct session *s);
int drive_add_intervals(struct session *s);
/* A loop_run callback, for before it waits. */
void drive_on_idle(void *arg);

/* Acts on the events in the ring; while there is a loop only for some milliseconds, so that it gets its turn. */
void drive_consume(struct session *s);
/* exit() came, or it cannot go on. */
bool drive_is_over(const struct session *s);
/* Runs all programs of a kind, in the script's order. */
int drive_run_all(struct session *s, enum attach kind);
/* Whether programs of this kind are run by the session. */
bool drive_is_internal(enum attach kind);

#endif
