/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs of several kernels, as findings. */
#include <string.h>

#include "cmd/verify/kernel.h"
#include "isa/insn.h"
#include "unit/test.h"

struct reading {
	struct arena arena;
	struct image_prog prog;
	struct verify_finding f;
	bool ok;
};

static const struct bpf_insn insns[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = 4 },
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 1, .src_reg = 1 },
	{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = 1, .src_reg = 2, .off = 1 },
	{ .code = BPF_LDX | BPF_MEM | BPF_B, .dst_reg = 0, .src_reg = 1, .off = 20 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static void read_log(struct reading *r, const char *log)
{
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena);
	r->prog = (struct image_prog){ .name = "p", .insns = insns, .count = 5 };
	r->ok = verify_kernel_finding(&r->arena, log, &r->prog, &r->f);
}

TEST(cmd_verify_kernel_finding)
{
	struct reading r;

	read_log(&r, "func#0 @0\n"
		     "0: R1=ctx() R10=fp0\n"
		     "; void *end = (void *)(long)ctx->data_end; @ p.c:3\n"
		     "0: (61) r2 = *(u32 *)(r1 +4)          ; R1=ctx() R2_w=pkt_end()\n"
		     "1: (61) r1 = *(u32 *)(r1 +0)          ; R1_w=pkt(r=0)\n"
		     "2: (2d) if r1 > r2 goto pc+1          ; R1_w=pkt(r=0) R2_w=pkt_end()\n"
		     "3: (71) r0 = *(u8 *)(r1 +20)\n"
		     "invalid access to packet, off=20 size=1, R1(id=0,off=20,r=0)\n"
		     "R1 offset is outside of the packet\n"
		     "processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0\n");
	CHECK(r.ok);
	CHECK_STR(r.f.message, "invalid access to packet, off=20 size=1, R1(id=0,off=20,r=0); "
			       "R1 offset is outside of the packet");
	CHECK_EQ(r.f.category, VERIFY_PACKET);
	CHECK_EQ(r.f.insn, 3);
	CHECK_EQ(r.f.values.n, 1);
	CHECK_STR(r.f.values.at[0], "r1 = pkt(r=0)");
	CHECK_EQ(r.f.path.n, 2);
	CHECK_EQ(r.f.path.at[0].insn, 2);
	CHECK_STR(r.f.path.at[0].note, "if r1 > r2 goto +1: not taken");
	CHECK(strstr(r.f.hint, "data_end"));
	arena_done(&r.arena);
	/* Linux 5.10: states on lines of their own, brackets within values. */
	read_log(&r, "0: (61) r2 = *(u32 *)(r1 +4)\n"
		     "1: (61) r1 = *(u32 *)(r1 +0)\n"
		     "2: (2d) if r1 > r2 goto pc+1\n"
		     " R1=ctx(id=0,off=0,imm=0) R2_w=pkt_end(id=0,off=0,imm=0)\n"
		     "4: R0=inv(id=0,umax_value=255,var_off=(0x0; 0xff)) R1_w=inv1 R10=fp0\n"
		     "4: (95) exit\n"
		     "R0 leaks addr as return value\n"
		     "verification time 29 usec\n");
	CHECK(r.ok);
	CHECK_EQ(r.f.category, VERIFY_LEAK);
	CHECK_EQ(r.f.insn, 4);
	CHECK_STR(r.f.path.at[0].note, "if r1 > r2 goto +1: taken");
	CHECK_EQ(r.f.values.n, 1);
	CHECK_STR(r.f.values.at[0], "r0 = inv(id=0,umax_value=255,var_off=(0x0; 0xff))");
	arena_done(&r.arena);
}

TEST(cmd_verify_kernel_odd_logs)
{
	struct reading r;

	read_log(&r, "");
	CHECK(!r.ok);
	arena_done(&r.arena);
	read_log(&r, "processed 0 insns (limit 1000000)\n");
	CHECK(!r.ok);
	arena_done(&r.arena);
	read_log(&r, "77: (95) exit\nsomething that is new in Linux 9 R1=");
	CHECK(r.ok);
	CHECK_EQ(r.f.insn, 0);
	CHECK_EQ(r.f.category, VERIFY_CATEGORIES);
	CHECK_STR(r.f.message, "something that is new in Linux 9 R1=");
	arena_done(&r.arena);
	read_log(&r, "R99=\nR=\n4294967296: (95) exit\n: (\n3: (71");
	CHECK(!r.ok);
	arena_done(&r.arena);
}
