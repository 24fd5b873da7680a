/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alignment: always of the stack, of atomic operations and of what helpers fill in whole; of all else only in programs that are
 * loaded with BPF_F_STRICT_ALIGNMENT. Packets begin 2 bytes behind an aligned address, so that the IP header is aligned.
 */
#include "verify/engine.h"

#define PACKET_START 2

static bool is_strict(const struct engine *e)
{
	return (e->prog->flags & BPF_F_STRICT_ALIGNMENT) && !e->opts->safety_only;
}

bool check_alignment(struct engine *e, const struct reg *p, struct access a, bool always)
{
	bool packet = p->kind == REG_PACKET || p->kind == REG_PACKET_META;
	s64 fixed = (s64)p->off + a.off + (packet ? PACKET_START : 0);

	/* Kernels say nothing of packets beyond what the flag asks for. */
	if (a.size <= 1 || (!is_strict(e) && (packet || (!always && p->kind != REG_STACK))))
		return true;
	struct scalar by = scalar_const((u64)fixed, SCALAR_BITS);
	struct scalar at = scalar_alu(BPF_ADD, &p->n, &by, (struct scalar_mode){ 0 }, SCALAR_BITS);
	if (!((at.bits.value | at.bits.mask) & (a.size - 1)))
		return true;
	if (p->kind == REG_STACK)
		return engine_fail(e, VERIFY_STACK,
				   "accesses of the stack have to be aligned by their size",
				   "r%u: %u bytes at r10%+lld", a.r, a.size, (long long)fixed);
	return engine_fail(e, VERIFY_ALIGNMENT, "move the field to where a multiple of its size is",
			   "r%u: %u bytes of the %s are accessed at an address that need not be a "
			   "multiple of that",
			   a.r, a.size, reg_kind_name(p->kind));
}
