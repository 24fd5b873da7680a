/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of the kernel that programs may call, by its own types, and what it has iterators of. */
#include <errno.h>
#include <string.h>

#include "inspect/survey_impl.h"
#include "isa/insn.h"
#include "isa/kfunc.h"
#include "isa/prog_type.h"

struct kfunc_list {
	vec_of(u32) ids;
};

/* Kernels since 6.10 tag them; of others those are known that the table has. */
static void find_kfuncs(struct survey *s, struct kfunc_list *out)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;
	bool tagged = false;

	while (s->kernel && (t = rawbtf_next(s->kernel, &it)) != NULL) {
		if (BTF_INFO_KIND(t->info) != BTF_KIND_DECL_TAG ||
		    strcmp(rawbtf_str(s->kernel, t->name_off), "bpf_kfunc") != 0)
			continue;
		*vec_add(s->arena, &out->ids) = t->type;
		tagged = true;
	}
	if (tagged)
		return;

	size_t n;
	const struct kfunc_info *all = kfunc_all(&n);

	for (size_t i = 0; i < n; i++) {
		u32 id = survey_type(s, BTF_KIND_FUNC, all[i].name);

		if (id)
			*vec_add(s->arena, &out->ids) = id;
	}
}

static const char *func_name(const struct survey *s, u32 id)
{
	const struct btf_type *t = rawbtf_type(s->kernel, id);

	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC ? rawbtf_str(s->kernel, t->name_off)
							    : "";
}

/* Its arguments are wrong, which is found once it may be called. */
static bool may_call(struct survey *s, const struct survey_prog *p, u32 id)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = (s32)id },
		insn_mov64_imm(0, 0),
		insn_exit(),
	};
	int err = survey_load(s, p, insns, ARRAY_SIZE(insns));

	if (!err)
		return true;
	return *s->log && !strstr(s->log, "is not allowed") && !strstr(s->log, "invalid kernel") &&
	       !strstr(s->log, "not supported") && strstr(s->log, "0: (85)");
}

void survey_kfuncs(struct survey *s)
{
	struct kfunc_list list = { 0 };

	find_kfuncs(s, &list);
	for (size_t i = 0; i < list.ids.n; i++)
		survey_add(s, SURVEY_KFUNCS, func_name(s, list.ids.at[i]), SURVEY_YES);
	if (!s->is_full)
		return;
	survey_ask(s, SURVEY_PROGS);
	for (size_t i = 0; i < s->parts[SURVEY_PROGS].rows.n; i++) {
		const struct survey_row *type = &s->parts[SURVEY_PROGS].rows.at[i];
		struct survey_prog p;

		if (type->state != SURVEY_YES || !survey_prog_of(s, type->id, &p) ||
		    type->id == PROG_EXT || type->id == PROG_STRUCT_OPS)
			continue;
		for (size_t k = 0; k < list.ids.n; k++) {
			if (may_call(s, &p, list.ids.at[k]))
				survey_add(s, SURVEY_KFUNCS, func_name(s, list.ids.at[k]),
					   SURVEY_YES)
					->group = type->name;
		}
	}
}

/* The kernel's functions for loops in programs are called alike. */
static bool is_loop(const char *name)
{
	const char *last = strrchr(name, '_');

	return !strcmp(last, "_new") || !strcmp(last, "_next") || !strcmp(last, "_destroy");
}

/* A program for bpf_iter_X loads where X can be gone through. */
void survey_iters(struct survey *s)
{
	static const char prefix[] = "bpf_iter_";
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while (s->kernel && (t = rawbtf_next(s->kernel, &it)) != NULL) {
		const char *name = rawbtf_str(s->kernel, t->name_off);
		struct survey_prog p = {
			.type = PROG_TRACING,
			.attach = AT_TRACE_ITER,
			.btf_id = it.id,
		};

		if (BTF_INFO_KIND(t->info) != BTF_KIND_FUNC ||
		    strncmp(name, prefix, strlen(prefix)) != 0 || is_loop(name) ||
		    survey_load_trivial(s, &p))
			continue;
		survey_add(s, SURVEY_ITERS, name + strlen(prefix), SURVEY_YES);
	}
}
