/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep struct-ops register and unregister. Registered without a link, it stays until it is unregistered; with one, as long as the
 * link is held, which a pin does. Which of both is said when the map is made.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmd/noun/json.h"
#include "cmd/noun/select.h"
#include "cmd/struct_ops/struct_ops.h"
#include "inspect/objload.h"
#include "inspect/pin.h"
#include "isa/prog_type.h"
#include "kernel/warn.h"

#define MAP_WITH_LINK (1u << 13) /* BPF_F_LINK */

static int link_create(int map)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (u32)map; /* here it is a map's */
	attr.link_create.attach_type = AT_STRUCT_OPS;
	return handle_call(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int pin_link(struct bpf_map *map, const char *folder, struct diag *d)
{
	const char *path = arena_printf(d->arena, "%s/%s", folder, bpf_map__name(map));
	int link = link_create(bpf_map__fd(map)), err;

	if (link < 0)
		return diag_errno(d, -link, "cannot make a link of %s", bpf_map__name(map));
	err = pin_make(link, path, d);
	close(link);
	return err;
}

/* The map's value is what makes the kernel register it, or ready for a link. */
static int register_map(struct noun_args *a, struct bpf_map *map, const char *folder)
{
	struct bpf_map_info info = { 0 };
	struct bpf_link *link;
	int err;

	warn_begin(NULL);
	link = bpf_map__attach_struct_ops(map);
	err = link ? 0 : -errno;
	warn_end();
	if (err) {
		diag_errno(a->diag, -err, "the kernel does not register %s", bpf_map__name(map));
		if (err == -EEXIST)
			diag_hint(a->diag, "there is one of its name already");
		return err;
	}
	/* Closing the link that libbpf makes would unregister it. */
	bpf_link__disconnect(link);
	if (folder)
		err = pin_link(map, folder, a->diag);
	if (!err)
		err = handle_info(bpf_map__fd(map), &info, sizeof(info));
	bpf_link__destroy(link);
	if (!err && !a->out->json)
		out_printf(a->out, "registered %s, map %u\n", bpf_map__name(map), info.id);
	return err;
}

static u32 prepare(struct bpf_object *obj, const char *folder)
{
	struct bpf_map *map;
	u32 n = 0;

	bpf_object__for_each_map(map, obj)
	{
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		n++;
		if (folder)
			bpf_map__set_map_flags(map, bpf_map__map_flags(map) | MAP_WITH_LINK);
	}
	return n;
}

static int register_all(struct noun_args *a, struct bpf_object *obj, const char *path,
			const char *folder)
{
	struct bpf_map *map;
	int err;

	if (!prepare(obj, folder)) {
		diag_error(a->diag, LOC_NONE, "%s has nothing of struct_ops", path);
		diag_hint(a->diag,
			  "it would be a variable of such a struct in SEC(\".struct_ops\")");
		return -EINVAL;
	}
	err = objload_load(obj, path, a->diag);
	bpf_object__for_each_map(map, obj)
	{
		if (!err && bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			err = register_map(a, map, folder);
	}
	return err;
}

static int run_register(struct noun_args *a)
{
	const char *path, *folder;
	struct bpf_object *obj;
	int err = noun_need(a, "the object file", &path);

	if (err)
		return err;
	folder = noun_next(a);
	err = noun_end(a);
	if (!err)
		err = objload_open(path, &obj, a->diag);
	if (err)
		return err;
	err = register_all(a, obj, path, folder);
	bpf_object__close(obj);
	if (!err)
		noun_json_done(a->out);
	return err;
}

static int run_unregister(struct noun_args *a)
{
	struct bpf_map_info info = { 0 };
	u32 id, key = 0;
	int fd = noun_select_one(a, HANDLE_MAP, &id), err;

	if (fd < 0)
		return fd;
	err = noun_end(a);
	if (!err)
		err = handle_info(fd, &info, sizeof(info));
	if (!err && info.type != BPF_MAP_TYPE_STRUCT_OPS)
		err = diag_error(a->diag, LOC_NONE, "map %u is not of type struct_ops", id);
	if (!err && bpf_map_delete_elem(fd, &key)) {
		err = diag_errno(a->diag, errno, "cannot unregister map %u", id);
		if (info.map_flags & MAP_WITH_LINK)
			diag_hint(a->diag,
				  "it is registered by a link: 'skep link' shows which, and "
				  "'skep link detach' detaches it");
		else if (err == -ENOENT)
			diag_hint(a->diag, "it is not registered");
	}
	close(fd);
	if (!err)
		noun_json_done(a->out);
	return err;
}

const struct noun_verb struct_ops_register = {
	.name = "register",
	.args = "OBJECT [LINKDIR]",
	.help = "Load an object and register what it implements.\n\n"
		"It stays until it is unregistered; with LINKDIR, a folder in a file system of "
		"type\n"
		"bpf, it is a link that is pinned there by the name of the map, and stays as long "
		"as\n"
		"that.\n",
	.run = run_register,
};

const struct noun_verb struct_ops_unregister = {
	.name = "unregister",
	.args = "MAP",
	.help = "Unregister what was registered without a link.\n\n"
		"MAP is 'id ID', 'name NAME' or 'pinned PATH'. What uses it goes on doing so.\n",
	.run = run_unregister,
};
