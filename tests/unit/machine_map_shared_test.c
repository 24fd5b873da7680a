/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps in memory that processes share, and what is left when one of them dies. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/maplock.h"
#include "unit/machine_maps.h"
#include "unit/test.h"

/* A name that no other process uses; made once, so that children have their parent's. */
static const char *name(void)
{
	static char text[32];

	if (!*text)
		snprintf(text, sizeof(text), "unit-%d", (int)getpid());
	return text;
}

static bool file_is_there(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/skep.%s.test", name());
	fd = shm_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int status_of(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

TEST(machine_map_shared_by_name)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
						   BPF_MAP_TYPE_LRU_HASH };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, 8, 4, 0);
		struct map *a, *b;
		u64 value = 7, got;
		u32 key = 1;

		s.shared = name();
		a = maps_make(&s);
		b = maps_make(&s);
		CHECK_EQ(map_write(a, &key, &value, BPF_ANY), 0);
		CHECK_EQ(map_read(b, &key, &got, 0), 0);
		CHECK_EQ(got, 7);
		CHECK(map_lookup(a, &key, NULL) != map_lookup(b, &key, NULL));
		map_put(a);
		CHECK_EQ(map_read(b, &key, &got, 0), 0);
		CHECK(file_is_there());
		map_put(b);
		CHECK(!file_is_there());
	}
}

TEST(machine_map_shared_is_of_one_spec)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_HASH, 4, 8, 4, 0), other = s;
	struct map *m;
	char *text;

	s.shared = other.shared = name();
	m = maps_make(&s);
	other.value_size = 16;
	CHECK_EQ(maps_try(&other), -EINVAL);
	text = maps_complaint(&other);
	CHECK(text && strstr(text, "is another map"));
	free(text);
	map_put(m);
	CHECK_EQ(maps_try(&other), 0);
	other.shared = "a/b";
	CHECK_EQ(maps_try(&other), -EINVAL);
	other.shared = "0123456789012345678901234567890123456789012345678901234567890123456789"
		       "0123456789012345678901234567890123456789012345678901234567890123456789";
	CHECK_EQ(maps_try(&other), -EINVAL);
}

/* Both count in the same values; in a per-CPU map each in its own. */
static void count_in(struct map *m, u32 cpu)
{
	struct run *run = maps_run(cpu);

	for (u32 i = 0; i < 10000; i++) {
		u32 key = i % 50;
		u64 zero = 0, *value;

		map_update(m, &key, &zero, BPF_NOEXIST, run);
		value = map_lookup(m, &key, run);
		if (value)
			__atomic_add_fetch(value, 1, __ATOMIC_RELAXED);
	}
	free(run);
}

TEST(machine_map_shared_by_processes)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH,
						   BPF_MAP_TYPE_PERCPU_ARRAY };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct map_spec s = maps_spec(types[i], 4, 8, 50, 0);
		u64 values[2] = { 0, 0 }, sum = 0;
		struct map *m;
		pid_t child;

		s.shared = name();
		s.cpus = 2;
		m = maps_make(&s);
		child = fork();
		if (!child) {
			struct map *mine = maps_make(&s);

			if (mine)
				count_in(mine, 1);
			map_put(mine);
			_exit(!mine);
		}
		count_in(m, 0);
		CHECK_EQ(status_of(child), 0);
		for (u32 key = 0; key < 50; key++) {
			CHECK_EQ(map_read(m, &key, values, 0), 0);
			sum += values[0] + values[1];
		}
		/* Of an array NOEXIST does not make anything. */
		CHECK_EQ(sum, 20000);
		map_put(m);
		CHECK(!file_is_there());
	}
}

static int add(void *arg, u32 cpu, const void *data, size_t len)
{
	u64 value = 0;

	(void)cpu;
	memcpy(&value, data, len < 8 ? len : 8);
	*(u64 *)arg += value;
	return 0;
}

TEST(machine_map_shared_ring)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_RINGBUF, 0, 0, 1 << 16, 0);
	struct map *m;
	u64 sum = 0;
	pid_t child;

	s.shared = name();
	m = maps_make(&s);
	child = fork();
	if (!child) {
		struct map *mine = maps_make(&s);
		int failed = !mine;

		for (u64 i = 1; mine && i <= 1000; i++)
			failed |= map_ring_output(mine, &i, sizeof(i), 0) != 0;
		_exit(failed);
	}
	CHECK_EQ(status_of(child), 0);
	CHECK_EQ(map_ring_consume(m, add, &sum), 1000);
	CHECK_EQ(sum, 500500);
	map_put(m);
}

/* What a process left that died without a word is made anew. */
TEST(machine_map_shared_left_behind)
{
	struct map_spec s = maps_spec(BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	struct map *m;
	pid_t child;

	s.shared = name();
	child = fork();
	if (!child) {
		m = maps_make(&s);
		_exit(!m || map_write(m, &(u32){ 1 }, &(u64){ 1 }, BPF_ANY));
	}
	CHECK_EQ(status_of(child), 0);
	CHECK(file_is_there());
	s.value_size = 16;
	m = maps_make(&s);
	CHECK_EQ(map_count(m), 0);
	map_put(m);
	CHECK(!file_is_there());
}

TEST(machine_map_lock_of_the_dead)
{
	pid_t child = fork();
	u32 lock;

	if (!child)
		_exit(0);
	CHECK_EQ(status_of(child), 0);
	lock = (u32)child;
	maplock_take(&lock, (u32)getpid());
	CHECK_EQ(lock, getpid());
	CHECK(!maplock_try(&lock, 1));
	maplock_release(&lock);
	CHECK(maplock_try(&lock, 1));
}
