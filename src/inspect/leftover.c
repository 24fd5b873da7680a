/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a pin was made is the time of its inode. */
#include "inspect/leftover.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/netattach.h"
#include "isa/map_type.h"

struct finder {
	const struct usage *u;
	leftover_list *out;
};

static bool is_held(const struct usage *u, struct handle_name name)
{
	return refs_of(&u->holders, name.kind, name.id)->refs.n;
}

static const struct linkinfo *find_link(const struct usage *u, u32 id)
{
	for (size_t i = 0; i < u->links.n; i++)
		if (u->links.at[i].abi.id == id)
			return &u->links.at[i];
	return NULL;
}

static const char *prog_name(const struct usage *u, u32 id)
{
	const struct usage_prog *p = usage_find_prog(u, id);

	return p ? p->name : "";
}

/* ---- pins */

static enum leftover_state state_of(const struct usage *u, struct handle_name name)
{
	const struct usage_prog *p;
	const struct usage_map *m;

	if (is_held(u, name))
		return LEFTOVER_USED;
	switch (name.kind) {
	case HANDLE_LINK:
		return LEFTOVER_KEPT;
	case HANDLE_PROG:
		p = usage_find_prog(u, name.id);
		if (p && p->is_unknown)
			return LEFTOVER_UNKNOWN;
		return !p || p->is_used ? LEFTOVER_USED : LEFTOVER_IDLE;
	case HANDLE_MAP:
		m = usage_find_map(u, name.id);
		return !m || m->is_used ? LEFTOVER_USED : LEFTOVER_IDLE;
	default:
		return LEFTOVER_USED;
	}
}

static void add_pins(void *arg, struct handle_name name, const struct ref_list *list)
{
	const struct finder *f = arg;
	struct leftover l = { .state = state_of(f->u, name), .object = name, .name = "" };

	if (name.kind == HANDLE_LINK) {
		l.link = find_link(f->u, name.id);
		if (!l.link)
			return;
		l.name = prog_name(f->u, l.link->abi.prog_id);
	} else if (name.kind == HANDLE_PROG) {
		l.name = prog_name(f->u, name.id);
	} else if (usage_find_map(f->u, name.id)) {
		l.name = usage_find_map(f->u, name.id)->name;
	}
	for (size_t i = 0; i < list->refs.n; i++) {
		struct stat st;

		l.pin = list->refs.at[i].text;
		if (stat(l.pin, &st))
			continue;
		l.since = (u64)st.st_mtim.tv_sec;
		l.uid = st.st_uid;
		*vec_add(f->u->arena, f->out) = l;
	}
}

/* ---- programs */

static struct leftover *add_prog(struct finder *f, enum leftover_state state, u32 id)
{
	struct handle_name name = { HANDLE_PROG, id };
	const struct usage_prog *p = usage_find_prog(f->u, id);
	struct leftover *l;

	if (!p || is_held(f->u, name))
		return NULL;
	l = vec_add(f->u->arena, f->out);
	*l = (struct leftover){ .state = state, .object = name, .name = p->name };
	l->since = p->loaded;
	l->uid = p->uid;
	return l;
}

/* XDP's links are told by the link alone. */
static bool has_link(const struct usage *u, const struct nethook *h)
{
	for (size_t i = 0; i < u->links.n; i++) {
		const struct linkinfo_abi *l = &u->links.at[i].abi;

		if (l->prog_id == h->prog_id &&
		    ((l->type == LINK_XDP && h->kind == NETHOOK_XDP &&
		      l->device.index == h->ifindex) ||
		     (l->type == LINK_NETNS && l->netns.inode == h->netns)))
			return true;
	}
	return h->link_id;
}

static bool has_sockmap_link(const struct usage *u, const struct usage_sockmap *m)
{
	for (size_t i = 0; i < u->links.n; i++) {
		const struct linkinfo_abi *l = &u->links.at[i].abi;

		if (l->type == LINK_SOCKMAP && l->prog_id == m->prog_id &&
		    l->map.map_id == m->map_id)
			return true;
	}
	return false;
}

static void add_attached(struct finder *f)
{
	const struct usage *u = f->u;
	struct leftover *l;

	for (size_t i = 0; i < u->hooks.list.n; i++) {
		const struct nethook *h = &u->hooks.list.at[i];

		l = h->prog_id && !has_link(u, h) ? add_prog(f, LEFTOVER_ATTACHED, h->prog_id)
						  : NULL;
		if (l)
			l->hook = h;
	}
	for (size_t i = 0; i < u->cgroups.n; i++) {
		const struct cgroupprog *c = &u->cgroups.at[i];

		l = c->link_id ? NULL : add_prog(f, LEFTOVER_ATTACHED, c->prog_id);
		if (l)
			l->cgroup = c;
	}
	for (size_t i = 0; i < u->sockmaps.n; i++) {
		if (has_sockmap_link(u, &u->sockmaps.at[i]))
			continue;
		l = add_prog(f, LEFTOVER_ATTACHED, u->sockmaps.at[i].prog_id);
		if (l)
			l->sockmap = &u->sockmaps.at[i];
	}
}

static bool has_map_link(const struct usage *u, u32 map)
{
	for (size_t i = 0; i < u->links.n; i++)
		if (u->links.at[i].abi.type == LINK_STRUCT_OPS &&
		    u->links.at[i].abi.map.map_id == map)
			return true;
	return false;
}

/* Without any holder such a map is there only as it is registered. */
static void add_registered(struct finder *f)
{
	for (size_t i = 0; i < f->u->maps.n; i++) {
		const struct usage_map *m = &f->u->maps.at[i];
		struct handle_name name = { HANDLE_MAP, m->id };

		if (m->type == MAP_TYPE_STRUCT_OPS && !is_held(f->u, name) &&
		    !refs_of(&f->u->pins, HANDLE_MAP, m->id)->refs.n && !has_map_link(f->u, m->id))
			*vec_add(f->u->arena, f->out) = (struct leftover){
				.state = LEFTOVER_ATTACHED, .object = name, .name = m->name
			};
	}
}

static void add_unknown(struct finder *f)
{
	for (size_t i = 0; i < f->u->progs.n; i++) {
		const struct usage_prog *p = &f->u->progs.at[i];

		if (p->is_unknown && !refs_of(&f->u->pins, HANDLE_PROG, p->id)->refs.n)
			add_prog(f, LEFTOVER_UNKNOWN, p->id);
	}
}

static int compare(const void *a, const void *b)
{
	const struct leftover *x = a, *y = b;

	if (x->since != y->since)
		return x->since < y->since ? -1 : 1;
	if (x->object.id != y->object.id)
		return x->object.id < y->object.id ? -1 : 1;
	return (int)x->object.kind - (int)y->object.kind;
}

void leftover_find(const struct usage *u, leftover_list *out)
{
	struct finder f = { u, out };

	refs_each(&u->pins, add_pins, &f);
	add_attached(&f);
	add_registered(&f);
	add_unknown(&f);
	if (out->n)
		qsort(out->at, out->n, sizeof(*out->at), compare);
}

/* ---- removing */

static int remove_pin(const struct leftover *l)
{
	struct handle_name name = { 0 };
	int fd = handle_open_pinned(l->pin), err;

	if (fd < 0)
		return fd;
	err = handle_identify_fd(fd, &name);
	close(fd);
	if (!err && (name.kind != l->object.kind || name.id != l->object.id))
		err = -ESTALE;
	if (err)
		return err;
	return unlink(l->pin) ? -errno : 0;
}

static int remove_hook(void *arg, const struct netns *n)
{
	(void)n;
	return netattach_remove(arg);
}

static int remove_prog(int target, u32 prog_id, u32 attach_type)
{
	int prog, err;

	if (target < 0)
		return target;
	prog = handle_open(HANDLE_PROG, prog_id);
	err = prog < 0 ? prog : netattach_detach_prog((u32)target, prog, attach_type);
	if (prog >= 0)
		close(prog);
	close(target);
	return err;
}

static int unregister(u32 id)
{
	int fd = handle_open(HANDLE_MAP, id), err;
	u32 key = 0;

	if (fd < 0)
		return fd;
	err = bpf_map_delete_elem(fd, &key);
	close(fd);
	return err;
}

static int open_cgroup(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int leftover_remove(const struct usage *u, const struct leftover *l)
{
	if (l->pin)
		return remove_pin(l);
	if (l->object.kind == HANDLE_MAP)
		return unregister(l->object.id);
	if (l->cgroup)
		return remove_prog(open_cgroup(l->cgroup->path), l->object.id,
				   l->cgroup->attach_type);
	if (l->sockmap)
		return remove_prog(handle_open(HANDLE_MAP, l->sockmap->map_id), l->object.id,
				   l->sockmap->attach_type);
	for (size_t i = 0; l->hook && i < u->spaces.n; i++)
		if (u->spaces.at[i].inode == l->hook->netns)
			return netns_within(&u->spaces.at[i], remove_hook,
					    (void *)(uintptr_t)l->hook);
	return -EOPNOTSUPP;
}
