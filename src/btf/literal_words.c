/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words are put together to one text with blanks between them; which way it is written the first ones tell. */
#include "btf/literal_words.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "btf/literal.h"

struct words {
	struct diag *d;
	const char *what;
	char *const *at;
	u32 n, size;
	u8 *out;
};

/* Where a word is in the text of all. */
static struct loc place(const struct words *w, u32 i)
{
	u32 offset = 0;

	for (u32 k = 0; k < i; k++)
		offset += (u32)strlen(w->at[k]) + 1;
	return (struct loc){ offset, (u32)strlen(w->at[i]), 1, offset + 1 };
}

static int count_error(const struct words *w, u32 n)
{
	struct loc loc = loc_join(place(w, 0), place(w, w->n - 1));

	return diag_error(w->d, loc, "the %s has %u byte%s, but %s %u", w->what, w->size,
			  w->size == 1 ? "" : "s", n == 1 ? "this is" : "these are", n);
}

static int hex_digit(char c)
{
	return isdigit((u8)c) ? c - '0' : isxdigit((u8)c) ? tolower((u8)c) - 'a' + 10 : -1;
}

/* Behind "hex": bytes of one or two digits, or more of two each in a word. */
static int hex_words(const struct words *w)
{
	u32 n = 0;

	for (u32 i = 1; i < w->n; i++) {
		const char *word = w->at[i];
		bool has_prefix = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
		size_t len = strlen(word += has_prefix ? 2 : 0);

		if (!len || strspn(word, "0123456789abcdefABCDEF") != len || (len > 2 && len % 2))
			return diag_error(w->d, place(w, i),
					  "here go bytes of two hexadecimal digits");
		for (size_t k = 0; k < len; k += 2, n++) {
			int high = len == 1 ? 0 : hex_digit(word[k]);
			int low = hex_digit(word[k + (len > 1)]);

			if (n < w->size)
				w->out[n] = (u8)(high << 4 | low);
		}
	}
	if (n == w->size)
		return 0;
	if (w->n == 1)
		return diag_error(w->d, place(w, 0), "the bytes of the %s are missing", w->what);
	return count_error(w, n);
}

/* Whether all are numbers, each without sign. */
static bool are_numbers(const struct words *w)
{
	u64 v;

	for (u32 i = 0; i < w->n; i++)
		if (!isdigit((u8)w->at[i][0]) || !text_u64(w->at[i], &v))
			return false;
	return w->n > 0;
}

static int byte_words(const struct words *w)
{
	if (w->n != w->size)
		return count_error(w, w->n);
	for (u32 i = 0; i < w->n; i++) {
		u64 v = 0;

		text_u64(w->at[i], &v);
		if (v > 255)
			return diag_error(w->d, place(w, i), "a byte is at most 255");
		w->out[i] = (u8)v;
	}
	return 0;
}

/* ["0x01", ..]: *is_one says whether it begins like this. */
static int json_bytes(struct literal *l, const struct words *w, bool *is_one)
{
	u32 n = 0, byte;

	*is_one = literal_take(l, '[') && literal_skip(l) && l->end - l->at > 3 &&
		  !memcmp(l->text + l->at, "\"0x", 3);
	if (!*is_one)
		return 0;
	do {
		literal_skip(l);
		if (l->end - l->at < 6 || memcmp(l->text + l->at, "\"0x", 3) != 0 ||
		    hex_digit(l->text[l->at + 3]) < 0 || hex_digit(l->text[l->at + 4]) < 0 ||
		    l->text[l->at + 5] != '"')
			return literal_expected(l, "a byte like \"0x01\"");
		byte = (u32)(hex_digit(l->text[l->at + 3]) << 4 | hex_digit(l->text[l->at + 4]));
		if (n < w->size)
			w->out[n] = (u8)byte;
		n++;
		l->at += 6;
	} while (literal_take(l, ','));
	if (!literal_take(l, ']'))
		return literal_expected(l, "',' or ']'");
	return n == w->size ? 0 : count_error(w, n);
}

/* All that begins with its own signs; the mask is set by what is named. */
static int text_value(const struct words *w, struct literal *l, u32 type, u8 *mask)
{
	struct literal start = *l;
	bool is_one;
	int err = json_bytes(l, w, &is_one);

	if (!is_one) {
		*l = start;
		err = literal_value(l, type, w->out, mask, w->size);
	} else {
		memset(mask, 0xff, w->size);
	}
	if (!err && literal_skip(l))
		err = literal_expected(l, "the end");
	return err;
}

int literal_words(struct diag *d, const char *what, const struct rawbtf *b, u32 type,
		  char *const *words, u32 n, void *out, void *mask, u32 size)
{
	struct words w = { d, what, words, n, size, out };
	u8 *named = mask ? mask : arena_alloc(d->arena, (size_t)size + 1);
	struct literal l = { .btf = type ? b : NULL, .d = d, .line = 1 };
	struct buf text = { 0 };

	for (u32 i = 0; i < n && text.len <= LITERAL_WORDS_MAX; i++) {
		buf_puts(&text, i ? " " : "");
		buf_puts(&text, words[i]);
	}
	l.end = (u32)text.len;
	l.text = arena_strndup(d->arena, buf_str(&text), text.len);
	buf_done(&text);
	if (l.end > LITERAL_WORDS_MAX)
		return diag_error(d, LOC_NONE, "the %s is too long", what);
	diag_set_source(d, what, l.text, l.end);
	memset(out, 0, size);
	memset(named, 0xff, size);
	if (!n)
		return diag_error(d, LOC_NONE, "the %s is missing", what);
	if (!strcmp(words[0], "hex"))
		return hex_words(&w);
	/* One number is a number if it has a type, or may be. */
	if (are_numbers(&w) && (n > 1 || (!l.btf && size > 8)))
		return byte_words(&w);
	return text_value(&w, &l, l.btf ? type : 0, named);
}
