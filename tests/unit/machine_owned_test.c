/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that programs own, in lists, trees and maps' values: tests/object/owned.c, and what no verifier would let pass. */
#include "machine/owned.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "machine/graph.h"
#include "machine/heap.h"
#include "machine/machine.h"
#include "machine/step.h"
#include "unit/machine_maps.h"
#include "unit/object_image_fixture.h"
#include "unit/test.h"
#include "verify/field.h"

struct world {
	struct image_fixture f;
	struct machine *m;
	struct run *r;
	struct __sk_buff skb;
};

/* What the newest compiler has made of it, as older ones leave out the tags of pointers. False: there is no such object. */
static bool begin(struct world *w, const char *object, enum machine_mode mode)
{
	const struct machine_options opts = { .mode = mode, .cpus = 4 };
	char newest[64];

	memset(w, 0, sizeof(*w));
	image_fixture_init(&w->f);
	w->f.options.no_kconfig = true;
	snprintf(newest, sizeof(newest), "%s.clang-19", object);
	if (!image_fixture_add(&w->f, newest) && !image_fixture_add(&w->f, object)) {
		image_fixture_done(&w->f);
		return false;
	}
	CHECK_EQ(image_fixture_open(&w->f), 0);
	const struct image_map *m = image_fixture_map(&w->f, "stashes");
	struct fields fields;
	fields_read(w->f.image.btf, m ? m->value_type : 0, &fields);
	if (!fields_find(&fields, FIELD_KPTR)) {
		image_fixture_done(&w->f);
		return false;
	}
	CHECK_EQ(machine_new(&w->f.image, &opts, &w->f.diag, &w->m), 0);
	CHECK_STR(image_fixture_error(&w->f), "");
	w->r = run_new(w->m, 0);
	return true;
}

static void end(struct world *w)
{
	run_free(w->r);
	machine_free(w->m);
	image_fixture_done(&w->f);
}

static u32 program(const struct world *w, const char *name)
{
	for (u32 i = 0; i < w->f.image.progs.n; i++) {
		if (!strcmp(w->f.image.progs.at[i].name, name))
			return i;
	}
	test_fail(__FILE__, __LINE__, "there is no program %s", name);
	return 0;
}

static u64 run_with(struct world *w, struct run *r, const char *name, u32 len)
{
	struct __sk_buff skb = { .len = len };
	u64 result = machine_run(w->m, program(w, name), &skb, sizeof(skb), r);

	CHECK_EQ(r->trap, RUN_OK);
	return result;
}

static struct map *map_of(struct world *w, const char *name)
{
	for (u32 i = 0; i < w->f.image.maps.n; i++) {
		if (!strcmp(w->f.image.maps.at[i].name, name))
			return machine_map(w->m, i);
	}
	test_fail(__FILE__, __LINE__, "there is no map %s", name);
	return NULL;
}

static u64 count(struct world *w)
{
	return owned_count(machine_owned(w->m));
}

/* Overwrites a value: what it owned is dropped. */
static void overwrite(struct world *w, const char *name, u32 key)
{
	struct map *m = map_of(w, name);
	u8 *zeroes = calloc(1, map_value_bytes(m) + 8);

	CHECK_EQ(map_write(m, &key, zeroes, BPF_ANY), 0);
	free(zeroes);
}

static const enum machine_mode modes[] = { MACHINE_INTERPRET, MACHINE_CHECKED, MACHINE_JIT };

TEST(machine_owned_is_dropped_with_values)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct world w;
		u32 key = 1;

		if (!begin(&w, "owned", modes[i]))
			SKIP("the test objects were not built, or by an old compiler");
		CHECK_EQ(run_with(&w, w.r, "lists", 41), 0);
		CHECK_EQ(count(&w), 3); /* are left in the list */
		CHECK_EQ(run_with(&w, w.r, "lists", 45), 0);
		CHECK_EQ(count(&w), 0); /* deleted by the program */
		CHECK_EQ(run_with(&w, w.r, "lists", 41), 0);
		CHECK_EQ(map_remove(map_of(&w, "values"), &key), 0);
		CHECK_EQ(count(&w), 0);

		CHECK_EQ(run_with(&w, w.r, "bags", 2), 0);
		CHECK_EQ(count(&w), 9); /* a bag with 8 in it */
		CHECK_EQ(run_with(&w, w.r, "bags", 2), 0);
		CHECK_EQ(count(&w), 9);
		CHECK_EQ(run_with(&w, w.r, "bags", 1), 0); /* overwrites the value first */
		CHECK_EQ(count(&w), 9);
		overwrite(&w, "values", 3);
		CHECK_EQ(count(&w), 0);

		CHECK_EQ(run_with(&w, w.r, "trees", 7), 0);
		CHECK_EQ(run_with(&w, w.r, "trees", 8), 0);
		CHECK(count(&w) > 0);
		overwrite(&w, ".data.own", 0);
		CHECK_EQ(count(&w), 0);

		CHECK_EQ(run_with(&w, w.r, "kept", 7), 0);
		CHECK_EQ(run_with(&w, w.r, "kept", 9), 0);
		CHECK_EQ(run_with(&w, w.r, "counts", 9), 0);
		CHECK_EQ(count(&w), 2);
		overwrite(&w, "stashes", 0);
		CHECK_EQ(count(&w), 1);
		overwrite(&w, "stashes", 1);
		CHECK_EQ(count(&w), 0);
		end(&w);
	}
}

/* No recursion: there is no stack for as many. */
TEST(machine_owned_chains_of_any_length)
{
	struct world w;

	if (!begin(&w, "owned", MACHINE_JIT))
		SKIP("the test objects were not built, or by an old compiler");
	for (u32 i = 0; i < 50000; i++)
		run_with(&w, w.r, "chains", 0);
	CHECK_EQ(count(&w), 200000);
	overwrite(&w, "stashes", 0);
	CHECK_EQ(count(&w), 0);
	end(&w);
}

/* Each CPU has its own, and none sees another one's. */
TEST(machine_owned_percpu)
{
	struct world w;
	struct run *other;

	if (!begin(&w, "owned", MACHINE_CHECKED))
		SKIP("the test objects were not built, or by an old compiler");
	other = run_new(w.m, 3);
	for (u32 i = 0; i < 5; i++)
		run_with(&w, i < 4 ? w.r : other, "counts", i);
	CHECK_EQ(count(&w), 1);
	u64 *stash = map_lookup(map_of(&w, "stashes"), &(u32){ 0 }, w.r);
	struct owned *o = machine_owned(w.m);
	CHECK_EQ(*(u64 *)(uintptr_t)owned_percpu(o, stash[1], 0), 4);
	CHECK_EQ(*(u64 *)(uintptr_t)owned_percpu(o, stash[1], 3), 1);
	CHECK_EQ(*(u64 *)(uintptr_t)owned_percpu(o, stash[1], 1), 0);
	CHECK_EQ(owned_percpu(o, stash[1], 4), 0);
	CHECK_EQ(owned_percpu(o, stash[1] + 8, 0), 0);
	run_free(other);
	end(&w);
}

/* ---- in many threads */

struct racer {
	struct world *w;
	u32 cpu;
	pthread_t thread;
};

static void *race(void *arg)
{
	static const char *const names[] = { "lists", "trees", "twice", "kept", "bags", "chains" };
	struct racer *racer = arg;
	struct run *r = run_new(racer->w->m, racer->cpu);
	u64 seed = racer->cpu + 1;

	for (u32 i = 0; i < 600; i++) {
		struct __sk_buff skb = { .len = (u32)maps_random(&seed) & 63 };
		u32 name = (u32)(maps_random(&seed) % ARRAY_SIZE(names));

		machine_run(racer->w->m, program(racer->w, names[name]), &skb, sizeof(skb), r);
		CHECK_EQ(r->trap, RUN_OK);
	}
	run_free(r);
	return NULL;
}

TEST(machine_owned_by_many_threads)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct racer racers[4];
		struct world w;
		u32 key;

		if (modes[i] == MACHINE_CHECKED)
			continue; /* which waits for no lock that others hold long */
		if (!begin(&w, "owned", modes[i]))
			SKIP("the test objects were not built, or by an old compiler");
		for (u32 k = 0; k < ARRAY_SIZE(racers); k++) {
			racers[k] = (struct racer){ .w = &w, .cpu = k };
			CHECK_EQ(pthread_create(&racers[k].thread, NULL, race, &racers[k]), 0);
		}
		for (u32 k = 0; k < ARRAY_SIZE(racers); k++)
			pthread_join(racers[k].thread, NULL);
		CHECK(count(&w) > 0);
		overwrite(&w, ".data.own", 0);
		overwrite(&w, "stashes", 0);
		overwrite(&w, "stashes", 1);
		while (!map_next(map_of(&w, "values"), NULL, &key))
			CHECK_EQ(map_remove(map_of(&w, "values"), &key), 0);
		CHECK_EQ(count(&w), 0);
		end(&w);
	}
}

/* ---- programs that were not verified */

static void clear_locks(struct world *w)
{
	for (u32 i = 0; i < w->f.image.maps.n; i++) {
		const struct image_map *m = &w->f.image.maps.at[i];
		struct fields fields;
		u32 stride;
		u8 *data = map_array(machine_map(w->m, i), &stride);

		fields_read(w->f.image.btf, m->value_type, &fields);
		const struct field *lock = fields_find(&fields, FIELD_SPIN_LOCK);
		for (u32 k = 0; data && lock && k < m->max_entries; k++)
			memset(data + (size_t)k * stride + lock->offset, 0, lock->size);
	}
}

/* A run that is stopped leaves its locks behind. */
static void run_unverified(struct world *w, u32 prog, u32 len)
{
	struct __sk_buff skb = { .len = len };

	clear_locks(w);
	w->r->fuel = 100000;
	machine_run(w->m, prog, &skb, sizeof(skb), w->r);
}

static void check_trap(struct world *w, const char *name, const char *want)
{
	struct buf text = { 0 };

	run_unverified(w, program(w, name), 5);
	run_describe_trap(w->r, &text);
	if (!strstr(buf_str(&text), want) || !want[0] != !text.len)
		test_fail(__FILE__, __LINE__, "%s: '%s'", name, buf_str(&text));
	buf_done(&text);
}

TEST(machine_owned_stops_what_does_harm)
{
	struct world w;

	if (!begin(&w, "verify_owned", MACHINE_CHECKED))
		SKIP("the test objects were not built, or by an old compiler");
	check_trap(&w, "ok__made_and_dropped", "");
	check_trap(&w, "ok__seen",
		   ""); /* dropped, and looked at all the same: others may do so, too */
	check_trap(&w, "uninitialized__dropped_twice", ", which is in an object that was dropped");
	check_trap(&w, "bad_argument__dropped_in_the_middle", ", which is in an object (at");
	check_trap(&w, "bad_argument__dropped_what_is_none", "hands a helper");
	check_trap(&w, "owned_object__past_its_end", "reads 4 bytes at 0x");
	check_trap(&w, "owned_object__past_its_end", ", 4 past the end of an object");
	check_trap(&w, "bad_argument__link_on_the_stack", "hands a helper");
	check_trap(&w, "owned_object__not_by_its_link", ", which is in an object (at");
	check_trap(&w, "owned_object__percpu_dropped_as_another", "hands a helper");
	end(&w);
}

/* Whatever they do, to whatever the ones before have left: it is neither our memory nor an endless loop. */
TEST(machine_owned_survives_all)
{
	struct world w;
	u64 seed = 1;
	u32 traps = 0, ends = 0;

	if (!begin(&w, "verify_owned", MACHINE_CHECKED))
		SKIP("the test objects were not built, or by an old compiler");
	for (u32 round = 0; round < 40; round++) {
		for (u32 i = 0; i < w.f.image.progs.n; i++) {
			run_unverified(&w, i, i + round);
			traps += w.r->trap != RUN_OK;
			ends += w.r->trap == RUN_OK;
			/* Roots that lead anywhere. */
			u64 *data = map_lookup(map_of(&w, ".data.A"), &(u32){ 0 }, w.r);
			u64 random = maps_random(&seed);
			if (random % 3 == 0)
				data[random / 8 % 8] = random % 2 ? (u64)(uintptr_t)data : random;
			else if (random % 3 == 1)
				data[random / 8 % 8] = data[random / 64 % 8];
		}
	}
	CHECK(traps > 100 && ends > 100);
	end(&w);
}

/* ---- back in time */

static void forget_nothing(struct world *w, const char *name)
{
	struct step_input in = { .prog = program(w, name),
				 .ctx = &w->skb,
				 .ctx_size = sizeof(w->skb) };
	struct stepper *s = step_new(w->m, &in, &w->f.diag);
	u64 last, sum;

	CHECK(s);
	if (!s)
		return;
	step_to(s, UINT64_MAX);
	CHECK_EQ(step_run(s)->trap, RUN_OK);
	last = step_state(s)->steps;
	step_to(s, last / 2);
	u64 regs[11];
	memcpy(regs, step_state(s)->regs, sizeof(regs));
	sum = count(w);
	for (u32 i = 0; i < 5; i++) {
		step_to(s, last / (i + 3));
		step_to(s, last / 2);
		CHECK(!memcmp(regs, step_state(s)->regs, sizeof(regs)));
		CHECK_EQ(count(w), sum);
	}
	step_free(s);
}

TEST(machine_owned_goes_back)
{
	struct world w;

	if (!begin(&w, "owned", MACHINE_STEPPED))
		SKIP("the test objects were not built, or by an old compiler");
	w.skb.len = 41;
	forget_nothing(&w, "trees");
	forget_nothing(&w, "lists");
	forget_nothing(&w, "chains");
	end(&w);
}

/* ---- trees by themselves */

#define NODES 200

struct forest {
	struct owned *o;
	u64 root[2];
	u64 nodes[NODES]; /* addresses of objects */
	u32 link_offset;
};

static struct owned_link *link_of(const struct forest *f, u64 node)
{
	return owned_link_at(f->o, node + f->link_offset, FIELD_RB_NODE);
}

/* The black links on the way down, the same on all ways; *n: links in all, in the order of addresses. */
static u32 check_below(const struct owned_link *link, const struct owned_link *parent, u64 low,
		       u64 high, u32 *n)
{
	u32 left, right;

	if (!link)
		return 1;
	++*n;
	CHECK(link->parent == parent);
	CHECK(!link->is_red || (parent && !parent->is_red));
	CHECK((u64)(uintptr_t)link > low && (u64)(uintptr_t)link < high);
	left = check_below(link->left, link, low, (u64)(uintptr_t)link, n);
	right = check_below(link->right, link, (u64)(uintptr_t)link, high, n);
	CHECK_EQ(left, right);
	return left + !link->is_red;
}

static void add_by_address(struct forest *f, struct owned_link *link)
{
	u64 root = (u64)(uintptr_t)f->root;
	struct owned_link *parent = NULL;
	bool left = false;

	CHECK(graph_claim(link, root));
	CHECK(!graph_claim(link, root));
	for (struct owned_link *at = graph_top(f->o, root); at; at = left ? at->left : at->right) {
		parent = at;
		left = link < at;
	}
	graph_add(f->o, root, parent, link, left);
}

TEST(machine_owned_trees_are_balanced)
{
	struct forest f = { 0 };
	struct world w;
	u64 seed = 1, root = (u64)(uintptr_t)f.root;
	u32 type, in = 0, n;

	if (!begin(&w, "owned", MACHINE_INTERPRET))
		SKIP("the test objects were not built, or by an old compiler");
	struct fields fields;
	f.o = machine_owned(w.m);
	type = rawbtf_find((struct rawbtf *)w.f.image.btf, RAWBTF_KIND(BTF_KIND_STRUCT), "twin");
	fields_read(w.f.image.btf, type, &fields);
	CHECK(fields_find(&fields, FIELD_RB_NODE));
	f.link_offset = fields_find(&fields, FIELD_RB_NODE)->offset;
	for (u32 i = 0; i < NODES; i++) {
		f.nodes[i] = owned_make(f.o, type, false);
		CHECK(f.nodes[i] && link_of(&f, f.nodes[i]));
	}
	for (u32 i = 0; i < 5000; i++) {
		u32 k = (u32)(maps_random(&seed) % NODES);
		struct owned_link *link = link_of(&f, f.nodes[k]);

		if (link->owner) {
			graph_remove(f.o, root, link);
			in--;
		} else {
			add_by_address(&f, link);
			in++;
		}
		n = 0;
		check_below(graph_top(f.o, root), NULL, 0, UINT64_MAX, &n);
		CHECK_EQ(n, in);
		CHECK(!in || !graph_leftmost(f.o, root)->left);
	}
	for (; graph_pop_leaf(f.o, root); in--)
		;
	CHECK_EQ(in, 0);
	CHECK(!graph_top(f.o, root));
	end(&w);
}

/* ---- memory */

TEST(machine_heap)
{
	struct epoch *e = epoch_new();
	struct heap *h = heap_new(e);
	u64 sizes[] = { 1, 64, 65, 500, 4096, 40000, 65536, 70000, HEAP_MAX_SLOT };
	u8 *slots[ARRAY_SIZE(sizes)];

	CHECK(!heap_slot(h, 0));
	CHECK(!heap_take(h, HEAP_MAX_SLOT + 1));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		slots[i] = heap_take(h, sizes[i]);
		CHECK(slots[i] && !slots[i][0] && !slots[i][sizes[i] - 1]);
		CHECK(heap_slot(h, (u64)(uintptr_t)slots[i]) == slots[i]);
		CHECK(heap_slot(h, (u64)(uintptr_t)slots[i] + sizes[i] - 1) == slots[i]);
		memset(slots[i], (int)i + 1, sizes[i]);
	}
	CHECK_EQ(heap_used(h), ARRAY_SIZE(sizes));
	CHECK(!heap_slot(h, (u64)(uintptr_t)slots));
	struct heapcopy *c = heap_copy(h);
	u8 *more = heap_take(h, 500);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(slots[i], 0xff, sizes[i]);
		heap_give(h, slots[i]);
	}
	heap_put_back(h, c);
	CHECK_EQ(heap_used(h), ARRAY_SIZE(sizes));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		CHECK(slots[i][0] == i + 1 && slots[i][sizes[i] - 1] == i + 1);
	CHECK(heap_take(h, 500) == more);
	heapcopy_free(c);
	/* A run that is inside keeps what was given back from being used again. */
	struct epoch_reader reader;
	epoch_join(e, &reader);
	epoch_enter(&reader);
	for (u32 i = 0; i < 1000; i++) {
		u8 *slot = heap_take(h, 500);
		CHECK(slot != slots[3]);
		heap_give(h, i ? slot : slots[3]);
	}
	epoch_leave(&reader);
	for (u32 i = 0; i < 2 * 64; i++) /* the next deferral finds that it is over */
		heap_give(h, heap_take(h, 500));
	bool again = false;
	for (u32 i = 0; i < 3000 && !again; i++)
		again = heap_take(h, 500) == slots[3];
	CHECK(again);
	epoch_part(&reader);
	epoch_free(e);
	heap_free(h);
}
