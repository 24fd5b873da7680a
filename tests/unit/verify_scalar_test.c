/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every abstract operation against all concrete numbers, on domains of 4 and 6 bits; how precise they are is counted too. */
#include "verify/scalar.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "unit/test.h"

#define MAX 8000
struct domain {
	unsigned bits, n;
	struct scalar at[MAX];
	u64 sets[MAX]; /* the numbers that each has */
};

static u64 set_of(const struct scalar *s, unsigned bits)
{
	u64 set = 0;

	for (u64 v = 0; v <= tnum_all(bits); v++)
		set |= (u64)scalar_has(s, v, bits) << v;
	return set;
}

static void domain_add(struct domain *d, struct scalar s)
{
	u64 set = set_of(&s, d->bits);

	if (!scalar_sync(&s, d->bits)) {
		CHECK_EQ(set, 0);
		return;
	}
	CHECK(set == set_of(&s, d->bits)); /* in step, and nothing lost */
	for (unsigned i = 0; i < d->n; i++) {
		if (!memcmp(&d->at[i], &s, sizeof(s)))
			return;
	}
	if (set && d->n < MAX) {
		d->at[d->n] = s;
		d->sets[d->n++] = set;
	}
}

/* All known bits, all bounds of either reading, whole and half; every step-th of them. */
static struct domain *domain_new(unsigned bits, unsigned step)
{
	struct domain *d = calloc(1, sizeof(*d));
	u64 all = tnum_all(bits);
	unsigned n = 0;

	d->bits = bits;
	for (u64 lo = 0; lo <= all; lo++) {
		for (u64 hi = 0; hi <= all; hi++) {
			struct scalar s = scalar_unknown(bits);
			if (n++ % step)
				continue;
			if (!(lo & hi)) {
				s.bits = (struct tnum){ lo, hi };
				domain_add(d, s);
				s.bits = tnum_unknown(bits);
			}
			if (lo <= hi) {
				s.full.umin = lo;
				s.full.umax = hi;
				domain_add(d, s);
				s.low.smin = -1;
				domain_add(d, s);
				s = scalar_unknown(bits);
				s.full.smin = range_signed(lo, bits);
				s.full.smax = range_signed(hi, bits);
				domain_add(d, s);
			}
		}
	}
	return d;
}

static u64 concrete(u8 op, u64 a, u64 b, struct scalar_mode m, unsigned bits)
{
	if (m.is_half)
		bits /= 2;
	u64 all = tnum_all(bits);
	a &= all;
	b &= all;
	s64 x = range_signed(a, bits), y = range_signed(b, bits);
	switch (op) {
	case BPF_ADD:
		return (a + b) & all;
	case BPF_SUB:
		return (a - b) & all;
	case BPF_MUL:
		return (a * b) & all;
	case BPF_DIV:
		return !b ? 0 : m.is_signed ? (u64)(x / y) & all : a / b;
	case BPF_MOD:
		return !b ? a : m.is_signed ? (u64)(x % y) & all : a % b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & (bits - 1)) & all;
	case BPF_RSH:
		return a >> (b & (bits - 1));
	case BPF_ARSH:
		return (u64)(x >> (b & (bits - 1))) & all;
	default:
		return b;
	}
}

static bool compare(u8 op, u64 a, u64 b, bool is_half, unsigned bits)
{
	if (is_half)
		bits /= 2;
	a &= tnum_all(bits);
	b &= tnum_all(bits);
	s64 x = range_signed(a, bits), y = range_signed(b, bits);
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return x > y;
	case BPF_JSGE:
		return x >= y;
	case BPF_JSLT:
		return x < y;
	default:
		return x <= y;
	}
}

/* The least abstract number that has all of a set. */
static struct scalar best(u64 set, unsigned bits)
{
	struct scalar s = { 0 };
	bool any = false;

	for (u64 v = 0; v <= tnum_all(bits); v++) {
		struct scalar one = scalar_const(v, bits);
		if (set >> v & 1) {
			s = any ? scalar_join(&s, &one, bits) : one;
			any = true;
		}
	}
	return s;
}

static unsigned count(u64 set)
{
	return (unsigned)__builtin_popcountll(set);
}

/* How many percent of the results are no larger than the best one. */
static unsigned check_op(const struct domain *d, const struct domain *e, u8 op,
			 struct scalar_mode m)
{
	u64 exact = 0, pairs = 0;
	unsigned bits = d->bits;

	for (unsigned i = 0; i < d->n; i++) {
		for (unsigned j = 0; j < e->n; j++) {
			struct scalar r = scalar_alu(op, &d->at[i], &e->at[j], m, bits);
			u64 want = 0, got = set_of(&r, bits);
			for (u64 a = 0; a <= tnum_all(bits); a++) {
				for (u64 b = 0; b <= tnum_all(bits) && d->sets[i] >> a & 1; b++) {
					if (e->sets[j] >> b & 1)
						want |= (u64)1 << concrete(op, a, b, m, bits);
				}
			}
			if (want & ~got) {
				test_fail(__FILE__, __LINE__, "op %x half %d bits %u: unsound", op,
					  m.is_half, bits);
				return 0;
			}
			struct scalar ideal = best(want, bits);
			exact += count(set_of(&ideal, bits)) >= count(got);
			pairs++;
		}
	}
	return (unsigned)(exact * 100 / pairs);
}

static const struct {
	u8 op;
	unsigned least; /* percent exact */
} ops[] = {
	{ BPF_ADD, 60 }, { BPF_SUB, 60 }, { BPF_MUL, 30 },  { BPF_DIV, 20 },
	{ BPF_AND, 50 }, { BPF_OR, 50 },  { BPF_XOR, 40 },  { BPF_MOD, 20 },
	{ BPF_LSH, 20 }, { BPF_RSH, 50 }, { BPF_ARSH, 50 }, { BPF_MOV, 99 },
};

static void check_ops(unsigned bits, unsigned step_a, unsigned step_b)
{
	struct domain *d = domain_new(bits, step_a), *e = domain_new(bits, step_b);

	for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
		u8 op = ops[i].op;
		bool is_shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
		if (is_shift && bits & (bits - 1))
			continue; /* amounts are masked: widths are powers of 2 */
		for (int k = 0; k < 4; k++) {
			struct scalar_mode m = { .is_half = k & 1, .is_signed = k & 2 };
			if (m.is_signed && op != BPF_DIV && op != BPF_MOD)
				continue;
			unsigned percent = check_op(d, e, op, m);
			if (percent < ops[i].least)
				test_fail(__FILE__, __LINE__, "op %x mode %d: %u%% exact", op, k,
					  percent);
		}
	}
	free(d);
	free(e);
}

TEST(verify_scalar_alu_4_bits)
{
	check_ops(4, 1, 5);
}

TEST(verify_scalar_alu_6_bits)
{
	check_ops(6, 41, 37);
}

static void check_branch(const struct domain *d, u8 op, bool is_true, bool is_half)
{
	for (unsigned i = 0; i < d->n; i++) {
		for (unsigned j = 0; j < d->n; j++) {
			struct scalar x = d->at[i], y = d->at[j];
			bool can = scalar_branch(op, is_true, &x, &y, is_half, d->bits);
			u64 left = 0, right = 0;
			for (u64 a = 0; a <= tnum_all(d->bits); a++) {
				for (u64 b = 0; b <= tnum_all(d->bits); b++) {
					if (!(d->sets[i] >> a & 1) || !(d->sets[j] >> b & 1) ||
					    compare(op, a, b, is_half, d->bits) != is_true)
						continue;
					left |= (u64)1 << a;
					right |= (u64)1 << b;
				}
			}
			if (can ? left & ~set_of(&x, d->bits) || right & ~set_of(&y, d->bits)
				: left || right) {
				test_fail(__FILE__, __LINE__, "jump %x %d half %d: unsound", op,
					  is_true, is_half);
				return;
			}
		}
	}
}

TEST(verify_scalar_branch)
{
	static const u8 jumps[] = { BPF_JEQ, BPF_JNE,  BPF_JSET, BPF_JGT,  BPF_JGE, BPF_JLT,
				    BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };
	struct domain *d4 = domain_new(4, 1), *d6 = domain_new(6, 29);

	for (unsigned i = 0; i < ARRAY_SIZE(jumps); i++) {
		for (int k = 0; k < 4; k++) {
			check_branch(d4, jumps[i], k & 1, k & 2);
			check_branch(d6, jumps[i], k & 1, k & 2);
		}
	}
	free(d4);
	free(d6);
}

TEST(verify_scalar_extend_join)
{
	struct domain *d = domain_new(6, 3);

	for (unsigned i = 0; i < d->n; i++) {
		struct scalar other = d->at[(i * 7) % d->n];
		struct scalar both = scalar_join(&d->at[i], &other, 6);
		CHECK(scalar_subset(&d->at[i], &both) && scalar_subset(&other, &both));
		CHECK(!(d->sets[i] & ~set_of(&both, 6)));
		for (unsigned from = 1; from <= 6; from++) {
			struct scalar z = scalar_zext(&d->at[i], from, 6);
			struct scalar s = scalar_sext(&d->at[i], from, false, 6);
			for (u64 v = 0; v < 64; v++) {
				if (!(d->sets[i] >> v & 1))
					continue;
				CHECK(scalar_has(&z, v & tnum_all(from), 6));
				CHECK(scalar_has(&s, (u64)range_signed(v, from) & 63, 6));
			}
		}
	}
	free(d);
}
