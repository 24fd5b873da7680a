/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tool that is measured, as a child process. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include <stdint.h>
#include <sys/types.h>

struct tool {
	pid_t pid;
	uint64_t begun; /* when it was about to execute the command, ns */
	long rss_kib;   /* at its peak; once it has ended */
};

uint64_t now_ns(void);
void sleep_ms(long ms);

/* Starts argv with these as standard output and error. 0 or -1. */
int tool_start(struct tool *t, char **argv, int out, int err);
/* Interrupts it and waits until it is gone: how long that took in ns; 0 if it had to be killed. */
uint64_t tool_stop(struct tool *t);
/* Waits until it is gone by itself. -1 if it had to be killed: some hang. */
int tool_wait(struct tool *t);

#endif
