/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an address is of the program's memory, and the way back from a name. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cmd/debug/impl.h"

static u64 at(const void *p)
{
	return (u64)(uintptr_t)p;
}

static void put_offset(struct buf *out, s64 offset)
{
	if (offset)
		buf_printf(out, "%+" PRId64, offset);
}

/* Functions that are active have their stacks one after the other, and r10 at the end of theirs. */
static bool name_stack(struct debug *d, u64 address, struct buf *out)
{
	const struct step_state *now = debug_at(d);
	u64 base = at(step_run(d->stepper)->stack), live = (u64)now->depth * RUN_STACK;
	u32 level;

	if (address < base || address > base + live)
		return false;
	level = (u32)((address - base) / RUN_STACK);
	if (address == now->regs[10] || level == now->depth - 1) {
		buf_puts(out, "fp");
		put_offset(out, (s64)(address - now->regs[10]));
		return true;
	}
	const struct step_call *call = &now->calls[level + 1];
	const struct image_func *f = image_func(call->code->prog, call->insn);

	buf_printf(out, "fp of %s", f ? f->name : call->code->prog->name);
	put_offset(out, (s64)(address - base) - (s64)(level + 1) * RUN_STACK);
	return true;
}

static bool name_packet(struct debug *d, u64 address, struct buf *out)
{
	const struct packet *p = step_run(d->stepper)->packet;
	u64 first, data;

	if (!p)
		return false;
	first = at(p->memory);
	data = at(packet_data(p));
	if (address < first || address > first + PACKET_HEADROOM + PACKET_MAX + PACKET_TAILROOM)
		return false;
	buf_puts(out, "packet");
	put_offset(out, (s64)(address - data));
	if (address == data + packet_len(p))
		buf_puts(out, " (its end)");
	return true;
}

/* An array's values, of one element each that is not variables. */
static bool name_array(struct debug *d, u32 index, u64 address, struct buf *out)
{
	const struct image_map *im = &d->img.maps.at[index];
	struct map *m = machine_map(d->machine, index);
	u64 size, offset;
	u32 stride;
	const u8 *values = map_array(m, &stride);

	size = values ? (u64)stride * map_spec(m)->max_entries : 0;
	offset = address - at(values);
	if (offset >= size)
		return false;
	if (im->origin >= IMAGE_MAP_DATA) {
		listing_variable(im, (u32)offset, out);
		return true;
	}
	buf_printf(out, "value of map %s[%" PRIu64 "]", im->name, offset / stride);
	put_offset(out, (s64)(offset % stride));
	return true;
}

static bool name_map(struct debug *d, u64 address, struct buf *out)
{
	for (u32 i = 0; i < d->img.maps.n; i++) {
		if (at(machine_map(d->machine, i)) == address) {
			buf_printf(out, "map[%s]", d->img.maps.at[i].name);
			return true;
		}
		if (name_array(d, i, address, out))
			return true;
	}
	return false;
}

/* What helpers have handed out. */
static bool name_region(struct debug *d, u64 address, struct buf *out)
{
	const struct run *run = step_run(d->stepper);
	const struct run_region *r = NULL;

	for (u32 i = 0; i < run->region_count; i++) {
		if (address >= run->regions[i].begin && address < run->regions[i].end)
			r = &run->regions[i];
	}
	if (!r)
		return false;
	if (image_find_map(&d->img, r->what) != IMAGE_NONE)
		buf_puts(out, "value of map ");
	buf_puts(out, r->what);
	put_offset(out, (s64)(address - r->begin));
	return true;
}

bool debug_name_address(struct debug *d, u64 address, struct buf *out)
{
	size_t size;
	u64 ctx = at(step_context(d->stepper, &size));

	if (name_stack(d, address, out) || name_packet(d, address, out))
		return true;
	if (size && address - ctx < size) {
		buf_puts(out, "ctx");
		put_offset(out, (s64)(address - ctx));
		return true;
	}
	return name_map(d, address, out) || name_region(d, address, out);
}

u64 debug_readable(struct debug *d, u64 address)
{
	u64 left = run_region_left(step_run(d->stepper), address);

	for (u32 i = 0; i < d->img.maps.n && !left; i++) {
		struct map *m = machine_map(d->machine, i);
		u32 stride;
		const u8 *values = map_array(m, &stride);
		u64 size = values ? (u64)stride * map_spec(m)->max_entries : 0;

		if (address - at(values) < size)
			left = size - (address - at(values));
	}
	return left;
}

static bool find_variable(struct debug *d, const char *name, u64 *out)
{
	u32 stride;

	for (u32 i = 0; i < d->img.maps.n; i++) {
		const struct image_map *im = &d->img.maps.at[i];
		const u8 *values = map_array(machine_map(d->machine, i), &stride);

		if (values && !strcmp(im->name, name)) {
			*out = at(values);
			return true;
		}
		for (size_t k = 0; values && k < im->variables.n; k++) {
			if (!strcmp(im->variables.at[k].name, name)) {
				*out = at(values) + im->variables.at[k].offset;
				return true;
			}
		}
	}
	return false;
}

int debug_find_address(struct debug *d, const char *text, u64 *out)
{
	const struct packet *p = step_run(d->stepper)->packet;
	struct debug_address a;
	size_t size;

	if (!debug_parse_address(&a, text))
		return debug_fail(d,
				  "'%s' is no address: give a number, a register, fp, packet, ctx "
				  "or a variable, and +N or -N",
				  text);
	*out = 0;
	if (a.base == DEBUG_REG)
		*out = debug_at(d)->regs[a.reg];
	else if (a.base == DEBUG_FP)
		*out = debug_at(d)->regs[10];
	else if (a.base == DEBUG_CTX)
		*out = at(step_context(d->stepper, &size));
	else if (a.base == DEBUG_PACKET && !p)
		return debug_fail(d, "this program has no packet");
	else if (a.base == DEBUG_PACKET)
		*out = at(packet_data(p));
	else if (a.base == DEBUG_VARIABLE && !find_variable(d, a.name, out))
		return debug_fail(d, "there is no variable '%s'", a.name);
	*out += (u64)a.offset;
	return 0;
}
