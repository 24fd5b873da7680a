/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three forms of a stack:
 *
 *	STACK_BPFTRACE          STACK_PERF                                  STACK_RAW
 *	        vfs_read+16     	ffffffff81234567 vfs_read+16        ffffffff81234567
 *	        main+12         	55d0c0de1139 main+12 (/usr/bin/x)   55d0c0de1139
 */
#include "session/stack.h"

#include <inttypes.h>
#include <errno.h>
#include <string.h>

#include "session/ksyms.h"
#include "session/usyms.h"

enum { STACK_MAX_FRAMES = 1024 };

static struct ksyms *stack_ksyms(struct values *v)
{
	if (!v->ksyms)
		v->ksyms = ksyms_new("/proc/kallsyms");
	return v->ksyms;
}

void stack_ksym(struct values *v, struct buf *b, u64 address, bool with_offset)
{
	u64 offset;
	const char *name = ksyms_find(stack_ksyms(v), address, &offset);

	if (!name) {
		buf_printf(b, "0x%" PRIx64, address);
		return;
	}
	buf_puts(b, name);
	if (with_offset)
		buf_printf(b, "+%" PRIu64, offset);
}

static void stack_user(struct values *v, struct buf *b, u32 pid, u64 address, bool with_offset,
		       bool with_path)
{
	struct usym sym;

	if (!usyms_find(values_usyms(v), pid, address, &sym)) {
		buf_printf(b, with_path ? "0x%" PRIx64 " ([unknown])" : "0x%" PRIx64, address);
		return;
	}
	buf_puts(b, sym.name);
	if (with_offset)
		buf_printf(b, "+%" PRIu64, sym.offset);
	if (with_path)
		buf_printf(b, " (%s)", sym.path);
}

void stack_usym(struct values *v, struct buf *b, const u8 *p)
{
	u64 address;
	u32 pid;

	memcpy(&address, p, 8);
	memcpy(&pid, p + 8, 4);
	stack_user(v, b, pid, address, false, false);
}

static void stack_frame(struct values *v, struct buf *b, const struct type *t, u32 pid, u64 address)
{
	bool perf = t->stack_mode == STACK_PERF;

	if (t->stack_mode == STACK_RAW) {
		buf_printf(b, "%" PRIx64 "\n", address);
		return;
	}
	if (perf)
		buf_printf(b, "\t%" PRIx64 " ", address);
	else
		buf_puts(b, "        ");
	if (t->kind == TYPE_KSTACK)
		stack_ksym(v, b, address, true);
	else
		stack_user(v, b, pid, address, true, perf);
	buf_putc(b, '\n');
}

void stack_text(struct values *v, struct buf *b, const struct type *t, const u8 *p)
{
	u64 frames[STACK_MAX_FRAMES];
	u32 max = t->limit && t->limit < STACK_MAX_FRAMES ? t->limit : STACK_MAX_FRAMES;
	u32 pid = 0;
	int count = 0;
	s64 id;

	memcpy(&id, p, 8);
	if (t->kind == TYPE_USTACK)
		memcpy(&pid, p + 8, 4);
	if (id >= 0)
		count = v->ops->stack(v->engine, id, frames, max);
	buf_putc(b, '\n');
	for (int i = 0; i < count && i < (int)max; i++)
		stack_frame(v, b, t, pid, frames[i]);
	/* Another stack had its place in the kernel's hash table. */
	if (id == -EEXIST || count == -ENOENT)
		buf_puts(b, "        [stack lost: no room in the stack map]\n");
}
