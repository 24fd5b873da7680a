/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types behind CO-RE relocations. A relocation names a type of this object and a path of
 * members in it; whoever loads the object finds the kernel's type of the same name, follows the
 * same path there, and puts the offset that it comes to into the instruction. It also wants the
 * path to come to the instruction's own offset in this object's type.
 *
 * So each path gets a type of its own that has nothing but the path: for
 *
 *	r1 += 208	offset of se.exec_start: record "task_struct", steps "se", "exec_start"
 *
 * it is
 *
 *	struct task_struct { [208] struct sched_entity { [0] u64 exec_start; } se; };
 *
 * with the path "0:0:0".
 * Steps into members without a name are left out: the kernel's type is searched through those
 * anyway.
 */
#ifndef OBJECT_CORE_H
#define OBJECT_CORE_H

#include "object/btfgen.h"
#include "object/object.h"

/*
 * The offset that an instruction carries: the immediate of arithmetic, the offset of loads and
 * stores.
 */
s32 core_offset(const struct bpf_insn *insn);
/*
 * The type that has c's path and comes to the offset of its instruction; *path gets the string
 * "0:0...".
 */
u32 core_type(struct btfgen *g, const struct object_core *c, s32 offset, u32 *path);

#endif
