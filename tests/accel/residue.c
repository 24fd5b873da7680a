/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel/residue.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "accel/test.h"

/* NULL at the end. The kernel keeps 15 characters of a name. */
static const char *const residue_programs[][2] = {
	[CONTROL_SKEP] = { "accel_" },
	[CONTROL_NAIVE] = { "naive_" },
	[CONTROL_PLAIN] = { NULL },
};
static const char *const residue_maps[][20] = {
	[CONTROL_SKEP] = { "control", "socks", "ends", "halves", "services", "listeners", "locals",
			   "callers", "habits", "budgets", "excluded", "counters", "tapped",
			   "clocks", "leavers", "tap_ring" },
	[CONTROL_NAIVE] = { "naive_" },
	[CONTROL_PLAIN] = { NULL },
};

static bool begins(const char *name, const char *const *with)
{
	for (; *with; with++)
		if (!strncmp(name, *with, strlen(*with)))
			return true;
	return false;
}

static bool is_program(u32 id, enum control_mode mode)
{
	struct bpf_prog_info info;
	u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	bool is = false;

	memset(&info, 0, sizeof(info));
	if (fd >= 0) {
		is = !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		     begins(info.name, residue_programs[mode]);
		close(fd);
	}
	return is;
}

static bool is_map(u32 id, enum control_mode mode)
{
	struct bpf_map_info info;
	u32 size = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);
	bool is = false;

	memset(&info, 0, sizeof(info));
	if (fd >= 0) {
		is = !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		     begins(info.name, residue_maps[mode]);
		close(fd);
	}
	return is;
}

static bool is_link(u32 id, enum control_mode mode)
{
	struct bpf_link_info info;
	u32 size = sizeof(info);
	int fd = bpf_link_get_fd_by_id(id);
	bool is = false;

	memset(&info, 0, sizeof(info));
	if (fd >= 0) {
		is = !bpf_obj_get_info_by_fd(fd, &info, &size) && is_program(info.prog_id, mode);
		close(fd);
	}
	return is;
}

void residue_count(struct residue *r, enum control_mode mode)
{
	memset(r, 0, sizeof(*r));
	for (u32 id = 0; !bpf_prog_get_next_id(id, &id);)
		r->programs += is_program(id, mode);
	for (u32 id = 0; !bpf_map_get_next_id(id, &id);)
		r->maps += is_map(id, mode);
	for (u32 id = 0; !bpf_link_get_next_id(id, &id);)
		r->links += is_link(id, mode);
}

bool residue_gone(const struct residue *before, enum control_mode mode, unsigned ms, char *text,
		  size_t size)
{
	u64 end = test_ms() + ms;
	struct residue now;

	for (;;) {
		residue_count(&now, mode);
		if (now.programs <= before->programs && now.maps <= before->maps &&
		    now.links <= before->links)
			return true;
		if (test_ms() > end)
			break;
		test_sleep(20);
	}
	snprintf(text, size,
		 "left in the kernel: %u programs, %u maps, %u links (before: %u, %u, %u)",
		 now.programs, now.maps, now.links, before->programs, before->maps, before->links);
	return false;
}

void residue_expect_none(struct at at)
{
	static const struct residue none;
	char text[256];

	if (!residue_gone(&none, CONTROL_SKEP, 3000 * at.t->scale, text, sizeof(text)))
		test_fail(at, "%s", text);
	CHECK_AT(at, access(CONTROL_DIR, F_OK));
}
