/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of netfilter, by a link of bpf(2), which libbpf 1.1 does not know. The section does not say where, so it is told:
 *
 *	[PROGRAM=]ip|ip6:HOOK[:PRIORITY[:defrag]]
 *
 * Of several programs at one hook each needs a priority of its own: the kernel does not take two of the same.
 */
#include <linux/bpf.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/host_impl.h"
#include "isa/prog_type.h"

#define FORM "[PROGRAM=]ip|ip6:HOOK[:PRIORITY[:defrag]]"
#define F_DEFRAG 1u /* BPF_F_NETFILTER_IP_DEFRAG: fragments are put together before */

/* The beginning of union bpf_attr for BPF_LINK_CREATE. */
struct netfilter_attr {
	u32 prog, target, attach_type, flags;
	u32 family, hook;
	s32 priority;
	u32 hook_flags;
};

static const char *const hooks[NF_INET_NUMHOOKS] = {
	[NF_INET_PRE_ROUTING] = "prerouting",   [NF_INET_LOCAL_IN] = "input",
	[NF_INET_FORWARD] = "forward",          [NF_INET_LOCAL_OUT] = "output",
	[NF_INET_POST_ROUTING] = "postrouting",
};

/* Whether the text up to one of the stops is the word; *text is then moved behind it. */
static bool take_word(const char **text, const char *word)
{
	size_t len = strcspn(*text, ":");

	if (strlen(word) != len || strncmp(*text, word, len) != 0)
		return false;
	*text += len + ((*text)[len] == ':');
	return true;
}

static int read_hook(const char *text, struct netfilter_attr *out, struct diag *d)
{
	const char *at = text;
	bool is_known = true;
	char *end;
	long priority;

	if (take_word(&at, "ip"))
		out->family = NFPROTO_IPV4;
	else if (take_word(&at, "ip6"))
		out->family = NFPROTO_IPV6;
	else
		is_known = false;
	for (out->hook = 0; is_known && out->hook < ARRAY_SIZE(hooks); out->hook++)
		if (take_word(&at, hooks[out->hook]))
			break;
	is_known = is_known && out->hook < ARRAY_SIZE(hooks);
	if (is_known && *at) {
		errno = 0;
		priority = strtol(at, &end, 10);
		is_known = !errno && end != at && (!*end || !strcmp(end, ":defrag")) &&
			   priority >= INT32_MIN && priority <= INT32_MAX;
		out->priority = (s32)priority;
		out->hook_flags = *end ? F_DEFRAG : 0;
	}
	if (is_known)
		return 0;
	diag_error(d, LOC_NONE, "--hook: '%s' is no place in netfilter", text);
	diag_hint(d, "it is " FORM ", HOOK one of prerouting, input, forward, output, postrouting");
	return -EINVAL;
}

/* What --hook says for this program: by its name, or for all; NULL if nothing. */
static const char *find_hook(const struct host *h, const struct host_prog *p)
{
	size_t len = strlen(p->image->name);
	const char *found = NULL;

	for (size_t i = 0; i < h->opts.hook_count; i++) {
		const char *text = h->opts.hooks[i];

		if (!strncmp(text, p->image->name, len) && text[len] == '=')
			return text + len + 1;
		if (!strchr(text, '='))
			found = text;
	}
	return found;
}

/* A program that --hook names and that is none here would be attached elsewhere than was meant. */
static int check_names(const struct host *h, struct diag *d)
{
	for (size_t i = 0; i < h->opts.hook_count; i++) {
		const char *text = h->opts.hooks[i], *equals = strchr(text, '=');
		size_t len = equals ? (size_t)(equals - text) : 0;
		bool is_there = !equals;

		for (size_t k = 0; k < h->img->progs.n && !is_there; k++) {
			const struct image_prog *p = &h->img->progs.at[k];

			is_there = (u32)p->type == PROG_NETFILTER && !strncmp(p->name, text, len) &&
				   !p->name[len];
		}
		if (!is_there)
			return diag_error(d, LOC_NONE,
					  "--hook: there is no netfilter program '%.*s'", (int)len,
					  text);
	}
	return 0;
}

int host_link_netfilter(struct host *h, const struct host_prog *p, struct diag *d)
{
	const char *hook = find_hook(h, p);
	struct netfilter_attr attr;
	int err = check_names(h, d);
	long fd;

	if (err)
		return err;
	if (!hook) {
		diag_error(d, LOC_NONE, "%s is for netfilter: where?", host_prog_text(h, p));
		diag_hint(d, "give --hook ip:input, say: " FORM);
		return -EINVAL;
	}
	memset(&attr, 0, sizeof(attr));
	attr.prog = (u32)bpf_program__fd(p->prog);
	attr.attach_type = AT_NETFILTER;
	err = read_hook(hook, &attr, d);
	if (err)
		return err;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd >= 0) {
		host_hold(h, p, NULL, (int)fd);
		return 0;
	}
	err = host_link_failed(h, p, errno, d);
	if (err == -EBUSY)
		diag_hint(d, "another program has the priority %d there: give another one",
			  attr.priority);
	else if (err == -ERANGE && attr.hook_flags)
		diag_hint(d, "fragments are put together at priority -400: give a higher one");
	return err;
}
