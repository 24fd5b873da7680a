/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether code is code: what every engine relies on and therefore never looks at again.
 *
 *	- opcodes of RFC 9669, reserved fields zero, registers up to r10, and r10 never written
 *	- jumps lead to an instruction of the same function, calls to the first of one
 *	- no function's end is reached without exit or jump
 */
#ifndef MACHINE_CODECHECK_H
#define MACHINE_CODECHECK_H

#include "machine/code.h"

/* Needs code->insns, count and prog; sets starts. 0 or -EINVAL with a message. */
int codecheck_all(struct code *code, struct diag *d);

#endif
