/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of the kernel's BTF has what it was opened for, under the same ids as the whole. */
#include "btf/rawbtf.h"

#include <string.h>

#include "unit/test.h"

#define KERNEL "/sys/kernel/btf/vmlinux"

TEST(rawbtf_part_has_what_was_wanted)
{
	struct rawbtf_want wants[] = {
		{ "task_struct", BTF_KIND_STRUCT, 7 },
		{ "bpf_iter_task_file", BTF_KIND_FUNC, 7 },
		{ "u32", BTF_KIND_TYPEDEF, 7 },
	};
	struct rawbtf *part, *whole;

	if (rawbtf_open_kernel_part(wants, ARRAY_SIZE(wants), &part))
		SKIP("the kernel's BTF cannot be mapped");
	CHECK_EQ(rawbtf_open(KERNEL, NULL, &whole), 0);
	CHECK(rawbtf_end(part) < rawbtf_end(whole));
	for (u32 i = 0; i < ARRAY_SIZE(wants); i++) {
		const struct btf_type *t = rawbtf_type(part, wants[i].id);

		CHECK_EQ(wants[i].id,
			 rawbtf_find(whole, RAWBTF_KIND(wants[i].kind), wants[i].name));
		CHECK(t && !memcmp(t, rawbtf_type(whole, wants[i].id), sizeof(*t)));
		CHECK_STR(rawbtf_str(part, t->name_off), wants[i].name);
	}
	CHECK(!rawbtf_type(part, rawbtf_end(part)));
	rawbtf_free(part);
	rawbtf_free(whole);
}

TEST(rawbtf_part_is_the_whole_if_a_name_is_not_found)
{
	struct rawbtf_want wants[] = {
		{ "task_struct", BTF_KIND_STRUCT, 0 },
		{ "skep_has_no_such_struct", BTF_KIND_STRUCT, 7 },
		{ "task_struct", BTF_KIND_UNION, 7 },
	};
	struct rawbtf *part, *whole;
	u32 end;

	if (rawbtf_open_kernel_part(wants, 3, &part))
		SKIP("the kernel's BTF cannot be mapped");
	CHECK_EQ(rawbtf_open(KERNEL, NULL, &whole), 0);
	end = rawbtf_end(whole);
	CHECK_EQ(rawbtf_end(part), end);
	CHECK(wants[0].id);
	CHECK_EQ(wants[1].id, 0);
	CHECK_EQ(wants[2].id, 0);
	rawbtf_free(part);
	/* Nothing is wanted, and nothing opened. */
	CHECK_EQ(rawbtf_open_kernel_part(wants, 0, &part), 0);
	CHECK_EQ(rawbtf_end(part), 1);
	rawbtf_free(part);
	rawbtf_free(whole);
}
