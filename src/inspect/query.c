/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many there are is asked first, as mostly there are none. */
#include "inspect/query.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "inspect/handle.h"
#include "isa/prog_type.h"

/* The part of union bpf_attr, as Linux 6.18 has it; older ones take it if what they do not know is 0. */
struct query_attr {
	u32 target, attach_type, query_flags, attach_flags;
	u64 prog_ids;
	u32 count, pad;
	u64 prog_flags, link_ids, link_flags, revision;
};

static u64 address(const void *p)
{
	return (u64)(uintptr_t)p;
}

static int ask(struct query_attr *attr)
{
	return handle_call(BPF_PROG_QUERY, attr, sizeof(*attr));
}

static bool tells_links(u32 attach_type)
{
	return attach_type == AT_TCX_INGRESS || attach_type == AT_TCX_EGRESS ||
	       attach_type == AT_NETKIT_PRIMARY || attach_type == AT_NETKIT_PEER;
}

static bool tells_flags(u32 attach_type, u32 flags)
{
	return tells_links(attach_type) ||
	       (!(flags & QUERY_EFFECTIVE) && attach_type != AT_FLOW_DISSECTOR &&
		attach_type != AT_SK_LOOKUP);
}

int query_read(struct arena *a, u32 target, u32 attach_type, u32 flags, struct query *out)
{
	struct query_attr attr;
	u32 *progs, *prog_flags = NULL, *links = NULL;
	int err;

	*out = (struct query){ 0 };
	memset(&attr, 0, sizeof(attr));
	attr.target = target;
	attr.attach_type = attach_type;
	attr.query_flags = flags;
	err = ask(&attr);
	if (err)
		return err == -EINVAL || err == -ENOENT ? 0 : err;
	out->flags = attr.attach_flags;
	if (!attr.count)
		return 0;
	if (attr.count > QUERY_MAX_PROGS)
		return -E2BIG;
	attr.count += 8; /* what is attached meanwhile */
	progs = arena_array(a, u32, attr.count);
	attr.prog_ids = address(progs);
	if (tells_flags(attach_type, flags)) {
		prog_flags = arena_array(a, u32, attr.count);
		attr.prog_flags = address(prog_flags);
	}
	if (tells_links(attach_type)) {
		links = arena_array(a, u32, attr.count);
		attr.link_ids = address(links);
	}
	attr.attach_flags = 0;
	attr.revision = 0;
	err = ask(&attr);
	if (err == -EINVAL && prog_flags && !links) { /* older ones do not know them */
		attr.prog_flags = 0;
		prog_flags = NULL;
		err = ask(&attr);
	}
	if (err)
		return err;
	*out = (struct query){ attr.count, attr.attach_flags, attr.revision,
			       progs,      prog_flags,        links };
	return 0;
}
