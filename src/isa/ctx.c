/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of ctx.def as arrays. Offsets and sizes are those of the kernel's headers, so they cannot
 * differ from what programs are compiled with.
 */
#include "isa/ctx.h"

#include "isa/prog_type.h"

/* Words of the table's columns. */
#define SKB_ALL (PROGS_TC | PROGS_LWT | PROGS(SOCKET_FILTER) | PROGS(CGROUP_SKB) | PROGS(SK_SKB))
#define SKB_PACKET                                                                                 \
	(PROGS_TC | PROGS_LWT | PROGS(CGROUP_SKB) | PROGS(SK_SKB) | PROGS(FLOW_DISSECTOR))

/* Of an array field the size of one element, of any other its own. */
#define ELEMENT(type, field)                                                                       \
	_Generic(&((type *)0)->field, __u32(*)[3] : 4, __u32(*)[4] : 4, __u32(*)[5] : 4, default   \
		 : sizeof(((type *)0)->field))

static const struct ctx_info infos[CTX_COUNT] = {
#define CTX(id, name, shape, size) [CTX_##id] = { name, CTX_SHAPE_##shape, size },
#include "isa/ctx.def"
};

static const struct ctx_field fields[] = {
#define CTX_FIELD(ctx, type, field, kind, rule, read, write)                                       \
	{ #field,                                                                                  \
	  CTX_##ctx,                                                                               \
	  offsetof(type, field),                                                                   \
	  sizeof(((type *)0)->field),                                                              \
	  ELEMENT(type, field),                                                                    \
	  CTX_KIND_##kind,                                                                         \
	  CTX_RULE_##rule,                                                                         \
	  read,                                                                                    \
	  write },
#define CTX_FIELD_AT(ctx, name, offset, size, kind, rule, read, write)                             \
	{ #name, CTX_##ctx, offset, size, size, CTX_KIND_##kind, CTX_RULE_##rule, read, write },
#include "isa/ctx.def"
};

static const struct ctx_only {
	enum ctx_id ctx;
	u32 offset;
	bool write_only;
	s32 attach;
} onlys[] = {
#define BOTH false
#define WRITE true
#define CTX_ONLY(ctx, type, field, mode, attach)                                                   \
	{ CTX_##ctx, offsetof(type, field), mode, AT_##attach },
#include "isa/ctx.def"
};

static const struct ctx_capable {
	enum ctx_id ctx;
	u32 offset;
	bool write_only;
	enum prog_type prog;
} capables[] = {
#define CTX_CAPABLE(ctx, type, field, mode, prog)                                                  \
	{ CTX_##ctx, offsetof(type, field), mode, PROG_##prog },
#include "isa/ctx.def"
};

const struct ctx_info *ctx_info(enum ctx_id id)
{
	return &infos[id];
}

const char *ctx_kernel_name(enum ctx_id id)
{
	static const char *const names[CTX_COUNT] = {
#define CTX_KERNEL(id, name) [CTX_##id] = name,
#include "isa/ctx.def"
	};

	return id < CTX_COUNT && names[id] ? names[id] : "";
}

const struct ctx_field *ctx_fields(size_t *n)
{
	*n = ARRAY_SIZE(fields);
	return fields;
}

/* The bytes that belong to a field: of a port those of its padding, too. */
static u32 field_extent(const struct ctx_field *f)
{
	return f->rule == CTX_RULE_PORT || f->rule == CTX_RULE_PADDED ? 4 : f->size;
}

static bool field_holds(const struct ctx_field *f, u32 offset)
{
	return offset >= f->offset && offset - f->offset < field_extent(f);
}

const struct ctx_field *ctx_field_at(enum ctx_id id, u32 offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].ctx == id && field_holds(&fields[i], offset))
			return &fields[i];
	}
	return NULL;
}

/* Whether this part of the field may be accessed with one instruction. */
static bool field_fits(const struct ctx_field *f, u32 offset, u32 size, bool write)
{
	u32 in = offset - f->offset;

	if (!size || size > 8 || size & (size - 1) || offset % size || in + size > field_extent(f))
		return false;
	switch (f->rule) {
	case CTX_RULE_BLOCK:
		return true;
	case CTX_RULE_WORDS:
		return size == 8;
	case CTX_RULE_WIDE:
		if (size == 8)
			return true;
		break;
	case CTX_RULE_PORT:
		return !write && in + size <= (in ? f->size : 4);
	case CTX_RULE_PADDED:
		return !write && size <= 4;
	case CTX_RULE_HEAD:
		if (in)
			return false;
		break;
	case CTX_RULE_HALVES:
		if (size < f->element / 2)
			return false;
		break;
	default:
		break;
	}
	if (write || f->rule == CTX_RULE_EXACT)
		return size == f->element;
	return size <= f->element;
}

/* Whether the field is for programs that attach so. */
static bool field_attaches(const struct ctx_field *f, u32 attach, bool write)
{
	bool is_limited = false;

	for (size_t i = 0; i < ARRAY_SIZE(onlys); i++) {
		const struct ctx_only *o = &onlys[i];

		if (o->ctx != f->ctx || o->offset != f->offset || (o->write_only && !write))
			continue;
		if ((u32)o->attach == attach)
			return true;
		is_limited = true;
	}
	return !is_limited;
}

const struct ctx_field *ctx_access(u32 prog_type, u32 attach, u32 offset, u32 size, bool write)
{
	const struct prog_type_info *type = prog_type_info(prog_type);
	u64 prog = type ? 1ull << prog_type : 0;

	if (!type)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct ctx_field *f = &fields[i];

		/* Fields of a union are several rows at one offset. */
		if ((u32)f->ctx == type->ctx && field_holds(f, offset) &&
		    (write ? f->write : f->read) & prog && field_fits(f, offset, size, write) &&
		    field_attaches(f, attach, write))
			return f;
	}
	return NULL;
}

bool ctx_takes_capability(const struct ctx_field *f, u32 prog_type, bool write)
{
	for (size_t i = 0; i < ARRAY_SIZE(capables); i++) {
		const struct ctx_capable *c = &capables[i];

		if (c->ctx == f->ctx && c->offset == f->offset && (u32)c->prog == prog_type &&
		    (write || !c->write_only))
			return true;
	}
	return false;
}

const struct ctx_field *ctx_access_sock(enum ctx_id id, bool is_full, u32 offset, u32 size)
{
	const struct ctx_field *f = ctx_field_at(id, offset);

	if (!f || !field_fits(f, offset, size, false))
		return NULL;
	/* A sock_common has no type, protocol, mark and priority. */
	if (id == CTX_SOCK && !is_full && f->offset >= offsetof(struct bpf_sock, type) &&
	    f->offset <= offsetof(struct bpf_sock, priority))
		return NULL;
	return f;
}

bool ctx_access_plain(u32 prog_type, u32 offset, u32 size, bool write)
{
	const struct prog_type_info *type = prog_type_info(prog_type);
	const struct ctx_info *ctx = type ? &infos[type->ctx] : NULL;

	if (!ctx || !size || size > 8 || size & (size - 1) || offset % size ||
	    offset >= ctx->size || size > ctx->size - offset)
		return false;
	switch (ctx->shape) {
	case CTX_SHAPE_ROOM:
		return true;
	case CTX_SHAPE_BYTES:
		/* The first 8 bytes of a tracepoint's record are a pointer of the kernel's. */
		return !write && (prog_type != PROG_TRACEPOINT || offset >= 8);
	case CTX_SHAPE_ARGS:
		return !write && (offset % 8 == 0 || 1ull << prog_type & PROGS_RAW_TP);
	default:
		return false;
	}
}
