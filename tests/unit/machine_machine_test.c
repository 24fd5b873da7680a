/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines of several maps and programs: variables, what is in maps at first, tail calls. */
#include <string.h>

#include "isa/insn.h"
#include "machine/code.h"
#include "unit/test.h"

struct world {
	struct arena arena;
	struct diag d;
	struct image img;
	struct machine *m;
	struct run *run;
};

static void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	arena_init(&w->arena);
	diag_init(&w->d, &w->arena);
	w->img.arena = &w->arena;
	w->img.license = "GPL";
}

static void add_map(struct world *w, const char *name, enum image_map_origin origin,
		    enum bpf_map_type type, u32 value_size, u32 entries, const void *data)
{
	struct image_map *m = vec_add(&w->arena, &w->img.maps);

	m->name = name;
	m->origin = origin;
	m->type = type;
	m->key_size = 4;
	m->value_size = value_size;
	m->max_entries = entries;
	m->inner = IMAGE_NONE;
	m->data = data;
}

static void add_prog(struct world *w, const char *name, const struct bpf_insn *insns, u32 count)
{
	struct image_prog *p = vec_add(&w->arena, &w->img.progs);

	p->name = name;
	p->section = p->target = "";
	p->insns = insns;
	p->count = count;
	*vec_add(&w->arena, &p->funcs) = (struct image_func){ .name = name, .count = count };
}

static void world_start(struct world *w, enum machine_mode mode)
{
	const struct machine_options opts = { .mode = mode, .cpus = 1 };

	if (machine_new(&w->img, &opts, &w->d, &w->m))
		test_fail(__FILE__, __LINE__, "%s", w->d.items.n ? w->d.items.at[0].text : "");
	else
		w->run = run_new(w->m, 0);
}

static void world_done(struct world *w)
{
	run_free(w->run);
	machine_free(w->m);
	arena_done(&w->arena);
}

static const struct bpf_insn *load_ref(struct world *w, u8 dst, u8 pseudo, u32 low, u32 high)
{
	struct bpf_insn *load = arena_array(&w->arena, struct bpf_insn, 2);

	insn_ld_imm64(load, dst, pseudo, (u64)high << 32 | low);
	return load;
}

TEST(machine_machine_has_variables)
{
	static const u32 first[2] = { 11, 31 };
	struct world w;

	for (int checked = 0; checked < 2; checked++) {
		world_init(&w);
		add_map(&w, ".bss", IMAGE_MAP_BSS, BPF_MAP_TYPE_ARRAY, 16, 1, NULL);
		add_map(&w, ".data", IMAGE_MAP_DATA, BPF_MAP_TYPE_ARRAY, 8, 1, first);
		const struct bpf_insn *a = load_ref(&w, 1, BPF_PSEUDO_MAP_IDX_VALUE, 1, 4);
		const struct bpf_insn *b = load_ref(&w, 2, BPF_PSEUDO_MAP_IDX_VALUE, 0, 8);
		/* bss[8]++ gives 1, then 2; data[4] is 31, and stays */
		const struct bpf_insn insns[] = {
			a[0],
			a[1],
			b[0],
			b[1],
			insn_load(BPF_DW, 0, 2, 0),
			insn_alu64_imm(BPF_ADD, 0, 1),
			insn_store_reg(BPF_DW, 2, 0, 0),
			insn_load(BPF_W, 1, 1, 0),
			insn_alu64_reg(BPF_ADD, 0, 1),
			insn_exit(),
		};
		add_prog(&w, "main", insns, ARRAY_SIZE(insns));
		world_start(&w, checked ? MACHINE_CHECKED : MACHINE_INTERPRET);
		CHECK_EQ(machine_run(w.m, 0, NULL, 0, w.run), 32);
		CHECK_EQ(machine_run(w.m, 0, NULL, 0, w.run), 33);
		CHECK_EQ(w.run->trap, RUN_OK);
		world_done(&w);
	}
}

TEST(machine_machine_keeps_constants)
{
	static const u64 constant = 5;
	struct buf why = { 0 };
	struct world w;

	world_init(&w);
	add_map(&w, ".rodata", IMAGE_MAP_RODATA, BPF_MAP_TYPE_ARRAY, 8, 1, &constant);
	const struct bpf_insn *a = load_ref(&w, 1, BPF_PSEUDO_MAP_IDX_VALUE, 0, 0);
	const struct bpf_insn insns[] = { a[0], a[1], insn_load(BPF_DW, 0, 1, 0),
					  insn_store_imm(BPF_DW, 1, 0, 6), insn_exit() };
	add_prog(&w, "main", insns, ARRAY_SIZE(insns));
	world_start(&w, MACHINE_CHECKED);
	CHECK_EQ(machine_run(w.m, 0, NULL, 0, w.run), 0);
	run_describe_trap(w.run, &why);
	CHECK(strstr(buf_str(&why), "which is read-only: .rodata (at instruction 3)"));
	buf_done(&why);
	world_done(&w);
}

TEST(machine_machine_refuses_references)
{
	struct world w;

	world_init(&w);
	add_map(&w, ".bss", IMAGE_MAP_BSS, BPF_MAP_TYPE_ARRAY, 8, 1, NULL);
	const struct bpf_insn *a = load_ref(&w, 1, BPF_PSEUDO_MAP_IDX_VALUE, 0, 8);
	const struct bpf_insn insns[] = { a[0], a[1], insn_exit() };
	add_prog(&w, "main", insns, ARRAY_SIZE(insns));
	const struct machine_options opts = { .mode = MACHINE_INTERPRET };
	CHECK_EQ(machine_new(&w.img, &opts, &w.d, &w.m), -EINVAL);
	CHECK_STR(w.d.items.at[0].text, "instruction 0 refers to byte 8 of map .bss, which has 8");
	world_done(&w);
}

TEST(machine_machine_finds_sites)
{
	struct world w;

	world_init(&w);
	add_map(&w, "a", IMAGE_MAP_BTF, BPF_MAP_TYPE_ARRAY, 8, 1, NULL);
	add_map(&w, "b", IMAGE_MAP_BTF, BPF_MAP_TYPE_ARRAY, 8, 1, NULL);
	const struct bpf_insn *a = load_ref(&w, 1, BPF_PSEUDO_MAP_IDX, 0, 0);
	const struct bpf_insn *b = load_ref(&w, 6, BPF_PSEUDO_MAP_IDX, 1, 0);
	const struct bpf_insn insns[] = {
		a[0],
		a[1],
		b[0],
		b[1],
		insn_call(99999), /* 4: a */
		insn_mov64_reg(1, 6),
		insn_call(99999), /* 6: b */
		insn_call(99999), /* 7: r1 is gone */
		insn_mov64_reg(1, 6),
		insn_jump_imm(BPF_JEQ, 0, 0, 0),
		insn_call(99999), /* 10: is jumped to, so it may be another */
		insn_exit(),
	};
	add_prog(&w, "main", insns, ARRAY_SIZE(insns));
	world_start(&w, MACHINE_INTERPRET);
	const struct code *c = machine_code(w.m, 0);
	CHECK_EQ(c->site_count, 2);
	CHECK_EQ(c->sites[0].insn, 4);
	CHECK(c->sites[0].map == machine_map(w.m, 0));
	CHECK_EQ(c->sites[1].insn, 6);
	CHECK(c->sites[1].map == machine_map(w.m, 1));
	CHECK(!machine_map(w.m, 2));
	CHECK(!machine_code(w.m, 1));
	world_done(&w);
}

/* main counts in a variable and calls the program at index r0 of progs; so does that one. */
static void tail_world(struct world *w, enum machine_mode mode, s32 index)
{
	world_init(w);
	add_map(w, "progs", IMAGE_MAP_BTF, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, NULL);
	add_map(w, ".bss", IMAGE_MAP_BSS, BPF_MAP_TYPE_ARRAY, 8, 1, NULL);
	const struct bpf_insn *progs = load_ref(w, 2, BPF_PSEUDO_MAP_IDX, 0, 0);
	const struct bpf_insn *count = load_ref(w, 6, BPF_PSEUDO_MAP_IDX_VALUE, 1, 0);
	const struct bpf_insn self[] = {
		count[0],
		count[1],
		insn_load(BPF_DW, 7, 6, 0),
		insn_alu64_imm(BPF_ADD, 7, 1),
		insn_store_reg(BPF_DW, 6, 0, 7),
		progs[0],
		progs[1],
		insn_mov64_imm(3, index),
		insn_call(BPF_FUNC_tail_call),
		insn_mov64_reg(8, 0),
		/* what is left when there may be no more: the number of programs that ran */
		insn_load(BPF_DW, 0, 6, 0),
		insn_alu64_imm(BPF_LSH, 0, 8),
		insn_alu64_reg(BPF_SUB, 0, 8),
		insn_exit(),
	};
	const struct bpf_insn other[] = { insn_load(BPF_W, 0, 1, 0), insn_exit() };
	struct bpf_insn *copy = arena_array(&w->arena, struct bpf_insn, ARRAY_SIZE(self));
	struct bpf_insn *second = arena_array(&w->arena, struct bpf_insn, ARRAY_SIZE(other));

	memcpy(copy, self, sizeof(self));
	memcpy(second, other, sizeof(other));
	add_prog(w, "self", copy, ARRAY_SIZE(self));
	add_prog(w, "other", second, ARRAY_SIZE(other));
	*vec_add(&w->arena, &w->img.maps.at[0].slots) = (struct image_slot){ .key = 1, .index = 0 };
	*vec_add(&w->arena, &w->img.maps.at[0].slots) = (struct image_slot){ .key = 2, .index = 1 };
	world_start(w, mode);
}

TEST(machine_machine_calls_tails)
{
	u32 ctx = 4711;
	struct world w;

	for (int checked = 0; checked < 2; checked++) {
		enum machine_mode mode = checked ? MACHINE_CHECKED : MACHINE_INTERPRET;

		tail_world(&w, mode, 2); /* once, with the same context */
		CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), 4711);
		CHECK(w.run->code == machine_code(w.m, 1));
		CHECK_EQ(w.run->tail_calls, 1);
		world_done(&w);

		tail_world(&w, mode, 1); /* itself: 33 times, then it goes on */
		CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), (34 << 8) + EPERM);
		CHECK_EQ(w.run->tail_calls, RUN_TAIL_CALLS);
		CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), (68 << 8) + EPERM);
		world_done(&w);

		tail_world(&w, mode, 0); /* an empty slot, one beyond the end */
		CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), (1 << 8) + ENOENT);
		world_done(&w);
		tail_world(&w, mode, 1000);
		CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), (1 << 8) + ENOENT);
		world_done(&w);
	}
}

TEST(machine_machine_tail_calls_burn_fuel)
{
	struct world w;

	tail_world(&w, MACHINE_INTERPRET, 1);
	w.run->fuel = 100;
	CHECK_EQ(machine_run(w.m, 0, NULL, 0, w.run), 0);
	CHECK_EQ(w.run->trap, RUN_OUT_OF_FUEL);
	world_done(&w);
}

/* A tail call within a function leaves that function alone: what it returns comes to the function's caller. */
TEST(machine_machine_calls_tails_in_functions)
{
	u32 ctx = 20;
	struct world w;

	world_init(&w);
	add_map(&w, "progs", IMAGE_MAP_BTF, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, NULL);
	const struct bpf_insn *progs = load_ref(&w, 2, BPF_PSEUDO_MAP_IDX, 0, 0);
	const struct bpf_insn insns[] = {
		insn_mov64_imm(6, 1),
		insn_call_func(3),
		insn_alu64_reg(BPF_ADD, 0, 6),
		insn_alu64_imm(BPF_ADD, 0, 2),
		insn_exit(),
		progs[0],
		progs[1],
		insn_mov64_imm(3, 0),
		insn_mov64_imm(6, 100),
		insn_call(BPF_FUNC_tail_call),
		insn_mov64_imm(0, 0),
		insn_exit(),
	};
	const struct bpf_insn other[] = { insn_mov64_imm(6, 1000), insn_load(BPF_W, 0, 1, 0),
					  insn_exit() };
	add_prog(&w, "main", insns, ARRAY_SIZE(insns));
	add_prog(&w, "other", other, ARRAY_SIZE(other));
	*vec_add(&w.arena, &w.img.maps.at[0].slots) = (struct image_slot){ .key = 0, .index = 1 };
	world_start(&w, MACHINE_CHECKED);
	CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), 23);
	CHECK_EQ(w.run->trap, RUN_OK);
	CHECK(w.run->code == machine_code(w.m, 0));
	CHECK_EQ(w.run->depth, 0);
	world_done(&w);
}

/* The same where the function's caller has a stack, and who is called has one and keeps registers. */
TEST(machine_machine_tails_leave_stacks_alone)
{
	u32 ctx = 20;
	struct world w;

	for (enum machine_mode mode = MACHINE_INTERPRET; mode <= MACHINE_JIT; mode++) {
		world_init(&w);
		add_map(&w, "progs", IMAGE_MAP_BTF, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, NULL);
		const struct bpf_insn *progs = load_ref(&w, 2, BPF_PSEUDO_MAP_IDX, 0, 0);
		const struct bpf_insn insns[] = {
			insn_mov64_imm(6, 1),
			insn_mov64_imm(9, 4),
			insn_store_imm(BPF_DW, 10, -8, 300),
			insn_call_func(5),
			insn_load(BPF_DW, 1, 10, -8),
			insn_alu64_reg(BPF_ADD, 0, 1),
			insn_alu64_reg(BPF_ADD, 0, 6),
			insn_alu64_reg(BPF_ADD, 0, 9),
			insn_exit(),
			progs[0],
			progs[1],
			insn_mov64_imm(3, 0),
			insn_store_imm(BPF_DW, 10, -8, 5),
			insn_call(BPF_FUNC_tail_call),
			insn_mov64_imm(0, 0),
			insn_exit(),
		};
		const struct bpf_insn other[] = { insn_mov64_imm(6, 1000),
						  insn_mov64_imm(9, 2000),
						  insn_load(BPF_W, 0, 1, 0),
						  insn_store_reg(BPF_DW, 10, -8, 9),
						  insn_load(BPF_DW, 2, 10, -8),
						  insn_alu64_reg(BPF_ADD, 0, 2),
						  insn_exit() };
		add_prog(&w, "main", insns, ARRAY_SIZE(insns));
		add_prog(&w, "other", other, ARRAY_SIZE(other));
		*vec_add(&w.arena, &w.img.maps.at[0].slots) =
			(struct image_slot){ .key = 0, .index = 1 };
		world_start(&w, mode);
		CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), 2020 + 300 + 5);
		CHECK_EQ(machine_run(w.m, 1, &ctx, sizeof(ctx), w.run), 2020);
		CHECK_EQ(w.run->trap, RUN_OK);
		CHECK_EQ(w.run->depth, 0);
		world_done(&w);
	}
}

TEST(machine_machine_refuses_maps_that_are_none)
{
	struct world w;

	world_init(&w);
	const struct bpf_insn insns[] = { insn_mov64_imm(2, 64), insn_mov64_imm(3, 0),
					  insn_call(BPF_FUNC_tail_call), insn_exit() };
	add_prog(&w, "main", insns, ARRAY_SIZE(insns));
	world_start(&w, MACHINE_CHECKED);
	CHECK_EQ(machine_run(w.m, 0, NULL, 0, w.run), 0);
	CHECK_EQ(w.run->trap, RUN_BAD_ACCESS);
	CHECK_EQ(w.run->trap_address, 64);
	CHECK_EQ(w.run->trap_insn, 2);
	CHECK_EQ(machine_run(w.m, 7, NULL, 0, w.run), 0);
	CHECK_EQ(w.run->trap, RUN_BAD_CALL);
	world_done(&w);
}

/* What a run has been handed is forgotten with the next one; what its caller added is not. */
TEST(machine_machine_forgets_regions)
{
	const struct bpf_insn insns[] = { insn_load(BPF_W, 0, 1, 0), insn_exit() };
	u32 ctx = 5, other = 6, packet;
	struct world w;

	world_init(&w);
	add_prog(&w, "main", insns, ARRAY_SIZE(insns));
	world_start(&w, MACHINE_CHECKED);
	run_add_region(w.run, &packet, sizeof(packet), true, "packet");
	CHECK_EQ(machine_run(w.m, 0, &ctx, sizeof(ctx), w.run), 5);
	w.run->depth = 1;
	run_add_region(w.run, &other, sizeof(other), true, "value");
	CHECK_EQ(w.run->region_count, 3);
	CHECK_EQ(machine_run(w.m, 0, &ctx, 2, w.run), 0);
	CHECK_EQ(w.run->trap, RUN_BAD_ACCESS);
	CHECK_EQ(w.run->region_count, 2);
	CHECK(run_may(w.run, (u64)(uintptr_t)&packet, 4, true));
	CHECK(!run_may(w.run, (u64)(uintptr_t)&other, 4, true));
	world_done(&w);
}
