/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hex.h"

#include <string.h>

#include "unit/test.h"

static int hex(const char *text, struct hex_bytes *out, char *why, size_t room)
{
	static struct hex_bytes last;
	struct arena arena;
	struct diag d;
	int err;

	arena_init(&arena);
	diag_init(&d, &arena);
	err = hex_read(&arena, "x", text, 4, out ? out : &last, &d);
	snprintf(why, room, "%s", err ? d.items.at[0].text : "");
	if (!err && out) {
		static u8 copy[4];

		memcpy(copy, out->at, out->len);
		out->at = copy;
	}
	arena_done(&arena);
	return err;
}

TEST(base_hex)
{
	struct hex_bytes b;
	char why[200];

	CHECK_EQ(hex("00:aB c\tD", NULL, why, sizeof(why)), -EINVAL);
	CHECK_STR(why, "x: a byte has two digits, but here is one (character 7)");
	CHECK_EQ(hex(" 01:aB\ncD ", &b, why, sizeof(why)), 0);
	CHECK_EQ(b.len, 3);
	CHECK(!memcmp(b.at, "\x01\xab\xcd", 3));
	CHECK_EQ(hex("", &b, why, sizeof(why)), 0);
	CHECK_EQ(b.len, 0);
	CHECK_EQ(hex("0x10", &b, why, sizeof(why)), -EINVAL);
	CHECK_STR(why, "x: 'x' (character 2) is no hexadecimal digit");
	CHECK_EQ(hex("0001020304", &b, why, sizeof(why)), -EINVAL);
	CHECK_STR(why, "x: more than 4 bytes");
}
