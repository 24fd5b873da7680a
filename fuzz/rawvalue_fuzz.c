/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first two bytes say how many bytes of value follow; the rest claims to be BTF. The value is printed as each of its types, as
 * text and as JSON: in time, within its bytes, and JSON with as many brackets closed as opened.
 */
#include <stdlib.h>
#include <string.h>

#include "btf/rawvalue.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

enum { MAX_TYPES = 64 };

static void check_json(const char *s)
{
	bool is_string = false;
	int depth = 0;

	for (; *s; s++) {
		if (is_string && *s == '\\' && s[1])
			s++;
		else if (*s == '"')
			is_string = !is_string;
		else if (!is_string)
			depth += *s == '{' || *s == '[' ? 1 : *s == '}' || *s == ']' ? -1 : 0;
		if (depth < 0)
			abort();
	}
	if (depth || is_string)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct rawbtf *b;
	size_t n;
	u8 *exact;

	if (len < 2)
		return 0;
	n = (size_t)data[0] | (size_t)data[1] << 8;
	data += 2;
	len -= 2;
	n = n < len ? n : len;
	if (rawbtf_from_bytes(data + n, len - n, NULL, &b))
		return 0;
	exact = malloc(n + 1); /* so that reading beyond is seen */
	memcpy(exact + 1, data, n);
	for (u32 type = 0; type < rawbtf_end(b) && type < MAX_TYPES; type++) {
		for (int json = 0; json < 2; json++) {
			struct out o;

			out_init(&o, -1, json);
			rawvalue_print(&o, NULL, b, type, exact + 1, n);
			if (json && !o.failed)
				check_json(buf_str(&o.buf));
			out_done(&o);
		}
	}
	free(exact);
	rawbtf_free(b);
	return 0;
}
