/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States: copies, stack slots, references, text. */
#include "verify/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void *checked(void *p)
{
	if (!p)
		arena_exhausted();
	return p;
}

/* Of one that is not entered any more: without the frames that are not there. */
static size_t state_size(u32 frames)
{
	return offsetof(struct state, frames) + frames * sizeof(struct frame);
}

void state_copy(struct state *to, const struct state *from)
{
	memcpy(to, from, state_size(from->frame_count));
	for (u32 i = 0; i < from->frame_count; i++) {
		size_t size = from->frames[i].slot_count * sizeof(struct slot);
		to->frames[i].slots = NULL; /* also where slots were given up again */
		if (!size)
			continue;
		to->frames[i].slots = checked(malloc(size));
		memcpy(to->frames[i].slots, from->frames[i].slots, size);
	}
}

struct state *state_new(const struct state *from)
{
	struct state *s = checked(malloc(state_size(from->frame_count)));

	state_copy(s, from);
	return s;
}

void state_free(struct state *s)
{
	if (s)
		state_done(s);
	free(s);
}

void state_done(struct state *s)
{
	for (u32 i = 0; i < s->frame_count; i++)
		free(s->frames[i].slots);
	s->frame_count = 0;
}

struct frame *state_frame(struct state *s)
{
	return &s->frames[s->frame_count - 1];
}

struct slot *frame_slot(struct frame *f, u32 index)
{
	if (index >= f->slot_count) {
		u32 count = index + 1;
		f->slots = checked(realloc(f->slots, count * sizeof(struct slot)));
		memset(f->slots + f->slot_count, 0, (count - f->slot_count) * sizeof(struct slot));
		f->slot_count = count;
	}
	return &f->slots[index];
}

void frame_forget(struct frame *f, s32 off, u32 size)
{
	for (s32 at = off; at < off + (s32)size && at < 0; at++) {
		struct slot *slot = frame_slot(f, (u32)(-at - 1) / 8);
		if (slot->size) { /* what is left of a spilled register is bytes */
			for (u32 i = 0; i < slot->size; i++)
				slot->bytes[slot->from + i] = BYTE_MISC;
			slot->size = 0;
			slot->spill = (struct reg){ 0 };
		}
		slot->bytes[(u32)(at + STATE_STACK) % 8] = BYTE_MISC;
		slot->zero = 0;
	}
}

struct reg reg_pointer(enum reg_kind kind)
{
	return (struct reg){ .kind = (u8)kind, .n = scalar_const(0, SCALAR_BITS) };
}

bool reg_is_packet(const struct reg *r)
{
	return r->kind == REG_PACKET || r->kind == REG_PACKET_META || r->kind == REG_PACKET_END;
}

bool reg_is_pointer(const struct reg *r)
{
	return r->kind > REG_SCALAR;
}

bool reg_is_trusted(const struct reg *r)
{
	return r->kind == REG_BTF && (r->trust == TRUST_TRUSTED || r->ref);
}

void state_each(struct state *s, state_visit visit, void *arg)
{
	for (u32 i = 0; i < s->frame_count; i++) {
		struct frame *f = &s->frames[i];
		for (u32 r = 0; r < 11; r++)
			visit(&f->regs[r], arg);
		for (u32 k = 0; k < f->slot_count; k++) {
			if (f->slots[k].size)
				visit(&f->slots[k].spill, arg);
		}
	}
}

bool state_has_ref(const struct state *s, u32 id)
{
	for (u32 i = 0; i < s->ref_count; i++) {
		if (s->refs[i] == id)
			return true;
	}
	return false;
}

bool state_add_ref(struct state *s, u32 id)
{
	if (s->ref_count == STATE_REFS)
		return false;
	s->refs[s->ref_count++] = id;
	return true;
}

void state_forget(struct state *s, state_test is_stale, const void *arg, struct reg left)
{
	for (u32 i = 0; i < s->frame_count; i++) {
		struct frame *f = &s->frames[i];
		for (u32 r = 0; r < 10; r++) {
			if (is_stale(&f->regs[r], arg))
				f->regs[r] = left;
		}
		for (u32 k = 0; k < f->slot_count; k++) {
			if (f->slots[k].size && is_stale(&f->slots[k].spill, arg))
				frame_forget(f, -8 * (s32)(k + 1), 8);
		}
	}
}

static bool has_ref(const struct reg *r, const void *arg)
{
	return r->ref == *(const u32 *)arg;
}

void state_release(struct state *s, u32 id, struct reg left)
{
	u32 n = 0;

	for (u32 i = 0; i < s->ref_count; i++) {
		if (s->refs[i] != id)
			s->refs[n++] = s->refs[i];
	}
	s->ref_count = n;
	state_forget(s, has_ref, &id, left);
}

const char *reg_kind_name(enum reg_kind kind)
{
	static const char *const names[] = {
		"uninitialized",
		"a number",
		"the context",
		"a map",
		"map value",
		"stack",
		"packet",
		"packet metadata",
		"the end of the packet",
		"memory",
		"socket (common part)",
		"socket",
		"TCP socket",
		"kernel struct",
		"object",
		"flow keys",
		"a function",
		"a per-CPU variable",
		"an iterator",
		"a dynptr",
	};

	return names[kind];
}

void reg_print(const struct reg *r, struct buf *out)
{
	if (r->kind == REG_SCALAR) {
		scalar_print(&r->n, out);
		return;
	}
	buf_puts(out, reg_kind_name(r->kind));
	if (r->kind == REG_STACK || r->kind == REG_NONE) {
		if (r->kind == REG_STACK)
			buf_printf(out, " %d", r->off);
	} else if (r->off) {
		buf_printf(out, " %s %d", r->off < 0 ? "-" : "+", r->off < 0 ? -r->off : r->off);
	}
	if (reg_is_pointer(r) && !scalar_is_zero(&r->n)) {
		buf_puts(out, " + (");
		scalar_print(&r->n, out);
		buf_putc(out, ')');
	}
	if (r->kind == REG_PACKET || r->kind == REG_PACKET_META)
		buf_printf(out, ", %u bytes known to be there", r->size);
	if (r->kind == REG_OBJECT && !r->ref)
		buf_puts(out, r->is_lent ? ", not owned" : ", which may be replaced");
	if (r->maybe_null)
		buf_puts(out, ", or NULL");
}
