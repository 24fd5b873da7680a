/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel functions of dynptrs. A packet is in one piece here, so a slice is always the bytes themselves and never a copy. */
#include "machine/code.h"
#include "machine/helper.h"
#include "machine/kfunc.h"
#include "machine/packet.h"

static bool has(const struct helper_dynptr *p, u64 offset, u64 size)
{
	return p->data && offset <= p->size && size <= p->size - offset;
}

static u64 from_packet(struct run *run, u64 flags, u64 to, enum packet_kind kind)
{
	struct helper_dynptr *p = helper_at(to);
	const struct packet *packet = run->packet;
	bool is_tc = run->code && (run->code->prog->type == BPF_PROG_TYPE_SCHED_CLS ||
				   run->code->prog->type == BPF_PROG_TYPE_SCHED_ACT);

	if (!run_may(run, to, sizeof(*p), true))
		return 0;
	*p = (struct helper_dynptr){ 0 };
	if (flags || !packet || packet->kind != kind)
		return helper_error(-EINVAL);
	p->data = (u64)(uintptr_t)packet_data(packet);
	p->size = packet_len(packet);
	p->flags = HELPER_DYNPTR_PACKET;
	if (kind == PACKET_SKB && !is_tc) /* these may only read */
		p->flags |= HELPER_DYNPTR_READONLY;
	return 0;
}

KFUNC_FUNCTION(dynptr_from_skb)
{
	return from_packet(run, b, c, PACKET_SKB);
}

KFUNC_FUNCTION(dynptr_from_xdp)
{
	return from_packet(run, b, c, PACKET_XDP);
}

/* The dynptr, or NULL with a trap if there is none. */
static struct helper_dynptr *dynptr_at(struct run *run, u64 address)
{
	struct helper_dynptr *p = helper_at(address);

	if (!run_may(run, address, sizeof(*p), true))
		return NULL;
	if (p->data && !run_may(run, p->data, p->size, !(p->flags & HELPER_DYNPTR_READONLY)))
		return NULL;
	return p;
}

/* What a dynptr is of is the program's already, so that there is nothing to make known. */
static u64 slice(struct run *run, u64 of, u64 offset, u64 size, bool is_writable)
{
	const struct helper_dynptr *p = dynptr_at(run, of);
	bool is_readonly = p && p->flags & HELPER_DYNPTR_READONLY;

	if (!p || !has(p, offset, size) || (is_writable && is_readonly))
		return 0;
	return p->data + offset;
}

KFUNC_FUNCTION(dynptr_slice)
{
	return slice(run, a, (u32)b, (u32)d, false);
}

KFUNC_FUNCTION(dynptr_slice_rdwr)
{
	return slice(run, a, (u32)b, (u32)d, true);
}

KFUNC_FUNCTION(dynptr_adjust)
{
	struct helper_dynptr *p = dynptr_at(run, a);

	if (!p || !p->data || (u32)b > (u32)c)
		return helper_error(-EINVAL);
	if ((u32)b > p->size || (u32)c > p->size)
		return helper_error(-ERANGE);
	p->data += (u32)b;
	p->size = (u32)c - (u32)b;
	return 0;
}

KFUNC_FUNCTION(dynptr_is_null)
{
	const struct helper_dynptr *p = dynptr_at(run, a);

	return p && !p->data;
}

KFUNC_FUNCTION(dynptr_is_rdonly)
{
	const struct helper_dynptr *p = dynptr_at(run, a);

	return p && p->data && p->flags & HELPER_DYNPTR_READONLY;
}

KFUNC_FUNCTION(dynptr_size)
{
	const struct helper_dynptr *p = dynptr_at(run, a);

	return p && p->data ? p->size : (u32)-EINVAL;
}

KFUNC_FUNCTION(dynptr_clone)
{
	const struct helper_dynptr *p = dynptr_at(run, a);
	struct helper_dynptr *to = helper_at(b);

	if (!p || !run_may(run, b, sizeof(*to), true))
		return 0;
	*to = *p;
	return p->data ? 0 : helper_error(-EINVAL);
}
