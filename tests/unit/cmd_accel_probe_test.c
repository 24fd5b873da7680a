/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What probe's script prints, as it is read back, with names of threads that have any bytes. */
#include "cmd/accel/probe_script.h"

#include <string.h>

#include "unit/test.h"

static struct probe_report read_back(struct arena *a, const char *text)
{
	struct probe_report r = { 0 };

	arena_init(a);
	probe_read(a, arena_strdup(a, text), &r);
	return r;
}

TEST(accel_probe_reads_its_lines)
{
	struct arena a;
	struct probe_report r = read_back(&a, "found 1 17 12 my thread\nname 17 sender\n"
					      "traffic 1 2 3 40 5 18446744073709551615\n\n\n");

	CHECK_EQ(r.sights.n, 1);
	CHECK_EQ(r.sights.at[0].finding, 1);
	CHECK_EQ(r.sights.at[0].pid, 17);
	CHECK_EQ(r.sights.at[0].count, 12);
	CHECK_STR(r.sights.at[0].comm, "my thread");
	CHECK_EQ(r.speakers.n, 1);
	CHECK_STR(r.speakers.at[0].comm, "sender");
	CHECK_EQ(r.traffic.opened, 1);
	CHECK_EQ(r.traffic.accepted, 2);
	CHECK_EQ(r.traffic.sends, 3);
	CHECK_EQ(r.traffic.sent, 40);
	CHECK_EQ(r.traffic.receives, 5);
	CHECK_EQ(r.traffic.received, UINT64_MAX);
	arena_done(&a);
}

TEST(accel_probe_skips_other_lines)
{
	struct arena a;
	struct probe_report r =
		read_back(&a, "found 1 17 12\nfound 999 1 1 x\nfound\nname\nname 5\n"
			      "name x y\ntraffic 1 2\nrest of a name\n\n");

	CHECK_EQ(r.sights.n, 0);
	CHECK_EQ(r.speakers.n, 0);
	CHECK_EQ(r.traffic.opened, 0);
	arena_done(&a);
}

TEST(accel_probe_shows_no_control_bytes_of_names)
{
	struct arena a;
	struct probe_report r = read_back(&a, "found 1 17 12 \033[31mred\x7f\nname 3 \n"
					      "found 1 1 1 longer than a name can be\n");

	CHECK_STR(r.sights.at[0].comm, "?[31mred?");
	CHECK_STR(r.speakers.at[0].comm, "");
	CHECK_EQ(strlen(r.sights.at[1].comm), PROBE_COMM - 1);
	arena_done(&a);
}

TEST(accel_probe_script_has_all_processes)
{
	u32 pids[] = { 12, 4194303 };
	struct buf b = { 0 };

	probe_script(&b, pids, ARRAY_SIZE(pids), 7);
	CHECK(strstr(buf_str(&b), "\t@watched[12] = 1;\n\t@watched[4194303] = 1;\n}"));
	CHECK(strstr(buf_str(&b), "interval:s:7 { exit(); }"));
	CHECK(!strstr(buf_str(&b), "(null)"));
	buf_done(&b);
}
