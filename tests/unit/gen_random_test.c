/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole back end against the meaning of the intermediate form: a random function is interpreted, then
 * cleaned, allocated and emitted, and the instructions run in an emulator and on the kernel. All must leave the same
 * memory and return the same number.
 */
#include "unit/test.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/emit.h"
#include "gen/regalloc.h"
#include "isa/disasm.h"
#include "unit/gen_emul.h"
#include "unit/gen_interp.h"
#include "unit/gen_random.h"

struct random_case {
	struct arena arena;
	struct diag diag;
	struct ir_func func;
	struct object_func code;
	u64 seed;
	u32 stack;
	int err; /* of emitting */
};

static void make(struct random_case *c, u64 seed, const struct random_shape *shape, bool clean)
{
	memset(c, 0, sizeof(*c));
	c->seed = seed;
	arena_init(&c->arena);
	diag_init(&c->diag, &c->arena);
	random_func(&c->func, &c->arena, seed, shape);
	if (clean) {
		ir_share_calls(&c->func);
		ir_clean(&c->func);
	}
	c->err = emit_func(&c->func, &c->code, &c->stack, &c->diag);
}

static void done(struct random_case *c)
{
	arena_done(&c->arena);
}

/* With SEED in the environment the function and its code are shown, too. */
static void show(struct random_case *c)
{
	struct buf text = { 0 };

	if (!getenv("SEED"))
		return;
	ir_dump(&c->func, &text);
	disasm_func(&text, c->code.insns.at, (u32)c->code.insns.n, NULL);
	fputs(buf_str(&text), stdout);
	buf_done(&text);
}

static bool same(struct random_case *c, const char *what, const struct world *want, u64 want_result,
		 const struct world *got, u64 result)
{
	const char *fault = got->fault ? got->fault : want->fault;

	if (fault) {
		test_fail(__FILE__, __LINE__, "seed %llu: %s: %s", (unsigned long long)c->seed,
			  what, fault);
	} else if (result != want_result) {
		test_fail(__FILE__, __LINE__, "seed %llu: %s returns 0x%llx, not 0x%llx",
			  (unsigned long long)c->seed, what, (unsigned long long)result,
			  (unsigned long long)want_result);
	} else if (memcmp(got->bss, want->bss, sizeof(want->bss))) {
		u32 i = 0;
		while (got->bss[i] == want->bss[i])
			i++;
		test_fail(__FILE__, __LINE__, "seed %llu: %s leaves 0x%llx in slot %u, not 0x%llx",
			  (unsigned long long)c->seed, what, (unsigned long long)got->bss[i], i,
			  (unsigned long long)want->bss[i]);
	} else if (memcmp(got->array, want->array, sizeof(want->array))) {
		test_fail(__FILE__, __LINE__, "seed %llu: %s leaves another map",
			  (unsigned long long)c->seed, what);
	} else {
		return true;
	}
	show(c);
	return false;
}

/* An emulated run of the code with some input, and an interpreted one of the function before it was cleaned. */
static bool agree(struct random_case *c, const struct ir_func *original, u64 input)
{
	struct world want, got;

	world_init(&want, input);
	world_init(&got, input);
	/* Addresses are to be the same in both. */
	struct world here = want;
	here.params[0] = (u64)(uintptr_t)&here.ctx;
	u64 want_result = gen_interp_run(original, &here);
	want = here;
	here = got;
	here.params[0] = (u64)(uintptr_t)&here.ctx;
	u64 result = emul_run(&c->code, &here);
	return same(c, "the code", &want, want_result, &here, result);
}

static void check_shape(u64 seed, const struct random_shape *shape, bool clean)
{
	struct random_case c, original;

	make(&original, seed, shape, false);
	make(&c, seed, shape, clean);
	/* Too much stack is a clear error; anything else is not to be expected. */
	if (!c.err)
		for (u64 input = 0; input < 3 && agree(&c, &original.func, seed * 7 + input);
		     input++)
			;
	else if (c.stack <= EMIT_MAX_STACK)
		test_fail(__FILE__, __LINE__, "seed %llu is not emitted", (unsigned long long)seed);
	done(&c);
	done(&original);
}

static void check_seeds(u64 n, bool clean)
{
	const char *only = getenv("SEED");

	for (u64 seed = only ? strtoull(only, NULL, 0) : 0; seed < n; seed++) {
		u64 state = seed;
		struct random_shape shape = {
			.variables = 2 + (u32)(world_random(&state) % 30),
			.statements = 1 + (u32)(world_random(&state) % 80),
			.params = 1 + (u32)(world_random(&state) % 5),
		};
		check_shape(seed, &shape, clean);
		if (only)
			break;
	}
}

TEST(gen_random_code_means_the_same)
{
	check_seeds(4000, false);
}

TEST(gen_random_code_means_the_same_when_cleaned)
{
	check_seeds(4000, true);
}

/* --- on the kernel --- */

struct kernel_case {
	int bss, array, prog;
};

static int make_array(u32 value_size, u32 n)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "skt_random", 4, value_size, n, NULL);
}

/* What a loader would do. */
static void relocate(struct object_func *f, const struct kernel_case *k)
{
	for (size_t i = 0; i < f->relocs.n; i++) {
		const struct object_reloc *r = &f->relocs.at[i];
		struct bpf_insn *insn = &f->insns.at[r->insn];
		bool is_map = r->kind == RELOC_MAP;
		insn[0].src_reg = is_map ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
		insn[0].imm = is_map ? k->array : k->bss;
		insn[1].imm = is_map ? 0 : (s32)r->offset;
	}
}

static int load(struct random_case *c, struct kernel_case *k)
{
	static char log[1 << 20];
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof(log));

	relocate(&c->code, k);
	log[0] = 0;
	k->prog = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "skt_random", "GPL", c->code.insns.at,
				c->code.insns.n, &opts);
	int err = k->prog < 0 ? -errno : 0;
	if (k->prog < 0 && err != -EPERM) {
		size_t n = strlen(log);
		test_fail(__FILE__, __LINE__, "seed %llu is rejected (%d): ...%s",
			  (unsigned long long)c->seed, err, n > 600 ? log + n - 600 : log);
		show(c);
	}
	return err;
}

static bool fill(const struct kernel_case *k, const struct world *w)
{
	u32 key = 0;
	int err = bpf_map_update_elem(k->bss, &key, w->bss, BPF_ANY);

	for (; !err && key < WORLD_ELEMENTS; key++)
		err = bpf_map_update_elem(k->array, &key, &w->array[key], BPF_ANY);
	return !err;
}

static bool fetch(const struct kernel_case *k, struct world *w)
{
	u32 key = 0;
	int err = bpf_map_lookup_elem(k->bss, &key, w->bss);

	for (; !err && key < WORLD_ELEMENTS; key++)
		err = bpf_map_lookup_elem(k->array, &key, &w->array[key]);
	return !err;
}

static bool agree_on_kernel(struct random_case *c, const struct kernel_case *k,
			    const struct ir_func *original, u64 input)
{
	struct world want, got;
	u8 packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .ctx_in = &got.ctx, .ctx_size_in = sizeof(got.ctx));

	world_init(&want, input);
	got = want;
	want.params[0] = (u64)(uintptr_t)&want.ctx;
	u64 want_result = (u32)gen_interp_run(original, &want);
	if (!fill(k, &got) || bpf_prog_test_run_opts(k->prog, &opts) || !fetch(k, &got)) {
		test_fail(__FILE__, __LINE__, "seed %llu does not run: %s",
			  (unsigned long long)c->seed, strerror(errno));
		return false;
	}
	return same(c, "the kernel", &want, want_result, &got, opts.retval);
}

static int check_on_kernel(u64 seed, const struct random_shape *shape, struct kernel_case *k)
{
	struct random_case c, original;
	int err = 0;

	make(&original, seed, shape, false);
	make(&c, seed, shape, true);
	if (!c.err) {
		err = load(&c, k);
		for (u64 input = 0; !err && input < 4; input++)
			if (!agree_on_kernel(&c, k, &original.func, seed * 11 + input))
				break;
		if (!err)
			close(k->prog);
	}
	done(&c);
	done(&original);
	return err;
}

TEST(gen_random_code_means_the_same_on_the_kernel)
{
	struct kernel_case k = { make_array(WORLD_SLOTS * 8, 1), make_array(8, WORLD_ELEMENTS),
				 -1 };
	const char *only = getenv("SEED");
	int err = k.bss < 0 ? -errno : 0;

	for (u64 seed = only ? strtoull(only, NULL, 0) : 0; err != -EPERM && seed < 400; seed++) {
		u64 state = ~seed;
		struct random_shape shape = {
			.variables = 2 + (u32)(world_random(&state) % 22),
			.statements = 1 + (u32)(world_random(&state) % 40),
			.params = 1,
			.for_kernel = true,
		};
		err = check_on_kernel(seed, &shape, &k);
		if (only)
			break;
	}
	if (k.bss >= 0)
		close(k.bss);
	if (k.array >= 0)
		close(k.array);
	if (err == -EPERM)
		SKIP("BPF programs may not be loaded here");
}
