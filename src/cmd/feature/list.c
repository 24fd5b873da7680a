/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep feature list_builtins GROUP: what skep knows by name, whether the kernel does or not. */
#include <string.h>

#include "cmd/feature/feature.h"
#include "isa/helper.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"

static const char *prog_name(u32 i)
{
	const struct prog_type_info *t = prog_type_info(i);

	return t ? t->name : NULL;
}

static const char *map_name(u32 i)
{
	const struct map_type_info *t = map_type_info(i);

	return t ? t->name : NULL;
}

static const struct {
	const char *name;
	const char *(*get)(u32 i);
	u32 first, end;
} groups[] = {
	{ "prog_types", prog_name, 1, PROG_TYPES },
	{ "map_types", map_name, 1, MAP_TYPE_COUNT },
	{ "attach_types", attach_type_name, 0, AT_COUNT },
	{ "helpers", helper_name, 1, HELPER_NUMBERS },
};

static int run(struct noun_args *a)
{
	const char *word;

	if (noun_need(a, "the group", &word) || noun_end(a))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (strcmp(groups[i].name, word) != 0)
			continue;
		if (a->out->json)
			out_json_open(a->out, NULL, '[');
		for (u32 k = groups[i].first; k < groups[i].end; k++) {
			const char *name = groups[i].get(k);

			if (name && a->out->json)
				out_json_str(a->out, NULL, name, strlen(name));
			else if (name)
				out_printf(a->out, "%s\n", name);
		}
		if (a->out->json) {
			out_json_close(a->out, ']');
			out_json_end(a->out);
		}
		return 0;
	}
	noun_usage(a, "there is no group '%s'", word);
	diag_hint(a->diag, "groups are prog_types, map_types, attach_types and helpers");
	return -EINVAL;
}

const struct noun_verb feature_list_builtins = {
	.name = "list_builtins",
	.args = "prog_types|map_types|attach_types|helpers",
	.help = "What skep knows by name.\n\n"
		"Lists names as they are written in other commands, whether this kernel knows them "
		"or not.\n",
	.run = run,
};
