/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The greatest number stays, wherever programs interrupt each other. */
#include "unit/test.h"

#include <string.h>

#include "gen/emit.h"
#include "gen/lower.h"
#include "unit/gen_emul.h"

enum { STEPS = 24 };

/* Slots 0 and 1 are the value; from slot 2 on there is what comes at a step, plus one. */
static void come_between(struct world *w, u32 step)
{
	u64 *with = &w->bss[2 + step];

	if (step >= STEPS || !*with)
		return;
	if (*with - 1 > w->bss[0])
		w->bss[0] = *with - 1;
	w->bss[1] = 1;
	*with = 0;
}

struct keep {
	struct arena arena;
	struct ir_func f;
	struct object_func code;
};

static void compile(struct keep *k, bool is_exclusive)
{
	struct diag d;
	u32 stack;

	memset(k, 0, sizeof(*k));
	arena_init(&k->arena);
	diag_init(&d, &k->arena);
	ir_func_init(&k->f, &k->arena, "f", "socket", 2);
	u32 end = ir_new_label(&k->f);
	struct ir_operand p = ir_in_reg(&k->f, ir_bss(0));

	aggregate_keep_best(&k->f, p, ir_reg(1), is_exclusive, end);
	ir_label(&k->f, end);
	ir_exit(&k->f, ir_imm(0));
	ir_clean(&k->f);
	CHECK_EQ(emit_func(&k->f, &k->code, &stack, &d), 0);
}

static u64 greater(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* n on top of what was there (0: nothing yet), while others come at two steps. */
static void check(struct keep *k, u64 before, u64 n, const u32 steps[2], const u64 with[2])
{
	struct world w;
	u64 want = greater(before, n);

	world_init(&w, 1);
	memset(w.bss, 0, sizeof(w.bss));
	w.interrupt = come_between;
	w.params[1] = n;
	w.bss[0] = before;
	w.bss[1] = before > 0;
	for (u32 i = 0; i < 2; i++)
		w.bss[2 + steps[i]] = with[i] + 1;
	emul_run(&k->code, &w);
	if (w.fault)
		test_fail(__FILE__, __LINE__, "%s", w.fault);
	for (u32 i = 0; i < 2; i++) {
		if (!w.bss[2 + steps[i]])
			want = greater(want, with[i]);
	}
	if (w.bss[0] != want || w.bss[1] != 1)
		test_fail(__FILE__, __LINE__,
			  "%llu, then %llu, with %llu at step %u and %llu at step %u: %llu",
			  (unsigned long long)before, (unsigned long long)n,
			  (unsigned long long)with[0], steps[0], (unsigned long long)with[1],
			  steps[1], (unsigned long long)w.bss[0]);
}

TEST(gen_aggregate_extreme_is_never_lost)
{
	static const u64 with[][2] = {
		{ 9, 3 }, { 3, 9 }, { 9, 20 }, { 20, 9 }, { 5, 5 }, { 0, 0 }
	};
	static const u64 befores[] = { 0, 4, 12 }, numbers[] = { 0, 5, 10 };
	struct keep k;

	compile(&k, false);
	for (u32 a = 0; a < STEPS; a++) {
		for (u32 b = a + 1; b < STEPS; b++) {
			for (size_t i = 0; i < 9 * ARRAY_SIZE(with); i++)
				check(&k, befores[i % 3], numbers[i / 3 % 3], (u32[2]){ a, b },
				      with[i / 9]);
		}
	}
	arena_done(&k.arena);
}

TEST(gen_aggregate_extreme_alone)
{
	struct keep k;

	compile(&k, true);
	for (u64 before = 0; before < 4; before++) {
		for (u64 n = 0; n < 4; n++) /* what comes at step 0 is there before */
			check(&k, before, n, (u32[2]){ 0, STEPS - 1 }, (u64[2]){ before, 0 });
	}
	arena_done(&k.arena);
}
