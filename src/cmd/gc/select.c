/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/gc/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/accel.h"

/* "90s", "5m", "12h", "7d": in seconds, of which there is at least one. */
static bool parse_age(const char *text, u64 *out)
{
	static const struct {
		const char *unit;
		u64 ns;
	} units[] = {
#define DURATION(unit, ns) { unit, ns },
#include "base/duration.def"
#undef DURATION
	};
	char *end;
	u64 n = strtoull(text, &end, 10);

	if (end == text || *text == '-')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		u64 ns = units[i].ns;

		if (strcmp(end, units[i].unit) || ns < 1000000000)
			continue;
		*out = n * (ns / 1000000000);
		return n && n <= UINT32_MAX;
	}
	return false;
}

static int take_word(struct noun_args *a, struct gc_select *s)
{
	static const struct {
		const char *word;
		enum handle_kind kind;
	} kinds[] = { { "prog", HANDLE_PROG }, { "map", HANDLE_MAP }, { "link", HANDLE_LINK } };
	const char *word;
	u64 id;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (noun_take(a, kinds[i].word)) {
			s->kinds[kinds[i].kind] = s->has_kind = true;
			return 0;
		}
	if (noun_take(a, "all"))
		return 0;
	if (noun_take(a, "attached")) {
		s->is_attached = s->has_kind = true;
		return 0;
	}
	if (noun_take(a, "under") || noun_take(a, "pinned"))
		return noun_need(a, "the path", &s->under);
	if (noun_take(a, "id")) {
		err = noun_need_u64(a, "the id", UINT32_MAX, &id);
		s->id = (u32)id;
		return err;
	}
	if (!noun_take(a, "older"))
		return noun_end(a);
	err = noun_need(a, "the age", &word);
	if (!err && !parse_age(word, &s->older)) {
		noun_usage(a, "'%s' is no age", word);
		diag_hint(a->diag, "an age is a number with s, m, h or d: 12h");
		err = -EINVAL;
	}
	return err;
}

int gc_select_take(struct noun_args *a, struct gc_select *s)
{
	int err = 0;

	*s = (struct gc_select){ 0 };
	while (!err && noun_peek(a)) {
		s->is_named = true;
		err = take_word(a, s);
	}
	return err;
}

static bool is_under(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	while (len > 1 && folder[len - 1] == '/')
		len--;
	return !strncmp(path, folder, len) && (path[len] == '/' || !path[len]);
}

bool gc_select_is_meant(const struct gc_select *s, const struct leftover *l, u64 now)
{
	if (s->has_kind && !(l->pin ? s->kinds[l->object.kind] : s->is_attached))
		return false;
	if (s->id && l->object.id != s->id)
		return false;
	if (s->under && (!l->pin || !is_under(l->pin, s->under)))
		return false;
	/* What has no age is not known to be old. */
	return !s->older || (l->since && now >= l->since && now - l->since >= s->older);
}

bool gc_select_is_spared(const struct gc_select *s, const struct leftover *l)
{
	return l->pin && is_under(l->pin, ACCEL_DIR) &&
	       !(s->under && is_under(s->under, ACCEL_DIR));
}
