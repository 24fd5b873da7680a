/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program is run by, all in the same way: so many times in a row, on the same packet.
 *
 *	native	the function that a C compiler made of the source
 *	machine	ours: compiled, interpreted, or interpreted with all accesses checked; each with maps of its own
 *	kernel	BPF_PROG_TEST_RUN with repeat, where the kernel takes the program
 */
#ifndef BENCH_MACHINE_ENGINE_H
#define BENCH_MACHINE_ENGINE_H

#include "base/int.h"

struct code;

enum engine {
	ENGINE_GCC,
	ENGINE_CLANG,
	ENGINE_JIT,
	ENGINE_INTERPRET,
	ENGINE_CHECKED,
	ENGINE_KERNEL,
	ENGINES
};

struct subject {
	const char *name, *what;
	int (*native[2])(void *ctx); /* by gcc and clang */
	struct parts *parts;         /* what the engines need; owned */
	double compile_us;
	size_t bytes;     /* of compiled code */
	char reason[160]; /* why the kernel does not take it */
};

/* Opens the program's object in all engines; what cannot be ends the process with a message, but for the kernel. */
void subject_open(struct subject *s, const char *path);
void subject_close(struct subject *s);
const struct code *subject_code(const struct subject *s); /* compiled */
bool subject_has(const struct subject *s, enum engine e);
/* Runs it n times; thread CPU time in ns for all of them, and the last result. */
double subject_run(struct subject *s, enum engine e, u32 n, u32 *result);

#endif
