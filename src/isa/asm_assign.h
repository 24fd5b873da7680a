/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands behind `r1 =`: a register, a number, a load, an atomic that fetches... */
#ifndef ISA_ASM_ASSIGN_H
#define ISA_ASM_ASSIGN_H

#include "isa/asm_insn.h"

/* kind: 'r' or 'w', as the register dst is written. False if it was reported what is wrong. */
bool asm_assign_parse(struct asm_scan *s, char kind, u8 dst, struct asm_insn *out);

#endif
