/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the kernel's types that CO-RE relocations look at, as BTF by itself: a few KiB that can be shipped for kernels
 * without BTF of their own. Relocations come to the same by it as by the whole.
 *
 *	field se.exec_start of task_struct
 *	  ──► struct task_struct { [208] struct sched_entity se; };	sizes and offsets are kept,
 *	      struct sched_entity { [144] u64 exec_start; };		other members left out
 *
 * Qualifiers and typedefs on the way are left out; what a pointer points to is kept where types are compared as a whole.
 * One number cannot be the same: ids of the kernel's types.
 */
#ifndef OBJECT_IMAGE_MIN_H
#define OBJECT_IMAGE_MIN_H

#include "base/buf.h"
#include "object/image_core.h"

struct image_min {
	struct arena *arena;
	const struct rawbtf *kernel;
	struct image_min_type **types; /* by the kernel's ids; NULL: left out */
	u32 left;                      /* how many more members may be looked at */
	u32 ids;                       /* relocations that want a kernel type's id */
};

/* For image_options.min of any number of objects, which are then opened with the same kernel. */
void image_min_init(struct image_min *m, struct arena *arena, const struct rawbtf *kernel);
/* A relocation compares a local type as a whole with one of the kernel's, whatever comes of it. */
void image_min_compared(struct image_min *m, u32 kind, u32 root);
/* A relocation has found what it looked for. */
void image_min_found(struct image_min *m, const struct image_spec *spec);
/* The BTF section; count: of its types. */
void image_min_write(const struct image_min *m, struct buf *out, u32 *count);

#endif
