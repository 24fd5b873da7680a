/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers, memory, calls. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/debug/impl.h"
#include "isa/helper.h"
#include "verify/claims.h"

enum { ROW = 16 };

/* ---- registers */

static void print_claim(struct debug *d, const struct verify_claims *c, u32 reg)
{
	const struct step_state *at = debug_at(d);
	const struct claims_reg *claim;
	struct buf text = { 0 };

	if (!c || reg > 9 || at->insn >= c->count || !c->at[at->insn].is_reached)
		return;
	claim = &c->at[at->insn].regs[reg];
	if (claim->kind != CLAIMS_NUMBER)
		return;
	scalar_print(&claim->n, &text);
	out_printf(&d->out, "  verifier: %s", buf_str(&text));
	if (!scalar_has(&claim->n, at->regs[reg], SCALAR_BITS))
		out_puts(&d->out, ", which is wrong");
	buf_done(&text);
}

static bool is_number(const struct verify_claims *c, u32 insn, u32 reg)
{
	return c && reg < 10 && insn < c->count && c->at[insn].is_reached &&
	       c->at[insn].regs[reg].kind == CLAIMS_NUMBER;
}

int debug_regs(struct debug *d, const struct debug_line *line)
{
	const struct step_state *at = debug_at(d);
	u32 prog = debug_prog_index(d, at->code);
	const struct debug_prog *p = debug_verified(d, prog);
	const struct verify_claims *claims = p->verified.claims;
	struct buf text = { 0 };

	if (line->count)
		return debug_fail(d, "regs takes nothing");
	if (at->is_ended && !step_run(d->stepper)->trap)
		claims = NULL; /* behind the last instruction */
	for (u32 r = 0; r <= 10; r++) {
		u64 v = at->regs[r];

		buf_clear(&text);
		if (is_number(claims, at->insn, r) || !debug_name_address(d, v, &text)) {
			if ((s64)v < 0)
				buf_printf(&text, "%" PRId64, (s64)v);
			else
				buf_printf(&text, "%" PRIu64, v);
		}
		out_printf(&d->out, "r%-2u 0x%016" PRIx64 "  %s", r, v, buf_str(&text));
		print_claim(d, claims, r);
		out_puts(&d->out, "\n");
	}
	if (claims && at->insn < claims->count && !claims->at[at->insn].is_reached)
		out_puts(&d->out, "the verifier takes it that this instruction is never reached\n");
	buf_done(&text);
	return 0;
}

/* ---- memory */

void debug_hexdump(struct debug *d, const char *what, s64 first, const u8 *bytes, size_t n)
{
	for (size_t i = 0; i < n; i += ROW) {
		size_t len = n - i < ROW ? n - i : ROW;

		out_printf(&d->out, "%s%+-6" PRId64 " ", what, first + (s64)i);
		for (size_t k = 0; k < ROW; k++) {
			if (k < len)
				out_printf(&d->out, " %02x", bytes[i + k]);
			else
				out_puts(&d->out, "   ");
		}
		out_puts(&d->out, "  ");
		for (size_t k = 0; k < len; k++)
			out_printf(&d->out, "%c",
				   isprint(bytes[i + k]) && bytes[i + k] < 127 ? bytes[i + k]
									       : '.');
		out_puts(&d->out, "\n");
	}
}

int debug_stack(struct debug *d, const struct debug_line *line)
{
	const struct step_state *at = debug_at(d);
	const u8 *stack = step_run(d->stepper)->stack + (at->depth - 1) * (size_t)RUN_STACK;
	u32 from = 0;

	if (line->count)
		return debug_fail(d, "stack takes nothing");
	while (from < RUN_STACK && !stack[from])
		from++;
	from = from / ROW * ROW;
	if (from == RUN_STACK)
		out_puts(&d->out, "the stack of this function is all zeroes\n");
	debug_hexdump(d, "fp", (s64)from - RUN_STACK, stack + from, RUN_STACK - from);
	return 0;
}

int debug_packet(struct debug *d, const struct debug_line *line)
{
	const struct packet *p = step_run(d->stepper)->packet;

	if (line->count)
		return debug_fail(d, "packet takes nothing");
	if (!p)
		return debug_fail(d, "this program has no packet");
	out_printf(&d->out, "%u bytes\n", packet_len(p));
	debug_hexdump(d, "packet", 0, packet_data(p), packet_len(p));
	return 0;
}

int debug_context(struct debug *d, const struct debug_line *line)
{
	size_t size;
	const u8 *bytes = step_context(d->stepper, &size);

	if (line->count)
		return debug_fail(d, "context takes nothing");
	out_printf(&d->out, "%zu bytes\n", size);
	debug_hexdump(d, "ctx", 0, bytes, size);
	return 0;
}

static void print_unit(struct debug *d, const struct debug_format *f, const u8 *bytes)
{
	u64 v = 0;

	memcpy(&v, bytes, f->size);
	switch (f->letter) {
	case 'd':
		out_printf(&d->out, " %" PRId64,
			   (s64)(v << (64 - 8 * f->size)) >> (64 - 8 * f->size));
		break;
	case 'u':
		out_printf(&d->out, " %" PRIu64, v);
		break;
	case 'c':
		out_printf(&d->out, v >= ' ' && v < 127 ? " '%c'" : " %u", (int)v);
		break;
	default:
		out_printf(&d->out, " 0x%0*" PRIx64, (int)(2 * f->size), v);
	}
}

int debug_x(struct debug *d, const struct debug_line *line)
{
	struct debug_format f;
	struct buf name = { 0 };
	u64 address, size;

	if (!debug_parse_format(&f, line->format))
		return debug_fail(d,
				  "'%s' is no format: a count up to %d, x d u or c, and b h w or g",
				  line->format, DEBUG_MAX_UNITS);
	if (line->count != 1)
		return debug_fail(d, "x takes an address, as in x/4xw r2+8");
	if (debug_find_address(d, line->args[0], &address))
		return -EINVAL;
	size = (u64)f.count * f.size;
	if (debug_readable(d, address) < size)
		return debug_fail(d,
				  "%" PRIu64 " bytes at 0x%" PRIx64
				  " are not all of the program's memory: %" PRIu64 " are",
				  size, address, debug_readable(d, address));
	for (u32 i = 0; i < f.count; i++) {
		u64 here = address + (u64)i * f.size;

		if (i * f.size % ROW == 0) {
			buf_clear(&name);
			if (!debug_name_address(d, here, &name))
				buf_printf(&name, "0x%" PRIx64, here);
			out_printf(&d->out, "%s%s:", i ? "\n" : "", buf_str(&name));
		}
		print_unit(d, &f, (const u8 *)(uintptr_t)here);
	}
	out_puts(&d->out, "\n");
	buf_done(&name);
	return 0;
}

/* ---- calls */

int debug_bt(struct debug *d, const struct debug_line *line)
{
	const struct step_state *at = debug_at(d);
	const struct code *code = at->code;
	struct buf text = { 0 };
	u32 insn = at->insn;

	if (line->count)
		return debug_fail(d, "bt takes nothing");
	for (u32 level = at->depth; level; level--) {
		const struct bpf_insn *i;

		buf_clear(&text);
		debug_place_text(code, insn, &text);
		out_printf(&d->out, "#%u %s", at->depth - level, buf_str(&text));
		if (level > 1) {
			code = at->calls[level - 1].code;
			insn = at->calls[level - 1].insn;
			i = &code->prog->insns[insn];
			if (!i->src_reg && i->code == (BPF_JMP | BPF_CALL))
				out_printf(&d->out, ", called back by %s",
					   helper_name((u32)i->imm) ? helper_name((u32)i->imm)
								    : "a helper");
		}
		out_puts(&d->out, "\n");
	}
	buf_done(&text);
	return 0;
}
