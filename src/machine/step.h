/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run that can be stopped before any instruction, looked at, and gone back in.
 *
 *	step_new()                      ──► before the first instruction
 *	step_forward(), step_back()     ──► before the next or last instruction at which the caller wants to stop, or the end
 *
 * The program runs in a thread of its own, which waits wherever it is stopped: in a function, in a callback within a helper.
 * Only one of program and caller runs at a time.
 *
 * Going back is running once more from the beginning, to an instruction before: maps, packet and stack are what they were
 * at first, at the same addresses; time is counted in instructions; chance begins with the same number. So all is the same
 * again, unless a program reads memory that is none of its own.
 */
#ifndef MACHINE_STEP_H
#define MACHINE_STEP_H

#include "machine/code.h"
#include "machine/packet.h"

#define STEP_FUEL 100000000ull /* instructions, if the caller has no other wish */
#define STEP_NOW 1000000000ull /* ns: the clocks' time at first; each instruction takes 1 */

struct step_input {
	u32 prog;
	const void *ctx; /* bytes of the context, copied; of programs without a packet */
	u32 ctx_size;
	struct packet *
		packet; /* NULL: none. As it is now is what runs begin with; the caller's, has to live as long */
	/*
	 * Called whenever the run begins anew, when its context is as it is here: for what the context leads to. NULL: to nothing.
	 * It has to leave the same at the same addresses each time.
	 */
	void (*enter)(void *arg, struct run *run, void *ctx);
	void *enter_arg;
	u64 fuel;   /* 0: STEP_FUEL */
	u64 now;    /* 0: STEP_NOW */
	u64 random; /* 0: a number of ours */
};

/* Where a function that is active was called. */
struct step_call {
	const struct code *code;
	u32 insn; /* of the call; of a callback, the helper's */
};

struct step_state {
	u64 steps; /* instructions that were begun before this one */
	const struct code *code;
	u32 insn;  /* about to be done; if the run has ended, the last one */
	u32 depth; /* of functions, from 1 */
	struct step_call calls[RUN_FRAMES]; /* depth of them; of the first function nothing */
	u64 regs[11];
	bool is_ended; /* by exit with r0 as the result, or by a trap: step_run()->trap */
};

/* Asked before an instruction is done, in the program's thread. */
typedef bool (*step_stop)(void *arg, const struct step_state *at);

struct stepper;

/* Of a machine made with MACHINE_STEPPED, which nobody else runs. NULL with a message. */
struct stepper *step_new(struct machine *m, const struct step_input *in, struct diag *d);
void step_free(struct stepper *s);
const struct step_state *step_state(const struct stepper *s);
/* The run, while it stands still: trap, stack, regions, what was printed. */
struct run *step_run(struct stepper *s);
struct machine *step_machine(struct stepper *s);
void *step_context(struct stepper *s, size_t *size); /* what r1 was at first */

/* Does the instruction, and goes on until stop says so or the run ends; stop NULL: one instruction. Nothing if it has ended. */
void step_forward(struct stepper *s, step_stop stop, void *arg);
/*
 * Goes back to the last instruction before this one at which stop says so (NULL: the one before), else to the first one, and
 * then returns false. stop has to be a question about the state alone, as it is asked in order.
 */
bool step_back(struct stepper *s, step_stop stop, void *arg);
/* To the instruction with this number, or to the end if the run is shorter. */
void step_to(struct stepper *s, u64 steps);

#endif
