/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `skep accel probe` looks for, the script that looks for it, and what that one says in the end. */
#ifndef CMD_ACCEL_PROBE_SCRIPT_H
#define CMD_ACCEL_PROBE_SCRIPT_H

#include "base/buf.h"
#include "base/vec.h"

#define PROBE_MAX_FINDINGS 32
#define PROBE_COMM 16
#define PROBE_OLD 0 /* the finding that a program has 32 bits */

/* Something that a program does which accel changes. */
struct probe_finding {
	const char *name; /* in JSON */
	bool is_unsafe;   /* else a note */
	const char *what; /* "splices from a TCP socket" */
	const char *why;
	/* Where it is seen: names of system calls, or of whole probes with their colons; the descriptor that has
	 * to be a TCP socket, NULL if none; a condition; one about $file and its $sk. */
	const char *events, *fd, *when, *also;
};
extern const struct probe_finding probe_findings[];
extern const size_t probe_finding_count;

struct probe_sight {
	size_t finding; /* index into probe_findings */
	u32 pid;
	u64 count;
	char comm[PROBE_COMM]; /* of the thread */
};

/* A thread that sends or listens, by which accel tells programs apart. */
struct probe_speaker {
	u32 pid;
	char comm[PROBE_COMM];
};

struct probe_traffic {
	u64 opened, accepted; /* connections */
	u64 sends, sent;      /* calls that did something, and their bytes */
	u64 receives, received;
};

struct probe_report {
	vec_of(struct probe_sight) sights;
	vec_of(struct probe_speaker) speakers;
	struct probe_traffic traffic;
};

/* Writes the script for those processes and all that they fork. seconds: 0, or when it is to end at the latest. */
void probe_script(struct buf *to, const u32 *pids, size_t n, u32 seconds);
/* Adds what the script printed, which is changed. */
void probe_read(struct arena *a, char *text, struct probe_report *to);
/* The bytes of a thread's name that a terminal would act on become '?'. */
void probe_take_comm(char to[PROBE_COMM], const char *from);

#endif
