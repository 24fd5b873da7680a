/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instruction from its text, in the notation of isa/disasm.h. */
#ifndef ISA_ASM_INSN_H
#define ISA_ASM_INSN_H

#include <linux/bpf.h>

#include "isa/asm_scan.h"

/* What a name in the text stands for; it is put in when all labels are known. */
enum asm_fix {
	ASM_FIX_NONE,
	ASM_FIX_OFF,    /* the distance to a label, in off */
	ASM_FIX_IMM,    /* the same in imm */
	ASM_FIX_CALL,   /* of a call: a label, a helper, or a symbol */
	ASM_FIX_SYMBOL, /* of a 64-bit load: a symbol that a relocation supplies */
};

struct asm_insn {
	struct bpf_insn insn[2];
	u32 count; /* 2: a 64-bit load */
	enum asm_fix fix;
	struct asm_name name; /* of fix */
};

/* One unit of 8 bytes; true. */
bool asm_insn_take(struct asm_insn *out, struct bpf_insn insn);
/* False if it was reported what is wrong; the scan is then anywhere. */
bool asm_insn_parse(struct asm_scan *s, struct asm_insn *out);

#endif
