/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/proto.h"

#include <string.h>

#include "isa/ctx.h"
#include "isa/helper.h"
#include "isa/insn.h"
#include "verify/dynptr.h"
#include "verify/kfunc.h"
#include "verify/ktype.h"

#define DEPTH 32

enum {
	TAG_CTX = 1 << 0,
	TAG_NONNULL = 1 << 1,
	TAG_TRUSTED = 1 << 2,
	TAG_NULLABLE = 1 << 3,
	TAG_OTHER = 1 << 4,
};

static const struct btf_type *prototype(const struct engine *e, const struct image_func *f)
{
	const struct btf_type *t =
		e->img->btf && f->type ? rawbtf_type(e->img->btf, f->type) : NULL;

	t = t ? rawbtf_type(e->img->btf, t->type) : NULL;
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO ? t : NULL;
}

bool proto_has_tag(const struct engine *e, const struct image_func *f, const char *prefix)
{
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	while (e->img->btf && f->type && (t = rawbtf_next(e->img->btf, &it))) {
		if (BTF_INFO_KIND(t->info) == BTF_KIND_DECL_TAG && t->type == f->type &&
		    *(const s32 *)(const void *)(t + 1) == -1 &&
		    !strncmp(rawbtf_str(e->img->btf, t->name_off), prefix, strlen(prefix)))
			return true;
	}
	return false;
}

static u32 tags_of(const struct engine *e, const struct image_func *f, u32 arg)
{
	static const struct {
		const char *name;
		u32 tag;
	} known[] = { { "arg:ctx", TAG_CTX },
		      { "arg:nonnull", TAG_NONNULL },
		      { "arg:trusted", TAG_TRUSTED },
		      { "arg:nullable", TAG_NULLABLE } };
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;
	u32 tags = 0;

	while ((t = rawbtf_next(e->img->btf, &it))) {
		if (BTF_INFO_KIND(t->info) != BTF_KIND_DECL_TAG || t->type != f->type ||
		    *(const s32 *)(const void *)(t + 1) != (s32)arg)
			continue;
		const char *name = rawbtf_str(e->img->btf, t->name_off);
		u32 tag = strncmp(name, "arg:", 4) != 0 ? 0 : TAG_OTHER;
		for (u32 i = 0; i < ARRAY_SIZE(known); i++)
			tag = !strcmp(name, known[i].name) ? known[i].tag : tag;
		tags |= tag;
	}
	return tags;
}

/* Bytes of a type, of arrays too; 0 if it has no size. */
static u32 size_of(const struct rawbtf *btf, u32 id)
{
	u64 count = 1;

	for (u32 depth = 0; depth < DEPTH; depth++) {
		const struct btf_type *t = rawbtf_skip(btf, &id, NULL);
		u32 kind = t ? BTF_INFO_KIND(t->info) : 0;
		if (kind == BTF_KIND_ARRAY) {
			const struct btf_array *a = (const void *)(t + 1);
			count *= a->nelems;
			id = a->type;
			if (count > STATE_MAX_OFFSET)
				return 0;
			continue;
		}
		u64 one = kind == BTF_KIND_PTR ? 8
			  : kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION ||
					  rawbtf_is_number(t) || kind == BTF_KIND_FLOAT
				  ? t->size
				  : 0;
		return one * count < STATE_MAX_OFFSET ? (u32)(one * count) : 0;
	}
	return 0;
}

static bool names_context(const struct engine *e, const char *name, bool is_struct)
{
	const struct prog_type_info *type = prog_type_info(e->prog->type);
	const struct ctx_info *ctx = type ? ctx_info(type->ctx) : NULL;
	bool raw = (u32)e->prog->type < PROG_TYPES && (PROGS_RAW_TP >> e->prog->type & 1);

	if (raw)
		return is_struct && !strcmp(name, "bpf_raw_tracepoint_args");
	if (e->prog->type == BPF_PROG_TYPE_KPROBE && !strcmp(name, "bpf_user_pt_regs_t"))
		return true;
	return is_struct && ctx && !strncmp(ctx->name, "struct ", 7) &&
	       !strcmp(name, ctx->name + 7);
}

/* What the context is called in C, also by typedefs. */
static bool is_context(const struct engine *e, u32 id)
{
	for (u32 depth = 0; depth < DEPTH; depth++) {
		const struct btf_type *t = rawbtf_type(e->img->btf, id);
		u32 kind = t ? BTF_INFO_KIND(t->info) : 0;
		if (!t)
			return false;
		if (names_context(e, rawbtf_str(e->img->btf, t->name_off),
				  kind == BTF_KIND_STRUCT || kind == BTF_KIND_FWD))
			return true;
		if (kind != BTF_KIND_TYPEDEF && kind != BTF_KIND_CONST &&
		    kind != BTF_KIND_TYPE_TAG && kind != BTF_KIND_VOLATILE)
			return false;
		id = t->type;
	}
	return false;
}

static bool refuse(struct engine *e, const struct image_func *f, u32 arg, const char *why)
{
	return engine_fail(e, VERIFY_ARGUMENT, "make the function static, or change its argument",
			   "argument %u of the global function %s() %s", arg + 1, f->name, why);
}

static bool read_pointer(struct engine *e, const struct image_func *f, u32 i, u32 target, u32 tags,
			 struct proto_arg *out)
{
	u32 id = target;
	const struct btf_type *t = rawbtf_skip(e->img->btf, &id, NULL);
	const char *name = t ? rawbtf_str(e->img->btf, t->name_off) : "";

	if ((tags & TAG_CTX) || is_context(e, target)) { /* also of types that have no size */
		out->kind = PROTO_CTX;
		return !(tags & ~(u32)TAG_CTX) ||
		       refuse(e, f, i, "has tags that contexts do not have");
	}
	if (!strcmp(name, "bpf_dynptr")) {
		out->kind = PROTO_DYNPTR;
		return !tags || refuse(e, f, i, "has tags that dynptrs do not have");
	}
	if (tags & TAG_TRUSTED) {
		if (tags & ~(u32)(TAG_TRUSTED | TAG_NULLABLE))
			return refuse(e, f, i, "has tags that do not go together");
		out->kind = PROTO_TRUSTED;
		out->maybe_null = tags & TAG_NULLABLE;
		out->type = ktype_find_local(e->opts->kernel, name);
		return out->type || refuse(e, f, i, "is of a type that the kernel does not have");
	}
	if (tags & (TAG_OTHER | TAG_NULLABLE))
		return refuse(e, f, i, "has a tag that is not known here");
	out->kind = PROTO_MEM;
	out->maybe_null = !(tags & TAG_NONNULL);
	out->size = size_of(e->img->btf, target);
	return out->size || refuse(e, f, i, "points to something whose size is not known");
}

bool proto_read(struct engine *e, const struct image_func *f, struct proto *out)
{
	const struct btf_type *t = prototype(e, f);

	*out = (struct proto){ 0 };
	if (!t)
		return engine_fail(e, VERIFY_ARGUMENT, "compile with -g",
				   "there are no types of the global function %s()", f->name);
	out->count = BTF_INFO_VLEN(t->info);
	u32 result = t->type;
	if (!rawbtf_is_number(rawbtf_skip(e->img->btf, &result, NULL)))
		return engine_fail(e, VERIFY_ARGUMENT, "return an int, or make it static",
				   "the global function %s() does not return a number", f->name);
	if (out->count > ARRAY_SIZE(out->args))
		return refuse(e, f, ARRAY_SIZE(out->args), "is one too many");
	const struct btf_param *params = (const void *)(t + 1);
	for (u32 i = 0; i < out->count; i++) {
		u32 id = params[i].type, tags = tags_of(e, f, i);
		const struct btf_type *p = rawbtf_skip(e->img->btf, &id, NULL);
		if (p && BTF_INFO_KIND(p->info) == BTF_KIND_PTR) {
			if (!read_pointer(e, f, i, p->type, tags, &out->args[i]))
				return false;
		} else if (tags) {
			return refuse(e, f, i, "is no pointer, but has a tag of one");
		} else if (!rawbtf_is_number(p)) {
			return refuse(e, f, i, "is neither a number nor a pointer");
		}
	}
	return true;
}

bool proto_returns_int(const struct engine *e)
{
	const struct image_func *f = image_func(e->prog, state_frame(e->cur)->start);
	const struct btf_type *t = f ? prototype(e, f) : NULL;
	u32 result = t ? t->type : 0;

	return t && rawbtf_is_number(rawbtf_skip(e->img->btf, &result, NULL));
}

const struct image_func *proto_global(const struct engine *e, u32 start)
{
	const struct image_func *f = start ? image_func(e->prog, start) : NULL;

	return f && f->is_global && f->start == start && !e->opts->safety_only ? f : NULL;
}

static bool give(struct engine *e, const struct image_func *f, u32 i, const struct proto_arg *arg)
{
	u32 r = i + 1;
	struct reg p = *engine_reg(e, r);
	bool is_null = p.kind == REG_SCALAR && scalar_is_zero(&p.n);
	struct access a = { .r = r, .size = arg->size, .is_helper = true };

	if (!engine_readable(e, r))
		return false;
	if (is_null && arg->maybe_null)
		return true;
	if (arg->kind != PROTO_NUMBER && p.is_stale)
		return engine_fail_stale(e, r);
	switch (arg->kind) {
	case PROTO_NUMBER:
		return p.kind == REG_SCALAR ||
		       refuse(e, f, i, "has to be a number, and is a pointer");
	case PROTO_CTX:
		return (p.kind == REG_CTX && !p.off && scalar_is_zero(&p.n)) ||
		       refuse(e, f, i, "has to be the context as it was given");
	case PROTO_TRUSTED:
		if (p.kind != REG_BTF || p.off || !reg_is_trusted(&p) ||
		    !ktype_begins(e->opts->kernel, p.map, arg->type))
			return refuse(e, f, i, "has to be a trusted pointer of the kernel");
		return !p.maybe_null || arg->maybe_null || refuse(e, f, i, "may not be NULL");
	case PROTO_DYNPTR:
		return dynptr_take(e, r, DYNPTR_ANY, false, f->name);
	default:
		break;
	}
	if (is_null || (p.maybe_null && !arg->maybe_null))
		return refuse(e, f, i, "may not be NULL");
	p.maybe_null = false;
	if (p.kind == REG_SCALAR || p.kind == REG_CTX || p.kind == REG_BTF)
		return refuse(e, f, i, "has to point to memory");
	if (p.kind == REG_STACK) {
		if (!check_stack_bytes(e, &p, a))
			return false;
		a.is_write = true;
		return check_stack_bytes(e, &p, a);
	}
	a.is_write = true;
	return check_memory(e, &p, a);
}

enum { MOVES_PACKET = 1 << 0, SLEEPS = 1 << 1 };

static u8 insn_effects(struct engine *e, u32 insn)
{
	const struct bpf_insn *i = &e->prog->insns[insn];
	bool is_call = i->code == (BPF_JMP | BPF_CALL);
	bool is_func = insn_is_ld_imm64(i) && i->src_reg == BPF_PSEUDO_FUNC;
	const struct kfunc *kernel = kfunc_called(e, i);
	const struct helper_info *info =
		is_call && !i->src_reg ? helper_info_for((u32)i->imm, e->prog->type) : NULL;
	u8 found = 0;

	if (is_func || (is_call && i->src_reg == BPF_PSEUDO_CALL)) {
		const struct image_func *to = image_func(e->prog, (u32)flow_target(i, insn));
		found = to ? e->effects[to->start] : 0;
	}
	if (info && (info->flags & HELPER_CHANGES_PACKET))
		found |= MOVES_PACKET;
	if ((info && (info->flags & HELPER_SLEEPS)) ||
	    (kernel && (kernel->info->flags & KFUNC_SLEEPS)))
		found |= SLEEPS;
	return found;
}

/*
 * What each function may do, itself or by what it calls. A pass over all brings it at least one call further; deeper than calls
 * may go it does not matter.
 */
static void find_effects(struct engine *e)
{
	const struct image_prog *p = e->prog;
	bool is_new = true;

	e->effects = arena_array(&e->own, u8, p->count);
	for (u32 pass = 0; is_new && pass <= STATE_FRAMES; pass++) {
		is_new = false;
		for (size_t k = p->funcs.n; k--;) {
			const struct image_func *f = &p->funcs.at[k];
			u8 found = 0;

			for (u32 i = f->start; i < f->start + f->count; i++) {
				found |= insn_effects(e, i);
				i += insn_is_ld_imm64(&p->insns[i]);
			}
			is_new |= found != e->effects[f->start];
			e->effects[f->start] = found;
		}
	}
}

static bool is_packet(const struct reg *r, const void *arg)
{
	(void)arg;
	return reg_is_packet(r) || r->is_packet;
}

bool proto_call(struct engine *e, const struct image_func *f)
{
	struct proto p;

	if (!proto_read(e, f, &p))
		return false;
	if (e->cur->lock)
		return engine_fail(e, VERIFY_LOCK, "use a static function",
				   "the global function %s() is called while a lock is held",
				   f->name);
	for (u32 i = 0; i < p.count; i++) {
		if (!give(e, f, i, &p.args[i]))
			return false;
	}
	if (!e->effects)
		find_effects(e);
	u8 does = e->effects[f->start];
	if ((does & SLEEPS) && (e->cur->rcu || e->cur->preempt))
		return engine_fail(e, VERIFY_HELPER, "call it outside of the section",
				   "the global function %s() may sleep, and this section may not",
				   f->name);
	if (does & MOVES_PACKET)
		state_forget(e->cur, is_packet, NULL, engine_stale(e));
	for (u32 r = 1; r <= 5; r++)
		*engine_reg(e, r) = (struct reg){ 0 };
	*engine_reg(e, 0) = reg_unknown();
	return true;
}

bool proto_enter(struct engine *e, const struct image_func *f)
{
	struct proto p;

	if (!proto_read(e, f, &p))
		return false;
	for (u32 i = 0; i < p.count; i++) {
		const struct proto_arg *arg = &p.args[i];
		struct reg *r = engine_reg(e, i + 1);
		switch (arg->kind) {
		case PROTO_NUMBER:
			*r = reg_unknown();
			break;
		case PROTO_CTX:
			*r = reg_pointer(REG_CTX);
			break;
		case PROTO_TRUSTED:
			*r = reg_pointer(REG_BTF);
			r->map = arg->type;
			r->size = ktype_size(e->opts->kernel, arg->type);
			r->trust = TRUST_TRUSTED;
			break;
		case PROTO_MEM:
			*r = reg_pointer(REG_MEM);
			r->size = arg->size;
			break;
		case PROTO_DYNPTR:
			*r = reg_pointer(REG_DYNPTR);
			r->frame = DYNPTR_POINTER;
			r->id = ++e->next_id;
			continue;
		}
		r->maybe_null = arg->maybe_null;
		r->id = arg->maybe_null ? ++e->next_id : 0;
	}
	return true;
}
