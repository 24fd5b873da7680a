/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads of memory that may not be there. The process reads its own by the kernel's help, which fails where a load would
 * crash; there is no other memory here, so the forms for kernel and user space are the same.
 */
#include "machine/helper.h"

#include <sys/uio.h>
#include <unistd.h>

#define PART 64 /* bytes of a string at once */

static ssize_t peek(void *to, u64 from, u64 size)
{
	struct iovec local = { to, size }, remote = { helper_at(from), size };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

int helper_peek(void *to, u64 from, u64 size)
{
	if (peek(to, from, size) == (ssize_t)size)
		return 0;
	helper_clear(to, size);
	return -EFAULT;
}

/* Parts end where pages do, so that a string at the end of one is read whole. */
s64 helper_peek_string(char *to, u64 from, u64 room)
{
	u64 n = 0;

	while (n < room) {
		u64 part = PART - (from + n) % PART;

		if (part > room - n)
			part = room - n;
		if (peek(to + n, from + n, part) != (ssize_t)part) {
			memset(to, 0, room);
			return -EFAULT;
		}
		for (; part; part--, n++) {
			if (!to[n])
				return (s64)n + 1;
		}
	}
	if (room)
		to[room - 1] = '\0';
	return (s64)room;
}

HELP(probe_read)
{
	return helper_error(helper_peek(helper_at(a), c, (u32)b));
}

HELP(probe_read_user)
{
	return helper_error(helper_peek(helper_at(a), c, (u32)b));
}

HELP(probe_read_kernel)
{
	return helper_error(helper_peek(helper_at(a), c, (u32)b));
}

HELP(copy_from_user)
{
	return helper_error(helper_peek(helper_at(a), c, (u32)b));
}

HELP(probe_read_str)
{
	return (u64)helper_peek_string(helper_at(a), c, (u32)b);
}

HELP(probe_read_user_str)
{
	return (u64)helper_peek_string(helper_at(a), c, (u32)b);
}

HELP(probe_read_kernel_str)
{
	return (u64)helper_peek_string(helper_at(a), c, (u32)b);
}

/* ---- dynptrs */

_Static_assert(sizeof(struct helper_dynptr) == sizeof(struct bpf_dynptr), "as programs reserve it");

#define DYNPTR_MAX ((1u << 24) - 1)

HELP(dynptr_from_mem)
{
	struct helper_dynptr *p = helper_at(d);

	*p = (struct helper_dynptr){ 0 };
	if ((u32)b > DYNPTR_MAX)
		return helper_error(-E2BIG);
	if (c)
		return helper_error(-EINVAL);
	*p = (struct helper_dynptr){ a, (u32)b, 0 };
	return 0;
}

HELP(ringbuf_reserve_dynptr)
{
	struct helper_dynptr *p = helper_at(d);
	void *sample;

	*p = (struct helper_dynptr){ 0 };
	if (c)
		return helper_error(-EINVAL);
	if ((u32)b > DYNPTR_MAX)
		return helper_error(-E2BIG);
	sample = map_ring_reserve(helper_at(a), (u32)b);
	if (!sample)
		return helper_error(-EINVAL);
	run_add_region(run, sample, (u32)b, true, RUN_RECORD);
	*p = (struct helper_dynptr){ (u64)(uintptr_t)sample, (u32)b, 0 };
	return 0;
}

/* In checked mode the record has to be one; it is none afterwards. */
static bool may_give_back(struct run *run, const struct helper_dynptr *p)
{
	if (run->is_checked && !run_is_region(run, p->data, RUN_RECORD)) {
		run->trap = RUN_BAD_ACCESS;
		run->trap_address = p->data;
		run->trap_size = p->size;
		return false;
	}
	run_remove_region(run, helper_at(p->data));
	return true;
}

HELP(ringbuf_submit_dynptr)
{
	struct helper_dynptr *p = helper_at(a);

	if (p->data && may_give_back(run, p))
		map_ring_submit(helper_at(p->data), b);
	*p = (struct helper_dynptr){ 0 };
	return 0;
}

HELP(ringbuf_discard_dynptr)
{
	struct helper_dynptr *p = helper_at(a);

	if (p->data && may_give_back(run, p))
		map_ring_discard(helper_at(p->data), b);
	*p = (struct helper_dynptr){ 0 };
	return 0;
}

static bool has(const struct helper_dynptr *p, u64 offset, u64 size)
{
	return offset <= p->size && size <= p->size - offset;
}

HELP(dynptr_read)
{
	const struct helper_dynptr *p = helper_at(c);

	if (!p->data || e)
		return helper_error(-EINVAL);
	if (!has(p, (u32)d, (u32)b))
		return helper_error(-E2BIG);
	helper_copy(helper_at(a), helper_at(p->data + (u32)d), (u32)b);
	return 0;
}

HELP(dynptr_write)
{
	const struct helper_dynptr *p = helper_at(a);

	if (!p->data || p->flags & HELPER_DYNPTR_READONLY || e)
		return helper_error(-EINVAL);
	if (!has(p, (u32)b, (u32)d))
		return helper_error(-E2BIG);
	helper_copy(helper_at(p->data + (u32)b), helper_at(c), (u32)d);
	return 0;
}

HELP(dynptr_data)
{
	const struct helper_dynptr *p = helper_at(a);

	if (!p->data || p->flags || !has(p, (u32)b, (u32)c))
		return 0;
	run_add_region(run, helper_at(p->data + (u32)b), (u32)c, true, "dynptr");
	return p->data + (u32)b;
}
