/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `skep exec` runs programs on: packets given as text, those of a capture file, or nothing but the context. */
#ifndef CMD_EXEC_INPUT_H
#define CMD_EXEC_INPUT_H

#include "base/hex.h"
#include "base/vec.h"
#include "cmd/exec/engine.h"
#include "source/capture.h"

struct exec_inputs {
	vec_of(struct hex_bytes) packets; /* of --packet */
	char *file;                       /* of --pcap, malloc'ed; NULL: none */
	struct capture capture;
	bool is_bare; /* no packets: one run with the context */
	struct exec_about about;
	u32 next;
	u64 short_ones; /* packets that were cut when they were captured */
	u64 without_ethernet;
};

/* path: a file, or "-" for standard input. */
int exec_inputs_open(struct exec_inputs *in, struct arena *a, const char *path, struct diag *d);
void exec_inputs_done(struct exec_inputs *in);
/* 1: an input, valid until the next; 0: there is none left; -EINVAL: the file is broken. */
int exec_inputs_next(struct exec_inputs *in, struct exec_input *out, struct diag *d);

#endif
