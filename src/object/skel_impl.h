/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What skeletons (skel.c) and subskeletons (skel_sub.c) are both made of. */
#ifndef OBJECT_SKEL_IMPL_H
#define OBJECT_SKEL_IMPL_H

#include "object/skel.h"
#include "object/skel_type.h"

/* A map as libbpf will make it. */
struct skel_map {
	const char *name;  /* libbpf's */
	const char *field; /* in the struct */
	const char *data;  /* the same of a section that can be mapped; NULL */
	bool is_ops;       /* of struct_ops: it can be attached */
};

struct skel {
	struct arena *arena;
	const struct image *img;
	const struct skel_options *opts;
	struct buf *out;
	vec_of(struct skel_map) maps;
	bool has_ops;
};

/* Writes the text, with the skeleton's name for each @ in it. */
void skel_put(struct skel *s, const char *text);
/* Licence, guard, includes, macros; kind: "skeleton". */
void skel_put_head(struct skel *s, const char *kind);
/* The members for maps and programs; libbpf's tables of them, within a function that returns an int. */
void skel_put_handles(struct skel *s);
void skel_put_tables(struct skel *s);

/* The verbs and the rest of a subskeleton. */
void skel_sub_write(struct skel *s);

#endif
