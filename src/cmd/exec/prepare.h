/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One `skep exec`: what it was told, what it runs, and what comes of it. */
#ifndef CMD_EXEC_PREPARE_H
#define CMD_EXEC_PREPARE_H

#include "cmd/exec/log.h"
#include "cmd/exec/options.h"
#include "cmd/exec/output.h"
#include "cmd/exec/report.h"

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
	struct cgroups cgroups;         /* of --cgroups */
	struct socks socks;             /* of --sockets and --socket */
	struct exec_log log, other_log; /* other: of the second engine, which is not shown */
	struct out out;
	bool failed; /* something was told that makes the exit code 1 */
};

/* ---- also for `skep test` */

/* Programs of this type see only their context, packets and maps, so that compiled code does no harm. */
bool exec_may_compile(const struct image *img, u32 prog);
/* Marks the program and those that it can get to by program arrays; wanted has a place for each. */
void exec_reachable(const struct image *img, u32 prog, bool *wanted);
/* skep's own process. */
void exec_own_task(struct run_task *task);
u32 exec_cpus(void); /* that per-CPU maps have values of */
/* Reads routes out of a file, which becomes the source of lines, where errors are told. */
int exec_routes(struct fib *fib, struct arena *a, const char *path, struct diag *lines);
int exec_cgroups(struct cgroups *cgroups, struct arena *a, const char *path, struct diag *lines,
		 u64 *current);
int exec_sockets(struct socks *socks, struct arena *a, const char *path, struct diag *lines);

/*
 * Chooses the program, has it verified, and opens what it is to run on: fills in the job and the inputs. The kernel's types may be
 * NULL. 0 or -EINVAL with a message.
 */
int exec_prepare(struct exec *x, const struct image *img, const struct rawbtf *kernel);

#endif
