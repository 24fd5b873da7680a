/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions of a program in the kernel as text, with the names of what they refer to: maps, functions of the program, helpers and
 * other functions of the kernel.
 *
 *	r1 = map[counts] ll
 *	r2 = &level ll				a variable, or map[name.data]+4
 *	call bpf_ktime_get_ns
 *	call count_packet			a function of the program
 *	if r0 == 0 goto +3 <L2>
 */
#ifndef CMD_PROG_LISTING_H
#define CMD_PROG_LISTING_H

#include "base/buf.h"
#include "inspect/progcode.h"

struct ksyms;
struct naming;

enum prog_refer {
	PROG_REFER_NONE,
	PROG_REFER_FUNC,     /* calls a function of the program: index in code->funcs */
	PROG_REFER_CALLBACK, /* takes its address */
	PROG_REFER_KERNEL,   /* calls a function of the kernel */
	PROG_REFER_MAP,      /* number: its id */
	PROG_REFER_VARIABLE, /* a place in a map's value; number: the map's id */
};

/* What an instruction refers to. */
struct prog_reference {
	enum prog_refer kind;
	u32 number;
	u32 offset;       /* of a variable */
	const char *name; /* "" where it is not known */
};

struct prog_listing {
	struct arena *arena;
	const struct progcode *code;
	struct ksyms *ksyms;
	u64 call_base; /* what numbers of calls count from; 0: not known */
	struct naming *names;
	u32 *labels; /* by instruction, 0: no jump leads there */
};

void prog_listing_init(struct prog_listing *l, struct arena *a, const struct progcode *c);
void prog_listing_done(struct prog_listing *l);
/* Appends an instruction without a newline; how many units of 8 bytes it takes. */
u32 prog_listing_insn(struct prog_listing *l, u32 insn, struct buf *out);
struct prog_reference prog_listing_refer(struct prog_listing *l, u32 insn);
/* The kernel's function or the program's that an address is the beginning of; NULL if there is none. In the arena. */
const char *prog_listing_symbol(const struct prog_listing *l, u64 address);

#endif
