/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/machine_trace.h"

#include <stddef.h>
#include <string.h>

#include "isa/insn.h"

enum { R8_AT = -80, R9_AT = -72, RECORD = sizeof(struct machine_record) };

_Static_assert(RECORD == 128 && sizeof(((struct machine_trace *)0)->unused) == RECORD - 8,
	       "the ring begins behind one record's room");
_Static_assert((MACHINE_TRACE_KEPT & (MACHINE_TRACE_KEPT - 1)) == 0, "records are found by a mask");

static u32 put_record(struct bpf_insn *out, const struct bpf_insn ring[2], u32 insn)
{
	u32 n = 0;

	out[n++] = insn_store_reg(BPF_DW, 10, R9_AT, 9);
	out[n++] = insn_store_reg(BPF_DW, 10, R8_AT, 8);
	memcpy(&out[n], ring, 2 * sizeof(*ring));
	out[n].dst_reg = 9;
	n += 2;
	out[n++] = insn_load(BPF_DW, 8, 9, 0);
	out[n++] = insn_alu64_imm(BPF_ADD, 8, RECORD);
	out[n++] = insn_store_reg(BPF_DW, 9, 0, 8);
	out[n++] = insn_alu64_imm(BPF_SUB, 8, RECORD);
	out[n++] = insn_alu64_imm(BPF_AND, 8, (MACHINE_TRACE_KEPT - 1) * RECORD);
	out[n++] = insn_alu64_reg(BPF_ADD, 8, 9);
	for (u8 r = 0; r < 8; r++)
		out[n++] = insn_store_reg(BPF_DW, 8, (s16)(RECORD + 8 * r), r);
	out[n++] = insn_load(BPF_DW, 9, 10, R8_AT);
	out[n++] = insn_store_reg(BPF_DW, 8, RECORD + 8 * 8, 9);
	out[n++] = insn_load(BPF_DW, 9, 10, R9_AT);
	out[n++] = insn_store_reg(BPF_DW, 8, RECORD + 8 * 9, 9);
	out[n++] = insn_store_imm(BPF_DW, 8, RECORD + 8 * 10, (s32)insn);
	out[n++] = insn_load(BPF_DW, 8, 10, R8_AT);
	return n;
}

static bool jumps(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

u32 machine_trace(struct machine_gen *g, u32 one_of, const struct bpf_insn ring[2],
		  struct bpf_insn *out)
{
	static u32 begins[MACHINE_GEN_MAX], ends[MACHINE_GEN_MAX];
	u32 n = 0;

	for (u32 i = 0; i < g->count; i++) {
		bool is_wide = insn_is_ld_imm64(&g->insns[i]);

		begins[i] = n;
		if (!g->is_hidden[i] && !machine_gen_below(g, one_of))
			n += put_record(&out[n], ring, i);
		out[n++] = g->insns[i];
		ends[i] = n;
		if (is_wide)
			out[n++] = g->insns[++i];
	}
	for (u32 i = 0; i < g->count; i++) {
		struct bpf_insn *insn = &out[ends[i] - 1];

		if (insn_is_ld_imm64(&g->insns[i]))
			i++;
		else if (jumps(insn))
			insn->off = (s16)(begins[(s32)i + 1 + insn->off] - ends[i]);
		else if (insn->code == (BPF_JMP | BPF_CALL))
			insn->imm = (s32)(begins[(s32)i + 1 + insn->imm] - ends[i]);
	}
	return n;
}

static bool same_record(const struct machine_record *want, const struct machine_record *got,
			u64 number, struct buf *text)
{
	if (want->insn != got->insn) {
		buf_printf(text, "record %llu is of instruction %llu, not %llu",
			   (unsigned long long)number, (unsigned long long)got->insn,
			   (unsigned long long)want->insn);
		return false;
	}
	for (u32 r = 0; r < 10; r++) {
		if (want->regs[r] == got->regs[r])
			continue;
		buf_printf(text, "before instruction %llu (record %llu) r%u is 0x%llx, not 0x%llx",
			   (unsigned long long)want->insn, (unsigned long long)number, r,
			   (unsigned long long)got->regs[r], (unsigned long long)want->regs[r]);
		return false;
	}
	return true;
}

bool machine_trace_same(const struct machine_trace *want, const struct machine_trace *got,
			struct buf *text)
{
	u64 count = want->next / RECORD, first = 0;

	if (count > MACHINE_TRACE_KEPT)
		first = count - MACHINE_TRACE_KEPT;
	for (u64 i = first; i < count; i++) {
		u64 at = i % MACHINE_TRACE_KEPT;

		if (!same_record(&want->ring[at], &got->ring[at], i, text))
			return false;
	}
	if (want->next != got->next)
		buf_printf(text, "%llu records, not %llu", (unsigned long long)got->next / RECORD,
			   (unsigned long long)count);
	return want->next == got->next;
}
