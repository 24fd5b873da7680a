/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel engine without probes: loading, running, events, maps. */
#include "unit/test.h"

#include <poll.h>
#include <string.h>

#include "isa/insn.h"
#include "unit/kernel_fixture.h"

TEST(kernel_says_why_it_is_unavailable)
{
	const char *why = kernel_unavailable();

	if (why)
		CHECK(strlen(why) > 10);
}

TEST(kernel_runs_programs_that_are_not_attached)
{
	struct fixture f;
	u32 p;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	p = fixture_program(&f, ATTACH_BEGIN, false);
	fixture_target(&f, NULL, NULL, 0);
	fixture_count(&f, p, 3);
	CHECK_EQ(fixture_load(&f), 0);
	if (f.engine) {
		CHECK_EQ(fixture_attach(&f, p), 1);
		for (int i = 0; i < 5; i++)
			CHECK_EQ(kernel_engine.run(f.engine, p), 0);
		CHECK_EQ(fixture_slot(&f, 3), 5);
		CHECK_EQ(kernel_engine.events_fd(f.engine), -1);
		CHECK(kernel_engine.map_open(f.engine, "nosuch") < 0);
	}
	fixture_done(&f);
	CHECK_EQ(fixture_programs_left(0), 0);
}

/* Writes 16 bytes to the ring: the number of the run and 7. */
static void emit(struct fixture *f, u32 p, u32 ring)
{
	fixture_ld_bss(f, p, 1, 0);
	fixture_insn(f, p, insn_mov64_imm(2, 1));
	fixture_insn(f, p, insn_atomic(BPF_DW, BPF_ADD | BPF_FETCH, 1, 0, 2));
	fixture_insn(f, p, insn_store_reg(BPF_DW, 10, -16, 2));
	fixture_insn(f, p, insn_store_imm(BPF_DW, 10, -8, 7));
	fixture_ld_map(f, p, 1, ring);
	fixture_insn(f, p, insn_mov64_reg(2, 10));
	fixture_insn(f, p, insn_alu64_imm(BPF_ADD, 2, -16));
	fixture_insn(f, p, insn_mov64_imm(3, 16));
	fixture_insn(f, p, insn_mov64_imm(4, 0));
	fixture_insn(f, p, insn_call(BPF_FUNC_ringbuf_output));
	fixture_insn(f, p, insn_mov64_imm(0, 0));
	fixture_insn(f, p, insn_exit());
}

struct seen {
	u64 next;
	u32 count, stop_at;
	bool wrong;
};

static int see(void *arg, const void *data, size_t len)
{
	struct seen *s = arg;
	u64 record[2] = { 0 };

	if (len == sizeof(record))
		memcpy(record, data, sizeof(record));
	s->wrong |= record[0] != s->next || record[1] != 7;
	s->next++;
	return ++s->count == s->stop_at;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

TEST(kernel_hands_over_events)
{
	struct seen seen = { 0 };
	struct fixture f;
	u32 p;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	f.options.ring_size = 4096;
	fixture_map(&f, SCRIPT_RINGBUF, BPF_MAP_TYPE_RINGBUF, 1 << 16);
	p = fixture_program(&f, ATTACH_BEGIN, false);
	fixture_target(&f, NULL, NULL, 0);
	emit(&f, p, 0);
	CHECK_EQ(fixture_load(&f), 0);
	if (f.engine) {
		int fd = kernel_engine.events_fd(f.engine);

		CHECK(fd >= 0);
		CHECK(!readable(fd));
		/* 24 bytes each go round the 4,096 several times. */
		for (int round = 0; round < 10; round++) {
			for (int i = 0; i < 100; i++)
				kernel_engine.run(f.engine, p);
			CHECK(readable(fd));
			CHECK_EQ(kernel_engine.events_consume(f.engine, see, &seen), 100);
			CHECK(!readable(fd));
		}
		CHECK_EQ(seen.count, 1000);
		CHECK(!seen.wrong);

		for (int i = 0; i < 10; i++)
			kernel_engine.run(f.engine, p);
		seen.stop_at = 1003;
		CHECK_EQ(kernel_engine.events_consume(f.engine, see, &seen), 3);
		CHECK_EQ(kernel_engine.events_consume(f.engine, see, &seen), 7);
		CHECK(!seen.wrong);

		/* What does not fit is refused by the kernel; what did fit is whole. */
		for (int i = 0; i < 1000; i++)
			kernel_engine.run(f.engine, p);
		CHECK_EQ(kernel_engine.events_consume(f.engine, see, &seen), 4096 / 24);
		CHECK(!seen.wrong);
	}
	fixture_done(&f);
}

TEST(kernel_reads_and_writes_maps)
{
	struct fixture f;
	u32 p;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_map(&f, "things", BPF_MAP_TYPE_HASH, 4);
	fixture_map(&f, "percpu", BPF_MAP_TYPE_PERCPU_HASH, 4);
	p = fixture_program(&f, ATTACH_BEGIN, false);
	fixture_target(&f, NULL, NULL, 0);
	fixture_count(&f, p, 0);
	CHECK_EQ(fixture_load(&f), 0);
	if (f.engine) {
		int m = kernel_engine.map_open(f.engine, "things");
		u32 cpus = kernel_engine.cpu_count(f.engine);
		u64 key = 5, next = 0, value = 0, *each;

		CHECK(m >= 0);
		CHECK_EQ(kernel_engine.map_open(f.engine, "things"), m);
		CHECK_EQ(kernel_engine.map_next(f.engine, m, NULL, &next), -ENOENT);
		for (u64 i = 0; i < 4; i++)
			CHECK_EQ(kernel_engine.map_update(f.engine, m, &i, &key), 0);
		CHECK_EQ(kernel_engine.map_update(f.engine, m, &key, &key), -E2BIG);
		CHECK_EQ(kernel_engine.map_lookup(f.engine, m, &key, &value), -ENOENT);
		CHECK_EQ(kernel_engine.map_next(f.engine, m, NULL, &key), 0);
		CHECK_EQ(kernel_engine.map_lookup(f.engine, m, &key, &value), 0);
		CHECK_EQ(value, 5);
		for (u32 left = 3; left; left--) {
			CHECK_EQ(kernel_engine.map_next(f.engine, m, &key, &next), 0);
			key = next;
		}
		CHECK_EQ(kernel_engine.map_next(f.engine, m, &key, &next), -ENOENT);
		CHECK_EQ(kernel_engine.map_delete(f.engine, m, &key), 0);
		CHECK_EQ(kernel_engine.map_delete(f.engine, m, &key), -ENOENT);
		CHECK_EQ(kernel_engine.map_lookup(f.engine, -1, &key, &value), -EBADF);
		CHECK_EQ(kernel_engine.map_lookup(f.engine, 99, &key, &value), -EBADF);

		CHECK(cpus >= 1);
		each = arena_array(&f.arena, u64, cpus);
		each[cpus - 1] = 42;
		m = kernel_engine.map_open(f.engine, "percpu");
		CHECK_EQ(kernel_engine.map_update(f.engine, m, &key, each), 0);
		each[cpus - 1] = 0;
		CHECK_EQ(kernel_engine.map_lookup(f.engine, m, &key, each), 0);
		CHECK_EQ(each[cpus - 1], 42);
	}
	fixture_done(&f);
}

TEST(kernel_refuses_what_is_no_object)
{
	static const char *const not_objects[] = { "", "BEGIN { }", "\177ELF\2\1\1" };
	struct fixture f;

	for (size_t i = 0; i < ARRAY_SIZE(not_objects); i++) {
		fixture_init(&f);
		CHECK_EQ(kernel_engine.open(not_objects[i], strlen(not_objects[i]), &f.script,
					    &f.options, &f.diag, &f.engine),
			 -EINVAL);
		CHECK_EQ(f.diag.errors, 1);
		CHECK(f.engine == NULL);
		fixture_done(&f);
	}
}

TEST(kernel_misses_a_program)
{
	struct fixture f;
	u32 p;

	fixture_init(&f);
	p = fixture_program(&f, ATTACH_BEGIN, false);
	fixture_target(&f, NULL, NULL, 0);
	fixture_count(&f, p, 0);
	f.script.programs.at[0].func = "elsewhere";
	CHECK_EQ(fixture_load(&f), -EINVAL);
	CHECK(strstr(fixture_messages(&f), "the object has no program elsewhere"));
	fixture_done(&f);
}
