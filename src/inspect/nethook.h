/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that the network has: at interfaces XDP, tcx, netkit, filters and actions of tc; the flow dissector and the like of a
 * network namespace. All of one namespace are read in it, by netlink and BPF_PROG_QUERY.
 */
#ifndef INSPECT_NETHOOK_H
#define INSPECT_NETHOOK_H

#include "inspect/netns.h"

#define NETHOOK_MAX 65536

enum nethook_kind {
	NETHOOK_XDP,
	NETHOOK_TCX,
	NETHOOK_NETKIT,
	NETHOOK_TC, /* a filter; prog_id is 0 if it is of another kind and only has actions that are programs */
	NETHOOK_ACTION, /* of the filter before it */
	NETHOOK_FLOW,   /* flow dissector */
	NETHOOK_LOOKUP, /* sk_lookup */
};

struct nethook {
	enum nethook_kind kind;
	u64 netns;       /* its inode */
	u32 ifindex;     /* 0 if it is of no interface */
	const char *dev; /* its name */
	u32 prog_id;
	u32 link_id;    /* 0: it has none, or the kernel does not tell */
	u32 at;         /* tcx, netkit: attach type; XDP: XDP_ATTACHED_DRV, _SKB, _HW */
	bool is_one_of; /* XDP: in more than one mode */
	/* Filters and actions. */
	const char *where;  /* "clsact/ingress" */
	const char *filter; /* its kind: "bpf", "matchall" */
	const char *name;   /* that it was given; "" if none */
	u32 parent, handle, priority, protocol, chain;
	bool is_direct; /* what it returns is the verdict */
};

struct nethooks {
	struct arena *arena;
	vec_of(struct nethook) list;
	bool is_partial; /* some could not be read */
};

/* Adds what is in the namespace that this thread is in, of one interface or (0) all. 0 or -errno. */
int nethook_read(struct nethooks *h, u64 netns, u32 ifindex);
/* The same for all namespaces that can be found. */
void nethook_read_all(struct nethooks *h, const netns_list *spaces);

/* ---- what it reads messages by */

struct nethook_device {
	u32 ifindex;
	const char *name;
	bool is_netkit;
};
/* One more, with empty names; NULL if there are too many. dev: NULL if it is of none. */
struct nethook *nethook_add(struct nethooks *h, enum nethook_kind kind,
			    const struct nethook_device *dev);
/* A message about an interface; its XDP programs are added. false if it is none. */
bool nethook_take_device(struct nethooks *h, const void *data, size_t len,
			 struct nethook_device *out);
/* A message about a filter. */
void nethook_take_filter(struct nethooks *h, const char *where, const struct nethook_device *dev,
			 const void *data, size_t len);

#endif
