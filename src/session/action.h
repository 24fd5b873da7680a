/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What events ask for: each record of the ring names an action of the script, which is carried out here. */
#ifndef SESSION_ACTION_H
#define SESSION_ACTION_H

#include <signal.h>

#include "session/format.h"
#include "session/map.h"
#include "session/session.h"

struct actions {
	struct arena *arena;
	const struct script *script;
	const struct session_options *opts;
	struct values *values;
	struct maps *maps;
	struct out *out, *notes;
	struct diag *d;
	const sigset_t
		*child_mask;    /* the signal mask that commands of system() get; NULL: as it is */
	struct format *formats; /* one an action */
	bool *of_end;           /* one an action: only its clause is an END clause, or may be one */
	struct buf scratch;
	u32 max_cat;   /* bytes */
	bool ending;   /* only events of END clauses count any more */
	size_t budget; /* bytes of records that are still looked at; at first without end */
	u64 damaged;   /* records that did not fit their action */
	bool exited;   /* exit() came */
	int exit_code;
	int error; /* -errno of an action that cannot be carried out; said in d */
};

/* Compiles the formats and checks what the actions refer to. -EINVAL with a message. The structs it is given
 * must outlive it. */
int actions_init(struct actions *a, struct arena *arena, struct values *values, struct maps *maps,
		 const struct session_options *opts, struct out *out, struct out *notes,
		 struct diag *d);
void actions_done(struct actions *a);
/* An engine_event_fn; arg is the struct actions. Non-zero once no further events are wanted. */
int actions_event(void *arg, const void *data, size_t len);

/* Shows a line that is not a result, after the results so far. */
void action_note(struct actions *a, struct loc loc, const char *level, const char *text);

#endif
