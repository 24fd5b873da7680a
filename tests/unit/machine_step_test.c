/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stepping: forward is what a run without stops does, and back is where one has been, to the last bit. */
#include "machine/step.h"

#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "unit/machine_gen.h"
#include "unit/test.h"

struct world {
	struct arena arena;
	struct diag d;
	struct image img;
	struct machine *m;
	struct packet *packet;
	struct stepper *s;
};

static void world_init(struct world *w, enum bpf_prog_type type, const struct bpf_insn *insns,
		       u32 count)
{
	memset(w, 0, sizeof(*w));
	arena_init(&w->arena);
	diag_init(&w->d, &w->arena);
	image_of_insns(&w->img, &w->arena, type, insns, count);
}

static void add_map(struct world *w, enum bpf_map_type type, u32 value_size, u32 entries)
{
	*vec_add(&w->arena, &w->img.maps) = (struct image_map){ .name = "map",
								.type = type,
								.key_size = 4,
								.value_size = value_size,
								.max_entries = entries,
								.inner = IMAGE_NONE };
}

static void world_start(struct world *w, const struct step_input *in)
{
	const struct machine_options opts = { .mode = MACHINE_STEPPED };
	static const struct step_input none;

	if (!machine_new(&w->img, &opts, &w->d, &w->m))
		w->s = step_new(w->m, in ? in : &none, &w->d);
	CHECK_STR(w->d.items.n ? w->d.items.at[0].text : "", "");
}

static void world_done(struct world *w)
{
	step_free(w->s);
	machine_free(w->m);
	packet_free(w->packet);
	image_done(&w->img);
	arena_done(&w->arena);
}

/* All that a program of registers and stack can be told by. */
struct picture {
	u64 steps, regs[11];
	u32 insn, depth;
	bool is_ended;
	u64 stack; /* a digest */
};

static struct picture picture_of(struct stepper *s)
{
	const struct step_state *at = step_state(s);
	const struct run *r = step_run(s);
	struct picture p;

	memset(&p, 0, sizeof(p)); /* with the padding, for memcmp() */
	p.steps = at->steps;
	p.insn = at->insn;
	p.depth = at->depth;
	p.is_ended = at->is_ended;
	memcpy(p.regs, at->regs, sizeof(p.regs));
	p.stack = 1469598103934665603ull;
	for (size_t i = 0; i < sizeof(r->stack); i++)
		p.stack = (p.stack ^ r->stack[i]) * 1099511628211ull;
	return p;
}

static bool is_same(struct stepper *s, const struct picture *want)
{
	struct picture got = picture_of(s);

	return !memcmp(&got, want, sizeof(got));
}

enum { PICTURES = 400 };

/* Step by step to the end, then back from here and there. */
static void check_program(struct world *w, u64 seed)
{
	static struct picture seen[PICTURES];
	u32 n = 0;
	u64 at;

	for (;;) {
		seen[n++] = picture_of(w->s);
		if (n == PICTURES || step_state(w->s)->is_ended)
			break;
		step_forward(w->s, NULL, NULL);
	}
	for (u32 i = 0; i < n; i++) {
		if (seen[i].steps != i)
			test_fail(__FILE__, __LINE__, "seed %llu: step %u is %llu",
				  (unsigned long long)seed, i, (unsigned long long)seen[i].steps);
	}
	for (u32 i = 0; i < 6; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		at = seed % n;
		step_to(w->s, at);
		CHECK(is_same(w->s, &seen[at]));
		if (at) {
			CHECK(step_back(w->s, NULL, NULL));
			CHECK(is_same(w->s, &seen[at - 1]));
			step_forward(w->s, NULL, NULL);
			CHECK(is_same(w->s, &seen[at]));
		} else {
			CHECK(!step_back(w->s, NULL, NULL));
		}
	}
}

TEST(machine_step_random_programs)
{
	static struct machine_gen g;

	for (u64 seed = 1; seed <= 150; seed++) {
		struct world w;
		u64 want;

		g.seed = seed * 0x9e3779b97f4a7c15ull;
		machine_gen(&g, (u32)(10 + seed % 90));
		world_init(&w, BPF_PROG_TYPE_SOCKET_FILTER, g.insns, g.count);
		world_start(&w, NULL);
		if (w.s) {
			struct run *r = step_run(w.s);

			check_program(&w, seed);
			step_to(w.s, UINT64_MAX);
			CHECK(step_state(w.s)->is_ended);
			CHECK_EQ(r->trap, RUN_OK);
			/* The same memory without a stop, as programs compute with its address. */
			memset(r->stack, 0, sizeof(r->stack));
			r->step = NULL;
			want = machine_run(w.m, 0, NULL, 0, r);
			CHECK_EQ(step_state(w.s)->regs[0], want);
			CHECK_EQ(r->trap, RUN_OK);
		}
		world_done(&w);
	}
}

static struct bpf_insn map_low(u8 reg)
{
	return insn_make(BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_IDX, 0, 0);
}

static const struct bpf_insn nothing = { 0 };

/* A digest of a map's elements in their order. */
static u64 contents(struct map *m)
{
	u64 sum = 1469598103934665603ull, value;
	u32 key;
	bool more = !map_next(m, NULL, &key);

	for (u32 i = 0; more && i < 1000; i++) {
		map_read(m, &key, &value, 0);
		sum = ((sum ^ key) * 1099511628211ull ^ value) * 1099511628211ull;
		more = !map_next(m, &key, &key);
	}
	return sum;
}

/* Puts what chance and the clock give into a hash map, eight times. */
TEST(machine_step_maps_time_and_chance)
{
	const struct bpf_insn insns[] = {
		insn_mov64_imm(6, 8),
		/* again: */
		insn_call(BPF_FUNC_get_prandom_u32),
		insn_store_reg(BPF_W, 10, -4, 0),
		insn_call(BPF_FUNC_ktime_get_ns),
		insn_store_reg(BPF_DW, 10, -16, 0),
		map_low(1),
		nothing,
		insn_mov64_reg(2, 10),
		insn_alu64_imm(BPF_ADD, 2, -4),
		insn_mov64_reg(3, 10),
		insn_alu64_imm(BPF_ADD, 3, -16),
		insn_mov64_imm(4, 0),
		insn_call(BPF_FUNC_map_update_elem),
		insn_alu64_imm(BPF_SUB, 6, 1),
		insn_jump_imm(BPF_JNE, 6, 0, -14),
		insn_mov64_imm(0, 0),
		insn_exit(),
	};
	enum { STEPS = 8 * 13 + 3 };
	u64 seen[STEPS + 1];
	struct world w;

	world_init(&w, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_SIZE(insns));
	add_map(&w, BPF_MAP_TYPE_HASH, 8, 64);
	world_start(&w, NULL);
	for (u32 i = 0; w.s && i <= STEPS; i++) {
		seen[i] = contents(machine_map(w.m, 0));
		step_forward(w.s, NULL, NULL);
	}
	CHECK(w.s && step_state(w.s)->is_ended);
	CHECK_EQ(map_count(machine_map(w.m, 0)), 8);
	for (u32 i = STEPS; w.s && i--;) {
		CHECK(step_back(w.s, NULL, NULL));
		CHECK_EQ(step_state(w.s)->steps, i);
		CHECK_EQ(contents(machine_map(w.m, 0)), seen[i]);
	}
	world_done(&w);
}

static bool is_in_function(void *arg, const struct step_state *at)
{
	const u32 *insn = arg;

	return at->insn == *insn;
}

TEST(machine_step_callbacks)
{
	const struct bpf_insn insns[] = {
		insn_store_imm(BPF_DW, 10, -8, 0),
		insn_mov64_imm(1, 3),
		insn_make(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 7),
		nothing,
		insn_mov64_reg(3, 10),
		insn_alu64_imm(BPF_ADD, 3, -8),
		insn_mov64_imm(4, 0),
		insn_call(BPF_FUNC_loop), /* 7 */
		insn_load(BPF_DW, 0, 10, -8),
		insn_exit(),
		/* visit(i, sum): */
		insn_load(BPF_DW, 5, 2, 0), /* 10 */
		insn_alu64_reg(BPF_ADD, 5, 1),
		insn_store_reg(BPF_DW, 2, 0, 5),
		insn_mov64_imm(0, 0),
		insn_exit(),
	};
	const struct step_state *at;
	u32 visit = 10;
	struct world w;

	world_init(&w, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_SIZE(insns));
	w.img.progs.at[0].funcs.at[0].count = 10;
	*vec_add(&w.arena, &w.img.progs.at[0].funcs) =
		(struct image_func){ .name = "visit", .start = 10, .count = 5 };
	world_start(&w, NULL);
	at = step_state(w.s);
	for (u32 i = 0; i < 3; i++) {
		step_forward(w.s, is_in_function, &visit);
		CHECK(at->insn == 10 && at->depth == 2 && at->regs[1] == i);
		CHECK_EQ(at->calls[1].insn, 7);
		CHECK_EQ(at->regs[10], (u64)(uintptr_t)step_run(w.s)->stack + 2 * RUN_STACK);
	}
	/* From within the last round to the one before, and out of the helper when it is dropped. */
	CHECK(step_back(w.s, is_in_function, &visit));
	CHECK(at->depth == 2 && at->regs[1] == 1);
	CHECK(step_back(w.s, is_in_function, &visit));
	CHECK(!step_back(w.s, is_in_function, &visit));
	CHECK_EQ(at->steps, 0);
	step_to(w.s, UINT64_MAX);
	CHECK(at->is_ended && at->depth == 1 && at->regs[0] == 3);
	step_to(w.s, 12);
	world_done(&w);
}

TEST(machine_step_traps)
{
	const struct bpf_insn insns[] = {
		insn_mov64_imm(0, 5),
		insn_load(BPF_W, 3, 1, 0),
		insn_load(BPF_W, 4, 1, 100), /* beyond the context */
		insn_exit(),
	};
	const struct step_input in = { .ctx = "\1\2\3\4", .ctx_size = 4 };
	struct buf text = { 0 };
	struct world w;

	world_init(&w, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_SIZE(insns));
	world_start(&w, &in);
	step_to(w.s, 2);
	CHECK_EQ(step_state(w.s)->regs[3], 0x04030201);
	step_forward(w.s, NULL, NULL);
	CHECK(step_state(w.s)->is_ended);
	CHECK_EQ(step_run(w.s)->trap, RUN_BAD_ACCESS);
	run_describe_trap(step_run(w.s), &text);
	CHECK(strstr(buf_str(&text), "at instruction 2"));
	step_forward(w.s, NULL, NULL);
	CHECK_EQ(step_state(w.s)->steps, 3);
	CHECK(step_back(w.s, NULL, NULL));
	CHECK(!step_state(w.s)->is_ended && step_state(w.s)->insn == 2);
	CHECK_EQ(step_run(w.s)->trap, RUN_OK);
	buf_done(&text);
	world_done(&w);
}

/* What the program does to its context and packet is undone. */
TEST(machine_step_packet)
{
	const struct bpf_insn insns[] = {
		insn_mov64_reg(6, 1),
		insn_mov64_imm(2, -4),
		insn_call(BPF_FUNC_xdp_adjust_head),
		insn_load(BPF_W, 7, 6, 0),
		insn_store_imm(BPF_B, 7, 0, 77),
		insn_store_imm(BPF_B, 7, 4, 78),
		insn_mov64_imm(0, 2),
		insn_exit(),
	};
	struct step_input in = { 0 };
	struct world w;
	u32 data;

	world_init(&w, BPF_PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	w.packet = packet_new(PACKET_XDP, &w.d);
	packet_set(w.packet, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16);
	data = w.packet->xdp.data;
	in.packet = w.packet;
	world_start(&w, &in);
	for (u32 i = 0; i < 2; i++) {
		step_to(w.s, UINT64_MAX);
		CHECK_EQ(step_run(w.s)->trap, RUN_OK);
		CHECK_EQ(packet_len(w.packet), 20);
		CHECK(packet_data(w.packet)[0] == 77 && packet_data(w.packet)[4] == 78);
		step_to(w.s, 2);
		CHECK_EQ(packet_len(w.packet), 16);
		CHECK_EQ(w.packet->xdp.data, data);
		CHECK(packet_data(w.packet)[0] == 1 && packet_data(w.packet)[-4] == 0);
	}
	world_done(&w);
}

TEST(machine_step_fuel)
{
	const struct bpf_insn insns[] = { insn_ja(-1), insn_exit() };
	const struct step_input in = { .fuel = 1000 };
	struct world w;

	world_init(&w, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_SIZE(insns));
	world_start(&w, &in);
	step_to(w.s, 999);
	CHECK(!step_state(w.s)->is_ended);
	step_forward(w.s, NULL, NULL);
	CHECK(step_state(w.s)->is_ended);
	CHECK_EQ(step_run(w.s)->trap, RUN_OUT_OF_FUEL);
	CHECK_EQ(step_state(w.s)->steps, 1000);
	CHECK(step_back(w.s, NULL, NULL));
	CHECK_EQ(step_state(w.s)->steps, 999);
	world_done(&w);
}
