/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where there is no compiler for the processor: programs are interpreted. */
#include "machine/code.h"

int jit_compile(struct code *c, struct diag *d)
{
	(void)c;
	diag_error(d, LOC_NONE, "there is no compiler for this processor");
	return -ENOTSUP;
}

void jit_free(struct jit *j)
{
	(void)j;
}
