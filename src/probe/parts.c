/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cutting is done in one pass over a copy of the name, which shrinks by its quotes. */
#include "probe/parts.h"

#include <string.h>

#include "base/text.h"

/* The place of a part; known only where the name stands in the script as it is. */
static struct loc part_loc(struct loc whole, size_t len, size_t from, size_t to)
{
	if (!whole.line || whole.len != len)
		return whole;
	whole.offset += (u32)from;
	whole.col += (u32)from;
	whole.len = (u32)(to - from);
	return whole;
}

/* Copies one part from text + *pos to `to` without quotes and backslashes; false if a quote is not closed. */
static bool part_copy(const char *text, size_t *pos, char *to, struct part *out)
{
	bool quoted = false;

	*out = (struct part){ .text = to };
	for (; text[*pos] && (quoted || text[*pos] != ':'); ++*pos) {
		if (text[*pos] == '"') {
			quoted = !quoted;
			out->quoted = (size_t)(to - out->text);
			continue;
		}
		if (text[*pos] == '\\' && text[*pos + 1])
			++*pos;
		*to++ = text[*pos];
	}
	*to = '\0';
	return !quoted;
}

int parts_split(struct arena *a, const char *text, struct loc loc, struct parts *out,
		struct diag *d)
{
	size_t len = strlen(text), pos = 0;
	char *copy;

	if (len > PARTS_MAX_TEXT)
		return diag_error(d, loc, "probe name of %zu bytes is too long", len);
	copy = arena_alloc(a, len + PARTS_MAX);
	*out = (struct parts){ .loc = loc };
	for (;;) {
		struct part *p = &out->at[out->n];
		size_t from = pos;

		if (out->n == PARTS_MAX)
			return diag_error(d, loc, "probe name '%s' has too many parts", text);
		if (!part_copy(text, &pos, copy, p))
			return diag_error(d, part_loc(loc, len, from, pos),
					  "missing closing quote in probe name '%s'", text);
		p->loc = part_loc(loc, len, from, pos);
		copy += strlen(p->text) + 1;
		out->n++;
		if (!text[pos])
			return 0;
		pos++;
	}
}

int parts_cut_offset(struct part *p, u64 *offset, bool *has, struct diag *d)
{
	char *plus = strrchr(p->text + p->quoted, '+');

	*offset = 0;
	*has = plus != NULL;
	if (!plus)
		return 0;
	if (!parts_number(plus + 1, offset))
		return diag_error(d, p->loc, "offset '%s' is not a number", plus + 1);
	*plus = '\0';
	return 0;
}

/* MeN: M times ten to the power of N. */
static bool number_scientific(char *s, char *e, u64 *out)
{
	u64 mantissa, exponent;

	*e = '\0';
	if (*s == '0' && s[1])
		return false;
	if (!text_u64(s, &mantissa) || !text_u64(e + 1, &exponent) || exponent > 19)
		return false;
	for (; exponent; exponent--) {
		if (__builtin_mul_overflow(mantissa, 10u, &mantissa))
			return false;
	}
	*out = mantissa;
	return true;
}

bool parts_number(const char *s, u64 *out)
{
	char digits[64];
	size_t n = 0;
	char *e;

	if (*s == '_')
		return false;
	for (; *s; s++) {
		if (*s == '_')
			continue;
		if (n + 1 == sizeof(digits))
			return false;
		digits[n++] = *s;
	}
	digits[n] = '\0';
	e = strpbrk(digits, "eE");
	if (e && strncmp(digits, "0x", 2) != 0 && strncmp(digits, "0X", 2) != 0)
		return number_scientific(digits, e, out);
	return text_u64(digits, out);
}

bool parts_duration(const char *s, u64 *ns)
{
	static const struct {
		const char *suffix;
		u64 ns;
	} units[] = {
#define DURATION(unit, nanoseconds) { unit, nanoseconds },
#include "base/duration.def"
#undef DURATION
	};
	size_t digits = strspn(s, "0123456789_");
	char number[64];
	u64 n;

	if (parts_number(s, ns))
		return true;
	if (digits >= sizeof(number))
		return false;
	memcpy(number, s, digits);
	number[digits] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(s + digits, units[i].suffix) != 0)
			continue;
		if (!parts_number(number, &n) || __builtin_mul_overflow(n, units[i].ns, &n))
			return false;
		*ns = n;
		return true;
	}
	return false;
}
