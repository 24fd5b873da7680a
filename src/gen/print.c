/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The intermediate form as text, for -d ir. */
#include "gen/ir.h"
#include "isa/helper.h"

static void print_operand(struct buf *out, struct ir_operand o)
{
	switch (o.kind) {
	case IR_NONE:
		break;
	case IR_REG:
		buf_printf(out, "v%u", o.reg);
		break;
	case IR_IMM:
		buf_printf(out, "%lld", (long long)o.imm);
		break;
	case IR_FRAME:
		buf_printf(out, "frame%lld", (long long)o.imm);
		break;
	case IR_MAP:
		buf_printf(out, "map %u", o.reg);
		break;
	case IR_BSS:
		buf_printf(out, ".bss+%lld", (long long)o.imm);
		break;
	case IR_FUNC:
		buf_printf(out, "func %u", o.reg);
		break;
	}
}

static const char *alu_name(u8 alu)
{
	switch (alu) {
	case BPF_ADD:
		return "+";
	case BPF_SUB:
		return "-";
	case BPF_MUL:
		return "*";
	case BPF_DIV:
		return "/";
	case BPF_MOD:
		return "%";
	case BPF_AND:
		return "&";
	case BPF_OR:
		return "|";
	case BPF_XOR:
		return "^";
	case BPF_LSH:
		return "<<";
	case BPF_RSH:
		return ">>";
	default:
		return "s>>";
	}
}

static const char *jump_name(u8 cmp)
{
	switch (cmp) {
	case BPF_JEQ:
		return "==";
	case BPF_JNE:
		return "!=";
	case BPF_JGT:
		return ">";
	case BPF_JGE:
		return ">=";
	case BPF_JLT:
		return "<";
	case BPF_JLE:
		return "<=";
	case BPF_JSGT:
		return "s>";
	case BPF_JSGE:
		return "s>=";
	case BPF_JSLT:
		return "s<";
	default:
		return "s<=";
	}
}

static void print_memory(struct buf *out, const struct ir_insn *i)
{
	buf_printf(out, "%c%u [", i->is_signed ? 's' : 'u', i->size * 8u);
	print_operand(out, i->a);
	if (i->off)
		buf_printf(out, "%+d", i->off);
	buf_puts(out, "]");
}

static void print_call(struct buf *out, const struct ir_insn *i)
{
	const char *name = helper_name(i->helper);

	buf_printf(out, "call %s(", name ? name : "?");
	for (u32 k = 0; k < i->arg_count; k++) {
		buf_puts(out, k ? ", " : "");
		print_operand(out, i->args[k]);
	}
	buf_puts(out, ")");
}

static void print_insn(struct buf *out, const struct ir_insn *i)
{
	if (i->dst != IR_NO_REG)
		buf_printf(out, "v%u = ", i->dst);
	switch (i->op) {
	case IR_MOV:
		print_operand(out, i->a);
		break;
	case IR_ALU:
		print_operand(out, i->a);
		buf_printf(out, " %s ", alu_name(i->alu));
		print_operand(out, i->b);
		buf_puts(out, i->core ? " (field)" : "");
		break;
	case IR_EXT:
		buf_printf(out, "%c%u ", i->is_signed ? 's' : 'u', i->size * 8u);
		print_operand(out, i->a);
		break;
	case IR_SWAP:
		buf_printf(out, "swap%u ", i->size * 8u);
		print_operand(out, i->a);
		break;
	case IR_LOAD:
		buf_puts(out, "load ");
		print_memory(out, i);
		break;
	case IR_STORE:
	case IR_ADD_TO:
		buf_puts(out, i->op == IR_STORE ? "store " : "atomic ");
		print_memory(out, i);
		buf_puts(out, i->op == IR_STORE ? " = " : " += ");
		print_operand(out, i->b);
		break;
	case IR_XCHG:
		print_operand(out, i->a);
		buf_puts(out, " swapped with [");
		print_operand(out, i->b);
		buf_printf(out, "%+d]", i->off);
		break;
	case IR_CALL:
		print_call(out, i);
		break;
	case IR_JUMP:
		buf_puts(out, "if ");
		print_operand(out, i->a);
		buf_printf(out, " %s ", jump_name(i->alu));
		print_operand(out, i->b);
		buf_printf(out, " goto L%u", i->label);
		break;
	case IR_GOTO:
		buf_printf(out, "goto L%u", i->label);
		break;
	case IR_LABEL:
		break;
	case IR_EXIT:
		buf_puts(out, "exit ");
		print_operand(out, i->a);
		break;
	}
	buf_puts(out, "\n");
}

void ir_dump(const struct ir_func *f, struct buf *out)
{
	u32 line = 0;

	buf_printf(out, "%s (%s):\n", f->name, f->section);
	for (size_t i = 0; i < f->insns.n; i++) {
		const struct ir_insn *insn = &f->insns.at[i];
		if (insn->op == IR_LABEL) {
			buf_printf(out, "L%u:\n", insn->label);
			continue;
		}
		if (insn->loc.line && insn->loc.line != line)
			buf_printf(out, "; line %u\n", insn->loc.line);
		line = insn->loc.line ? insn->loc.line : line;
		buf_puts(out, "\t");
		print_insn(out, insn);
	}
	buf_puts(out, "\n");
}
