/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Without flags, which is the common case, numbers and strings go straight to their destination. */
#include "session/format.h"

#include <string.h>

enum { FORMAT_MAX_WIDTH = 4096 };

static u32 format_number(const char **s)
{
	u32 n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++) {
		if (n <= FORMAT_MAX_WIDTH)
			n = n * 10 + (u32)(**s - '0');
	}
	return n > FORMAT_MAX_WIDTH ? FORMAT_MAX_WIDTH : n;
}

static void format_flags(struct format_piece *p, const char **s)
{
	for (;; (*s)++) {
		switch (**s) {
		case '-':
			p->left = true;
			break;
		case '+':
			p->plus = true;
			break;
		case ' ':
			p->space = true;
			break;
		case '#':
			p->alternate = true;
			break;
		case '0':
			p->zero = true;
			break;
		default:
			return;
		}
	}
}

static void format_length(struct format_piece *p, const char **s)
{
	p->length = 4;
	for (; **s && strchr("hlLjzt", **s); (*s)++)
		p->length = **s != 'h' ? 8 : p->length > 2 ? 2 : 1;
}

/* One conversion after its '%': true and *s behind it, or false if it is none. */
static bool format_conversion(struct format_piece *p, const char **s)
{
	const char *at = *s;

	p->precision = -1;
	format_flags(p, &at);
	p->width = format_number(&at);
	if (*at == '.') {
		at++;
		p->precision = (s32)format_number(&at);
	}
	format_length(p, &at);
	if (!*at || !strchr("diuxXocpsr%", *at))
		return false;
	p->conversion = *at++;
	if (p->conversion == 'i')
		p->conversion = 'd';
	if (p->conversion == 'r' && (*at == 'x' || *at == 'h'))
		p->raw = *at++;
	*s = at;
	return true;
}

int format_compile(struct format *f, struct arena *arena, const char *text,
		   const struct script_arg *args, size_t arg_count)
{
	size_t used = 0;

	for (const char *s = text; *s;) {
		struct format_piece *p = vec_add(arena, &f->pieces);
		const char *after;

		p->text = s;
		s += strcspn(s, "%");
		p->text_len = (u32)(s - p->text);
		if (!*s)
			break;
		after = s + 1;
		if (!format_conversion(p, &after)) {
			*p = (struct format_piece){ .text = p->text, .text_len = p->text_len + 1 };
			s++;
			continue;
		}
		s = after;
		if (p->conversion == '%') {
			/* Its first '%' ends the text before it. */
			*p = (struct format_piece){ .text = p->text, .text_len = p->text_len + 1 };
			continue;
		}
		if (used == arg_count)
			return -EINVAL;
		p->arg = &args[used++];
	}
	return 0;
}

static void format_fill(struct buf *b, char c, size_t n)
{
	if (n)
		memset(buf_extend(b, n), c, n);
}

/* Text put between start and the end of b is cut to precision and padded to width. */
static void format_pad(const struct format_piece *p, struct buf *b, size_t start)
{
	size_t len = b->len - start, gap;

	if (p->precision >= 0 && (size_t)p->precision < len && p->conversion == 's') {
		len = (size_t)p->precision;
		b->len = start + len;
		b->data[b->len] = '\0';
	}
	if (len >= p->width)
		return;
	gap = p->width - len;
	format_fill(b, ' ', gap);
	if (!p->left) {
		memmove(b->data + start + gap, b->data + start, len);
		memset(b->data + start, ' ', gap);
	}
}

static size_t format_digits(char digits[24], u64 n, char conversion)
{
	const char *set = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned base = conversion == 'o' ? 8 : conversion == 'd' || conversion == 'u' ? 10 : 16;
	size_t at = 24;

	while (n) {
		digits[--at] = set[n % base];
		n /= base;
	}
	return 24 - at;
}

/* C's rules: precision is the least number of digits and switches the 0 flag off, as '-' does. */
static void format_digits_padded(const struct format_piece *p, struct buf *b, u64 n,
				 const char *prefix)
{
	char digits[24];
	size_t count = format_digits(digits, n, p->conversion), zeros = 0, total;
	size_t least = p->precision >= 0 ? (size_t)p->precision : 1;

	if (count < least)
		zeros = least - count;
	if (p->alternate && p->conversion == 'o' && n && !zeros)
		zeros = 1;
	total = strlen(prefix) + zeros + count;
	if (p->zero && !p->left && p->precision < 0 && total < p->width) {
		zeros += p->width - total;
		total = p->width;
	}
	if (!p->left && total < p->width)
		format_fill(b, ' ', p->width - total);
	buf_puts(b, prefix);
	format_fill(b, '0', zeros);
	buf_put(b, digits + 24 - count, count);
	if (p->left && total < p->width)
		format_fill(b, ' ', p->width - total);
}

static u64 format_cut(u64 n, u8 length, bool is_signed)
{
	u32 unused = 64 - 8U * length;

	return is_signed ? (u64)((s64)(n << unused) >> unused) : n << unused >> unused;
}

static void format_int(const struct format_piece *p, struct buf *b, u64 n)
{
	bool plain = !p->width && p->precision < 0;
	const char *prefix = "";

	n = format_cut(n, p->length, p->conversion == 'd');
	if (p->conversion == 'd') {
		bool negative = (s64)n < 0;

		if (plain && !p->plus && !p->space) {
			value_put_s64(b, (s64)n);
			return;
		}
		prefix = negative ? "-" : p->plus ? "+" : p->space ? " " : "";
		n = negative ? -n : n;
	} else if (p->conversion == 'u' && plain) {
		value_put_u64(b, n);
		return;
	} else if (p->alternate && n && (p->conversion == 'x' || p->conversion == 'X')) {
		prefix = p->conversion == 'x' ? "0x" : "0X";
	}
	format_digits_padded(p, b, n, prefix);
}

static void format_pointer(const struct format_piece *p, struct buf *b, u64 n)
{
	struct format_piece hex = *p;

	hex.conversion = 'x';
	hex.length = 8;
	hex.alternate = true;
	format_int(&hex, b, n);
}

static void format_raw(const struct format_piece *p, struct values *v, struct buf *b, const u8 *at,
		       size_t size)
{
	const struct type *t = p->arg->type;
	size_t len;

	if (t->kind != TYPE_BUF) {
		value_text(v, b, t, at, size);
		return;
	}
	at = value_buf(at, t->size < size ? t->size : size, &len);
	value_put_bytes(b, at, len, p->raw);
}

static void format_arg(const struct format_piece *p, struct values *v, struct buf *b,
		       const u8 *record, size_t size)
{
	const u8 *at = record + p->arg->offset;
	size_t left = size - p->arg->offset, start = b->len;
	bool is_int = p->conversion != 's' && p->conversion != 'r';
	u64 n;

	if (is_int && value_int(p->arg->type, at, left, &n)) {
		if (p->conversion == 'p') {
			format_pointer(p, b, n);
			return;
		}
		if (p->conversion != 'c') {
			format_int(p, b, n);
			return;
		}
		buf_putc(b, (char)n);
	} else if (p->conversion == 'r') {
		format_raw(p, v, b, at, left);
	} else {
		value_text(v, b, p->arg->type, at, left);
	}
	if (p->width || p->precision >= 0)
		format_pad(p, b, start);
}

void format_print(const struct format *f, struct values *v, struct buf *b, const u8 *record,
		  size_t size)
{
	for (size_t i = 0; i < f->pieces.n; i++) {
		const struct format_piece *p = &f->pieces.at[i];

		if (p->text_len)
			buf_put(b, p->text, p->text_len);
		if (p->conversion && p->arg->offset <= size)
			format_arg(p, v, b, record, size);
	}
}
