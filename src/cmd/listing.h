/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program's instructions as text, with the names of what they refer to:
 *
 *	r1 = map[counts] ll
 *	r2 = &limit+4 ll			a variable, or .rodata.str+4 where types do not name it
 *	call shared
 *	if r0 == 0 goto +3 <L2>
 *	call unknown#195896080  ; the kernel has no 'task_struct.old'
 */
#ifndef CMD_LISTING_H
#define CMD_LISTING_H

#include "base/buf.h"
#include "object/image.h"

struct listing {
	const struct image *img;
	const struct image_prog *prog;
	u32 *labels; /* by instruction: the number of the label, 0 where no jump leads */
};

/* The labels live in the arena. */
void listing_init(struct listing *l, struct arena *a, const struct image *img,
		  const struct image_prog *p);
/* Appends an instruction without a newline; how many units it takes, see disasm_insn(). */
u32 listing_insn(const struct listing *l, u32 insn, struct buf *out);
/* Appends the name of what it refers to; false if it is nothing that has one. */
bool listing_symbol(const struct listing *l, u32 insn, struct buf *out);
/* Where an instruction's line begins, that is, at this instruction the source line is another one than before; else NULL. */
const struct image_line *listing_line(const struct listing *l, u32 insn);
/* "&limit+4", ".bss+4": a byte of a map's value. */
void listing_variable(const struct image_map *m, u32 offset, struct buf *out);

#endif
