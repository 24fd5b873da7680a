/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Items are kept in the order of their report. Many errors at one place are one mistake told
 * again, so an identical one is not kept; and beyond DIAG_MAX_ERRORS they are only counted.
 *
 * A source line longer than DIAG_WIDTH bytes is shown through a window around its caret:
 *
 *	  1 | ...nd); @b = count(); @c = coutn(); @d = count...
 *	    |                            ^~~~~
 */
#include "base/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum {
	DIAG_WIDTH = 96,   /* bytes of a source line that are shown */
	DIAG_BEFORE = 48,  /* of which before the caret, when it is far to the right */
	DIAG_HEAD = 4096,  /* bytes of a message that are kept from its start when it is too long */
	DIAG_TAIL = 12288, /* and from its end, where a long log says what matters */
};

struct loc loc_join(struct loc a, struct loc b)
{
	if (!b.line || b.offset + b.len <= a.offset)
		return a;
	if (!a.line)
		return b;
	a.len = b.offset + b.len - a.offset;
	return a;
}

void diag_init(struct diag *d, struct arena *arena)
{
	*d = (struct diag){ .arena = arena };
}

void diag_set_source(struct diag *d, const char *name, const char *text, size_t len)
{
	d->name = name;
	d->source = text;
	d->source_len = len;
}

static bool diag_has(const struct diag *d, enum diag_level level, struct loc loc, const char *text)
{
	for (size_t i = 0; i < d->items.n; i++) {
		const struct diag_item *it = &d->items.at[i];

		if (it->level == level && it->loc.offset == loc.offset &&
		    it->loc.line == loc.line && it->loc.len == loc.len && !strcmp(it->text, text))
			return true;
	}
	return false;
}

static const char *diag_keep(struct diag *d, const struct buf *text)
{
	const char *s = buf_str(text);

	if (text->len <= DIAG_HEAD + DIAG_TAIL)
		return arena_strdup(d->arena, s);
	return arena_printf(d->arena, "%.*s...%s", DIAG_HEAD, s, s + text->len - DIAG_TAIL);
}

static void diag_add(struct diag *d, enum diag_level level, struct loc loc, const char *text)
{
	bool error = level == DIAG_ERROR;

	d->dropped = true;
	if (diag_has(d, level, loc, text))
		return;
	d->errors += error;
	if (error && d->errors > DIAG_MAX_ERRORS) {
		d->suppressed++;
		return;
	}
	if (!error && d->items.n >= 2 * DIAG_MAX_ERRORS)
		return;
	d->dropped = false;
	*vec_add(d->arena, &d->items) = (struct diag_item){
		.level = level,
		.loc = loc,
		.text = text,
	};
}

/* As diag_add, from a format; what follows the message is `tail`. */
static void diag_addf(struct diag *d, enum diag_level level, struct loc loc, const char *tail,
		      const char *fmt, va_list ap)
{
	struct buf text = { 0 };

	buf_vprintf(&text, fmt, ap);
	buf_puts(&text, tail);
	diag_add(d, level, loc, diag_keep(d, &text));
	buf_done(&text);
}

int diag_error(struct diag *d, struct loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_addf(d, DIAG_ERROR, loc, "", fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void diag_warning(struct diag *d, struct loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_addf(d, DIAG_WARNING, loc, "", fmt, ap);
	va_end(ap);
}

int diag_errno(struct diag *d, int err, const char *fmt, ...)
{
	char tail[128];
	va_list ap;

	snprintf(tail, sizeof(tail), ": %s", strerror(err));
	va_start(ap, fmt);
	diag_addf(d, DIAG_ERROR, LOC_NONE, tail, fmt, ap);
	va_end(ap);
	return -err;
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (d->dropped || !d->items.n)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	d->items.at[d->items.n - 1].hint = diag_keep(d, &text);
	buf_done(&text);
}

/*
 * The length of the character at s, which *shown tells whether a terminal may get it as it is: control
 * characters, C1 ones in UTF-8 included, and bytes that are no UTF-8 are not for it.
 */
static size_t diag_char(const char *s, size_t n, bool *shown)
{
	size_t len = text_utf8(s, n);
	u8 c = (u8)s[0];

	if (len <= 1)
		*shown = len && c >= 0x20 && c != 0x7f;
	else
		*shown = c != 0xc2 || (u8)s[1] >= 0xa0;
	return len ? len : 1;
}

/* Message text, in which line ends and tabs are allowed. */
static void diag_render_text(const char *s, FILE *to)
{
	size_t n = strlen(s);
	bool shown;

	while (n) {
		size_t len = diag_char(s, n, &shown);

		if (shown || *s == '\n' || *s == '\t')
			fwrite(s, 1, len, to);
		else
			fputc('.', to);
		s += len;
		n -= len;
	}
}

/* One character of a source line, or with a mark the mark that stands below it; returns its bytes. */
static size_t diag_render_char(const char *s, size_t n, char mark, FILE *to)
{
	bool shown;
	size_t len = diag_char(s, n, &shown);

	if (*s == '\t')
		fputc('\t', to);
	else if (mark)
		fputc(mark, to);
	else if (shown)
		fwrite(s, 1, len, to);
	else
		fputc('.', to);
	return len;
}

/* The stretch [from, to) of the text that is shown; the line that it is cut from may go on at either side. */
struct diag_window {
	size_t from, to;
	bool more_before, more_behind;
};

static bool diag_inside_char(char c)
{
	return ((u8)c & 0xc0) == 0x80;
}

static struct diag_window diag_window(const char *text, size_t len, size_t at)
{
	struct diag_window w = { at, at, false, false };
	const char *end = memchr(text + at, '\n', len - at);
	size_t start = at, stop = end ? (size_t)(end - text) : len;

	while (start && text[start - 1] != '\n')
		start--;
	w.from = start;
	w.to = stop;
	if (stop - start <= DIAG_WIDTH)
		return w;
	if (at - start > DIAG_WIDTH - DIAG_BEFORE)
		w.from = at - DIAG_BEFORE;
	if (stop - w.from > DIAG_WIDTH)
		w.to = w.from + DIAG_WIDTH;
	/* At most three bytes each: what is no UTF-8 need not have a better place to cut. */
	for (int i = 0; i < 3 && w.from < at && diag_inside_char(text[w.from]); i++)
		w.from++;
	for (int i = 0; i < 3 && w.to > at && w.to < stop && diag_inside_char(text[w.to]); i++)
		w.to--;
	w.more_before = w.from > start;
	w.more_behind = w.to < stop;
	return w;
}

static void diag_render_source(const struct diag *d, struct loc loc, FILE *to)
{
	const char *text = d->source;
	size_t at = loc.offset < d->source_len ? loc.offset : d->source_len;
	size_t end = loc.len < d->source_len - at ? at + loc.len : d->source_len;
	struct diag_window w = diag_window(text, d->source_len, at);
	int gutter = snprintf(NULL, 0, "%u", loc.line);
	bool shown;

	fprintf(to, "  %u | %s", loc.line, w.more_before ? "..." : "");
	for (size_t i = w.from; i < w.to;)
		i += diag_render_char(text + i, w.to - i, 0, to);
	fprintf(to, "%s\n  %*s | %s", w.more_behind ? "..." : "", gutter, "",
		w.more_before ? "   " : "");
	for (size_t i = w.from; i < at;)
		i += diag_render_char(text + i, at - i, ' ', to);
	fputc('^', to);
	if (at < w.to)
		at += diag_char(text + at, w.to - at, &shown);
	while (at < end && at < w.to)
		at += diag_render_char(text + at, w.to - at, '~', to);
	fputc('\n', to);
}

static void diag_render_item(const struct diag *d, const struct diag_item *it, FILE *to)
{
	static const char *const levels[] = {
		[DIAG_ERROR] = "error",
		[DIAG_WARNING] = "warning",
		[DIAG_NOTE] = "note",
	};

	diag_render_text(it->loc.line && d->name ? d->name : "skep", to);
	if (it->loc.line)
		fprintf(to, ":%u:%u", it->loc.line, it->loc.col);
	fprintf(to, ": %s: ", levels[it->level]);
	diag_render_text(it->text, to);
	fputc('\n', to);
	if (it->loc.line && d->source)
		diag_render_source(d, it->loc, to);
	if (it->hint) {
		fputs("hint: ", to);
		diag_render_text(it->hint, to);
		fputc('\n', to);
	}
}

/* In the order of the text, whichever pass found what; what has no place comes last. */
static bool diag_comes_before(const struct diag_item *a, const struct diag_item *b)
{
	if (!a->loc.line || !b->loc.line)
		return a->loc.line && !b->loc.line;
	return a->loc.offset < b->loc.offset;
}

void diag_render(const struct diag *d, FILE *to)
{
	size_t order[DIAG_MAX_ITEMS], n = 0;

	for (size_t i = 0; i < d->items.n && n < DIAG_MAX_ITEMS; i++) {
		size_t at = n++;
		for (; at && diag_comes_before(&d->items.at[i], &d->items.at[order[at - 1]]); at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	for (size_t i = 0; i < n; i++)
		diag_render_item(d, &d->items.at[order[i]], to);
	if (d->suppressed)
		fprintf(to, "and %u more error%s\n", d->suppressed, d->suppressed == 1 ? "" : "s");
}
