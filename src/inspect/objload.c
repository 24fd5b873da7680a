/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/objload.h"

#include <string.h>

#include "kernel/warn.h"

/* The verifier's last word stands before its statistics, within what libbpf says; "" if it has said nothing. */
static const char *verifier_said(const struct buf *warnings, struct arena *a)
{
	static const char begin[] = "-- BEGIN PROG LOAD LOG --\n";
	const char *log = strstr(buf_str(warnings), begin);
	const char *end = log ? strstr(log, "\nprocessed ") : NULL, *line = end;

	if (!end || end < log + sizeof(begin) - 1)
		return "";
	while (line > log + sizeof(begin) - 1 && line[-1] != '\n')
		line--;
	return arena_strndup(a, line, (size_t)(end - line));
}

static int report(struct diag *d, int err, const char *what, const char *path, struct buf *warnings)
{
	const char *said = verifier_said(warnings, d->arena);

	if (!*said)
		said = warn_last(warnings, d->arena);
	diag_errno(d, -err, "cannot %s %s", what, path);
	if (*said && err != -ENOENT)
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
