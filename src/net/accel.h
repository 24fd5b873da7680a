/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's half of accel: loads bpf/accel.bpf.c, pins it and takes it down again. Nothing of it keeps running:
 * what is pinned under ACCEL_DIR is all the state there is.
 *
 *	ACCEL_DIR/			committed by renaming a finished folder to it
 *		control socks ends ...	the maps, by their names in bpf/accel_maps.h
 *		kick			a program that `off` runs
 *		sockops setsockopt	links to the cgroup
 *
 * Functions return 0 or -errno and have then said why in the diag.
 */
#ifndef NET_ACCEL_H
#define NET_ACCEL_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/vec.h"
#include "bpf/accel.h"

#define ACCEL_DIR "/sys/fs/bpf/skep/accel"
#define ACCEL_DEFAULT_LIMIT (8ull << 20)
#define ACCEL_DEFAULT_SMALL (16ull << 10)

/* How a program may use its sockets. */
enum accel_blocking {
	ACCEL_BLOCKING_UNSET, /* yes */
	ACCEL_BLOCKING_YES,
	ACCEL_BLOCKING_NO, /* only non-blocking sockets are redirected */
};

struct accel_config {
	const char *cgroup; /* a folder of the cgroup v2 tree; NULL: all of the machine */
	vec_of(u16) ports;  /* empty: all */
	vec_of(struct accel_cidr) cidrs; /* empty: all */
	vec_of(u32) uids;                /* empty: all */
	vec_of(const char *) excluded;   /* names of programs, added to the usual ones */
	bool no_default_excluded;
	enum accel_blocking blocking;
	u64 limit;  /* bytes a direction; 0: ACCEL_DEFAULT_LIMIT */
	u64 budget; /* bytes a cgroup; 0: half of what TCP may use before it feels pressure */
	u64 small; /* bytes of a write below which a one-way stream is left to TCP; 0: ACCEL_DEFAULT_SMALL */
};

/* Calls fn with arg within each network namespace of this machine. */
typedef void (*accel_everywhere)(void (*fn)(void *arg), void *arg);

/* Turns it on. Already on with the same version: -EALREADY; what is left of one that was killed is cleared away first. */
int accel_on(const struct accel_config *config, accel_everywhere everywhere, struct diag *d);

struct accel_left {      /* why `off` is not done */
	u32 connections; /* ends whose readers have not taken what is theirs */
};
/*
 * Turns it off: nobody enters, all go back to TCP, those that are quiet are taken out, their options are put back, and when
 * none is left the pins go. Waits at most timeout_ms for readers; then -EBUSY with *left, and a later call goes on. Not
 * on: -ENOENT. verified: the ids of the maps are gone from the kernel.
 */
int accel_off(u32 timeout_ms, accel_everywhere everywhere, struct accel_left *left, struct diag *d);
int accel_pause(bool paused, struct diag *d);

enum { ACCEL_FD_CONTROL, ACCEL_FD_ENDS, ACCEL_FD_COUNTERS, ACCEL_FD_KICK, ACCEL_FDS };

/* What is pinned, opened to be looked at. */
struct accel_view {
	struct accel_control *control; /* live, mapped; writable */
	int fds[ACCEL_FDS];            /* internal */
	char *cgroup; /* path of the cgroup it is attached to; "" if that is gone */
	u32 abi;
};
int accel_open(struct accel_view *v, struct diag *d); /* -ENOENT: not on */
void accel_done(struct accel_view *v);
/* Sums over the CPUs. */
int accel_read_totals(const struct accel_view *v, struct accel_totals *out);

struct accel_end_row {
	u64 cookie;
	struct accel_end end;
};
typedef vec_of(struct accel_end_row) accel_rows;
/* All ends, in no order; connections that come and go meanwhile may be in it or not. */
int accel_read_ends(const struct accel_view *v, struct arena *a, accel_rows *out);
/* A descriptor of a map by its name in bpf/accel_maps.h, for tap; -errno. */
int accel_map(const struct accel_view *v, const char *name);

extern const char *const accel_counter_names[ACCEL_COUNTERS];
extern const char *const accel_counter_texts[ACCEL_COUNTERS];
extern const char *const accel_reason_names[ACCEL_REASONS]; /* as in bpf/accel.def, lower case */
extern const char *const accel_reason_texts[ACCEL_REASONS];

#endif
