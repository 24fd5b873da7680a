/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header for BPF C tells the numbers that the tables have. */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "cmd/clang.h"
#include "isa/helper.h"
#include "isa/map_type.h"

static bool is_helper(int number, const char *name)
{
	const struct helper_info *info = helper_info((u32)number);

	return info && !strcmp(info->name, name);
}

TEST(clang_header_has_the_numbers_of_helpers)
{
	size_t len;
	const char *text = clang_header(&len), *end = text + len;
	u32 count = 0;

	while (text < end) {
		char name[64];
		int number;

		if (sscanf(text, "SKEP_HELPER(%d, %*[^,], %63[a-z0-9_],", &number, name) == 2) {
			count++;
			CHECK(is_helper(number, name));
		}
		text += strcspn(text, "\n") + 1;
	}
	CHECK(count > 90);
}

static bool is_map_type(int number, const char *name)
{
	const struct map_type_info *info = map_type_info((u32)number);
	size_t i = 0;

	if (!info)
		return false;
	for (; name[i] && info->name[i]; i++)
		if ((name[i] | 0x20) != info->name[i] && name[i] != info->name[i])
			return false;
	return !name[i] && !info->name[i];
}

TEST(clang_header_has_the_numbers_of_map_types)
{
	size_t len;
	const char *text = clang_header(&len), *end = text + len;
	u32 count = 0;

	while (text < end) {
		char name[64];
		int number;

		if (sscanf(text, " BPF_MAP_TYPE_%63[A-Z_0-9] = %d,", name, &number) == 2) {
			count++;
			CHECK(is_map_type(number, name));
		}
		text += strcspn(text, "\n") + 1;
	}
	CHECK(count > 25);
}

TEST(clang_is_source_goes_by_the_name)
{
	CHECK(clang_is_source("x.bpf.c"));
	CHECK(clang_is_source("a/x.c"));
	CHECK(!clang_is_source("x.bpf.o"));
	CHECK(!clang_is_source(".c"));
	CHECK(!clang_is_source("x.bt"));
}
