/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jumps, conditions and traps. What is jumped to forward is filled in when all has its place; traps are behind all functions,
 * and say which instruction it was.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "machine/jit_impl.h"

static void put_distance(struct x86 *x, size_t at, s64 distance, bool is_short)
{
	s32 value = (s32)distance;

	if (is_short)
		x->bytes[at] = (u8)value;
	else
		memcpy(x->bytes + at, &value, sizeof(value));
}

static void add_fixup(struct jit_state *s, u32 insn, bool is_short, bool is_entry)
{
	if (s->fixup_count == s->fixup_room) {
		s->fixup_room = 2 * s->fixup_room + 64;
		s->fixups = realloc(s->fixups, s->fixup_room * sizeof(*s->fixups));
		if (!s->fixups)
			arena_exhausted();
	}
	s->fixups[s->fixup_count++] = (struct jit_fixup){ s->x.len, insn, is_short, is_entry };
}

void jit_fix(struct jit_state *s, u32 insn, bool is_entry)
{
	add_fixup(s, insn, false, is_entry);
	x86_u32(&s->x, 0);
}

/*
 * What has been compiled has its place. For what has not there are the places of the first pass, in which all takes at
 * least as much room, so nothing is farther; and the jump is not before the place of its instruction.
 */
static bool is_near(const struct jit_state *s, u32 insn)
{
	if (!s->pass)
		return false;
	if (s->places[insn])
		return (s64)s->places[insn] - (s64)s->x.len >= -126;
	return (s64)s->old_places[insn] - s->old_places[s->insn] < 127;
}

void jit_goto(struct jit_state *s, int cond, u32 insn)
{
	struct x86 *x = &s->x;

	if (is_near(s, insn)) {
		x86_byte(x, (u8)(cond < 0 ? 0xeb : 0x70 | cond));
		add_fixup(s, insn, true, false);
		x86_byte(x, 0);
		return;
	}
	if (cond >= 0)
		x86_byte(x, 0x0f);
	x86_byte(x, (u8)(cond < 0 ? 0xe9 : 0x80 | cond));
	jit_fix(s, insn, false);
}

void jit_trap_if(struct jit_state *s, int cond, enum run_trap trap)
{
	if (s->trap_count == s->trap_room) {
		s->trap_room = 2 * s->trap_room + 16;
		s->traps = realloc(s->traps, s->trap_room * sizeof(*s->traps));
		if (!s->traps)
			arena_exhausted();
	}
	if (cond >= 0)
		x86_byte(&s->x, 0x0f);
	x86_byte(&s->x, (u8)(cond < 0 ? 0xe9 : 0x80 | cond));
	s->traps[s->trap_count++] = (struct jit_trap){ s->x.len, s->insn, trap };
	x86_u32(&s->x, 0);
}

/* A callback's trap has its place already, unless it did not get so far. */
void jit_put_traps(struct jit_state *s)
{
	s32 at_trap = (s32)offsetof(struct run, trap);
	s32 at_insn = (s32)offsetof(struct run, trap_insn);
	struct x86 *x = &s->x;

	for (size_t i = 0; i < s->trap_count; i++) {
		const struct jit_trap *t = &s->traps[i];
		size_t has_place = 0;

		x86_reserve(x, JIT_ROOM);
		put_distance(x, t->at, (s64)x->len - (s64)(t->at + 4), false);
		if (t->trap) {
			x86_store_imm(x, 4, JIT_RUN, at_trap, (s32)t->trap);
		} else {
			x86_alu_mem_imm(x, X86_CMP, JIT_RUN, at_insn, (s32)RUN_NO_INSN);
			has_place = x86_skip(x, X86_NE);
		}
		x86_store_imm(x, 4, JIT_RUN, at_insn, (s32)t->insn);
		if (has_place)
			x86_land(x, has_place);
		x86_load(x, 8, false, X86_RSP, JIT_RUN, (s32)offsetof(struct run, native_sp));
		x86_mov_imm(x, X86_RAX, 0);
		x86_byte(x, 0xe9);
		x86_u32(x, (u32)((s64)s->leave - (s64)(x->len + 4)));
	}
}

bool jit_is_branch(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT && op != INSN_JCOND;
}

enum x86_cond jit_cond(const struct bpf_insn *i)
{
	static const u8 conds[16] = {
		[BPF_JEQ >> 4] = X86_E,  [BPF_JNE >> 4] = X86_NE,  [BPF_JSET >> 4] = X86_NE,
		[BPF_JGT >> 4] = X86_A,  [BPF_JGE >> 4] = X86_AE,  [BPF_JLT >> 4] = X86_B,
		[BPF_JLE >> 4] = X86_BE, [BPF_JSGT >> 4] = X86_G,  [BPF_JSGE >> 4] = X86_GE,
		[BPF_JSLT >> 4] = X86_L, [BPF_JSLE >> 4] = X86_LE,
	};

	return conds[BPF_OP(i->code) >> 4];
}

void jit_compare(struct jit_state *s, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_JMP, is_set = BPF_OP(i->code) == BPF_JSET;
	struct x86 *x = &s->x;
	u8 dst = jit_dst(i);

	if (BPF_SRC(i->code) == BPF_X && is_set)
		x86_test(x, wide, dst, jit_src(i));
	else if (BPF_SRC(i->code) == BPF_X)
		x86_alu(x, X86_CMP, wide, dst, jit_src(i));
	else if (is_set)
		x86_test_imm(x, wide, dst, i->imm);
	else if (!i->imm)
		x86_test(x, wide, dst, dst);
	else
		x86_alu_imm(x, X86_CMP, wide, dst, i->imm);
}

static bool is_ja(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JA) || i->code == (BPF_JMP32 | BPF_JA);
}

/* See jit_layout.c: a jump over a jump or over what is cold, and back to the head while there is another copy. */
u32 jit_take(struct jit_state *s, u32 index)
{
	const struct bpf_insn *i = &s->c->insns[index];
	u32 to = jit_target(i, index), next = index + 1;
	int cond = (int)jit_cond(i);

	if (i->off == 1 && next < s->c->count && !(s->flags[next] & JIT_ENTERED) && is_ja(i + 1)) {
		to = jit_target(i + 1, next++);
		cond ^= 1;
	} else if (next < s->c->count && s->flags[next] & JIT_COLD) {
		to = next;
		cond ^= 1;
	}
	if (s->copied && to == s->copied->head && next == s->copied->end) {
		to = next;
		cond ^= 1;
	}
	jit_goto(s, cond, to);
	return next - index;
}

u32 jit_jump(struct jit_state *s, const struct bpf_insn *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_JA:
		if (!s->copied || s->insn + 1 != s->copied->end)
			jit_goto(s, -1, jit_target(i, s->insn));
		return 1;
	case BPF_CALL:
		jit_call(s, i);
		return 1;
	case BPF_EXIT:
		jit_exit(s);
		return 1;
	case INSN_JCOND:
		x86_alu_mem_imm(&s->x, X86_SUB, X86_RSP, 0, 1);
		jit_goto(s, X86_S, (u32)((s64)s->insn + 1 + i->off));
		return 1;
	default:
		jit_compare(s, i);
		return jit_take(s, s->insn);
	}
}

void jit_fix_all(struct jit_state *s)
{
	for (size_t i = 0; i < s->fixup_count; i++) {
		const struct jit_fixup *f = &s->fixups[i];
		u32 to = f->is_entry ? s->entries[jit_func_at(s, f->insn)] : s->places[f->insn];

		put_distance(&s->x, f->at, (s64)to - (s64)(f->at + (f->is_short ? 1 : 4)),
			     f->is_short);
	}
}
