/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic: numbers by the number domain; of pointers only distances may change, and only where the kind allows it. */
#include "isa/insn.h"
#include "verify/ksym.h"
#include "verify/privilege.h"
#include "verify/speculation.h"

static bool is_sane(const struct reg *p)
{
	return p->off > -STATE_MAX_OFFSET && p->off < STATE_MAX_OFFSET &&
	       p->n.full.smin > -STATE_MAX_OFFSET && p->n.full.smax < STATE_MAX_OFFSET;
}

static bool may_move(const struct reg *p, bool is_const)
{
	switch (p->kind) {
	case REG_VALUE:
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MEM:
	case REG_CTX: /* what was moved so is an address for helpers that read from anywhere */
		return true;
	case REG_BTF:
	case REG_OBJECT:
	case REG_FLOW_KEYS:
		return is_const;
	default:
		return false;
	}
}

/* Pointer plus or minus a number. */
static bool move_pointer(struct engine *e, struct speculation_sum sum)
{
	struct reg p = sum.pointer;
	const struct scalar *by = &sum.by;
	u32 d = sum.insn->dst_reg;
	bool is_const = scalar_is_const(by), minus = sum.is_minus;
	s64 distance = (s64)by->bits.value;

	if (p.maybe_null)
		return engine_fail(e, VERIFY_NULL,
				   "compare it with NULL first, then compute with it",
				   "r%u may be NULL, and arithmetic would hide that", d);
	if (is_const && !distance && e->opts->privileged) {
		*engine_reg(e, d) = p;
		return true;
	}
	if (!may_move(&p, is_const) || (minus && p.kind == REG_STACK))
		return engine_fail(
			e, VERIFY_POINTER,
			"keep such pointers as they were given, and use constant offsets",
			"r%u is %s, to which nothing may be %s", d, reg_kind_name(p.kind),
			minus ? "subtracted" : "added");
	if (!speculation_begin(e, &sum))
		return false;
	if (is_const) {
		s64 off = minus ? (s64)p.off - distance : (s64)p.off + distance;
		if (distance <= -STATE_MAX_OFFSET || distance >= STATE_MAX_OFFSET ||
		    off <= -STATE_MAX_OFFSET || off >= STATE_MAX_OFFSET)
			return engine_fail(e, VERIFY_POINTER, "",
					   "the distance %lld is too large for a pointer",
					   (long long)distance);
		p.off = (s32)off;
	} else {
		p.n = scalar_alu(minus ? BPF_SUB : BPF_ADD, &p.n, by, (struct scalar_mode){ 0 },
				 SCALAR_BITS);
		if (reg_is_packet(&p)) {
			p.id = ++e->next_id;
			p.size = 0;
		}
	}
	if (!is_sane(&p))
		return engine_fail(e, VERIFY_POINTER,
				   "compare the number with a bound before it is added; "
				   "numbers that may be negative need a check for that, too",
				   "the number that is %s r%u has no bound: %lld to %lld",
				   minus ? "subtracted from" : "added to", d,
				   (long long)by->full.smin, (long long)by->full.smax);
	if (!speculation_end(e, &sum, &p))
		return false;
	*engine_reg(e, d) = p;
	return true;
}

static bool alu_pointers(struct engine *e, const struct bpf_insn *i, const struct reg *a,
			 const struct reg *b)
{
	bool is_half = (i->code & 7) == BPF_ALU;
	u8 op = i->code & 0xf0;
	u32 d = i->dst_reg;
	struct speculation_sum sum = { .insn = i, .is_minus = op == BPF_SUB };

	/* The low half of a distance is a number like any other. */
	if (is_half && op == BPF_SUB && e->opts->privileged) {
		*engine_reg(e, d) = reg_unknown();
		engine_reg(e, d)->n = scalar_zext(&engine_reg(e, d)->n, 32, SCALAR_BITS);
		return true;
	}
	if (is_half || (op != BPF_ADD && op != BPF_SUB))
		return engine_fail(e, VERIFY_POINTER, "pointers take += and -= of 64 bits only",
				   "r%u: a pointer is computed with otherwise than by adding", d);
	if (reg_is_pointer(a) && reg_is_pointer(b)) {
		if (op == BPF_ADD || !e->opts->privileged)
			return engine_fail(e, VERIFY_POINTER, "", "r%u: a pointer is %s a pointer",
					   d, op == BPF_ADD ? "added to" : "subtracted from");
		*engine_reg(e, d) = reg_unknown();
		return true;
	}
	sum.is_swapped = !reg_is_pointer(a);
	sum.pointer = sum.is_swapped ? *b : *a;
	sum.by = sum.is_swapped ? a->n : b->n;
	if (op == BPF_SUB && sum.is_swapped)
		return engine_fail(e, VERIFY_POINTER, "",
				   "r%u: a pointer is subtracted from a number", d);
	return move_pointer(e, sum);
}

/* Copies: both have one name from now on, so that what is learned of one holds for the other. */
static bool move(struct engine *e, const struct bpf_insn *i, bool is_half)
{
	struct reg *d = engine_reg(e, i->dst_reg);

	if (!(i->code & BPF_X)) {
		*d = reg_const(is_half ? (u32)i->imm : (u64)(s64)i->imm);
		return true;
	}
	struct reg *s = engine_reg(e, i->src_reg);
	if (i->off && i->off != 8 && i->off != 16 && !(i->off == 32 && !is_half))
		return engine_fail(e, VERIFY_INSN, "", "a move that extends %d bits does not exist",
				   i->off);
	if (reg_is_pointer(s) && (is_half || i->off)) {
		if (!privilege_shows(e, i->src_reg, "is made a number in part"))
			return false;
		*d = reg_unknown();
		if (is_half)
			d->n = scalar_zext(&d->n, 32, SCALAR_BITS);
	} else if (i->off) {
		*d = reg_scalar(scalar_sext(&s->n, (unsigned)i->off, is_half, SCALAR_BITS));
	} else if (is_half) {
		bool same = s->n.full.umax <= UINT32_MAX;
		if (same && !s->id && !scalar_is_const(&s->n))
			s->id = ++e->next_id;
		struct reg out = reg_scalar(scalar_zext(&s->n, 32, SCALAR_BITS));
		out.id = same ? s->id : 0;
		out.off = s->off;
		*d = out;
	} else {
		if (s->kind == REG_SCALAR && !s->id && !scalar_is_const(&s->n))
			s->id = ++e->next_id;
		*d = *s;
	}
	return true;
}

/* The number that a pointer is, for those who may know it. */
static bool lose_pointer(struct engine *e, u32 r)
{
	if (!privilege_shows(e, r, "is made a number"))
		return false;
	*engine_reg(e, r) = reg_unknown();
	return true;
}

static bool swap(struct engine *e, const struct bpf_insn *i)
{
	struct reg *d = engine_reg(e, i->dst_reg);
	bool always = (i->code & 7) == BPF_ALU64;
	unsigned bits = (unsigned)i->imm;

	if (bits != 16 && bits != 32 && bits != 64)
		return engine_fail(e, VERIFY_INSN, "", "there is no byte swap of %d bits", i->imm);
	if (reg_is_pointer(d) && !lose_pointer(e, i->dst_reg))
		return false;
	if (always || (i->code & BPF_TO_BE))
		*d = reg_scalar(scalar_swap(&d->n, bits));
	else
		*d = reg_scalar(scalar_zext(&d->n, bits, SCALAR_BITS));
	return true;
}

static bool is_shift(const struct bpf_insn *i, u8 op)
{
	return i->code == (BPF_ALU64 | op | BPF_K) && i->imm == 32;
}

/*
 * Before instructions of 32 bits came, numbers were cut to those by shifting them up and down again. Where that changes nothing,
 * the number stays tied to its copies. False if this does not end such a pair.
 */
static bool shift_back(struct engine *e, const struct bpf_insn *i)
{
	const struct reg *from = &e->shifted, *d = engine_reg(e, i->dst_reg);
	bool is_signed = is_shift(i, BPF_ARSH);

	if ((!is_signed && !is_shift(i, BPF_RSH)) || !d->id || d->id != e->shifted_id || d->off)
		return false;
	bool is_same = is_signed ? from->n.full.smin >= INT32_MIN && from->n.full.smax <= INT32_MAX
				 : from->n.full.umax <= UINT32_MAX;
	*engine_reg(e, i->dst_reg) =
		is_same     ? *from
		: is_signed ? reg_scalar(scalar_sext(&from->n, 32, false, SCALAR_BITS))
			    : reg_scalar(scalar_zext(&from->n, 32, SCALAR_BITS));
	return true;
}

/* A sum of 32 bits is that of 64 bits. */
static bool stays_half(const struct scalar *n, s32 imm)
{
	return n->full.umax <= UINT32_MAX && (imm >= 0 ? n->full.umax + (u64)imm <= UINT32_MAX
						       : n->full.umin >= (u64) - (s64)imm);
}

static bool compute(struct engine *e, const struct bpf_insn *i)
{
	bool is_half = (i->code & 7) == BPF_ALU, by_reg = i->code & BPF_X;
	u8 op = i->code & 0xf0;

	if (op > BPF_END || i->dst_reg > 9 || i->src_reg > 10)
		return engine_fail(e, VERIFY_INSN, "r10 is only read",
				   "no such instruction: code %#x, r%u", i->code, i->dst_reg);
	if (by_reg && op != BPF_END && !engine_readable(e, i->src_reg))
		return false;
	if (op != BPF_MOV && !engine_readable(e, i->dst_reg))
		return false;
	if (op == BPF_MOV)
		return move(e, i, is_half);
	if (op == BPF_END)
		return swap(e, i);
	struct reg *d = engine_reg(e, i->dst_reg);
	if (op == BPF_NEG) {
		if (reg_is_pointer(d) && !lose_pointer(e, i->dst_reg))
			return false;
		*d = reg_scalar(scalar_neg(&d->n, is_half, SCALAR_BITS));
		return true;
	}
	struct reg b = by_reg ? *engine_reg(e, i->src_reg) : reg_const((u64)(s64)i->imm);
	bool shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	if (!by_reg && shifts && (i->imm < 0 || i->imm >= (is_half ? 32 : 64)))
		return engine_fail(e, VERIFY_INSN, "", "a shift by %d bits", i->imm);
	if (!by_reg && (op == BPF_DIV || op == BPF_MOD) && !i->imm)
		return engine_fail(e, VERIFY_INSN, "", "a division by 0");
	if (reg_is_pointer(d) || reg_is_pointer(&b))
		return alu_pointers(e, i, d, &b);
	if (!speculation_numbers(e, i))
		return false;
	if (e->opts->privileged && shift_back(e, i))
		return true;
	bool is_shifted = e->opts->privileged && is_shift(i, BPF_LSH) && !scalar_is_const(&d->n);
	if (is_shifted)
		e->shifted = *d;
	struct scalar_mode mode = { .is_half = is_half, .is_signed = i->off == 1 };
	/* Still tied to its copies, as far as the distance goes. */
	bool is_linked = op == BPF_ADD && !by_reg && d->id && e->opts->privileged &&
			 (!is_half || stays_half(&d->n, i->imm)) &&
			 (s64)d->off + i->imm == (s32)(d->off + (s64)i->imm);
	struct reg link = *d;
	/* A number minus itself, or its difference with itself, is 0. */
	if (by_reg && i->dst_reg == i->src_reg && (op == BPF_SUB || op == BPF_XOR))
		*d = reg_const(0);
	else
		*d = reg_scalar(scalar_alu(op, &d->n, &b.n, mode, SCALAR_BITS));
	if (is_shifted)
		d->id = e->shifted_id = ++e->next_id;
	if (is_linked) {
		d->id = link.id;
		d->off = link.off + i->imm;
	}
	return true;
}

bool check_alu(struct engine *e, const struct bpf_insn *i)
{
	if (!compute(e, i))
		return false;
	e->cur->insn++;
	return true;
}

bool check_imm64(struct engine *e, const struct bpf_insn *i)
{
	struct reg *d = engine_reg(e, i->dst_reg);
	u32 low = (u32)i[0].imm, high = (u32)i[1].imm;
	bool is_map = i->src_reg == BPF_PSEUDO_MAP_IDX || i->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;

	if (i->dst_reg > 9)
		return engine_fail(e, VERIFY_INSN, "", "r10 is written");
	if (is_map && low >= e->img->maps.n)
		return engine_fail(e, VERIFY_INSN, "", "there is no map %u", low);
	if (is_map && (!privilege_map(e, low) || !engine_check_map(e, low)))
		return false;
	switch (i->src_reg) {
	case 0:
		*d = reg_const((u64)high << 32 | low);
		break;
	case BPF_PSEUDO_MAP_IDX:
		*d = reg_pointer(REG_MAP);
		d->map = low;
		break;
	case BPF_PSEUDO_MAP_IDX_VALUE:
		*d = reg_pointer(REG_VALUE);
		d->map = low;
		d->off = (s32)(high & 0x7fffffff);
		d->is_read_only = e->img->maps.at[low].flags & BPF_F_RDONLY_PROG;
		if (high > e->img->maps.at[low].value_size)
			return engine_fail(e, VERIFY_VALUE, "", "map value + %u is behind its end",
					   high);
		break;
	case BPF_PSEUDO_FUNC:
		*d = reg_pointer(REG_FUNC);
		d->size = (u32)flow_target(i, e->cur->insn);
		break;
	default:
		if (!ksym_address(e, low, d))
			return false;
	}
	e->cur->insn += 2;
	return true;
}
