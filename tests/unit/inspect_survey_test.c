/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a survey says of the running kernel, against what else is known of it; and that nothing is left behind. */
#include "inspect/survey.h"

#include <dirent.h>
#include <string.h>

#include "inspect/survey_impl.h"
#include "isa/helper.h"
#include "isa/prog_type.h"
#include "kernel/kernel.h"
#include "unit/test.h"

static u32 count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	u32 n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static const struct survey_row *find_helper(const struct survey *s, const char *type, u32 helper)
{
	const struct survey_list *list = &s->parts[SURVEY_HELPERS];

	for (size_t i = 0; i < list->rows.n; i++) {
		if (list->rows.at[i].id == helper && !strcmp(list->rows.at[i].group, type))
			return &list->rows.at[i];
	}
	return NULL;
}

static void check_helper(const struct survey *s, const char *type, u32 helper, bool yes)
{
	const struct survey_row *row = find_helper(s, type, helper);

	if (!row || (row->state == SURVEY_YES) != yes)
		test_fail(__FILE__, __LINE__, "%s of %s: %d", helper_name(helper), type,
			  row ? (int)row->state : -1);
}

TEST(survey_leaves_nothing_behind)
{
	struct survey s = { 0 };
	struct arena arena;
	u32 before = count_descriptors();

	if (kernel_unavailable())
		SKIP("bpf() may not be used here");
	arena_init(&arena);
	survey_init(&s, &arena);
	for (int i = 0; i < SURVEY_PARTS; i++) {
		survey_ask(&s, (enum survey_part)i);
		CHECK(s.asked[i]);
		CHECK_EQ(survey_part_find(survey_part_name((enum survey_part)i)), i);
	}
	CHECK(s.loads > 100);
	survey_done(&s);
	CHECK_EQ(count_descriptors(), before);
	arena_done(&arena);
}

TEST(survey_finds_helpers_of_types)
{
	struct survey s = { 0 };
	struct arena arena;
	u32 loads;

	if (kernel_unavailable())
		SKIP("bpf() may not be used here");
	arena_init(&arena);
	survey_init(&s, &arena);
	s.is_full = true;
	survey_ask(&s, SURVEY_HELPERS);
	loads = s.loads;
	survey_ask(&s, SURVEY_HELPERS);
	CHECK_EQ(s.loads, loads);
	check_helper(&s, "xdp", HELPER_redirect, true);
	check_helper(&s, "xdp", HELPER_xdp_adjust_head, true);
	check_helper(&s, "xdp", HELPER_skb_load_bytes, false);
	check_helper(&s, "sched_cls", HELPER_skb_load_bytes, true);
	check_helper(&s, "socket_filter", HELPER_redirect, false);
	check_helper(&s, "socket_filter", HELPER_map_update_elem, true);
	check_helper(&s, "socket_filter", HELPER_spin_lock, true);
	check_helper(&s, "kprobe", HELPER_get_stackid, true);
	check_helper(&s, "kprobe", HELPER_xdp_adjust_head, false);
	survey_done(&s);
	arena_done(&arena);
}

static void check_why(struct survey *s, struct since since, int err, enum survey_state state,
		      const char *why)
{
	struct survey_row row = { .name = "x" };

	survey_explain(s, &row, &since, err);
	CHECK_EQ(row.state, state);
	CHECK_STR(row.why ? row.why : "", why);
}

TEST(survey_tells_reasons)
{
	struct survey s = { .major = 5, .minor = 10 };
	struct arena arena;

	arena_init(&arena);
	s.arena = &arena;
	table_init(&s.config, &arena);
	check_why(&s, (struct since){ 0, 6, 9, "" }, EINVAL, SURVEY_NO, "Linux 6.9 has brought it");
	check_why(&s, (struct since){ 0, 5, 10, "" }, EINVAL, SURVEY_NO, "");
	check_why(&s, (struct since){ 0, 5, 9, "BPF_LSM" }, EINVAL, SURVEY_NO,
		  "needs CONFIG_BPF_LSM");
	s.has_config = true;
	table_set_str(&s.config, "NET", "y");
	table_set_str(&s.config, "NETKIT", "m");
	check_why(&s, (struct since){ 0, 6, 9, "NET" }, EINVAL, SURVEY_NO,
		  "Linux 6.9 has brought it");
	check_why(&s, (struct since){ 0, 5, 9, "BPF_LSM" }, EPERM, SURVEY_NO,
		  "CONFIG_BPF_LSM is not set");
	check_why(&s, (struct since){ 0, 5, 9, "NETKIT" }, EINVAL, SURVEY_NO,
		  "CONFIG_NETKIT is a module, which may not be loaded");
	s.ifindex = 1;
	check_why(&s, (struct since){ 0, 5, 9, "NET" }, EINVAL, SURVEY_NO,
		  "the device does not take it");
	arena_done(&arena);
}
