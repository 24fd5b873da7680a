/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files a script means by a binary's name:
 *
 *	/bin/bash, ./prog        a path, which may have wildcards
 *	libc, libssl.so.3        a library: of the process (-p) if it uses it, else where the loader looks
 *	bash                     a program in PATH
 *	* or nothing             with -p: the process's program and libraries
 */
#ifndef PROBE_BINARY_H
#define PROBE_BINARY_H

#include "probe/probe.h"

#define BINARY_MAX 4096 /* files that a wildcard may stand for */

struct binary {
	const char *path;  /* to open and attach to: absolute, and as seen from here */
	const char *shown; /* in the probe's full name */
};
typedef vec_of(struct binary) binaries;

/* Appends what the name stands for. 0, or -ENOENT with a reason in *why. */
int binary_find(struct probe_context *c, const char *name, binaries *out, const char **why);

#endif
