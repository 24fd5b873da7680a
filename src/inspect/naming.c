/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's BTF is mapped, not read; a module's continues it; a program's stands by itself. That a link's target is a program
 * and not a BTF object the kernel does not say: it is where the program is not made for that object.
 */
#include "inspect/naming.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/table.h"
#include "inspect/btfinfo.h"
#include "inspect/handle.h"
#include "inspect/prog.h"
#include "net/cgroup.h"

struct naming_btf {
	struct rawbtf *btf; /* NULL: cannot be read */
	const char *name;
	struct naming_btf *next;
};

struct naming {
	struct arena *arena;
	struct table progs, maps, btfs, cgroups;
	struct prog_reader reader;
	struct rawbtf *kernel;
	struct naming_btf *all; /* for naming_free() */
	bool kernel_tried;
};

struct naming *naming_new(struct arena *a)
{
	struct naming *n = arena_new(a, struct naming);

	n->arena = a;
	prog_reader_init(&n->reader, a);
	table_init(&n->progs, a);
	table_init(&n->maps, a);
	table_init(&n->btfs, a);
	table_init(&n->cgroups, a);
	return n;
}

void naming_free(struct naming *n)
{
	if (!n)
		return;
	for (struct naming_btf *b = n->all; b; b = b->next)
		if (b->btf != n->kernel)
			rawbtf_free(b->btf);
	rawbtf_free(n->kernel);
	prog_reader_done(&n->reader);
	n->kernel = NULL;
	n->all = NULL;
}

const struct naming_prog *naming_prog(struct naming *n, u32 id)
{
	struct naming_prog *p = table_get(&n->progs, &id, sizeof(id));
	struct prog prog;
	int fd;

	if (p)
		return p;
	p = arena_new(n->arena, struct naming_prog);
	p->name = "";
	table_set(&n->progs, &id, sizeof(id), p);
	fd = id ? handle_open(HANDLE_PROG, id) : -1;
	if (fd < 0)
		return p;
	if (!prog_read(&n->reader, fd, id, &prog)) {
		p->name = prog.name;
		p->type = prog.info.type;
		p->btf_id = prog.info.btf_id;
		p->attach_btf_obj_id = prog.info.attach_btf_obj_id;
		p->attach_btf_id = prog.info.attach_btf_id;
	}
	close(fd);
	return p;
}

const char *naming_map(struct naming *n, u32 id)
{
	const char *name = table_get(&n->maps, &id, sizeof(id));
	struct bpf_map_info info = { 0 };
	int fd;

	if (name)
		return name;
	fd = id ? handle_open(HANDLE_MAP, id) : -1;
	if (fd >= 0) {
		handle_info(fd, &info, sizeof(info));
		close(fd);
	}
	name = arena_strndup(n->arena, info.name, strnlen(info.name, sizeof(info.name)));
	table_set(&n->maps, &id, sizeof(id), (void *)(uintptr_t)name);
	return name;
}

static struct rawbtf *kernel_btf(struct naming *n)
{
	if (!n->kernel_tried && rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &n->kernel))
		n->kernel = NULL;
	n->kernel_tried = true;
	return n->kernel;
}

static void read_btf(struct naming *n, u32 id, struct naming_btf *out)
{
	char name[256] = "";
	struct bpf_btf_info info = { .name = (u64)(uintptr_t)name, .name_len = sizeof(name) };
	int fd = handle_open(HANDLE_BTF, id);

	out->name = "";
	if (fd < 0)
		return;
	if (!handle_info(fd, &info, sizeof(info))) {
		name[sizeof(name) - 1] = '\0';
		if (info.kernel_btf)
			out->name = arena_strdup(n->arena, name);
		if (info.kernel_btf && !strcmp(name, "vmlinux"))
			out->btf = kernel_btf(n);
		else if (btfinfo_open_fd(fd, info.kernel_btf ? kernel_btf(n) : NULL, &out->btf))
			out->btf = NULL;
	}
	close(fd);
}

const char *naming_type(struct naming *n, u32 btf, u32 type, const char **object)
{
	struct naming_btf *b = table_get(&n->btfs, &btf, sizeof(btf));
	const struct btf_type *t;
	const char *name;

	if (!b) {
		b = arena_new(n->arena, struct naming_btf);
		table_set(&n->btfs, &btf, sizeof(btf), b);
		read_btf(n, btf, b);
		b->next = n->all;
		n->all = b;
	}
	*object = b->name;
	t = b->btf ? rawbtf_type(b->btf, type) : NULL;
	name = t ? rawbtf_str(b->btf, t->name_off) : "";
	return *name ? arena_strdup(n->arena, name) : NULL;
}

const char *naming_target(struct naming *n, u32 prog_id, u32 target_obj_id, u32 target_btf_id,
			  const char **object, u32 *prog)
{
	const struct naming_prog *p = naming_prog(n, prog_id);

	*object = "";
	*prog = 0;
	if (!target_obj_id)
		return NULL;
	if (p->type != BPF_PROG_TYPE_EXT && p->attach_btf_obj_id == target_obj_id)
		return naming_type(n, target_obj_id, target_btf_id, object);
	*prog = target_obj_id;
	return naming_type(n, naming_prog(n, target_obj_id)->btf_id, target_btf_id, object);
}

const char *naming_cgroup(struct naming *n, u64 id)
{
	const char *path = table_get(&n->cgroups, &id, sizeof(id));
	char *found;

	if (path)
		return *path ? path : NULL;
	found = cgroup_path(id);
	path = arena_strdup(n->arena, found ? found : "");
	free(found);
	table_set(&n->cgroups, &id, sizeof(id), (void *)(uintptr_t)path);
	return *path ? path : NULL;
}
