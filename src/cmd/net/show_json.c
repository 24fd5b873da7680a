/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON is bpftool's: sorted by kinds, with an object for each network namespace. */
#include <string.h>

#include "cmd/net/show_impl.h"
#include "cmd/noun/json.h"
#include "isa/prog_type.h"

static void json_head(struct net_show *s, const struct nethook *h)
{
	out_json_open(s->args->out, NULL, '{');
	noun_json_text(s->args->out, "devname", h->dev);
	out_json_u64(s->args->out, "ifindex", h->ifindex);
}

static void json_prog(struct net_show *s, const struct nethook *h, const char *key)
{
	struct out *out = s->args->out;

	out_json_u64(out, key, h->prog_id);
	noun_json_text(out, "prog_name", naming_prog(s->view.names, h->prog_id)->name);
	if (net_show_link(s, h))
		out_json_u64(out, "link_id", net_show_link(s, h));
}

/* All modes of an interface; the number of hooks taken. */
static size_t json_xdp(struct net_show *s, size_t at, size_t end)
{
	const struct nethook *h = &s->hooks.list.at[at];
	struct out *out = s->args->out;
	size_t n = 0;

	json_head(s, h);
	if (h->is_one_of)
		out_json_open(out, "multi_attachments", '[');
	do {
		if (h->is_one_of)
			out_json_open(out, NULL, '{');
		noun_json_text(out, "mode", net_show_mode(h->at));
		json_prog(s, h, "id");
		if (h->is_one_of)
			out_json_close(out, '}');
		n++;
	} while (h++->is_one_of && at + n < end && h->kind == NETHOOK_XDP &&
		 h->ifindex == h[-1].ifindex);
	if (h[-1].is_one_of)
		out_json_close(out, ']');
	out_json_close(out, '}');
	return n;
}

static void json_mprog(struct net_show *s, const struct nethook *h)
{
	struct out *out = s->args->out;
	bool is_first = h->at == AT_TCX_INGRESS || h->at == AT_NETKIT_PRIMARY;
	const char *name = naming_prog(s->view.names, h->prog_id)->name;

	json_head(s, h);
	noun_json_text(out, "kind",
		       h->kind == NETHOOK_TCX ? is_first ? "tcx/ingress" : "tcx/egress"
		       : is_first             ? "netkit/primary"
					      : "netkit/peer");
	noun_json_text(out, "name", name);
	json_prog(s, h, "prog_id");
	out_json_close(out, '}');
}

/* A filter with its actions; the number of hooks taken. */
static size_t json_filter(struct net_show *s, size_t at, size_t end)
{
	const struct nethook *h = &s->hooks.list.at[at];
	struct out *out = s->args->out;
	size_t n = 1;

	json_head(s, h);
	noun_json_text(out, "kind", h->where);
	if (*h->name)
		noun_json_text(out, "name", h->name);
	if (h->prog_id)
		json_prog(s, h, "id");
	for (; at + n < end && h[n].kind == NETHOOK_ACTION; n++) {
		if (n == 1)
			out_json_open(out, "act", '[');
		out_json_open(out, NULL, '{');
		if (*h[n].name)
			noun_json_text(out, "name", h[n].name);
		json_prog(s, &h[n], "id");
		out_json_close(out, '}');
	}
	if (n > 1)
		out_json_close(out, ']');
	noun_json_text(out, "filter", h->filter);
	out_json_u64(out, "priority", h->priority);
	out_json_u64(out, "handle", h->handle);
	out_json_u64(out, "protocol", h->protocol);
	out_json_u64(out, "chain", h->chain);
	if (!strcmp(h->filter, "bpf"))
		out_json_bool(out, "direct_action", h->is_direct);
	out_json_close(out, '}');
	return n;
}

static void json_netfilter(struct net_show *s)
{
	for (size_t i = 0; i < s->links.n; i++) {
		const struct linkinfo *l = &s->links.at[i];

		if (l->abi.type != LINK_NETFILTER)
			continue;
		out_json_open(s->args->out, NULL, '{');
		out_json_u64(s->args->out, "id", l->abi.prog_id);
		out_json_u64(s->args->out, "link_id", l->abi.id);
		noun_json_text(s->args->out, "prog_name",
			       naming_prog(s->view.names, l->abi.prog_id)->name);
		link_view_json(&s->view, s->args->out, l);
		out_json_close(s->args->out, '}');
	}
}

static void json_space(struct net_show *s, const char *key, enum nethook_kind kind, size_t from,
		       size_t to)
{
	struct out *out = s->args->out;

	out_json_open(out, key, '[');
	for (size_t i = from; i < to; i++) {
		const struct nethook *h = &s->hooks.list.at[i];

		if (h->kind != kind)
			continue;
		out_json_open(out, NULL, '{');
		json_prog(s, h, "id");
		out_json_close(out, '}');
	}
	out_json_close(out, ']');
}

static void json_routes(struct net_show *s)
{
	struct out *out = s->args->out;

	for (size_t i = 0; i < s->routes.n; i++) {
		const struct netroute *r = &s->routes.at[i];

		out_json_open(out, NULL, '{');
		noun_json_text(out, "dst", r->to);
		out_json_u64(out, "ifindex", r->ifindex);
		noun_json_text(out, "kind", r->where);
		noun_json_text(out, "name", r->name);
		if (r->prog_id) {
			out_json_u64(out, "id", r->prog_id);
			noun_json_text(out, "prog_name",
				       naming_prog(s->view.names, r->prog_id)->name);
		}
		out_json_close(out, '}');
	}
}

void net_show_json(struct net_show *s, const struct netns *space, size_t from, size_t to)
{
	struct out *out = s->args->out;
	const struct nethook *list = s->hooks.list.at;

	out_json_open(out, NULL, '{');
	out_json_open(out, "xdp", '[');
	for (size_t i = from; i < to;)
		i += list[i].kind == NETHOOK_XDP ? json_xdp(s, i, to) : 1;
	out_json_close(out, ']');
	out_json_open(out, "tc", '[');
	for (size_t i = from; i < to;) {
		if (list[i].kind == NETHOOK_TC) {
			i += json_filter(s, i, to);
			continue;
		}
		if (list[i].kind == NETHOOK_TCX || list[i].kind == NETHOOK_NETKIT)
			json_mprog(s, &list[i]);
		i++;
	}
	out_json_close(out, ']');
	json_space(s, "flow_dissector", NETHOOK_FLOW, from, to);
	json_space(s, "sk_lookup", NETHOOK_LOOKUP, from, to);
	out_json_open(out, "lwt", '[');
	json_routes(s);
	out_json_close(out, ']');
	/* The kernel does not tell the namespace of these, so they stand with this process's own. */
	out_json_open(out, "netfilter", '[');
	if (space == s->view.spaces.at && !s->only)
		json_netfilter(s);
	out_json_close(out, ']');
	out_json_u64(out, "netns_ino", space->inode);
	if (*space->name)
		noun_json_text(out, "netns", space->name);
	out_json_close(out, '}');
}
