/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ends tap takes. */
#include "net/accel_tap.h"

#include <stdio.h>

#include "unit/test.h"

static struct accel_end end_of(const char *comm, u32 pid, u16 local, u16 remote)
{
	struct accel_end end = { .pid = pid,
				 .tuple = { .local_port = local, .remote_port = remote } };

	snprintf(end.comm, sizeof(end.comm), "%.*s", ACCEL_COMM - 1, comm);
	return end;
}

TEST(accel_tap_matches_all_without_lists)
{
	struct accel_tap_filter f = { 0 };
	struct accel_end end = end_of("", 0, 1, 2);

	CHECK(accel_tap_matches(&f, &end));
}

TEST(accel_tap_matches_ports_of_either_end)
{
	u16 ports[] = { 80, 443 };
	struct accel_tap_filter f = { .ports = { .at = ports, .n = 2 } };
	struct accel_end client = end_of("a", 1, 40000, 443), server = end_of("b", 2, 80, 40001),
			 other = end_of("c", 3, 8080, 40002);

	CHECK(accel_tap_matches(&f, &client));
	CHECK(accel_tap_matches(&f, &server));
	CHECK(!accel_tap_matches(&f, &other));
}

TEST(accel_tap_matches_only_what_agrees_with_all_lists)
{
	u16 ports[] = { 80 };
	u32 pids[] = { 7, 8 };
	const char *comms[] = { "nginx" };
	struct accel_tap_filter f = { .ports = { .at = ports, .n = 1 },
				      .pids = { .at = pids, .n = 2 },
				      .comms = { .at = comms, .n = 1 } };
	struct accel_end end = end_of("nginx", 8, 80, 1);

	CHECK(accel_tap_matches(&f, &end));
	end.pid = 9;
	CHECK(!accel_tap_matches(&f, &end));
	end = end_of("nginx2", 8, 80, 1);
	CHECK(!accel_tap_matches(&f, &end));
	end = end_of("nginx", 8, 81, 1);
	CHECK(!accel_tap_matches(&f, &end));
}

TEST(accel_tap_matches_names_as_the_kernel_cuts_them)
{
	const char *comms[] = { "a-rather-long-name" };
	struct accel_tap_filter f = { .comms = { .at = comms, .n = 1 } };
	struct accel_end end = end_of("a-rather-long-name", 8, 80, 1);

	CHECK(accel_tap_matches(&f, &end));
}
