/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verifier leaves calls in a form of its own: of helpers and kernel functions, the distance from the symbol __bpf_call_base; of the
 * program's functions, the distance in off and the function's number in imm. Of maps the kernel shows ids.
 */
#include "cmd/prog/listing.h"

#include <string.h>
#include <unistd.h>

#include "inspect/naming.h"
#include "isa/disasm.h"
#include "isa/helper.h"
#include "isa/insn.h"
#include "session/ksyms.h"

#define NOSPEC (BPF_ST | 0xc0) /* the verifier's barrier against speculation */

void prog_listing_init(struct prog_listing *l, struct arena *a, const struct progcode *c)
{
	*l = (struct prog_listing){ .arena = a, .code = c };
	l->names = naming_new(a);
	l->ksyms = ksyms_new("/proc/kallsyms");
	l->call_base = ksyms_address(l->ksyms, "__bpf_call_base");
	l->labels = arena_array(a, u32, c->count + 1);
	disasm_labels(l->labels, c->insns, c->count);
}

void prog_listing_done(struct prog_listing *l)
{
	naming_free(l->names);
	ksyms_free(l->ksyms);
}

static const char *map_name(struct prog_listing *l, u32 id)
{
	const char *name = naming_map(l->names, id);

	return *name ? name : arena_printf(l->arena, "id:%u", id);
}

const char *prog_listing_symbol(const struct prog_listing *l, u64 address)
{
	const struct progcode *c = l->code;
	const char *name;
	u64 offset;

	for (u32 i = 0; i < c->ksym_count; i++)
		if (c->ksyms[i] == address && *progcode_func_name(c, i))
			return progcode_func_name(c, i);
	name = ksyms_find(l->ksyms, address, &offset);
	return name && !offset ? name : NULL;
}

static const char *called(const struct prog_listing *l, const struct bpf_insn *i)
{
	const char *name = NULL;

	if (l->call_base && i->imm)
		name = prog_listing_symbol(l, l->call_base + (u64)(s64)i->imm);
	/* Calls that the compiler makes itself keep their numbers. */
	if (!name && !i->src_reg)
		name = helper_name((u32)i->imm);
	return name ? name : "";
}

/* The variable at an offset of the section whose name the map's ends in; NULL if none begins there. */
static const char *variable(const struct progcode *c, const char *map, u32 offset)
{
	struct rawbtf_iter it = { 0 };
	const char *section = strchr(map, '.');
	const struct btf_type *t;

	while (section && c->btf && (t = rawbtf_next(c->btf, &it))) {
		const struct btf_var_secinfo *v = (const void *)(t + 1);

		if (BTF_INFO_KIND(t->info) != BTF_KIND_DATASEC ||
		    strcmp(rawbtf_str(c->btf, t->name_off), section) != 0)
			continue;
		for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
			const struct btf_type *var = rawbtf_type(c->btf, v[i].type);

			if (var && v[i].offset == offset)
				return rawbtf_str(c->btf, var->name_off);
		}
	}
	return NULL;
}

static struct prog_reference refer_load(struct prog_listing *l, u32 at)
{
	const struct progcode *c = l->code;
	const struct bpf_insn *i = &c->insns[at];
	struct prog_reference r = { .name = "" };
	s64 to;

	switch (i->src_reg) {
	case BPF_PSEUDO_MAP_FD:
		return (struct prog_reference){ PROG_REFER_MAP, (u32)i->imm, 0,
						map_name(l, (u32)i->imm) };
	case BPF_PSEUDO_MAP_VALUE:
		r = (struct prog_reference){ PROG_REFER_VARIABLE, (u32)i->imm,
					     at + 1 < c->count ? (u32)i[1].imm : 0,
					     map_name(l, (u32)i->imm) };
		return r;
	case BPF_PSEUDO_FUNC:
		to = progcode_func_at(c, (u32)((s64)at + 1 + i->imm));
		r.kind = PROG_REFER_CALLBACK;
		r.number = to < 0 ? UINT32_MAX : (u32)to;
		r.name = progcode_func_name(c, to);
		return r;
	default:
		return r;
	}
}

struct prog_reference prog_listing_refer(struct prog_listing *l, u32 at)
{
	const struct progcode *c = l->code;
	const struct bpf_insn *i = &c->insns[at];
	struct prog_reference r = { .name = "" };
	s64 func;

	if (insn_is_ld_imm64(i))
		return refer_load(l, at);
	if (i->code != (BPF_JMP | BPF_CALL))
		return r;
	if (i->src_reg != BPF_PSEUDO_CALL)
		return (struct prog_reference){ PROG_REFER_KERNEL, (u32)i->imm, 0, called(l, i) };
	/* The number is right however far away it is; without BTF there are no numbers to go by. */
	func = i->imm >= 0 && (u32)i->imm < c->func_count ? i->imm : -1;
	r.kind = PROG_REFER_FUNC;
	r.number = func < 0 ? UINT32_MAX : (u32)func;
	r.name = progcode_func_name(c, func);
	return r;
}

static void print_variable(const struct prog_listing *l, const struct prog_reference *r,
			   struct buf *out)
{
	const char *name = variable(l->code, r->name, r->offset);

	if (name)
		buf_printf(out, "&%s ll", name);
	else
		buf_printf(out, "map[%s]+%u ll", r->name, r->offset);
}

/* False: the instruction is one of those that everybody has. */
static bool print_reference(struct prog_listing *l, u32 at, struct buf *out)
{
	const struct bpf_insn *i = &l->code->insns[at];
	struct prog_reference r = prog_listing_refer(l, at);

	if (r.kind == PROG_REFER_NONE)
		return false;
	if (insn_is_ld_imm64(i))
		buf_printf(out, "r%d = ", i->dst_reg);
	switch (r.kind) {
	case PROG_REFER_FUNC:
		if (*r.name)
			buf_printf(out, "call %s", r.name);
		else
			buf_printf(out, "call pc%+d", i->off);
		break;
	case PROG_REFER_CALLBACK:
		if (*r.name)
			buf_printf(out, "%s ll", r.name);
		else
			buf_printf(out, "code%+d ll", i->imm);
		break;
	case PROG_REFER_KERNEL:
		if (*r.name)
			buf_printf(out, "call %s", r.name);
		else
			buf_printf(out, "call unknown#%d", i->imm);
		break;
	case PROG_REFER_MAP:
		buf_printf(out, "map[%s] ll", r.name);
		break;
	case PROG_REFER_VARIABLE:
		print_variable(l, &r, out);
		break;
	case PROG_REFER_NONE:
		break;
	}
	return true;
}

u32 prog_listing_insn(struct prog_listing *l, u32 at, struct buf *out)
{
	const struct progcode *c = l->code;
	u32 width, to;

	if (c->insns[at].code == NOSPEC) {
		buf_puts(out, "nospec");
		return 1;
	}
	if (print_reference(l, at, out))
		return insn_is_ld_imm64(&c->insns[at]) && at + 1 < c->count ? 2 : 1;
	width = disasm_insn(out, &c->insns[at], c->count - at, NULL);
	if (disasm_target(c->insns, c->count, at, &to) && l->labels[to])
		buf_printf(out, " <L%u>", l->labels[to]);
	return width;
}
