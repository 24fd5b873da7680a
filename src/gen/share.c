/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helpers that answer the same throughout a program's run (who the current task is, on which CPU) are called
 * once: a later call takes the first one's result wherever control must have come past it. Going forward
 * through the line of instructions, what is known at a label is what all ways to it know.
 */
#include <string.h>

#include "gen/ir.h"

static const u32 constant_helpers[] = {
	BPF_FUNC_get_current_pid_tgid, BPF_FUNC_get_current_uid_gid, BPF_FUNC_get_smp_processor_id,
	BPF_FUNC_get_numa_node_id,     BPF_FUNC_get_current_task,    BPF_FUNC_get_current_cgroup_id,
	BPF_FUNC_get_current_task_btf,
};
#define KINDS ARRAY_SIZE(constant_helpers)

struct known {
	u32 reg[KINDS]; /* that holds the result, or IR_NO_REG */
	bool reached;
};

static void forget(struct known *k)
{
	memset(k->reg, 0xff, sizeof(k->reg));
}

static void join(struct known *to, const struct known *from)
{
	if (!from->reached)
		return;
	if (!to->reached) {
		*to = *from;
		return;
	}
	for (size_t i = 0; i < KINDS; i++)
		if (to->reg[i] != from->reg[i])
			to->reg[i] = IR_NO_REG;
}

static int kind_of(const struct ir_insn *i)
{
	for (size_t k = 0; i->op == IR_CALL && i->dst != IR_NO_REG && k < KINDS; k++)
		if (i->helper == constant_helpers[k])
			return (int)k;
	return -1;
}

/* Labels that something further down jumps to. */
static bool *find_loops(const struct ir_func *f)
{
	bool *seen = arena_array(f->arena, bool, f->label_count + 1);
	bool *loops = arena_array(f->arena, bool, f->label_count + 1);

	for (size_t i = 0; i < f->insns.n; i++) {
		const struct ir_insn *insn = &f->insns.at[i];
		if (insn->op == IR_LABEL)
			seen[insn->label] = true;
		else if (insn->op == IR_JUMP || insn->op == IR_GOTO)
			loops[insn->label] |= seen[insn->label];
	}
	return loops;
}

static u32 *count_writes(const struct ir_func *f)
{
	u32 *writes = arena_array(f->arena, u32, f->reg_count + 1);

	for (size_t i = 0; i < f->insns.n; i++)
		if (f->insns.at[i].dst != IR_NO_REG)
			writes[f->insns.at[i].dst]++;
	return writes;
}

void ir_share_calls(struct ir_func *f)
{
	struct known *at = arena_array(f->arena, struct known, f->label_count + 1);
	const bool *loops = find_loops(f);
	const u32 *writes = count_writes(f);
	struct known now = { .reached = true };

	forget(&now);
	for (size_t i = 0; i < f->insns.n; i++) {
		struct ir_insn *insn = &f->insns.at[i];
		int kind = kind_of(insn);
		if (insn->op == IR_LABEL) {
			join(&now, &at[insn->label]);
			if (loops[insn->label])
				forget(&now);
		} else if (insn->op == IR_JUMP || insn->op == IR_GOTO) {
			join(&at[insn->label], &now);
			now.reached = now.reached && insn->op == IR_JUMP;
		} else if (insn->op == IR_EXIT) {
			now.reached = false;
		} else if (kind >= 0 && now.reg[kind] != IR_NO_REG) {
			insn->op = IR_MOV;
			insn->a = ir_reg(now.reg[kind]);
		} else if (kind >= 0 && writes[insn->dst] == 1) {
			now.reg[kind] = insn->dst;
		}
	}
}
