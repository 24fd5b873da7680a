/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/objload.h"

#include "kernel/warn.h"

static int report(struct diag *d, int err, const char *what, const char *path, struct buf *warnings)
{
	const char *said = warn_last(warnings, d->arena);

	diag_errno(d, -err, "cannot %s %s", what, path);
	if (*said)
		diag_hint(d, "%s", said);
	return err;
}

int objload_open(const char *path, struct bpf_object **out, struct diag *d)
{
	struct buf warnings = { 0 };
	struct bpf_object *obj;
	int err = 0;

	warn_begin(&warnings);
	obj = bpf_object__open(path);
	if (!obj)
		err = -errno;
	warn_end();
	if (err)
		err = report(d, err, "open", path, &warnings);
	else
		*out = obj;
	buf_done(&warnings);
	return err;
}

int objload_load(struct bpf_object *obj, const char *path, struct diag *d)
{
	struct buf warnings = { 0 };
	int err;

	warn_begin(&warnings);
	err = bpf_object__load(obj);
	warn_end();
	if (err)
		err = report(d, err, "load", path, &warnings);
	buf_done(&warnings);
	return err;
}
