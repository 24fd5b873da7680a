/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of section.def as an array, gone through for the longest that matches. */
#include "isa/section.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "isa/prog_type.h"

/* Words of the table's columns. */
#define SLEEPS SECTION_SLEEPS
#define FRAGS SECTION_FRAGS
#define BTF SECTION_BTF
#define RETURN SECTION_RETURN
#define MULTI SECTION_MULTI
#define USDT SECTION_USDT
enum { AT_NONE = AT_ANY };

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

static const struct section {
	const char *name;
	enum match { EXACT, REST, LOOSE, OLD } match;
	enum prog_type type;
	s32 attach;
	u32 flags;
	const char *rest;
} sections[] = {
#define SECTION(name, match, type, attach, flags, rest)                                            \
	{ name, match, PROG_##type, AT_##attach, flags, rest },
#include "isa/section.def"
#undef SECTION
};

/* Whether the name is the row's, as libbpf 1.x has it; or, if old, as older loaders had it. */
static bool section_matches(const struct section *s, const char *name, bool old)
{
	size_t len = strlen(s->name);

	if (strncmp(name, s->name, len) != 0)
		return false;
	if (old)
		return s->match == LOOSE || s->match == OLD;
	return s->match != OLD && (!name[len] || (s->match == REST && name[len] == '/'));
}

static const struct section *section_longest(const char *name, bool old)
{
	const struct section *best = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct section *s = &sections[i];

		if (section_matches(s, name, old) &&
		    (!best || strlen(s->name) > strlen(best->name)))
			best = s;
	}
	return best;
}

int section_find(const char *name, struct section_match *out)
{
	bool is_optional = *name == '?', is_old;
	const struct section *s;
	const char *end;

	name += is_optional;
	s = section_longest(name, false);
	is_old = !s;
	if (!s)
		s = section_longest(name, true);
	if (!s)
		return -ENOENT;
	end = name + strlen(s->name);
	*out = (struct section_match){
		.type = s->type,
		.attach = s->attach == AT_NONE ? 0 : (u32)s->attach,
		.has_attach = s->attach != AT_NONE,
		.flags = s->flags,
		.load_flags = (s->flags & SLEEPS ? BPF_F_SLEEPABLE : 0u) |
			      (s->flags & FRAGS ? BPF_F_XDP_HAS_FRAGS : 0u),
		.rest = s->match == REST && *end == '/' ? end + 1 : "",
		.is_optional = is_optional,
		.is_old = is_old,
		.expected = s->rest,
	};
	return 0;
}
