/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From BPF C to an object, by the clang that is here, with our header skep.bpf.h. */
#ifndef CMD_CLANG_H
#define CMD_CLANG_H

#include "base/buf.h"
#include "base/diag.h"

#define CLANG_MAX_OBJECT (64u << 20)

bool clang_is_source(const char *path); /* by its name: "x.bpf.c", "x.c" */
/* include/skep.bpf.h, as it is in this binary. */
const char *clang_header(size_t *len);
/*
 * args: options for clang, NULL at the end: -I, -D. What clang says goes to standard error as it is. The object is appended to out.
 * 0 or -EINVAL; with a message, unless clang has given its own.
 */
int clang_compile(struct arena *a, const char *path, const char *const *args, struct buf *out,
		  struct diag *d);

#endif
