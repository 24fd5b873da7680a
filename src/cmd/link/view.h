/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links as people see them: what each is attached to by name. What takes a look at the whole system, as interfaces of all network
 * namespaces and the kernel's symbols do, is done on the first link that needs it.
 */
#ifndef CMD_LINK_VIEW_H
#define CMD_LINK_VIEW_H

#include "base/out.h"
#include "inspect/linkinfo.h"
#include "inspect/naming.h"
#include "inspect/nethook.h"

struct ksyms;

struct link_view {
	struct arena *arena;
	struct naming *names;
	struct nethooks hooks;
	netns_list spaces;
	bool has_hooks;
	struct ksyms *syms; /* NULL: not yet read */
};

void link_view_init(struct link_view *v, struct arena *a);
void link_view_done(struct link_view *v);

/* All that is attached to the network. */
const struct nethooks *link_view_hooks(struct link_view *v);
/* The namespace with this inode; NULL if it is not found. */
const struct netns *link_view_space(struct link_view *v, u64 inode);
/* "v0", "peer of v0", with " in NAMESPACE" if it is in another one; "(detached)". */
const char *link_view_device(struct link_view *v, const struct linkinfo *l);
/* The hook of a link of an interface; NULL if it is not found. That of a netkit's peer is told of its primary. */
const struct nethook *link_view_hook(struct link_view *v, const struct linkinfo *l);
/* Whether the link is at the peer of the hook's interface, which may be in another namespace. */
bool link_view_is_peer(const struct nethook *h, const struct linkinfo *l);
/* A namespace in words: "", "netns NAME", "netns 4026532176". */
const char *link_view_space_name(struct link_view *v, u64 inode);
/* Symbol of an address of the kernel, "" if not known. */
const char *link_view_symbol(struct link_view *v, u64 address);
/* The module that has it, "" if that is the kernel itself or not known. */
const char *link_view_module(struct link_view *v, u64 address);

/* What a link is attached to, in one line of text: "tcp_connect", "v0 ingress", "/sys/fs/cgroup/web". */
const char *link_view_where(struct link_view *v, const struct linkinfo *l);
/* The rest of an object in JSON: bpftool's members, and names for its numbers. */
void link_view_json(struct link_view *v, struct out *out, const struct linkinfo *l);

/* "input", "ip" of netfilter; NULL if they have no name. */
const char *link_view_nf_hook(u32 hook);
const char *link_view_nf_family(u32 family);

#endif
