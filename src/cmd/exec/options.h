/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `skep exec`. */
#ifndef CMD_EXEC_OPTIONS_H
#define CMD_EXEC_OPTIONS_H

#include "cmd/clang.h"
#include "cmd/exec/input.h"

#define EXEC_MAX_REPEAT 1000000000u

enum exec_mode { EXEC_MODE_DEFAULT, EXEC_MODE_JIT, EXEC_MODE_INTERPRET, EXEC_MODE_CHECKED };

struct exec_options {
	const char *file, *program; /* program: NULL: the only one */
	const char *ctx;            /* hexadecimal, or fields; NULL: none */
	vec_of(const char *) packets;
	clang_args clang;
	const char *record; /* name of a type; NULL: none */
	const char *pcap, *output, *coverage, *routes, *cgroups, *sockets; /* paths; NULL: none */
	const char *socket, *data, *sysctl; /* what the context is about; NULL: not told */
	enum exec_mode mode;
	u32 repeat, cpu, ifindex;
	u64 now; /* 0: not told */
	struct run_task task;
	bool has_task; /* it was given */
	bool in_kernel, compare, no_verify, json, quiet, help;
};

/* 0 or -EINVAL with a message. */
int exec_options_parse(struct exec_options *o, struct arena *a, int argc, char **argv,
		       struct diag *d);
void exec_options_help(void);

#endif
