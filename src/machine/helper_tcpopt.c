/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of TCP's header, for programs of sock_ops: the header is what the context's pointers lead to (run->data), as long as its
 * options are by now. A header has 60 bytes at most.
 */
#include "isa/prog_type.h"
#include "machine/helper.h"

#define HEADER 20
#define HEADER_MAX 60
#define EXPERIMENT_1 253 /* kinds that have more of their name behind their length, RFC 6994 */
#define EXPERIMENT_2 254

enum { KIND_END, KIND_NOP };

/* The option of a kind, with this behind its length if there is a magic; -ENOMSG: there is none; -EFAULT: the options are broken. */
static int search(const u8 *op, const u8 *end, u8 kind, const u8 *magic, u8 magic_len,
		  const u8 **found, bool *is_ended)
{
	*is_ended = false;
	while (op < end) {
		if (op[0] == KIND_END) {
			*is_ended = true;
			return -ENOMSG;
		}
		if (op[0] == KIND_NOP) {
			op++;
			continue;
		}
		if (end - op < 2 || end - op < op[1] || op[1] < 2)
			return -EFAULT;
		*found = op;
		if (op[0] == kind && !magic)
			return 0;
		if (op[0] == kind && magic_len > op[1] - 2)
			return -ENOMSG;
		if (op[0] == kind && !memcmp(op + 2, magic, magic_len))
			return 0;
		op += op[1];
	}
	return -ENOMSG;
}

static bool is_experiment(u8 kind)
{
	return kind == EXPERIMENT_1 || kind == EXPERIMENT_2;
}

/* What the program is called for; -1: not for a connection. */
static s64 op_of(const struct run *run)
{
	const struct bpf_sock_ops *ctx = helper_ctx(run, PROG_SOCK_OPS);

	return ctx ? (s64)ctx->op : -1;
}

static bool has_header(const struct run *run)
{
	return op_of(run) >= 0 && run->data.at && run->data.len >= HEADER;
}

/* Bytes that options may yet have. */
static u32 left(const struct run *run)
{
	u32 used = (has_header(run) ? run->data.len : HEADER) + run->reserved;

	return used < HEADER_MAX ? HEADER_MAX - used : 0;
}

/* No header of a SYN was saved. */
static int load(const struct run *run, u8 *to, u32 size, u64 flags)
{
	const u8 *found, *data = run->data.at;
	bool has_magic, is_ended;
	int err;

	if (size < 2 || flags & ~(u64)BPF_LOAD_HDR_OPT_TCP_SYN)
		return -EINVAL;
	if (to[1] > size || to[0] == KIND_NOP || to[0] == KIND_END)
		return -EINVAL;
	has_magic = is_experiment(to[0]);
	if (has_magic ? to[1] != 4 && to[1] != 6 : to[1])
		return -EINVAL;
	if (flags & BPF_LOAD_HDR_OPT_TCP_SYN)
		return -ENOENT;
	if (!has_header(run) || op_of(run) == BPF_SOCK_OPS_HDR_OPT_LEN_CB)
		return -EPERM;
	err = search(data + HEADER, data + run->data.len, to[0], has_magic ? to + 2 : NULL,
		     (u8)(to[1] - 2), &found, &is_ended);
	if (err)
		return err;
	memcpy(to, found, found[1] < size ? found[1] : size);
	return found[1] > size ? -ENOSPC : found[1];
}

HELP(load_hdr_opt)
{
	return helper_error(load(run, helper_at(b), (u32)c, d));
}

static int store(struct run *run, const u8 *from, u32 size)
{
	struct bpf_sock_ops *ctx = run->ctx;
	u8 *data = run->data.at, *end = data + run->data.len;
	const u8 *found;
	bool is_ended;
	int err;

	if (from[1] > size || from[0] == KIND_NOP || from[0] == KIND_END)
		return -EINVAL;
	if (from[1] > left(run))
		return -ENOSPC;
	if (is_experiment(from[0]) && from[1] < 4)
		return -EINVAL;
	err = search(data + HEADER, end, from[0], is_experiment(from[0]) ? from + 2 : NULL, 2,
		     &found, &is_ended);
	if (err != -ENOMSG)
		return err ? err : -EEXIST;
	if (is_ended)
		return -ENOSPC;
	helper_copy(end, from, from[1]);
	run_remove_region(run, data);
	run->data.len += from[1];
	run_add_region(run, data, run->data.len, true, "data");
	ctx->skb_data_end = data + run->data.len;
	return 0;
}

HELP(store_hdr_opt)
{
	if (!has_header(run) || op_of(run) != BPF_SOCK_OPS_WRITE_HDR_OPT_CB)
		return helper_error(-EPERM);
	if ((u32)c < 2 || d)
		return helper_error(-EINVAL);
	return helper_error(store(run, helper_at(b), (u32)c));
}

HELP(reserve_hdr_opt)
{
	if (c || (u32)b < 2)
		return helper_error(-EINVAL);
	if (op_of(run) != BPF_SOCK_OPS_HDR_OPT_LEN_CB)
		return helper_error(-EPERM);
	if ((u32)b > left(run))
		return helper_error(-ENOSPC);
	run->reserved += (u32)b;
	return 0;
}
