/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dynptrs: memory behind a handle of 16 bytes on the program's stack that only functions touch. Both slots have a register
 * of kind REG_DYNPTR:
 *
 *	size: enum dynptr_kind	frame: which slot	id: of this handle	ref: of the record that has to be released, or 0
 *
 * Memory that was got through one, a slice, is REG_MEM with the handle's id as its `map`, and is gone with the handle. A callback may be
 * given one in a register, which it can only read through.
 */
#ifndef VERIFY_DYNPTR_H
#define VERIFY_DYNPTR_H

#include "verify/engine.h"

#define DYNPTR_POINTER 2 /* `frame` of a register that points to one */

enum dynptr_kind { DYNPTR_ANY, DYNPTR_LOCAL, DYNPTR_RINGBUF, DYNPTR_PACKET };

/* A slot that only functions may touch: of a handle, or of an iterator. */
static inline bool dynptr_opaque(const struct slot *s)
{
	return s->size && (s->spill.kind == REG_ITER ||
			   (s->spill.kind == REG_DYNPTR && s->spill.frame != DYNPTR_POINTER));
}

/* What r is a pointer to: NULL if it is no dynptr that was made. */
const struct reg *dynptr_at(struct engine *e, u32 r);
/* One that is there, of a kind; `changes`: not only read. Fails otherwise. */
bool dynptr_take(struct engine *e, u32 r, enum dynptr_kind kind, bool changes, const char *who);
/* Makes one where r points to; ref: 0, or what has to be released. */
bool dynptr_make(struct engine *e, u32 r, enum dynptr_kind kind, u32 ref, const char *who);
/* Another handle of the same memory. */
bool dynptr_clone(struct engine *e, u32 from, u32 to, const char *who);
struct reg dynptr_slice(const struct reg *dynptr, u32 size);
/* Before bytes of the stack are overwritten: handles there are gone; fails if something would be lost that has to be released. */
bool dynptr_overwrite(struct engine *e, u32 frame, s32 low, s32 high);

#endif
