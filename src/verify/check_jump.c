/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparisons, and what they tell on either side: bounds of numbers and of all their copies, that a pointer is or is not NULL,
 * how many bytes of the packet there are.
 */
#include "isa/insn.h"
#include "verify/privilege.h"
#include "verify/speculation.h"

#define MAX_PACKET 0xffff

struct learned {
	u32 id;
	s32 off;
	struct scalar n;
};

/* Copies, and copies that a constant was added to. */
static void learn_number(struct reg *r, void *arg)
{
	const struct learned *l = arg;

	if (r->kind != REG_SCALAR || r->id != l->id)
		return;
	struct scalar by = scalar_const((u64)((s64)r->off - l->off), SCALAR_BITS);
	r->n = r->off == l->off
		       ? l->n
		       : scalar_alu(BPF_ADD, &l->n, &by, (struct scalar_mode){ 0 }, SCALAR_BITS);
}

struct null_check {
	u32 id;
	bool is_null;
};

static void learn_null(struct reg *r, void *arg)
{
	const struct null_check *c = arg;

	if (!r->maybe_null || r->id != c->id)
		return;
	if (c->is_null) {
		*r = reg_const(0);
	} else {
		r->maybe_null = false;
		/* Whose lock is held is told by the id. */
		if (!reg_is_packet(r) && r->kind != REG_VALUE && r->kind != REG_OBJECT)
			r->id = 0;
	}
}

static void resolve_null(struct state *s, const struct reg *r, bool is_null)
{
	struct null_check c = { r->id, is_null };
	u32 ref = r->ref;

	state_each(s, learn_null, &c);
	if (is_null && ref &&
	    ref == c.id) { /* it was not got; what was only cast is another thing */
		for (u32 i = 0; i < s->ref_count; i++) {
			if (s->refs[i] == ref)
				s->refs[i] = s->refs[--s->ref_count];
		}
	}
}

struct packet_check {
	enum reg_kind kind;
	u32 id, size;
};

static void learn_packet(struct reg *r, void *arg)
{
	const struct packet_check *c = arg;

	if (r->kind == (u8)c->kind && r->id == c->id && r->size < c->size)
		r->size = c->size;
}

/* p <= end, or p < end, which makes one byte more. */
static void resolve_packet(struct state *s, const struct reg *p, bool is_less)
{
	s64 size = (s64)p->off + (is_less ? 1 : 0);

	/* Far off pointers could have wrapped around. */
	if (p->off < 0 || size <= 0 || p->n.full.smin < 0 ||
	    p->n.full.umax + (u64)p->off > MAX_PACKET)
		return;
	struct packet_check c = { p->kind, p->id, (u32)size };
	state_each(s, learn_packet, &c);
}

static bool is_end_of(const struct reg *p, const struct reg *end)
{
	if (p->kind == REG_PACKET)
		return end->kind == REG_PACKET_END;
	return p->kind == REG_PACKET_META && end->kind == REG_PACKET && !end->off && !end->id &&
	       scalar_is_zero(&end->n);
}

static void learn_end(struct state *s, u8 op, bool is_true, const struct reg *a,
		      const struct reg *b)
{
	bool turned = is_end_of(b, a);

	if (!turned && !is_end_of(a, b))
		return;
	/* Brought to: p op end. */
	if (turned) {
		const struct reg *p = a;
		a = b;
		b = p;
		op = op == BPF_JGT   ? BPF_JLT
		     : op == BPF_JLT ? BPF_JGT
		     : op == BPF_JGE ? BPF_JLE
		     : op == BPF_JLE ? BPF_JGE
				     : op;
	}
	if ((op == BPF_JLE && is_true) || (op == BPF_JGT && !is_true))
		resolve_packet(s, a, false);
	else if ((op == BPF_JLT && is_true) || (op == BPF_JGE && !is_true))
		resolve_packet(s, a, true);
}

/* One of the kernel's may be NULL however it was come by; packets may lie so low that one that was moved is. */
static bool is_real(const struct reg *r)
{
	return reg_is_pointer(r) && !r->maybe_null && !reg_is_packet(r) &&
	       (r->kind != REG_BTF || reg_is_trusted(r)) &&
	       (r->kind != REG_OBJECT || r->trust != TRUST_NOTHING);
}

/* Kernels follow both ways where a pointer to the context or the stack is compared with NULL. */
static bool is_real_pointer(const struct engine *e, const struct reg *r)
{
	bool followed = r->kind == REG_CTX || r->kind == REG_STACK || r->kind == REG_FLOW_KEYS ||
			r->kind == REG_FUNC;

	return is_real(r) && (!followed || e->opts->safety_only);
}

/* Changes the state to what holds on one side; false if that side cannot be. */
static bool decide(struct engine *e, struct state *s, const struct bpf_insn *i, bool is_true)
{
	bool is_half = (i->code & 7) == BPF_JMP32;
	u8 op = i->code & 0xf0;
	struct frame *f = state_frame(s);
	struct reg imm = reg_const((u64)(s64)i->imm);
	struct reg *a = &f->regs[i->dst_reg], *b = i->code & BPF_X ? &f->regs[i->src_reg] : &imm;
	bool says_equal = (op == BPF_JEQ) == is_true;

	if (a == b) { /* with itself: decided, if it is a number */
		if (a->kind == REG_SCALAR && op != BPF_JSET) {
			bool holds = op == BPF_JEQ || op == BPF_JGE || op == BPF_JLE ||
				     op == BPF_JSGE || op == BPF_JSLE;
			return holds == is_true;
		}
		return true;
	}
	if (a->kind == REG_SCALAR && b->kind == REG_SCALAR) {
		struct reg left = *a, right = *b;
		if (!scalar_branch(op, is_true, &left.n, &right.n, is_half, SCALAR_BITS))
			return false;
		a->n = left.n;
		if (b != &imm)
			b->n = right.n;
		struct learned l = { left.id, left.off, left.n };
		struct learned r = { right.id, right.off, right.n };
		if (left.id && left.id != right.id)
			state_each(s, learn_number, &l);
		if (right.id && left.id != right.id)
			state_each(s, learn_number, &r);
		return true;
	}
	if (is_half)
		return true;
	bool is_equality = op == BPF_JEQ || op == BPF_JNE;
	if (is_equality && b->kind == REG_SCALAR && scalar_is_zero(&b->n)) {
		if (a->maybe_null)
			resolve_null(s, &(struct reg){ .id = a->id, .ref = a->ref }, says_equal);
		else if (is_real_pointer(e, a) && says_equal)
			return false;
	} else if (is_equality && says_equal && a->maybe_null != b->maybe_null &&
		   reg_is_pointer(a) && reg_is_pointer(b) && is_real(a->maybe_null ? b : a)) {
		struct reg *p = a->maybe_null ? a : b;
		if (p->kind != REG_BTF) /* equal to one that is not NULL */
			resolve_null(s, &(struct reg){ .id = p->id, .ref = p->ref }, false);
	} else {
		learn_end(s, op, is_true, a, b);
	}
	return true;
}

static bool jump_always(struct engine *e, const struct bpf_insn *i)
{
	e->jumps++;
	e->cur->insn = (u32)flow_target(i, e->cur->insn);
	return true;
}

/* Addresses are compared by those only who may know them; all may ask whether there is one. */
static bool may_compare(struct engine *e, const struct bpf_insn *i)
{
	const struct reg *p = engine_reg(e, i->dst_reg), *by = engine_reg(e, i->src_reg);
	bool by_reg = i->code & BPF_X, is_whole = (i->code & 7) == BPF_JMP;
	bool is_zero = by_reg ? by->kind == REG_SCALAR && scalar_is_zero(&by->n) : !i->imm;
	u8 op = i->code & 0xf0;

	if (is_whole && is_zero && (op == BPF_JEQ || op == BPF_JNE) &&
	    (is_real_pointer(e, p) || (p->maybe_null && !by_reg)))
		return true;
	return privilege_shows(e, i->dst_reg, "is compared") &&
	       (!by_reg || privilege_shows(e, i->src_reg, "is compared"));
}

/* Goes on in the state where it jumps, in that where it does not, or in both. */
static void go_on(struct engine *e, const struct bpf_insn *i, struct state *taken, bool can_take,
		  bool can_pass)
{
	u32 at = e->cur->insn, target = (u32)flow_target(i, at);

	if (can_take && can_pass) {
		/* The other path waits, with what holds there. */
		struct state *here = e->cur;
		e->cur = taken;
		engine_fork(e, target, true);
		e->cur = here;
		engine_note(e, at, false);
	}
	if (can_take && !can_pass) {
		state_done(e->cur);
		*e->cur = *taken;
		e->cur->insn = target;
	} else {
		state_done(taken);
		e->cur->insn = at + 1;
	}
	if (!can_take && !can_pass) /* a state that no run is in */
		e->path_done = true;
}

/* For those without privilege the way that it cannot go is followed, too. */
static void branch(struct engine *e, const struct bpf_insn *i)
{
	u32 at = e->cur->insn, target = (u32)flow_target(i, at);
	struct state taken, before;

	if (!e->opts->privileged)
		state_copy(&before, e->cur);
	state_copy(&taken, e->cur);
	bool can_take = decide(e, &taken, i, true);
	bool can_pass = decide(e, e->cur, i, false);
	if (!e->opts->privileged && can_take != can_pass)
		speculation_branch(e, &before, i, can_take ? at + 1 : target, !can_take);
	if (!e->opts->privileged)
		state_done(&before);
	go_on(e, i, &taken, can_take, can_pass);
}

bool check_jump(struct engine *e, const struct bpf_insn *i)
{
	u8 op = i->code & 0xf0;

	if (op == BPF_JA)
		return jump_always(e, i);
	if (op > INSN_JCOND || i->dst_reg > 10 || i->src_reg > 10 ||
	    (op == INSN_JCOND && (i->code & 7) != BPF_JMP))
		return engine_fail(e, VERIFY_INSN, "", "no such jump: code %#x", i->code);
	e->jumps++;
	if (op == INSN_JCOND) {
		engine_fork(e, (u32)flow_target(i, e->cur->insn), true);
		e->cur->rounds++;
		e->cur->insn++;
		return true;
	}
	if (!engine_readable(e, i->dst_reg) ||
	    ((i->code & BPF_X) && !engine_readable(e, i->src_reg)) || !may_compare(e, i))
		return false;
	branch(e, i);
	return true;
}
