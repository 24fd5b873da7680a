/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "-5" and "-" are positional, and so is all that follows "--" unless it begins with two dashes itself. */
#include "lang/params.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

void params_init(struct params *p, struct arena *a, int argc, char **argv)
{
	*p = (struct params){ 0 };
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		const char *value;
		struct param_option *o;

		if (!strcmp(word, "--"))
			continue;
		if (strncmp(word, "--", 2) != 0) {
			*vec_add(a, &p->positional) = word;
			continue;
		}
		value = strchr(word, '=');
		o = vec_add(a, &p->options);
		o->name = value ? arena_strndup(a, word + 2, (size_t)(value - word - 2)) : word + 2;
		o->value = value ? value + 1 : NULL;
	}
}

const char *params_positional(const struct params *p, u32 n)
{
	return n > 0 && n <= p->positional.n ? p->positional.at[n - 1] : NULL;
}

const struct param_option *params_option(struct params *p, struct arena *a, const char *name)
{
	struct param_option *found = NULL;
	bool known = false;

	for (size_t i = 0; i < p->known.n; i++)
		known |= !strcmp(p->known.at[i], name);
	if (!known)
		*vec_add(a, &p->known) = name;
	for (size_t i = 0; i < p->options.n; i++) {
		if (!strcmp(p->options.at[i].name, name)) {
			found = &p->options.at[i];
			found->asked = true;
		}
	}
	return found;
}

void params_check(const struct params *p, struct arena *a, struct diag *d)
{
	for (size_t i = 0; i < p->options.n; i++) {
		struct nearest n = nearest_to(p->options.at[i].name);
		struct buf list = { 0 };

		if (p->options.at[i].asked)
			continue;
		for (size_t k = 0; k < p->known.n; k++) {
			nearest_try(&n, p->known.at[k]);
			buf_printf(&list, "%s--%s", k ? ", " : "", p->known.at[k]);
		}
		diag_error(d, LOC_NONE, "unknown option --%s for the script",
			   p->options.at[i].name);
		if (nearest_name(&n))
			diag_hint(d, "did you mean '--%s'?", nearest_name(&n));
		else if (p->known.n)
			diag_hint(d, "the script knows: %s", arena_strdup(a, buf_str(&list)));
		else
			diag_hint(d, "the script asks for no options with getopt()");
		buf_done(&list);
	}
}

bool params_bool(const char *s, bool *out)
{
	static const char *const yes[] = { "true", "1", "yes", "on" };
	static const char *const no[] = { "false", "0", "no", "off" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcmp(s, yes[i])) {
			*out = true;
			return true;
		}
		if (!strcmp(s, no[i])) {
			*out = false;
			return true;
		}
	}
	return false;
}
