/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that a program lets live, as a capture file: `skep exec -o`. */
#ifndef CMD_EXEC_OUTPUT_H
#define CMD_EXEC_OUTPUT_H

#include "base/out.h"
#include "cmd/exec/engine.h"

struct exec_output {
	const char *path; /* NULL: nothing is written */
	struct out file;
	bool has_head;
	u32 link_type;      /* of the first packet, and so of the file */
	u64 written, other; /* other: packets of another link type, which one file cannot have */
};

/* 0 or -errno with a message. */
int exec_output_open(struct exec_output *w, const char *path, struct diag *d);
/* Writes what has passed, with its time of capture. */
void exec_output_packet(struct exec_output *w, u32 prog_type, const struct exec_input *in,
			const struct exec_result *r);
/* Ends the file; 0 or -errno with a message if it could not be written. */
int exec_output_close(struct exec_output *w, struct diag *d);

#endif
