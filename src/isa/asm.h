/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions from text, in the notation that isa/disasm.h prints and that the kernel's verifier and
 * llvm-objdump share: what is disassembled can be assembled again, to the same bytes.
 *
 *	; counts                     a comment, from ; or # on
 *	main:                        a label: letters, digits, _ . $
 *	   0: r1 = map[counts] ll    a number in front is skipped, and so is <L1> behind a jump
 *	      call bpf_map_lookup_elem      with or without its #number
 *	      if r0 == 0 goto out    or goto +4
 *	      r1 = 1
 *	      lock *(u64 *)(r0 +0) += r1
 *	out:  r0 = 0
 *	      exit
 */
#ifndef ISA_ASM_H
#define ISA_ASM_H

#include <linux/bpf.h>

#include "base/diag.h"
#include "base/vec.h"

#define ASM_MAX_TEXT (64u << 20)
#define ASM_MAX_INSNS 1000000u

/* A name that is neither a label nor a helper: an object's relocation would supply it. */
struct asm_ref {
	u32 insn;
	const char *name; /* "map[counts]", "bss[8]", or of a call the function */
	struct loc loc;
};

struct asm_label {
	const char *name;
	u32 insn; /* of the instruction behind it; the number of all at the end */
};

struct asm_code {
	vec_of(struct bpf_insn) insns;
	vec_of(u32) lines; /* of the text, of each instruction */
	vec_of(struct asm_label) labels;
	/* Whoever knows no symbols has to refuse code that has some; see asm_refuse_refs(). */
	vec_of(struct asm_ref) refs;
};

/*
 * All of it lives in the arena. d has the text as its source if messages are to show it. 0; -EINVAL
 * with messages, up to DIAG_MAX_ERRORS of them.
 */
int asm_parse(struct arena *a, const char *text, size_t len, struct asm_code *out, struct diag *d);
/* 0 if there are no references, else -EINVAL with a message for each. */
int asm_refuse_refs(const struct asm_code *code, struct diag *d);

#endif
