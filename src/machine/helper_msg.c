/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is sent, as programs of sk_msg see it: the caller's memory that run->data has, in one piece, so that all of it may be read
 * and written. What is put in is zeroes, as is not so in the kernel.
 */
#include "isa/prog_type.h"
#include "machine/helper.h"

static struct sk_msg_md *msg_of(struct run *run)
{
	return run->data.at ? helper_ctx(run, PROG_SK_MSG) : NULL;
}

static void resize(struct run *run, u32 len)
{
	struct sk_msg_md *msg = run->ctx;

	run_remove_region(run, run->data.at);
	run->data.len = len;
	run_add_region(run, run->data.at, len, true, "data");
	msg->data = run->data.at;
	msg->data_end = run->data.at + len;
	msg->size = len;
}

/* How many bytes a verdict is for; how many are to be there before one is asked for. */
HELP(msg_apply_bytes)
{
	return 0;
}

HELP(msg_cork_bytes)
{
	return 0;
}

HELP(msg_pull_data)
{
	u32 start = (u32)b, end = (u32)c;

	if (d || end <= start || !msg_of(run) || start >= run->data.len || end > run->data.len)
		return helper_error(-EINVAL);
	msg_of(run)->data = run->data.at + start;
	msg_of(run)->data_end = run->data.at + end;
	return 0;
}

HELP(msg_push_data)
{
	u32 start = (u32)b, len = (u32)c;
	u8 *at;

	if (d || !msg_of(run))
		return helper_error(-EINVAL);
	if (!len)
		return 0;
	if (start > run->data.len)
		return helper_error(-EINVAL);
	if (len > run->data.room - run->data.len)
		return helper_error(-ENOMEM);
	at = run->data.at + start;
	memmove(at + len, at, run->data.len - start);
	memset(at, 0, len);
	resize(run, run->data.len + len);
	return 0;
}

HELP(msg_pop_data)
{
	u32 start = (u32)b, len = (u32)c;
	u8 *at;

	if (d || !msg_of(run))
		return helper_error(-EINVAL);
	if (!len)
		return 0;
	if ((u64)start + len > run->data.len)
		return helper_error(-EINVAL);
	at = run->data.at + start;
	memmove(at, at + len, run->data.len - start - len);
	resize(run, run->data.len - len);
	return 0;
}
