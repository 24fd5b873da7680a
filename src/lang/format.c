/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *	% [-+ 0#']* [width] [.precision] [h|hh|l|ll|z|j|t]* conversion
 *
 *	d i u o x X   integers, bools, enums, pointers       c   integers
 *	p             integers, pointers                     s   what prints as text, enums by name
 *	r rx rh       buffers                                %   itself
 */
#include "lang/format.h"

#include <string.h>

struct format {
	size_t start, end; /* of the conversion within the literal */
	char conversion;   /* 0: it breaks off */
	bool star;
};

/* The next conversion from *at on, "%%" left out; false at the end. */
static bool format_next(const struct node *lit, size_t *at, struct format *f)
{
	const char *s = lit->string.s;
	size_t n = lit->string.len, i = *at;

	for (;; i += 2) {
		while (i < n && s[i] != '%')
			i++;
		if (i >= n)
			return false;
		if (i + 1 >= n || s[i + 1] != '%')
			break;
	}
	*f = (struct format){ .start = i++ };
	while (i < n && strchr("-+ 0#'", s[i]) && s[i])
		i++;
	while (i < n && ((s[i] >= '0' && s[i] <= '9') || s[i] == '.' || s[i] == '*'))
		f->star |= s[i++] == '*';
	while (i < n && s[i] && strchr("hlzjtL", s[i]))
		i++;
	if (i < n) {
		f->conversion = s[i++];
		if (f->conversion == 'r' && i < n && (s[i] == 'x' || s[i] == 'h'))
			i++;
	}
	f->end = i;
	*at = i;
	return true;
}

static bool format_is_text(const struct type *t)
{
	switch (t->kind) {
	case TYPE_STRING:
	case TYPE_BUF:
	case TYPE_BOOL:
	case TYPE_ENUM:
	case TYPE_KSTACK:
	case TYPE_USTACK:
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_USERNAME:
	case TYPE_PROBE:
	case TYPE_TIMESTAMP:
	case TYPE_CGROUP_PATH:
		return true;
	default:
		return false;
	}
}

/* Whether the conversion takes the type; *hint says what would. */
static bool format_takes(char conversion, const struct type *t, const char **hint)
{
	*hint = NULL;
	switch (conversion) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
	case 'p':
		*hint = format_is_text(t) ? "%s prints it" : NULL;
		return type_is_scalar(t);
	case 'c':
		*hint = format_is_text(t) ? "%s prints it" : NULL;
		return type_is_integer(t);
	case 's':
		*hint = t->kind == TYPE_PTR  ? "str() makes a string of a pointer"
			: type_is_integer(t) ? "%d prints integers"
					     : NULL;
		return format_is_text(t);
	default:
		*hint = "buf() makes a buffer";
		return t->kind == TYPE_BUF;
	}
}

/* The literal's place in the source is known to the byte only if nothing in it is escaped. */
static struct loc format_loc(const struct node *lit, const struct format *f)
{
	struct loc loc = lit->loc;

	if (loc.len != lit->string.len + 2)
		return loc;
	loc.offset += 1 + (u32)f->start;
	loc.col += 1 + (u32)f->start;
	loc.len = (u32)(f->end - f->start);
	return loc;
}

static bool format_known(struct check *c, const char *func, const struct node *lit,
			 const struct format *f)
{
	int len = (int)(f->end - f->start);
	const char *text = lit->string.s + f->start;

	if (!f->conversion) {
		check_error(c, format_loc(lit, f),
			    "%s: the conversion '%.*s' at byte %zu of the format breaks off", func,
			    len, text, f->start + 1);
		check_hint(c, "'%%%%' prints a percent sign");
		return false;
	}
	if (!strchr("diuoxXpcsr", f->conversion)) {
		check_error(c, format_loc(lit, f),
			    "%s: unknown conversion '%.*s' at byte %zu of the format", func, len,
			    text, f->start + 1);
		check_hint(c, "there are: %%d %%i %%u %%o %%x %%X %%c %%s %%p %%r %%rx %%rh %%%%");
		return false;
	}
	if (f->star) {
		check_error(c, format_loc(lit, f), "%s: a width cannot be '*' in '%.*s'", func, len,
			    text);
		return false;
	}
	return true;
}

static void format_match(struct check *c, const char *func, const struct node *lit,
			 const struct format *f, struct node *arg)
{
	const char *hint;

	if (f->conversion == 's')
		check_param_text(c, arg);
	if (!arg->type || format_takes(f->conversion, arg->type, &hint))
		return;
	check_error(c, arg->loc, "%s: '%.*s' does not print %s", func, (int)(f->end - f->start),
		    lit->string.s + f->start, check_name(c, arg->type));
	if (hint)
		check_hint(c, "%s", hint);
}

void format_check(struct check *c, const char *func, struct node *format, struct node *args)
{
	u32 conversions = 0, count = 0;
	struct node *arg = args;
	struct format f;
	bool ok = true;

	for (struct node *n = args; n; n = n->next) {
		check_value(c, n);
		count++;
	}
	for (size_t at = 0; format_next(format, &at, &f); conversions++) {
		if (!format_known(c, func, format, &f))
			ok = false;
		else if (arg && ok)
			format_match(c, func, format, &f, arg);
		arg = arg ? arg->next : NULL;
	}
	if (ok && conversions != count)
		check_error(c, format->loc, "%s: %u conversion%s but %u argument%s", func,
			    conversions, conversions == 1 ? "" : "s", count, count == 1 ? "" : "s");
}
