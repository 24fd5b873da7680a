/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel says of arguments that may be NULL so by the names of those of a stub, STRUCT__MEMBER(). Congestion controls get
 * sockets that are those of TCP.
 */
#include <string.h>

#include "isa/hook.h"
#include "isa/prog_type.h"
#include "verify/ktype.h"
#include "verify/ops.h"

#define TCP_OPS "tcp_congestion_ops"

static bool may_be_null(const struct engine *e, u32 arg)
{
	static const char suffix[] = "__nullable";
	const struct rawbtf *btf = e->opts->kernel;
	const char *stub = arena_printf(e->arena, "%s__%s", e->prog->ops, e->prog->member);
	const struct btf_type *t = ktype_prototype(btf, stub);

	if (!t || arg >= BTF_INFO_VLEN(t->info))
		return false;
	const char *name = ktype_param(btf, (const struct btf_param *)(const void *)(t + 1) + arg);
	size_t n = strlen(name);
	return n >= strlen(suffix) && !strcmp(name + n - strlen(suffix), suffix);
}

bool ops_argument(struct engine *e, u32 arg, struct access a, struct reg *out)
{
	const struct rawbtf *btf = e->opts->kernel;
	u32 type;

	if (!ktype_has_target(btf, e->prog))
		return true;
	if (!ktype_argument(btf, e->prog, arg, &type))
		return engine_fail(e, VERIFY_CTX, "", "%s() of struct %s has no argument %u",
				   e->prog->member, e->prog->ops, arg);
	if (!type || a.size != 8)
		return true;
	bool is_tcp = !strcmp(e->prog->ops, TCP_OPS) && !strcmp(ktype_name(btf, type), "sock");
	*out = reg_pointer(REG_BTF);
	out->map = is_tcp ? ktype_find(btf, BTF_KIND_STRUCT, "tcp_sock") : type;
	out->size = ktype_size(btf, out->map);
	out->trust = TRUST_TRUSTED;
	out->maybe_null = may_be_null(e, arg);
	out->id = out->maybe_null ? ++e->next_id : 0;
	return true;
}

bool ops_may_write(const struct engine *e, const struct reg *p, struct access a)
{
	const struct rawbtf *btf = e->opts->kernel;
	bool is_packet = e->prog->type == BPF_PROG_TYPE_XDP ||
			 e->prog->type == BPF_PROG_TYPE_SCHED_CLS ||
			 e->prog->type == BPF_PROG_TYPE_SCHED_ACT;
	const char *who = is_packet ? "" : e->prog->ops, *path;
	s64 from = (s64)p->off + a.off, to = from + a.size;

	if (!who || p->maybe_null || p->trust == TRUST_NOTHING || !scalar_is_zero(&p->n))
		return false;
	for (u32 i = 0; (path = hook_writable(who, ktype_name(btf, p->map), i)) != NULL; i++) {
		u32 offset, size;
		if (ktype_path(btf, p->map, path, &offset, &size) && from >= offset &&
		    to <= (s64)offset + size)
			return true;
	}
	return false;
}
