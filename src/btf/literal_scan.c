/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "btf/literal_scan.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_WORD 64  /* of a number, an address */
#define MAX_NAME 256 /* of an enumerator */

static char peek(const struct literal *l)
{
	return l->at < l->end ? l->text[l->at] : '\0';
}

static char ahead(const struct literal *l, u32 n)
{
	return n < l->end - l->at ? l->text[l->at + n] : '\0';
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

bool literal_skip(struct literal *l)
{
	bool is_comment = false;

	while (l->at < l->end &&
	       (is_comment || peek(l) == '#' || isspace((unsigned char)peek(l)))) {
		is_comment = (is_comment || peek(l) == '#') && peek(l) != '\n';
		if (l->text[l->at++] == '\n') {
			l->line++;
			l->line_start = l->at;
		}
	}
	return l->at < l->end;
}

bool literal_take(struct literal *l, char c)
{
	if (!literal_skip(l) || peek(l) != c)
		return false;
	l->at++;
	return true;
}

bool literal_sees(const struct literal *l, const char *s)
{
	size_t n = strlen(s);

	return n <= l->end - l->at && !memcmp(l->text + l->at, s, n);
}

u32 literal_name(struct literal *l, bool is_dotted)
{
	u32 n = 0;

	literal_skip(l);
	if (isdigit((unsigned char)peek(l)))
		return 0;
	while (isalnum((unsigned char)ahead(l, n)) || ahead(l, n) == '_' ||
	       (is_dotted && ahead(l, n) == '.'))
		n++;
	return n;
}

struct loc literal_loc(const struct literal *l, u32 n)
{
	return (struct loc){ l->at, n, l->line, l->at - l->line_start + 1 };
}

/* What stands there, up to a blank or something that ends a value. */
static u32 word_length(const struct literal *l)
{
	u32 n = 0;

	while (n < l->end - l->at && !isspace((unsigned char)ahead(l, n)) &&
	       !strchr(",]})(=", ahead(l, n)))
		n++;
	return n ? n : l->at < l->end;
}

int literal_expected(struct literal *l, const char *what)
{
	u32 n;

	if (!literal_skip(l))
		return diag_error(l->d, literal_loc(l, 1), "%s is missing", what);
	n = word_length(l);
	return diag_error(l->d, literal_loc(l, n), "here goes %s, not '%.*s'", what,
			  n < MAX_WORD ? (int)n : MAX_WORD, l->text + l->at);
}

/* ---- numbers */

static u64 enumerator(const struct btf_type *t, u32 i)
{
	const struct btf_enum *narrow = (const void *)(t + 1);
	const struct btf_enum64 *wide = (const void *)(t + 1);

	if (BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64)
		return (u64)wide[i].val_hi32 << 32 | wide[i].val_lo32;
	return BTF_INFO_KFLAG(t->info) ? (u64)(s64)narrow[i].val : (u64)(u32)narrow[i].val;
}

static const char *enumerator_name(const struct literal *l, const struct btf_type *t, u32 i)
{
	const struct btf_enum *narrow = (const void *)(t + 1);
	const struct btf_enum64 *wide = (const void *)(t + 1);

	return rawbtf_str(l->btf, BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64 ? wide[i].name_off
									    : narrow[i].name_off);
}

static void take_enumerator(const struct btf_type *t, u32 i, struct literal_number *out)
{
	out->value = enumerator(t, i);
	out->is_negative = BTF_INFO_KFLAG(t->info) && (s64)out->value < 0;
}

static int swapped(struct literal *l, u32 name_length, bool is_long, struct literal_number *out)
{
	struct literal_number n;

	l->at += name_length;
	if (!literal_take(l, '('))
		return literal_expected(l, "'('");
	if (literal_scan_number(l, NULL, &n))
		return -EINVAL;
	if (n.is_negative || n.value > (is_long ? UINT32_MAX : UINT16_MAX))
		return diag_error(l->d, n.loc, "this does not fit into %u bits", is_long ? 32 : 16);
	if (!literal_take(l, ')'))
		return literal_expected(l, "')'");
	out->value = is_long ? htonl((u32)n.value) : htons((u16)n.value);
	return 0;
}

static int named_number(struct literal *l, const struct btf_type *own, u32 n,
			struct literal_number *out)
{
	static const struct {
		const char *name;
		u64 value;
	} words[] = { { "true", 1 }, { "false", 0 }, { "NULL", 0 } };
	char name[MAX_NAME];
	struct nearest near;
	u32 index, type;

	if (n >= MAX_NAME)
		return diag_error(l->d, literal_loc(l, n), "there is no enumerator of this name");
	memcpy(name, l->text + l->at, n);
	name[n] = '\0';
	near = nearest_to(name);
	for (u32 i = 0; own && i < BTF_INFO_VLEN(own->info); i++) {
		nearest_try(&near, enumerator_name(l, own, i));
		if (strcmp(enumerator_name(l, own, i), name) != 0)
			continue;
		take_enumerator(own, i, out);
		out->is_own = true;
		l->at += n;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].name, name) != 0)
			continue;
		out->value = words[i].value;
		l->at += n;
		return 0;
	}
	if (!strcmp(name, "htons") || !strcmp(name, "bpf_htons"))
		return swapped(l, n, false, out);
	if (!strcmp(name, "htonl") || !strcmp(name, "bpf_htonl"))
		return swapped(l, n, true, out);
	type = l->btf ? rawbtf_find_enumerator(l->btf, name, &index) : 0;
	if (type) {
		take_enumerator(rawbtf_type(l->btf, type), index, out);
		l->at += n;
		return 0;
	}
	diag_error(l->d, literal_loc(l, n), "'%s' is no number, and no enumerator of this object",
		   name);
	if (nearest_name(&near))
		diag_hint(l->d, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

/* A character behind a backslash; -1: none that is known. */
static int escaped(struct literal *l)
{
	static const char from[] = "ntr0abfv\\\"'", to[] = "\n\t\r\0\a\b\f\v\\\"'";
	char c = ahead(l, 1);
	const char *at = c ? strchr(from, c) : NULL;

	if (c == 'x' && digit(ahead(l, 2)) >= 0 && digit(ahead(l, 3)) >= 0) {
		int v = digit(ahead(l, 2)) << 4 | digit(ahead(l, 3));

		l->at += 4;
		return v;
	}
	if (!at)
		return -1;
	l->at += 2;
	return (u8)to[at - from];
}

/* A character of a string or literal, which is not its end. */
static int character(struct literal *l, u8 *out)
{
	int c;

	if (l->at == l->end || peek(l) == '\n')
		return diag_error(l->d, literal_loc(l, 1), "the closing quote is missing");
	if (peek(l) != '\\') {
		*out = (u8)l->text[l->at++];
		return 0;
	}
	c = escaped(l);
	if (c < 0) {
		diag_error(l->d, literal_loc(l, 2), "this escape is not known");
		diag_hint(l->d,
			  "there are \\n, \\t, \\r, \\0, \\\\, \\\", \\' and \\x with two digits");
		return -EINVAL;
	}
	*out = (u8)c;
	return 0;
}

static int quoted_number(struct literal *l, struct literal_number *out)
{
	u8 c;

	l->at++;
	if (character(l, &c))
		return -EINVAL;
	if (peek(l) != '\'')
		return literal_expected(l, "a quote (')");
	l->at++;
	out->value = c;
	return 0;
}

static int digits(struct literal *l, struct literal_number *out)
{
	u32 n = 0, base = 10, begin = l->at;
	u64 v = 0;

	if (peek(l) == '0' && (ahead(l, 1) == 'x' || ahead(l, 1) == 'X'))
		base = 16;
	else if (peek(l) == '0' && (ahead(l, 1) == 'b' || ahead(l, 1) == 'B'))
		base = 2;
	else if (peek(l) == '0')
		base = 8;
	l->at += base == 16 || base == 2 ? 2 : 0;
	for (; digit(peek(l)) >= 0 && digit(peek(l)) < (int)base; l->at++, n++) {
		if (v > (UINT64_MAX - (u64)digit(peek(l))) / base) {
			l->at = begin;
			return diag_error(l->d, literal_loc(l, word_length(l)),
					  "this does not fit into 64 bits");
		}
		v = v * base + (u64)digit(peek(l));
	}
	while (n && (peek(l) == 'u' || peek(l) == 'U' || peek(l) == 'l' || peek(l) == 'L'))
		l->at++;
	if (!n || isalnum((unsigned char)peek(l)) || peek(l) == '_' || peek(l) == '.') {
		l->at = begin;
		return literal_expected(l, "a number");
	}
	out->value = v;
	return 0;
}

int literal_scan_number(struct literal *l, const struct btf_type *own, struct literal_number *out)
{
	struct literal start;
	u32 n = literal_name(l, false);
	bool is_negative = false;
	int err;

	start = *l;
	*out = (struct literal_number){ 0 };
	if (!n && peek(l) == '-') {
		l->at++;
		is_negative = true;
	}
	if (n)
		err = named_number(l, own, n, out);
	else if (peek(l) == '\'')
		err = quoted_number(l, out);
	else if (isdigit((unsigned char)peek(l)))
		err = digits(l, out);
	else
		err = literal_expected(l, "a number");
	if (err)
		return err;
	out->loc = literal_loc(&start, l->at - start.at);
	if (!is_negative || !out->value)
		return 0;
	if (out->value > 1ull << 63)
		return diag_error(l->d, out->loc, "this does not fit into 64 bits");
	out->value = -out->value;
	out->is_negative = true;
	return 0;
}

/* ---- bytes */

int literal_scan_string(struct literal *l, u8 *out, u32 max, u32 *n)
{
	struct literal start = *l;
	u8 c;

	l->at++;
	for (*n = 0; peek(l) != '"'; (*n)++) {
		if (character(l, &c))
			return -EINVAL;
		if (*n == max)
			return diag_error(l->d, literal_loc(&start, l->at - start.at),
					  "there is room for %u bytes only", max);
		out[*n] = c;
	}
	l->at++;
	return 0;
}

int literal_scan_memory(struct literal *l, u8 *out, u32 size)
{
	u32 n = 0;

	while (digit(ahead(l, 2 + n)) >= 0)
		n++;
	if (n == 2ull * size && n) {
		for (u32 i = 0; i < size; i++)
			out[i] = (u8)(digit(ahead(l, 2 + 2 * i)) << 4 | digit(ahead(l, 3 + 2 * i)));
		l->at += 2 + n;
		return 0;
	}
	diag_error(l->d, literal_loc(l, 2 + n),
		   "these are %u digits, but the %u byte%s here %s %llu", n, size,
		   size == 1 ? "" : "s", size == 1 ? "has" : "have", 2ull * size);
	if (literal_sees(l, "0x") && ahead(l, 2 + n) == '.')
		diag_hint(l->d, "what '...' stands for has to be there");
	return -EINVAL;
}

/* 0: an address of this family, with colons and digits in their places. */
static bool is_ethernet(const char *word, u8 *out)
{
	for (int i = 0; i < 6; i++) {
		if (digit(word[3 * i]) < 0 || digit(word[3 * i + 1]) < 0 ||
		    word[3 * i + 2] != (i < 5 ? ':' : '\0'))
			return false;
		out[i] = (u8)(digit(word[3 * i]) << 4 | digit(word[3 * i + 1]));
	}
	return true;
}

int literal_scan_address(struct literal *l, u8 *out, u32 size)
{
	u32 n = 0, dots = 0, colons = 0, has;
	char word[MAX_WORD];
	const char *what;
	u8 bytes[16];

	while (digit(ahead(l, n)) >= 0 || ahead(l, n) == '.' || ahead(l, n) == ':') {
		dots += ahead(l, n) == '.';
		colons += ahead(l, n++) == ':';
	}
	if (n >= sizeof(word) || (colons < 2 && (colons || dots != 3)))
		return 0;
	memcpy(word, l->text + l->at, n);
	word[n] = '\0';
	if (colons == 5 && strlen(word) == 17 && is_ethernet(word, bytes)) {
		what = "an Ethernet address";
		has = 6;
	} else if (inet_pton(colons ? AF_INET6 : AF_INET, word, bytes) == 1) {
		what = colons ? "an IPv6 address" : "an IPv4 address";
		has = colons ? 16 : 4;
	} else {
		return 0;
	}
	if (has != size)
		return diag_error(l->d, literal_loc(l, n), "%s has %u bytes, but this is one of %u",
				  what, has, size);
	memcpy(out, bytes, has);
	l->at += n;
	return 1;
}

int literal_scan_float(struct literal *l, double *out)
{
	char word[MAX_WORD], *end;
	u32 n = word_length(l);

	if (n < sizeof(word)) {
		memcpy(word, l->text + l->at, n);
		word[n] = '\0';
		*out = strtod(word, &end);
		if (n && end == word + n) {
			l->at += n;
			return 0;
		}
	}
	return literal_expected(l, "a number");
}

int literal_hex(struct literal *l, struct arena *a, u32 max, u8 **out, u8 **mask, u32 *len)
{
	u32 most = (l->end - l->at) / 2, room = (most < max ? most : max) + 1u, n = 0;
	u8 *bytes = arena_alloc(a, room), *known = arena_alloc(a, room);

	while (literal_skip(l)) {
		bool is_any = mask && peek(l) == '.' && ahead(l, 1) == '.';

		if (peek(l) == ':' && n) {
			l->at++;
			continue;
		}
		if (!is_any && digit(peek(l)) < 0)
			break;
		if (!is_any && digit(ahead(l, 1)) < 0)
			return diag_error(l->d, literal_loc(l, 1),
					  "a byte has two digits, but here is one");
		if (n == max)
			return diag_error(l->d, literal_loc(l, 2),
					  "there is room for %u bytes only", max);
		bytes[n] = (u8)(is_any ? 0 : digit(peek(l)) << 4 | digit(ahead(l, 1)));
		known[n++] = is_any ? 0 : 0xff;
		l->at += 2;
	}
	*out = bytes;
	if (mask)
		*mask = known;
	*len = n;
	return 0;
}
