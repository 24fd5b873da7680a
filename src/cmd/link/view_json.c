/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members as bpftool has them in its newer versions, each kind of link's own; names that it has no member for come behind them. */
#include <string.h>

#include "cmd/link/event.h"
#include "cmd/link/view.h"
#include "cmd/noun/json.h"
#include "isa/prog_type.h"

static void json_attach_type(struct out *out, u32 type)
{
	noun_json_name(out, "attach_type", attach_type_name(type), type);
}

static void json_raw_tracepoint(struct out *out, const struct linkinfo *l)
{
	noun_json_text(out, "tp_name", l->name);
	if (l->abi.raw_tracepoint.cookie)
		out_json_u64(out, "cookie", l->abi.raw_tracepoint.cookie);
}

static void json_tracing(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	const struct linkinfo_abi *i = &l->abi;
	u32 type = naming_prog(v->names, i->prog_id)->type, prog;
	const struct prog_type_info *info = prog_type_info(type);
	const char *object, *name;

	noun_json_name(out, "prog_type", info ? info->name : NULL, type);
	json_attach_type(out, i->tracing.attach_type);
	out_json_u64(out, "target_obj_id", i->tracing.target_obj_id);
	out_json_u64(out, "target_btf_id", i->tracing.target_btf_id);
	if (i->tracing.cookie)
		out_json_u64(out, "cookie", i->tracing.cookie);
	name = naming_target(v->names, i->prog_id, i->tracing.target_obj_id,
			     i->tracing.target_btf_id, &object, &prog);
	if (name)
		noun_json_text(out, "target_name", name);
	if (prog)
		out_json_u64(out, "target_prog_id", prog);
	else if (*object)
		noun_json_text(out, "target_object", object);
}

static void json_cgroup(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	const char *path = naming_cgroup(v->names, l->abi.cgroup.cgroup_id);

	out_json_u64(out, "cgroup_id", l->abi.cgroup.cgroup_id);
	json_attach_type(out, l->abi.cgroup.attach_type);
	if (path)
		noun_json_text(out, "cgroup_path", path);
}

static void json_iter(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	static const char *const orders[] = { "none", "self_only", "descendants_pre",
					      "descendants_post", "ancestors_up" };
	const struct linkinfo_abi *i = &l->abi;
	u32 order = i->iter.cgroup.order;
	const char *path;

	noun_json_text(out, "target_name", l->name);
	if (!strcmp(l->name, "bpf_map_elem") || !strcmp(l->name, "bpf_sk_storage_map")) {
		out_json_u64(out, "map_id", i->iter.map_id);
	} else if (!strcmp(l->name, "cgroup")) {
		out_json_u64(out, "cgroup_id", i->iter.cgroup.id);
		noun_json_name(out, "order", order < ARRAY_SIZE(orders) ? orders[order] : NULL,
			       order);
		path = naming_cgroup(v->names, i->iter.cgroup.id);
		if (path)
			noun_json_text(out, "cgroup_path", path);
	} else if (!strncmp(l->name, "task", 4)) {
		if (i->iter.task.tid)
			out_json_u64(out, "tid", i->iter.task.tid);
		else if (i->iter.task.pid)
			out_json_u64(out, "pid", i->iter.task.pid);
	}
}

static void json_netns_name(struct link_view *v, struct out *out, u64 inode)
{
	const struct netns *n = link_view_space(v, inode);

	if (n && *n->name)
		noun_json_text(out, "netns", n->name);
}

static void json_netns(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	out_json_u64(out, "netns_ino", l->abi.netns.inode);
	json_attach_type(out, l->abi.netns.attach_type);
	json_netns_name(v, out, l->abi.netns.inode);
}

static void json_device(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	const struct nethook *h = l->abi.device.index ? link_view_hook(v, l) : NULL;

	bool is_peer = h && link_view_is_peer(h, l);

	noun_json_text(out, "devname",
		       h && !is_peer         ? h->dev
		       : l->abi.device.index ? ""
					     : "(detached)");
	out_json_u64(out, "ifindex", l->abi.device.index);
	if (l->abi.type != LINK_XDP)
		json_attach_type(out, l->abi.device.attach_type);
	if (is_peer)
		noun_json_text(out, "peer_of", h->dev);
	if (h) {
		out_json_u64(out, "netns_ino", h->netns);
		json_netns_name(v, out, h->netns);
	}
}

static void json_event(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	const struct linkinfo_abi *i = &l->abi;
	struct link_event_name event;
	u64 cookie = 0;

	switch (i->perf_event.kind) {
	case LINK_EVENT_UPROBE:
	case LINK_EVENT_URETPROBE:
		out_json_bool(out, "retprobe", linkinfo_is_return(l));
		noun_json_text(out, "file", l->name);
		out_json_u64(out, "offset", i->perf_event.offset);
		cookie = i->perf_event.uprobe.cookie;
		if (i->perf_event.uprobe.ref_ctr_offset)
			out_json_u64(out, "ref_ctr_offset", i->perf_event.uprobe.ref_ctr_offset);
		break;
	case LINK_EVENT_KPROBE:
	case LINK_EVENT_KRETPROBE:
		out_json_bool(out, "retprobe", linkinfo_is_return(l));
		out_json_u64(out, "addr", i->perf_event.kprobe.addr);
		noun_json_text(out, "func", l->name);
		out_json_u64(out, "offset", i->perf_event.offset);
		out_json_u64(out, "missed", i->perf_event.kprobe.missed);
		cookie = i->perf_event.kprobe.cookie;
		break;
	case LINK_EVENT_TRACEPOINT:
		noun_json_text(out, "tracepoint", l->name);
		cookie = i->perf_event.tracepoint.cookie;
		break;
	case LINK_EVENT_EVENT:
		event = link_event_names(v->arena, i->perf_event.event.type,
					 i->perf_event.event.config);
		noun_json_name(out, "event_type", event.type, i->perf_event.event.type);
		noun_json_name(out, "event_config", event.config, i->perf_event.event.config);
		cookie = i->perf_event.event.cookie;
		break;
	default:
		return;
	}
	out_json_u64(out, "cookie", cookie);
	noun_json_text(out, "event", link_event_name(i->perf_event.kind));
}

static void json_functions(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	out_json_bool(out, "retprobe", linkinfo_is_return(l));
	out_json_u64(out, "func_cnt", l->abi.kprobe_multi.count);
	out_json_u64(out, "missed", l->abi.kprobe_multi.missed);
	out_json_open(out, "funcs", '[');
	for (u32 i = 0; i < l->count; i++) {
		const char *module = link_view_module(v, l->places[i]);

		out_json_open(out, NULL, '{');
		out_json_u64(out, "addr", l->places[i]);
		noun_json_text(out, "func", link_view_symbol(v, l->places[i]));
		if (*module)
			noun_json_text(out, "module", module);
		else
			out_json_null(out, "module");
		out_json_u64(out, "cookie", l->cookies[i]);
		out_json_close(out, '}');
	}
	out_json_close(out, ']');
}

static void json_places(struct out *out, const struct linkinfo *l)
{
	out_json_bool(out, "retprobe", linkinfo_is_return(l));
	noun_json_text(out, "path", l->name);
	out_json_u64(out, "func_cnt", l->abi.uprobe_multi.count);
	out_json_u64(out, "pid", l->abi.uprobe_multi.pid);
	out_json_open(out, "funcs", '[');
	for (u32 i = 0; i < l->count; i++) {
		out_json_open(out, NULL, '{');
		out_json_u64(out, "offset", l->places[i]);
		out_json_u64(out, "ref_ctr_offset", l->semaphores[i]);
		out_json_u64(out, "cookie", l->cookies[i]);
		out_json_close(out, '}');
	}
	out_json_close(out, ']');
}

static void json_netfilter(struct out *out, const struct linkinfo *l)
{
	out_json_u64(out, "pf", l->abi.netfilter.family);
	out_json_u64(out, "hook", l->abi.netfilter.hook);
	out_json_s64(out, "prio", l->abi.netfilter.priority);
	out_json_u64(out, "flags", l->abi.netfilter.flags);
}

static void json_map(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	out_json_u64(out, "map_id", l->abi.map.map_id);
	if (l->abi.type == LINK_SOCKMAP)
		json_attach_type(out, l->abi.map.attach_type);
	noun_json_text(out, "map_name", naming_map(v->names, l->abi.map.map_id));
}

void link_view_json(struct link_view *v, struct out *out, const struct linkinfo *l)
{
	switch (l->abi.type) {
	case LINK_RAW_TRACEPOINT:
		return json_raw_tracepoint(out, l);
	case LINK_TRACING:
		return json_tracing(v, out, l);
	case LINK_CGROUP:
		return json_cgroup(v, out, l);
	case LINK_ITER:
		return json_iter(v, out, l);
	case LINK_NETNS:
		return json_netns(v, out, l);
	case LINK_XDP:
	case LINK_TCX:
	case LINK_NETKIT:
		return json_device(v, out, l);
	case LINK_PERF_EVENT:
		return json_event(v, out, l);
	case LINK_KPROBE_MULTI:
		return json_functions(v, out, l);
	case LINK_UPROBE_MULTI:
		return json_places(out, l);
	case LINK_STRUCT_OPS:
	case LINK_SOCKMAP:
		return json_map(v, out, l);
	case LINK_NETFILTER:
		return json_netfilter(out, l);
	default:
		return;
	}
}
