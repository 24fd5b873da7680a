/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "isa/hook.h"

#include <string.h>

static const struct {
	const char *name;
	u32 traits;
} hooks[] = {
#define HOOK(name, traits) { name, HOOK_##traits },
#define HOOK_FIELD(record, field, trust)
#include "isa/hook.def"
};

static const struct {
	const char *record, *field;
	enum hook_trust trust;
} fields[] = {
#define HOOK(name, traits)
#define HOOK_FIELD(record, field, trust) { record, field, HOOK_##trust },
#include "isa/hook.def"
};

static const struct {
	const char *who, *record, *path;
} writables[] = {
#define HOOK(name, traits)
#define HOOK_FIELD(record, field, trust)
#define HOOK_WRITABLE(who, record, path) { who, record, path },
#include "isa/hook.def"
};

u32 hook_traits(const char *function)
{
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!strcmp(hooks[i].name, function))
			return hooks[i].traits;
	}
	return 0;
}

enum hook_trust hook_field(const char *record, const char *field)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!strcmp(fields[i].record, record) && !strcmp(fields[i].field, field))
			return fields[i].trust;
	}
	return HOOK_NOTHING;
}

const char *hook_writable(const char *who, const char *record, u32 i)
{
	for (size_t k = 0; k < ARRAY_SIZE(writables); k++) {
		if (!strcmp(writables[k].who, who) && !strcmp(writables[k].record, record) && !i--)
			return writables[k].path;
	}
	return NULL;
}
