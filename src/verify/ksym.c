/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a symbol's address is depends on how the object declares it, and on what the kernel's types say of it:
 *
 *	extern const void name	a number: nothing is known of what lies there
 *	extern int f(...)	memory of no bytes, to be compared with NULL only
 *	a struct		a pointer to a struct of the kernel
 *	any other type		memory of so many bytes that is read only
 *
 * Variables that each CPU has for itself have no address at all until bpf_per_cpu_ptr() or bpf_this_cpu_ptr() says which CPU's is
 * meant. Weak symbols that the kernel lacks do not come here: they are 0, as is each variable where there is no kernel.
 */
#include <string.h>

#include "btf/rawvalue.h"
#include "verify/ksym.h"
#include "verify/ktype.h"

#define PERCPU_SECTION ".data..percpu"

static bool is_percpu(const struct rawbtf *btf, u32 var)
{
	u32 section = ktype_find(btf, BTF_KIND_DATASEC, PERCPU_SECTION);
	const struct btf_type *t = section ? rawbtf_type(btf, section) : NULL;
	const struct btf_var_secinfo *v = (const void *)(t + 1);

	for (u32 i = 0; t && i < BTF_INFO_VLEN(t->info); i++) {
		if (v[i].type == var)
			return true;
	}
	return false;
}

static struct reg variable(const struct rawbtf *btf, u32 type, enum reg_kind of_struct)
{
	const struct btf_type *t = rawbtf_skip(btf, &type, NULL);
	bool is_struct = rawbtf_is_record(t);
	struct reg r = reg_pointer(is_struct || of_struct == REG_PERCPU ? of_struct : REG_MEM);

	u64 bytes = rawvalue_size(btf, type);

	r.size = bytes < STATE_MAX_OFFSET ? (u32)bytes : 0;
	r.map = r.kind == REG_MEM ? 0 : type;
	r.trust = TRUST_PLAIN;
	r.is_read_only = r.kind == REG_MEM;
	return r;
}

static bool address(struct engine *e, u32 index, struct reg *out)
{
	const struct rawbtf *btf = e->opts->kernel;
	const struct image_extern *x = &e->img->externs.at[index];
	const struct btf_type *own = rawbtf_type(e->img->btf, x->type);
	u32 id = own ? own->type : 0;

	if (x->is_func) {
		*out = reg_pointer(REG_MEM);
		out->is_read_only = true;
		return true;
	}
	if (x->is_weak && e->opts->is_apart) {
		*out = reg_const(0);
		return true;
	}
	if (!rawbtf_skip(e->img->btf, &id, NULL)) {
		*out = reg_unknown();
		return true;
	}
	u32 var = ktype_find(btf, BTF_KIND_VAR, x->name);
	if (!var)
		return engine_fail(e, VERIFY_HELPER,
				   "declare it __weak, and compare its address with NULL first",
				   "the kernel's types have no variable '%s'", x->name);
	*out = variable(btf, rawbtf_type(btf, var)->type,
			is_percpu(btf, var) ? REG_PERCPU : REG_BTF);
	return true;
}

bool ksym_address(struct engine *e, u32 index, struct reg *out)
{
	if (index >= e->img->externs.n)
		return engine_fail(e, VERIFY_INSN, "", "there is no kernel symbol %u", index);
	if (!e->ksyms)
		e->ksyms = arena_array(&e->own, struct reg, e->img->externs.n);
	if (e->ksyms[index].kind == REG_NONE && !address(e, index, &e->ksyms[index]))
		return false;
	*out = e->ksyms[index];
	return true;
}

struct reg ksym_of_cpu(struct engine *e, const struct reg *percpu)
{
	return variable(e->opts->kernel, percpu->map, REG_BTF);
}
