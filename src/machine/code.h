/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program made ready to run: its instructions with all references resolved to addresses of this process, and what the
 * interpreter and the JIT make of them.
 *
 *	image_prog ──code_new()──► resolved instructions ──► ops, one an instruction (interp.c)
 *	                                                └──► machine code (jit*.c), if it is asked for
 *
 * Resolved, a 64-bit load has the address of a map or of a variable as its number and source register 0; one of a function
 * (BPF_PSEUDO_FUNC) has the index of the function's first instruction plus one, so that 0 is none. Calls keep their form: a helper its number, a
 * function its distance, a kfunc the index of the image's extern.
 */
#ifndef MACHINE_CODE_H
#define MACHINE_CODE_H

#include "machine/machine.h"

struct op; /* interp.h */

/* A call whose map is the same on all paths: found out by code_new() or by the verifier. */
struct code_site {
	u32 insn;
	struct map *map;
};

struct code {
	struct machine *machine; /* NULL: bare instructions, see code_of_insns() */
	const struct image_prog *prog;
	struct bpf_insn *insns; /* resolved; owned */
	u32 count;
	struct code_site *sites; /* ascending; owned */
	u32 site_count;
	u32 *starts; /* where functions begin, ascending, 0 first; owned */
	u32 start_count;
	struct op *ops; /* twice count of them, see interp.h; owned */
	u64 *hits; /* how often each instruction was interpreted; owned; NULL unless the machine counts */
	/* Set by jit_compile(): takes the context, and has the run in the sixth argument as helpers have. */
	u64 (*native)(void *ctx, u64 size, u64 unused3, u64 unused4, u64 unused5, struct run *run);
	size_t native_size;
	struct jit *jit; /* owned; NULL without */
};

/* Checks what every engine relies on: known opcodes, registers, jumps that lead to instructions. 0 or -EINVAL. */
int code_new(struct machine *m, const struct image_prog *p, struct diag *d, struct code **out);
void code_free(struct code *c);
/* Whether a function begins at an instruction. */
bool code_is_start(const struct code *c, u64 insn);

/*
 * What libbpf and we put in the place of an instruction whose CO-RE relocation failed: the call of a helper with this
 * number, or one up to 0xff above it. Reached, it ends the run with RUN_BAD_INSN.
 */
#define CODE_POISON 0xbad2310
static inline bool code_is_poison(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL) && !i->src_reg && i->imm >= CODE_POISON &&
	       i->imm <= CODE_POISON + 0xff;
}

u64 interp_run(const struct code *c, u32 start, u64 a, u64 b, u64 c3, u64 d, u64 e,
	       struct run *run);

/* Compiles to x86-64; -ENOTSUP on other processors, the program is interpreted then. */
int jit_compile(struct code *c, struct diag *d);
void jit_free(struct jit *j);
/*
 * What was made of an instruction, where it begins in all code that was made (c->native, c->native_size): *size bytes from
 * *at; with the first of a function is how the function begins. Before all are the ways in, behind them those out of a trap,
 * which c->count stands for. Nothing if it is not compiled.
 */
void jit_place(const struct code *c, u32 insn, size_t *at, size_t *size);
/* A callback into compiled code: the function that begins at an instruction. */
u64 jit_callback(const struct code *c, u32 start, u64 a, u64 b, u64 arg3, u64 d, struct run *run);

#endif
