/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of assembler text, character by character. */
#include "isa/asm_scan.h"

#include <stdarg.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
	       c == '.' || c == '$';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool scan_name_begins(const struct asm_name *n, size_t from, const char *text)
{
	size_t len = strlen(text);

	return n->len >= from && n->len - from >= len && !memcmp(n->at + from, text, len);
}

bool scan_name_is(const struct asm_name *n, size_t from, const char *text)
{
	return n->len == from + strlen(text) && scan_name_begins(n, from, text);
}

bool scan_name_digits(const struct asm_name *n, size_t from)
{
	for (size_t i = from; i < n->len; i++) {
		if (!is_digit(n->at[i]))
			return false;
	}
	return true;
}

/* The character n after the scan; 0 behind the end of the line. */
static char scan_peek(const struct asm_scan *s, size_t n)
{
	return s->end - s->pos > n ? s->text[s->pos + n] : 0;
}

void scan_blanks(struct asm_scan *s)
{
	while (is_blank(scan_peek(s, 0)))
		s->pos++;
}

bool scan_ended(struct asm_scan *s)
{
	scan_blanks(s);
	return s->pos == s->end || scan_peek(s, 0) == ';' || scan_peek(s, 0) == '#';
}

bool scan_text(struct asm_scan *s, const char *text)
{
	size_t len = strlen(text);

	scan_blanks(s);
	if (s->end - s->pos < len || memcmp(s->text + s->pos, text, len) != 0)
		return false;
	s->pos += len;
	return true;
}

bool scan_word(struct asm_scan *s, const char *word)
{
	size_t len = strlen(word);

	scan_blanks(s);
	if (is_name_char(scan_peek(s, len)))
		return false;
	return scan_text(s, word);
}

/* The place of len bytes from pos on. */
static struct loc scan_loc(const struct asm_scan *s, size_t pos, size_t len)
{
	return (struct loc){ (u32)pos, (u32)len, s->line, (u32)(pos - s->start + 1) };
}

static struct asm_name scan_taken(struct asm_scan *s, size_t len)
{
	struct asm_name name = { s->text + s->pos, len, scan_loc(s, s->pos, len) };

	s->pos += len;
	return name;
}

bool scan_name(struct asm_scan *s, struct asm_name *out)
{
	size_t len = 0;

	scan_blanks(s);
	while (is_name_char(scan_peek(s, len)))
		len++;
	if (!len || is_digit(scan_peek(s, 0)))
		return false;
	*out = scan_taken(s, len);
	return true;
}

bool scan_symbol(struct asm_scan *s, struct asm_name *out)
{
	size_t len = 0;

	scan_blanks(s);
	if (!is_name_char(scan_peek(s, 0)) || is_digit(scan_peek(s, 0)))
		return false;
	while (scan_peek(s, len) && !is_blank(scan_peek(s, len)) && scan_peek(s, len) != ';')
		len++;
	*out = scan_taken(s, len);
	return true;
}

bool scan_is_digit(struct asm_scan *s)
{
	scan_blanks(s);
	return is_digit(scan_peek(s, 0));
}

static int digit_value(char c, u64 base)
{
	if (is_digit(c))
		return c - '0';
	if (base == 16 && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (base == 16 && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool scan_number(struct asm_scan *s, u64 *value, bool *is_negative)
{
	size_t n = 0;
	u64 base = 10, v = 0;
	bool negative;
	int digit;

	scan_blanks(s);
	negative = scan_peek(s, 0) == '-';
	if (negative || scan_peek(s, 0) == '+')
		n++;
	if (scan_peek(s, n) == '0' && (scan_peek(s, n + 1) | 0x20) == 'x' &&
	    digit_value(scan_peek(s, n + 2), 16) >= 0) {
		base = 16;
		n += 2;
	}
	if (digit_value(scan_peek(s, n), base) < 0)
		return false;
	for (; (digit = digit_value(scan_peek(s, n), base)) >= 0; n++) {
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (u64)digit, &v))
			return false;
	}
	if (is_name_char(scan_peek(s, n)))
		return false;
	s->pos += n;
	*value = v;
	*is_negative = negative;
	return true;
}

struct asm_name scan_found(struct asm_scan *s)
{
	size_t len = 0;

	scan_blanks(s);
	while (is_name_char(scan_peek(s, len)))
		len++;
	if (!len && s->pos < s->end)
		len = 1;
	if (!len)
		return (struct asm_name){ "the end of the line", 19, scan_loc(s, s->pos, 1) };
	return (struct asm_name){ s->text + s->pos, len, scan_loc(s, s->pos, len) };
}

bool scan_fail(struct asm_scan *s, const char *fmt, ...)
{
	struct asm_name found = scan_found(s);
	va_list ap;
	char text[256];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(s->d, found.loc, "%s", text);
	return false;
}

bool scan_expected(struct asm_scan *s, const char *what)
{
	struct asm_name found = scan_found(s);
	const char *quote = s->pos < s->end ? "'" : "";

	return scan_fail(s, "expected %s, found %s%.*s%s", what, quote, (int)found.len, found.at,
			 quote);
}
