/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists that say which connections: let in what they name, keep out the rest; all of it works either way. */
#include <errno.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

/* Neither end is in the map. */
static void expect_out(struct test *t, const struct pair_how *how)
{
	struct pair_how cold = *how;
	struct pair p;
	u64 before = control_messages();

	cold.cold = true;
	pair_open(AT, &p, &cold);
	pair_ping_pong(AT, &p, 50, 100);
	if (t->control->mode == CONTROL_SKEP) {
		CHECK_EQ(side_redirected(AT, &p.client), 0);
		CHECK_EQ(side_redirected(AT, &p.server), 0);
		CHECK_EQ(control_messages(), before);
	}
	pair_close(&p);
}

static void expect_in(struct test *t, const struct pair_how *how)
{
	struct pair p;

	pair_open(AT, &p, how);
	pair_ping_pong(AT, &p, 50, 100);
	pair_close(&p);
}

CASE(lists_port, .options = "--port 7301,7310-7312")
{
	expect_in(t, &(struct pair_how){ .port = 7301 });
	expect_in(t, &(struct pair_how){ .port = 7310 });
	expect_in(t, &(struct pair_how){ .port = 7312 });
	expect_in(t, &(struct pair_how){ .port = 7400, .source = 7311 });
	expect_out(t, &(struct pair_how){ .port = 7302 });
	expect_out(t, &(struct pair_how){ .port = 7313 });
}

CASE(lists_cidr, .options = "--cidr 127.1.0.0/16,::1")
{
	expect_in(t, &(struct pair_how){ .address = "127.1.2.3" });
	expect_in(t, &(struct pair_how){ .address = "::1" });
	expect_in(t, &(struct pair_how){ .address = "::ffff:127.1.0.1", .listen = "::" });
	expect_out(t, &(struct pair_how){ .address = "127.2.0.1" });
	expect_out(t, &(struct pair_how){ .address = "127.0.0.1" });
	expect_out(t, &(struct pair_how){ .address = "127.0.0.1", .listen = "::" });
}

/* A socket belongs to the file system user who made it, who may not look at accel's maps. */
static void talk_as(struct test *t, uid_t user, bool is_in)
{
	struct pair p;

	setfsuid(user);
	pair_open(AT, &p, &(struct pair_how){ .cold = true });
	setfsuid(0);
	if (is_in)
		pair_warm(AT, &p);
	pair_ping_pong(AT, &p, 50, 100);
	if (!is_in && t->control->mode == CONTROL_SKEP)
		CHECK_EQ(side_redirected(AT, &p.client) + side_redirected(AT, &p.server), 0);
	pair_close(&p);
}

CASE(lists_uid, .options = "--uid 12345,12346")
{
	talk_as(t, 0, false);
	talk_as(t, 12345, true);
	talk_as(t, 12346, true);
	talk_as(t, 12347, false);
}

CASE(lists_exclude_comm, .options = "--exclude-comm thisone,thatone")
{
	expect_in(t, &(struct pair_how){ 0 });
	OK(prctl(PR_SET_NAME, "thisone"));
	expect_out(t, &(struct pair_how){ 0 });
	OK(prctl(PR_SET_NAME, "thatone"));
	expect_out(t, &(struct pair_how){ 0 });
	OK(prctl(PR_SET_NAME, "thatonetoo"));
	expect_in(t, &(struct pair_how){ 0 });
}

/* haproxy is among those that are always excluded. */
CASE(lists_usual_excluded)
{
	OK(prctl(PR_SET_NAME, "haproxy"));
	expect_out(t, &(struct pair_how){ 0 });
	OK(prctl(PR_SET_NAME, "happily"));
	expect_in(t, &(struct pair_how){ 0 });
}

CASE(lists_together, .options = "--port 7320 --cidr 127.5.0.0/16")
{
	expect_in(t, &(struct pair_how){ .port = 7320, .address = "127.5.0.1" });
	expect_out(t, &(struct pair_how){ .port = 7320 });
	expect_out(t, &(struct pair_how){ .port = 7321, .address = "127.5.0.1" });
}
