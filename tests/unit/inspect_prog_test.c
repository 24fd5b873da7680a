/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of a program is what it was loaded with. */
#include "inspect/prog.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "inspect/handle.h"
#include "isa/insn.h"
#include "unit/test.h"

enum { MANY_MAPS = 40, MOST_INSNS = 2 * MANY_MAPS + 2 };

/* A socket filter that names each of the maps. */
static int load(const char *name, const int *maps, u32 n)
{
	struct bpf_insn code[MOST_INSNS];
	u32 len = 0;

	for (u32 i = 0; i < n; i++, len += 2)
		insn_ld_imm64(code + len, 1, BPF_PSEUDO_MAP_FD, (u32)maps[i]);
	code[len++] = insn_mov64_imm(0, 0);
	code[len++] = insn_exit();
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, name, "GPL", code, len, NULL);
}

static u32 id_of(int fd)
{
	struct handle_name name = { 0 };

	handle_identify_fd(fd, &name);
	return name.id;
}

TEST(prog_read_tells_what_was_loaded)
{
	int maps[2] = { bpf_map_create(BPF_MAP_TYPE_ARRAY, "one", 4, 4, 1, NULL),
			bpf_map_create(BPF_MAP_TYPE_ARRAY, "two", 4, 4, 1, NULL) };
	int fd = load("skep_read", maps, 2);
	struct prog_reader reader;
	struct arena arena;
	struct prog p;
	s64 age;

	if (fd < 0)
		SKIP("programs cannot be loaded here");
	arena_init(&arena);
	prog_reader_init(&reader, &arena);
	CHECK_EQ(prog_read(&reader, fd, id_of(fd), &p), 0);
	CHECK_STR(p.name, "skep_read");
	CHECK_STR(prog_type_text(&p), "socket_filter");
	CHECK_EQ(p.info.id, id_of(fd));
	CHECK_EQ(p.info.nr_map_ids, 2);
	CHECK_EQ(p.map_ids[0], id_of(maps[0]));
	CHECK_EQ(p.map_ids[1], id_of(maps[1]));
	CHECK_EQ(p.info.xlated_prog_len, 6 * sizeof(struct bpf_insn));
	CHECK_EQ(p.info.created_by_uid, getuid());
	CHECK(handle_memory(fd) >= 4096);
	age = time(NULL) - p.loaded_at;
	CHECK(age >= -1 && age < 60);
	p.info.type = 9999;
	CHECK(!prog_type_text(&p));
	close(fd);
	close(maps[0]);
	close(maps[1]);
	CHECK(prog_read(&reader, fd, 1, &p) < 0);
	prog_reader_done(&reader);
	arena_done(&arena);
}

TEST(prog_runs_are_counted_while_the_descriptor_is_open)
{
	int fd = load("skep_count", NULL, 0), ends[2], stats = prog_count_runs();
	struct prog_reader reader;
	struct arena arena;
	struct prog p;

	if (fd < 0 || stats < 0)
		SKIP("runs cannot be counted here");
	arena_init(&arena);
	prog_reader_init(&reader, &arena);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	CHECK_EQ(setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)), 0);
	CHECK_EQ(write(ends[0], "a", 1), 1);
	CHECK_EQ(write(ends[0], "b", 1), 1);
	CHECK_EQ(prog_read(&reader, fd, 0, &p), 0);
	CHECK_EQ(p.info.run_cnt, 2);
	CHECK(p.info.run_time_ns > 0);
	close(ends[0]);
	close(ends[1]);
	close(stats);
	close(fd);
	prog_reader_done(&reader);
	arena_done(&arena);
}

TEST(prog_with_more_maps_than_usual)
{
	enum { MAPS = MANY_MAPS };
	int maps[MAPS], fd;
	struct prog_reader reader;
	struct arena arena;
	struct prog p;

	for (u32 i = 0; i < MAPS; i++)
		maps[i] = bpf_map_create(BPF_MAP_TYPE_ARRAY, "many", 4, 4, 1, NULL);
	fd = load("skep_many", maps, MAPS);
	if (fd < 0)
		SKIP("programs cannot be loaded here");
	arena_init(&arena);
	prog_reader_init(&reader, &arena);
	CHECK_EQ(prog_read(&reader, fd, 0, &p), 0);
	CHECK_EQ(p.info.nr_map_ids, MAPS);
	for (u32 i = 0; i < MAPS; i++) {
		CHECK_EQ(p.map_ids[i], id_of(maps[i]));
		close(maps[i]);
	}
	close(fd);
	prog_reader_done(&reader);
	arena_done(&arena);
}
