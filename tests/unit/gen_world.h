/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs under test live in: their memory, one array map and a few helpers. The interpreter of the
 * intermediate form and the emulator of BPF run in it by themselves; a kernel gets a copy of its contents.
 */
#ifndef UNIT_GEN_WORLD_H
#define UNIT_GEN_WORLD_H

#include <linux/bpf.h>

#include "base/int.h"

enum {
	WORLD_SLOTS = 64,     /* of .bss, 8 bytes each */
	WORLD_ELEMENTS = 8,   /* of map 0, an array of u64 */
	WORLD_STACK = 512,    /* bytes */
	WORLD_STEPS = 100000, /* instructions before a run is given up */
};

/* A helper of n arguments that no kernel has: its result depends on every bit of each of them. */
#define WORLD_MIX(n) (10000u + (n))

struct world {
	u64 bss[WORLD_SLOTS];
	u64 array[WORLD_ELEMENTS];
	struct __sk_buff ctx;
	u64 params[5]; /* what the function gets; world_init(): the context's address and numbers */
	u64 stack[WORLD_STACK / 8];
	const char *fault; /* why the run ended early; NULL if it did not */
	/* What emul_run() calls before each instruction, the first is 0; NULL: nothing. */
	void (*interrupt)(struct world *w, u32 step);
};

/* Random contents; the same for the same seed. */
void world_init(struct world *w, u64 seed);
u64 world_random(u64 *state);

u64 world_frame(const struct world *w); /* the frame pointer */
u64 world_map(u32 map);                 /* stands for a map's address */
u64 world_load(struct world *w, u64 address, u32 size);
void world_store(struct world *w, u64 address, u32 size, u64 value);
u32 world_arguments(u32 helper); /* how many it takes */
u64 world_call(struct world *w, u32 helper, const u64 args[5]);

/* By RFC 9669, 64 bits: op is BPF_ADD ... BPF_ARSH; cmp is BPF_JEQ ... BPF_JSLE. */
u64 world_alu(u8 op, u64 a, u64 b);
bool world_compare(u8 cmp, u64 a, u64 b);
u64 world_extend(u64 v, u32 size, bool is_signed);
u64 world_swap(u64 v, u32 size);

#endif
