/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages come as { nlmsghdr, payload } one behind the other, attributes within them as { nlattr, payload }, each
 * begun at a multiple of four. A size below that of its header, or past the end, ends the walk.
 */
#include "net/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	ANSWER = 32 << 10, /* bytes at a time: what the kernel fills at most */
	REQUEST = 256,
	MAX_MESSAGES = 1 << 16, /* of one dump */
	WAIT_S = 2,
};

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

bool netlink_next(const void *data, size_t len, size_t *pos, struct netlink_attr *out)
{
	struct nlattr head;

	if (*pos > len || len - *pos < sizeof(head))
		return false;
	memcpy(&head, (const char *)data + *pos, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > len - *pos)
		return false;
	out->type = (u16)(head.nla_type & (u16)NLA_TYPE_MASK);
	out->data = (const char *)data + *pos + sizeof(head);
	out->len = head.nla_len - sizeof(head);
	*pos += aligned(head.nla_len);
	return true;
}

bool netlink_find(const void *data, size_t len, size_t head, u16 type, struct netlink_attr *out)
{
	size_t pos = aligned(head);

	while (netlink_next(data, len, &pos, out)) {
		if (out->type == type)
			return true;
	}
	return false;
}

void netlink_text(const struct netlink_attr *a, char *to, size_t size)
{
	size_t n = strnlen(a->data, a->len);

	if (n >= size)
		n = size - 1;
	memcpy(to, a->data, n);
	to[n] = '\0';
}

u32 netlink_u32(const struct netlink_attr *a)
{
	u32 v = 0;

	if (a->len == sizeof(v))
		memcpy(&v, a->data, sizeof(v));
	return v;
}

u32 netlink_be32(const struct netlink_attr *a)
{
	return ntohl(netlink_u32(a));
}

static int ask(int fd, u16 type, const void *request, size_t size)
{
	char bytes[REQUEST] = "";
	struct nlmsghdr head = {
		.nlmsg_len = (u32)(sizeof(head) + size),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	};

	if (size > sizeof(bytes) - sizeof(head))
		return -EMSGSIZE;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), request, size);
	return send(fd, bytes, head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* 1 at the end of the dump, 0 if more follows. */
static int take_messages(const char *bytes, size_t len, netlink_fn fn, void *arg, u32 *left)
{
	struct nlmsghdr head;
	s32 error;

	for (size_t pos = 0; pos < len && len - pos >= sizeof(head);
	     pos += aligned(head.nlmsg_len)) {
		const char *data = bytes + pos + sizeof(head);
		size_t n;

		memcpy(&head, bytes + pos, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len - pos)
			return -EBADMSG;
		n = head.nlmsg_len - sizeof(head);
		if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR) {
			if (n < sizeof(error))
				return head.nlmsg_type == NLMSG_DONE ? 1 : -EBADMSG;
			memcpy(&error, data, sizeof(error));
			return error < 0 && error >= -4095 ? error : 1;
		}
		if (!(*left)--)
			return -E2BIG;
		if (head.nlmsg_type >= NLMSG_MIN_TYPE)
			fn(arg, head.nlmsg_type, data, n);
	}
	return 0;
}

static int take_answers(int fd, netlink_fn fn, void *arg)
{
	char bytes[ANSWER] __attribute__((aligned(8)));
	u32 left = MAX_MESSAGES;
	int err;

	do {
		struct sockaddr_nl from = { 0 };
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, bytes, sizeof(bytes), MSG_TRUNC, (struct sockaddr *)&from,
				     &size);

		if (n < 0)
			return -errno;
		if ((size_t)n > sizeof(bytes))
			return -EMSGSIZE;
		/* Only the kernel's own. */
		err = from.nl_pid ? 0 : take_messages(bytes, (size_t)n, fn, arg, &left);
	} while (!err);
	return err > 0 ? 0 : err;
}

int netlink_dump(int protocol, u16 type, const void *request, size_t size, netlink_fn fn, void *arg)
{
	struct timeval wait = { .tv_sec = WAIT_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), err;

	if (fd < 0)
		return -errno;
	err = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ? -errno : 0;
	if (!err)
		err = ask(fd, type, request, size);
	if (!err)
		err = take_answers(fd, fn, arg);
	close(fd);
	return err;
}
