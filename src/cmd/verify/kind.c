/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/verify/kind.h"

#include <string.h>

#include "isa/section.h"

/* Of those that share a context the one that may do most. */
static const struct {
	const char *context, *section;
} kinds[] = {
	{ "__sk_buff", "tc" },
	{ "xdp_md", "xdp" },
	{ "pt_regs", "kprobe" },
	{ "bpf_perf_event_data", "perf_event" },
	{ "bpf_raw_tracepoint_args", "raw_tp" },
	{ "bpf_sock_ops", "sockops" },
	{ "sk_msg_md", "sk_msg" },
	{ "sk_reuseport_md", "sk_reuseport" },
	{ "bpf_sk_lookup", "sk_lookup" },
	{ "bpf_sysctl", "cgroup/sysctl" },
	{ "bpf_cgroup_dev_ctx", "cgroup/dev" },
	{ "bpf_nf_ctx", "netfilter" },
};

int kind_set(struct image_prog *p, const char *section)
{
	struct section_match match;

	if (section_find(section, &match))
		return -ENOENT;
	p->type = (enum bpf_prog_type)match.type;
	p->attach = match.attach;
	p->target = match.rest;
	p->flags = match.load_flags;
	p->is_sleepable = (match.flags & SECTION_SLEEPS) != 0;
	p->is_known = true;
	return 0;
}

/* The name of the struct that the program's only argument points to; "" if it is something else. */
static const char *context_name(const struct rawbtf *btf, u32 func)
{
	const struct btf_type *t = btf ? rawbtf_type(btf, func) : NULL;
	const struct btf_type *proto = t ? rawbtf_type(btf, t->type) : NULL;

	if (!proto || BTF_INFO_KIND(proto->info) != BTF_KIND_FUNC_PROTO ||
	    BTF_INFO_VLEN(proto->info) != 1)
		return "";
	u32 id = ((const struct btf_param *)(const void *)(proto + 1))->type;
	const struct btf_type *pointer = rawbtf_skip(btf, &id, NULL);
	if (!pointer || BTF_INFO_KIND(pointer->info) != BTF_KIND_PTR)
		return "";
	id = pointer->type;
	const struct btf_type *to = rawbtf_skip(btf, &id, NULL);
	return rawbtf_is_record(to) ? rawbtf_str(btf, to->name_off) : "";
}

const char *kind_guess(const struct image *img, const struct image_prog *p)
{
	const char *name = context_name(img->btf, p->funcs.n ? p->funcs.at[0].type : 0);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(name, kinds[i].context))
			return kinds[i].section;
	}
	return NULL;
}
