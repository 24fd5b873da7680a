/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that the verifier accepts, run instruction by instruction: registers, stack and packet have to be what was claimed of
 * them, and no access may trap. Those that clang has made run on random packets; random ones on their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "machine/code.h"
#include "machine/machine.h"
#include "machine/packet.h"
#include "unit/machine_gen.h"
#include "unit/object_image_fixture.h"
#include "unit/test.h"
#include "verify/claims.h"

enum { MAX_PROGS = 64, PACKETS = 200, PROGRAMS = 1500, FUEL = 200000 };

struct oracle {
	const struct image *img;
	const struct verify_claims *claims[MAX_PROGS]; /* NULL: rejected */
	struct machine *m;
	struct run *run;
	struct packet *packet;
	void *ctx;
	u64 steps;
	bool is_broken;
};

static void broken(struct oracle *o, u32 prog, u32 insn, u32 what, const u64 *regs)
{
	const char *name = o->img->progs.at[prog].name;

	o->is_broken = true;
	if (what == 10)
		test_fail(__FILE__, __LINE__, "%s: instruction %u was never looked at", name, insn);
	else if (what < 10)
		test_fail(__FILE__, __LINE__, "%s: r%u is 0x%llx before instruction %u", name, what,
			  (unsigned long long)regs[what], insn);
	else
		test_fail(__FILE__, __LINE__, "%s: fp-%u before instruction %u", name,
			  8 * (what - 10), insn);
}

static bool look(struct run *run, u32 insn, const u64 *regs)
{
	struct oracle *o = run->step_arg;
	u32 prog = (u32)(run->code->prog - o->img->progs.at), what;
	struct claims_bases bases = { .ctx = (u64)(uintptr_t)o->ctx, .has_stack = true };

	o->steps++;
	if (o->packet) {
		bases.data = (u64)(uintptr_t)packet_data(o->packet);
		bases.data_end = bases.data + packet_len(o->packet);
	}
	if (!o->is_broken && o->claims[prog] &&
	    !claims_hold(o->claims[prog], insn, regs, &bases, &what))
		broken(o, prog, insn, what, regs);
	return true;
}

static void run(struct oracle *o, u32 prog, void *ctx, size_t size)
{
	struct buf why = { 0 };

	o->ctx = ctx;
	o->run->step = look;
	o->run->step_arg = o;
	o->run->fuel = FUEL;
	machine_run(o->m, prog, ctx, size, o->run);
	if (o->run->trap && o->run->trap != RUN_OUT_OF_FUEL && !o->is_broken) {
		o->is_broken = true;
		run_describe_trap(o->run, &why);
		test_fail(__FILE__, __LINE__, "%s: %s", o->img->progs.at[prog].name, buf_str(&why));
	}
	buf_done(&why);
}

static bool begin(struct oracle *o, struct arena *a, struct diag *d, const struct image *img,
		  bool safety_only)
{
	const struct machine_options opts = { .mode = MACHINE_STEPPED };
	struct verify_options how = { .privileged = true,
				      .record = true,
				      .safety_only = safety_only };

	memset(o, 0, sizeof(*o));
	o->img = img;
	for (u32 i = 0; i < img->progs.n && i < MAX_PROGS; i++) {
		struct verify_result r;

		int err = verify_program(a, img, i, &how, &r, d); /* some cannot be judged alone */
		o->claims[i] = !err && r.accepted ? r.claims : NULL;
	}
	if (machine_new(img, &opts, d, &o->m)) {
		test_fail(__FILE__, __LINE__, "%s", d->items.n ? d->items.at[0].text : "");
		return false;
	}
	o->run = run_new(o->m, 0);
	return true;
}

static void end(struct oracle *o)
{
	run_free(o->run);
	machine_free(o->m);
}

static u64 next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Of any length, often near what headers need; bytes that are often what parsers ask for. */
static u32 random_packet(u8 *bytes, u32 room, u64 *seed)
{
	static const u8 likely[] = { 0, 1, 2, 3, 4, 5, 6, 8, 0x45, 0x40, 17, 0x86, 0xdd, 255 };
	u32 len = (u32)(next(seed) % (next(seed) % 4 ? 80 : room));

	for (u32 i = 0; i < len; i++) {
		u64 v = next(seed);

		bytes[i] = v & 0x100 ? likely[v % ARRAY_SIZE(likely)] : (u8)v;
	}
	if (len > 24 && next(seed) % 4) {
		memcpy(bytes + 12, "\x08\x00\x45", 3);
		bytes[23] = next(seed) & 1 ? 6 : 17;
	}
	return len;
}

static void run_packets(struct oracle *o, u32 prog, struct diag *d, u64 *seed)
{
	bool is_xdp = o->img->progs.at[prog].type == BPF_PROG_TYPE_XDP;
	u8 bytes[600];
	size_t size;
	void *ctx;

	o->packet = packet_new(is_xdp ? PACKET_XDP : PACKET_SKB, d);
	for (u32 i = 0; o->packet && i < PACKETS && !o->is_broken; i++) {
		u32 len = random_packet(bytes, sizeof(bytes), seed);

		packet_set(o->packet, bytes, len);
		ctx = packet_enter(o->packet, o->run, &size);
		run(o, prog, ctx, size);
	}
	packet_free(o->packet);
	o->packet = NULL;
}

static bool takes_packets(enum bpf_prog_type type)
{
	return type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_CGROUP_SKB;
}

TEST(verify_oracle_of_objects)
{
	static const char *const names[] = { "packets", "tcp_options", "timer",  "route",
					     "calls",   "maps",        "static", "sum" };
	u64 seed = 88172645463325252u, steps = 0;
	u32 programs = 0;

	for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
		for (u32 v = 0; image_variants[v]; v++) {
			struct image_fixture f;
			struct oracle o;
			char name[64];

			image_fixture_init(&f);
			snprintf(name, sizeof(name), "%s%s", names[n], image_variants[v]);
			if (image_fixture_add(&f, name) && !image_fixture_open(&f) &&
			    begin(&o, &f.arena, &f.diag, &f.image, false)) {
				for (u32 i = 0; i < f.image.progs.n && i < MAX_PROGS; i++) {
					if (!o.claims[i] ||
					    !takes_packets(f.image.progs.at[i].type))
						continue;
					run_packets(&o, i, &f.diag, &seed);
					programs++;
				}
				steps += o.steps;
				end(&o);
			}
			image_fixture_done(&f);
		}
	}
	if (!programs)
		SKIP("the test objects were not built");
	CHECK(programs > 20);
	CHECK(steps > 100000);
}

/* The verifier wants accesses to the stack aligned; the programs are made for engines that do not mind. */
static void align(struct machine_gen *g)
{
	static const s16 sizes[] = { 4, 2, 1, 8 };

	for (u32 i = 0; i < g->count; i++) {
		struct bpf_insn *insn = &g->insns[i];
		u8 class = BPF_CLASS(insn->code);
		s16 size = sizes[BPF_SIZE(insn->code) >> 3];
		bool is_store = class == BPF_ST || class == BPF_STX;

		if ((is_store && insn->dst_reg == 10) || (class == BPF_LDX && insn->src_reg == 10))
			insn->off = (s16)(insn->off & ~(size - 1));
		i += insn_is_ld_imm64(insn);
	}
}

/* They do things in any order, so the kernel's rule that all has to be reachable is left aside. */
TEST(verify_oracle_of_random_programs)
{
	struct machine_gen *g = calloc(1, sizeof(*g));
	u32 accepted = 0;

	for (u32 k = 0; g && k < PROGRAMS; k++) {
		struct oracle o;
		struct image img;
		struct arena a;
		struct diag d;

		arena_init(&a);
		diag_init(&d, &a);
		*g = (struct machine_gen){ .seed = k * 7919 + 1 };
		machine_gen(g, 10 + k % 60);
		align(g);
		image_of_insns(&img, &a, BPF_PROG_TYPE_XDP, g->insns, g->count);
		if (begin(&o, &a, &d, &img, true)) {
			struct xdp_md ctx = { 0 };

			if (o.claims[0]) {
				accepted++;
				run(&o, 0, &ctx, sizeof(ctx));
			}
			end(&o);
		}
		arena_done(&a);
	}
	free(g);
	CHECK(accepted > PROGRAMS / 8);
}
