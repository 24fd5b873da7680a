/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <string.h>

#include "base/text.h"

#define MAX_WORD 64
#define DEFAULT_MTU 1500 /* of Ethernet */

struct parser {
	const char *text, *end;
	size_t at;
	u32 line, line_start;
	struct loc loc; /* of the word */
	char word[MAX_WORD];
	struct fib *fib;
	struct diag *d;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line: 1, 0 if there is none, or an error. */
static int next_word(struct parser *p)
{
	const char *s = p->text + p->at;
	size_t n = 0;

	while (s < p->end && is_space(*s))
		s++;
	while (s + n < p->end && !is_space(s[n]) && s[n] != '\n' && s[n] != '#')
		n++;
	p->at = (size_t)(s - p->text) + n;
	p->loc = (struct loc){ (u32)(s - p->text), (u32)n, p->line,
			       (u32)(s - p->text) - p->line_start + 1 };
	if (n >= MAX_WORD || memchr(s, '\0', n))
		return diag_error(p->d, p->loc, "this is no word of a route");
	memcpy(p->word, s, n);
	p->word[n] = '\0';
	return n > 0;
}

static int value_of(struct parser *p, const char *what)
{
	struct loc key = p->loc;
	int got = next_word(p);

	if (got == 0)
		return diag_error(p->d, key, "behind %s goes something", what);
	return got < 0 ? got : 0;
}

static bool address(const char *word, u8 *family, u8 out[16])
{
	memset(out, 0, 16);
	*family = strchr(word, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, word, out) == 1;
}

static void clear_behind(struct fib_route *r)
{
	for (u32 bit = r->bits; bit < 128; bit++)
		r->address[bit / 8] &= (u8) ~(0x80 >> bit % 8);
}

static int parse_prefix(struct parser *p, struct fib_route *r)
{
	char *slash = strchr(p->word, '/');
	u32 most;
	u64 bits;

	if (!strcmp(p->word, "default")) { /* its family is that of its next hop */
		r->family = AF_INET;
		return 0;
	}
	if (slash)
		*slash = '\0';
	if (!address(p->word, &r->family, r->address))
		return diag_error(p->d, p->loc, "'%s' is no address", p->word);
	most = r->family == AF_INET ? 32 : 128;
	bits = most;
	if (slash && (!text_u64(slash + 1, &bits) || bits > most))
		return diag_error(p->d, p->loc, "behind the / goes a number up to %u", most);
	r->bits = (u8)bits;
	clear_behind(r);
	return 0;
}

static int parse_mac(struct parser *p, u8 out[6])
{
	struct ether_addr mac;

	if (!ether_aton_r(p->word, &mac))
		return diag_error(p->d, p->loc,
				  "'%s' is no hardware address like 02:00:00:00:00:01", p->word);
	memcpy(out, &mac, 6);
	return 0;
}

static int parse_number(struct parser *p, u32 *out)
{
	u64 n;

	if (!text_u64(p->word, &n) || n > UINT32_MAX)
		return diag_error(p->d, p->loc, "'%s' is no number of 32 bits", p->word);
	*out = (u32)n;
	return 0;
}

static int parse_device(struct parser *p, u32 *out)
{
	u64 n;

	*out = if_nametoindex(p->word);
	if (*out)
		return 0;
	if (!text_u64(p->word, &n) || !n || n > INT32_MAX)
		return diag_error(p->d, p->loc,
				  "there is no device '%s' here, and it is no index of one",
				  p->word);
	*out = (u32)n;
	return 0;
}

static int parse_via(struct parser *p, struct fib_route *r)
{
	if (!address(p->word, &r->via_family, r->via))
		return diag_error(p->d, p->loc, "'%s' is no address", p->word);
	if (!r->bits && r->family == AF_INET)
		r->family = r->via_family;
	return 0;
}

static int parse_source(struct parser *p, struct fib_route *r)
{
	u8 family;

	if (!address(p->word, &family, r->source) || family != r->family)
		return diag_error(p->d, p->loc, "'%s' is no address like the route's", p->word);
	r->has_source = true;
	return 0;
}

enum key { KEY_VIA, KEY_DEV, KEY_SRC, KEY_LLADDR, KEY_SMAC, KEY_MTU, KEY_METRIC, KEYS };
static const char *const keys[KEYS] = { "via", "dev", "src", "lladdr", "smac", "mtu", "metric" };

static int parse_key(struct parser *p, struct fib_route *r)
{
	struct nearest n = nearest_to(p->word);
	enum key k = 0;

	for (; k < KEYS && strcmp(keys[k], p->word) != 0; k++)
		nearest_try(&n, keys[k]);
	if (k == KEYS) {
		diag_error(p->d, p->loc, "'%s' is nothing that routes have", p->word);
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
		return parse_device(p, &r->ifindex);
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
		if (!strcmp(kinds[i], p->word)) {
			r->kind = (enum fib_kind)i;
			return value_of(p, kinds[i]);
		}
	}
	return 0;
}

static int parse_route(struct parser *p)
{
	struct fib_route r = { .mtu = DEFAULT_MTU };
	struct loc begin = p->loc;
	int got;

	if (p->fib->routes.n == FIB_MAX_ROUTES)
		return diag_error(p->d, begin, "there can be at most %d routes", FIB_MAX_ROUTES);
	if (parse_kind(p, &r) || parse_prefix(p, &r))
		return -EINVAL;
	while ((got = next_word(p)) > 0) {
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

int routes_parse(struct fib *f, const char *text, size_t len, struct diag *d)
{
	struct parser p = { .text = text, .end = text + len, .line = 1, .fib = f, .d = d };

	if (len > ROUTES_MAX_BYTES)
		return diag_error(d, LOC_NONE, "routes have at most %u bytes", ROUTES_MAX_BYTES);
	while (p.at < len) {
		int got = next_word(&p);

		if (got < 0 || (got && parse_route(&p)))
			return -EINVAL;
		while (p.at < len && text[p.at] != '\n') /* a comment */
			p.at++;
		p.at++;
		p.line++;
		p.line_start = (u32)p.at;
	}
	return 0;
}
