/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emits .BTF.ext: which function and which line of the script an instruction belongs to, CO-RE
 * relocations.
 */
#ifndef OBJECT_EXT_H
#define OBJECT_EXT_H

#include "object/btfgen.h"
#include "object/layout.h"

/* func_ids: the BTF ids of the object's functions. Adds strings and types to g, so it comes before
 * btfgen_write(). Offsets within the section count from its first byte, wherever out stands. */
void ext_write(const struct object *o, const struct layout *l, const u32 *func_ids,
	       struct btfgen *g, struct buf *out);

#endif
