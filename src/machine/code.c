/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies the instructions, has them checked, and puts addresses in the place of references. */
#include "machine/code.h"

#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "machine/codecheck.h"
#include "machine/interp.h"

static void set_imm64(struct bpf_insn *lo, u64 value)
{
	lo->src_reg = 0;
	lo[0].imm = (s32)(u32)value;
	lo[1].imm = (s32)(u32)(value >> 32);
}

static int resolve_map(struct code *c, u32 i, struct diag *d)
{
	struct bpf_insn *lo = &c->insns[i];
	const struct image *img = c->machine ? machine_image(c->machine) : NULL;
	u32 index = (u32)lo->imm, offset = (u32)lo[1].imm, stride;
	u8 *values;

	if (!img || index >= img->maps.n)
		return diag_error(d, LOC_NONE,
				  "instruction %u refers to map %u, which there is none of", i,
				  index);
	if (lo->src_reg == BPF_PSEUDO_MAP_IDX) {
		set_imm64(lo, (u64)(uintptr_t)machine_map(c->machine, index));
		return 0;
	}
	values = map_array(machine_map(c->machine, index), &stride);
	if (!values || offset >= img->maps.at[index].value_size)
		return diag_error(d, LOC_NONE,
				  "instruction %u refers to byte %u of map %s, which has %u", i,
				  offset, img->maps.at[index].name,
				  values ? img->maps.at[index].value_size : 0);
	set_imm64(lo, (u64)(uintptr_t)values + offset);
	return 0;
}

/* Of a function that is here its address, as programs ask whether it is. There are no other symbols: weak ones are absent, as on a kernel without. */
static int resolve_extern(struct code *c, u32 i, struct diag *d)
{
	const struct image *img = c->machine ? machine_image(c->machine) : NULL;
	u32 index = (u32)c->insns[i].imm;
	const struct image_extern *e;
	run_helper function;

	if (!img || index >= img->externs.n)
		return diag_error(d, LOC_NONE,
				  "instruction %u refers to symbol %u, which there is none of", i,
				  index);
	e = &img->externs.at[index];
	function = e->is_func ? run_find_kfunc(e->name) : NULL;
	if (!function && !e->is_weak)
		return diag_error(d, LOC_NONE,
				  "instruction %u needs %s of the kernel, which is not here", i,
				  e->name);
	set_imm64(&c->insns[i], (u64)(uintptr_t)function);
	return 0;
}

static int resolve_load(struct code *c, u32 i, struct diag *d)
{
	struct bpf_insn *lo = &c->insns[i];

	switch (lo->src_reg) {
	case 0:
		return 0;
	case BPF_PSEUDO_FUNC:
		set_imm64(lo, (u64)((s64)i + 1 + lo->imm) + 1);
		lo->src_reg = BPF_PSEUDO_FUNC;
		return 0;
	case BPF_PSEUDO_MAP_IDX:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return resolve_map(c, i, d);
	case BPF_PSEUDO_BTF_ID:
		return resolve_extern(c, i, d);
	default:
		return diag_error(d, LOC_NONE,
				  "instruction %u refers to a map by a descriptor of another "
				  "process: load the object instead",
				  i);
	}
}

static int resolve_all(struct code *c, struct diag *d)
{
	for (u32 i = 0; i < c->count; i++) {
		if (!insn_is_ld_imm64(&c->insns[i]))
			continue;
		if (resolve_load(c, i, d))
			return -EINVAL;
		i++;
	}
	return 0;
}

/* ---- sites: registers that hold a map's address, within a stretch of code that is only entered at its beginning */

static bool is_map(struct machine *m, u64 value, struct map **map)
{
	const struct image *img = machine_image(m);

	for (u32 i = 0; i < img->maps.n; i++) {
		*map = machine_map(m, i);
		if ((u64)(uintptr_t)*map == value)
			return true;
	}
	return false;
}

static void mark_targets(const struct code *c, u8 *entered)
{
	for (u32 f = 0; f < c->start_count; f++)
		entered[c->starts[f]] = 1;
	for (u32 i = 0; i < c->count; i++) {
		const struct bpf_insn *insn = &c->insns[i];
		u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

		if (insn_is_ld_imm64(insn)) {
			i++;
			continue;
		}
		if ((class != BPF_JMP && class != BPF_JMP32) || op == BPF_CALL || op == BPF_EXIT)
			continue;
		entered[(s64)i + 1 + (class == BPF_JMP32 && op == BPF_JA ? insn->imm : insn->off)] =
			1;
	}
}

/* What an instruction leaves of the maps that are in registers. */
static void step(struct map **regs, const struct code *c, u32 i)
{
	const struct bpf_insn *insn = &c->insns[i];
	struct map *map;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		regs[insn_is_ld_imm64(insn) ? insn->dst_reg : 0] = NULL;
		if (insn_is_ld_imm64(insn) && !insn->src_reg &&
		    is_map(c->machine, (u64)(u32)insn[1].imm << 32 | (u32)insn->imm, &map))
			regs[insn->dst_reg] = map;
		return;
	case BPF_ALU64:
	case BPF_ALU:
		map = insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off
			      ? regs[insn->src_reg]
			      : NULL;
		regs[insn->dst_reg] = map;
		return;
	case BPF_LDX:
		regs[insn->dst_reg] = NULL;
		return;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			regs[0] = regs[insn->src_reg] = regs[insn->dst_reg] = NULL;
		return;
	default:
		if (insn->code == (BPF_JMP | BPF_CALL) ||
		    insn->code == (BPF_JMP | BPF_CALL | BPF_X))
			memset(regs, 0, 6 * sizeof(*regs));
	}
}

static void find_sites(struct code *c)
{
	struct map *regs[11] = { 0 };
	u8 *entered = calloc(c->count, 1);

	c->sites = calloc(c->count, sizeof(*c->sites));
	if (!entered || !c->sites)
		arena_exhausted();
	mark_targets(c, entered);
	for (u32 i = 0; i < c->count; i++) {
		const struct bpf_insn *insn = &c->insns[i];
		u32 arg = insn->imm == BPF_FUNC_tail_call ? 2 : 1;

		if (entered[i])
			memset(regs, 0, sizeof(regs));
		if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && regs[arg])
			c->sites[c->site_count++] = (struct code_site){ i, regs[arg] };
		step(regs, c, i);
		i += insn_is_ld_imm64(insn);
	}
	free(entered);
}

/* ---- the whole */

static int make(struct code *c, struct diag *d)
{
	if (codecheck_all(c, d) || resolve_all(c, d))
		return -EINVAL;
	if (c->machine)
		find_sites(c);
	decode_ops(c);
	return 0;
}

/* Clang before 19 names the register of a call by register in imm, later ones where destinations are. */
static void move_call_registers(struct code *c)
{
	for (u32 i = 0; i < c->count; i++) {
		struct bpf_insn *insn = &c->insns[i];

		if (insn_is_ld_imm64(insn)) {
			i++;
		} else if (insn->code == (BPF_JMP | BPF_CALL | BPF_X) && !insn->dst_reg &&
			   insn->imm > 0 && insn->imm < 10) {
			insn->dst_reg = (u8)(insn->imm & 15);
			insn->imm = 0;
		}
	}
}

int code_new(struct machine *m, const struct image_prog *p, struct diag *d, struct code **out)
{
	struct code *c;

	if (!p->count || p->count > IMAGE_MAX_INSNS)
		return diag_error(d, LOC_NONE, "a program has 1 to %d instructions, not %u",
				  IMAGE_MAX_INSNS, p->count);
	c = calloc(1, sizeof(*c));
	if (!c)
		arena_exhausted();
	c->machine = m;
	c->prog = p;
	c->count = p->count;
	c->insns = malloc(p->count * sizeof(*c->insns));
	if (!c->insns)
		arena_exhausted();
	memcpy(c->insns, p->insns, p->count * sizeof(*c->insns));
	move_call_registers(c);
	if (make(c, d)) {
		code_free(c);
		return -EINVAL;
	}
	*out = c;
	return 0;
}

void code_free(struct code *c)
{
	if (!c)
		return;
	if (c->jit)
		jit_free(c->jit);
	free(c->insns);
	free(c->sites);
	free(c->starts);
	free(c->ops);
	free(c->hits);
	free(c);
}

bool code_is_start(const struct code *c, u64 insn)
{
	u32 low = 0, high = c->start_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (c->starts[mid] == insn)
			return true;
		if (c->starts[mid] < insn)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
