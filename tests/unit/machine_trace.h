/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces of registers that every engine can write, as the program does it itself: before instructions of a random program it stores
 * r0 to r9 into a ring of records.
 *
 *	r1 = r1 * r2			*(r10 - 72) = r9, *(r10 - 80) = r8
 *			──►		r9 = the ring, r8 = its next record
 *					all registers, and the instruction's index, to r8
 *					r8 = *(r10 - 80), r9 = *(r10 - 72)
 *					r1 = r1 * r2
 */
#ifndef UNIT_MACHINE_TRACE_H
#define UNIT_MACHINE_TRACE_H

#include "base/buf.h"
#include "unit/machine_gen.h"

enum { MACHINE_TRACE_KEPT = 1024, MACHINE_TRACE_INSNS = 26 };

struct machine_record {
	u64 regs[10], insn, unused[5];
};

struct machine_trace {
	u64 next; /* bytes that were written, of which the ring keeps the last */
	u64 unused[15];
	struct machine_record ring[MACHINE_TRACE_KEPT];
};

/* Instructions of a traced program at most. */
#define MACHINE_TRACED_MAX (MACHINE_GEN_MAX * MACHINE_TRACE_INSNS)

/*
 * The program with a record before one of so many instructions, by chance; ring: a 64-bit load of the ring's address. No record is
 * written while a register has an address, which is not the same in the kernel.
 */
u32 machine_trace(struct machine_gen *g, u32 one_of, const struct bpf_insn ring[2],
		  struct bpf_insn *out);
/* Whether two engines have written the same; if not, what differs first is put into text. */
bool machine_trace_same(const struct machine_trace *want, const struct machine_trace *got,
			struct buf *text);

#endif
