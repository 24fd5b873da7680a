/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's types are sure: __be16, struct in_addr, struct in6_addr. A __be32 is an address unless its name is that of something
 * else. Others are addresses by name alone if they have no sign: a word of the name ("src_ip4", "daddr", "gw_addr") says so.
 */
#include "btf/form_address.h"

#include <ctype.h>
#include <string.h>

#include "btf/rawvalue.h"

enum { MAX_STEPS = 16 };

/* Whether one of the words, separated by underscores, is in the name; a star stands for what begins a word. */
static bool has_word(const char *name, const char *const *words)
{
	while (*name) {
		size_t len = strcspn(name, "_");

		for (const char *const *w = words; *w; w++) {
			bool any = **w == '*';
			const char *word = *w + any;
			size_t n = strlen(word);

			if (len >= n && (any || len == n) && !strncasecmp(name + len - n, word, n))
				return true;
		}
		name += len;
		name += *name == '_';
	}
	return false;
}

/* Whether the name is one that types go by on the way to what they are. */
static bool goes_by(const struct rawbtf *b, u32 type, const char *const *names)
{
	for (int i = 0; i < MAX_STEPS; i++) {
		const struct btf_type *t = rawbtf_type(b, type);

		if (!t)
			return false;
		for (const char *const *n = names; *n; n++)
			if (!strcmp(rawbtf_str(b, t->name_off), *n))
				return true;
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			type = t->type;
			break;
		default:
			return false;
		}
	}
	return false;
}

/* Bytes without sign, or words without sign if `words`, in a row. */
static bool is_row(const struct rawbtf *b, const struct btf_type *t, bool words)
{
	const struct btf_array *a = (const void *)(t + 1);
	const struct btf_type *e;

	if (BTF_INFO_KIND(t->info) != BTF_KIND_ARRAY)
		return false;
	e = rawbtf_type(b, rawvalue_resolve(b, a->type));
	if (rawvalue_is_byte(e))
		return !rawvalue_is_char(b, e);
	return words && e && BTF_INFO_KIND(e->info) == BTF_KIND_INT && e->size == 4;
}

static bool is_plain(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info) == BTF_KIND_INT &&
	       !BTF_INT_ENCODING(*(const u32 *)(const void *)(t + 1));
}

enum form_kind form_address(const struct rawbtf *b, u32 type, u64 size, const char *name)
{
	static const char *const be16[] = { "__be16", "be16", "__be16_t", NULL };
	static const char *const be32[] = { "__be32", "be32", "__be32_t", "in_addr_t", NULL };
	static const char *const in4[] = { "in_addr", NULL };
	static const char *const in6[] = { "in6_addr", NULL };
	static const char *const numbers[] = { "*seq",  "*flow", "*flowinfo", "*label", "*spi",
					       "*port", "*id",   "*vni",      "*len",   NULL };
	static const char *const ips[] = { "*addr", "*ip",    "*ip4",     "*ipv4", "*addr4", "*ip6",
					   "*ipv6", "*addr6", "*gateway", "gw",    NULL };
	static const char *const macs[] = { "*mac", "*eth", "*addr", "source", "dest", NULL };
	const struct btf_type *t = rawbtf_type(b, rawvalue_resolve(b, type));

	if (!t)
		return FORM_MISSING;
	if (size == 2 && goes_by(b, type, be16))
		return FORM_BE16;
	if (size == 4) {
		if (goes_by(b, type, in4))
			return FORM_IPV4;
		if (goes_by(b, type, be32))
			return has_word(name, numbers) ? FORM_BE32 : FORM_IPV4;
		if ((is_plain(t) || is_row(b, t, false)) && has_word(name, ips))
			return FORM_IPV4;
	}
	if (size == 16 && (goes_by(b, type, in6) || (is_row(b, t, true) && has_word(name, ips))))
		return FORM_IPV6;
	if (size == 6 && is_row(b, t, false) && has_word(name, macs))
		return FORM_MAC;
	return FORM_MISSING;
}
