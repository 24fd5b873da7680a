/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep net show: on one screen, interface by interface. */
#include "cmd/net/show_impl.h"

#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "isa/prog_type.h"

struct show_options {
	bool all;
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

u32 net_show_link(const struct net_show *s, const struct nethook *h)
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

/* ---- text */

static void text_hook(struct net_show *s, const struct nethook *h)
{
	struct out *out = s->args->out;
	const char *name = naming_prog(s->view.names, h->prog_id)->name;
	u32 link = net_show_link(s, h);

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

static void text_of_space(struct net_show *s, size_t from, size_t to)
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

static void text_routes(struct net_show *s)
{
	for (size_t i = 0; i < s->routes.n; i++) {
		const struct netroute *r = &s->routes.at[i];
		const char *name = naming_prog(s->view.names, r->prog_id)->name;

		if (!i)
			out_puts(s->args->out, "routes\n");
		out_printf(s->args->out, "  %-18s  %s", r->to, r->where);
		if (r->prog_id)
			out_printf(s->args->out, "  prog %u %s", r->prog_id, name);
		if (!r->prog_id || strcmp(r->name, name) != 0)
			out_printf(s->args->out, "  as '%s'", r->name);
		out_puts(s->args->out, "\n");
	}
}

static void text_netfilter(struct net_show *s)
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

static void show_space(struct net_show *s, const struct netns *space, size_t from, size_t to)
{
	const char *name = link_view_space_name(&s->view, space->inode);

	if (s->args->out->json) {
		net_show_json(s, space, from, to);
		return;
	}
	if (*name && (to > from || s->routes.n))
		out_printf(s->args->out, "-- %s\n", name);
	text_of_space(s, from, to);
	text_routes(s);
}

static int read_one(void *arg, const struct netns *n)
{
	struct net_show *s = arg;
	int err = nethook_read(&s->hooks, n->inode, s->only);

	s->routes.n = 0;
	if (!err && !s->only && netroute_read(s->args->arena, n->inode, &s->routes))
		s->hooks.is_partial = true;
	return err;
}

static int show_spaces(struct net_show *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t from = s->hooks.list.n;
		int err = netns_within(&s->view.spaces.at[i], read_one, s);

		if (err && !i)
			return diag_errno(s->args->diag, -err, "cannot list the interfaces");
		if (!err && (!i || s->hooks.list.n > from || s->routes.n))
			show_space(s, &s->view.spaces.at[i], from, s->hooks.list.n);
	}
	return 0;
}

static int run(struct noun_args *a)
{
	const struct show_options *o = a->own;
	struct net_show s = { .args = a, .hooks = { .arena = a->arena } };
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
		diag_warning(a->diag, LOC_NONE, "not all could be read%s",
			     geteuid() ? ": this needs root" : "");
	link_view_done(&s.view);
	return err;
}

const struct noun_verb net_show = {
	.name = "show",
	.args = "[dev NAME] [-a]",
	.help = "What is attached where, by interface.\n\n"
		"XDP, tcx, netkit, filters and actions of tc, the flow dissector and sk_lookup of "
		"the\n"
		"network namespace, routes with programs, of which the kernel mostly tells but a "
		"name,\n"
		"and links of netfilter, of which it does not tell the namespace.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct show_options),
	.take = take,
	.nothing = "nothing is attached in this network namespace; -a looks into all",
	.run = run,
};
