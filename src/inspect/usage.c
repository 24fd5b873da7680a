/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/usage.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect/handle.h"
#include "inspect/prog.h"
#include "inspect/query.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"
#include "net/cgroup.h"

enum { MAX_KEY = 64 };

static struct usage_prog *prog_of(const struct usage *u, u32 id)
{
	size_t at = (size_t)(uintptr_t)table_get(&u->by_prog, &id, sizeof(id));

	return at ? &u->progs.at[at - 1] : NULL;
}

static struct usage_map *map_of(const struct usage *u, u32 id)
{
	size_t at = (size_t)(uintptr_t)table_get(&u->by_map, &id, sizeof(id));

	return at ? &u->maps.at[at - 1] : NULL;
}

const struct usage_prog *usage_find_prog(const struct usage *u, u32 id)
{
	return prog_of(u, id);
}

const struct usage_map *usage_find_map(const struct usage *u, u32 id)
{
	return map_of(u, id);
}

/* ---- programs and maps */

static void read_prog(struct usage *u, struct prog_reader *r, int fd, u32 id)
{
	struct usage_prog *p;
	struct prog prog;

	if (prog_read(r, fd, id, &prog))
		return;
	p = vec_add(u->arena, &u->progs);
	*p = (struct usage_prog){ .id = id, .name = prog.name };
	p->maps = (struct usage_ids){ prog.map_ids, prog.info.nr_map_ids };
	p->type = prog.info.type;
	p->uid = prog.info.created_by_uid;
	p->loaded = (u64)prog.loaded_at;
	table_set(&u->by_prog, &id, sizeof(id), (void *)(uintptr_t)u->progs.n);
}

/* Where in a value the id of a program or map is; -1: it has none. */
static int place_of_id(const struct bpf_map_info *info)
{
	switch (info->type) {
	case MAP_TYPE_PROG_ARRAY:
	case MAP_TYPE_ARRAY_OF_MAPS:
	case MAP_TYPE_HASH_OF_MAPS:
		return info->value_size == 4 ? 0 : -1;
	case MAP_TYPE_DEVMAP:
	case MAP_TYPE_DEVMAP_HASH:
	case MAP_TYPE_CPUMAP:
		return info->value_size == 8 ? 1 : -1;
	default:
		return -1;
	}
}

static struct usage_ids read_entries(struct usage *u, int fd, const struct bpf_map_info *info)
{
	int place = place_of_id(info);
	vec_of(u32) ids = { 0 };
	u8 key[MAX_KEY], next[MAX_KEY];
	u32 value[2];
	bool is_first = true;

	if (place < 0 || info->key_size > MAX_KEY)
		return (struct usage_ids){ 0 };
	for (u32 i = 0; i < USAGE_MAX_ENTRIES; i++) {
		if (bpf_map_get_next_key(fd, is_first ? NULL : key, next))
			break;
		is_first = false;
		memcpy(key, next, sizeof(key));
		memset(value, 0, sizeof(value));
		if (!bpf_map_lookup_elem(fd, key, value) && value[place])
			*vec_add(u->arena, &ids) = value[place];
	}
	return (struct usage_ids){ ids.at, (u32)ids.n };
}

static void read_sockmap(struct usage *u, int fd, u32 id)
{
	static const u32 types[] = { AT_SK_SKB_STREAM_PARSER, AT_SK_SKB_STREAM_VERDICT,
				     AT_SK_SKB_VERDICT, AT_SK_MSG_VERDICT };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		u32 prog = 0, n = 1;

		if (!bpf_prog_query(fd, (enum bpf_attach_type)types[i], 0, NULL, &prog, &n) && n &&
		    prog)
			*vec_add(u->arena, &u->sockmaps) =
				(struct usage_sockmap){ id, prog, types[i] };
	}
}

static void read_map(struct usage *u, int fd, u32 id)
{
	struct bpf_map_info info = { 0 };
	struct usage_map m = { .id = id };
	struct usage_ids inside;

	if (handle_info(fd, &info, sizeof(info)))
		return;
	m.type = info.type;
	m.name = arena_strndup(u->arena, info.name, strnlen(info.name, sizeof(info.name)));
	inside = read_entries(u, fd, &info);
	if (info.type == MAP_TYPE_ARRAY_OF_MAPS || info.type == MAP_TYPE_HASH_OF_MAPS)
		m.maps = inside;
	else
		m.progs = inside;
	if (info.type == MAP_TYPE_SOCKMAP || info.type == MAP_TYPE_SOCKHASH)
		read_sockmap(u, fd, id);
	*vec_add(u->arena, &u->maps) = m;
	table_set(&u->by_map, &id, sizeof(id), (void *)(uintptr_t)u->maps.n);
}

static int read_kind(struct usage *u, enum handle_kind kind)
{
	struct prog_reader reader;
	u32 id = 0;
	int err;

	prog_reader_init(&reader, u->arena);
	while (!(err = handle_next(kind, &id))) {
		int fd = handle_open(kind, id);

		if (fd < 0)
			continue;
		if (kind == HANDLE_PROG)
			read_prog(u, &reader, fd, id);
		else
			read_map(u, fd, id);
		close(fd);
	}
	prog_reader_done(&reader);
	return err == -ENOENT ? 0 : err;
}

/* ---- use */

/* A program or map is of use, or (is_pin) is at least kept by a pin. */
struct mark {
	struct usage *u;
	bool is_pin;
};

static bool set(bool *flag)
{
	bool was = *flag;

	*flag = true;
	return !was;
}

static bool mark_map(const struct mark *k, u32 id)
{
	struct usage_map *m = map_of(k->u, id);

	return m && set(k->is_pin ? &m->is_pinned : &m->is_used);
}

static bool mark_prog(const struct mark *k, u32 id)
{
	struct usage_prog *p = prog_of(k->u, id);

	return p && set(k->is_pin ? &p->is_pinned : &p->is_used);
}

static void use_map(struct usage *u, u32 id)
{
	mark_map(&(struct mark){ u, false }, id);
}

static void attach(struct usage *u, u32 id)
{
	struct usage_prog *p = prog_of(u, id);

	if (p)
		p->is_attached = p->is_used = true;
}

static void mark_held(void *arg, struct handle_name name, const struct ref_list *list)
{
	(void)list;
	if (name.kind == HANDLE_PROG)
		mark_prog(arg, name.id);
	else if (name.kind == HANDLE_MAP)
		mark_map(arg, name.id);
}

static void use_attached(struct usage *u)
{
	for (size_t i = 0; i < u->links.n; i++) {
		const struct linkinfo_abi *l = &u->links.at[i].abi;

		attach(u, l->prog_id);
		if (l->type == LINK_STRUCT_OPS || l->type == LINK_SOCKMAP)
			use_map(u, l->map.map_id);
		else if (l->type == LINK_ITER)
			use_map(u, l->iter.map_id);
	}
	for (size_t i = 0; i < u->hooks.list.n; i++)
		attach(u, u->hooks.list.at[i].prog_id);
	for (size_t i = 0; i < u->cgroups.n; i++)
		attach(u, u->cgroups.at[i].prog_id);
	for (size_t i = 0; i < u->sockmaps.n; i++)
		attach(u, u->sockmaps.at[i].prog_id);
	for (size_t i = 0; i < u->routes.n; i++)
		attach(u, u->routes.at[i].prog_id);
	/* Which programs are whose, only the map's value tells: those of a struct stay as long as it. */
	for (size_t i = 0; i < u->maps.n; i++)
		if (u->maps.at[i].type == MAP_TYPE_STRUCT_OPS)
			use_map(u, u->maps.at[i].id);
	for (size_t i = 0; i < u->progs.n; i++)
		if (u->progs.at[i].type == PROG_STRUCT_OPS)
			u->progs.at[i].is_used = true;
}

/* Until nothing is added; each pass adds at least one. */
static void mark_referred(const struct mark *k)
{
	const struct usage *u = k->u;
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < u->progs.n; i++) {
			const struct usage_prog *p = &u->progs.at[i];
			bool is_marked = k->is_pin ? p->is_pinned : p->is_used;

			for (u32 j = 0; is_marked && j < p->maps.n; j++)
				more |= mark_map(k, p->maps.at[j]);
		}
		for (size_t i = 0; i < u->maps.n; i++) {
			const struct usage_map *m = &u->maps.at[i];
			bool is_marked = k->is_pin ? m->is_pinned : m->is_used;

			for (u32 j = 0; is_marked && j < m->progs.n; j++)
				more |= mark_prog(k, m->progs.at[j]);
			for (u32 j = 0; is_marked && j < m->maps.n; j++)
				more |= mark_map(k, m->maps.at[j]);
		}
	}
}

const char *usage_hidden_by(u32 prog_type)
{
	switch (prog_type) {
	case PROG_SOCKET_FILTER:
	case PROG_SK_REUSEPORT:
		return "sockets";
	case PROG_LWT_IN:
	case PROG_LWT_OUT:
	case PROG_LWT_XMIT:
		return "routes";
	case PROG_PERF_EVENT:
		return "events of perf";
	case PROG_LIRC_MODE2:
		return "infrared receivers";
	default:
		return NULL;
	}
}

static void use_unknown(struct usage *u)
{
	for (size_t i = 0; i < u->progs.n; i++) {
		struct usage_prog *p = &u->progs.at[i];

		p->is_unknown = !p->is_used && (!p->is_pinned || usage_hidden_by(p->type));
		p->is_used |= p->is_unknown;
	}
}

static int read_routes(void *arg, const struct netns *n)
{
	struct usage *u = arg;

	return netroute_read(u->arena, n->inode, &u->routes);
}

static void mark_all(struct usage *u)
{
	struct mark use = { u, false }, pin = { u, true };

	refs_each(&u->holders, mark_held, &use);
	use_attached(u);
	mark_referred(&use);
	refs_each(&u->pins, mark_held, &pin);
	mark_referred(&pin);
	use_unknown(u);
	mark_referred(&use);
}

int usage_read(struct usage *u, struct arena *a, struct diag *d)
{
	char *tree = cgroup_tree();
	int err;

	*u = (struct usage){ .arena = a, .hooks = { .arena = a } };
	table_init(&u->by_prog, a);
	table_init(&u->by_map, a);
	err = read_kind(u, HANDLE_PROG);
	if (!err)
		err = read_kind(u, HANDLE_MAP);
	if (!err)
		err = linkinfo_read_all(a, &u->links);
	if (!err && tree)
		err = cgroupprog_read_tree(a, tree, 0, &u->links, &u->cgroups);
	free(tree);
	if (err) {
		diag_errno(d, -err, "cannot look at what the kernel has");
		if (err == -EPERM)
			diag_hint(d, "this needs root (CAP_SYS_ADMIN)");
		return err;
	}
	refs_read_holders(&u->holders, a);
	refs_read_pins(&u->pins, a);
	netns_find(a, &u->spaces);
	nethook_read_all(&u->hooks, &u->spaces);
	for (size_t i = 0; i < u->spaces.n; i++)
		u->routes_partial |= netns_within(&u->spaces.at[i], read_routes, u) != 0;
	mark_all(u);
	return 0;
}
