/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `skep accel probe` says. */
#ifndef CMD_ACCEL_PROBE_REPORT_H
#define CMD_ACCEL_PROBE_REPORT_H

#include "base/out.h"
#include "cmd/accel/probe_script.h"

/* Text or JSON, as the output is set up; whether the program is safe to accelerate. */
bool probe_print(struct arena *a, const struct probe_report *report, struct out *out);

#endif
