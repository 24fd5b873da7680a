/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/privilege.h"

#include "isa/insn.h"
#include "isa/map_type.h"

#define MOST_INSNS 4096

static bool is_function(const struct bpf_insn *i)
{
	if (insn_is_ld_imm64(i))
		return i->src_reg == BPF_PSEUDO_FUNC;
	return i->code == (BPF_JMP | BPF_CALL) && i->src_reg;
}

/* Where a path may go on from an instruction; how many there are. */
static u32 find_next(const struct bpf_insn *i, u32 at, u32 next[2])
{
	u8 class = i->code & 7, op = i->code & 0xf0;
	bool jumps = (class == BPF_JMP && op != BPF_CALL) || class == BPF_JMP32;
	u32 n = 0;

	if (jumps && op == BPF_EXIT)
		return 0;
	if (!jumps || op != BPF_JA)
		next[n++] = at + (insn_is_ld_imm64(i) ? 2 : 1);
	if (jumps)
		next[n++] = (u32)flow_target(i, at);
	return n;
}

/* Depth first: an edge to an instruction that is on the way to this one closes a circle. */
static bool check_loops(struct engine *e)
{
	u32 count = e->prog->count, depth = 1;
	u32 *way = arena_array(&e->own, u32, count);
	u8 *tried = arena_array(&e->own, u8, count); /* edges; 0: was not reached */
	bool *is_on_way = arena_array(&e->own, bool, count);

	is_on_way[0] = true;
	while (depth) {
		u32 at = way[depth - 1], next[2];
		u32 n = find_next(&e->prog->insns[at], at, next);
		if (tried[at] == n + 1u || !n) {
			tried[at] = (u8)(n + 1);
			is_on_way[at] = false;
			depth--;
			continue;
		}
		u32 to = next[tried[at] ? tried[at] - 1u : 0];
		tried[at] = (u8)(tried[at] ? tried[at] + 1 : 2);
		e->cur->insn = at;
		if (to < count && is_on_way[to])
			return engine_fail(e, VERIFY_PRIVILEGE,
					   "unroll the loop (#pragma unroll): loops take CAP_BPF",
					   "from here it goes back to instruction %u", to);
		if (to < count && !tried[to]) {
			is_on_way[to] = true;
			way[depth++] = to;
		}
	}
	e->cur->insn = 0;
	return true;
}

bool privilege_program(struct engine *e)
{
	const struct image_prog *p = e->prog;
	const struct prog_type_info *type = prog_type_info(p->type);

	if (e->opts->privileged)
		return true;
	if (!prog_type_for_anyone(p->type))
		return engine_fail(
			e, VERIFY_PRIVILEGE,
			"without privilege there are socket filters and cgroup_skb programs only",
			"to load programs of type %s takes privilege",
			type ? type->name : "unknown");
	if (p->count > MOST_INSNS)
		return engine_fail(
			e, VERIFY_PRIVILEGE, "split it into several that are called as tails",
			"the program has %u instructions, and without CAP_BPF it may have %d",
			p->count, MOST_INSNS);
	for (u32 k = 0; k < p->count; k += insn_is_ld_imm64(&p->insns[k]) ? 2 : 1) {
		e->cur->insn = k;
		if (is_function(&p->insns[k]))
			return engine_fail(
				e, VERIFY_PRIVILEGE, "make functions static and __always_inline",
				"functions, of the program's own or of the kernel, take CAP_BPF");
	}
	return check_loops(e);
}

bool privilege_map(struct engine *e, u32 map)
{
	const struct image_map *m = &e->img->maps.at[map];
	const struct map_type_info *type = map_type_info(m->type);

	if (e->opts->privileged || !type)
		return true;
	if (!(type->traits & MAP_TRAIT_ANYONE))
		return engine_fail(e, VERIFY_PRIVILEGE, "use a hash map or an array",
				   "map %s is of type %s, and to make such takes privilege",
				   m->name, type->name);
	if (m->flags & BPF_F_ZERO_SEED)
		return engine_fail(e, VERIFY_PRIVILEGE, "let the kernel choose the seed",
				   "map %s has the flag BPF_F_ZERO_SEED, which takes privilege",
				   m->name);
	return true;
}

bool privilege_helper(struct engine *e, const struct helper_info *info)
{
	if (e->opts->privileged || !(info->flags & (HELPER_BPF | HELPER_PERFMON)))
		return true;
	return engine_fail(e, VERIFY_PRIVILEGE, "", "%s() takes %s", info->name,
			   info->flags & HELPER_PERFMON ? "CAP_PERFMON" : "CAP_BPF");
}

bool privilege_field(struct engine *e, const struct ctx_field *f, bool is_write)
{
	if (e->opts->privileged || !ctx_takes_capability(f, e->prog->type, is_write))
		return true;
	return engine_fail(e, VERIFY_PRIVILEGE,
			   is_write ? "" : "bpf_skb_load_bytes() copies from the packet",
			   "to %s %s of the context takes CAP_BPF", is_write ? "write" : "read",
			   f->name);
}

bool privilege_shows(struct engine *e, u32 r, const char *where)
{
	const struct reg *value = engine_reg(e, r);

	if (e->opts->privileged || !reg_is_pointer(value))
		return true;
	return engine_fail(e, VERIFY_LEAK, "addresses are for programs with CAP_PERFMON only",
			   "r%u, an address (%s), %s", r, reg_kind_name(value->kind), where);
}
