/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep gen object OUTPUT INPUT...: several objects as one; what skep link does with -o. */
#include "cmd/gen/command.h"
#include "cmd/link/write.h"

static int run(struct noun_args *a)
{
	const char *output, *first;
	size_t n;

	if (noun_need(a, "the object to write", &output) ||
	    noun_need(a, "the object to read", &first))
		return -EINVAL;
	a->at--;
	n = (size_t)(a->count - a->at);
	if (n > LINK_MAX_FILES)
		return noun_usage(a, "%zu objects to link: give 1 to %d", n, LINK_MAX_FILES);
	return link_write(a->arena, a->diag, output, (const char *const *)a->words + a->at, n);
}

const struct noun_verb gen_object = {
	.name = "object",
	.args = "OUTPUT INPUT...",
	.help = "Link objects to one.\n\n"
		"Writes an object with the maps, functions and types of the others. Debug "
		"information\n"
		"other than BTF is left out, so it makes a single object smaller, too.\n",
	.run = run,
};
