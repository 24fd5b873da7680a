/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proves that a program is safe to run, path by path, or says why it is not: which rule, at which source line and
 * instruction, on which path, with which values, with an input that fails where one can be found, and what to change.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "object/image.h"

#define VERIFY_MAX_LOG (16u << 20)
#define VERIFY_MAX_STEPS 1000000 /* instructions looked at on all paths; the kernel's limit */
#define VERIFY_MAX_PATHS 8192    /* that wait to be looked at; likewise */

struct verify_claims;

enum verify_category {
#define CATEGORY(id, name, text) VERIFY_##id,
#include "verify/category.def"
#undef CATEGORY
	VERIFY_CATEGORIES
};

struct verify_options {
	bool safety_only; /* memory safety and termination alone, none of the kernel's policies */
	bool log;         /* keep the states of all steps as text, VERIFY_MAX_LOG bytes of it */
	bool privileged;  /* with CAP_BPF and CAP_PERFMON; the default of the commands */
	bool is_apart;    /* run without a kernel: weak variables of its are 0 */
	bool record;      /* keep what is claimed at each instruction: claims.h */
	u64 max_steps;    /* 0: VERIFY_MAX_STEPS */
	const struct rawbtf *kernel; /* types behind BTF pointers and kfuncs; NULL: none */
};

/* One step of the path that leads to a finding. */
struct verify_step {
	u32 insn;
	const char *note; /* what was decided there ("taken: r2 > 14"), or "" */
};

struct verify_finding {
	enum verify_category category;
	u32 insn;
	const char *message; /* "r1 may point 4 bytes past the end of the packet" */
	const char *hint;    /* what to change; "" if nothing is known */
	vec_of(struct verify_step) path;
	vec_of(const char *) values; /* "r1 = packet + 14, bounds 0..54" */
	const char *input;           /* a context that fails, as text; "" if none was found */
};

/* What is known of an instruction on all paths that reach it. */
struct verify_fact {
	bool is_reached;
	s32 map; /* of a call of a helper that takes a map: always this one; IMAGE_NONE: not one */
	/* A bit for each register that has the same known value on all paths, before it; with options.record. */
	u16 is_constant;
};

struct verify_result {
	bool accepted;
	struct verify_finding finding; /* if not */
	u64 steps;                     /* instructions looked at */
	u64 states, states_peak;
	u32 stack_depth;           /* bytes, the deepest chain of calls */
	struct verify_fact *facts; /* of each instruction; NULL if not accepted */
	const char *log;           /* NULL without options.log */
	struct verify_claims
		*claims; /* see claims.h; NULL without options.record, or if not accepted */
};

/* Results live in the arena. 0 whether it is accepted or not; -EINVAL with a message for what cannot be judged. */
int verify_program(struct arena *a, const struct image *img, u32 prog,
		   const struct verify_options *opts, struct verify_result *out, struct diag *d);

const char *verify_category_name(enum verify_category c);

#endif
