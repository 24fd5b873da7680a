/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions as text, in the notation that the kernel's verifier and llvm-objdump share:
 *
 *	   0: r1 = *(u64 *)(r6 +8)
 *	   1: r2 = map[AT_x] ll
 *	   3: call bpf_map_lookup_elem#1
 *	   4: if r0 == 0 goto +1 <L1>
 *	   5: lock *(u64 *)(r0 +0) += r7
 *	L1:
 *	   6: exit
 *
 * What is not an instruction of RFC 9669 (or has bits set that it reserves) is shown as `.8byte
 * 0x...`, so each text stands for one encoding only.
 */
#ifndef ISA_DISASM_H
#define ISA_DISASM_H

#include <linux/bpf.h>

#include "base/buf.h"

/*
 * Appends the instruction at insn, without a newline, and returns how many 8-byte units it takes: 2
 * for a 64-bit load, else 1. left is how many units may be read. symbol stands for the number of a
 * 64-bit load or for the function of a call where a relocation supplies it; NULL if none does.
 */
u32 disasm_insn(struct buf *out, const struct bpf_insn *insn, u32 left, const char *symbol);

/* Where the jump at an instruction leads; false: it is no jump, or leads out of the code. */
bool disasm_target(const struct bpf_insn *insns, u32 n, u32 at, u32 *to);
/* The number of each jump's destination, from 1 in the order of the code; zeroes, n of them, stay where none leads. */
void disasm_labels(u32 *labels, const struct bpf_insn *insns, u32 n);

/* What the printer of a whole function asks for; each function may be NULL. */
struct disasm_notes {
	/* The symbol of the instruction at an index, or NULL; used before the next is asked for. */
	const char *(*symbol)(void *arg, u32 insn);
	/* Appends whole lines that belong before the instruction. */
	void (*before)(void *arg, u32 insn, struct buf *out);
	void *arg;
};
/*
 * Appends n units of code as lines, with their indices and with labels where jumps lead. notes
 * may be NULL.
 */
void disasm_func(struct buf *out, const struct bpf_insn *insns, u32 n,
		 const struct disasm_notes *notes);

#endif
