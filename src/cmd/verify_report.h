/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `skep verify` says what was found. */
#ifndef CMD_VERIFY_REPORT_H
#define CMD_VERIFY_REPORT_H

#include "base/out.h"
#include "verify/verify.h"

/* file: of the object, where instructions have no source line. As text or as a line of JSON, as out says. */
void verify_report(struct out *o, const char *file, const struct image_prog *p,
		   const struct verify_result *r);

#endif
