/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prototypes of a program's functions, by the object's BTF and the tags there ("arg:nonnull"). A global function is judged by
 * its prototype alone: once, for all callers, and each caller only by what it hands over.
 */
#ifndef VERIFY_PROTO_H
#define VERIFY_PROTO_H

#include "verify/engine.h"

enum proto_kind {
	PROTO_NUMBER,
	PROTO_CTX,
	PROTO_MEM,     /* `size` bytes that may be written */
	PROTO_TRUSTED, /* a struct of the kernel */
	PROTO_DYNPTR,
};

struct proto_arg {
	enum proto_kind kind;
	bool maybe_null;
	u32 size;
	u32 type; /* PROTO_TRUSTED: in the kernel's BTF */
};

struct proto {
	u32 count;
	struct proto_arg args[5];
};

/* Fails, with a finding, for what a global function may not have. */
bool proto_read(struct engine *e, const struct image_func *f, struct proto *out);
/* Of a function that is walked now: whether what it returns is an int by its type. */
bool proto_returns_int(const struct engine *e);
/* A tag of the function itself that begins so. */
bool proto_has_tag(const struct engine *e, const struct image_func *f, const char *prefix);
/* The global function that begins at an instruction; NULL if it is none that is judged by itself. */
const struct image_func *proto_global(const struct engine *e, u32 start);
/* A call of it: what is handed over is what it takes, and nothing is known of what it gives. */
bool proto_call(struct engine *e, const struct image_func *f);
/* What it begins with. */
bool proto_enter(struct engine *e, const struct image_func *f);

#endif
