/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hex.h"

#include <ctype.h>
#include <string.h>

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static bool is_blank(char c)
{
	return isspace((unsigned char)c) || c == ':';
}

int hex_read(struct arena *a, const char *what, const char *text, u32 max, struct hex_bytes *out,
	     struct diag *d)
{
	size_t room = strlen(text) / 2 + 1;
	u8 *bytes = arena_alloc(a, room);
	u32 n = 0;

	for (const char *at = text; *at; at++) {
		const char *wrong = digit(at[0]) < 0 ? at : at + 1;
		bool is_cut = !*wrong || is_blank(*wrong);

		if (is_blank(*at))
			continue;
		if (digit(at[0]) < 0 || (digit(at[1]) < 0 && !is_cut))
			return diag_error(d, LOC_NONE,
					  "%s: '%c' (character %zu) is no hexadecimal digit", what,
					  *wrong, (size_t)(wrong - text) + 1);
		if (digit(at[1]) < 0)
			return diag_error(
				d, LOC_NONE,
				"%s: a byte has two digits, but here is one (character %zu)", what,
				(size_t)(at - text) + 1);
		if (n == max)
			return diag_error(d, LOC_NONE, "%s: more than %u bytes", what, max);
		bytes[n++] = (u8)(digit(at[0]) << 4 | digit(at[1]));
		at++;
	}
	*out = (struct hex_bytes){ bytes, n };
	return 0;
}
