/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine of arrays, so that sessions can be tested without a kernel: maps hold what a test puts in, and
 * running a program calls the test's function, which may push records into the ring.
 */
#ifndef UNIT_SESSION_FAKE_H
#define UNIT_SESSION_FAKE_H

#include "base/out.h"
#include "engine/engine.h"
#include "session/session.h"

enum { FAKE_MAPS = 8, FAKE_ENTRIES = 64, FAKE_CPUS = 2 };

struct fake_map {
	const char *name;
	u32 key_size, value_size; /* value: of all CPUs */
	u32 count;
	u8 keys[FAKE_ENTRIES][64];
	u8 *values[FAKE_ENTRIES]; /* malloc'ed */
};

struct fake {
	struct fake_map maps[FAKE_MAPS];
	u32 map_count;
	u64 bss[64];
	u64 stacks[4][8]; /* by id; ends at 0 */
	struct buf ring;  /* { u32 len; record } one after the other */
	size_t consumed;  /* bytes of ring */
	int fd;           /* an eventfd */
	u32 attached, quiesced, detached;
	void (*on_run)(struct fake *f, u32 program);
	void *arg;
	/* What a session gets. */
	struct arena arena;
	struct script script;
	struct diag d;
	struct session_options opts;
	struct session_result result;
	bool json;
	struct buf out, notes; /* what it wrote */
};

extern const struct engine_ops fake_engine;

void fake_init(struct fake *f);
void fake_done(struct fake *f);
struct fake_map *fake_map(struct fake *f, const char *name, u32 key_size, u32 value_size);
void fake_put(struct fake_map *m, const void *key, const void *value);
/* A record: the header for an action of the script, then len bytes. */
void fake_event(struct fake *f, u32 action, const void *payload, size_t len);

/* Parts of a script. */
struct script_action *fake_action(struct fake *f, enum script_action_kind kind, const char *text,
				  u32 size);
void fake_arg(struct fake *f, struct script_action *a, const struct type *type, u32 offset);
struct script_map *fake_script_map(struct fake *f, const char *name, const char *bpf_name,
				   const struct type *key, const struct type *value, bool per_cpu);
/* A program with one target of its own. */
struct script_program *fake_program(struct fake *f, enum attach kind, const char *name);

/* Runs a session; what it wrote is in f->out and f->notes. Returns what session_run returned. */
int fake_run(struct fake *f);
/* What a function writes to an out, as text; the buffer is the caller's. */
void fake_capture(struct buf *text, bool json, void (*fn)(struct out *o, void *arg), void *arg);

#endif
