/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What object_write() relies on. The limits are those of the formats: BTF counts members in 16 bits
 * and strings in 24, ELF sections in 16.
 */
#include <string.h>

#include "base/table.h"
#include "isa/insn.h"
#include "object/core.h"
#include "object/layout.h"

enum {
	NAME_MAX_LEN = 127, /* the kernel's KSYM_NAME_LEN, less its NUL */
	MAP_NAME_MAX = 15,  /* BPF_OBJ_NAME_LEN, less its NUL */
	FUNC_MAX = 30000,   /* each may have a section of code and one of relocations */
	MAP_MAX = 65535,
	BSS_MAX = 1 << 26,
	INSN_MAX = 1000000, /* more than this no kernel verifies in one program */
	INSN_TOTAL_MAX = 1 << 26,
	CORE_OFFSET_MAX = 1 << 24,
	CORE_STEP_MAX = 32,
};

static bool check_identifier(const char *s, size_t max)
{
	size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")
		     : 0;

	return n && n <= max && !s[n] && !(s[0] >= '0' && s[0] <= '9');
}

static int check_map(const struct object_map *m, struct table *names, struct diag *d)
{
	if (!check_identifier(m->name, MAP_NAME_MAX))
		return diag_error(d, LOC_NONE,
				  "map name '%s' is no identifier of at most 15 characters",
				  m->name ? m->name : "");
	if (table_get_str(names, m->name))
		return diag_error(d, LOC_NONE, "two maps or functions are called '%s'", m->name);
	table_set_str(names, m->name, names);
	/* BTF tells these numbers as the lengths of arrays of int, whose size must fit 32 bits. */
	if ((m->key_size | m->value_size | m->max_entries | m->flags | m->type) >= 1u << 30)
		return diag_error(d, LOC_NONE, "map '%s' is too large", m->name);
	return 0;
}

static int check_reloc(const struct object *o, const struct object_func *f,
		       const struct object_reloc *r)
{
	const struct bpf_insn *insn = &f->insns.at[r->insn < f->insns.n ? r->insn : 0];
	bool wide = insn_is_ld_imm64(insn) && (size_t)r->insn + 1 < f->insns.n;

	if (r->insn >= f->insns.n)
		return -EINVAL;
	switch (r->kind) {
	case RELOC_MAP:
		return wide && r->index < o->maps.n ? 0 : -EINVAL;
	case RELOC_BSS:
		return wide && r->offset < o->bss_size ? 0 : -EINVAL;
	case RELOC_CALL:
		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_CALL)
			return -EINVAL;
		break;
	case RELOC_FUNC:
		if (!wide)
			return -EINVAL;
		break;
	}
	return r->index < o->funcs.n && layout_is_static(&o->funcs.at[r->index]) ? 0 : -EINVAL;
}

static bool check_int_size(u32 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8 || size == 16;
}

static int check_core_step(const struct object_core_step *s, bool last)
{
	enum object_field_kind kind = s->kind;

	if (!s->name || strlen(s->name) > NAME_MAX_LEN)
		return -EINVAL;
	if (!last)
		return kind == FIELD_RECORD || kind == FIELD_UNION ? 0 : -EINVAL;
	if (!*s->name)
		return -EINVAL;
	if (kind == FIELD_ARRAY)
		return s->element != FIELD_ARRAY && s->size < CORE_OFFSET_MAX &&
				       s->inner_arrays < CORE_STEP_MAX
			       ? 0
			       : -EINVAL;
	if (kind == FIELD_ENUM && s->size > 8)
		return -EINVAL;
	return (kind != FIELD_INT && kind != FIELD_ENUM) || check_int_size(s->size) ? 0 : -EINVAL;
}

static int check_core(const struct object_func *f, const struct object_core *c)
{
	const struct bpf_insn *insn;
	s32 offset;

	if (c->insn >= f->insns.n || !c->record || !*c->record || !c->steps.n ||
	    c->steps.n > CORE_STEP_MAX)
		return -EINVAL;
	for (size_t i = 0; i < c->steps.n; i++) {
		if (check_core_step(&c->steps.at[i], i + 1 == c->steps.n))
			return -EINVAL;
	}
	if (c->bits.size > 64 || c->bits.offset / 8 >= CORE_OFFSET_MAX / 8)
		return -EINVAL;
	insn = &f->insns.at[c->insn];
	offset = core_offset(insn);
	return offset >= 0 && offset < CORE_OFFSET_MAX ? 0 : -EINVAL;
}

static int check_lines(const struct object_func *f)
{
	if (f->lines.n && f->lines.at[0].insn)
		return -EINVAL;
	for (size_t i = 0; i < f->lines.n; i++) {
		if (f->lines.at[i].insn >= f->insns.n ||
		    (i && f->lines.at[i].insn < f->lines.at[i - 1].insn))
			return -EINVAL;
	}
	return 0;
}

static int check_func(const struct object *o, const struct object_func *f, struct table *names,
		      struct diag *d)
{
	if (!check_identifier(f->name, NAME_MAX_LEN))
		return diag_error(d, LOC_NONE, "function name '%s' is no identifier",
				  f->name ? f->name : "");
	if (table_get_str(names, f->name))
		return diag_error(d, LOC_NONE, "two maps or functions are called '%s'", f->name);
	table_set_str(names, f->name, names);
	if (!f->section || !*f->section)
		return diag_error(d, LOC_NONE, "function '%s' has no section", f->name);
	if (!f->insns.n)
		return diag_error(d, LOC_NONE, "function '%s' has no code", f->name);
	if (f->insns.n > INSN_MAX)
		return diag_error(d, LOC_NONE,
				  "function '%s' has %zu instructions; at most %d can be run",
				  f->name, f->insns.n, INSN_MAX);
	if (layout_is_static(f) && (f->param_count < 1 || f->param_count > 5))
		return diag_error(d, LOC_NONE, "function '%s' has %u parameters instead of 1 to 5",
				  f->name, f->param_count);
	if (check_lines(f))
		return diag_error(d, LOC_NONE, "function '%s': lines are out of order", f->name);
	for (size_t i = 0; i < f->relocs.n; i++) {
		if (check_reloc(o, f, &f->relocs.at[i]))
			return diag_error(
				d, LOC_NONE,
				"function '%s': relocation %zu does not fit instruction %u",
				f->name, i, f->relocs.at[i].insn);
	}
	for (size_t i = 0; i < f->cores.n; i++) {
		if (check_core(f, &f->cores.at[i]))
			return diag_error(
				d, LOC_NONE,
				"function '%s': field access %zu does not fit instruction %u",
				f->name, i, f->cores.at[i].insn);
	}
	return 0;
}

int object_check(const struct object *o, struct diag *d)
{
	struct arena scratch;
	struct table names;
	size_t insns = 0;
	int err = 0;

	if (o->maps.n > MAP_MAX || o->funcs.n > FUNC_MAX)
		return diag_error(d, LOC_NONE, "too many maps (%zu) or functions (%zu)", o->maps.n,
				  o->funcs.n);
	if (!o->license || o->bss_size > BSS_MAX)
		return diag_error(d, LOC_NONE, "no licence, or too many variables (%u bytes)",
				  o->bss_size);
	arena_init(&scratch);
	table_init(&names, &scratch);
	for (size_t i = 0; i < o->maps.n && !err; i++)
		err = check_map(&o->maps.at[i], &names, d);
	for (size_t i = 0; i < o->funcs.n && !err; i++) {
		err = check_func(o, &o->funcs.at[i], &names, d);
		insns += o->funcs.at[i].insns.n;
	}
	if (!err && insns > INSN_TOTAL_MAX)
		err = diag_error(d, LOC_NONE, "the script makes too many instructions (%zu)",
				 insns);
	arena_done(&scratch);
	return err;
}
