/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf_setsockopt() and bpf_getsockopt(): the options of a socket of the machine's table, by the rows of sockopt.def. */
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "machine/helper.h"
#include "machine/sock.h"

#define TO_DEVICE 25  /* SO_BINDTODEVICE */
#define CONGESTION 13 /* TCP_CONGESTION */
#define ECN 3

enum rule { NUMBER, FLAG, TWICE, LEAST, TOS, MARK, PRIORITY, DEVICE, WINDOW, CLAMP, WRITTEN };

static const struct option {
	s32 level, number;
	enum rule rule;
	s32 min, max;
} options[SOCK_OPTIONS] = {
#define SOCKOPT(level, name, number, rule, first, min, max)                                        \
	[SOCK_OPTION_##name] = { level, number, rule, min, max },
#include "machine/sockopt.def"
};

/* SOCK_OPTIONS: there is none that a socket like this has. */
static u32 find(const struct sock *s, s32 level, s32 number)
{
	u32 i = 0;

	if ((level == IPPROTO_TCP && s->view.protocol != IPPROTO_TCP) ||
	    (level == IPPROTO_IP && s->view.family != AF_INET) ||
	    (level == IPPROTO_IPV6 && s->view.family != AF_INET6))
		return SOCK_OPTIONS;
	while (i < SOCK_OPTIONS && (options[i].level != level || options[i].number != number))
		i++;
	return i;
}

static bool is_congestion(const struct sock *s, u64 level, u64 number)
{
	return (s32)level == IPPROTO_TCP && (s32)number == CONGESTION &&
	       s->view.protocol == IPPROTO_TCP;
}

/* ---- set */

static s32 limited(const struct option *o, s64 value)
{
	return (s32)(value < o->min ? o->min : value > o->max ? o->max : value);
}

/* IPv4's class of traffic has a priority, by its bits from 1 to 4. */
static void set_class(struct sock *s, u32 i, u8 class)
{
	static const u8 priorities[4] = { 0, 2, 6, 4 };

	if (i == SOCK_OPTION_IP_TOS && s->options[i] != class)
		s->view.priority = priorities[class >> 3 & 3];
	s->options[i] = class;
}

static int set_number(struct sock *s, u32 i, s32 value)
{
	const struct option *o = &options[i];
	bool is_limited = o->rule != FLAG && o->rule != TWICE && o->rule != LEAST;

	/* RFC 3542: -1 is the default; and a segment of 0 bytes is none that was asked for. */
	if (o->rule == TOS && value == -1)
		value = 0;
	if (i == SOCK_OPTION_TCP_MAXSEG && !value)
		return 0;
	if (is_limited && (value < o->min || value > o->max))
		return -EINVAL;
	switch (o->rule) {
	case FLAG:
		s->options[i] = value != 0;
		break;
	case TWICE:
		s->options[i] = limited(o, (s64)value * 2);
		break;
	case LEAST:
		s->options[i] = value < 0 ? INT32_MAX : limited(o, value);
		break;
	case TOS:
		set_class(s, i, (u8)(s->view.type == SOCK_STREAM ? value & ~ECN : value));
		break;
	case MARK:
		s->view.mark = (u32)value;
		break;
	case PRIORITY:
		s->view.priority = (u32)value;
		break;
	case DEVICE:
		s->view.bound_dev_if = (u32)value;
		break;
	case WINDOW:
		s->tcp.snd_cwnd = (u32)value;
		break;
	case CLAMP:
		s->tcp.snd_ssthresh = (u32)value;
		break;
	default:
		s->options[i] = value;
		break;
	}
	return 0;
}

/* The name may end without a NUL. */
static void take_name(char *to, size_t room, u64 from, u32 size)
{
	size_t n = size < room ? size : room - 1;

	memset(to, 0, room);
	helper_copy(to, helper_at(from), n);
}

static int set_device(struct sock *s, u64 value, u32 size)
{
	char name[IFNAMSIZ];
	u32 index;

	take_name(name, sizeof(name), value, size);
	index = name[0] ? if_nametoindex(name) : 0;
	if (name[0] && !index)
		return -ENODEV;
	s->view.bound_dev_if = index;
	return 0;
}

static int set(struct sock *s, u64 level, u64 number, u64 value, u32 size)
{
	s32 n;
	u32 i;

	if (!s || !sock_is_full(s))
		return -EINVAL;
	if ((s32)level == SOL_SOCKET && (s32)number == TO_DEVICE)
		return set_device(s, value, size);
	if (is_congestion(s, level, number)) {
		if (size < 2)
			return -EINVAL;
		take_name(s->congestion, sizeof(s->congestion), value, size);
		return 0;
	}
	i = find(s, (s32)level, (s32)number);
	if (i == SOCK_OPTIONS || size != sizeof(n))
		return -EINVAL;
	memcpy(&n, helper_at(value), sizeof(n));
	return set_number(s, i, n);
}

HELP(setsockopt)
{
	return helper_error(set(helper_sock(run, a), b, c, d, (u32)e));
}

/* ---- get: what is not told is zero */

static int get_number(const struct sock *s, u32 i, s32 *value)
{
	switch (options[i].rule) {
	case MARK:
		*value = (s32)s->view.mark;
		return 0;
	case PRIORITY:
		*value = (s32)s->view.priority;
		return 0;
	case DEVICE:
		*value = (s32)s->view.bound_dev_if;
		return 0;
	case WINDOW:
	case CLAMP:
	case WRITTEN:
		return -EINVAL;
	default:
		*value = s->options[i];
		return 0;
	}
}

static int get(const struct sock *s, u64 level, u64 number, u64 value, u32 size)
{
	s32 n;
	u32 i;
	int err;

	if (!s || !sock_is_full(s))
		return -EINVAL;
	if (is_congestion(s, level, number)) {
		if (size < 2)
			return -EINVAL;
		helper_copy(helper_at(value), s->congestion,
			    size - 1 < sizeof(s->congestion) ? size - 1 : sizeof(s->congestion));
		return 0;
	}
	i = find(s, (s32)level, (s32)number);
	if (i == SOCK_OPTIONS || size != sizeof(n))
		return -EINVAL;
	err = get_number(s, i, &n);
	if (!err)
		memcpy(helper_at(value), &n, sizeof(n));
	return err;
}

HELP(getsockopt)
{
	helper_clear(helper_at(d), (u32)e);
	return helper_error(get(helper_sock(run, a), b, c, d, (u32)e));
}
