/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers and work queues, in the machine and in the kernel: tests/object/timer.c and work.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/warn.h"
#include "machine/machine.h"
#include "unit/object_image_fixture.h"
#include "unit/test.h"

/* As the program has it. */
struct slot {
	u32 fired, key_seen;
	u64 timer[2], after;
};

struct bss {
	s64 results[32];
	u32 fired, again, cancelled, unused;
};

struct world {
	struct image_fixture f;
	struct machine *m;
	struct run *r;
	struct __sk_buff skb;
};

/* False if the object has not been built. */
static bool begin_with(struct world *w, const char *object, enum machine_mode mode)
{
	const struct machine_options opts = { .mode = mode };

	memset(w, 0, sizeof(*w));
	image_fixture_init(&w->f);
	if (!image_fixture_add(&w->f, object))
		return false;
	CHECK_EQ(image_fixture_open(&w->f), 0);
	CHECK_EQ(machine_new(&w->f.image, &opts, &w->f.diag, &w->m), 0);
	w->r = run_new(w->m, 0);
	w->r->now = 1000000;
	return true;
}

static bool begin(struct world *w, enum machine_mode mode)
{
	return begin_with(w, "timer", mode);
}

static void end(struct world *w)
{
	run_free(w->r);
	machine_free(w->m);
	image_fixture_done(&w->f);
}

static u64 run(struct world *w, const char *name)
{
	u64 result = 0;

	for (u32 i = 0; i < w->f.image.progs.n; i++) {
		if (!strcmp(w->f.image.progs.at[i].name, name))
			result = machine_run(w->m, i, &w->skb, sizeof(w->skb), w->r);
	}
	CHECK_EQ(w->r->trap, RUN_OK);
	return result;
}

static struct map *map_of(struct world *w, const char *name)
{
	for (u32 i = 0; i < w->f.image.maps.n; i++) {
		const char *own = w->f.image.maps.at[i].name;

		if (!strcmp(own, name) ||
		    (strlen(own) > strlen(name) && !strcmp(own + strlen(own) - strlen(name), name)))
			return machine_map(w->m, i);
	}
	test_fail(__FILE__, __LINE__, "there is no map %s", name);
	return NULL;
}

static void read_bss(struct world *w, struct bss *bss)
{
	struct map *m = map_of(w, ".bss");

	CHECK_EQ(map_spec(m)->value_size, sizeof(*bss));
	map_read(m, &(u32){ 0 }, bss, 0);
}

static struct slot slot_of(struct world *w, u32 key)
{
	struct slot s = { 0 };

	CHECK_EQ(map_read(map_of(w, "array"), &key, &s, 0), 0);
	return s;
}

static const enum machine_mode modes[] = { MACHINE_INTERPRET, MACHINE_CHECKED, MACHINE_JIT };

TEST(machine_timer_fires_when_it_is_due)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct world w;
		struct bss bss;

		if (!begin(&w, modes[i])) {
			image_fixture_done(&w.f);
			SKIP("the object has not been built");
		}
		CHECK_EQ(machine_timer_wait(w.m, w.r), UINT64_MAX);
		CHECK_EQ(machine_timer_count(w.m), 0);
		CHECK_EQ(run(&w, "start"), 0);
		CHECK_EQ(machine_timer_wait(w.m, w.r), 500);
		CHECK_EQ(machine_timer_count(w.m), 3);
		CHECK_EQ(map_count(map_of(&w, "hash")), 1);
		CHECK_EQ(machine_run_timers(w.m, w.r), 0);
		w.r->now += 500;
		CHECK_EQ(machine_run_timers(w.m, w.r), 1); /* deletes its own value */
		CHECK_EQ(map_count(map_of(&w, "hash")), 0);
		CHECK_EQ(machine_timer_wait(w.m, w.r), 500);
		w.r->now += 500;
		CHECK_EQ(machine_run_timers(w.m, w.r), 1);
		CHECK_EQ(slot_of(&w, 2).fired, 1);
		w.r->now += 1000;
		CHECK_EQ(machine_run_timers(w.m, w.r), 2);
		CHECK_EQ(slot_of(&w, 2).fired, 2);
		CHECK_EQ(slot_of(&w, 3).fired, 1);
		CHECK_EQ(slot_of(&w, 3).key_seen, 3);
		w.r->now += 1000000;
		CHECK_EQ(machine_run_timers(w.m, w.r), 1);
		CHECK_EQ(machine_run_timers(w.m, w.r), 0);
		CHECK_EQ(w.r->trap, RUN_OK);
		read_bss(&w, &bss);
		CHECK_EQ(bss.fired, 2);
		CHECK_EQ(bss.again, 3);
		CHECK_EQ((s32)bss.cancelled, -EDEADLK);
		end(&w);
	}
}

/* What was started can be forgotten in any way, the machine's end among them. */
TEST(machine_timer_is_forgotten_with_its_value)
{
	struct world w;
	struct slot zero = { 0 };
	u64 name = 5;

	if (!begin(&w, MACHINE_INTERPRET)) {
		image_fixture_done(&w.f);
		SKIP("the object has not been built");
	}
	run(&w, "start");
	CHECK_EQ(map_remove(map_of(&w, "hash"), &name), 0);
	CHECK_EQ(machine_timer_wait(w.m, w.r), 1000);
	CHECK_EQ(map_write(map_of(&w, "array"), &(u32){ 2 }, &zero, 0), 0);
	w.r->now += 10000;
	CHECK_EQ(machine_run_timers(w.m, w.r), 1);
	run(&w, "start");
	end(&w);
}

/* The kernel's results of the same program; false if it cannot be asked. */
static bool ask_kernel(const struct world *w, struct bss *bss, struct slot *repeated)
{
	struct bpf_object *o = bpf_object__open_mem(w->f.input[0].elf, w->f.input[0].len, NULL);
	struct buf warnings = { 0 };
	char packet[64] = "";
	bool ok = false;

	warn_begin(&warnings);
	if (o && !bpf_object__load(o)) {
		static const char *const names[] = { "errors", "start" };
		u32 key = 2;

		for (int i = 0; i < 2; i++) {
			LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet,
				    .data_size_in = sizeof(packet), .repeat = 1);
			bpf_prog_test_run_opts(
				bpf_program__fd(bpf_object__find_program_by_name(o, names[i])),
				&opts);
		}
		for (int i = 0; i < 200 && !ok; i++) {
			ok = !bpf_map__lookup_elem(bpf_object__find_map_by_name(o, "array"), &key,
						   sizeof(key), repeated, sizeof(*repeated), 0) &&
			     repeated->fired == 3;
			usleep(1000);
		}
		key = 0;
		ok = ok && !bpf_map__lookup_elem(bpf_object__find_map_by_name(o, ".bss"), &key,
						 sizeof(key), bss, sizeof(*bss), 0);
	}
	warn_end();
	buf_done(&warnings);
	bpf_object__close(o);
	return ok;
}

TEST(machine_timer_as_in_the_kernel)
{
	struct world w;
	struct slot repeated = { 0 };
	struct bss kernel = { 0 }, own;

	if (!begin(&w, MACHINE_JIT)) {
		image_fixture_done(&w.f);
		SKIP("the object has not been built");
	}
	run(&w, "errors");
	run(&w, "start");
	for (int i = 0; i < 10; i++) {
		w.r->now += 1000;
		machine_run_timers(w.m, w.r);
	}
	read_bss(&w, &own);
	if (!ask_kernel(&w, &kernel, &repeated)) {
		end(&w);
		SKIP("the kernel does not load it");
	}
	for (u32 i = 0; i < ARRAY_SIZE(own.results); i++) {
		if (own.results[i] != kernel.results[i])
			test_fail(__FILE__, __LINE__, "result %u: %lld, the kernel's is %lld", i,
				  (long long)own.results[i], (long long)kernel.results[i]);
	}
	CHECK_EQ(own.again, kernel.again);
	CHECK_EQ(own.cancelled, kernel.cancelled);
	CHECK_EQ(slot_of(&w, 2).fired, repeated.fired);
	CHECK_EQ(slot_of(&w, 2).key_seen, repeated.key_seen);
	end(&w);
}

/* ---- work queues: tests/object/work.c */

struct work_slot {
	u32 done, key_seen;
	u64 work[2], after;
};

struct work_bss {
	s64 results[24];
	u32 done, order;
};

static void read_work(struct world *w, struct work_bss *bss)
{
	struct map *m = map_of(w, ".bss");

	CHECK_EQ(map_spec(m)->value_size, sizeof(*bss));
	map_read(m, &(u32){ 0 }, bss, 0);
}

TEST(machine_timer_runs_work_in_turn)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct work_slot slot = { 0 };
		struct work_bss bss;
		struct world w;

		if (!begin_with(&w, "work", modes[i])) {
			image_fixture_done(&w.f);
			SKIP("the object has not been built");
		}
		CHECK_EQ(run(&w, "start"), 0);
		CHECK_EQ(machine_timer_wait(w.m, w.r), 0);
		CHECK_EQ(machine_timer_count(w.m), 3);
		CHECK_EQ(map_count(map_of(&w, "hash")), 1);
		/* What starts itself again has its turn in the next round. */
		CHECK_EQ(machine_run_timers(w.m, w.r), 3);
		CHECK_EQ(map_count(map_of(&w, "hash")), 0);
		CHECK_EQ(machine_run_timers(w.m, w.r), 1);
		CHECK_EQ(machine_run_timers(w.m, w.r), 1);
		CHECK_EQ(machine_run_timers(w.m, w.r), 0);
		CHECK_EQ(machine_timer_wait(w.m, w.r), UINT64_MAX);
		CHECK_EQ(w.r->trap, RUN_OK);
		read_work(&w, &bss);
		CHECK_EQ(bss.order, 3233);
		CHECK_EQ(bss.done, 2);
		CHECK_EQ(map_read(map_of(&w, "array"), &(u32){ 2 }, &slot, 0), 0);
		CHECK_EQ(slot.key_seen, 2);
		/* It is forgotten with its value. */
		CHECK_EQ(run(&w, "start"), 0);
		CHECK_EQ(map_remove(map_of(&w, "hash"), &(u64){ 5 }), 0);
		CHECK_EQ(map_write(map_of(&w, "array"), &(u32){ 3 }, &slot, 0), 0);
		CHECK_EQ(machine_timer_count(w.m), 1);
		end(&w);
	}
}

static bool ask_kernel_of_work(const struct world *w, struct work_bss *bss)
{
	struct bpf_object *o = bpf_object__open_mem(w->f.input[0].elf, w->f.input[0].len, NULL);
	struct bpf_program *p;
	struct buf warnings = { 0 };
	char packet[64] = "";
	bool ok = false;
	u32 key = 0;

	warn_begin(&warnings);
	bpf_object__for_each_program(p, o)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), "errors") ||
						     !strcmp(bpf_program__name(p), "start"));
	if (o && !bpf_object__load(o)) {
		static const char *const names[] = { "errors", "start" };

		for (int i = 0; i < 2; i++) {
			LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet,
				    .data_size_in = sizeof(packet), .repeat = 1);
			bpf_prog_test_run_opts(
				bpf_program__fd(bpf_object__find_program_by_name(o, names[i])),
				&opts);
		}
		/* Two that count, and one three times; they may run in any order there. */
		for (int i = 0; i < 200 && !ok; i++) {
			struct work_slot slot;

			ok = !bpf_map__lookup_elem(bpf_object__find_map_by_name(o, ".bss"), &key,
						   sizeof(key), bss, sizeof(*bss), 0) &&
			     !bpf_map__lookup_elem(bpf_object__find_map_by_name(o, "array"),
						   &(u32){ 3 }, sizeof(key), &slot, sizeof(slot),
						   0) &&
			     bss->done == 2 && slot.done == 3;
			usleep(1000);
		}
	}
	warn_end();
	buf_done(&warnings);
	bpf_object__close(o);
	return ok;
}

TEST(machine_timer_work_as_in_the_kernel)
{
	struct work_bss kernel = { 0 }, own;
	struct world w;

	if (!begin_with(&w, "work", MACHINE_JIT)) {
		image_fixture_done(&w.f);
		SKIP("the object has not been built");
	}
	run(&w, "errors");
	run(&w, "start");
	for (int i = 0; i < 4; i++)
		machine_run_timers(w.m, w.r);
	read_work(&w, &own);
	if (!ask_kernel_of_work(&w, &kernel)) {
		end(&w);
		SKIP("the kernel does not load it");
	}
	for (u32 i = 0; i < ARRAY_SIZE(own.results); i++) {
		if (own.results[i] != kernel.results[i])
			test_fail(__FILE__, __LINE__, "result %u: %lld, the kernel's is %lld", i,
				  (long long)own.results[i], (long long)kernel.results[i]);
	}
	CHECK_EQ(own.done, kernel.done);
	end(&w);
}

/* ---- in many threads: who starts and cancels them, forgets their values, and runs what is due */

enum { THREADS = 4, ROUNDS = 2000 };

struct racer {
	struct world *w;
	u32 number;
	u32 fired, *ended; /* of those that start timers */
	pthread_t thread;
};

static void start_and_forget(struct racer *racer, struct run *r)
{
	struct world *w = racer->w;
	struct __sk_buff skb = { 0 };
	struct slot zero = { 0 };

	for (u32 i = 0; i < ROUNDS; i++, r->now += 700) {
		u64 name = 5;

		for (u32 k = 0; k < w->f.image.progs.n; k++) {
			/* The others are there to be rejected. */
			if (!strstr(w->f.image.progs.at[k].name, "__"))
				machine_run(w->m, k, &skb, sizeof(skb), r);
		}
		CHECK_EQ(r->trap, RUN_OK);
		if (i % 8 == 0)
			map_remove(map_of(w, "hash"), &name);
		if (i % 8 == 4)
			map_write(map_of(w, "array"), &(u32){ 2 }, &zero, 0);
	}
	__atomic_add_fetch(racer->ended, 1, __ATOMIC_RELEASE);
}

static void *race(void *arg)
{
	struct racer *racer = arg;
	struct run *r = run_new(racer->w->m, racer->number);

	r->now = 1000000;
	if (racer->number % 2)
		start_and_forget(racer, r);
	while (!(racer->number % 2) &&
	       __atomic_load_n(racer->ended, __ATOMIC_ACQUIRE) < THREADS / 2) {
		racer->fired += machine_run_timers(racer->w->m, r);
		CHECK_EQ(r->trap, RUN_OK);
		r->now += 700;
	}
	run_free(r);
	return NULL;
}

TEST(machine_timer_in_many_threads)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(modes); i++) {
		struct racer racers[THREADS];
		struct world w;
		u32 fired = 0, ended = 0;

		if (!begin_with(&w, i % 2 ? "work" : "timer", modes[i / 2])) {
			image_fixture_done(&w.f);
			SKIP("the object has not been built");
		}
		for (u32 k = 0; k < THREADS; k++) {
			racers[k] = (struct racer){ .w = &w, .number = k, .ended = &ended };
			CHECK_EQ(pthread_create(&racers[k].thread, NULL, race, &racers[k]), 0);
		}
		for (u32 k = 0; k < THREADS; k++) {
			pthread_join(racers[k].thread, NULL);
			fired += racers[k].fired;
		}
		/* Nothing is left that is held to be running. */
		w.r->now = 1ull << 62;
		for (u32 k = 0; k < 8; k++, w.r->now += 10000)
			fired += machine_run_timers(w.m, w.r);
		CHECK(fired > 0);
		CHECK_EQ(machine_timer_count(w.m), 0);
		end(&w);
	}
}
