/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of prog_type.def and attach_type.def as arrays. */
#include "isa/prog_type.h"

#include <string.h>

#include "isa/ctx.h"

static const struct prog_type_info types[PROG_TYPES] = {
#define PROG_TYPE(number, id, name, context, packet)                                               \
	[number] = { name, CTX_##context, PROG_##packet },
#include "isa/prog_type.def"
};

static const struct prog_return {
	enum prog_type type;
	s32 attach, min, max;
} returns[] = {
#define PROG_RETURN(id, attach, min, max) { PROG_##id, AT_##attach, min, max },
#include "isa/prog_type.def"
};

static const struct prog_sleeps {
	enum prog_type type;
	s32 attach;
} sleeps[] = {
#define PROG_SLEEPS(id, attach) { PROG_##id, AT_##attach },
#include "isa/prog_type.def"
};

static const char *const attach_names[AT_COUNT] = {
#define ATTACH_TYPE(number, id, name) [number] = name,
#include "isa/attach_type.def"
#undef ATTACH_TYPE
};

const struct prog_type_info *prog_type_info(u32 type)
{
	return type < PROG_TYPES && types[type].name ? &types[type] : NULL;
}

u32 prog_type_find(const char *name)
{
	for (u32 i = 1; i < PROG_TYPES; i++) {
		if (types[i].name && !strcmp(types[i].name, name))
			return i;
	}
	return PROG_UNSPEC;
}

bool prog_type_range(u32 type, u32 attach, s32 *min, s32 *max)
{
	for (size_t i = 0; i < ARRAY_SIZE(returns); i++) {
		const struct prog_return *r = &returns[i];

		/* Rows of their own stand before the one for any. */
		if (r->type != type || (r->attach != AT_ANY && (u32)r->attach != attach))
			continue;
		*min = r->min;
		*max = r->max;
		return true;
	}
	return false;
}

bool prog_type_may_sleep(u32 type, u32 attach)
{
	for (size_t i = 0; i < ARRAY_SIZE(sleeps); i++) {
		if (sleeps[i].type == type &&
		    (sleeps[i].attach == AT_ANY || (u32)sleeps[i].attach == attach))
			return true;
	}
	return false;
}

bool prog_type_for_anyone(u32 type)
{
	static const u64 anyone = 0
#define PROG_ANYONE(id) | PROGS(id)
#include "isa/prog_type.def"
		;

	return type < PROG_TYPES && anyone >> type & 1;
}

const char *attach_type_name(u32 attach)
{
	return attach < AT_COUNT ? attach_names[attach] : NULL;
}

s32 attach_type_find(const char *name)
{
	for (s32 i = 0; i < AT_COUNT; i++) {
		if (!strcmp(attach_names[i], name))
			return i;
	}
	return -1;
}
