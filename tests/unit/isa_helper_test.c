/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of helpers: what has to be so in every row, and samples of rows. */
#include "unit/test.h"

#include <string.h>

#include "isa/helper.h"
#include "isa/prog_type.h"

/* What the kernel asks of every prototype, too: a size stands behind its memory, and so on. */
static void check_form(const struct helper_info *h)
{
	u32 maps = 0, released = 0;
	bool ended = false;

	for (u32 i = 0; i < HELPER_ARGS; i++) {
		const struct helper_arg *a = h->args[i];
		const struct helper_arg *next = i + 1 < HELPER_ARGS ? h->args[i + 1] : NULL;
		bool is_sized = next && next->kind == HELPER_KIND_SIZE;

		ended = ended || a->kind == HELPER_KIND_NONE;
		CHECK_EQ(ended, a->kind == HELPER_KIND_NONE);
		maps += a->kind == HELPER_KIND_MAP;
		released += !!(a->flags & HELPER_ARG_RELEASED);
		if (a->kind == HELPER_KIND_MEM)
			CHECK_EQ(is_sized, !a->bytes);
		if (a->kind == HELPER_KIND_SIZE)
			CHECK(i && h->args[i - 1]->kind == HELPER_KIND_MEM);
		if (a->kind == HELPER_KIND_KEY || a->kind == HELPER_KIND_VALUE)
			CHECK_EQ(maps, 1);
		if (a->kind == HELPER_KIND_BTF)
			CHECK(*a->type);
		if (a->kind != HELPER_KIND_NONE)
			CHECK(*a->text);
	}
	CHECK(maps <= 1);
	CHECK_EQ(released, !!(h->flags & HELPER_RELEASES));
	if (h->flags & HELPER_CHANGES_PACKET)
		CHECK_EQ(h->args[0]->kind, HELPER_KIND_CTX);
	if (h->result->kind == HELPER_KIND_VALUE)
		CHECK_EQ(maps, 1);
	if (h->result->kind == HELPER_KIND_RINGBUF_MEM || h->result->kind == HELPER_KIND_MEM)
		CHECK(h->args[1]->kind == HELPER_KIND_ALLOC_SIZE ||
		      h->args[2]->kind == HELPER_KIND_ALLOC_SIZE);
}

TEST(isa_helper_forms)
{
	for (u32 i = 1; i < HELPER_NUMBERS; i++) {
		const struct helper_info *h = helper_info(i);
		u64 progs = 0;

		CHECK(h && h->number == i && h->progs);
		if (!h)
			continue;
		CHECK_EQ(helper_find(h->name), i);
		CHECK_EQ(helper_find(h->name + 4), i);
		check_form(h);
		for (u32 type = 0; type < PROG_TYPES; type++) {
			const struct helper_info *form = helper_info_for(i, type);

			if (!form)
				continue;
			progs |= 1ull << type;
			CHECK_STR(form->name, h->name);
			CHECK(form->progs & 1ull << type);
			check_form(form);
		}
		CHECK_EQ(progs, helper_progs(i));
		CHECK(!(progs & (PROGS(EXT) | PROGS(UNSPEC))));
	}
	CHECK(!helper_info(0) && !helper_info(HELPER_NUMBERS) && !helper_info(UINT32_MAX));
	CHECK(!helper_info_for(1, UINT32_MAX) && !helper_info_for(UINT32_MAX, PROG_XDP));
	CHECK_EQ(helper_find("bpf_map_look"), 0);
	CHECK_EQ(HELPER_NUMBERS, 212);
}

TEST(isa_helper_samples)
{
	const struct helper_info *h = helper_info(HELPER_map_update_elem);

	CHECK_EQ(h->args[0]->kind, HELPER_KIND_MAP);
	CHECK_EQ(h->args[1]->kind, HELPER_KIND_KEY);
	CHECK_EQ(h->args[2]->kind, HELPER_KIND_VALUE);
	CHECK_EQ(h->args[3]->kind, HELPER_KIND_ANY);
	CHECK(h->progs & PROGS(XDP) && h->progs & PROGS(LIRC_MODE2));

	h = helper_info(HELPER_probe_read_kernel);
	CHECK(h->flags & HELPER_GPL && h->flags & HELPER_PERFMON);
	CHECK_EQ(h->args[0]->flags, HELPER_ARG_WRITE | HELPER_ARG_UNINIT);
	CHECK_EQ(h->args[1]->flags, HELPER_ARG_OR_ZERO);

	CHECK(!helper_info_for(HELPER_xdp_adjust_head, PROG_SCHED_CLS));
	CHECK(helper_info_for(HELPER_xdp_adjust_head, PROG_XDP)->flags & HELPER_CHANGES_PACKET);
	CHECK(!helper_info_for(HELPER_get_stackid, PROG_XDP));
	CHECK(helper_info_for(HELPER_sys_bpf, PROG_SYSCALL)->flags & HELPER_SLEEPS);

	/* The same helper in two forms. */
	h = helper_info_for(HELPER_get_socket_cookie, PROG_SCHED_CLS);
	CHECK_EQ(h->args[0]->kind, HELPER_KIND_CTX);
	h = helper_info_for(HELPER_get_socket_cookie, PROG_TRACING);
	CHECK_EQ(h->args[0]->kind, HELPER_KIND_ANY_SOCK);
	CHECK_EQ(h->args[0]->flags, HELPER_ARG_OR_NULL);
	CHECK_EQ(helper_info_for(HELPER_get_cgroup_classid, PROG_SK_MSG)->args[0]->kind,
		 HELPER_KIND_NONE);
}

TEST(isa_helper_attaches)
{
	CHECK(helper_attaches(HELPER_map_lookup_elem, PROG_XDP, AT_XDP));
	CHECK(helper_attaches(HELPER_seq_write, PROG_TRACING, AT_TRACE_ITER));
	CHECK(!helper_attaches(HELPER_seq_write, PROG_TRACING, AT_TRACE_FENTRY));
	CHECK(!helper_attaches(HELPER_seq_write, PROG_LSM, AT_LSM_MAC));
	CHECK(helper_attaches(HELPER_get_func_ret, PROG_TRACING, AT_TRACE_FEXIT));
	CHECK(!helper_attaches(HELPER_bind, PROG_CGROUP_SOCK_ADDR, AT_CGROUP_UDP4_SENDMSG));
	CHECK(helper_attaches(HELPER_setsockopt, PROG_SOCK_OPS, AT_CGROUP_SOCK_OPS));
	CHECK(!helper_attaches(HELPER_setsockopt, PROG_CGROUP_SOCKOPT, AT_CGROUP_GETSOCKOPT));
}
