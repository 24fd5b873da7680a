/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/debug/parse.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

bool debug_parse_line(struct debug_line *out, const char *text, const char **why)
{
	size_t len = strlen(text);
	char *p = out->text, *slash;

	*out = (struct debug_line){ .name = "", .format = "" };
	*why = "the line is too long";
	if (len >= sizeof(out->text))
		return false;
	memcpy(out->text, text, len + 1);
	*why = "there are too many words";
	for (u32 n = 0;; n++) {
		p += strspn(p, " \t\r\n");
		if (!*p || (!n && *p == '#'))
			break;
		if (n > DEBUG_ARGS)
			return false;
		if (!n)
			out->name = p;
		else
			out->args[out->count++] = p;
		p += strcspn(p, " \t\r\n");
		if (*p)
			*p++ = '\0';
	}
	slash = strchr(out->name, '/');
	if (slash) {
		*slash = '\0';
		out->format = slash + 1;
	}
	return true;
}

static bool number(const char *text, u32 *out)
{
	u64 v;

	if (!isdigit((unsigned char)*text) || !text_u64(text, &v) || v > UINT32_MAX)
		return false;
	*out = (u32)v;
	return true;
}

bool debug_parse_place(struct debug_place *out, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);

	*out = (struct debug_place){ .kind = DEBUG_AT_INSN };
	if (!*text || len >= sizeof(out->name))
		return false;
	if (!colon && number(text, &out->number))
		return true;
	if (!colon && isdigit((unsigned char)*text))
		return false;
	memcpy(out->name, text, len);
	out->kind = colon ? DEBUG_AT_LINE : DEBUG_AT_FUNC;
	return !colon || (number(colon + 1, &out->number) && out->number);
}

bool debug_parse_format(struct debug_format *out, const char *text)
{
	static const char sizes[] = "bhwg";
	u64 count = 0;

	*out = (struct debug_format){ .count = 1, .size = 8, .letter = 'x' };
	for (; isdigit((unsigned char)*text); text++) {
		count = count * 10 + (u64)(*text - '0');
		if (count > DEBUG_MAX_UNITS)
			return false;
		out->count = (u32)count;
	}
	for (; *text; text++) {
		const char *size = strchr(sizes, *text);

		if (size)
			out->size = 1u << (size - sizes);
		else if (strchr("xduc", *text))
			out->letter = *text;
		else
			return false;
		if (*text == 'c' && !size)
			out->size = 1;
	}
	return out->count > 0;
}

/* "+8", "-0x10" or nothing. */
static bool offset(const char *text, s64 *out)
{
	u64 v = 0;

	*out = 0;
	if (!*text)
		return true;
	if ((*text != '+' && *text != '-') || !isdigit((unsigned char)text[1]) ||
	    !text_u64(text + 1, &v) || v > INT64_MAX)
		return false;
	*out = *text == '-' ? -(s64)v : (s64)v;
	return true;
}

bool debug_parse_address(struct debug_address *out, const char *text)
{
	static const char digits[] = "0123456789";
	size_t len;
	u64 v;

	*out = (struct debug_address){ .base = DEBUG_NUMBER };
	if (isdigit((unsigned char)*text)) {
		if (!text_u64(text, &v))
			return false;
		out->offset = (s64)v;
		return true;
	}
	text += *text == '&';
	len = strcspn(text, "+-");
	if (!len || len >= sizeof(out->name) || !offset(text + len, &out->offset))
		return false;
	memcpy(out->name, text, len);
	out->base = DEBUG_VARIABLE;
	if (!strcmp(out->name, "fp"))
		out->base = DEBUG_FP;
	else if (!strcmp(out->name, "packet"))
		out->base = DEBUG_PACKET;
	else if (!strcmp(out->name, "ctx"))
		out->base = DEBUG_CTX;
	else if (*out->name == 'r' && out->name[1] &&
		 strspn(out->name + 1, digits) == strlen(out->name + 1) &&
		 number(out->name + 1, &out->reg))
		out->base = DEBUG_REG;
	return out->base != DEBUG_REG || out->reg <= 10;
}
