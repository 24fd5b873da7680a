/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of attach.def as an array, indexed by enum attach. */
#include "isa/attach.h"

#include <string.h>

static const struct attach_info attach_infos[ATTACH_COUNT] = {
#define ATTACH(id, name, brief, old, type, section)                                                \
	[ATTACH_##id] = { name, brief, old, type, section },
#include "isa/attach.def"
#undef ATTACH
};

const struct attach_info *attach_info(enum attach kind)
{
	return &attach_infos[kind];
}

int attach_find(const char *name)
{
	/* "" is a short and an old name in the table, and no name at all here. */
	if (!*name)
		return -1;
	for (int i = 0; i < ATTACH_COUNT; i++) {
		const struct attach_info *a = &attach_infos[i];

		if (!strcmp(name, a->name) || !strcmp(name, a->brief) || !strcmp(name, a->old))
			return i;
	}
	return -1;
}
