/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of a script's object on an engine, from loading to the last map printed: attaches, runs BEGIN,
 * acts on events, drives intervals and signals, ends with END and the maps.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "base/out.h"
#include "engine/engine.h"

struct session_options {
	bool quiet; /* -q: no banner, no "lost" notes unless something was lost */
	bool verbose;
	bool unsafe;                 /* system() may run */
	bool dry_run;                /* load and attach, then end without printing maps */
	const char *command;         /* -c: run and traced; NULL if none */
	u32 pid;                     /* -p: end when it does; 0 if none */
	struct session_child *child; /* the command of -c, started and held back; see child.h */
};

struct session_result {
	int exit_code; /* of exit(code), otherwise 0 */
	u64 lost_events;
};

/* Runs to the end. 0 or -errno with messages in d. Results go to out, banner and notes to stderr by `notes`. */
int session_run(const struct engine_ops *ops, const void *elf, size_t len, struct script *script,
		const struct session_options *opts, struct out *out, struct out *notes,
		struct session_result *result, struct diag *d);

#endif
