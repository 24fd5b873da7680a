/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One argument is looked at per call, or one letter of a bundle; operands are never moved about. */
#include "base/opt.h"

#include <string.h>

#include "base/text.h"

enum { OPT_END = -1, OPT_MISTAKE = -2, OPT_COLUMN = 28 };

static int opt_unknown(const struct opt *opts, size_t n, const char *name, size_t len,
		       struct diag *d)
{
	char *word = arena_strndup(d->arena, name, len);
	struct nearest near = nearest_to(word);

	for (size_t i = 0; i < n; i++) {
		if (opts[i].name)
			nearest_try(&near, opts[i].name);
	}
	diag_error(d, LOC_NONE, "unknown option '--%s'", word);
	if (nearest_name(&near))
		diag_hint(d, "did you mean '--%s'?", nearest_name(&near));
	return OPT_MISTAKE;
}

/* The value of an option: what is attached to it, else the next argument; NULL if there is none. */
static const char *opt_value(struct opt_state *s, const char *attached)
{
	if (attached)
		return attached;
	return s->pos < s->argc ? s->argv[s->pos++] : NULL;
}

static int opt_long(struct opt_state *s, const struct opt *opts, size_t n, const char **value,
		    struct diag *d)
{
	const char *name = s->argv[s->pos++] + 2;
	size_t len = strcspn(name, "=");
	const char *attached = name[len] ? name + len + 1 : NULL;
	const char *got;
	size_t i = 0;

	while (i < n &&
	       !(opts[i].name && strlen(opts[i].name) == len && !memcmp(opts[i].name, name, len)))
		i++;
	if (i == n)
		return opt_unknown(opts, n, name, len, d);
	if (!opts[i].value) {
		if (attached) {
			diag_error(d, LOC_NONE, "option '--%s' takes no value", opts[i].name);
			return OPT_MISTAKE;
		}
		return (int)i;
	}
	got = opt_value(s, attached);
	if (!got) {
		diag_error(d, LOC_NONE, "option '--%s' needs a value: %s", opts[i].name,
			   opts[i].value);
		return OPT_MISTAKE;
	}
	*value = got;
	return (int)i;
}

static int opt_short(struct opt_state *s, const struct opt *opts, size_t n, const char **value,
		     struct diag *d)
{
	const char *at = s->argv[s->pos] + s->bundle;
	const char *got;
	size_t i = 0;

	while (i < n && opts[i].letter != *at)
		i++;
	if (i < n && !opts[i].value && at[1]) {
		s->bundle++;
		return (int)i;
	}
	s->pos++;
	s->bundle = 0;
	if (i == n) {
		diag_error(d, LOC_NONE, "unknown option '-%c'", *at);
		return OPT_MISTAKE;
	}
	if (!opts[i].value)
		return (int)i;
	got = opt_value(s, at[1] ? at + 1 : NULL);
	if (!got) {
		diag_error(d, LOC_NONE, "option '-%c' needs a value: %s", *at, opts[i].value);
		return OPT_MISTAKE;
	}
	*value = got;
	return (int)i;
}

int opt_next(struct opt_state *s, const struct opt *opts, size_t n, const char **value,
	     struct diag *d)
{
	const char *arg;

	if (s->pos >= s->argc)
		return OPT_END;
	arg = s->argv[s->pos];
	if (s->bundle)
		return opt_short(s, opts, n, value, d);
	if (arg[0] != '-' || !arg[1])
		return OPT_END;
	if (arg[1] != '-') {
		s->bundle = 1;
		return opt_short(s, opts, n, value, d);
	}
	if (!arg[2]) {
		s->pos++;
		return OPT_END;
	}
	return opt_long(s, opts, n, value, d);
}

void opt_help(const struct opt *opts, size_t n, FILE *to)
{
	for (size_t i = 0; i < n; i++) {
		const struct opt *o = &opts[i];
		const char *help = o->help;
		int width = fprintf(to, o->letter ? "  -%c" : "    ", o->letter);

		if (o->name)
			width += fprintf(to, "%s--%s", o->letter ? ", " : "  ", o->name);
		if (o->value)
			width += fprintf(to, " %s", o->value);
		if (width >= OPT_COLUMN)
			width = fprintf(to, "\n") - 1;
		for (;;) {
			int line = (int)strcspn(help, "\n");

			fprintf(to, "%*s%.*s\n", OPT_COLUMN - width, "", line, help);
			if (!help[line])
				break;
			help += line + 1;
			width = 0;
		}
	}
}
