/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever the other tables have is dated. */
#include "isa/since.h"

#include "isa/helper.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"
#include "unit/test.h"

static void check(const struct since *since, const char *what)
{
	if (!since || since->major < 3 || since->major > 7 || since->minor > 20)
		test_fail(__FILE__, __LINE__, "%s has no version", what);
}

TEST(since_dates_all_tables)
{
	for (u32 i = 1; i < PROG_TYPES; i++)
		check(since_prog(i), prog_type_info(i)->name);
	for (u32 i = 1; i < MAP_TYPE_COUNT; i++)
		check(since_map(i), map_type_info(i)->name);
	for (u32 i = 0; i < AT_COUNT; i++)
		check(since_attach(i), attach_type_name(i));
	for (u32 i = 1; i < HELPER_NUMBERS; i++)
		check(since_helper(i), helper_name(i));
}

TEST(since_helpers_by_number)
{
	CHECK_EQ(since_helper(HELPER_map_lookup_elem)->major, 3);
	CHECK_EQ(since_helper(HELPER_ringbuf_output)->minor, 8);
	CHECK_EQ(since_helper(HELPER_loop)->minor, 17);
	CHECK_EQ(since_helper(HELPER_cgrp_storage_delete)->major, 6);
	CHECK(since_helper(0) == NULL);
	CHECK_STR(since_helper_config(HELPER_override_return), "BPF_KPROBE_OVERRIDE");
	CHECK_STR(since_helper_config(HELPER_map_lookup_elem), "");
	CHECK(since_helper_widened(HELPER_send_signal));
	CHECK(!since_helper_widened(HELPER_redirect));
}
