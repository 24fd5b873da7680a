/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep net show: on one screen, interface by interface. JSON is bpftool's, sorted by kinds instead, with an object for each network
 * namespace.
 */
#include "cmd/net_show.h"

#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

#include "cmd/link_view.h"
#include "cmd/noun_json.h"
#include "isa/prog_type.h"

struct show_options {
	bool all;
};

struct show {
	struct noun_args *args;
	struct link_view view;
	struct nethooks hooks;
	linkinfo_list links;
	u32 only; /* an interface's index; 0: all */
};

static const struct opt options[] = {
	{ 'a', "all", NULL, "of all network namespaces, not only of this one" },
};

static int take(struct noun_args *a, int i, const char *value)
{
	struct show_options *o = a->own;

	(void)i;
	(void)value;
	o->all = true;
	return 0;
}

const char *net_show_mode(u32 mode)
{
	switch (mode) {
	case XDP_ATTACHED_DRV:
		return "driver";
	case XDP_ATTACHED_SKB:
		return "generic";
	case XDP_ATTACHED_HW:
		return "offload";
	default:
		return "";
	}
}

/* The link of an XDP program, which the kernel only tells the other way round; 0 if it has none. */
static u32 link_of(const struct show *s, const struct nethook *h)
{
	if (h->link_id || h->kind != NETHOOK_XDP)
		return h->link_id;
	for (size_t i = 0; i < s->links.n; i++) {
		const struct linkinfo_abi *l = &s->links.at[i].abi;

		if (l->type == LINK_XDP && l->prog_id == h->prog_id &&
		    l->device.index == h->ifindex)
			return l->id;
	}
	return 0;
}

/* ---- JSON */

static void json_head(struct show *s, const struct nethook *h)
{
	out_json_open(s->args->out, NULL, '{');
	noun_json_text(s->args->out, "devname", h->dev);
	out_json_u64(s->args->out, "ifindex", h->ifindex);
}

static void json_prog(struct show *s, const struct nethook *h, const char *key)
{
	struct out *out = s->args->out;

	out_json_u64(out, key, h->prog_id);
	noun_json_text(out, "prog_name", naming_prog(s->view.names, h->prog_id)->name);
	if (link_of(s, h))
		out_json_u64(out, "link_id", link_of(s, h));
}

/* All modes of an interface; the number of hooks taken. */
static size_t json_xdp(struct show *s, size_t at, size_t end)
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

static void json_mprog(struct show *s, const struct nethook *h)
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
static size_t json_filter(struct show *s, size_t at, size_t end)
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

static void json_netfilter(struct show *s)
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

static void json_space(struct show *s, const char *key, enum nethook_kind kind, size_t from,
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

static void show_json(struct show *s, const struct netns *space, size_t from, size_t to)
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

/* ---- text */

static void text_hook(struct show *s, const struct nethook *h)
{
	struct out *out = s->args->out;
	const char *name = naming_prog(s->view.names, h->prog_id)->name;
	u32 link = link_of(s, h);

	switch (h->kind) {
	case NETHOOK_XDP:
		out_printf(out, "  xdp %-14s", net_show_mode(h->at));
		break;
	case NETHOOK_TCX:
	case NETHOOK_NETKIT:
		out_printf(out, "  %-18s", attach_type_name(h->at));
		break;
	case NETHOOK_TC:
		out_printf(out, "  tc %-15s",
			   strncmp(h->where, "clsact/", 7) ? h->where : h->where + 7);
		break;
	case NETHOOK_ACTION:
		out_printf(out, "    %-16s", "action");
		break;
	case NETHOOK_FLOW:
		out_printf(out, "  %-18s", "flow_dissector");
		break;
	case NETHOOK_LOOKUP:
		out_printf(out, "  %-18s", "sk_lookup");
		break;
	}
	if (h->prog_id)
		out_printf(out, "  prog %u %s", h->prog_id, name);
	else
		out_printf(out, "  %s", h->filter);
	if (h->kind == NETHOOK_TC)
		out_printf(out, "  priority %u handle 0x%x%s", h->priority, h->handle,
			   h->is_direct ? " direct" : "");
	if (*h->name && strcmp(h->name, name) != 0)
		out_printf(out, "  as '%s'", h->name);
	if (link)
		out_printf(out, "  link %u", link);
	out_puts(out, "\n");
}

static void text_of_space(struct show *s, size_t from, size_t to)
{
	const struct nethook *list = s->hooks.list.at;
	u32 last = 0;

	/* XDP comes before all else in the list, so each interface is gone through for all of it. */
	for (;;) {
		u32 index = UINT32_MAX;

		for (size_t i = from; i < to; i++)
			if (list[i].ifindex > last && list[i].ifindex < index)
				index = list[i].ifindex;
		if (index == UINT32_MAX)
			break;
		last = index;
		for (size_t i = from, n = 0; i < to; i++) {
			if (list[i].ifindex != index)
				continue;
			if (!n++)
				out_printf(s->args->out, "%s (%u)\n", list[i].dev, index);
			text_hook(s, &list[i]);
		}
	}
	for (size_t i = from, n = 0; i < to; i++) {
		if (list[i].ifindex)
			continue;
		if (!n++)
			out_puts(s->args->out, "network namespace\n");
		text_hook(s, &list[i]);
	}
}

static void text_netfilter(struct show *s)
{
	bool is_first = true;

	for (size_t i = 0; i < s->links.n; i++) {
		const struct linkinfo *l = &s->links.at[i];

		if (l->abi.type != LINK_NETFILTER)
			continue;
		if (is_first)
			out_puts(s->args->out, "netfilter, of all namespaces\n");
		is_first = false;
		out_printf(s->args->out, "  %s  prog %u %s  link %u\n",
			   link_view_where(&s->view, l), l->abi.prog_id,
			   naming_prog(s->view.names, l->abi.prog_id)->name, l->abi.id);
	}
}

static void show_space(struct show *s, const struct netns *space, size_t from, size_t to)
{
	const char *name = link_view_space_name(&s->view, space->inode);

	if (s->args->out->json) {
		show_json(s, space, from, to);
		return;
	}
	if (*name && to > from)
		out_printf(s->args->out, "-- %s\n", name);
	text_of_space(s, from, to);
}

static int read_one(void *arg, const struct netns *n)
{
	struct show *s = arg;

	return nethook_read(&s->hooks, n->inode, s->only);
}

static int show_spaces(struct show *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t from = s->hooks.list.n;
		int err = netns_within(&s->view.spaces.at[i], read_one, s);

		if (err && !i)
			return diag_errno(s->args->diag, -err, "cannot list the interfaces");
		if (!err && (!i || s->hooks.list.n > from))
			show_space(s, &s->view.spaces.at[i], from, s->hooks.list.n);
	}
	return 0;
}

static int run(struct noun_args *a)
{
	const struct show_options *o = a->own;
	struct show s = { .args = a, .hooks = { .arena = a->arena } };
	const char *dev = NULL;
	int err = 0;

	if (noun_take(a, "dev"))
		err = noun_need(a, "the interface", &dev);
	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	if (dev && o->all)
		return noun_usage(a,
				  "an interface is one of this namespace: 'dev' and --all do not "
				  "go together");
	s.only = dev ? if_nametoindex(dev) : 0;
	if (dev && !s.only)
		return diag_error(a->diag, LOC_NONE, "there is no interface '%s' here", dev);
	link_view_init(&s.view, a->arena);
	netns_find(a->arena, &s.view.spaces);
	/* Without the right to, there are just no links shown. */
	linkinfo_read_all(a->arena, &s.links);
	if (a->out->json)
		out_json_open(a->out, NULL, '[');
	err = show_spaces(&s, o->all ? s.view.spaces.n : 1);
	if (a->out->json) {
		out_json_close(a->out, ']');
		out_json_end(a->out);
	} else if (!err && !dev) {
		text_netfilter(&s);
	}
	if (!err && s.hooks.is_partial)
		diag_warning(a->diag, LOC_NONE, "not all could be read: this needs root");
	link_view_done(&s.view);
	return err;
}

const struct noun_verb net_show = {
	.name = "show",
	.args = "[dev NAME] [-a]",
	.help = "what is attached where, by interface\n\n"
		"XDP, tcx, netkit, filters and actions of tc, the flow dissector and sk_lookup of "
		"the\n"
		"network namespace, and links of netfilter, of which the kernel does not tell the\n"
		"namespace.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct show_options),
	.take = take,
	.run = run,
};
