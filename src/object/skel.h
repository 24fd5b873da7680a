/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A skeleton: a header for C and C++ that has an object in it, and with it everything of the object by name. It needs libbpf 1.1
 * or newer and nothing of ours:
 *
 *	struct x *s = x__open();		reads the object that is in the header
 *	s->rodata->min_bytes = 100;		variables, before it is loaded
 *	x__load(s); x__attach(s);
 *	s->bss->count; s->maps.flows;		while it runs
 *	x__destroy(s);
 *
 * A subskeleton is for an object that is a part of another one, as a library is; variables are pointers:
 *
 *	struct lib *l = lib__open(s->obj);	of the object that it has been linked into
 *	*l->bss.count; l->maps.flows;
 *	lib__destroy(l);
 */
#ifndef OBJECT_SKEL_H
#define OBJECT_SKEL_H

#include "base/buf.h"
#include "object/image.h"

enum { SKEL_MAX_NAME = 64 };

struct skel_options {
	const char *name;   /* "x": an identifier */
	const char *source; /* the object's file, for a comment */
	bool is_own_types; /* types are named as in the object: whoever includes it has defined them before */
	bool is_sub; /* a subskeleton: of an object that others link into theirs, without its bytes */
};

/* img was opened from the bytes elf. 0 or -EINVAL, reported. */
int skel_write(struct buf *out, const struct image *img, const void *elf, size_t len,
	       const struct skel_options *opts, struct diag *d);
/* "x_bpf" for a file "dir/x.bpf.o". */
const char *skel_default_name(struct arena *a, const char *path);
/* Whether it is an identifier of C of at most SKEL_MAX_NAME bytes. */
bool skel_is_name(const char *name);

#endif
