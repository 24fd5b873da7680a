/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the command share:
 *
 *	foreign.c		from options to exit code
 *	foreign_options.c	the command line
 *	foreign_verify.c	dry runs and rejections
 *	foreign_input.c		lines of standard input
 *	foreign_report.c	what programs send and print
 *	foreign_maps.c		maps in the end
 */
#ifndef CMD_FOREIGN_IMPL_H
#define CMD_FOREIGN_IMPL_H

#include "base/out.h"
#include "cmd/clang.h"
#include "cmd/foreign/foreign.h"
#include "host/host.h"
#include "session/child.h"

typedef vec_of(const char *) foreign_words;

struct foreign_pcap {
	const char *path; /* NULL: no file is written */
	struct out file;
	u64 written;
};

struct foreign {
	struct arena arena;
	struct diag diag;
	struct host_options host_opts;
	const char *file, *command, *output, *pin;
	foreign_words set, records, hooks;
	clang_args clang;
	u64 seconds; /* 0: until it is ended */
	enum out_flush_mode flush;
	bool json, quiet, verbose, dry_run, help;
	bool reads_set; /* --set -: standard input sets variables */
	/* from here on: while it runs */
	struct buf elf;
	struct image img;
	struct host *host;
	struct session_child *child;
	struct loop *loop;
	struct out out, notes;
	struct foreign_pcap pcap;
	struct host_sink sink;
	struct buf input; /* of standard input: a line that is not complete yet */
	int pidfd;        /* of -p; -1: none */
	u32 shown_rings;  /* maps that send: with more than one, each record has its map's name */
};

/* 0; 1 if there is nothing to run (help); -EINVAL with a message. */
int foreign_parse(struct foreign *f, int argc, char **argv);
void foreign_help(void);

/* ---- foreign_verify.c */
/* 0 if all that can be judged are accepted. */
int foreign_verify(struct foreign *f, struct rawbtf *kernel);
void foreign_verify_rejected(struct foreign *f, const struct host_rejection *r);

/* ---- foreign_report.c */
int foreign_report_open(struct foreign *f);  /* 0 or -errno with a message */
int foreign_report_close(struct foreign *f); /* likewise: a file that could not be written */
void foreign_report_losses(struct foreign *f);

/* ---- foreign_maps.c */
void foreign_maps_print(struct foreign *f);

/* ---- foreign_input.c: 0 or -errno with a message */
int foreign_input_open(struct foreign *f);

#endif
