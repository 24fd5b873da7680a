/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `skep exec` runs programs on: packets given as text, those of a capture file, or nothing but the context. */
#ifndef CMD_EXEC_INPUT_H
#define CMD_EXEC_INPUT_H

#include "base/vec.h"
#include "cmd/exec_engine.h"
#include "source/capture.h"

struct exec_bytes {
	const u8 *at;
	u32 len;
};

struct exec_inputs {
	vec_of(struct exec_bytes) packets; /* of --packet */
	char *file;                        /* of --pcap, malloc'ed; NULL: none */
	struct capture capture;
	bool is_bare; /* no packets: one run with the context */
	u32 next;
	u64 short_ones; /* packets that were cut when they were captured */
	u64 without_ethernet;
};

/* Digits, with blanks and colons between bytes; in the arena, at most max bytes. 0 or -EINVAL: what is told of the text. */
int exec_hex(struct arena *a, const char *what, const char *text, u32 max, struct exec_bytes *out,
	     struct diag *d);
/* path: a file, or "-" for standard input. */
int exec_inputs_open(struct exec_inputs *in, struct arena *a, const char *path, struct diag *d);
void exec_inputs_done(struct exec_inputs *in);
/* 1: an input, valid until the next; 0: there is none left; -EINVAL: the file is broken. */
int exec_inputs_next(struct exec_inputs *in, struct exec_input *out, struct diag *d);

#endif
