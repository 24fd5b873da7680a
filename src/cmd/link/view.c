/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A link of an interface tells the interface's index, but not in which network namespace: so its program is looked for among those
 * of all namespaces.
 */
#include "cmd/link/view.h"

#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <string.h>

#include "cmd/link/event.h"
#include "isa/prog_type.h"
#include "session/ksyms.h"

void link_view_init(struct link_view *v, struct arena *a)
{
	*v = (struct link_view){ .arena = a, .names = naming_new(a), .hooks = { .arena = a } };
}

void link_view_done(struct link_view *v)
{
	naming_free(v->names);
	if (v->syms)
		ksyms_free(v->syms);
	v->syms = NULL;
}

const struct nethooks *link_view_hooks(struct link_view *v)
{
	if (!v->has_hooks) {
		netns_find(v->arena, &v->spaces);
		nethook_read_all(&v->hooks, &v->spaces);
	}
	v->has_hooks = true;
	return &v->hooks;
}

const struct netns *link_view_space(struct link_view *v, u64 inode)
{
	if (!v->spaces.n)
		netns_find(v->arena, &v->spaces);
	for (size_t i = 0; i < v->spaces.n; i++)
		if (v->spaces.at[i].inode == inode)
			return &v->spaces.at[i];
	return NULL;
}

const char *link_view_space_name(struct link_view *v, u64 inode)
{
	const struct netns *n = link_view_space(v, inode);

	if (n && n == v->spaces.at)
		return "";
	if (n && *n->name)
		return arena_printf(v->arena, "netns %s", n->name);
	if (n)
		return arena_printf(v->arena, "netns %llu of process %u", (unsigned long long)inode,
				    n->pid);
	return arena_printf(v->arena, "netns %llu", (unsigned long long)inode);
}

const struct nethook *link_view_hook(struct link_view *v, const struct linkinfo *l)
{
	const struct nethooks *hooks = link_view_hooks(v);

	for (size_t i = 0; i < hooks->list.n; i++) {
		const struct nethook *h = &hooks->list.at[i];

		if (h->prog_id != l->abi.prog_id)
			continue;
		/* XDP does not tell of links, and others tell of the peer of a netkit at the primary. */
		if (l->abi.type == LINK_XDP
			    ? h->kind == NETHOOK_XDP && h->ifindex == l->abi.device.index
			    : h->link_id == l->abi.id)
			return h;
	}
	return NULL;
}

bool link_view_is_peer(const struct nethook *h, const struct linkinfo *l)
{
	return h->ifindex != l->abi.device.index;
}

const char *link_view_device(struct link_view *v, const struct linkinfo *l)
{
	const struct nethook *h = l->abi.device.index ? link_view_hook(v, l) : NULL;
	const char *space, *dev;

	if (!l->abi.device.index)
		return "(detached)";
	if (!h)
		return arena_printf(v->arena, "interface %u", l->abi.device.index);
	space = link_view_space_name(v, h->netns);
	dev = link_view_is_peer(h, l) ? arena_printf(v->arena, "peer of %s", h->dev) : h->dev;
	return *space ? arena_printf(v->arena, "%s in %s", dev, space) : dev;
}

const char *link_view_symbol(struct link_view *v, u64 address)
{
	const char *name;
	u64 offset;

	if (!v->syms)
		v->syms = ksyms_new("/proc/kallsyms");
	name = ksyms_find(v->syms, address, &offset);
	return name ? name : "";
}

const char *link_view_module(struct link_view *v, u64 address)
{
	if (!v->syms)
		v->syms = ksyms_new("/proc/kallsyms");
	return ksyms_module(v->syms, address);
}

/* ---- names of numbers */

const char *link_view_nf_hook(u32 hook)
{
	static const char *const names[NF_INET_NUMHOOKS] = { "prerouting", "input", "forward",
							     "output", "postrouting" };

	return hook < ARRAY_SIZE(names) ? names[hook] : NULL;
}

const char *link_view_nf_family(u32 family)
{
	return family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_IPV6 ? "ip6" : NULL;
}

/* ---- where */

static const char *where_tracing(struct link_view *v, const struct linkinfo *l)
{
	const struct linkinfo_abi *i = &l->abi;
	const char *object, *name;
	u32 prog;

	name = naming_target(v->names, i->prog_id, i->tracing.target_obj_id,
			     i->tracing.target_btf_id, &object, &prog);
	if (!name)
		name = arena_printf(v->arena, "type %u of %s %u", i->tracing.target_btf_id,
				    prog ? "program" : "BTF", i->tracing.target_obj_id);
	if (prog)
		return arena_printf(v->arena, "%s of program %u %s", name, prog,
				    naming_prog(v->names, prog)->name);
	return *object && strcmp(object, "vmlinux") != 0
		       ? arena_printf(v->arena, "%s of %s", name, object)
		       : name;
}

static const char *where_iter(struct link_view *v, const struct linkinfo *l)
{
	const struct linkinfo_abi *i = &l->abi;
	const char *path;

	if (!strncmp(l->name, "bpf_map_elem", 12) || !strncmp(l->name, "bpf_sk_storage_map", 18))
		return arena_printf(v->arena, "%s of map %u %s", l->name, i->iter.map_id,
				    naming_map(v->names, i->iter.map_id));
	if (!strcmp(l->name, "cgroup")) {
		path = naming_cgroup(v->names, i->iter.cgroup.id);
		return path ? arena_printf(v->arena, "cgroup %s", path)
			    : arena_printf(v->arena, "cgroup %llu",
					   (unsigned long long)i->iter.cgroup.id);
	}
	if (!strncmp(l->name, "task", 4) && i->iter.task.tid)
		return arena_printf(v->arena, "%s, thread %u", l->name, i->iter.task.tid);
	if (!strncmp(l->name, "task", 4) && i->iter.task.pid)
		return arena_printf(v->arena, "%s, process %u", l->name, i->iter.task.pid);
	return l->name;
}

static const char *where_event(struct link_view *v, const struct linkinfo *l)
{
	const struct linkinfo_abi *i = &l->abi;
	const char *kind = link_event_name(i->perf_event.kind);
	struct link_event_name event;

	switch (i->perf_event.kind) {
	case LINK_EVENT_UPROBE:
	case LINK_EVENT_URETPROBE:
		return arena_printf(v->arena, "%s %s+0x%x", kind, l->name, i->perf_event.offset);
	case LINK_EVENT_KPROBE:
	case LINK_EVENT_KRETPROBE:
		return i->perf_event.offset ? arena_printf(v->arena, "%s %s+0x%x", kind, l->name,
							   i->perf_event.offset)
					    : arena_printf(v->arena, "%s %s", kind, l->name);
	case LINK_EVENT_TRACEPOINT:
		return arena_printf(v->arena, "tracepoint %s", l->name);
	case LINK_EVENT_EVENT:
		event = link_event_names(v->arena, i->perf_event.event.type,
					 i->perf_event.event.config);
		if (!event.type)
			event.type = arena_printf(v->arena, "type %u", i->perf_event.event.type);
		if (!event.config)
			event.config = arena_printf(v->arena, "0x%llx",
						    (unsigned long long)i->perf_event.event.config);
		return arena_printf(v->arena, "%s %s", event.type, event.config);
	default:
		return "";
	}
}

static const char *where_netfilter(struct link_view *v, const struct linkinfo *l)
{
	const char *hook = link_view_nf_hook(l->abi.netfilter.hook);
	const char *family = link_view_nf_family(l->abi.netfilter.family);

	if (!family)
		family = arena_printf(v->arena, "family %u", l->abi.netfilter.family);
	if (!hook)
		hook = arena_printf(v->arena, "hook %u", l->abi.netfilter.hook);
	return arena_printf(v->arena, "%s %s, priority %d%s", family, hook,
			    l->abi.netfilter.priority,
			    l->abi.netfilter.flags & 1 ? ", defrag" : "");
}

static const char *where_multi(struct link_view *v, const struct linkinfo *l)
{
	u32 count = l->abi.type == LINK_KPROBE_MULTI ? l->abi.kprobe_multi.count
						     : l->abi.uprobe_multi.count;
	const char *text = "";

	if (l->abi.type == LINK_UPROBE_MULTI)
		text = arena_printf(v->arena, "%s, ", l->name);
	return arena_printf(v->arena, "%s%u %s%s", text, count,
			    l->abi.type == LINK_KPROBE_MULTI ? "function" : "place",
			    count == 1 ? "" : "s");
}

static const char *where_map(struct link_view *v, u32 id)
{
	return arena_printf(v->arena, "map %u %s", id, naming_map(v->names, id));
}

static const char *where_cgroup(struct link_view *v, const struct linkinfo *l)
{
	const char *path = naming_cgroup(v->names, l->abi.cgroup.cgroup_id);

	if (!l->abi.cgroup.cgroup_id)
		return "(detached)";
	return path ? path
		    : arena_printf(v->arena, "cgroup %llu, gone",
				   (unsigned long long)l->abi.cgroup.cgroup_id);
}

static const char *where_netns(struct link_view *v, u32 inode)
{
	const char *name;

	if (!inode)
		return "(detached)";
	name = link_view_space_name(v, inode);
	return *name ? name : "this netns";
}

const char *link_view_where(struct link_view *v, const struct linkinfo *l)
{
	switch (l->abi.type) {
	case LINK_RAW_TRACEPOINT:
		return l->name;
	case LINK_TRACING:
		return where_tracing(v, l);
	case LINK_CGROUP:
		return where_cgroup(v, l);
	case LINK_ITER:
		return where_iter(v, l);
	case LINK_NETNS:
		return where_netns(v, l->abi.netns.inode);
	case LINK_XDP:
	case LINK_TCX:
	case LINK_NETKIT:
		return link_view_device(v, l);
	case LINK_PERF_EVENT:
		return where_event(v, l);
	case LINK_KPROBE_MULTI:
	case LINK_UPROBE_MULTI:
		return where_multi(v, l);
	case LINK_STRUCT_OPS:
	case LINK_SOCKMAP:
		return where_map(v, l->abi.map.map_id);
	case LINK_NETFILTER:
		return where_netfilter(v, l);
	default:
		return "";
	}
}
