/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What came of attaching one program to its targets. A target that cannot be attached is a warning as long as
 * another one was, and an error when none is left or when the same would happen to all of them.
 */
#ifndef KERNEL_REPORT_H
#define KERNEL_REPORT_H

#include "engine/engine.h"

struct report {
	struct diag *diag;
	const struct script_program *program;
	bool multi; /* many targets share a link */
	u32 attached, failed;
	bool fatal;        /* no use in trying the others */
	int err;           /* of the first failure, positive */
	const char *first; /* its text, in diag's arena */
	const char *hint;  /* NULL if none */
};

/* Notes that a target failed with err (positive). */
void report_failure(struct report *r, const struct script_target *t, int err);
/* Warns or errs. 0, or -errno of the first failure. */
int report_finish(struct report *r);

#endif
