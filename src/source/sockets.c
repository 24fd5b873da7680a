/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "source/lines.h"

struct parser {
	struct lines l;
	struct sock s;
	u32 ends; /* that were read */
	bool has_state;
	struct diag *d;
};

/* As ss writes them. What is opened by the other end is a request yet. */
static const struct state {
	const char *name;
	u32 state;
} states[] = {
	{ "ESTAB", BPF_TCP_ESTABLISHED },     { "SYN-SENT", BPF_TCP_SYN_SENT },
	{ "SYN-RECV", BPF_TCP_NEW_SYN_RECV }, { "FIN-WAIT-1", BPF_TCP_FIN_WAIT1 },
	{ "FIN-WAIT-2", BPF_TCP_FIN_WAIT2 },  { "TIME-WAIT", BPF_TCP_TIME_WAIT },
	{ "UNCONN", BPF_TCP_CLOSE },          { "CLOSE-WAIT", BPF_TCP_CLOSE_WAIT },
	{ "LAST-ACK", BPF_TCP_LAST_ACK },     { "LISTEN", BPF_TCP_LISTEN },
	{ "CLOSING", BPF_TCP_CLOSING },
};

static const char *const passed_over[] = { "ino", "timer", "users" };

static int parse_protocol(struct parser *p)
{
	bool is_tcp = !strcmp(p->l.word, "tcp");

	if (!is_tcp && strcmp(p->l.word, "udp") != 0)
		return diag_error(p->d, p->l.loc, "a socket begins with tcp or udp, not '%s'",
				  p->l.word);
	sock_init(&p->s, is_tcp);
	return 0;
}

static int parse_state(struct parser *p)
{
	struct nearest near = nearest_to(p->l.word);

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		nearest_try(&near, states[i].name);
		if (strcmp(states[i].name, p->l.word) != 0)
			continue;
		p->s.view.state = states[i].state;
		p->has_state = true;
		return 0;
	}
	diag_error(p->d, p->l.loc, "'%s' is no state of a socket", p->l.word);
	if (nearest_name(&near))
		diag_hint(p->d, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

static int set_end(struct parser *p, u8 family, const u8 address[16], u16 port)
{
	struct bpf_sock *v = &p->s.view;
	bool is_remote = p->ends;

	if (!is_remote)
		v->family = family;
	else if (v->family != family && port)
		return diag_error(p->d, p->l.loc, "both ends have addresses of the same family");
	else if (v->family != family)
		return 0;
	if (family == AF_INET)
		memcpy(is_remote ? &v->dst_ip4 : &v->src_ip4, address, 4);
	else
		memcpy(is_remote ? v->dst_ip6 : v->src_ip6, address, 16);
	if (is_remote)
		v->dst_port = htons(port);
	else
		v->src_port = port;
	return 0;
}

/* 10.0.0.1:80, 10.0.0.1%dev:80, [::1]:80, *:80; of the other end *, for a port, is none. */
static int parse_end(struct parser *p)
{
	char *colon = strrchr(p->l.word, ':'), *address = p->l.word, *device;
	u8 family = AF_INET6, bytes[16] = { 0 };
	u64 port = 0;
	int err;

	if (p->ends == 2)
		return diag_error(p->d, p->l.loc, "a socket has two ends, so '%s' is none",
				  p->l.word);
	if (!colon || ((p->ends == 0 || strcmp(colon, ":*") != 0) &&
		       (!text_u64(colon + 1, &port) || port > UINT16_MAX || !port)))
		return diag_error(p->d, p->l.loc, "'%s' is no address and port like 10.0.0.1:80",
				  p->l.word);
	*colon = '\0';
	if (*address == '[' && colon[-1] == ']') {
		address++;
		colon[-1] = '\0';
	}
	device = strchr(address, '%');
	if (device)
		*device++ = '\0';
	if (strcmp(address, "*") != 0 && !lines_address(address, &family, bytes))
		return diag_error(p->d, p->l.loc, "'%s' is no address", address);
	err = device ? lines_device(&p->l, device, &p->s.view.bound_dev_if) : 0;
	if (!err)
		err = set_end(p, family, bytes, (u16)port);
	p->ends++;
	return err;
}

static bool number(const char *text, bool is_hex, u64 *out)
{
	char *end;

	if (!is_hex)
		return text_u64(text, out);
	errno = 0;
	*out = strtoull(text, &end, 16);
	return *text && !*end && *text != '-' && !errno;
}

static int unknown_key(struct parser *p, const char *key)
{
	static const char *const own[] = { "uid", "sk", "v6only", "dev", "fwmark", "cgroup" };
	struct nearest near = nearest_to(key);
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		nearest_try(&near, own[i]);
	for (u32 i = 0; (name = sock_field_name(i)); i++)
		nearest_try(&near, name);
	diag_error(p->d, p->l.loc, "'%s' is nothing that sockets have", key);
	if (nearest_name(&near))
		diag_hint(p->d, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

static bool is_field(const char *key)
{
	const char *name;

	for (u32 i = 0; (name = sock_field_name(i)); i++) {
		if (!strcmp(name, key))
			return true;
	}
	return false;
}

static int set_key(struct parser *p, const char *key, const char *value)
{
	bool is_cookie = !strcmp(key, "sk");
	u64 n;

	if (!strcmp(key, "dev"))
		return lines_device(&p->l, value, &p->s.view.bound_dev_if);
	if (!strcmp(key, "cgroup") && *value == '/')
		return 0;
	if (!strcmp(key, "fwmark"))
		key = "mark";
	if (!number(value, is_cookie, &n))
		return diag_error(p->d, p->l.loc, "behind %s: goes a number, not '%s'", key, value);
	if (is_cookie)
		p->s.cookie = n;
	else if (!strcmp(key, "cgroup"))
		p->s.cgroup = n;
	else if (!strcmp(key, "uid") && n <= UINT32_MAX)
		p->s.uid = (u32)n;
	else if (!strcmp(key, "v6only") && n <= 1)
		p->s.is_v6only = n;
	else if (!sock_set_field(&p->s, key, n))
		return diag_error(p->d, p->l.loc, "%s cannot be %s", key, value);
	return 0;
}

static int parse_key(struct parser *p, char *colon)
{
	static const char *const own[] = { "uid", "sk", "v6only", "dev", "fwmark", "cgroup" };
	const char *key = p->l.word;

	*colon = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(passed_over); i++) {
		if (!strcmp(passed_over[i], key))
			return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (!strcmp(own[i], key))
			return set_key(p, key, colon + 1);
	}
	return is_field(key) ? set_key(p, key, colon + 1) : unknown_key(p, key);
}

/* States and keys begin with a letter, addresses with none: those of IPv6 are in brackets. */
static int parse_word(struct parser *p)
{
	bool is_word = (p->l.word[0] >= 'a' && p->l.word[0] <= 'z') ||
		       (p->l.word[0] >= 'A' && p->l.word[0] <= 'Z');
	char *colon = strchr(p->l.word, ':');
	u64 queue;

	if (is_word)
		return colon ? parse_key(p, colon) : parse_state(p);
	if (!p->ends && text_u64(p->l.word, &queue))
		return 0;
	if (p->l.word[0] == '<' || p->l.word[0] == '-') /* whether it was shut down */
		return 0;
	return parse_end(p);
}

/* What the kernel has in the place of IPv4's address: the mapped one, or 127.0.0.6 for one that is of IPv6 only. */
static void set_ipv4(struct bpf_sock *v)
{
	static const u32 any[4], mapped[3] = { 0, 0, 0xffff0000 };

	if (v->family != AF_INET6 || !memcmp(v->src_ip6, any, sizeof(any)))
		return;
	v->src_ip4 = memcmp(v->src_ip6, mapped, sizeof(mapped)) ? htonl(0x7f000006) : v->src_ip6[3];
	if (!memcmp(v->dst_ip6, mapped, sizeof(mapped)))
		v->dst_ip4 = v->dst_ip6[3];
}

/* The line whose first word was read, into p->s. */
static int parse_line(struct parser *p)
{
	struct bpf_sock *v = &p->s.view;
	struct loc begin = p->l.loc;
	bool is_tcp;
	int got;

	p->ends = 0;
	p->has_state = false;
	if (parse_protocol(p))
		return -EINVAL;
	while ((got = lines_word(&p->l)) > 0) {
		if (parse_word(p))
			return -EINVAL;
	}
	if (got < 0)
		return got;
	if (!p->ends)
		return diag_error(p->d, begin, "the socket has no address");
	set_ipv4(v);
	is_tcp = v->protocol == IPPROTO_TCP;
	if (!p->has_state)
		v->state = v->dst_port ? BPF_TCP_ESTABLISHED
			   : is_tcp    ? BPF_TCP_LISTEN
				       : BPF_TCP_CLOSE;
	if (!v->dst_port && v->state != BPF_TCP_LISTEN && v->state != BPF_TCP_CLOSE)
		return diag_error(p->d, begin, "a socket in this state has another end");
	return 0;
}

static int add(struct parser *p, struct socks *s)
{
	if (s->all.n == SOCK_MAX)
		return diag_error(p->d, p->l.loc, "there can be at most %d sockets", SOCK_MAX);
	if (!p->s.cookie)
		p->s.cookie = s->all.n + 1;
	*vec_add(s->arena, &s->all) = p->s;
	return 0;
}

int sockets_parse(struct socks *s, const char *text, size_t len, struct diag *d)
{
	struct parser p = { .d = d };
	int got = lines_begin(&p.l, text, len, "a socket", d);

	while (!got && (got = lines_next(&p.l)) > 0)
		got = parse_line(&p) ? -EINVAL : add(&p, s);
	return got;
}

int sockets_parse_one(struct socks *s, const char *text, size_t len, struct diag *d, u32 *index)
{
	struct parser p = { .d = d };
	const struct sock *same;
	int got = lines_begin(&p.l, text, len, "a socket", d);

	if (!got)
		got = lines_next(&p.l);
	if (!got)
		return diag_error(d, LOC_NONE, "here goes a socket like tcp 10.0.0.1:80");
	if (got < 0 || parse_line(&p))
		return -EINVAL;
	same = sock_same(s, &p.s);
	*index = same ? (u32)(same - s->all.at) : (u32)s->all.n;
	return same ? 0 : add(&p, s);
}
