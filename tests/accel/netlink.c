/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NETLINK_ANSWER = 16384 };

static void append(struct netlink *n, const void *data, size_t size)
{
	CHECK_AT(n->at, n->size + size + NLMSG_ALIGNTO <= sizeof(n->bytes));
	if (data)
		memcpy(n->bytes + n->size, data, size);
	else
		memset(n->bytes + n->size, 0, size);
	n->size += size;
	while (n->size % NLMSG_ALIGNTO)
		n->bytes[n->size++] = 0;
}

void netlink_init(struct netlink *n, struct at at)
{
	memset(n, 0, sizeof(*n));
	n->at = at;
}

/* The header's length is that of all so far. */
static void finish(struct netlink *n)
{
	if (n->size)
		((struct nlmsghdr *)(n->bytes + n->message))->nlmsg_len =
			(u32)(n->size - n->message);
}

void netlink_message(struct netlink *n, u16 type, u16 flags, const void *head, size_t size)
{
	struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_flags = (u16)(NLM_F_REQUEST | flags) };
	u32 seq = n->size ? ((struct nlmsghdr *)(n->bytes + n->message))->nlmsg_seq + 1 : 1;

	finish(n);
	h.nlmsg_seq = seq;
	n->message = n->size;
	append(n, &h, sizeof(h));
	append(n, head, size);
}

void netlink_add(struct netlink *n, u16 type, const void *data, size_t size)
{
	struct nlattr a = { .nla_len = (u16)(sizeof(a) + size), .nla_type = type };

	append(n, &a, sizeof(a));
	append(n, data, size);
}

void netlink_add_text(struct netlink *n, u16 type, const char *text)
{
	netlink_add(n, type, text, strlen(text) + 1);
}

void netlink_add_u32(struct netlink *n, u16 type, u32 value)
{
	netlink_add(n, type, &value, sizeof(value));
}

size_t netlink_begin(struct netlink *n, u16 type)
{
	size_t begun = n->size;

	netlink_add(n, type, NULL, 0);
	return begun;
}

void netlink_end(struct netlink *n, size_t begun)
{
	((struct nlattr *)(n->bytes + begun))->nla_len = (u16)(n->size - begun);
}

int netlink_call(struct netlink *n, int protocol, unsigned acks)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = OK_AT(n->at, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)), err = 0;
	u8 answer[NETLINK_ANSWER];

	finish(n);
	OK_AT(n->at, sendto(fd, n->bytes, n->size, 0, (struct sockaddr *)&kernel, sizeof(kernel)));
	while (acks && !err) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)answer;
		u32 left = (u32)OK_AT(n->at, got);

		for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (!err)
				err = ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (acks)
				acks--;
		}
	}
	close(fd);
	return err;
}
