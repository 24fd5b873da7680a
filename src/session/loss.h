/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did not arrive: the counters that a script's programs keep, told as they grow. */
#ifndef SESSION_LOSS_H
#define SESSION_LOSS_H

#include "session/action.h"

struct losses {
	struct actions *actions;
	u64 *seen;       /* of each counter: what was told already */
	u64 lost_events; /* in all */
};

void losses_init(struct losses *l, struct actions *actions, struct arena *arena);
/* Tells what is new since the last time; at the end also what is told only once. */
void losses_tell(struct losses *l, bool at_end);

/* Whether an exit() found the ring full: the run ends as if it had been read. */
bool losses_want_exit(const struct losses *l);

#endif
