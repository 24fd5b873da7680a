/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls of the kernel's functions by name: isa/kfunc.def says what they do, the kernel's BTF what they take and give. */
#ifndef VERIFY_KFUNC_H
#define VERIFY_KFUNC_H

#include "isa/kfunc.h"
#include "verify/engine.h"

#define KFUNC_ARGS 5

/* A function as the running kernel has it. */
struct kfunc {
	const struct kfunc_info *info;
	const struct btf_param *params;
	u32 count;
	u32 result; /* type */
};

/* What is called, without a word about what is not known (NULL). */
const struct kfunc *kfunc_called(struct engine *e, const struct bpf_insn *i);
bool check_kfunc(struct engine *e, const struct bpf_insn *i);

/* A call, and what its arguments have told. */
struct kcall {
	const struct kfunc *k;
	u32 made;          /* the argument that is room for a dynptr; 0: none */
	struct reg dynptr; /* that was given */
	u32 released;      /* a reference; 0: none */
	u64 constant;      /* of x__k */
	u32 func;          /* to be called back */
	bool has_func;
	struct reg object; /* that was given */
	u32 given; /* its reference, if it belongs to a list or tree afterwards; 0: none does */
	const struct field *root; /* of the list or tree */
};
/* kfunc_argument.c: an argument, in the order of the prototype. */
bool kfunc_give(struct engine *e, struct kcall *c, u32 r);

/* work.c: an argument of a function of work queues. */
bool work_argument(struct engine *e, struct kcall *c, u32 r);

/* iter.c: iterators, which lie on the stack: made, asked for the next element, destroyed. */
bool iter_call(struct engine *e, const struct kfunc *k, const struct reg *result);
/* Whether any iterator has gone on from one state to the other: so a loop has not come back to where it was. */
bool iter_advanced(const struct state *from, const struct state *to);
/* What a pointer to one is, for results: reg.trust of what it hands out, and its reference. */
const struct reg *iter_at(struct engine *e, u32 r, u32 type);

#endif
