/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sentence for each chain of nftables, as somebody wrote it to have an effect; one for all devices or cgroups of a
 * kind, of which a host with containers has hundreds.
 */
#include "net/blind.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "base/text.h"
#include "net/cgroup.h"
#include "net/netlink.h"

enum {
	NAME = 64, /* of a table, chain or device; longer ones are cut */
	NAMED = 4, /* so many of a kind are named, the others are counted */
	MAX_CHAINS = 16,
	MAX_DEVICES = 4096,
	MAX_CGROUPS = 4096,
	MAX_FILE = 1 << 16,
	/* enum bpf_attach_type of Linux 6.6 */
	TCX_INGRESS = 46,
	TCX_EGRESS = 47,
};

static void add(struct arena *a, blind_list *out, const char *kind, const char *text)
{
	*vec_add(a, out) = (struct blind){ .kind = kind, .text = text };
}

/* Names in a sentence: "lo, veth1 and 3 more". */
struct names {
	struct arena *arena;
	const char *text;
	u32 n;
};

static void add_name(struct names *s, const char *name)
{
	s->n++;
	if (s->n == 1)
		s->text = arena_strdup(s->arena, name);
	else if (s->n <= NAMED)
		s->text = arena_printf(s->arena, "%s, %s", s->text, name);
}

static void add_sentence(const struct names *s, blind_list *out, const char *kind, const char *what)
{
	const char *more = s->n > NAMED ? arena_printf(s->arena, " and %u more", s->n - NAMED) : "";

	if (s->n)
		add(s->arena, out, kind,
		    arena_printf(s->arena, "%s %s%s do not see redirected data", what, s->text,
				 more));
}

/* What does not exist in this kernel has nothing to look with. */
static void add_failure(struct arena *a, blind_list *out, const char *kind, int err)
{
	if (err != -EINVAL && err != -EOPNOTSUPP && err != -EPROTONOSUPPORT && err != -ENOENT)
		add(a, out, kind,
		    arena_printf(a, "whether %s looks at the data could not be asked: %s", kind,
				 strerror(-err)));
}

/* ---- nftables */

struct chains {
	struct arena *arena;
	blind_list *out;
	u32 more; /* that are not named */
};

static const char *family_name(u8 family)
{
	static const char *const names[] = {
		[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",       [NFPROTO_IPV6] = "ip6",
		[NFPROTO_BRIDGE] = "bridge", [NFPROTO_NETDEV] = "netdev",
	};

	return family < ARRAY_SIZE(names) ? names[family] : NULL;
}

static const char *hook_name(u8 family, u32 hook)
{
	static const char *const inet[] = { "prerouting", "input",       "forward",
					    "output",     "postrouting", "ingress" };
	static const char *const netdev[] = { "ingress", "egress" };

	if (family == NFPROTO_NETDEV)
		return hook < ARRAY_SIZE(netdev) ? netdev[hook] : "?";
	return hook < ARRAY_SIZE(inet) ? inet[hook] : "?";
}

/* nat chains decide at a connection's first packet, which is one of its handshake. */
static bool is_nat(const void *data, size_t len)
{
	struct netlink_attr type;
	char name[NAME];

	if (!netlink_find(data, len, sizeof(struct nfgenmsg), NFTA_CHAIN_TYPE, &type))
		return false;
	netlink_text(&type, name, sizeof(name));
	return !strcmp(name, "nat");
}

/* What a chain has that acts; NULL if it has nothing. */
static const char *chain_effect(struct arena *a, const void *data, size_t len, bool *plural)
{
	struct netlink_attr at;
	u32 rules = 0;

	if (netlink_find(data, len, sizeof(struct nfgenmsg), NFTA_CHAIN_USE, &at))
		rules = netlink_be32(&at);
	*plural = rules > 1;
	if (rules)
		return arena_printf(a, "%u rule%s", rules, *plural ? "s" : "");
	if (netlink_find(data, len, sizeof(struct nfgenmsg), NFTA_CHAIN_POLICY, &at) &&
	    at.len == sizeof(u32) && netlink_be32(&at) == NF_DROP)
		return "the policy 'drop'";
	return NULL;
}

void blind_read_chain(const void *data, size_t len, struct arena *a, blind_list *out)
{
	struct netlink_attr table, chain, hook, number;
	const size_t head = sizeof(struct nfgenmsg);
	char table_name[NAME], chain_name[NAME];
	const char *family, *effect;
	bool plural;
	u8 af;

	if (len < head)
		return;
	af = ((const struct nfgenmsg *)data)->nfgen_family;
	family = family_name(af);
	if (!family || is_nat(data, len) ||
	    !netlink_find(data, len, head, NFTA_CHAIN_TABLE, &table) ||
	    !netlink_find(data, len, head, NFTA_CHAIN_NAME, &chain) ||
	    !netlink_find(data, len, head, NFTA_CHAIN_HOOK, &hook) ||
	    !netlink_find(hook.data, hook.len, 0, NFTA_HOOK_HOOKNUM, &number))
		return;
	effect = chain_effect(a, data, len, &plural);
	if (!effect)
		return;
	netlink_text(&table, table_name, sizeof(table_name));
	netlink_text(&chain, chain_name, sizeof(chain_name));
	add(a, out, "nftables",
	    arena_printf(a, "%s of nftables' chain %s %s %s, at %s, do%s not see redirected data",
			 effect, family, table_name, chain_name,
			 hook_name(af, netlink_be32(&number)), plural ? "" : "es"));
}

static void take_chain(void *arg, u16 type, const void *data, size_t len)
{
	struct chains *c = arg;
	blind_list one = { 0 };

	if (type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN))
		return;
	blind_read_chain(data, len, c->arena, &one);
	if (one.n && c->out->n < MAX_CHAINS)
		*vec_add(c->arena, c->out) = one.at[0];
	else
		c->more += (u32)one.n;
}

static void find_nftables(struct arena *a, blind_list *out)
{
	struct chains c = { .arena = a, .out = out };
	struct nfgenmsg all = { .nfgen_family = AF_UNSPEC };
	int err = netlink_dump(NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
			       &all, sizeof(all), take_chain, &c);

	if (c.more)
		add(a, out, "nftables",
		    arena_printf(a, "%u more chains of nftables do not see redirected data",
				 c.more));
	if (err)
		add_failure(a, out, "nftables", err);
}

/* The older iptables: which of its tables are loaded. */
static void find_iptables(struct arena *a, blind_list *out, const char *path, const char *what)
{
	struct names tables = { .arena = a };
	char *text = text_read_file(path, MAX_FILE, NULL), *rest = text, *name;

	while (text && (name = strsep(&rest, "\n"))) {
		if (*name && strcmp(name, "nat"))
			add_name(&tables, name);
	}
	add_sentence(&tables, out, "iptables", what);
	free(text);
}

/* ---- devices */

struct device {
	u32 index;
	char name[IFNAMSIZ];
	bool has_xdp;
	bool has_clsact;
};

struct devices {
	struct arena *arena;
	vec_of(struct device) list;
	u32 filters; /* that a dump has shown */
};

static bool is_virtual(const struct ifinfomsg *head, const void *data, size_t len)
{
	struct netlink_attr info, kind;
	char name[IFNAMSIZ];

	if (head->ifi_flags & IFF_LOOPBACK)
		return true;
	if (!netlink_find(data, len, sizeof(*head), IFLA_LINKINFO, &info) ||
	    !netlink_find(info.data, info.len, 0, IFLA_INFO_KIND, &kind))
		return false;
	netlink_text(&kind, name, sizeof(name));
	return !strcmp(name, "veth");
}

static void take_device(void *arg, u16 type, const void *data, size_t len)
{
	struct devices *d = arg;
	struct netlink_attr name, xdp, attached;
	struct ifinfomsg head;
	struct device *one;

	if (type != RTM_NEWLINK || len < sizeof(head) || d->list.n >= MAX_DEVICES)
		return;
	memcpy(&head, data, sizeof(head));
	if (head.ifi_index <= 0 || !is_virtual(&head, data, len) ||
	    !netlink_find(data, len, sizeof(head), IFLA_IFNAME, &name))
		return;
	one = vec_add(d->arena, &d->list);
	one->index = (u32)head.ifi_index;
	netlink_text(&name, one->name, sizeof(one->name));
	one->has_xdp = netlink_find(data, len, sizeof(head), IFLA_XDP, &xdp) &&
		       netlink_find(xdp.data, xdp.len, 0, IFLA_XDP_ATTACHED, &attached) &&
		       attached.len == 1 && *(const u8 *)attached.data;
}

static void take_qdisc(void *arg, u16 type, const void *data, size_t len)
{
	struct devices *d = arg;
	struct netlink_attr kind;
	struct tcmsg head;
	char name[NAME];

	if (type != RTM_NEWQDISC || len < sizeof(head))
		return;
	memcpy(&head, data, sizeof(head));
	if (!netlink_find(data, len, sizeof(head), TCA_KIND, &kind))
		return;
	netlink_text(&kind, name, sizeof(name));
	if (strcmp(name, "clsact") && strcmp(name, "ingress"))
		return;
	for (size_t i = 0; i < d->list.n; i++) {
		if (d->list.at[i].index == (u32)head.tcm_ifindex)
			d->list.at[i].has_clsact = true;
	}
}

static void take_filter(void *arg, u16 type, const void *data, size_t len)
{
	struct devices *d = arg;

	(void)data;
	d->filters += type == RTM_NEWTFILTER && len >= sizeof(struct tcmsg);
}

static bool has_filters(struct devices *d, const struct device *one)
{
	static const u32 parents[] = { TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
				       TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) };

	d->filters = 0;
	for (size_t i = 0; one->has_clsact && i < ARRAY_SIZE(parents); i++) {
		struct tcmsg head = { .tcm_ifindex = (int)one->index, .tcm_parent = parents[i] };

		netlink_dump(NETLINK_ROUTE, RTM_GETTFILTER, &head, sizeof(head), take_filter, d);
	}
	return d->filters;
}

/* Programs of a device or a cgroup; none where the kernel does not know the kind. */
static u32 count_programs(int target, int type)
{
	u32 n = 0;

	return bpf_prog_query(target, (enum bpf_attach_type)type, 0, NULL, NULL, &n) ? 0 : n;
}

static void find_on_devices(struct arena *a, blind_list *out)
{
	struct names tc = { .arena = a }, tcx = { .arena = a }, xdp = { .arena = a };
	struct devices d = { .arena = a };
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct tcmsg qdisc = { .tcm_family = AF_UNSPEC };
	int err = netlink_dump(NETLINK_ROUTE, RTM_GETLINK, &link, sizeof(link), take_device, &d);

	if (!err)
		err = netlink_dump(NETLINK_ROUTE, RTM_GETQDISC, &qdisc, sizeof(qdisc), take_qdisc,
				   &d);
	for (size_t i = 0; i < d.list.n; i++) {
		const struct device *one = &d.list.at[i];

		if (has_filters(&d, one))
			add_name(&tc, one->name);
		if (count_programs((int)one->index, TCX_INGRESS) +
		    count_programs((int)one->index, TCX_EGRESS))
			add_name(&tcx, one->name);
		if (one->has_xdp)
			add_name(&xdp, one->name);
	}
	add_sentence(&tc, out, "tc", "tc filters of");
	add_sentence(&tcx, out, "tcx", "tcx programs of");
	add_sentence(&xdp, out, "xdp", "XDP programs of");
	if (err)
		add_failure(a, out, "tc", err);
}

/* ---- cgroups */

static bool has_programs(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	u32 n = 0;

	if (fd < 0)
		return false;
	if (cgroup_is_v2(fd))
		n = count_programs(fd, BPF_CGROUP_INET_INGRESS) +
		    count_programs(fd, BPF_CGROUP_INET_EGRESS);
	close(fd);
	return n;
}

static void find_below(const char *path, struct names *found)
{
	char *paths[] = { arena_strdup(found->arena, path), NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL);
	FTSENT *e;
	u32 n = 0;

	while (walk && n < MAX_CGROUPS && (e = fts_read(walk))) {
		if (e->fts_info != FTS_D || e->fts_level == FTS_ROOTLEVEL)
			continue;
		n++;
		if (has_programs(e->fts_path))
			add_name(found, e->fts_path);
	}
	if (walk)
		fts_close(walk);
}

static void find_on_cgroups(const char *cgroup, struct arena *a, blind_list *out)
{
	struct names found = { .arena = a };
	size_t len = strlen(cgroup);
	char *path, *slash;

	while (len > 1 && cgroup[len - 1] == '/')
		len--;
	path = arena_strndup(a, cgroup, len);
	for (;;) {
		if (has_programs(path))
			add_name(&found, path);
		slash = strrchr(path, '/');
		if (!slash || slash == path)
			break;
		*slash = '\0';
	}
	find_below(cgroup, &found);
	add_sentence(&found, out, "cgroup", "cgroup_skb programs of");
}

void blind_find(const char *cgroup, struct arena *a, blind_list *out)
{
	find_nftables(a, out);
	find_iptables(a, out, "/proc/net/ip_tables_names", "iptables' tables");
	find_iptables(a, out, "/proc/net/ip6_tables_names", "ip6tables' tables");
	find_on_devices(a, out);
	if (cgroup && *cgroup)
		find_on_cgroups(cgroup, a, out);
}
