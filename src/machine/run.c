/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What interpreter, compiled code and helpers share at run time. Regions are sorted by where they begin, so that one is found
 * by halving; the one that was found last is tried first, as programs touch the same memory again and again.
 */
#include "machine/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "isa/helper.h"
#include "isa/insn.h"
#include "machine/code.h"
#include "machine/owned.h"

#define NEAR 256 /* bytes that a program may be off by and still be thought to mean a region */

/* ---- regions */

/* The number of regions that begin at or before an address. */
static u32 regions_until(const struct run *run, u64 address)
{
	u32 low = 0, high = run->region_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (run->regions[mid].begin <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void run_add_region(struct run *run, const void *at, size_t size, bool is_writable,
		    const char *what)
{
	u64 begin = (u64)(uintptr_t)at;
	struct run_region new = { begin, begin + size, is_writable, run->depth > 0, what };
	u32 i;

	if (!run->is_checked || !at)
		return;
	i = regions_until(run, begin);
	if (i && run->regions[i - 1].begin == begin) {
		run->regions[i - 1] = new;
		return;
	}
	if (run->region_count == run->region_room) {
		run->region_room = run->region_room ? 2 * run->region_room : 16;
		run->regions = realloc(run->regions, run->region_room * sizeof(*run->regions));
		if (!run->regions)
			arena_exhausted();
	}
	memmove(&run->regions[i + 1], &run->regions[i],
		(run->region_count - i) * sizeof(*run->regions));
	run->regions[i] = new;
	run->region_count++;
}

void run_remove_region(struct run *run, const void *at)
{
	u64 begin = (u64)(uintptr_t)at;
	u32 i = regions_until(run, begin);

	if (!run->is_checked || !i || run->regions[i - 1].begin != begin)
		return;
	run->region_count--;
	memmove(&run->regions[i - 1], &run->regions[i],
		(run->region_count - (i - 1)) * sizeof(*run->regions));
}

void run_begin(struct run *run)
{
	u32 kept = 0;

	run->trap = RUN_OK;
	run->trap_insn = RUN_NO_INSN;
	run->tail_calls = 0;
	run->depth = 0;
	run->retval = 0;
	run->selected = NULL;
	run->reserved = 0;
	run_remove_region(run, run->ctx);
	for (u32 i = 0; i < run->region_count; i++) {
		if (!run->regions[i].is_of_run)
			run->regions[kept++] = run->regions[i];
	}
	run->region_count = kept;
	run->ctx = NULL;
}

static bool region_has(const struct run_region *r, u64 address, u64 size)
{
	return address >= r->begin && address <= r->end && size <= r->end - address;
}

/* Regions may lie within each other, so those that begin earlier are looked at too. */
static const struct run_region *region_of(struct run *run, u64 address, u64 size)
{
	u32 i;

	if (run->region_last < run->region_count &&
	    region_has(&run->regions[run->region_last], address, size))
		return &run->regions[run->region_last];
	i = regions_until(run, address);
	while (i--) {
		if (region_has(&run->regions[i], address, size)) {
			run->region_last = i;
			return &run->regions[i];
		}
	}
	return NULL;
}

bool run_is_region(const struct run *run, u64 begin, const char *what)
{
	u32 i = regions_until(run, begin);

	return i && run->regions[i - 1].begin == begin && !strcmp(run->regions[i - 1].what, what);
}

u64 run_region_left(struct run *run, u64 address)
{
	u64 in_stack = address - (u64)(uintptr_t)run->stack;
	const struct run_region *r;

	if (in_stack < (u64)run->depth * RUN_STACK)
		return (u64)run->depth * RUN_STACK - in_stack;
	r = region_of(run, address, 1);
	return r ? r->end - address : 0;
}

bool run_may(struct run *run, u64 address, u64 size, bool write)
{
	u64 in_stack = address - (u64)(uintptr_t)run->stack;
	u64 live = (u64)run->depth * RUN_STACK;
	const struct run_region *r;

	if (!run->is_checked || (in_stack <= live && size <= live - in_stack))
		return true;
	r = region_of(run, address, size);
	if (r ? r->is_writable || !write
	      : run->machine && owned_may(machine_owned(run->machine), address, size))
		return true;
	run->trap = RUN_BAD_ACCESS;
	run->trap_address = address;
	run->trap_size = size > UINT32_MAX ? UINT32_MAX : (u32)size;
	return false;
}

bool run_may_map(struct run *run, u64 address)
{
	if (!run->is_checked || run_is_region(run, address, RUN_INNER_MAP))
		return true;
	for (u32 i = 0; run->machine && i < machine_image(run->machine)->maps.n; i++) {
		if ((u64)(uintptr_t)machine_map(run->machine, i) == address)
			return true;
	}
	run->trap = RUN_BAD_ACCESS;
	run->trap_address = address;
	run->trap_size = 0;
	return false;
}

/* ---- control */

u64 run_callback(struct run *run, u64 func, u64 a, u64 b, u64 c, u64 d)
{
	if (run->trap)
		return 0;
	if (!func || !code_is_start(run->code, func - 1)) {
		run->trap = RUN_BAD_CALL;
		return 0;
	}
	if (run->code->jit && !run->is_checked)
		return jit_callback(run->code, (u32)(func - 1), a, b, c, d, run);
	return interp_run(run->code, (u32)(func - 1), a, b, c, d, 0, run);
}

const struct code *run_tail_call(struct run *run, u64 map, u64 index, u64 *result)
{
	struct map *progs = (struct map *)(uintptr_t)map;
	const struct code *next;
	u32 key = (u32)index;

	if (!run_may_map(run, map))
		return NULL;
	if (run->is_checked && map_spec(progs)->type != BPF_MAP_TYPE_PROG_ARRAY) {
		run->trap = RUN_BAD_ACCESS;
		run->trap_address = map;
		run->trap_size = 0;
		return NULL;
	}
	next = map_slot(progs, &key);
	if (!next || run->tail_calls == RUN_TAIL_CALLS) {
		*result = (u64)(next ? -EPERM : -ENOENT);
		return NULL;
	}
	run->tail_calls++;
	run->code = next;
	return next;
}

bool run_packet_load(const struct run *run, u64 offset, u32 size, u64 *value)
{
	const struct __sk_buff *skb = run->ctx;
	const u8 *data;
	u64 len, v = 0;

	*value = 0;
	if (!run->packet || !skb)
		return false;
	data = (const u8 *)(uintptr_t)skb->data;
	len = skb->data_end - skb->data;
	if (offset > len || size > len - offset)
		return false;
	for (u32 i = 0; i < size; i++)
		v = v << 8 | data[offset + i];
	*value = v;
	return true;
}

/* ---- traps */

/* Bare instructions name a function of the kernel by its type there; those of an object by the object's symbol. */
static void describe_kfunc_call(const struct run *run, s32 number, struct buf *out)
{
	const struct image *img = run->machine ? machine_image(run->machine) : NULL;

	if (img && (u32)number < img->externs.n)
		buf_printf(out, "calls %s of the kernel, which is not here",
			   img->externs.at[number].name);
	else
		buf_printf(out, "calls function %d of the kernel, which is not here", number);
}

static void describe_call(const struct run *run, const struct bpf_insn *i, struct buf *out)
{
	const char *name = helper_name((u32)i->imm);

	if (BPF_SRC(i->code) == BPF_X)
		buf_printf(out, "calls what register r%u has, which is no function", i->dst_reg);
	else if (i->src_reg == BPF_PSEUDO_KFUNC_CALL)
		describe_kfunc_call(run, i->imm, out);
	else
		buf_printf(out, "calls helper %s (%d), which is not here", name ? name : "unknown",
			   i->imm);
}

/* The region that an address is in, or else the one that ends or begins near it. */
static const struct run_region *region_near(const struct run *run, u64 address)
{
	const struct run_region *near = NULL;

	for (u32 k = 0; k < run->region_count; k++) {
		const struct run_region *r = &run->regions[k];

		if (address >= r->begin && address < r->end)
			return r;
		if ((address >= r->end && address - r->end < NEAR) ||
		    (address < r->begin && r->begin - address < NEAR))
			near = r;
	}
	return near;
}

static void describe_access(const struct run *run, const struct bpf_insn *i, struct buf *out)
{
	const struct run_region *r = region_near(run, run->trap_address);
	u64 end = run->trap_address + run->trap_size;
	bool is_load = BPF_CLASS(i->code) == BPF_LDX ||
		       (BPF_MODE(i->code) == BPF_ATOMIC && i->imm == INSN_LOAD_ACQ);

	if (BPF_CLASS(i->code) == BPF_JMP)
		buf_printf(out, "hands a helper %u bytes at 0x%" PRIx64, run->trap_size,
			   run->trap_address);
	else
		buf_printf(out, "%s %u bytes at 0x%" PRIx64, is_load ? "reads" : "writes",
			   run->trap_size, run->trap_address);
	if (!r && run->machine &&
	    owned_describe(machine_owned(run->machine), run->trap_address, run->trap_size, out))
		return;
	if (!r)
		buf_puts(out, ", which is none of the program's memory");
	else if (run->trap_address < r->begin)
		buf_printf(out, ", %" PRIu64 " before the beginning of the %s",
			   r->begin - run->trap_address, r->what);
	else if (end > r->end)
		buf_printf(out, ", %" PRIu64 " past the end of the %s", end - r->end, r->what);
	else
		buf_printf(out, ", which is read-only: %s", r->what);
}

void run_describe_trap(const struct run *r, struct buf *out)
{
	const struct image_prog *p = r->code ? r->code->prog : NULL;
	const struct image_line *line;
	const struct bpf_insn *i;

	if (r->trap == RUN_OK || !p || r->trap_insn >= r->code->count)
		return;
	i = &r->code->insns[r->trap_insn];
	switch (r->trap) {
	case RUN_BAD_ACCESS:
		describe_access(r, i, out);
		break;
	case RUN_BAD_CALL:
		describe_call(r, i, out);
		break;
	case RUN_TOO_DEEP:
		buf_printf(out, "calls more than %d functions within each other", RUN_FRAMES);
		break;
	case RUN_OUT_OF_FUEL:
		buf_puts(out, "ran for as many instructions as it may");
		break;
	case RUN_STOPPED:
		buf_puts(out, "was stopped");
		break;
	default:
		buf_puts(out, "comes to an access whose CO-RE relocation failed: a field or type "
			      "that is not in the kernel's types");
		break;
	}
	buf_printf(out, " (at instruction %u", r->trap_insn);
	line = p->lines.n ? image_line(p, r->trap_insn) : NULL;
	if (line)
		buf_printf(out, ", %s:%u", line->file, line->line);
	buf_putc(out, ')');
}
