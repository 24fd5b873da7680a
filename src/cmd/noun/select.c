/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/noun/select.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

static int take_id(struct noun_args *a, struct select *out)
{
	u64 id;
	int err = noun_need_u64(a, "the id", UINT32_MAX, &id);

	out->by = SELECT_ID;
	out->id = (u32)id;
	return err;
}

static int take_tag(struct noun_args *a, struct select *out)
{
	const char *word;
	int err = noun_need(a, "the tag", &word);

	out->by = SELECT_TAG;
	if (err || select_parse_tag(word, out->tag))
		return err;
	return noun_usage(a, "a tag has 16 hexadecimal digits, not '%s'", word);
}

static int take_text(struct noun_args *a, const char *what, enum select_by by, struct select *out)
{
	out->by = by;
	return noun_need(a, what, &out->text);
}

int noun_select(struct noun_args *a, enum handle_kind kind, struct select *out)
{
	const char *word = noun_peek(a);

	*out = (struct select){ .kind = kind };
	if (!word)
		return 0;
	if (noun_take(a, "id"))
		return take_id(a, out);
	if (kind == HANDLE_PROG && noun_take(a, "tag"))
		return take_tag(a, out);
	if (noun_take(a, "pinned"))
		return take_text(a, "the path", SELECT_PINNED, out);
	if (kind != HANDLE_LINK && noun_take(a, "name"))
		return take_text(a, "the name", SELECT_NAME, out);
	if (isdigit((u8)*word) && text_u64(word, &(u64){ 0 }))
		return take_id(a, out);
	if (strchr(word, '/'))
		return take_text(a, "the path", SELECT_PINNED, out);
	if (kind == HANDLE_LINK)
		return noun_usage(a, "a link is named by its id or its pin, not by '%s'", word);
	return take_text(a, "the name", SELECT_NAME, out);
}

int noun_select_one(struct noun_args *a, enum handle_kind kind, u32 *id)
{
	struct select s;
	int err = noun_select(a, kind, &s);

	if (err)
		return err;
	if (s.by == SELECT_ALL) {
		noun_usage(a, "which %s is missing", handle_kind_name(kind));
		diag_hint(a->diag, "name it by its id, its name or its pin");
		return -EINVAL;
	}
	return select_one(&s, id, a->diag);
}
