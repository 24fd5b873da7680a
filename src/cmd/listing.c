/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/listing.h"

#include <string.h>

#include "isa/disasm.h"
#include "isa/insn.h"

void listing_init(struct listing *l, struct arena *a, const struct image *img,
		  const struct image_prog *p)
{
	*l = (struct listing){ .img = img, .prog = p };
	l->labels = arena_array(a, u32, p->count);
	disasm_labels(l->labels, p->insns, p->count);
}

void listing_variable(const struct image_map *m, u32 offset, struct buf *out)
{
	const struct image_variable *v = image_variable(m, offset);

	buf_printf(out, v ? "&%s" : "%s", v ? v->name : m->name);
	offset -= v ? v->offset : 0;
	if (offset)
		buf_printf(out, "+%u", offset);
}

static bool load_symbol(const struct listing *l, u32 insn, struct buf *out)
{
	const struct bpf_insn *i = &l->prog->insns[insn];
	const struct image_func *f;
	u32 index = (u32)i->imm;

	switch (i->src_reg) {
	case BPF_PSEUDO_MAP_IDX:
		if (index >= l->img->maps.n)
			return false;
		buf_printf(out, "map[%s]", l->img->maps.at[index].name);
		return true;
	case BPF_PSEUDO_MAP_IDX_VALUE:
		if (index >= l->img->maps.n || insn + 1 >= l->prog->count)
			return false;
		listing_variable(&l->img->maps.at[index], (u32)i[1].imm, out);
		return true;
	case BPF_PSEUDO_FUNC:
		f = image_func(l->prog, (u32)((s64)insn + 1 + i->imm));
		if (!f)
			return false;
		buf_printf(out, "func[%s]", f->name);
		return true;
	case BPF_PSEUDO_BTF_ID:
		if (index >= l->img->externs.n)
			return false;
		buf_printf(out, "&%s", l->img->externs.at[index].name);
		return true;
	default:
		return false;
	}
}

bool listing_symbol(const struct listing *l, u32 insn, struct buf *out)
{
	const struct bpf_insn *i = &l->prog->insns[insn];
	const struct image_func *f;

	if (insn_is_ld_imm64(i))
		return load_symbol(l, insn, out);
	if (i->code != (BPF_JMP | BPF_CALL))
		return false;
	if (i->src_reg == BPF_PSEUDO_KFUNC_CALL && (u32)i->imm < l->img->externs.n) {
		buf_puts(out, l->img->externs.at[i->imm].name);
		return true;
	}
	f = i->src_reg == BPF_PSEUDO_CALL ? image_func(l->prog, (u32)((s64)insn + 1 + i->imm))
					  : NULL;
	if (f)
		buf_puts(out, f->name);
	return f;
}

u32 listing_insn(const struct listing *l, u32 insn, struct buf *out)
{
	const struct image_prog *p = l->prog;
	const char *gap = image_gap(p, insn);
	struct buf symbol = { 0 };
	bool has_symbol = listing_symbol(l, insn, &symbol);
	u32 to, units = disasm_insn(out, &p->insns[insn], p->count - insn,
				    has_symbol ? buf_str(&symbol) : NULL);

	if (disasm_target(p->insns, p->count, insn, &to))
		buf_printf(out, " <L%u>", l->labels[to]);
	if (gap)
		buf_printf(out, "  ; %s", gap);
	buf_done(&symbol);
	return units;
}

const struct image_line *listing_line(const struct listing *l, u32 insn)
{
	const struct image_line *now = image_line(l->prog, insn);
	const struct image_func *f = image_func(l->prog, insn);
	const struct image_line *last = NULL;

	if (!now || (f && f->start == insn))
		return now;
	if (insn)
		last = image_line(l->prog, insn - 1);
	return last && last->line == now->line && !strcmp(last->file, now->file) ? NULL : now;
}
