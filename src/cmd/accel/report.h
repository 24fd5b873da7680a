/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `skep accel status` tells, collected once and then written as text or as JSON. */
#ifndef CMD_ACCEL_REPORT_H
#define CMD_ACCEL_REPORT_H

#include "base/out.h"
#include "cmd/accel/pairs.h"
#include "net/blind.h"

struct accel_report {
	u32 mode, abi;
	u64 since, now; /* s since 1970 */
	u64 clock;      /* ns, that of the ends */
	u32 notes;      /* ACCEL_NOTE_... */
	struct accel_config config;
	struct accel_totals totals;
	accel_rows rows;
	accel_pair_list pairs;
	u32 redirecting; /* directions */
	u64 memory;      /* bytes that are charged for what nobody has read yet */
	blind_list blind;
};

/* 0 or -errno and reported. With `owners` those are looked for who have not sent yet. */
int accel_report_collect(const struct accel_view *v, bool owners, struct arena *a,
			 struct accel_report *r, struct diag *d);
void accel_report_text(const struct accel_report *r, bool connections, struct arena *a,
		       struct out *o);
void accel_report_json(const struct accel_report *r, struct arena *a, struct out *o);
/* A sentence on what this kernel does otherwise, for note number i; NULL behind the last one. */
const char *accel_report_note(size_t i, u32 *bit);

#endif
