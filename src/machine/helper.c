/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which helpers there are, and whether a program may call one with what it has in its registers. */
#include "machine/helper.h"

#include "isa/helper.h"
#include "isa/map_type.h"
#include "machine/code.h"

run_helper run_find_helper(u32 number)
{
#define HELPER_ROW_IN_MACHINE(name) [HELPER_##name] = help_##name,
#define HELPER_ROW_NOT(name)
	static const run_helper table[HELPER_NUMBERS] = {
#define HELPER(number, name, result, a1, a2, a3, a4, a5, progs, flags, machine)                    \
	HELPER_ROW_##machine(name)
#include "isa/helper.def"
	};

	return number < HELPER_NUMBERS ? table[number] : NULL;
}

void *helper_ctx(const struct run *run, u32 prog_type)
{
	return run->code && (u32)run->code->prog->type == prog_type ? run->ctx : NULL;
}

/* ---- checked mode */

struct call {
	struct run *run;
	u32 number;
	const u64 *regs;
	const struct map_spec *map;
};

static bool refuse(struct run *run, u64 address, u32 size)
{
	run->trap = RUN_BAD_ACCESS;
	run->trap_address = address;
	run->trap_size = size;
	return false;
}

/* A map of the program's, of a type that the helper is for. */
static bool may_pass_map(struct call *c, u64 address)
{
	const struct image_prog *p = c->run->code->prog;

	if (!run_may_map(c->run, address))
		return false;
	c->map = map_spec(helper_at(address));
	return map_type_takes(c->map->type, c->number, (u32)p->type, p->attach) ||
	       refuse(c->run, address, 0);
}

/* It has its NUL before the memory ends that it is in. */
static bool may_pass_string(struct run *run, u64 address)
{
	u64 left = run_region_left(run, address);

	return (left && memchr(helper_at(address), 0, left)) || refuse(run, address, 1);
}

static bool may_pass_dynptr(struct run *run, u64 address)
{
	const struct helper_dynptr *p = helper_at(address);

	return run_may(run, address, sizeof(*p), true) &&
	       (!p->data || run_may(run, p->data, p->size, !(p->flags & HELPER_DYNPTR_READONLY)));
}

static bool may_use(const struct call *c, u64 address, u64 size, u32 flags)
{
	if (!address && !size)
		return true;
	return run_may(c->run, address, size, flags & (HELPER_ARG_WRITE | HELPER_ARG_UNINIT));
}

static bool may_pass(struct call *c, const struct helper_info *info, u32 i)
{
	const struct helper_arg *arg = info->args[i];
	u64 value = c->regs[i + 1];

	switch (arg->kind) {
	case HELPER_KIND_MAP:
		return may_pass_map(c, value);
	case HELPER_KIND_KEY:
		return may_use(c, value, c->map ? c->map->key_size : 0, arg->flags);
	case HELPER_KIND_VALUE:
		if (!value && arg->flags & HELPER_ARG_OR_NULL)
			return true;
		return may_use(c, value, c->map ? c->map->value_size : 0, arg->flags);
	case HELPER_KIND_MEM:
		return may_use(c, value,
			       arg->bytes            ? arg->bytes
			       : i + 1 < HELPER_ARGS ? (u64)(u32)c->regs[i + 2]
						     : 0,
			       arg->flags);
	case HELPER_KIND_DYNPTR:
		if (arg->flags & HELPER_ARG_UNINIT)
			return may_use(c, value, sizeof(struct bpf_dynptr), HELPER_ARG_WRITE);
		return may_pass_dynptr(c->run, value);
	case HELPER_KIND_SPIN_LOCK:
		return may_use(c, value, sizeof(struct bpf_spin_lock), HELPER_ARG_WRITE);
	case HELPER_KIND_TIMER:
		return may_use(c, value, sizeof(struct bpf_timer), HELPER_ARG_WRITE);
	case HELPER_KIND_KPTR_PLACE:
		return may_use(c, value, sizeof(u64), HELPER_ARG_WRITE);
	case HELPER_KIND_CONST_STR:
		return may_pass_string(c->run, value);
	case HELPER_KIND_SOCK_COMMON:
	case HELPER_KIND_SOCKET:
	case HELPER_KIND_ANY_SOCK:
		return (!value && arg->flags & HELPER_ARG_OR_NULL) || helper_sock(c->run, value) ||
		       refuse(c->run, value, 0);
	case HELPER_KIND_RINGBUF_MEM:
		return run_is_region(c->run, value, RUN_RECORD) || refuse(c->run, value, 0);
	default:
		return true;
	}
}

bool run_may_call(struct run *run, u32 number, const u64 *regs)
{
	const struct helper_info *info = helper_info_for(number, (u32)run->code->prog->type);
	struct call c = { run, number, regs, NULL };

	if (!info)
		info = helper_info(number);
	for (u32 k = 0; info && k < HELPER_ARGS; k++) {
		if (!may_pass(&c, info, k))
			return false;
	}
	return true;
}
