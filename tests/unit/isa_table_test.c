/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of isa/ against the kernel's headers. */
#include "unit/test.h"

#include <linux/bpf.h>
#include <string.h>

#include "isa/attach.h"
#include "isa/helper.h"
#include "isa/insn.h"

TEST(isa_helpers_agree_with_the_kernel)
{
	/* The header's list may end before the table's or go on after it. */
#define HELPER_ROW(name)                                                                           \
	{                                                                                          \
		BPF_FUNC_##name, "bpf_" #name                                                      \
	}
	static const struct {
		u32 number;
		const char *name;
	} kernel[] = { __BPF_FUNC_MAPPER(HELPER_ROW) };

	CHECK(ARRAY_SIZE(kernel) > 200);
	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++) {
		if (kernel[i].number && helper_name(kernel[i].number))
			CHECK_STR(helper_name(kernel[i].number), kernel[i].name);
	}
}

TEST(isa_helper_numbers)
{
	CHECK(!helper_name(0));
	CHECK(!helper_name(212));
	CHECK(!helper_name(UINT32_MAX));
	CHECK_STR(helper_name(1), "bpf_map_lookup_elem");
	CHECK_STR(helper_name(211), "bpf_cgrp_storage_delete");
	for (u32 i = 1; i <= 211; i++)
		CHECK(helper_name(i));
}

TEST(isa_operations_agree_with_the_kernel)
{
#define INSN_ALU(id, code, text) CHECK_EQ(code, BPF_##id);
#define INSN_JUMP(id, code, text) CHECK_EQ(code, BPF_##id);
#define INSN_ATOMIC(id, imm, name, text) CHECK_EQ(imm, BPF_##id);
#define INSN_SIZE(id, code, bytes, u, s)                                                           \
	CHECK_EQ(code, BPF_##id);                                                                  \
	CHECK(strlen(u) >= 2 && strlen(s) >= 2 && bytes);
#include "isa/insn.def"
}

TEST(isa_attach_names)
{
	CHECK_EQ(attach_find("tracepoint"), ATTACH_TRACEPOINT);
	CHECK_EQ(attach_find("t"), ATTACH_TRACEPOINT);
	CHECK_EQ(attach_find("BEGIN"), ATTACH_BEGIN);
	CHECK_EQ(attach_find("begin"), ATTACH_BEGIN);
	CHECK_EQ(attach_find("kretfunc"), ATTACH_FEXIT);
	CHECK_EQ(attach_find("fr"), ATTACH_FEXIT);
	CHECK_EQ(attach_find(""), -1);
	CHECK_EQ(attach_find("tracepoin"), -1);
	for (int i = 0; i < ATTACH_COUNT; i++) {
		const struct attach_info *a = attach_info((enum attach)i);

		CHECK_EQ(attach_find(a->name), i);
		CHECK(!*a->brief || attach_find(a->brief) == i);
		CHECK(!*a->old || attach_find(a->old) == i);
		CHECK(a->prog_type != BPF_PROG_TYPE_UNSPEC && *a->section);
	}
}
