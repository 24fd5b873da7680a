/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers: 10, 0x1f, 017, 1_000_000, 1e6, 5ms, 10ULL. Durations are nanoseconds. Strings: with C's
 * escapes and \e, on one line.
 */
#include <string.h>

#include "base/text.h"
#include "lang/lang.h"
#include "lang/lex.h"

static const struct {
	const char *name;
	u64 scale;
} suffixes[] = {
	{ "", 1 },    { "u", 1 },   { "l", 1 },   { "ul", 1 }, { "lu", 1 },  { "ll", 1 },
	{ "ull", 1 }, { "llu", 1 }, { "U", 1 },   { "L", 1 },  { "UL", 1 },  { "LU", 1 },
	{ "LL", 1 },  { "ULL", 1 }, { "LLU", 1 }, { "uL", 1 }, { "uLL", 1 },
#define DURATION(unit, nanoseconds) { unit, nanoseconds },
#include "base/duration.def"
#undef DURATION
};

static int lex_digit_value(int c)
{
	if (lex_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Digits with '_' between them; false if the value does not fit. */
static bool lex_digits(struct lex *l, u32 base, u64 *value)
{
	bool fits = true;

	for (;;) {
		int c = lex_char(l, 0);
		u32 digit = (u32)lex_digit_value(c);

		if (c == '_' && lex_digit_value(lex_char(l, 1)) < (int)base) {
			l->pos++;
			continue;
		}
		if (digit >= base)
			return fits;
		fits = fits && !__builtin_mul_overflow(*value, (u64)base, value) &&
		       !__builtin_add_overflow(*value, (u64)digit, value);
		l->pos++;
	}
}

static bool lex_exponent(struct lex *l, u64 *value)
{
	u64 exponent = 0;
	bool fits;

	l->pos++;
	fits = lex_digits(l, 10, &exponent);
	if (!*value)
		return true;
	if (!fits || exponent > 19)
		return false;
	while (exponent--)
		fits = fits && !__builtin_mul_overflow(*value, (u64)10, value);
	return fits;
}

static u32 lex_base(struct lex *l)
{
	if (lex_char(l, 0) != '0')
		return 10;
	if ((lex_char(l, 1) == 'x' || lex_char(l, 1) == 'X') &&
	    lex_digit_value(lex_char(l, 2)) < 16) {
		l->pos += 2;
		return 16;
	}
	return lex_digit_value(lex_char(l, 1)) < 10 || lex_char(l, 1) == '_' ? 8 : 10;
}

/* What follows the digits; false if the value does not fit. */
static bool lex_suffix(struct lex *l, struct token *t, u32 base)
{
	const char *s = l->source + l->pos;
	struct loc at = lex_here(l);
	u32 n = 0;

	while (lex_is_word(lex_char(l, n)))
		n++;
	l->pos += n;
	at.len = n;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (strlen(suffixes[i].name) == n && !memcmp(suffixes[i].name, s, n))
			return !__builtin_mul_overflow(t->value, suffixes[i].scale, &t->value);
	}
	if (base == 8 && lex_is_digit(s[0])) {
		lex_error(l, at, "'%c' is no octal digit", s[0]);
		lex_hint(l, "a number that begins with 0 is octal");
		return true;
	}
	lex_error(l, at, "a number cannot end in '%.*s'", n > 20 ? 20 : (int)n, s);
	if ((s[0] == 'e' || s[0] == 'E') && n == 1)
		lex_hint(l, "1e6 is 1000000; the exponent is a whole number");
	else
		lex_hint(l, "durations are written 5ns, 5us, 5ms, 5s, 5m, 5h and 5d");
	return true;
}

void lex_number(struct lex *l, struct token *t)
{
	u32 base = lex_base(l);
	bool fits = lex_digits(l, base, &t->value);

	t->kind = TOKEN_INT;
	if (base == 10 && (lex_char(l, 0) == 'e' || lex_char(l, 0) == 'E') &&
	    lex_is_digit(lex_char(l, 1)))
		fits = fits & lex_exponent(l, &t->value);
	fits = fits & lex_suffix(l, t, base);
	if (fits)
		return;
	t->value = 0;
	t->loc.len = l->pos - t->loc.offset;
	lex_error(l, t->loc, "this number does not fit in 64 bits");
}

/* Up to `most` digits of a base at s; returns how many there are. */
static u32 lex_escape_digits(const char *s, u32 n, u32 most, int base, u8 *value)
{
	u32 count = 0;
	u32 v = 0;

	while (count < most && count < n && lex_digit_value((u8)s[count]) < base)
		v = v * (u32)base + (u32)lex_digit_value((u8)s[count++]);
	*value = (u8)v;
	return count;
}

/* Decodes the escape whose backslash is at s, of n bytes up to the closing quote. Returns its
 * length, 0 if there is no such escape. */
static u32 lex_escape(const char *s, u32 n, u8 *value)
{
	static const char names[] = "abefnrtv\\\"'?";
	static const char values[] = "\a\b\033\f\n\r\t\v\\\"'?";
	const char *name = memchr(names, s[1], sizeof(names) - 1);
	u32 digits;

	if (name) {
		*value = (u8)values[name - names];
		return 2;
	}
	if (s[1] == 'x') {
		digits = lex_escape_digits(s + 2, n - 2, 2, 16, value);
		return digits ? digits + 2 : 0;
	}
	digits = lex_escape_digits(s + 1, n - 1, 3, 8, value);
	return digits ? digits + 1 : 0;
}

/* Decodes n bytes of source at l->pos, which it passes over. */
static void lex_unescape(struct lex *l, struct token *t, u32 n)
{
	u32 end = l->pos + n;
	char *out = arena_alloc(l->arena, n + 1);

	t->text = out;
	while (l->pos < end) {
		const char *s = l->source + l->pos;
		struct loc at = lex_here(l);
		u8 c = (u8)*s;
		u32 len = 1;

		if (c == '\\' && s[1] == '\n') {
			l->pos++;
			lex_newline(l);
			continue;
		}
		if (c == '\\')
			len = lex_escape(s, end - l->pos, &c);
		if (!len) {
			len = at.len = 1 + (u32)text_utf8(s + 1, l->len - l->pos - 1);
			lex_error(l, at, "unknown escape '%.*s' in a string", (int)len, s);
			lex_hint(l, "a backslash itself is written '\\\\'");
		}
		out[t->len++] = (char)c;
		l->pos += len;
	}
}

/* The bytes up to the closing quote; -1 if the line or the text ends before. */
static s64 lex_string_extent(const struct lex *l)
{
	for (u32 n = 0;; n++) {
		int c = lex_char(l, n);

		if (c == '"')
			return n;
		if (c == '\\' && lex_char(l, n + 1))
			n++;
		else if (!c || c == '\n')
			return -1;
	}
}

void lex_string(struct lex *l, struct token *t)
{
	s64 n;

	t->kind = TOKEN_STRING;
	l->pos++;
	n = lex_string_extent(l);
	if (n < 0) {
		while (lex_char(l, 0) && lex_char(l, 0) != '\n')
			l->pos++;
		t->loc.len = l->pos - t->loc.offset;
		lex_error(l, t->loc, "this string is never closed");
		lex_hint(l, "close it with '\"' on the same line");
		t->kind = TOKEN_ERROR;
		return;
	}
	lex_unescape(l, t, (u32)n);
	l->pos++;
	if (t->len > LANG_MAX_STRING) {
		t->loc.len = l->pos - t->loc.offset;
		lex_error(l, t->loc, "a string has at most %u bytes, this one %u", LANG_MAX_STRING,
			  t->len);
		t->len = 0;
	}
}

void lex_char_literal(struct lex *l, struct token *t)
{
	int c = lex_char(l, 1);

	t->kind = TOKEN_ERROR;
	if (c > ' ' && c < 127 && c != '\\' && c != '\'' && lex_char(l, 2) == '\'') {
		l->pos += 3;
		t->loc.len = 3;
		t->kind = TOKEN_INT;
		t->value = (u64)c;
		lex_error(l, t->loc, "character literals are not part of the language");
		lex_hint(l, "write %d", c);
		return;
	}
	l->pos++;
	t->loc.len = 1;
	lex_error(l, t->loc, "unexpected character '''");
	lex_hint(l, "strings stand in double quotes");
}
