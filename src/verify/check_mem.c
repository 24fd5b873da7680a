/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads and stores, by what the pointer points to. */
#include <string.h>

#include "isa/ctx.h"
#include "isa/hook.h"
#include "isa/insn.h"
#include "isa/map_type.h"
#include "verify/engine.h"
#include "verify/ktype.h"
#include "verify/ops.h"
#include "verify/owned.h"
#include "verify/privilege.h"
#include "verify/proto.h"

#define MAX_PACKET 0xffff

static const char hint_packet[] = "compare with data_end first: if (pointer + size > data_end) "
				  "return ...; and use the same pointer";

static bool in_bounds(struct engine *e, const struct reg *p, struct access a, u32 room,
		      enum verify_category c)
{
	s64 low = (s64)p->off + a.off + p->n.full.smin;
	s64 high = (s64)p->off + a.off + p->n.full.smax + a.size;

	if (p->n.full.smin <= -STATE_MAX_OFFSET || p->n.full.smax >= STATE_MAX_OFFSET || low < 0)
		return engine_fail(e, c,
				   "check that the index is not negative, or make it unsigned",
				   "r%u may point %lld bytes before the %s", a.r, (long long)-low,
				   reg_kind_name(p->kind));
	if (high > room) {
		engine_fail(e, c, "compare the index with the size before it is used",
			    "r%u: up to byte %lld of the %s is %s, which has %u bytes", a.r,
			    (long long)high, reg_kind_name(p->kind),
			    a.is_write ? "written" : "read", room);
		if (!scalar_is_const(&p->n))
			e->out->finding.input =
				arena_printf(e->arena,
					     "an index of %lld bytes, which is not excluded",
					     (long long)p->n.full.smax);
		return false;
	}
	return true;
}

/* What of the value is not the program's own to access. */
static bool check_fields(struct engine *e, const struct reg *p, struct access a)
{
	s64 low = (s64)p->off + a.off + p->n.full.smin;
	s64 high = low + p->n.full.smax - p->n.full.smin + a.size;
	const struct fields *fields = engine_map_fields(e, p->map);

	for (u32 i = 0; i < fields->count; i++) {
		const struct field *f = &fields->at[i];
		if (low >= (s64)f->offset + f->size || high <= (s64)f->offset)
			continue;
		if (!field_is_kptr(f))
			return engine_fail(e, VERIFY_VALUE, "only its helpers may use it",
					   "r%u: the field of type struct %s of map %s is accessed",
					   a.r, f->name, e->img->maps.at[p->map].name);
		if (!check_kptr(e, p, a, f))
			return false;
	}
	return true;
}

static bool check_value(struct engine *e, const struct reg *p, struct access a)
{
	const struct image_map *m = &e->img->maps.at[p->map];

	if (!in_bounds(e, p, a, m->value_size, VERIFY_VALUE))
		return false;
	/* To load types takes CAP_BPF: without, the kernel knows of no fields. */
	if (e->opts->privileged && !check_fields(e, p, a))
		return false;
	if (a.is_write && (p->is_read_only || (m->flags & BPF_F_RDONLY_PROG)))
		return engine_fail(e, VERIFY_VALUE,
				   "make the variable neither const nor of .rodata",
				   "r%u: map %s is read-only for programs", a.r, m->name);
	if (!a.is_write && (m->flags & BPF_F_WRONLY_PROG))
		return engine_fail(e, VERIFY_VALUE, "", "r%u: map %s is write-only for programs",
				   a.r, m->name);
	return true;
}

static bool check_packet(struct engine *e, const struct reg *p, struct access a)
{
	const struct prog_type_info *type = prog_type_info(e->prog->type);
	s64 off = (s64)p->off + a.off;

	if (!type || type->packet < (a.is_write ? PROG_WRITES : PROG_LOOKS))
		return engine_fail(e, VERIFY_PACKET, "bpf_skb_store_bytes() may do instead",
				   "programs of this type may not %s the packet directly",
				   a.is_write ? "write" : "read");
	if (a.is_helper && type->packet < PROG_READS)
		return engine_fail(
			e, VERIFY_PACKET, "copy it to the stack first",
			"r%u: programs of this type may not give packet memory to functions", a.r);
	if (off < 0 || p->n.full.smin < 0)
		return engine_fail(e, VERIFY_PACKET, hint_packet,
				   "r%u may point %lld bytes before the packet", a.r,
				   (long long)-(off + p->n.full.smin));
	if (off + a.size > p->size) {
		engine_fail(e, VERIFY_PACKET, hint_packet,
			    "r%u: bytes %lld to %lld are %s, but only %u are known to be there",
			    a.r, (long long)off, (long long)(off + a.size),
			    a.is_write ? "written" : "read", p->size);
		/* From the beginning of the packet, so that its length is known, too. */
		if (p->kind == REG_PACKET && scalar_is_zero(&p->n))
			e->out->finding.input =
				arena_printf(e->arena,
					     "a packet of %u bytes that takes the path above",
					     p->size);
		return false;
	}
	return true;
}

bool check_memory(struct engine *e, const struct reg *p, struct access a)
{
	if (p->maybe_null)
		return engine_fail(e, VERIFY_NULL, "compare it with NULL before it is used",
				   "r%u may be NULL here (%s)", a.r, reg_kind_name(p->kind));
	if (p->is_stale)
		return engine_fail_stale(e, a.r);
	switch (p->kind) {
	case REG_VALUE:
		return check_value(e, p, a);
	case REG_PACKET:
	case REG_PACKET_META:
		return check_packet(e, p, a);
	case REG_MEM:
		if (a.is_write && p->is_read_only)
			return engine_fail(e, VERIFY_MEM, "", "r%u: this memory is read-only", a.r);
		return in_bounds(e, p, a, p->size, VERIFY_MEM);
	case REG_OBJECT:
		return owned_access(e, p, a);
	case REG_FLOW_KEYS:
		return in_bounds(e, p, a, sizeof(struct bpf_flow_keys), VERIFY_MEM);
	default:
		break;
	}
	return engine_fail(e, VERIFY_ACCESS, "", "r%u is %s, through which no memory may be %s",
			   a.r, reg_kind_name(p->kind), a.is_write ? "written" : "read");
}

bool check_string(const struct engine *e, const struct reg *p)
{
	const struct image_map *m = p->kind == REG_VALUE ? &e->img->maps.at[p->map] : NULL;
	s64 off = (s64)p->off + (s64)p->n.bits.value;

	if (!m || p->maybe_null || !p->is_read_only || !scalar_is_const(&p->n) || off < 0 ||
	    off >= m->value_size)
		return false;
	if (m->origin != IMAGE_MAP_RODATA && m->origin != IMAGE_MAP_KCONFIG)
		return false;
	return !m->data || memchr(m->data + off, 0, m->value_size - (size_t)off) != NULL;
}

/* ---- contexts */

static struct reg kernel_pointer(struct engine *e, u32 type, enum reg_trust trust)
{
	struct reg r = reg_pointer(REG_BTF);

	r.trust = (u8)trust;

	r.map = type;
	r.size = ktype_size(e->opts->kernel, type);
	return r;
}

static struct reg context_value(struct engine *e, enum ctx_kind kind, u32 size)
{
	struct reg r = reg_unknown();

	switch (kind) {
	case CTX_KIND_PACKET:
		return reg_pointer(REG_PACKET);
	case CTX_KIND_PACKET_META:
		return reg_pointer(REG_PACKET_META);
	case CTX_KIND_PACKET_END:
		return reg_pointer(REG_PACKET_END);
	case CTX_KIND_SOCK_COMMON_OR_NULL:
		r = reg_pointer(REG_SOCK_COMMON);
		break;
	case CTX_KIND_SOCKET:
	case CTX_KIND_SOCKET_OR_NULL:
		r = reg_pointer(REG_SOCK);
		break;
	case CTX_KIND_FLOW_KEYS:
		return reg_pointer(REG_FLOW_KEYS);
	case CTX_KIND_SK_BUFF:
	case CTX_KIND_NF_HOOK_STATE:
		return kernel_pointer(e,
				      ktype_find(e->opts->kernel, BTF_KIND_STRUCT,
						 kind == CTX_KIND_SK_BUFF ? "sk_buff"
									  : "nf_hook_state"),
				      TRUST_TRUSTED);
	default:
		if (size < 8)
			r.n = scalar_zext(&r.n, size * 8, SCALAR_BITS);
		return r;
	}
	r.id = ++e->next_id;
	r.maybe_null = kind != CTX_KIND_SOCKET;
	return r;
}

/* Of a function or tracepoint whose types the kernel knows. */
static bool load_argument(struct engine *e, u32 off, struct access a, struct reg *out)
{
	u32 type;

	if ((u32)e->prog->type == PROG_STRUCT_OPS)
		return ops_argument(e, off / 8, a, out);
	if ((u32)e->prog->type != PROG_TRACING && (u32)e->prog->type != PROG_LSM)
		return true;
	if (!ktype_argument(e->opts->kernel, e->prog, off / 8, &type))
		return engine_fail(e, VERIFY_CTX, "see the arguments with `skep list -v`",
				   "argument %u of %s is not known", off / 8, e->prog->target);
	if (!type || a.size != 8)
		return true;
	bool trusted = e->prog->attach == BPF_TRACE_RAW_TP || ktype_is_iter(e->prog) ||
		       ((u32)e->prog->type == PROG_LSM && !(ktype_hook(e->prog) & HOOK_UNTRUSTED));
	*out = kernel_pointer(e, type, trusted ? TRUST_TRUSTED : TRUST_PLAIN);
	if (off && ktype_is_iter(e->prog)) {
		out->id = ++e->next_id;
		out->maybe_null = true;
	}
	return true;
}

bool check_context(struct engine *e, const struct reg *p, struct access a, struct reg *out)
{
	const struct prog_type_info *type = prog_type_info(e->prog->type);
	const struct ctx_info *info = type ? ctx_info(type->ctx) : NULL;
	s64 off = (s64)p->off + a.off;

	if (!scalar_is_zero(&p->n) || off < 0)
		return engine_fail(e, VERIFY_CTX, "fields of the context have constant offsets",
				   "r%u: the context is accessed at a place that is not known",
				   a.r);
	if (p->off && !e->opts->safety_only)
		return engine_fail(e, VERIFY_CTX, "use the pointer to the context as it was given",
				   "r%u: the pointer to the context was moved by %d", a.r, p->off);
	if (!info)
		return engine_fail(e, VERIFY_CTX, "", "programs of this type have no context");
	const struct ctx_field *f = NULL;
	bool ok;
	if (info->shape == CTX_SHAPE_FIELDS) {
		f = ctx_access(e->prog->type, e->prog->attach, (u32)off, a.size, a.is_write);
		ok = f != NULL;
	} else {
		ok = ctx_access_plain(e->prog->type, (u32)off, a.size, a.is_write);
	}
	if (!ok) {
		const struct ctx_field *near = ctx_field_at(type->ctx, (u32)off);
		return engine_fail(e, VERIFY_CTX,
				   "only some fields are there for this type of program, "
				   "and most are read whole",
				   "%u bytes at offset %lld of %s (%s) may not be %s here", a.size,
				   (long long)off, info->name, near ? near->name : "no field",
				   a.is_write ? "written" : "read");
	}
	if (f && !privilege_field(e, f, a.is_write))
		return false;
	*out = context_value(e, f ? f->kind : CTX_KIND_SCALAR, a.size);
	return info->shape != CTX_SHAPE_ARGS || load_argument(e, (u32)off, a, out);
}

static bool load_sock(struct engine *e, const struct reg *p, struct access a)
{
	enum ctx_id ctx = p->kind == REG_TCP_SOCK ? CTX_TCP_SOCK : CTX_SOCK;
	s64 off = (s64)p->off + a.off;

	if (p->maybe_null)
		return check_memory(e, p, a);
	if (a.is_write || off < 0 || !scalar_is_zero(&p->n) ||
	    !ctx_access_sock(ctx, p->kind != REG_SOCK_COMMON, (u32)off, a.size))
		return engine_fail(e, VERIFY_ACCESS, "some fields take bpf_sk_fullsock() first",
				   "r%u: %u bytes at offset %lld of a %s may not be %s", a.r,
				   a.size, (long long)off, reg_kind_name(p->kind),
				   a.is_write ? "written" : "read");
	return true;
}

static u32 bytes_of(u8 code)
{
	switch (code & 0x18) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* The value of a whole constant of .rodata or .kconfig, which nobody changes. */
static bool load_constant(struct engine *e, const struct reg *p, struct access a, struct reg *out)
{
	const struct image_map *m = &e->img->maps.at[p->map];
	u64 v = 0;
	s64 off = (s64)p->off + a.off;

	bool is_fixed = m->origin == IMAGE_MAP_RODATA || m->origin == IMAGE_MAP_KCONFIG;

	if (!is_fixed || !m->data || !scalar_is_zero(&p->n))
		return false;
	for (u32 i = 0; i < a.size; i++)
		v |= (u64)m->data[off + i] << (8 * i);
	*out = reg_const(v);
	return true;
}

/* What a pointer that was read through another one is. Programs that may not sleep are in an RCU section as a whole. */
static struct reg followed(struct engine *e, const struct reg *p, u32 type, u32 off, u32 to)
{
	struct reg out = kernel_pointer(e, to, TRUST_PLAIN);
	bool in_rcu = e->cur->rcu || e->cur->lock || !engine_sleeps(e);
	const char *field = ktype_member(e->opts->kernel, type, off);
	enum hook_trust trust = hook_field(ktype_name(e->opts->kernel, type), field);

	if (p->trust == TRUST_PLAIN && !p->ref)
		return out;
	if (p->trust == TRUST_NOTHING) {
		out.trust = TRUST_NOTHING;
	} else if (trust == HOOK_TRUSTED || trust == HOOK_TRUSTED_OR_NULL) {
		out.trust = TRUST_TRUSTED;
	} else if (!in_rcu) {
		out.trust = TRUST_NOTHING;
	} else if (trust == HOOK_RCU || trust == HOOK_RCU_OR_NULL) {
		out.trust = TRUST_RCU;
	}
	if (trust == HOOK_TRUSTED_OR_NULL ||
	    (out.trust == TRUST_RCU && trust == HOOK_RCU_OR_NULL)) {
		out.maybe_null = true;
		out.id = ++e->next_id;
	}
	return out;
}

/* A field of a struct of the kernel. */
static bool load_kernel(struct engine *e, const struct reg *p, struct access a, u32 type,
			struct reg *out)
{
	s64 off = (s64)p->off + a.off;
	u32 to = 0;
	enum ktype_field f = KTYPE_NOTHING;

	if (off >= 0 && off < STATE_MAX_OFFSET && scalar_is_zero(&p->n))
		f = ktype_access(e->opts->kernel, type, (u32)off, a.size, &to);
	if (f == KTYPE_NOTHING)
		return engine_fail(
			e, VERIFY_MEM, "read fields whole, by their names",
			"r%u: the %u bytes at offset %lld of struct %s are no field of it", a.r,
			a.size, (long long)off, ktype_name(e->opts->kernel, type));
	if (f == KTYPE_POINTER)
		*out = followed(e, p, type, (u32)off, to);
	return true;
}

/* What the kernel keeps of a map, for those who may know addresses. */
static bool load_map(struct engine *e, const struct reg *p, struct access a, struct reg *out)
{
	const char *name = map_type_struct(e->img->maps.at[p->map].type);
	u32 type = name ? ktype_find(e->opts->kernel, BTF_KIND_STRUCT, name) : 0;

	if (!type || !e->opts->privileged || p->maybe_null)
		return check_memory(e, p, a);
	struct reg plain = *p;
	plain.trust = TRUST_NOTHING;
	return load_kernel(e, &plain, a, type, out);
}

/* Loads through these are rewritten when the program is loaded, so an instruction has one kind of them, or none. */
static bool is_rewritten(u32 kind)
{
	return kind == REG_CTX || kind == REG_SOCK || kind == REG_SOCK_COMMON ||
	       kind == REG_TCP_SOCK || kind == REG_BTF;
}

static bool check_same_kind(struct engine *e, const struct reg *p, u32 r)
{
	u8 *before = &e->pointers[e->cur->insn];
	bool is_lost = p->kind == REG_OBJECT && p->trust == TRUST_NOTHING;
	u8 kind = is_lost ? (u8)REG_BTF : p->kind;

	if (e->opts->safety_only || *before == kind || *before == REG_NONE ||
	    (!is_rewritten(*before) && !is_rewritten(kind))) {
		*before = kind;
		return true;
	}
	return engine_fail(e, VERIFY_ACCESS, "make the access on each path for itself",
			   "r%u is %s here, and %s on another path", r, reg_kind_name(p->kind),
			   reg_kind_name(*before));
}

/* The pointer that a value keeps there; NULL if there is none. */
static const struct field *find_kptr(struct engine *e, const struct reg *p, struct access a)
{
	s64 at = (s64)p->off + a.off + (s64)p->n.bits.value;
	const struct field *f;

	if (p->kind != REG_VALUE || !scalar_is_const(&p->n) || !e->opts->privileged)
		return NULL;
	f = fields_met(engine_map_fields(e, p->map), at, at + a.size);
	return f && field_is_kptr(f) ? f : NULL;
}

static void load_kptr(struct engine *e, const struct reg *p, struct access a, struct reg *out)
{
	const struct field *kptr = find_kptr(e, p, a);

	if (kptr)
		*out = kptr_load(e, kptr);
}

static bool load(struct engine *e, const struct bpf_insn *i, struct reg *out)
{
	struct reg *p = engine_reg(e, i->src_reg);
	struct access a = { .r = i->src_reg, .off = i->off, .size = bytes_of(i->code) };

	*out = reg_unknown();
	if (a.size < 8)
		out->n = scalar_zext(&out->n, a.size * 8, SCALAR_BITS);
	if (!check_alignment(e, p, a, false))
		return false;
	switch (p->kind) {
	case REG_STACK:
		return check_stack_load(e, p, a, out);
	case REG_CTX:
		return check_context(e, p, a, out);
	case REG_BTF:
		if (p->maybe_null)
			return check_memory(e, p, a);
		if (!e->opts->safety_only && !strstr(e->img->license, "GPL"))
			return engine_fail(e, VERIFY_ACCESS,
					   "declare the license in a section \"license\"",
					   "r%u: structs of the kernel are read by programs with a "
					   "GPL-compatible license only",
					   a.r);
		return load_kernel(e, p, a, p->map, out);
	case REG_MAP:
		return load_map(e, p, a, out);
	case REG_SOCK:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
		return load_sock(e, p, a);
	default:
		if (!check_memory(e, p, a))
			return false;
		if (p->kind == REG_VALUE && !load_constant(e, p, a, out))
			load_kptr(e, p, a, out);
		return true;
	}
}

bool check_load(struct engine *e, const struct bpf_insn *i)
{
	bool is_signed = (i->code & 0xe0) == INSN_MEMSX;
	struct reg out;

	if (((i->code & 0xe0) != BPF_MEM && !is_signed) || i->dst_reg > 9 || i->src_reg > 10 ||
	    (is_signed && bytes_of(i->code) == 8))
		return engine_fail(e, VERIFY_INSN, "", "no such load: code %#x", i->code);
	if (!engine_readable(e, i->src_reg) ||
	    !check_same_kind(e, engine_reg(e, i->src_reg), i->src_reg) || !load(e, i, &out))
		return false;
	if (is_signed) {
		if (reg_is_pointer(&out))
			return engine_fail(e, VERIFY_CTX, "", "a pointer is loaded with a sign");
		out = reg_scalar(scalar_sext(&out.n, bytes_of(i->code) * 8, false, SCALAR_BITS));
	}
	*engine_reg(e, i->dst_reg) = out;
	e->cur->insn++;
	return true;
}

/* ---- stores */

static bool may_store(struct engine *e, const struct bpf_insn *i, const char *where)
{
	return (i->code & 7) == BPF_ST || privilege_shows(e, i->src_reg, where);
}

static bool store(struct engine *e, const struct bpf_insn *i, const struct reg *value)
{
	struct reg *p = engine_reg(e, i->dst_reg);
	struct access a = {
		.r = i->dst_reg, .off = i->off, .size = bytes_of(i->code), .is_write = true
	};
	struct reg unused;
	const struct field *kptr;

	if (!check_alignment(e, p, a, false))
		return false;
	switch (p->kind) {
	case REG_STACK:
		return check_stack_store(e, p, a, value);
	case REG_CTX:
		if (!may_store(e, i, "is written into the context"))
			return false;
		return check_context(e, p, a, &unused);
	case REG_BTF:
		return ops_may_write(e, p, a) || check_memory(e, p, a);
	default:
		if (!check_memory(e, p, a))
			return false;
		kptr = find_kptr(e, p, a);
		if (kptr && !kptr_store(e, a.r, value, kptr))
			return false;
		return may_store(e, i, "is written to where others can read it");
	}
}

static bool check_atomic(struct engine *e, const struct bpf_insn *i)
{
	u32 size = bytes_of(i->code);
	struct reg *p = engine_reg(e, i->dst_reg);
	struct access a = { .r = i->dst_reg, .off = i->off, .size = size, .is_helper = true };
	s32 op = i->imm & ~BPF_FETCH;
	bool known = op == BPF_ADD || op == BPF_AND || op == BPF_OR || op == BPF_XOR ||
		     i->imm == BPF_XCHG || i->imm == BPF_CMPXCHG;

	if (!known || size < 4)
		return engine_fail(e, VERIFY_INSN, "", "no such atomic operation: %#x", i->imm);
	if (i->imm == BPF_CMPXCHG && !engine_readable(e, 0))
		return false;
	if (!privilege_shows(e, i->src_reg, "is given to an atomic operation") ||
	    (i->imm == BPF_CMPXCHG && !privilege_shows(e, 0, "is given to an atomic operation")))
		return false;
	if (!check_alignment(e, p, a, true))
		return false;
	if (p->kind == REG_STACK) {
		if (!check_stack_bytes(e, p, a))
			return false;
		a.is_write = true;
		if (!check_stack_bytes(e, p, a))
			return false;
	} else if (p->kind == REG_VALUE || p->kind == REG_MEM || p->kind == REG_OBJECT) {
		if (!check_memory(e, p, a))
			return false;
		a.is_write = true;
		if (!check_memory(e, p, a))
			return false;
	} else if (p->kind != REG_BTF || !ops_may_write(e, p, a)) {
		return engine_fail(e, VERIFY_ACCESS, "they work on the stack and on map values",
				   "r%u is %s, where there are no atomic operations", a.r,
				   reg_kind_name(p->kind));
	}
	if (i->imm & BPF_FETCH) {
		struct reg old = reg_unknown();
		old.n = size < 8 ? scalar_zext(&old.n, 32, SCALAR_BITS) : old.n;
		*engine_reg(e, i->imm == BPF_CMPXCHG ? 0 : i->src_reg) = old;
	}
	e->cur->insn++;
	return true;
}

/* An atomic load or store, before it is judged as a plain one. */
static bool check_ordered(struct engine *e, const struct bpf_insn *i)
{
	u8 r = i->imm == INSN_LOAD_ACQ ? i->src_reg : i->dst_reg;
	const struct reg *p = engine_reg(e, r);
	struct access a = { .r = r, .off = i->off, .size = bytes_of(i->code) };

	if (p->kind == REG_CTX || p->kind == REG_FLOW_KEYS || p->kind == REG_SOCK ||
	    p->kind == REG_SOCK_COMMON || p->kind == REG_TCP_SOCK || reg_is_packet(p))
		return engine_fail(e, VERIFY_ACCESS, "they work on the stack and on map values",
				   "r%u is %s, where there are no atomic operations", r,
				   reg_kind_name(p->kind));
	return !reg_is_pointer(p) || check_alignment(e, p, a, true);
}

bool check_store(struct engine *e, const struct bpf_insn *i)
{
	bool is_imm = (i->code & 7) == BPF_ST;
	struct reg imm = reg_const((u64)(s64)i->imm);

	if (i->dst_reg > 10 || i->src_reg > 10)
		return engine_fail(e, VERIFY_INSN, "", "there is no r%u", i->dst_reg);
	if (!engine_readable(e, i->dst_reg) || (!is_imm && !engine_readable(e, i->src_reg)))
		return false;
	if (!is_imm && (i->code & 0xe0) == BPF_ATOMIC) {
		struct bpf_insn plain = *i;
		bool is_ordered = i->imm == INSN_LOAD_ACQ || i->imm == INSN_STORE_REL;
		if (is_ordered && !check_ordered(e, i))
			return false;
		if (i->imm == INSN_LOAD_ACQ) {
			plain.code = (u8)(BPF_LDX | BPF_MEM | (i->code & 0x18));
			return check_load(e, &plain);
		}
		if (i->imm != INSN_STORE_REL) {
			if (i->src_reg > 9 && (i->imm & BPF_FETCH))
				return engine_fail(e, VERIFY_INSN, "", "r10 is written");
			return check_atomic(e, i);
		}
	} else if ((i->code & 0xe0) != BPF_MEM) {
		return engine_fail(e, VERIFY_INSN, "", "no such store: code %#x", i->code);
	}
	struct reg *value = is_imm ? &imm : engine_reg(e, i->src_reg);
	/* The copy in memory and the register are one number from now on. */
	if (value->kind == REG_SCALAR && !value->id && !scalar_is_const(&value->n))
		value->id = ++e->next_id;
	if (!check_same_kind(e, engine_reg(e, i->dst_reg), i->dst_reg) || !store(e, i, value))
		return false;
	e->cur->insn++;
	return true;
}

bool check_legacy(struct engine *e, const struct bpf_insn *i)
{
	u8 mode = i->code & 0xe0;
	u64 allowed = PROGS(SOCKET_FILTER) | PROGS(SCHED_CLS) | PROGS(SCHED_ACT);

	if ((mode != BPF_ABS && mode != BPF_IND) || bytes_of(i->code) == 8)
		return engine_fail(e, VERIFY_INSN, "", "no such load: code %#x", i->code);
	if ((u32)e->prog->type >= PROG_TYPES || !(allowed >> e->prog->type & 1))
		return engine_fail(e, VERIFY_INSN, "", "programs of this type have no such loads");
	if (e->cur->frame_count > 1 && !e->opts->safety_only && !proto_returns_int(e))
		return engine_fail(
			e, VERIFY_INSN, "let the function return int",
			"such loads are allowed in functions that return an int only, as "
			"they may end the function with 0");
	if (e->cur->ref_count || e->cur->lock || e->cur->rcu || e->cur->preempt)
		return engine_fail(e, VERIFY_REFERENCE, "release it before",
				   "the load may end the program, and something is not released");
	if (engine_reg(e, 6)->kind != REG_CTX || engine_reg(e, 6)->off ||
	    !scalar_is_zero(&engine_reg(e, 6)->n))
		return engine_fail(e, VERIFY_ARGUMENT, "", "r6 has to be the context here");
	if (mode == BPF_IND && !engine_readable(e, i->src_reg))
		return false;
	for (u32 r = 1; r <= 5; r++)
		*engine_reg(e, r) = (struct reg){ 0 };
	struct reg out = reg_unknown();
	out.n = scalar_zext(&out.n, bytes_of(i->code) * 8, SCALAR_BITS);
	*engine_reg(e, 0) = out;
	if (e->cur->frame_count >
	    1) { /* what is read may not be there: then the function is left */
		engine_fork(e, e->cur->insn + 1, false);
		*engine_reg(e, 0) = reg_const(0);
		return check_exit(e);
	}
	e->cur->insn++;
	return true;
}
