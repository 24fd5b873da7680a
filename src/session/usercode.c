/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User stacks and symbols may be keys or values of maps, arguments of actions, and parts of any of these. */
#include "session/usercode.h"

enum { USERCODE_DEPTH = 16 };

static bool type_has_user_code(const struct type *t, int depth)
{
	if (!t || !depth)
		return false;
	if (t->kind == TYPE_USTACK || t->kind == TYPE_USYM)
		return true;
	if (t->kind == TYPE_ARRAY)
		return type_has_user_code(t->target, depth - 1);
	if (t->kind != TYPE_TUPLE && t->kind != TYPE_RECORD)
		return false;
	for (u32 i = 0; i < t->field_count; i++) {
		if (type_has_user_code(t->fields[i].type, depth - 1))
			return true;
	}
	return false;
}

static bool action_has_user_code(const struct script_action *a)
{
	for (size_t i = 0; i < a->args.n; i++) {
		if (type_has_user_code(a->args.at[i].type, USERCODE_DEPTH))
			return true;
	}
	return false;
}

bool usercode_is_shown(const struct script *s)
{
	for (size_t i = 0; i < s->maps.n; i++) {
		if (type_has_user_code(s->maps.at[i].key, USERCODE_DEPTH) ||
		    type_has_user_code(s->maps.at[i].value, USERCODE_DEPTH))
			return true;
	}
	for (size_t i = 0; i < s->actions.n; i++) {
		if (action_has_user_code(&s->actions.at[i]))
			return true;
	}
	return false;
}
