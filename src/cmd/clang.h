/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From BPF C to an object, by the clang that is here, with our header skep.bpf.h. */
#ifndef CMD_CLANG_H
#define CMD_CLANG_H

#include "base/buf.h"
#include "base/diag.h"

#define CLANG_MAX_OBJECT (64u << 20)
#define CLANG_MAX_OUTPUT (64u << 10)

/* What a command is told for clang, by these rows of its table of options. */
typedef vec_of(const char *) clang_args;
/* clang-format off */
#define CLANG_INCLUDE { 'I', "include", "DIR", "of C: where headers are" }
#define CLANG_DEFINE { 'D', "define", "NAME[=VALUE]", "of C: a macro" }
/* clang-format on */
void clang_include(struct arena *a, clang_args *args, const char *dir);
void clang_define(struct arena *a, clang_args *args, const char *macro);

bool clang_is_source(const char *path); /* by its name: "x.bpf.c", "x.c" */
/* include/skep.bpf.h, as it is in this binary. */
const char *clang_header(size_t *len);
/*
 * args: options for clang, NULL at the end: -I, -D. What clang says is appended to says, of which it is the beginning if it is long; with NULL
 * it goes to standard error as it is. The object is appended to out. 0, -ENOENT if there is no clang, or another error; with a message,
 * unless clang has said why.
 */
int clang_compile(struct arena *a, const char *path, const char *const *args, struct buf *says,
		  struct buf *out, struct diag *d);
/*
 * The bytes of an object, or of what clang makes of a source, of standard input for "-"; the caller frees them. NULL: with a
 * message as above.
 */
char *clang_read(struct arena *a, const char *path, clang_args *args, size_t *len, struct diag *d);

#endif
