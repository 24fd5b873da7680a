/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first two bytes say how many bytes of BTF follow that the rest continues, 0 for none. All that can be said is written as C, in
 * whole and by type, and compared: in time, and in bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "btf/diff.h"
#include "btf/dump.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

enum { MAX_ROOTS = 6, MAX_TYPES = 64, STEPS = 3 };

static void write_some(const struct rawbtf *b, struct arena *a, u32 root)
{
	struct diag diag;
	struct out o;
	struct dump *d;
	int err;

	diag_init(&diag, a);
	out_init(&o, -1, false);
	d = dump_new(b, &o, &diag);
	dump_begin(d);
	err = root ? dump_root(d, root) : dump_all(d);
	if (!err)
		err = dump_follow(d, STEPS);
	if (!err)
		err = dump_kfuncs(d);
	if ((err != 0) != (diag.errors != 0))
		abort();
	dump_end(d);
	dump_free(d);
	out_done(&o);
}

static void write_lines(const struct rawbtf *b, struct arena *a)
{
	struct diag diag;
	struct out o;
	struct dump *d;

	diag_init(&diag, a);
	out_init(&o, -1, false);
	d = dump_new(b, &o, &diag);
	for (u32 id = 0; id < rawbtf_end(b) + 1 && id < MAX_TYPES; id++)
		if (!dump_declare(d, id, "x") != (diag.errors != 0))
			abort();
	dump_free(d);
	out_done(&o);
}

static int look(void *arg, const struct diff_type *t)
{
	size_t *n = arg;

	*n += strlen(t->name) + t->parts.n;
	return 0;
}

static void compare(const struct rawbtf *x, const struct rawbtf *y, struct arena *a)
{
	const struct diff_filter all = { 0 };
	struct diag diag;
	size_t n = 0;

	diag_init(&diag, a);
	if ((diff_types(x, y, &all, look, &n, &diag) != 0) != (diag.errors != 0))
		abort();
	if (x == y && n)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct rawbtf *base = NULL, *b;
	struct arena a;
	size_t n;

	if (len < 2)
		return 0;
	n = (size_t)data[0] | (size_t)data[1] << 8;
	data += 2;
	len -= 2;
	n = n < len ? n : len;
	if (n && rawbtf_from_bytes(data, n, NULL, &base))
		return 0;
	arena_init(&a);
	if (!rawbtf_from_bytes(data + n, len - n, base, &b)) {
		write_some(b, &a, 0);
		for (u32 id = 1; id < rawbtf_end(b) && id < MAX_ROOTS; id++)
			write_some(b, &a, id);
		write_lines(b, &a);
		compare(b, base ? base : b, &a);
		rawbtf_free(b);
	}
	rawbtf_free(base);
	arena_done(&a);
	return 0;
}
