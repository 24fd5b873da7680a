/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/lines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/text.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int lines_begin(struct lines *l, const char *text, size_t len, const char *what, struct diag *d)
{
	*l = (struct lines){ .text = text, .end = text + len, .what = what, .d = d };
	if (len > LINES_MAX_BYTES)
		return diag_error(d, LOC_NONE, "a text has at most %u bytes", LINES_MAX_BYTES);
	return 0;
}

int lines_word(struct lines *l)
{
	const char *s = l->text + l->at;
	size_t n = 0;

	while (s < l->end && is_space(*s))
		s++;
	while (s + n < l->end && !is_space(s[n]) && s[n] != '\n' && s[n] != '#')
		n++;
	l->at = (size_t)(s - l->text) + n;
	l->loc = (struct loc){ (u32)(s - l->text), (u32)n, l->line,
			       (u32)(s - l->text) - l->line_start + 1 };
	if (n >= LINES_MAX_WORD || memchr(s, '\0', n))
		return diag_error(l->d, l->loc, "this is no word of %s", l->what);
	memcpy(l->word, s, n);
	l->word[n] = '\0';
	return n > 0;
}

int lines_next(struct lines *l)
{
	size_t len = (size_t)(l->end - l->text);
	int got = 0;

	while (!got && l->at < len) {
		if (l->line) { /* what is left of it is a comment */
			while (l->at < len && l->text[l->at] != '\n')
				l->at++;
			l->at++;
			l->line_start = (u32)l->at;
		}
		l->line++;
		if (l->at < len)
			got = lines_word(l);
	}
	return got;
}

bool lines_address(const char *word, u8 *family, u8 out[16])
{
	memset(out, 0, 16);
	*family = strchr(word, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, word, out) == 1;
}

int lines_device(struct lines *l, const char *word, u32 *out)
{
	u64 n;

	*out = if_nametoindex(word);
	if (*out)
		return 0;
	if (!text_u64(word, &n) || !n || n > INT32_MAX)
		return diag_error(l->d, l->loc,
				  "there is no device '%s' here, and it is no index of one", word);
	*out = (u32)n;
	return 0;
}
