/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of the kernel, found again by what is known of them: ids, names, pins, and who holds them. */
#include "inspect/handle.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/refs.h"
#include "inspect/select.h"
#include "unit/test.h"

static int make_map(const char *name)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, 4, 1, NULL);
}

TEST(handle_tells_what_a_descriptor_is)
{
	int fd = make_map("skep_handle");
	struct handle_name name = { 0 };
	u32 id = 0;
	bool is_listed = false;
	int other;

	if (fd < 0)
		SKIP("maps cannot be made here");
	CHECK_EQ(handle_identify_fd(fd, &name), 0);
	CHECK_EQ(name.kind, HANDLE_MAP);
	while (!handle_next(HANDLE_MAP, &id))
		is_listed |= id == name.id;
	CHECK(is_listed);
	other = handle_open(HANDLE_MAP, name.id);
	CHECK(other >= 0);
	close(other);
	CHECK_EQ(handle_open(HANDLE_MAP, UINT32_MAX), -ENOENT);
	CHECK_EQ(handle_identify_fd(STDIN_FILENO, &name), -ENOENT);
	CHECK_EQ(handle_identify_fd(10000, &name), -ENOENT);
	close(fd);
}

static int count(void *arg, int fd, u32 id)
{
	*(u32 *)arg += fd >= 0 && id;
	return 0;
}

TEST(select_finds_by_name_id_and_glob)
{
	int fd = make_map("skep_sel_a1"), second = make_map("skep_sel_a2");
	struct handle_name name = { 0 };
	struct arena arena;
	struct diag d;
	struct select s = { .kind = HANDLE_MAP, .by = SELECT_NAME, .text = "skep_sel_a1" };
	u32 id = 0, n = 0;
	int got;

	if (fd < 0)
		SKIP("maps cannot be made here");
	arena_init(&arena);
	diag_init(&d, &arena);
	handle_identify_fd(fd, &name);
	got = select_one(&s, &id, &d);
	CHECK(got >= 0);
	close(got);
	CHECK_EQ(id, name.id);
	s.text = "skep_sel_a*";
	CHECK_EQ(select_each(&s, count, &n, &d), 0);
	CHECK_EQ(n, 2);
	CHECK_EQ(select_one(&s, &id, &d), -EINVAL);
	CHECK(strstr(d.items.at[0].text, "2 objects are meant"));
	s.text = "skep_sel_b1";
	CHECK_EQ(select_one(&s, &id, &d), -ENOENT);
	CHECK_STR(d.items.at[1].hint, "did you mean 'skep_sel_a1'?");
	s = (struct select){ .kind = HANDLE_PROG, .by = SELECT_ID, .id = UINT32_MAX };
	CHECK_EQ(select_one(&s, &id, &d), -ENOENT);
	s.by = SELECT_PINNED;
	s.text = "/sys/fs/bpf/skep_no_such_pin";
	CHECK_EQ(select_one(&s, &id, &d), -ENOENT);
	close(fd);
	close(second);
	arena_done(&arena);
}

TEST(select_reads_tags)
{
	u8 tag[BPF_TAG_SIZE];

	CHECK(select_parse_tag("00a1b2c3D4e5f6ff", tag));
	CHECK_EQ(tag[1], 0xa1);
	CHECK_EQ(tag[7], 0xff);
	CHECK(!select_parse_tag("00a1b2c3d4e5f6f", tag));
	CHECK(!select_parse_tag("00a1b2c3d4e5f6fg", tag));
	CHECK(!select_parse_tag(" 0a1b2c3d4e5f6f0", tag));
}

TEST(refs_find_holders_and_pins)
{
	int fd = make_map("skep_refs"), ends[2];
	struct handle_name name = { 0 };
	const struct ref_list *list;
	struct arena arena;
	struct refs refs;
	char path[64], byte;
	pid_t child;

	if (fd < 0)
		SKIP("maps cannot be made here");
	arena_init(&arena);
	snprintf(path, sizeof(path), "/sys/fs/bpf/skep_refs_%d", getpid());
	handle_identify_fd(fd, &name);
	if (pipe(ends))
		SKIP("no pipe");
	child = fork();
	if (!child) {
		/* Two descriptors of the map, and one process. */
		dup(fd);
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) < 0);
	}
	close(ends[0]);
	refs_read_holders(&refs, &arena);
	list = refs_of(&refs, HANDLE_MAP, name.id);
	CHECK_EQ(list->refs.n, 1);
	CHECK_EQ(list->refs.at[0].pid, child);
	CHECK_STR(list->refs.at[0].text, "unit");
	close(ends[1]);
	waitpid(child, NULL, 0);
	CHECK_EQ(refs_of(&refs, HANDLE_MAP, UINT32_MAX)->refs.n, 0);
	if (bpf_obj_pin(fd, path)) {
		close(fd);
		arena_done(&arena);
		SKIP("there is no file system for pins");
	}
	refs_read_pins(&refs, &arena);
	list = refs_of(&refs, HANDLE_MAP, name.id);
	CHECK_EQ(list->refs.n, 1);
	CHECK_STR(list->refs.at[0].text, path);
	unlink(path);
	close(fd);
	arena_done(&arena);
}
