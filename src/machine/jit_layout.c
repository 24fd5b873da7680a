/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where code goes, so that loops run straight on: a jump that is taken costs more than one that is not.
 *
 *	head:	...				head:	...
 *		if a goto next				if not a goto cold
 *		(ends the loop: cold)		next:	...
 *	next:	...					if not b goto behind
 *		if b goto head				(the same once more)
 *	behind:						if b goto head
 *					behind:	...
 *					cold:	...	behind the function
 *
 * Cold is what a loop jumps over and what does not come back into it. A small loop that is only entered at its head is compiled
 * several times in a row. A jump over a jump is one with the opposite condition (jit_take()), so it leads nowhere else.
 */
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "machine/jit_impl.h"

enum { MOST_COLD = 16, LONGEST = 24, SHORT = 8, NESTED = 16 };

struct layout {
	struct jit_state *s;
	u32 *entries; /* jumps to an instruction */
	u32 *backs;   /* behind the last jump back to it; 0: none */
};

static bool is_jump(const struct bpf_insn *i)
{
	return jit_is_branch(i) || i->code == (BPF_JMP | BPF_JA) ||
	       i->code == (BPF_JMP32 | BPF_JA) || i->code == (BPF_JMP | INSN_JCOND);
}

static bool is_ja(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JA) || i->code == (BPF_JMP32 | BPF_JA);
}

static void count_entries(struct layout *l)
{
	const struct code *c = l->s->c;

	for (u32 f = 0; f < c->start_count; f++)
		l->entries[c->starts[f]]++;
	for (u32 i = 0; i < c->count; i++) {
		const struct bpf_insn *insn = &c->insns[i];
		u32 to;

		if (l->s->flags[i] & JIT_SECOND_HALF || !is_jump(insn))
			continue;
		to = jit_target(insn, i);
		l->entries[to]++;
		if (to <= i)
			l->backs[to] = i + 1;
	}
}

static bool is_second_half(const struct layout *l, u32 at)
{
	return l->s->flags[at] & JIT_SECOND_HALF;
}

/* Whether what a branch jumps over leaves the loop for good, which is from head to end. */
static bool is_cold(const struct layout *l, u32 branch, u32 head, u32 end)
{
	const struct bpf_insn *insns = l->s->c->insns;
	u32 to = jit_target(&insns[branch], branch);

	if (to <= branch + 1 || to > end || to - branch > MOST_COLD)
		return false;
	for (u32 i = branch + 1; i < to; i++) {
		u32 target;

		if (l->s->flags[i] & JIT_COLD || l->backs[i])
			return false;
		if (is_second_half(l, i) || !is_jump(&insns[i]))
			continue;
		target = jit_target(&insns[i], i);
		if (target >= head && target < end)
			return false;
	}
	return !is_second_half(l, to - 1) &&
	       (is_ja(&insns[to - 1]) || insns[to - 1].code == (BPF_JMP | BPF_EXIT));
}

/* Jumps that jit_take() makes go straight on, within a loop. */
static void straighten(struct layout *l, u32 head, u32 end)
{
	const struct bpf_insn *insns = l->s->c->insns;

	for (u32 i = head; i + 1 < end; i++) {
		if (is_second_half(l, i) || !jit_is_branch(&insns[i]))
			continue;
		if (insns[i].off == 1 && is_ja(&insns[i + 1]) && !l->entries[i + 1]) {
			l->entries[i + 2]--;
		} else if (!(l->s->flags[i + 1] & JIT_COLD) && is_cold(l, i, head, end)) {
			l->s->flags[i + 1] |= JIT_COLD;
			l->entries[jit_target(&insns[i], i)]--;
		}
	}
}

/* Whether a loop may be compiled more than once; its length without what is cold. */
static u32 length_of(const struct layout *l, u32 head, u32 end)
{
	const struct bpf_insn *insns = l->s->c->insns;
	u32 length = 0;

	for (u32 i = head; i < end; i++) {
		if (l->s->flags[i] & JIT_COLD)
			i = jit_target(&insns[i - 1], i - 1);
		if (i >= end || (i > head && l->entries[i]) || length > LONGEST)
			return 0;
		if (is_second_half(l, i))
			continue;
		if (insns[i].code == (BPF_JMP | INSN_JCOND) ||
		    (BPF_CLASS(insns[i].code) == BPF_JMP && BPF_OP(insns[i].code) == BPF_CALL) ||
		    (BPF_CLASS(insns[i].code) == BPF_LD && !insn_is_ld_imm64(&insns[i])))
			return 0;
		length++;
	}
	return length;
}

static void find_loops(struct layout *l)
{
	struct jit_state *s = l->s;

	for (u32 head = 0; head < s->c->count; head++) {
		u32 end = l->backs[head], length;

		/* One that has another one in it is not the innermost. */
		for (u32 i = head + 1; i < end && i < head + 4 * LONGEST; i++) {
			if (l->backs[i])
				end = 0;
		}
		if (!end || end - head > 4 * LONGEST)
			continue;
		straighten(l, head, end);
		length = length_of(l, head, end);
		if (length)
			s->loops[s->loop_count++] =
				(struct jit_loop){ head, end, length <= SHORT ? 4 : 2 };
	}
}

void jit_layout(struct jit_state *s)
{
	u32 count = s->c->count;
	struct layout l = { s, calloc(count + 1, sizeof(u32)), calloc(count + 1, sizeof(u32)) };

	if (!l.entries || !l.backs)
		arena_exhausted();
	count_entries(&l);
	find_loops(&l);
	for (u32 i = 0; i < count; i++) {
		if (l.entries[i])
			s->flags[i] |= JIT_ENTERED;
		if (l.backs[i])
			s->flags[i] |= JIT_LOOP;
	}
	/* Where a function begins, and what is cold, is come to by other ways. */
	for (u32 i = 0; i < count; i++) {
		if (s->flags[i] & JIT_COLD)
			s->flags[i] |= JIT_ENTERED;
	}
	free(l.entries);
	free(l.backs);
}
