/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One `skep exec`: what it was told, what it runs, and what comes of it. */
#ifndef CMD_EXEC_PREPARE_H
#define CMD_EXEC_PREPARE_H

#include "cmd/exec_log.h"
#include "cmd/exec_options.h"
#include "cmd/exec_output.h"
#include "cmd/exec_report.h"

struct exec {
	struct arena arena;
	struct diag diag;
	struct exec_options opts;
	struct exec_job job;
	struct exec_inputs inputs;
	struct exec_engine engines[2]; /* the second one is compared with */
	u32 engine_count;
	struct exec_report report;
	struct exec_output output;
	struct fib fib;                 /* of --routes */
	struct exec_log log, other_log; /* other: of the second engine, which is not shown */
	struct out out;
	bool failed; /* something was told that makes the exit code 1 */
};

/*
 * Chooses the program, has it verified, and opens what it is to run on: fills in the job and the inputs. The kernel's types may be
 * NULL. 0 or -EINVAL with a message.
 */
int exec_prepare(struct exec *x, const struct image *img, const struct rawbtf *kernel);

#endif
