/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of cgroups: sysctls, what system calls return, which cgroup something is in, and the tree of cgroups, of which each is but a number
 * here, for kernel functions, too: it stands for the address of its struct.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <sys/socket.h>

#include "isa/prog_type.h"
#include "machine/cgroup.h"
#include "machine/helper.h"
#include "machine/kfunc.h"
#include "machine/machine.h"
#include "machine/sock.h"

#define FAMILY_END (offsetof(struct sockaddr, sa_family) + sizeof(sa_family_t))
#define IN6_LEAST 24 /* bytes of a sockaddr_in6 before it got a scope */

/* ---- sysctls */

/* As strscpy(): the length without the NUL; -E2BIG if it had to be cut. */
static u64 copy_string(char *to, u64 room, const char *from)
{
	size_t len = strlen(from), n = len < room ? len : room - 1;

	if (!room)
		return helper_error(-E2BIG);
	memcpy(to, from, n);
	to[n] = '\0';
	return n < len ? helper_error(-E2BIG) : len;
}

static u64 copy_value(char *to, u64 room, const char *from, u64 len)
{
	u64 n = len < room ? len : room;

	if (!room)
		return helper_error(-E2BIG);
	memset(to, 0, room);
	if (!len)
		return helper_error(-EINVAL);
	memcpy(to, from, n);
	if (n < room)
		return n;
	to[room - 1] = '\0';
	return helper_error(-E2BIG);
}

HELP(sysctl_get_name)
{
	const char *name = run->sysctl ? run->sysctl->name : NULL, *base;

	if (!name || !b)
		return helper_error(-EINVAL);
	base = strrchr(name, '/');
	return copy_string(helper_at(b), (u32)c,
			   d & BPF_F_SYSCTL_BASE_NAME && base ? base + 1 : name);
}

HELP(sysctl_get_current_value)
{
	const struct run_sysctl *s = run->sysctl;

	return copy_value(helper_at(b), (u32)c, s ? s->current : "", s ? s->current_len : 0);
}

HELP(sysctl_get_new_value)
{
	const struct run_sysctl *s = run->sysctl;

	if (!s || !s->is_write) {
		helper_clear(helper_at(b), (u32)c);
		return helper_error(-EINVAL);
	}
	return copy_value(helper_at(b), (u32)c, s->written, s->written_len);
}

HELP(sysctl_set_new_value)
{
	struct run_sysctl *s = run->sysctl;

	if (!s || !s->is_write || !s->written_len || !b || !(u32)c)
		return helper_error(-EINVAL);
	if ((u32)c > RUN_SYSCTL_BYTES - 1)
		return helper_error(-E2BIG);
	helper_copy(s->written, helper_at(b), (u32)c);
	s->written[(u32)c] = '\0';
	s->written_len = (u32)c;
	return 0;
}

/* ---- what the system call returns: of getsockopt() it is a field of the context, too */

HELP(get_retval)
{
	const struct bpf_sockopt *opt = helper_ctx(run, PROG_CGROUP_SOCKOPT);

	return (u64)(s64)(opt ? opt->retval : run->retval);
}

HELP(set_retval)
{
	struct bpf_sockopt *opt = helper_ctx(run, PROG_CGROUP_SOCKOPT);

	run->retval = (s32)a;
	if (opt)
		opt->retval = (s32)a;
	return 0;
}

/* ---- addresses */

static u64 bind_to(struct bpf_sock *v, const void *address, u32 size, u32 family)
{
	struct sockaddr_in a4;
	struct sockaddr_in6 a6 = { 0 };

	if (family != v->family)
		return helper_error(-EAFNOSUPPORT);
	if (family == AF_INET) {
		if (size < sizeof(a4))
			return helper_error(-EINVAL);
		memcpy(&a4, address, sizeof(a4));
		v->src_ip4 = a4.sin_addr.s_addr;
		v->src_port = a4.sin_port ? __builtin_bswap16(a4.sin_port) : v->src_port;
		return 0;
	}
	if (size < IN6_LEAST)
		return helper_error(-EINVAL);
	memcpy(&a6, address, size < sizeof(a6) ? size : sizeof(a6));
	memcpy(v->src_ip6, &a6.sin6_addr, sizeof(v->src_ip6));
	v->src_port = a6.sin6_port ? __builtin_bswap16(a6.sin6_port) : v->src_port;
	return 0;
}

HELP(bind)
{
	sa_family_t family;

	if ((s32)c < (s32)FAMILY_END || !run->sock)
		return helper_error(-EINVAL);
	memcpy(&family, (const u8 *)helper_at(b) + offsetof(struct sockaddr, sa_family),
	       sizeof(family));
	if (family != AF_INET && family != AF_INET6)
		return helper_error(-EAFNOSUPPORT);
	return bind_to(&run->sock->view, helper_at(b), (u32)c, family);
}

/* ---- the tree */

static const struct cgroups *tree_of(const struct run *run)
{
	return run->machine ? machine_cgroups(run->machine) : NULL;
}

HELP(get_current_ancestor_cgroup_id)
{
	return cgroup_ancestor(tree_of(run), run->task.cgroup, (s32)a);
}

static u64 ancestor_of_sock(struct run *run, u64 address, u64 level)
{
	const struct sock *s = helper_sock(run, address);

	return s && sock_is_full(s) ? cgroup_ancestor(tree_of(run), s->cgroup, (s32)level) : 0;
}

HELP(sk_ancestor_cgroup_id)
{
	return ancestor_of_sock(run, a, b);
}

HELP(skb_ancestor_cgroup_id)
{
	return ancestor_of_sock(run, a, b);
}

KFUNC_FUNCTION(cgroup_from_id)
{
	return cgroup_find(tree_of(run), a) ? a : 0;
}

KFUNC_FUNCTION(cgroup_ancestor)
{
	return cgroup_ancestor(tree_of(run), a, (s32)b);
}

/* They stay as long as the table does. */
KFUNC_FUNCTION(cgroup_acquire)
{
	return a;
}

KFUNC_FUNCTION(cgroup_release)
{
	return 0;
}

/* There is one task, the one that the program runs in. */
KFUNC_FUNCTION(task_under_cgroup)
{
	return a == (u64)(uintptr_t)&run->task &&
	       cgroup_is_under(tree_of(run), run->task.cgroup, b);
}

/* ---- cgroup arrays, whose entries are numbers of cgroups */

static u64 is_under(const struct run *run, struct map *m, u64 index, u64 cgroup)
{
	u32 key = (u32)index;
	u64 of;

	if (key >= map_spec(m)->max_entries)
		return helper_error(-E2BIG);
	of = (u64)(uintptr_t)map_slot(m, &key);
	return of ? cgroup_is_under(tree_of(run), cgroup, of) : helper_error(-EAGAIN);
}

HELP(current_task_under_cgroup)
{
	return is_under(run, helper_at(a), b, run->task.cgroup);
}

HELP(skb_under_cgroup)
{
	const struct sock *s = helper_sock(run, a);

	return s && sock_is_full(s) ? is_under(run, helper_at(b), c, s->cgroup)
				    : helper_error(-ENOENT);
}
