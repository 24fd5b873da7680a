/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a number in a register: some of its bits, bounds of the whole, and bounds of its low half, as programs
 * compare and compute with both. The three are kept in step, so each knows what the others imply.
 *
 * The width is a parameter, so that tests can compare every operation with all sets of 4- and 6-bit numbers; programs
 * have SCALAR_BITS. A scalar always has one number at least.
 */
#ifndef VERIFY_SCALAR_H
#define VERIFY_SCALAR_H

#include "base/buf.h"
#include "verify/range.h"

#define SCALAR_BITS 64

struct scalar {
	struct tnum bits;
	struct range full, low;
};

struct scalar scalar_unknown(unsigned bits);
struct scalar scalar_const(u64 v, unsigned bits);
/* Bounds without a sign: a load of fewer bits, the result of a helper. */
struct scalar scalar_between(u64 min, u64 max, unsigned bits);
struct scalar scalar_between_signed(s64 min, s64 max, unsigned bits);

static inline bool scalar_is_const(const struct scalar *s)
{
	return !s->bits.mask;
}

static inline bool scalar_is_zero(const struct scalar *s)
{
	return !s->bits.mask && !s->bits.value;
}

bool scalar_has(const struct scalar *s, u64 v, unsigned bits);
/* Tells each part what the others know; false if no number is left. */
bool scalar_sync(struct scalar *s, unsigned bits);

/* ---- arithmetic */

/* How an operation works: on the whole, or on the low half with the upper one zero afterwards. */
struct scalar_mode {
	bool is_half, is_signed; /* is_signed: of division and remainder */
};

/* op: BPF_ADD ... BPF_ARSH, BPF_MOV; shifts take their amount modulo the width, division by 0 gives 0, its remainder the dividend. */
struct scalar scalar_alu(u8 op, const struct scalar *a, const struct scalar *b,
			 struct scalar_mode mode, unsigned bits);
struct scalar scalar_neg(const struct scalar *a, bool is_half, unsigned bits);
struct scalar scalar_zext(const struct scalar *a, unsigned from, unsigned bits);
struct scalar scalar_sext(const struct scalar *a, unsigned from, bool is_half, unsigned bits);
/* The low 16, 32 or 64 bits with their bytes reversed. */
struct scalar scalar_swap(const struct scalar *a, unsigned from);

/* ---- comparison */

/*
 * What is known of both after a comparison (BPF_JEQ ... BPF_JSLE, BPF_JSET) that was true or false; false if that cannot be:
 * they are what they were then.
 */
bool scalar_branch(u8 op, bool is_true, struct scalar *a, struct scalar *b, bool is_half,
		   unsigned bits);

/* ---- sets */
struct scalar scalar_join(const struct scalar *a, const struct scalar *b, unsigned bits);
bool scalar_subset(const struct scalar *a, const struct scalar *b); /* each of a is in b */

/* "7", "0..255", "-1..5", "0..252, multiple of 4" */
void scalar_print(const struct scalar *s, struct buf *out);

#endif
