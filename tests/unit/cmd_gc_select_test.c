/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which leftovers are meant, and that skep accel's are spared. */
#include "cmd/gc/select.h"

#include "net/accel.h"
#include "unit/test.h"

static struct leftover pin(enum handle_kind kind, u32 id, const char *path)
{
	return (struct leftover){ .state = LEFTOVER_IDLE,
				  .object = { kind, id },
				  .name = "",
				  .pin = path,
				  .since = 1000 };
}

TEST(gc_select_narrows_down)
{
	struct leftover prog = pin(HANDLE_PROG, 1, "/sys/fs/bpf/web/a");
	struct leftover link = pin(HANDLE_LINK, 2, "/sys/fs/bpf/web2");
	struct leftover attached = { .state = LEFTOVER_ATTACHED, .object = { HANDLE_PROG, 3 } };
	struct gc_select s = { 0 };

	CHECK(gc_select_is_meant(&s, &prog, 1000));
	CHECK(gc_select_is_meant(&s, &attached, 1000));
	s.kinds[HANDLE_PROG] = s.has_kind = true;
	CHECK(gc_select_is_meant(&s, &prog, 1000));
	CHECK(!gc_select_is_meant(&s, &link, 1000));
	CHECK(!gc_select_is_meant(&s, &attached, 1000)); /* is no pin */
	s = (struct gc_select){ .is_attached = true, .has_kind = true };
	CHECK(gc_select_is_meant(&s, &attached, 1000));
	CHECK(!gc_select_is_meant(&s, &prog, 1000));
	s = (struct gc_select){ .under = "/sys/fs/bpf/web/" };
	CHECK(gc_select_is_meant(&s, &prog, 1000));
	CHECK(!gc_select_is_meant(&s, &link, 1000)); /* begins alike, and is not below */
	CHECK(!gc_select_is_meant(&s, &attached, 1000));
	s.under = "/sys/fs/bpf/web2";
	CHECK(gc_select_is_meant(&s, &link, 1000));
	s = (struct gc_select){ .id = 2 };
	CHECK(gc_select_is_meant(&s, &link, 1000));
	CHECK(!gc_select_is_meant(&s, &prog, 1000));
	s = (struct gc_select){ .older = 60 };
	CHECK(!gc_select_is_meant(&s, &prog, 1059));
	CHECK(gc_select_is_meant(&s, &prog, 1060));
	CHECK(!gc_select_is_meant(&s, &prog, 900));       /* made in the future */
	CHECK(!gc_select_is_meant(&s, &attached, 99999)); /* nobody knows when */
}

TEST(gc_select_spares_accel)
{
	struct leftover mine = pin(HANDLE_MAP, 1, "/sys/fs/bpf/skep/acceleration");
	struct leftover accel = pin(HANDLE_LINK, 2, ACCEL_DIR "/sockops");
	struct gc_select s = { 0 };

	CHECK(gc_select_is_spared(&s, &accel));
	CHECK(!gc_select_is_spared(&s, &mine));
	s.under = "/sys/fs/bpf";
	CHECK(gc_select_is_spared(&s, &accel));
	s.under = ACCEL_DIR;
	CHECK(!gc_select_is_spared(&s, &accel));
	s.under = ACCEL_DIR "/sockops";
	CHECK(!gc_select_is_spared(&s, &accel));
}
