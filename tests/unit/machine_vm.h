/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program of bare instructions, ready to run: made, run by one engine, thrown away. */
#ifndef UNIT_MACHINE_VM_H
#define UNIT_MACHINE_VM_H

#include "machine/code.h"

struct vm {
	struct arena arena;
	struct diag d;
	struct image img;
	struct code *code; /* NULL if it was rejected; then d has why */
	struct run *run;
};

/* The instructions have to live as long. */
void vm_init(struct vm *vm, const struct bpf_insn *insns, u32 count);
void vm_done(struct vm *vm);
/* With fuel without end and no memory but the stack. */
u64 vm_run(struct vm *vm, u64 a, u64 b);
/* The message of a rejection, or of the trap that the last run ended with; "" if all is well. */
const char *vm_error(struct vm *vm);

/* What a call that has no helper calls from now on. */
void vm_set_helper(struct vm *vm, u32 insn, run_helper helper);

#define VM(id, ...)                                                                                \
	struct vm id;                                                                              \
	const struct bpf_insn id##_insns[] = { __VA_ARGS__ };                                      \
	vm_init(&id, id##_insns, ARRAY_SIZE(id##_insns))

#endif
