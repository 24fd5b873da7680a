/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/noun_pin.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/noun_select.h"

void noun_print_done(struct noun_args *a)
{
	if (!a->out->json)
		return;
	out_json_null(a->out, NULL);
	out_json_end(a->out);
}

int noun_pin_fd(int fd, const char *path, struct diag *d)
{
	int err = bpf_obj_pin(fd, path) ? -errno : 0;
	const char *name = strrchr(path, '/');

	if (!err)
		return 0;
	diag_errno(d, -err, "cannot pin to '%s'", path);
	if (err == -EPERM && strchr(name ? name : path, '.'))
		diag_hint(d, "names of pins have no '.'");
	else if (err == -EPERM)
		diag_hint(d, "a pin has to be in a file system of type bpf, as /sys/fs/bpf");
	else if (err == -ENOENT)
		diag_hint(d, "the folder has to be there: mkdir makes it");
	return err;
}

int noun_pin(struct noun_args *a, enum handle_kind kind)
{
	const char *path = NULL;
	u32 id;
	int fd = noun_select_one(a, kind, &id), err;

	if (fd < 0)
		return fd;
	err = noun_need(a, "the path", &path);
	if (!err)
		err = noun_end(a);
	if (!err)
		err = noun_pin_fd(fd, path, a->diag);
	close(fd);
	if (!err)
		noun_print_done(a);
	return err;
}

int noun_unpin(struct noun_args *a, enum handle_kind kind)
{
	struct handle_name name;
	const char *path = NULL;
	int err = noun_need(a, "the path", &path), fd;

	if (!err)
		err = noun_end(a);
	if (err)
		return err;
	fd = handle_open_pinned(path);
	if (fd < 0)
		return diag_errno(a->diag, -fd, "cannot open the pin '%s'", path);
	if (handle_identify_fd(fd, &name))
		err = diag_error(a->diag, LOC_NONE, "'%s' is no pin of a known kind", path);
	else if (name.kind != kind)
		err = diag_error(a->diag, LOC_NONE, "'%s' is the pin of a %s, not of a %s", path,
				 handle_kind_name(name.kind), handle_kind_name(kind));
	close(fd);
	if (!err && unlink(path))
		err = diag_errno(a->diag, errno, "cannot remove '%s'", path);
	if (!err)
		noun_print_done(a);
	return err;
}
