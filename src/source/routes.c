/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/routes.h"

#include <errno.h>
#include <netinet/ether.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "source/lines.h"

#define DEFAULT_MTU 1500 /* of Ethernet */

struct parser {
	struct lines l;
	struct fib *fib;
	struct diag *d;
};

static int value_of(struct parser *p, const char *what)
{
	struct loc key = p->l.loc;
	int got = lines_word(&p->l);

	if (got == 0)
		return diag_error(p->d, key, "behind %s goes something", what);
	return got < 0 ? got : 0;
}

static void clear_behind(struct fib_route *r)
{
	for (u32 bit = r->bits; bit < 128; bit++)
		r->address[bit / 8] &= (u8) ~(0x80 >> bit % 8);
}

static int parse_prefix(struct parser *p, struct fib_route *r)
{
	char *slash = strchr(p->l.word, '/');
	u32 most;
	u64 bits;

	if (!strcmp(p->l.word, "default")) { /* its family is that of its next hop */
		r->family = AF_INET;
		return 0;
	}
	if (slash)
		*slash = '\0';
	if (!lines_address(p->l.word, &r->family, r->address))
		return diag_error(p->d, p->l.loc, "'%s' is no address", p->l.word);
	most = r->family == AF_INET ? 32 : 128;
	bits = most;
	if (slash && (!text_u64(slash + 1, &bits) || bits > most))
		return diag_error(p->d, p->l.loc, "behind the / goes a number up to %u", most);
	r->bits = (u8)bits;
	clear_behind(r);
	return 0;
}

static int parse_mac(struct parser *p, u8 out[6])
{
	struct ether_addr mac;

	if (!ether_aton_r(p->l.word, &mac))
		return diag_error(p->d, p->l.loc,
				  "'%s' is no hardware address like 02:00:00:00:00:01", p->l.word);
	memcpy(out, &mac, 6);
	return 0;
}

static int parse_number(struct parser *p, u32 *out)
{
	u64 n;

	if (!text_u64(p->l.word, &n) || n > UINT32_MAX)
		return diag_error(p->d, p->l.loc, "'%s' is no number of 32 bits", p->l.word);
	*out = (u32)n;
	return 0;
}

static int parse_via(struct parser *p, struct fib_route *r)
{
	if (!lines_address(p->l.word, &r->via_family, r->via))
		return diag_error(p->d, p->l.loc, "'%s' is no address", p->l.word);
	if (!r->bits && r->family == AF_INET)
		r->family = r->via_family;
	return 0;
}

static int parse_source(struct parser *p, struct fib_route *r)
{
	u8 family;

	if (!lines_address(p->l.word, &family, r->source) || family != r->family)
		return diag_error(p->d, p->l.loc, "'%s' is no address like the route's", p->l.word);
	r->has_source = true;
	return 0;
}

enum key { KEY_VIA, KEY_DEV, KEY_SRC, KEY_LLADDR, KEY_SMAC, KEY_MTU, KEY_METRIC, KEYS };
static const char *const keys[KEYS] = { "via", "dev", "src", "lladdr", "smac", "mtu", "metric" };

static int parse_key(struct parser *p, struct fib_route *r)
{
	struct nearest n = nearest_to(p->l.word);
	enum key k = 0;

	for (; k < KEYS && strcmp(keys[k], p->l.word) != 0; k++)
		nearest_try(&n, keys[k]);
	if (k == KEYS) {
		diag_error(p->d, p->l.loc, "'%s' is nothing that routes have", p->l.word);
		diag_hint(p->d, "%s%s%s", nearest_name(&n) ? "is it " : "they have via, dev, src, ",
			  nearest_name(&n) ? nearest_name(&n) : "lladdr, smac, mtu, metric",
			  nearest_name(&n) ? "?" : "");
		return -EINVAL;
	}
	if (value_of(p, keys[k]))
		return -EINVAL;
	switch (k) {
	case KEY_VIA:
		return parse_via(p, r);
	case KEY_DEV:
		return lines_device(&p->l, p->l.word, &r->ifindex);
	case KEY_SRC:
		return parse_source(p, r);
	case KEY_LLADDR:
		r->has_neighbour = true;
		return parse_mac(p, r->dmac);
	case KEY_SMAC:
		return parse_mac(p, r->smac);
	case KEY_MTU:
		return parse_number(p, &r->mtu);
	default:
		return parse_number(p, &r->metric);
	}
}

static int parse_kind(struct parser *p, struct fib_route *r)
{
	static const char *const kinds[] = { [FIB_UNICAST] = "unicast",
					     [FIB_LOCAL] = "local",
					     [FIB_BLACKHOLE] = "blackhole",
					     [FIB_UNREACHABLE] = "unreachable",
					     [FIB_PROHIBIT] = "prohibit" };

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i], p->l.word)) {
			r->kind = (enum fib_kind)i;
			return value_of(p, kinds[i]);
		}
	}
	return 0;
}

static int parse_route(struct parser *p)
{
	struct fib_route r = { .mtu = DEFAULT_MTU };
	struct loc begin = p->l.loc;
	int got;

	if (p->fib->routes.n == FIB_MAX_ROUTES)
		return diag_error(p->d, begin, "there can be at most %d routes", FIB_MAX_ROUTES);
	if (parse_kind(p, &r) || parse_prefix(p, &r))
		return -EINVAL;
	while ((got = lines_word(&p->l)) > 0) {
		if (parse_key(p, &r))
			return -EINVAL;
	}
	if (got < 0)
		return got;
	if (r.kind == FIB_UNICAST && !r.ifindex)
		return diag_error(p->d, begin, "the route has no device: dev INDEX");
	*vec_add(p->fib->arena, &p->fib->routes) = r;
	return 0;
}

/* link DEV mtu N */
static int parse_link(struct parser *p)
{
	struct fib_link link = { 0 };

	if (p->fib->links.n == FIB_MAX_ROUTES)
		return diag_error(p->d, p->l.loc, "there can be at most %d links", FIB_MAX_ROUTES);
	if (value_of(p, "link") || lines_device(&p->l, p->l.word, &link.ifindex))
		return -EINVAL;
	if (value_of(p, "the device"))
		return -EINVAL;
	if (strcmp(p->l.word, "mtu") != 0)
		return diag_error(p->d, p->l.loc, "a link has an mtu, not '%s'", p->l.word);
	if (value_of(p, "mtu") || parse_number(p, &link.mtu))
		return -EINVAL;
	if (!link.mtu || link.mtu > FIB_MAX_MTU)
		return diag_error(p->d, p->l.loc, "an MTU is from 1 to %d", FIB_MAX_MTU);
	*vec_add(p->fib->arena, &p->fib->links) = link;
	return 0;
}

static int parse_line(struct parser *p)
{
	int got;

	if (strcmp(p->l.word, "link") != 0)
		return parse_route(p);
	if (parse_link(p))
		return -EINVAL;
	got = lines_word(&p->l);
	return got > 0 ? diag_error(p->d, p->l.loc, "a link has nothing but an mtu") : got;
}
int routes_parse(struct fib *f, const char *text, size_t len, struct diag *d)
{
	struct parser p = { .fib = f, .d = d };
	int got = lines_begin(&p.l, text, len, "a route", d);

	while (!got && (got = lines_next(&p.l)) > 0)
		got = parse_line(&p);
	return got;
}
