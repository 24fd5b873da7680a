/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/btfusers.h"

#include <unistd.h>

#include "inspect/handle.h"

/* The BTF object of a program or map, 0 if it has none or has gone. */
static u32 btf_of(enum handle_kind kind, u32 id)
{
	struct bpf_prog_info prog = { 0 };
	struct bpf_map_info map = { 0 };
	int err, fd = handle_open(kind, id);

	if (fd < 0)
		return 0;
	err = kind == HANDLE_PROG ? handle_info(fd, &prog, sizeof(prog))
				  : handle_info(fd, &map, sizeof(map));
	close(fd);
	if (err)
		return 0;
	return kind == HANDLE_PROG ? prog.btf_id : map.btf_id;
}

static void read_kind(struct btfusers *u, enum handle_kind kind)
{
	u32 id = 0;

	while (!handle_next(kind, &id)) {
		u32 btf = btf_of(kind, id);
		struct btfusers_ids *ids = table_get(&u->table, &btf, sizeof(btf));

		if (!btf)
			continue;
		if (!ids) {
			ids = arena_new(u->arena, struct btfusers_ids);
			table_set(&u->table, &btf, sizeof(btf), ids);
		}
		if (kind == HANDLE_PROG)
			*vec_add(u->arena, &ids->progs) = id;
		else
			*vec_add(u->arena, &ids->maps) = id;
	}
}

void btfusers_read(struct btfusers *u, struct arena *a)
{
	*u = (struct btfusers){ .arena = a };
	table_init(&u->table, a);
	read_kind(u, HANDLE_PROG);
	read_kind(u, HANDLE_MAP);
}

const struct btfusers_ids *btfusers_of(const struct btfusers *u, u32 id)
{
	static const struct btfusers_ids none;
	const struct btfusers_ids *ids = table_get(&u->table, &id, sizeof(id));

	return ids ? ids : &none;
}
