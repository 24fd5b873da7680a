/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of JSON objects that commands write in the same way. */
#ifndef CMD_NOUN_JSON_H
#define CMD_NOUN_JSON_H

#include "base/out.h"

/* A string that ends with a NUL. */
void noun_json_text(struct out *out, const char *key, const char *text);
/* A name, or the number where there is none (NULL). */
void noun_json_name(struct out *out, const char *key, const char *name, u64 number);

/* The answer of what only does something: null in JSON, nothing in text. */
void noun_json_done(struct out *out);

#endif
