/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine that runs an object: the kernel, or skep's own machine. Whoever runs a script sees only this.
 *
 *	open -> load -> attach ... -> poll events, read maps ... -> detach -> close
 *
 * Functions return 0 or -errno; those that take a diag have said why.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/diag.h"
#include "object/script.h"

struct engine_options {
	bool verbose;  /* keep the verifier's whole log */
	u32 log_size;  /* verifier log, bytes; 0: default */
	u32 ring_size; /* event ring, bytes, a power of two; 0: as the object says */
};

/* A record of the event ring. Returns non-zero to stop consuming. */
typedef int (*engine_event_fn)(void *arg, const void *data, size_t len);

struct engine_ops {
	const char *name;
	/* Makes an engine from the bytes of an ELF object, which must stay valid until load. */
	int (*open)(const void *elf, size_t len, const struct script *script,
		    const struct engine_options *opts, struct diag *d, void **out);
	int (*load)(void *e, struct diag *d);
	/* Attaches program i of the script to all of its targets. *attached counts them. Targets that do not exist
	 * any more are warnings unless none is left. */
	int (*attach)(void *e, u32 program, u32 *attached, struct diag *d);
	/* Runs program i once, now (BEGIN, END, interval, signals). */
	int (*run)(void *e, u32 program);
	int (*events_fd)(void *e); /* readable when events wait; -1 if the object has no ring */
	/* Hands over what is in the ring; number consumed or -errno. */
	int (*events_consume)(void *e, engine_event_fn fn, void *arg);

	/* Maps by BPF name; -ENOENT if there is none. Values of per-CPU maps are value_size rounded up to 8,
	 * times cpu_count. */
	int (*map_open)(void *e, const char *name); /* a handle, or -errno */
	/* key NULL: the first; -ENOENT: the end. */
	int (*map_next)(void *e, int map, const void *key, void *next);
	int (*map_lookup)(void *e, int map, const void *key, void *value);
	int (*map_update)(void *e, int map, const void *key, const void *value);
	int (*map_delete)(void *e, int map, const void *key);
	u32 (*cpu_count)(void *e);
	u8 *(*bss)(void *e, size_t *size); /* the variables, live; NULL if there are none */
	/* Frames of a stack id: number of addresses written (at most max), or -errno. */
	int (*stack)(void *e, s64 id, u64 *addrs, u32 max);
	/* Stops all that is attached from firing and begins to detach it, without waiting for that: it takes a
	 * millisecond or two. run() and the maps go on working, and events_consume now waits for events that a
	 * program has begun to write. Once only, before detach. */
	void (*quiesce)(void *e);
	/* Detaches everything, or waits until what quiesce began is done. */
	void (*detach)(void *e);
	void (*close)(void *e);
};

#endif
