/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A setting's text is cut at commas into entries, each of which knows its place, so that a message can point at the
 * one that is wrong. On the command line there are no places, and the messages name the entry.
 */
#include "net/accel_config.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"

static const char *const keys[] = {
#define SETTING(NAME, key, value, help) [ACCEL_SET_##NAME] = key,
#include "net/accel_config.def"
#undef SETTING
};

struct entry {
	const char *text; /* without the spaces around it */
	size_t len;
	struct loc at;
};

typedef int (*entry_fn)(const struct accel_config_reader *r, struct accel_config *c,
			const struct entry *e);

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The stretch [from, to) of a text without the spaces at both ends. */
static struct entry trimmed(const char *text, size_t from, size_t to, struct loc at)
{
	while (from < to && is_space(text[from]))
		from++;
	while (to > from && is_space(text[to - 1]))
		to--;
	if (at.line) {
		at.offset += (u32)from;
		at.col += (u32)from;
		at.len = (u32)(to - from);
	}
	return (struct entry){ text + from, to - from, at };
}

static bool decimal(const char *s, size_t n, u64 max, u64 *out)
{
	u64 v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (u64)(s[i] - '0'), &v) || v > max)
			return false;
	}
	*out = v;
	return n > 0;
}

static int wrong(const struct accel_config_reader *r, const struct entry *e, const char *what)
{
	return diag_error(r->diag, e->at, "'%.*s' is not %s", (int)e->len, e->text, what);
}

/* Whether a list that has n entries may have `more`. */
static int room_for(const struct accel_config_reader *r, const struct entry *e, size_t n,
		    size_t more)
{
	if (n + more <= ACCEL_MAX_LIST)
		return 0;
	return diag_error(r->diag, e->at, "a list can have at most %d entries", ACCEL_MAX_LIST);
}

static int add_ports(const struct accel_config_reader *r, struct accel_config *c,
		     const struct entry *e)
{
	const char *dash = memchr(e->text, '-', e->len);
	size_t n = dash ? (size_t)(dash - e->text) : e->len;
	u64 first, last;

	if (!decimal(e->text, n, UINT16_MAX, &first) || !first)
		return wrong(r, e, "a port");
	last = first;
	if (dash && !decimal(dash + 1, e->len - n - 1, UINT16_MAX, &last))
		return wrong(r, e, "a range of ports");
	if (last < first)
		return wrong(r, e, "a range of ports: it ends before it begins");
	if (room_for(r, e, c->ports.n, last - first + 1)) {
		diag_hint(r->diag, "a range counts as all of its ports; without a list all may");
		return -EINVAL;
	}
	for (u64 port = first; port <= last; port++)
		*vec_add(r->arena, &c->ports) = (u16)port;
	return 0;
}

static void clear_behind(struct accel_cidr *cidr)
{
	for (u32 bit = cidr->bits; bit < 128; bit++)
		cidr->addr[bit / 8] &= (u8) ~(0x80u >> bit % 8);
}

static int add_cidr(const struct accel_config_reader *r, struct accel_config *c,
		    const struct entry *e)
{
	const char *slash = memchr(e->text, '/', e->len);
	size_t n = slash ? (size_t)(slash - e->text) : e->len;
	struct accel_cidr cidr = { .addr = { [10] = 0xff, [11] = 0xff } };
	char address[INET6_ADDRSTRLEN];
	u32 most = 32;
	u64 bits;

	if (n >= sizeof(address))
		return wrong(r, e, "an address");
	memcpy(address, e->text, n);
	address[n] = '\0';
	if (!inet_pton(AF_INET, address, cidr.addr + 12)) {
		most = 128;
		if (!inet_pton(AF_INET6, address, cidr.addr)) {
			wrong(r, e, "an address");
			diag_hint(r->diag, "addresses are written 10.0.0.0/8, 127.0.0.1, fd00::/8");
			return -EINVAL;
		}
	}
	bits = most;
	if (slash && !decimal(slash + 1, e->len - n - 1, most, &bits))
		return diag_error(r->diag, e->at, "behind the / of '%.*s' goes a number up to %u",
				  (int)e->len, e->text, most);
	if (room_for(r, e, c->cidrs.n, 1))
		return -EINVAL;
	cidr.bits = (u32)bits + 128 - most;
	clear_behind(&cidr);
	*vec_add(r->arena, &c->cidrs) = cidr;
	return 0;
}

/* Looks through lines "name:x:uid:..." ; tells the nearest name if there is none. */
static int find_user(const struct accel_config_reader *r, const struct entry *e, u64 *uid)
{
	const char *name = arena_strndup(r->arena, e->text, e->len);
	struct nearest near = nearest_to(name);

	for (const char *line = r->passwd; line && *line;) {
		size_t len = strcspn(line, "\n"), n = strcspn(line, ":\n");
		const char *number = n < len ? memchr(line + n + 1, ':', len - n - 1) : NULL;

		if (number &&
		    decimal(number + 1, strcspn(number + 1, ":\n"), UINT32_MAX - 1, uid)) {
			if (n == e->len && !memcmp(line, e->text, n))
				return 0;
			nearest_try(&near, arena_strndup(r->arena, line, n));
		}
		line += len + (line[len] == '\n');
	}
	wrong(r, e, "a user");
	if (nearest_name(&near))
		diag_hint(r->diag, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

static int add_uid(const struct accel_config_reader *r, struct accel_config *c,
		   const struct entry *e)
{
	u64 uid;

	if (!decimal(e->text, e->len, UINT32_MAX - 1, &uid) && find_user(r, e, &uid))
		return -EINVAL;
	if (room_for(r, e, c->uids.n, 1))
		return -EINVAL;
	*vec_add(r->arena, &c->uids) = (u32)uid;
	return 0;
}

static int add_comm(const struct accel_config_reader *r, struct accel_config *c,
		    const struct entry *e)
{
	if (e->len == 4 && !memcmp(e->text, "none", 4)) {
		c->no_default_excluded = true;
		return 0;
	}
	if (e->len >= ACCEL_COMM) {
		diag_error(r->diag, e->at, "the name of a program has at most %d bytes",
			   ACCEL_COMM - 1);
		diag_hint(r->diag, "the kernel calls this one '%.*s'", ACCEL_COMM - 1, e->text);
		return -EINVAL;
	}
	if (memchr(e->text, '/', e->len)) {
		wrong(r, e, "the name of a program");
		diag_hint(r->diag, "names are those in /proc/PID/comm, without a folder");
		return -EINVAL;
	}
	if (room_for(r, e, c->excluded.n, 1))
		return -EINVAL;
	*vec_add(r->arena, &c->excluded) = arena_strndup(r->arena, e->text, e->len);
	return 0;
}

/* All entries are looked at, so that all mistakes are told. */
static int each_entry(const struct accel_config_reader *r, struct accel_config *c, const char *text,
		      struct loc at, entry_fn add)
{
	int err = 0;

	for (size_t from = 0;;) {
		size_t to = from + strcspn(text + from, ",");
		struct entry e = trimmed(text, from, to, at);
		int one = e.len ? add(r, c, &e)
				: diag_error(r->diag, e.at, "an entry of the list is empty");

		err = err ? err : one;
		if (!text[to])
			return err;
		from = to + 1;
	}
}

static int set_bytes(const struct accel_config_reader *r, const struct entry *e, u64 min, u64 max,
		     u64 *out)
{
	static const char units[] = "KMGkmg";
	const char *unit = e->len ? memchr(units, e->text[e->len - 1], 6) : NULL;
	unsigned shift = unit ? 10 * ((unsigned)(unit - units) % 3 + 1) : 0;
	u64 v;

	if (!decimal(e->text, e->len - !!unit, UINT64_MAX >> 30, &v)) {
		wrong(r, e, "a number of bytes");
		diag_hint(r->diag, "it may end with K, M or G, as in 8M");
		return -EINVAL;
	}
	v <<= shift;
	if (v < min || v > max)
		return diag_error(r->diag, e->at, "'%.*s' is too %s: from %lluK to %lluG may be",
				  (int)e->len, e->text, v < min ? "small" : "large",
				  (unsigned long long)(min >> 10), (unsigned long long)(max >> 30));
	*out = v;
	return 0;
}

static int set_cgroup(const struct accel_config_reader *r, struct accel_config *c,
		      const struct entry *e)
{
	if (!e->len || e->len >= PATH_MAX)
		return wrong(r, e, "a path");
	c->cgroup = arena_strndup(r->arena, e->text, e->len);
	return 0;
}

static int set_blocking(const struct accel_config_reader *r, struct accel_config *c,
			const struct entry *e)
{
	if (e->len == 3 && !memcmp(e->text, "yes", 3))
		c->blocking = ACCEL_BLOCKING_YES;
	else if (e->len == 2 && !memcmp(e->text, "no", 2))
		c->blocking = ACCEL_BLOCKING_NO;
	else
		return wrong(r, e, "yes or no");
	return 0;
}

int accel_config_set(const struct accel_config_reader *r, struct accel_config *c,
		     enum accel_setting which, const char *text, struct loc at)
{
	struct entry all = trimmed(text, 0, strlen(text), at);

	switch (which) {
	case ACCEL_SET_CGROUP:
		return set_cgroup(r, c, &all);
	case ACCEL_SET_PORT:
		return each_entry(r, c, text, at, add_ports);
	case ACCEL_SET_CIDR:
		return each_entry(r, c, text, at, add_cidr);
	case ACCEL_SET_UID:
		return each_entry(r, c, text, at, add_uid);
	case ACCEL_SET_EXCLUDE_COMM:
		return each_entry(r, c, text, at, add_comm);
	case ACCEL_SET_BLOCKING:
		return set_blocking(r, c, &all);
	case ACCEL_SET_LIMIT:
		return set_bytes(r, &all, ACCEL_LIMIT_MIN, ACCEL_LIMIT_MAX, &c->limit);
	case ACCEL_SET_BUDGET:
		return set_bytes(r, &all, ACCEL_BUDGET_MIN, ACCEL_BUDGET_MAX, &c->budget);
	case ACCEL_SET_SMALL:
		return set_bytes(r, &all, ACCEL_SMALL_MIN, ACCEL_SMALL_MAX, &c->small);
	case ACCEL_SETTINGS:
		break;
	}
	return -EINVAL;
}

static int find_key(const struct accel_config_reader *r, const struct entry *key)
{
	const char *word = arena_strndup(r->arena, key->text, key->len);
	struct nearest near = nearest_to(word);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strcmp(word, keys[i]))
			return (int)i;
		nearest_try(&near, keys[i]);
	}
	diag_error(r->diag, key->at, "unknown setting '%s'", word);
	if (nearest_name(&near))
		diag_hint(r->diag, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

/* A list may be given in parts; of anything else the second one is a mistake. */
static bool is_repeated(const struct accel_config *c, int which)
{
	return (which == ACCEL_SET_CGROUP && c->cgroup) || (which == ACCEL_SET_LIMIT && c->limit) ||
	       (which == ACCEL_SET_BLOCKING && c->blocking) ||
	       (which == ACCEL_SET_BUDGET && c->budget) || (which == ACCEL_SET_SMALL && c->small);
}

/* The line without its comment, which begins with a # in front of which nothing or a space is. */
static size_t without_comment(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '#' && (!i || is_space(line[i - 1])))
			return i;
	}
	return len;
}

static int read_line(const struct accel_config_reader *r, struct accel_config *c, const char *line,
		     size_t len, struct loc at)
{
	struct entry all = trimmed(line, 0, without_comment(line, len), at), key, value;
	const char *equals = memchr(all.text, '=', all.len);
	size_t n = equals ? (size_t)(equals - all.text) : all.len;
	int which;

	if (!all.len)
		return 0;
	if (memchr(all.text, '\0', all.len))
		return diag_error(r->diag, all.at, "this is not text");
	if (!equals) {
		diag_error(r->diag, all.at, "there is no '=' in this line");
		diag_hint(r->diag, "settings are written: port = 80, 443");
		return -EINVAL;
	}
	key = trimmed(all.text, 0, n, all.at);
	value = trimmed(all.text, n + 1, all.len, all.at);
	which = find_key(r, &key);
	if (which < 0)
		return which;
	if (!value.len) {
		diag_error(r->diag, key.at, "'%s' has no value", keys[which]);
		diag_hint(r->diag, "leave the line out for what is usual");
		return -EINVAL;
	}
	if (is_repeated(c, which))
		return diag_error(r->diag, key.at, "'%s' is given a second time", keys[which]);
	return accel_config_set(r, c, (enum accel_setting)which,
				arena_strndup(r->arena, value.text, value.len), value.at);
}

int accel_config_read(const struct accel_config_reader *r, struct accel_config *c, const char *text,
		      size_t len)
{
	struct loc at = { .line = 1, .col = 1 };
	int err = 0;

	if (len > ACCEL_CONFIG_MAX)
		return diag_error(r->diag, LOC_NONE, "the file is larger than %u KiB",
				  ACCEL_CONFIG_MAX >> 10);
	for (size_t from = 0; from < len; at.line++) {
		const char *end = memchr(text + from, '\n', len - from);
		size_t n = end ? (size_t)(end - text) - from : len - from;
		int one;

		at.offset = (u32)from;
		one = read_line(r, c, text + from, n, at);
		err = err ? err : one;
		from += n + 1;
	}
	return err;
}

void accel_config_override(struct accel_config *c, const struct accel_config *by)
{
	if (by->cgroup)
		c->cgroup = by->cgroup;
	if (by->ports.n)
		c->ports = by->ports;
	if (by->cidrs.n)
		c->cidrs = by->cidrs;
	if (by->uids.n)
		c->uids = by->uids;
	if (by->excluded.n || by->no_default_excluded) {
		c->excluded = by->excluded;
		c->no_default_excluded = by->no_default_excluded;
	}
	if (by->blocking)
		c->blocking = by->blocking;
	if (by->limit)
		c->limit = by->limit;
	if (by->budget)
		c->budget = by->budget;
	if (by->small)
		c->small = by->small;
}
