/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small scripts, assembled by hand, on the kernel engine:
 *
 *	struct fixture f;
 *	fixture_init(&f);
 *	u32 p = fixture_program(&f, ATTACH_TRACEPOINT, false);
 *	fixture_target(&f, "syscalls", "sys_enter_getppid", 0);
 *	fixture_count(&f, p, 0);                    // *(u64 *)(.bss + 8 * 0) += 1, once per hit
 *	if (fixture_load(&f)) ...
 *	fixture_attach(&f, p);
 */
#ifndef UNIT_KERNEL_FIXTURE_H
#define UNIT_KERNEL_FIXTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "kernel/kernel.h"
#include "object/object.h"

#define FIXTURE_SLOTS 16u

struct fixture {
	struct arena arena;
	struct diag diag;
	struct object object;
	struct script script;
	struct buf elf;
	struct engine_options options;
	void *engine;
};

void fixture_init(struct fixture *f);
void fixture_done(struct fixture *f); /* detaches and closes, too */

/* A map with 8-byte keys and values, except for those whose sizes are not free. Its index. */
u32 fixture_map(struct fixture *f, const char *name, enum bpf_map_type type, u32 max_entries);
/* The next program; targets are added to the newest. */
u32 fixture_program(struct fixture *f, enum attach kind, bool multi);
struct script_target *fixture_target(struct fixture *f, const char *module, const char *func,
				     u64 offset);
struct object_func *fixture_func(struct fixture *f, u32 program);

/* Code of a program. */
void fixture_insn(struct fixture *f, u32 program, struct bpf_insn insn);
void fixture_ld_map(struct fixture *f, u32 program, u8 reg, u32 map);
void fixture_ld_bss(struct fixture *f, u32 program, u8 reg, u32 slot);
/* Whole programs: count in a slot; count in the slot whose number is the cookie. */
void fixture_count(struct fixture *f, u32 program, u32 slot);
void fixture_count_cookie(struct fixture *f, u32 program);

/* Writes, opens and loads. 0 or -errno. */
int fixture_load(struct fixture *f);
/* The number of targets attached, or -errno. */
int fixture_attach(struct fixture *f, u32 program);
u64 fixture_slot(struct fixture *f, u32 slot);
/* Everything in the diag as it would be shown, in the arena. */
const char *fixture_messages(struct fixture *f);

/* How many programs of that index are loaded still, once the kernel had time to let go of those that end. */
u32 fixture_programs_left(u32 index);

#endif
