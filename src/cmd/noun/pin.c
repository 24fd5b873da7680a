/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/noun/pin.h"

#include <errno.h>
#include <unistd.h>

#include "cmd/noun/json.h"
#include "cmd/noun/select.h"
#include "inspect/pin.h"

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
		err = pin_make(fd, path, a->diag);
	close(fd);
	if (!err)
		noun_json_done(a->out);
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
		noun_json_done(a->out);
	return err;
}
