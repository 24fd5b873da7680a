/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the debugger share:
 *
 *	debug.c		options, opens all, reads commands
 *	debug_parse.c	the words of commands
 *	debug_move.c	forward and back, and saying where one is then
 *	debug_break.c	what stops a run
 *	debug_show.c	registers, memory, calls
 *	debug_source.c	lines and instructions
 *	debug_map.c	maps
 *	debug_name.c	addresses to names and back
 */
#ifndef CMD_DEBUG_IMPL_H
#define CMD_DEBUG_IMPL_H

#include "base/out.h"
#include "cmd/exec/about.h"
#include "cmd/debug/parse.h"
#include "cmd/listing.h"
#include "machine/step.h"
#include "verify/verify.h"

enum { DEBUG_MAX_WATCH = 64 };

struct debug_stop {
	u32 number;
	bool is_gone;
	bool is_watch;
	const char *text; /* as it was typed */
	u64 address;      /* of a watchpoint */
	u32 size;
	u8 last[DEBUG_MAX_WATCH]; /* what was there before this instruction */
};

/* What is known of a program of the image. */
struct debug_prog {
	struct listing listing; /* .prog NULL: not made yet */
	u32 *stops;             /* by instruction: the number of a breakpoint */
	struct verify_result verified;
	bool is_verified;
	const char *rejected; /* why the verifier could not judge it */
};

struct debug {
	struct arena arena;
	struct diag diag;
	struct out out;
	struct image img;
	struct rawbtf *kernel;
	struct machine *machine;
	struct exec_job job; /* what exec_about_read() and its like go by */
	struct socks socks;
	struct exec_about about; /* what the context is about */
	struct exec_memory memory;
	struct stepper *stepper;
	struct buf trace; /* what the program has printed since it was moved last */
	struct debug_prog *progs;
	vec_of(struct debug_stop) stops; /* numbers are indices plus one */
	bool is_terminal;                /* somebody types */
	bool is_over;
};

/* Commands print to d->out; 0, or -EINVAL with a message, see debug_fail(). */
#define COMMAND(name, letter, function, args, help)                                                \
	int function(struct debug *d, const struct debug_line *line);
#include "cmd/debug/command.def"
#undef COMMAND

/* Flushes what was printed, and says on standard error what is wrong. -EINVAL. */
int debug_fail(struct debug *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- the state */
static inline const struct step_state *debug_at(const struct debug *d)
{
	return step_state(d->stepper);
}
/* The program that is being run, after tail calls another one. */
u32 debug_prog_index(const struct debug *d, const struct code *code);
struct debug_prog *debug_prog(struct debug *d, u32 index);
/* The program's verdict and claims, judged when they are asked for first. */
struct debug_prog *debug_verified(struct debug *d, u32 index);
const struct image_line *debug_line_at(const struct code *code, u32 insn);
/* "parse at parse.bpf.c:13 (instruction 4)" */
void debug_place_text(const struct code *code, u32 insn, struct buf *out);
/* The name of a source file without its folders. */
const char *debug_file_name(const char *path);

/* ---- debug_break.c */
/* The number of what stops before the instruction of this state; 0. */
u32 debug_stop_at(struct debug *d, const struct step_state *at);
/* Watchpoints compare with what is there now. */
void debug_watch_begin(struct debug *d);
void debug_print_stops(struct debug *d);
/* All instructions that a place means, each handed to fn; false if there is none. */
bool debug_each_place(struct debug *d, const struct debug_place *p,
		      void (*fn)(struct debug *d, u32 prog, u32 insn, void *arg), void *arg);

/* ---- debug_name.c */
/* Appends "packet+14", "fp-16", "value of map counts+8"; false if the number is none of the program's addresses. */
bool debug_name_address(struct debug *d, u64 address, struct buf *out);
/* What was typed to an address; 0 or -EINVAL, reported. */
int debug_find_address(struct debug *d, const char *text, u64 *out);
/* Bytes of the program's memory from there on. */
u64 debug_readable(struct debug *d, u64 address);

/* ---- debug_show.c */
void debug_hexdump(struct debug *d, const char *what, s64 first, const u8 *bytes, size_t n);

/* ---- debug_source.c: an instruction with the source line before it, if it is shown or another one */
void debug_print_insn(struct debug *d, u32 prog, u32 insn, bool with_line);

#endif
