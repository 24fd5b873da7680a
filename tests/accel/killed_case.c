/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGKILL of the command that turns accel on or off, after any time that it may have had. */
#include <stdio.h>
#include <string.h>

#include "accel/cgroup.h"
#include "accel/control.h"
#include "accel/pair.h"
#include "accel/residue.h"

/* How long a command takes, in microseconds. */
static unsigned duration(struct test *t, bool is_on)
{
	u64 start = test_ms(), took;

	if (is_on)
		control_turn_on(AT);
	else
		control_turn_off(AT);
	took = test_ms() - start + 1;
	return (unsigned)took * 1000;
}

enum { KILLED_TIMES = 60 };

/* Whatever state it was left in, all commands work on it. */
CASE(killed_on, .alone = true, .only_skep = true, .seconds = 120)
{
	unsigned us = duration(t, true), cgroups = cgroup_count(t->control);
	char args[400], output[2000];

	control_turn_off(AT);
	snprintf(args, sizeof(args), "on --cgroup %s", t->control->in);
	for (unsigned i = 0; i < KILLED_TIMES; i++) {
		struct pair p;
		int status;

		test_progress(AT, "killing on", i, KILLED_TIMES);
		control_skep_killed(t->control, args, us * i / KILLED_TIMES);
		status = control_skep(t->control, "status", output, sizeof(output));
		CHECK(status == 0 || status == 1);
		switch (i % 3) {
		case 0: /* it turns out to be on, or is turned on */
			if (control_on(t->control, NULL, output, sizeof(output)) &&
			    !strstr(output, "already"))
				FAIL("on after a kill at %u of %u us: %s", us * i / KILLED_TIMES,
				     us, output);
			pair_open(AT, &p, NULL);
			pair_close(&p);
			break;
		case 1:
			status = control_skep(t->control, "off", output, sizeof(output));
			CHECK(status == 0 || status == 1);
			control_turn_on(AT);
			break;
		default:
			status = control_skep(t->control, "pause", output, sizeof(output));
			CHECK(status == 0 || status == 1);
			if (!control_is_on(t->control))
				control_turn_on(AT);
		}
		control_turn_off(AT);
		residue_expect_none(AT);
	}
	CHECK_EQ(cgroup_count(t->control), cgroups);
}

CASE(killed_off, .alone = true, .only_skep = true, .seconds = 120)
{
	unsigned us;
	struct pair p;
	char output[2000];

	control_turn_on(AT);
	us = duration(t, false);
	for (unsigned i = 0; i < KILLED_TIMES; i++) {
		bool has_ended;

		test_progress(AT, "killing off", i, KILLED_TIMES);
		control_turn_on(AT);
		pair_open(AT, &p, NULL);
		side_put(AT, &p.client, 1000);
		side_get(AT, &p.server, 1000);
		has_ended = control_skep_killed(t->control, "off", us * i / KILLED_TIMES);
		pair_ping_pong(AT, &p, 10, 100);
		CHECK(control_skep(t->control, "status", output, sizeof(output)) >= 0);
		if (i % 2) {
			if (control_on(t->control, NULL, output, sizeof(output)) &&
			    !strstr(output, "already"))
				FAIL("on after a kill at %u of %u us: %s", us * i / KILLED_TIMES,
				     us, output);
			has_ended = false;
		}
		pair_ping_pong(AT, &p, 10, 100);
		if (!has_ended && control_is_on(t->control))
			control_turn_off(AT);
		else
			control_skep(t->control, "off", output, sizeof(output));
		pair_ping_pong(AT, &p, 10, 100);
		pair_close(&p);
		residue_expect_none(AT);
	}
}
