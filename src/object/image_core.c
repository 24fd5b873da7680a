/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CO-RE relocations, one after another: the kernel's types of the name are found once for all, each is matched, and what they
 * come to is put into the instruction. Where types disagree it is an error; where none has what is asked for, the instruction
 * becomes a call that fails when it is reached, since code behind a test for the field may never be:
 *
 *	call 195896080		0xbad2310, as libbpf marks them
 */
#include "object/image_core.h"

#include <string.h>

#include "isa/insn.h"
#include "object/image_min.h"

enum {
	INSN_BYTES = sizeof(struct bpf_insn),
	SPEC_TEXT = 256,
};

/* The kernel's types of a name, flavours left off. */
struct candidates {
	vec_of(u32) ids;
};

struct core {
	struct image_loader *l;
	struct table by_name; /* → struct candidates */
	u32 steps;            /* that are left for all relocations */
	/* The relocation that is being done: */
	const struct image_file *f;
	struct image_section *section;
	const struct image_ext_core *relo;
	struct image_spec local, kernel, other;
};

static int bad(const struct core *c, const char *text)
{
	char name[SPEC_TEXT];

	image_spec_print(&c->local, name, sizeof(name));
	return image_error(c->l, c->f, c->section, (u64)c->relo->insn * INSN_BYTES,
			   "CO-RE relocation of '%s': %s", name, text);
}

/* ---- candidates */

static void want_name(struct core *c, u32 id)
{
	const struct btf_type *t = rawbtf_type(c->l->btf, id);
	const char *name = t ? rawbtf_str(c->l->btf, t->name_off) : "";
	size_t n = image_core_name_len(name);

	if (n && !table_get(&c->by_name, name, n))
		table_set(&c->by_name, name, n, arena_new(c->l->arena, struct candidates));
}

static void find_candidates(struct core *c)
{
	const struct rawbtf *kernel = c->l->opts->kernel;
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	if (!c->by_name.n)
		return;
	while ((t = rawbtf_next(kernel, &it)) != NULL) {
		const char *name = rawbtf_str(kernel, t->name_off);
		struct candidates *found;

		if (!t->name_off)
			continue;
		found = table_get(&c->by_name, name, image_core_name_len(name));
		if (found)
			*vec_add(c->l->arena, &found->ids) = it.id;
	}
}

/* ---- instructions */

/* The last line that begins at or before the instruction; NULL. */
static const struct image_ext_line *find_line(const struct image_section *s, u32 insn)
{
	size_t low = 0, high = s->ext_lines.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->ext_lines.at[middle].insn <= insn)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &s->ext_lines.at[low - 1] : NULL;
}

/* Makes the instruction one that cannot be run, and tells what is missing. */
static void poison(struct core *c, const char *what)
{
	u32 at = c->relo->insn;
	struct bpf_insn *insn = &c->section->insns[at];
	const struct image_ext_line *line = find_line(c->section, at);
	bool is_wide = insn_is_ld_imm64(insn);
	char name[SPEC_TEXT], place[SPEC_TEXT] = "";

	insn[0] = insn_call(IMAGE_GAP_FIELD);
	if (is_wide && at + 1 < c->section->insn_count)
		insn[1] = insn_call(IMAGE_GAP_FIELD);
	image_spec_print(&c->local, name, sizeof(name));
	if (line)
		snprintf(place, sizeof(place), " (%.200s:%u)", rawbtf_str(c->l->btf, line->file),
			 BPF_LINE_INFO_LINE_NUM(line->line_col));
	image_warning(c->l, c->f, c->section, (u64)at * INSN_BYTES,
		      "%s '%s': the program fails if it gets here%s", what, name, place);
	image_gap_add(c->l, c->section, at, arena_printf(c->l->arena, "%s '%s'", what, name));
}

static s32 size_code(u32 bytes)
{
	switch (bytes) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	case 8:
		return BPF_DW;
	default:
		return -1;
	}
}

/* A load or store of another size than before is as good where the value is unsigned or a pointer. */
static bool may_resize(const struct core *c, const struct image_value *from,
		       const struct image_value *to)
{
	const struct btf_type *a = image_type_skip(c->l->btf, from->type, NULL);
	const struct btf_type *b = image_type_skip(c->l->opts->kernel, to->type, NULL);

	if (!a || !b)
		return false;
	if (image_type_kind(a) == BTF_KIND_PTR && image_type_kind(b) == BTF_KIND_PTR)
		return true;
	return image_type_kind(a) == BTF_KIND_INT && image_type_kind(b) == BTF_KIND_INT &&
	       !(BTF_INT_ENCODING(image_type_int(a)) & BTF_INT_SIGNED) &&
	       !(BTF_INT_ENCODING(image_type_int(b)) & BTF_INT_SIGNED);
}

static int patch_memory(struct core *c, struct bpf_insn *insn, const struct image_value *from,
			const struct image_value *to)
{
	if (from->is_exact && to->is_exact && (u64)(s64)insn->off != from->number)
		return bad(c, "the instruction has another offset than its type");
	if (to->number > INT16_MAX)
		return bad(c, "the offset is too large for an instruction");
	if (from->size && to->size && from->size != to->size) {
		if (!may_resize(c, from, to)) {
			poison(c, "the kernel has another size and sign of");
			return 0;
		}
		if (size_code(from->size) != BPF_SIZE(insn->code) || size_code(to->size) < 0)
			return bad(c, "the size cannot be loaded by the instruction");
		insn->code = (u8)(BPF_MODE(insn->code) | (u32)size_code(to->size) |
				  BPF_CLASS(insn->code));
	}
	insn->off = (s16)to->number;
	return 0;
}

static int patch(struct core *c, const struct image_value *from, const struct image_value *to)
{
	struct bpf_insn *insn = &c->section->insns[c->relo->insn];
	bool is_exact = from->is_exact && to->is_exact;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return patch_memory(c, insn, from, to);
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) != BPF_K)
			break;
		if (is_exact && (u32)insn->imm != (u32)from->number)
			return bad(c, "the instruction has another number than its type");
		insn->imm = (s32)(u32)to->number;
		return 0;
	case BPF_LD:
		if (!insn_is_ld_imm64(insn) || insn->src_reg ||
		    c->relo->insn + 1 >= c->section->insn_count)
			break;
		if (is_exact && (u32)insn->imm != (u32)from->number)
			return bad(c, "the instruction has another number than its type");
		insn[0].imm = (s32)(u32)to->number;
		insn[1].imm = (s32)(u32)(to->number >> 32);
		return 0;
	default:
		break;
	}
	return bad(c, "the instruction has no place for a number");
}

/* ---- one relocation */

static bool is_field(u32 kind)
{
	return kind <= CORE_FIELD_RSHIFT;
}

/* Types are compared as a whole. */
static bool is_type(u32 kind)
{
	return !is_field(kind) && kind != CORE_ENUM_EXISTS && kind != CORE_ENUM_VALUE;
}

/* What all of the kernel's types that match agree on. 0; -ENOENT: there is no number; -EINVAL with a message. */
static int find_value(struct core *c, struct image_value *out)
{
	const struct btf_type *own = rawbtf_type(c->l->btf, c->relo->type);
	const char *name = rawbtf_str(c->l->btf, own->name_off);
	const struct candidates *all = table_get(&c->by_name, name, image_core_name_len(name));
	u32 most = c->steps < IMAGE_MAX_RELOC_STEPS ? c->steps : IMAGE_MAX_RELOC_STEPS;
	struct image_budget budget = { .left = most };
	bool any = false;

	for (size_t i = 0; all && i < all->ids.n; i++) {
		const struct rawbtf *kernel = c->l->opts->kernel;
		struct image_value v;
		int err;

		if (!image_core_same_kind(own, rawbtf_type(kernel, all->ids.at[i])))
			continue;
		if (c->l->opts->min && is_type(c->relo->kind))
			image_min_compared(c->l->opts->min, c->relo->kind, all->ids.at[i]);
		err = image_spec_match(&c->local, kernel, all->ids.at[i], &budget, &c->other);
		if (err < 0)
			return bad(c, "the types cannot be compared");
		if (!err)
			continue;
		if (image_spec_value(c->relo->kind, &c->other, &v))
			return bad(c, "the kernel's type has no such number");
		if (c->l->opts->min && !is_type(c->relo->kind))
			image_min_found(c->l->opts->min, &c->other);
		if (!any) {
			*out = v;
			c->kernel = c->other;
			any = true;
			continue;
		}
		if (v.number != out->number ||
		    (is_field(c->relo->kind) && c->other.bit_offset != c->kernel.bit_offset))
			return bad(c,
				   "the kernel has several types of the name, which differ in it");
	}
	c->steps -= most - budget.left;
	return any ? 0 : image_spec_value(c->relo->kind, NULL, out);
}

static int relocate(struct core *c)
{
	const struct image_ext_core *r = c->relo;
	const struct btf_type *own = rawbtf_type(c->l->btf, r->type);
	struct image_value from, to;
	int err;

	if (r->kind >= CORE_KINDS || !own ||
	    image_spec_parse(c->l->btf, r->kind, r->type, rawbtf_str(c->l->btf, r->path),
			     &c->local))
		return image_error(c->l, c->f, c->section, (u64)r->insn * INSN_BYTES,
				   "a CO-RE relocation of kind %u that does not fit type %u",
				   r->kind, r->type);
	if (r->kind != CORE_TYPE_ID_LOCAL && !c->l->opts->kernel)
		return 0;
	if (image_spec_value(r->kind, &c->local, &from))
		return bad(c, "the object's own type has no such number");
	if (r->kind == CORE_TYPE_ID_LOCAL)
		return patch(c, &from, &from);
	if (!own->name_off)
		return bad(c, "a type without a name cannot be found");
	err = find_value(c, &to);
	if (err == -ENOENT) {
		poison(c, "the kernel has no");
		return 0;
	}
	return err ? err : patch(c, &from, &to);
}

/* Does something for each relocation of all files. */
static int each_relocation(struct core *c, int (*each)(struct core *))
{
	for (u32 i = 0; i < c->l->file_count; i++) {
		c->f = &c->l->files[i];
		for (u32 j = 1; j < c->f->section_count; j++) {
			c->section = &c->l->files[i].sections[j];
			for (size_t k = 0; k < c->section->ext_cores.n; k++) {
				int err;

				c->relo = &c->section->ext_cores.at[k];
				err = each(c);
				if (err)
					return err;
			}
		}
	}
	return 0;
}

static int want(struct core *c)
{
	if (c->relo->kind != CORE_TYPE_ID_LOCAL)
		want_name(c, c->relo->type);
	return 0;
}

int image_core_all(struct image_loader *l)
{
	struct core *c = arena_new(l->arena, struct core);

	c->l = l;
	c->steps = IMAGE_MAX_ALL_STEPS;
	table_init(&c->by_name, l->arena);
	each_relocation(c, want);
	if (l->opts->kernel)
		find_candidates(c);
	else if (c->by_name.n)
		image_warning(l, NULL, NULL, 0,
			      "there are no kernel types: CO-RE relocations stay as compiled");
	return each_relocation(c, relocate);
}
