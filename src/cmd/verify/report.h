/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `skep verify` says what was found. */
#ifndef CMD_VERIFY_REPORT_H
#define CMD_VERIFY_REPORT_H

#include "base/out.h"
#include "verify/verify.h"

/*
 * file: of the object, where instructions have no source line; unprivileged: so was judged. As text or as a line of JSON, as out
 * says.
 */
void verify_report(struct out *o, const char *file, const struct image_prog *p,
		   const struct verify_result *r, bool unprivileged);
/* Likewise of the kernel's verifier; f NULL: it accepts the program. */
void verify_report_asked(struct out *o, const char *file, const struct image_prog *p,
			 const struct verify_finding *f, bool unprivileged);
/* Why the kernel's verifier ended: the last line of its log that is not a figure. The log is cut into lines. */
const char *verify_report_kernel(char *log);
/* The text of a source line with a mark below its column; nothing where it is not known (NULL). */
void verify_report_source(struct out *o, const struct image_line *line);

#endif
