/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink messages: attributes are added one after the other, nested ones between begin and end. */
#ifndef ACCEL_NETLINK_H
#define ACCEL_NETLINK_H

#include <linux/netlink.h>

#include "accel/test.h"

struct netlink {
	struct at at;
	size_t size, message; /* where the message begins that is being made */
	u8 bytes[8192];
};

void netlink_init(struct netlink *n, struct at at);
/* Begins a message with its header of the family, then ends the one before. Sequence numbers count from 1. */
void netlink_message(struct netlink *n, u16 type, u16 flags, const void *head, size_t size);
void netlink_add(struct netlink *n, u16 type, const void *data, size_t size);
void netlink_add_text(struct netlink *n, u16 type, const char *text);
void netlink_add_u32(struct netlink *n, u16 type, u32 value);
size_t netlink_begin(struct netlink *n, u16 type);
void netlink_end(struct netlink *n, size_t begun);
/* Sends all messages, and waits for `acks` answers; 0 or the first -errno that there is. */
int netlink_call(struct netlink *n, int protocol, unsigned acks);

#endif
