/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/noun/json.h"

#include <string.h>

void noun_json_text(struct out *out, const char *key, const char *text)
{
	out_json_str(out, key, text, strlen(text));
}

void noun_json_name(struct out *out, const char *key, const char *name, u64 number)
{
	if (name)
		noun_json_text(out, key, name);
	else
		out_json_u64(out, key, number);
}

void noun_json_done(struct out *out)
{
	if (!out->json)
		return;
	out_json_null(out, NULL);
	out_json_end(out);
}
