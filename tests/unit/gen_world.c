/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/gen_world.h"

#include <errno.h>
#include <string.h>

u64 world_random(u64 *state)
{
	u64 x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* Any width, and often a number at which something changes. */
static u64 interesting(u64 *state)
{
	static const u64 edges[] = { 0,          1,          2,
				     UINT64_MAX, 1ull << 63, (1ull << 63) - 1,
				     1ull << 31, 0xffffffff };
	u64 x = world_random(state);

	if (x % 4 == 0)
		return edges[(x >> 8) % ARRAY_SIZE(edges)];
	return world_random(state) >> (x >> 8) % 64;
}

void world_init(struct world *w, u64 seed)
{
	memset(w, 0, sizeof(*w));
	for (u32 i = 0; i < WORLD_SLOTS; i++)
		w->bss[i] = interesting(&seed);
	for (u32 i = 0; i < WORLD_ELEMENTS; i++)
		w->array[i] = interesting(&seed);
	for (u32 i = 0; i < ARRAY_SIZE(w->ctx.cb); i++)
		w->ctx.cb[i] = (u32)interesting(&seed);
	for (u32 i = 0; i < WORLD_STACK / 8; i++)
		w->stack[i] = world_random(&seed);
	w->params[0] = (u64)(uintptr_t)&w->ctx;
	for (u32 i = 1; i < 5; i++)
		w->params[i] = interesting(&seed);
}

u64 world_frame(const struct world *w)
{
	return (u64)(uintptr_t)w->stack + WORLD_STACK;
}

u64 world_map(u32 map)
{
	return 0x4d41500000000000 + map;
}

static bool within(u64 address, u32 size, const void *area, size_t area_size)
{
	u64 start = (u64)(uintptr_t)area;

	return address >= start && address - start <= area_size - size;
}

static void *memory(struct world *w, u64 address, u64 size)
{
	u32 n = size > 512 ? 512 : (u32)size;

	if (within(address, n, w->bss, sizeof(w->bss)) ||
	    within(address, n, w->array, sizeof(w->array)) ||
	    within(address, n, &w->ctx, sizeof(w->ctx)) ||
	    within(address, n, w->stack, sizeof(w->stack)))
		return (void *)(uintptr_t)address;
	w->fault = "an access outside of all memory";
	return NULL;
}

u64 world_load(struct world *w, u64 address, u32 size)
{
	const void *p = memory(w, address, size);
	u64 v = 0;

	if (p)
		memcpy(&v, p, size);
	return v;
}

void world_store(struct world *w, u64 address, u32 size, u64 value)
{
	void *p = memory(w, address, size);

	if (p)
		memcpy(p, &value, size);
}

/* As the kernel's array map does it. */
static u64 update_array(struct world *w, u64 key, u64 value, u64 flags)
{
	u32 index = (u32)world_load(w, key, 4);

	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return (u64)-EINVAL;
	if (index >= WORLD_ELEMENTS)
		return (u64)-E2BIG;
	if (flags & BPF_NOEXIST)
		return (u64)-EEXIST;
	if (flags & BPF_F_LOCK)
		return (u64)-EINVAL;
	w->array[index] = world_load(w, value, 8);
	return 0;
}

static u64 lookup_array(struct world *w, u64 key)
{
	u32 index = (u32)world_load(w, key, 4);

	return index < WORLD_ELEMENTS ? (u64)(uintptr_t)&w->array[index] : 0;
}

static u64 copy(struct world *w, u64 to, u64 size, u64 from)
{
	void *d = memory(w, to, size);
	const void *s = memory(w, from, size);

	if (d && s)
		memmove(d, s, size);
	return 0;
}

static u64 mix(const u64 *args, u32 n)
{
	u64 state = n;

	for (u32 i = 0; i < n; i++) {
		state ^= args[i];
		state = world_random(&state);
	}
	return state;
}

u32 world_arguments(u32 helper)
{
	switch (helper) {
	case BPF_FUNC_get_current_pid_tgid:
	case BPF_FUNC_get_current_uid_gid:
	case BPF_FUNC_get_smp_processor_id:
		return 0;
	case BPF_FUNC_map_lookup_elem:
		return 2;
	case BPF_FUNC_probe_read_kernel:
		return 3;
	case BPF_FUNC_map_update_elem:
		return 4;
	default:
		return helper - WORLD_MIX(0);
	}
}

u64 world_call(struct world *w, u32 helper, const u64 args[5])
{
	if (helper >= WORLD_MIX(0) && helper <= WORLD_MIX(5))
		return mix(args, helper - WORLD_MIX(0));
	if (!world_arguments(helper))
		return mix((const u64[]){ helper }, 1);
	if (helper == BPF_FUNC_probe_read_kernel)
		return copy(w, args[0], args[1], args[2]);
	if (args[0] != world_map(0))
		w->fault = "a helper got something else than the map";
	else if (helper == BPF_FUNC_map_lookup_elem)
		return lookup_array(w, args[1]);
	else if (helper == BPF_FUNC_map_update_elem)
		return update_array(w, args[1], args[2], args[3]);
	else
		w->fault = "a helper that is not known here";
	return 0;
}

u64 world_alu(u8 op, u64 a, u64 b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 63);
	case BPF_RSH:
		return a >> (b & 63);
	default: /* BPF_ARSH */
		return (u64)((s64)a >> (b & 63));
	}
}

bool world_compare(u8 cmp, u64 a, u64 b)
{
	switch (cmp) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return (s64)a > (s64)b;
	case BPF_JSGE:
		return (s64)a >= (s64)b;
	case BPF_JSLT:
		return (s64)a < (s64)b;
	default: /* BPF_JSLE */
		return (s64)a <= (s64)b;
	}
}

u64 world_extend(u64 v, u32 size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? (u64)(s8)v : (u8)v;
	case 2:
		return is_signed ? (u64)(s16)v : (u16)v;
	case 4:
		return is_signed ? (u64)(s32)v : (u32)v;
	default:
		return v;
	}
}

u64 world_swap(u64 v, u32 size)
{
	switch (size) {
	case 2:
		return __builtin_bswap16((u16)v);
	case 4:
		return __builtin_bswap32((u32)v);
	default:
		return __builtin_bswap64(v);
	}
}
