/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/verdict.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "cmd/exec/engine.h"
#include "isa/ctx.h"
#include "isa/prog_type.h"

struct verdict {
	u32 ret;
	bool passes;
	const char *name;
};

static const struct verdict xdp[] = {
	{ XDP_ABORTED, false, "XDP_ABORTED" },  { XDP_DROP, false, "XDP_DROP" },
	{ XDP_PASS, true, "XDP_PASS" },         { XDP_TX, true, "XDP_TX" },
	{ XDP_REDIRECT, true, "XDP_REDIRECT" },
};

static const struct verdict tc[] = {
	{ (u32)TC_ACT_UNSPEC, true, "TC_ACT_UNSPEC" },
	{ TC_ACT_OK, true, "TC_ACT_OK" },
	{ TC_ACT_RECLASSIFY, true, "TC_ACT_RECLASSIFY" },
	{ TC_ACT_SHOT, false, "TC_ACT_SHOT" },
	{ TC_ACT_PIPE, true, "TC_ACT_PIPE" },
	{ TC_ACT_STOLEN, false, "TC_ACT_STOLEN" },
	{ TC_ACT_QUEUED, false, "TC_ACT_QUEUED" },
	{ TC_ACT_REPEAT, true, "TC_ACT_REPEAT" },
	{ TC_ACT_REDIRECT, true, "TC_ACT_REDIRECT" },
	{ TC_ACT_TRAP, false, "TC_ACT_TRAP" },
};

static const struct verdict lwt[] = {
	{ BPF_OK, true, "BPF_OK" },
	{ BPF_DROP, false, "BPF_DROP" },
	{ BPF_REDIRECT, true, "BPF_REDIRECT" },
	{ BPF_LWT_REROUTE, true, "BPF_LWT_REROUTE" },
};

static const struct verdict sk[] = {
	{ SK_DROP, false, "SK_DROP" },
	{ SK_PASS, true, "SK_PASS" },
};

static const struct {
	u64 types;
	const struct verdict *at;
	size_t n;
} tables[] = {
	{ PROGS(XDP), xdp, ARRAY_SIZE(xdp) },
	{ PROGS_TC, tc, ARRAY_SIZE(tc) },
	{ PROGS_LWT | PROGS(FLOW_DISSECTOR), lwt, ARRAY_SIZE(lwt) },
	{ PROGS(SK_SKB) | PROGS(SK_MSG) | PROGS(SK_LOOKUP) | PROGS(SK_REUSEPORT), sk,
	  ARRAY_SIZE(sk) },
};

static const struct verdict *find(u32 type, u32 ret)
{
	for (size_t i = 0; type < 64 && i < ARRAY_SIZE(tables); i++) {
		for (size_t k = 0; (tables[i].types >> type & 1) && k < tables[i].n; k++) {
			if (tables[i].at[k].ret == ret)
				return &tables[i].at[k];
		}
	}
	return NULL;
}

bool exec_verdict_find(u32 type, const char *word, u32 *ret, struct nearest *near)
{
	bool is_cgroup = type == PROG_CGROUP_SKB || (type < 64 && PROGS_CGROUP_CURRENT >> type & 1);
	s64 n;

	for (size_t i = 0; type < 64 && i < ARRAY_SIZE(tables); i++) {
		for (size_t k = 0; (tables[i].types >> type & 1) && k < tables[i].n; k++) {
			if (near)
				nearest_try(near, tables[i].at[k].name);
			if (strcmp(tables[i].at[k].name, word) != 0)
				continue;
			*ret = tables[i].at[k].ret;
			return true;
		}
	}
	if (is_cgroup && (!strcmp(word, "allows") || !strcmp(word, "denies"))) {
		*ret = word[0] == 'a';
		return true;
	}
	if (type == PROG_SOCKET_FILTER && !strcmp(word, "drops")) {
		*ret = 0;
		return true;
	}
	if (!text_s64(word, &n) || n < INT32_MIN || n > UINT32_MAX)
		return false;
	*ret = (u32)n;
	return true;
}

static bool is_cgroup_skb(u32 type)
{
	return type == PROG_CGROUP_SKB;
}

void exec_verdict_name(u32 type, u32 ret, struct buf *out)
{
	const struct verdict *v = find(type, ret);
	bool is_cgroup = is_cgroup_skb(type) || (type < 64 && PROGS_CGROUP_CURRENT >> type & 1);

	if (v)
		buf_puts(out, v->name);
	else if (type == PROG_SOCKET_FILTER && ret > INT32_MAX)
		buf_puts(out, "keeps all");
	else if (type == PROG_SOCKET_FILTER && ret)
		buf_printf(out, "keeps %u bytes", ret);
	else if (type == PROG_SOCKET_FILTER)
		buf_puts(out, "drops");
	else if (is_cgroup && ret <= 1)
		buf_puts(out, ret ? "allows" : "denies");
	else
		buf_printf(out, "returns %d", (s32)ret);
}

bool exec_verdict_passes(u32 type, u32 ret, u32 *len)
{
	const struct verdict *v = find(type, ret);

	if (type == PROG_SOCKET_FILTER) {
		u32 kept = ret + EXEC_ETH;

		if (ret && kept > ret && kept < *len)
			*len = kept;
		return ret;
	}
	if (is_cgroup_skb(type))
		return ret & 1;
	return v && v->passes;
}

bool exec_verdict_redirects(u32 type, u32 ret)
{
	return (type == PROG_XDP && ret == XDP_REDIRECT) ||
	       ((type == PROG_SCHED_CLS || type == PROG_SCHED_ACT) && ret == TC_ACT_REDIRECT) ||
	       (type == PROG_LWT_XMIT && ret == BPF_REDIRECT);
}

bool exec_takes_packets(u32 type)
{
	const struct prog_type_info *info = prog_type_info(type);

	return info && (info->ctx == CTX_XDP_MD || info->ctx == CTX_SK_BUFF) &&
	       type != PROG_FLOW_DISSECTOR;
}

bool exec_takes_ethernet(u32 type)
{
	return type == PROG_XDP || type == PROG_SCHED_CLS || type == PROG_SCHED_ACT;
}
