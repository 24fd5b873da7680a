/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of the kernel's helpers, by the prototypes of isa/helper.def: each argument by its kind, then what the call does besides,
 * then the result.
 */
#include <string.h>

#include "isa/helper.h"
#include "isa/hook.h"
#include "isa/map_type.h"
#include "object/image.h"
#include "verify/dynptr.h"
#include "verify/ksym.h"
#include "verify/ktype.h"
#include "verify/owned.h"
#include "verify/privilege.h"
#include "verify/speculation.h"

/* What the arguments have told. */
struct call {
	const struct helper_info *info;
	s64 map;      /* index; -1: none was given */
	s64 key;      /* of an array, if it is known; -1: it is not */
	u32 size;     /* of what is handed out */
	u32 released; /* a reference; 0: none */
	u32 func;
	u32 made; /* the argument that is room for a dynptr; 0: none */
	enum dynptr_kind made_kind;
	struct reg dynptr;        /* that was given */
	struct reg object;        /* likewise */
	const struct field *kptr; /* where one is kept */
	bool has_func, has_released, is_null_released;
	s64 result_max; /* of how much memory was given; -1: none */
};

static bool refuse(struct engine *e, const struct call *c, u32 r, const char *wants)
{
	return engine_fail_argument(e, c->info->name, r, wants);
}

/* Memory of a known size, of any kind that helpers may use. */
static bool give_memory(struct engine *e, const struct call *c, u32 r, const struct helper_arg *arg,
			u32 size)
{
	struct reg p = *engine_reg(e, r);
	struct access a = { .r = r, .size = size, .is_helper = true };
	bool reads = (arg->flags & HELPER_ARG_READ) || !(arg->flags & HELPER_ARG_UNINIT);
	bool writes = arg->flags & HELPER_ARG_WRITE;

	if (p.kind == REG_SCALAR || p.kind == REG_CTX || p.kind == REG_BTF ||
	    p.kind == REG_OBJECT || p.maybe_null)
		return refuse(e, c, r, arg->text);
	if ((arg->flags & HELPER_ARG_ALIGNED) && !check_alignment(e, &p, a, true))
		return false;
	if (p.kind == REG_STACK) {
		if (reads && !check_stack_bytes(e, &p, a))
			return false;
		a.is_write = true;
		return !writes || check_stack_bytes(e, &p, a);
	}
	if (reg_is_packet(&p) && p.kind != REG_PACKET_END && !(c->info->flags & HELPER_PACKET))
		return refuse(e, c, r, "memory that is not of the packet");
	a.is_write = writes;
	return check_memory(e, &p, a);
}

static bool check_size(struct engine *e, struct call *c, u32 r, const struct helper_arg *mem,
		       const struct helper_arg *size)
{
	struct reg *n = engine_reg(e, r), *p = engine_reg(e, r - 1);
	bool may_be_zero = size->flags & HELPER_ARG_OR_ZERO;

	if (!engine_readable(e, r))
		return false;
	if (n->kind != REG_SCALAR)
		return refuse(e, c, r, "a size");
	if (n->n.full.smin < 0 || n->n.full.umax >= STATE_MAX_OFFSET)
		return engine_fail(e, VERIFY_ARGUMENT,
				   "bound it first, and check that it is not negative",
				   "the size r%u has no bound: %lld to %lld", r,
				   (long long)n->n.full.smin, (long long)n->n.full.smax);
	if (!n->n.full.umin && !may_be_zero)
		return engine_fail(e, VERIFY_ARGUMENT, "check that it is not 0",
				   "%s() takes no size of 0, and r%u may be 0", c->info->name, r);
	c->result_max = (s64)n->n.full.umax;
	if (p->kind == REG_SCALAR && scalar_is_zero(&p->n) && (mem->flags & HELPER_ARG_OR_NULL) &&
	    !n->n.full.umax)
		return true;
	return give_memory(e, c, r - 1, mem, (u32)n->n.full.umax);
}

static bool check_map(struct engine *e, struct call *c, u32 r)
{
	struct reg *p = engine_reg(e, r);

	if (p->kind != REG_MAP || p->maybe_null)
		return refuse(e, c, r, "a map");
	const struct image_map *m = &e->img->maps.at[p->map];
	if (!map_type_takes(m->type, c->info->number, e->prog->type, e->prog->attach)) {
		const struct map_type_info *type = map_type_info(m->type);
		return engine_fail(e, VERIFY_ARGUMENT, "",
				   "%s() does not work on map %s, which is of type %s",
				   c->info->name, m->name ? m->name : "?",
				   type ? type->name : "unknown");
	}
	if (c->map >= 0 && c->map != p->map)
		return engine_fail(e, VERIFY_ARGUMENT, "give it the map that the value is of",
				   "argument %u of %s() is map %s, and the value is of map %s", r,
				   c->info->name, m->name, e->img->maps.at[c->map].name);
	c->map = p->map;
	return true;
}

static u32 map_traits(const struct engine *e, s64 map)
{
	const struct map_type_info *type = map_type_info(e->img->maps.at[map].type);

	return type ? type->traits : 0;
}

/* A field of the value, or of an object that is owned, that is known to be there. */
static bool check_field(struct engine *e, struct call *c, u32 r, enum field_kind kind)
{
	struct reg *p = engine_reg(e, r);
	bool is_object = kind == FIELD_SPIN_LOCK && owned_is(p);

	if ((p->kind != REG_VALUE && !is_object) || p->maybe_null || !scalar_is_const(&p->n))
		return refuse(e, c, r, "a field of a map value");
	const struct field *f = fields_find(
		is_object ? engine_fields(e, p->map) : engine_map_fields(e, p->map), kind);
	if (!f || (s64)p->off + (s64)p->n.bits.value != f->offset)
		return engine_fail(e, VERIFY_ARGUMENT, "",
				   "argument %u of %s() has to point to the struct %s of the value",
				   r, c->info->name, field_kind_name(kind));
	if (!is_object)
		c->map = p->map;
	return true;
}

static bool is_sock(const struct engine *e, const struct reg *p, enum helper_kind kind)
{
	if (kind == HELPER_KIND_ANY_SOCK && p->kind == REG_BTF && !p->maybe_null && !p->off &&
	    p->trust != TRUST_NOTHING)
		return ktype_is(e->opts->kernel, p->map, "sock_common");
	if (p->maybe_null)
		return false;
	if (kind == HELPER_KIND_SOCKET)
		return p->kind == REG_SOCK;
	if (kind == HELPER_KIND_SOCK_COMMON)
		return p->kind == REG_SOCK || p->kind == REG_SOCK_COMMON;
	return p->kind == REG_SOCK || p->kind == REG_SOCK_COMMON || p->kind == REG_TCP_SOCK;
}

static bool check_released(struct engine *e, struct call *c, u32 r)
{
	struct reg *p = engine_reg(e, r);

	if (p->kind == REG_SCALAR && scalar_is_zero(&p->n)) {
		c->is_null_released = true;
		return true;
	}
	if (p->off || !scalar_is_zero(&p->n))
		return engine_fail(e, VERIFY_REFERENCE,
				   "keep a copy of the pointer as it was given",
				   "r%u was moved since it was acquired", r);
	if (!p->ref || !state_has_ref(e->cur, p->ref))
		return engine_fail(e, VERIFY_REFERENCE, "",
				   "r%u is released, but it was not acquired here", r);
	c->released = p->ref;
	c->has_released = true;
	return true;
}

/* A struct of the kernel, or one within it, that may be relied upon so far. */
static bool is_struct(const struct engine *e, const struct reg *p, const char *name)
{
	u32 type = ktype_find(e->opts->kernel, BTF_KIND_STRUCT, name);

	if (p->kind != REG_BTF || p->maybe_null || p->trust == TRUST_NOTHING || p->off < 0 ||
	    !scalar_is_zero(&p->n) || !type)
		return false;
	return p->off ? ktype_inner(e->opts->kernel, p->map, (u32)p->off, type) != 0
		      : ktype_is(e->opts->kernel, p->map, name);
}

/* A variable of the kernel, or an object where RCU keeps it, that each CPU has for itself. */
static bool check_percpu(struct engine *e, struct call *c, u32 r)
{
	struct reg *p = engine_reg(e, r);

	c->object = *p;
	if (p->kind == REG_PERCPU)
		return true;
	if (p->kind != REG_OBJECT || !p->is_percpu || p->maybe_null || p->trust != TRUST_RCU ||
	    p->off || !scalar_is_zero(&p->n))
		return refuse(e, c, r,
			      "a per-CPU variable, or object that was loaded in an RCU section,");
	return true;
}

/* New ones are made once all arguments were judged. */
static bool check_dynptr(struct engine *e, struct call *c, u32 r, const struct helper_arg *arg)
{
	if (arg->flags & HELPER_ARG_UNINIT) {
		c->made = r;
		c->made_kind = arg->flags & HELPER_ARG_RINGBUF ? DYNPTR_RINGBUF : DYNPTR_LOCAL;
		if (c->made_kind == DYNPTR_LOCAL && engine_reg(e, 1)->kind != REG_VALUE)
			return refuse(e, c, 1, "a map value");
		return true;
	}
	bool is_record = arg->flags & HELPER_ARG_RINGBUF;
	if (!dynptr_take(e, r, is_record ? DYNPTR_RINGBUF : DYNPTR_ANY, is_record, c->info->name))
		return false;
	c->dynptr = *dynptr_at(e, r);
	if (!(arg->flags & HELPER_ARG_RELEASED))
		return true;
	if (!c->dynptr.ref)
		return engine_fail(e, VERIFY_REFERENCE, "",
				   "r%u is released, but it was not acquired here", r);
	c->released = c->dynptr.ref;
	c->has_released = true;
	return true;
}

/* Its room becomes a dynptr; of a ring buffer a record is behind it, or nothing, but it has to be released. */
static bool make_dynptr(struct engine *e, const struct call *c)
{
	u32 ref = c->made_kind == DYNPTR_RINGBUF ? ++e->next_id : 0;

	if (ref && !state_add_ref(e->cur, ref))
		return engine_fail(e, VERIFY_COMPLEX, "",
				   "more than %d things are acquired at once", STATE_REFS);
	return dynptr_make(e, c->made, c->made_kind, ref, c->info->name);
}

static bool check_argument(struct engine *e, struct call *c, u32 r)
{
	const struct helper_arg *arg = c->info->args[r - 1];
	struct reg *p = engine_reg(e, r);
	bool is_null = p->kind == REG_SCALAR && scalar_is_zero(&p->n);

	if (!engine_readable(e, r))
		return false;
	if (is_null && (arg->flags & HELPER_ARG_OR_NULL) && arg->kind != HELPER_KIND_MEM)
		return true;
	/* What may be NULL is as good as NULL there. */
	if (arg->kind == HELPER_KIND_BTF && (arg->flags & HELPER_ARG_OR_NULL))
		p->maybe_null = false;
	switch (arg->kind) {
	case HELPER_KIND_ANY:
		return privilege_shows(e, r, "is given to a function");
	case HELPER_KIND_SCALAR:
		return p->kind == REG_SCALAR || refuse(e, c, r, "a number");
	case HELPER_KIND_CTX:
		return (p->kind == REG_CTX && !p->off && scalar_is_zero(&p->n)) ||
		       refuse(e, c, r, "the context, unchanged,");
	case HELPER_KIND_MAP:
		return check_map(e, c, r);
	case HELPER_KIND_KEY:
	case HELPER_KIND_VALUE:
		if (arg->kind == HELPER_KIND_KEY)
			c->key = check_stack_key(e, p);
		if (c->map < 0)
			return refuse(e, c, r, "a map before it");
		/* What a map of sockets takes is a socket. */
		if (arg->kind == HELPER_KIND_VALUE && (map_traits(e, c->map) & MAP_TRAIT_SOCKETS))
			return is_sock(e, p, HELPER_KIND_ANY_SOCK) || refuse(e, c, r, "a socket");
		return give_memory(e, c, r, arg,
				   arg->kind == HELPER_KIND_KEY
					   ? e->img->maps.at[c->map].key_size
					   : e->img->maps.at[c->map].value_size);
	case HELPER_KIND_MEM:
		if (!arg->bytes)
			return true; /* judged with its size, the next argument */
		if (is_null && (arg->flags & HELPER_ARG_OR_NULL))
			return true;
		return give_memory(e, c, r, arg, arg->bytes);
	case HELPER_KIND_SIZE:
		return check_size(e, c, r, c->info->args[r - 2], arg);
	case HELPER_KIND_ALLOC_SIZE:
		if (p->kind != REG_SCALAR || !scalar_is_const(&p->n) ||
		    p->n.bits.value >= STATE_MAX_OFFSET)
			return refuse(e, c, r, "a constant size");
		c->size = (u32)p->n.bits.value;
		return true;
	case HELPER_KIND_SPIN_LOCK:
		return check_field(e, c, r, FIELD_SPIN_LOCK);
	case HELPER_KIND_TIMER:
		return check_field(e, c, r, FIELD_TIMER);
	case HELPER_KIND_FUNC:
		if (p->kind != REG_FUNC)
			return refuse(e, c, r, "a function");
		c->func = p->size;
		c->has_func = true;
		return true;
	case HELPER_KIND_STACK:
		return p->kind == REG_STACK || refuse(e, c, r, "a pointer to the stack");
	case HELPER_KIND_CONST_STR:
		return check_string(e, p) || refuse(e, c, r, "a constant string, with its end,");
	case HELPER_KIND_SOCK_COMMON:
	case HELPER_KIND_SOCKET:
	case HELPER_KIND_ANY_SOCK:
		if (arg->flags & HELPER_ARG_RELEASED && !p->maybe_null && !is_null)
			return is_sock(e, p, arg->kind) ? check_released(e, c, r)
							: refuse(e, c, r, arg->text);
		return is_sock(e, p, arg->kind) || refuse(e, c, r, arg->text);
	case HELPER_KIND_RINGBUF_MEM:
		if (p->kind != REG_MEM || !p->is_record || p->maybe_null)
			return refuse(e, c, r, "a reserved record");
		return check_released(e, c, r);
	case HELPER_KIND_BTF:
		return is_struct(e, p, arg->type) || refuse(e, c, r, arg->text);
	case HELPER_KIND_PERCPU:
		return check_percpu(e, c, r);
	case HELPER_KIND_KPTR_PLACE:
		c->kptr = kptr_place(e, r, c->info->name);
		return c->kptr != NULL;
	case HELPER_KIND_KPTR: /* was acquired, and is released for the program */
		return kptr_match(e, r, c->kptr, c->info->name) && check_released(e, c, r);
	case HELPER_KIND_DYNPTR:
		return check_dynptr(e, c, r, arg);
	default:
		return refuse(e, c, r, arg->text);
	}
}

/* ---- effects */

static bool check_lock(struct engine *e, const struct call *c)
{
	struct state *s = e->cur;
	struct reg *p = engine_reg(e, 1);
	u32 of = p->kind == REG_OBJECT ? p->map | STATE_LOCK_OBJECT : p->map;

	if (graph_in_less(e))
		return engine_fail(e, VERIFY_LOCK, "let it do no more than compare",
				   "%s() is called by a function that compares nodes",
				   c->info->name);
	if (c->info->number == BPF_FUNC_spin_lock) {
		if (s->lock)
			return engine_fail(e, VERIFY_LOCK, "unlock the first one before",
					   "a second lock is taken while one is held");
		s->lock = p->id ? p->id : UINT32_MAX;
		s->lock_map = of;
		return true;
	}
	if (!s->lock)
		return engine_fail(e, VERIFY_LOCK, "", "a lock is released that is not held");
	if (s->lock != (p->id ? p->id : UINT32_MAX) || s->lock_map != of)
		return engine_fail(e, VERIFY_LOCK, "",
				   "another lock is released than the one that is held");
	s->lock = s->lock_map = 0;
	owned_unlock(e);
	return true;
}

static bool is_packet(const struct reg *r, const void *arg)
{
	(void)arg;
	return reg_is_packet(r) || r->is_packet;
}

/* What a look-up gives: by the type of the map a value, a map or a socket. */
static bool make_value(struct engine *e, const struct call *c, struct reg *out, bool *acquires)
{
	const struct image_map *m = &e->img->maps.at[c->map];
	u32 traits = map_traits(e, c->map);

	if (traits & MAP_TRAIT_OF_MAPS) {
		if (m->inner == IMAGE_NONE)
			return engine_fail(e, VERIFY_ARGUMENT, "declare what maps it has",
					   "what the maps of map %s are like is not known",
					   m->name);
		if (!engine_check_map(e, (u32)m->inner))
			return false;
		*out = reg_pointer(REG_MAP);
		out->map = (u32)m->inner;
		return true;
	}
	if (traits & MAP_TRAIT_SOCKETS) {
		*out = reg_pointer(REG_SOCK);
		*acquires = true;
		return true;
	}
	*out = reg_pointer(REG_VALUE);
	out->map = (u32)c->map;
	out->is_read_only = traits & MAP_TRAIT_READ_ONLY;
	return true;
}

/* Linux 6.14 does, and has a word for the key. */
static bool knows_keys(struct engine *e)
{
	const struct rawbtf *btf = e->opts->kernel;

	if (e->keys == KEYS_UNASKED) {
		u32 call = ktype_find(btf, BTF_KIND_STRUCT, "bpf_call_arg_meta");
		e->keys = call && ktype_has_member(btf, call, "const_map_key") ? KEYS_KNOWN
									       : KEYS_UNKNOWN;
	}
	return e->keys == KEYS_KNOWN;
}

/* What is looked up in an array at a known place is there, but an inner map may be shorter than the one that shows what they are like. */
static bool is_there(struct engine *e, const struct call *c)
{
	const struct image_map *m = c->map >= 0 ? &e->img->maps.at[c->map] : NULL;
	bool is_array =
		m && (m->type == BPF_MAP_TYPE_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_ARRAY);

	return c->info->number == BPF_FUNC_map_lookup_elem && is_array &&
	       !(m->flags & BPF_F_INNER_MAP) && c->key >= 0 && c->key < (s64)m->max_entries &&
	       e->opts->privileged && knows_keys(e);
}

static bool make_result(struct engine *e, const struct call *c, struct reg *out)
{
	const struct helper_arg *result = c->info->result;
	bool acquires = c->info->flags & HELPER_ACQUIRES;

	switch (result->kind) {
	case HELPER_KIND_VOID:
	case HELPER_KIND_INTEGER:
		*out = reg_unknown();
		return true;
	case HELPER_KIND_VALUE:
		if (!make_value(e, c, out, &acquires))
			return false;
		break;
	case HELPER_KIND_RINGBUF_MEM:
		*out = reg_pointer(REG_MEM);
		out->is_record = true;
		out->size = c->size;
		break;
	case HELPER_KIND_KPTR:
		*out = kptr_load(e, c->kptr);
		out->trust = TRUST_TRUSTED;
		out->is_lent = false;
		acquires = true;
		if (!out->map)
			return engine_fail(e, VERIFY_HELPER, "", "struct %s is not known here",
					   c->kptr->name);
		break;
	case HELPER_KIND_MEM:
		*out = dynptr_slice(&c->dynptr, c->size);
		break;
	case HELPER_KIND_PERCPU:
		if (c->object.kind == REG_PERCPU) {
			*out = ksym_of_cpu(e, &c->object);
			break;
		}
		*out = owned_reg(e, c->object.map);
		out->trust = TRUST_RCU;
		break;
	case HELPER_KIND_SOCKET:
		*out = reg_pointer(REG_SOCK);
		break;
	case HELPER_KIND_SOCK_COMMON:
		*out = reg_pointer(REG_SOCK_COMMON);
		break;
	case HELPER_KIND_TCP_SOCK:
		*out = reg_pointer(REG_TCP_SOCK);
		break;
	case HELPER_KIND_BTF:
	case HELPER_KIND_BTF_TRUSTED:
		*out = reg_pointer(REG_BTF);
		out->map = ktype_find(e->opts->kernel, BTF_KIND_STRUCT, result->type);
		out->size = ktype_size(e->opts->kernel, out->map);
		out->trust = result->kind == HELPER_KIND_BTF_TRUSTED ? TRUST_TRUSTED : TRUST_PLAIN;
		break;
	default:
		return engine_fail(e, VERIFY_HELPER, "", "the result of %s() is not supported here",
				   c->info->name);
	}
	out->id = ++e->next_id;
	out->maybe_null = (result->flags & HELPER_ARG_OR_NULL) && !is_there(e, c);
	acquires = acquires && !c->made;
	if (acquires)
		out->ref = out->id; /* the same, so that NULL is known to need no release */
	else if (c->info->flags & HELPER_CASTS)
		out->ref = engine_reg(e, 1)->ref;
	if (acquires && !state_add_ref(e->cur, out->ref))
		return engine_fail(e, VERIFY_COMPLEX, "",
				   "more than %d things are acquired at once", STATE_REFS);
	return true;
}

static void refine_result(struct engine *e, const struct call *c, struct reg *out)
{
	switch (c->info->number) {
	case BPF_FUNC_get_stack:
	case BPF_FUNC_get_task_stack:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read_user_str:
		if (c->result_max >= 0)
			out->n = scalar_between_signed(-4095, c->result_max, SCALAR_BITS);
		break;
	default:
		(void)e;
		break;
	}
}

static bool may_call(struct engine *e, u32 number, const struct helper_info **out)
{
	const struct helper_info *any = helper_info(number);
	const struct helper_info *info = helper_info_for(number, e->prog->type);
	const struct prog_type_info *type = prog_type_info(e->prog->type);
	const char *gap = image_gap(e->prog, e->cur->insn);

	if (gap)
		return engine_fail(e, VERIFY_HELPER,
				   "ask first, with bpf_core_field_exists() and its like", "%s",
				   gap);
	if (!any)
		return engine_fail(e, VERIFY_HELPER, "", "there is no helper number %u", number);
	if (!info || !helper_attaches(number, e->prog->type, e->prog->attach))
		return engine_fail(e, VERIFY_HELPER, "", "programs of type %s may not call %s()",
				   type ? type->name : "unknown", any->name);
	if (!privilege_helper(e, info))
		return false;
	if ((info->flags & HELPER_GPL) && !strstr(e->img->license, "GPL"))
		return engine_fail(e, VERIFY_HELPER, "declare the license in a section \"license\"",
				   "%s() is for programs with a GPL-compatible license",
				   info->name);
	bool pinned = !engine_sleeps(e) || e->cur->rcu || e->cur->preempt;
	if ((info->flags & HELPER_SLEEPS) && pinned)
		return engine_fail(e, VERIFY_HELPER, "use a section whose name ends in .s",
				   "%s() may sleep, and this %s may not", info->name,
				   engine_sleeps(e) ? "section" : "program");
	bool may_path = number != BPF_FUNC_d_path || (u32)e->prog->type == PROG_LSM ||
			ktype_is_iter(e->prog) || (ktype_hook(e->prog) & HOOK_PATH);
	if (!may_path && !e->opts->safety_only)
		return engine_fail(
			e, VERIFY_HELPER, "attach to security_file_open, for example",
			"%s() may be called at some functions only, and %s is not of them",
			info->name, e->prog->target);
	bool is_option = number == BPF_FUNC_setsockopt || number == BPF_FUNC_getsockopt;
	if (is_option && ktype_is_iter(e->prog) && strcmp(e->prog->target, "tcp") != 0 &&
	    strcmp(e->prog->target, "unix") != 0)
		return engine_fail(e, VERIFY_HELPER, "use SEC(\"iter/tcp\") or SEC(\"iter/unix\")",
				   "%s() may be called by iterators of TCP and Unix sockets only",
				   info->name);
	*out = info;
	return true;
}

static bool check_arguments(struct engine *e, struct call *c)
{
	for (u32 r = 1; r <= HELPER_ARGS && c->info->args[r - 1]->kind != HELPER_KIND_NONE; r++) {
		if (!check_argument(e, c, r))
			return false;
	}
	return true;
}

/* What holds on the paths that go on behind the call. */
static bool finish(struct engine *e, const struct call *c)
{
	struct reg out;

	if (c->made && !make_dynptr(e, c))
		return false;
	if (c->has_released && c->kptr)
		owned_keep(e, c->released);
	else if (c->has_released)
		state_release(e->cur, c->released, engine_stale(e));
	if (!make_result(e, c, &out))
		return false;
	bool writes = c->info->number == BPF_FUNC_dynptr_write && c->dynptr.size == DYNPTR_PACKET;
	if (writes || (c->info->flags & HELPER_CHANGES_PACKET))
		state_forget(e->cur, is_packet, NULL, engine_stale(e));
	for (u32 r = 1; r <= 5; r++)
		*engine_reg(e, r) = (struct reg){ 0 };
	refine_result(e, c, &out);
	*engine_reg(e, 0) = c->info->result->kind == HELPER_KIND_VOID ? (struct reg){ 0 } : out;
	e->cur->insn++;
	return true;
}

static void note_fact(struct engine *e, const struct call *c)
{
	struct verify_fact *fact = &e->out->facts[e->cur->insn];

	if (!fact->is_reached || fact->map == (s32)c->map || fact->map == VERIFY_MAP_UNSEEN)
		fact->map = (s32)c->map;
	else
		fact->map = IMAGE_NONE;
}

bool check_helper(struct engine *e, const struct bpf_insn *i)
{
	struct call c = { .map = -1, .key = -1, .result_max = -1 };
	u32 number = (u32)i->imm;

	if (!may_call(e, number, &c.info) || !check_arguments(e, &c))
		return false;
	bool is_lock = number == BPF_FUNC_spin_lock || number == BPF_FUNC_spin_unlock;
	if (e->cur->lock && !is_lock)
		return engine_fail(e, VERIFY_LOCK, "unlock before",
				   "%s() is called while a lock is held", c.info->name);
	if (is_lock && !check_lock(e, &c))
		return false;
	if (number == BPF_FUNC_tail_call && (e->cur->rcu || e->cur->preempt))
		return engine_fail(e, VERIFY_LOCK, "leave it before",
				   "a tail call leaves the program within a section");
	if (number == BPF_FUNC_tail_call && e->cur->ref_count)
		return engine_fail(e, VERIFY_REFERENCE, "release it before",
				   "a tail call leaves the program, and something is not released");
	if (c.has_func) {
		bool known = number == BPF_FUNC_loop || number == BPF_FUNC_for_each_map_elem ||
			     number == BPF_FUNC_timer_set_callback || number == BPF_FUNC_find_vma ||
			     number == BPF_FUNC_user_ringbuf_drain;
		if (!known)
			return engine_fail(e, VERIFY_HELPER, "",
					   "callbacks of %s() are not supported here",
					   c.info->name);
		if (!check_callback(e, c.func, number))
			return false;
	}
	note_fact(e, &c);
	if (number == BPF_FUNC_tail_call && !speculation_tail(e))
		return false;
	return finish(e, &c);
}
