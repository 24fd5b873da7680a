/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep gen skeleton OBJECT: a header with the object in it, for programs in C and C++; subskeleton: one for a part of an object. */
#include <stdlib.h>

#include "base/save.h"
#include "cmd/compile.h"
#include "cmd/gen/command.h"
#include "object/skel.h"

static const struct opt options[] = {
	{ 'o', "output", "FILE", "write the header there (standard output)" },
	{ 't', "own-types", NULL,
	  "types by the object's names: what defines them is included before" },
};
enum { OPT_OUTPUT, OPT_OWN_TYPES };

struct skeleton_args {
	const char *output;
	bool is_own_types;
};

static int take(struct noun_args *a, int i, const char *value)
{
	struct skeleton_args *own = a->own;

	if (i == OPT_OUTPUT)
		own->output = value;
	else
		own->is_own_types = true;
	return 0;
}

/* The object as a header; bytes stay the caller's. */
static int make(struct noun_args *a, const struct skel_options *opts, const char *elf, size_t len,
		struct buf *out)
{
	struct image_options image = { .no_kconfig = true };
	struct image_input in = { .name = opts->source, .elf = elf, .len = len };
	size_t before = a->diag->items.n;
	struct image img;
	int err = image_open_all(&img, a->arena, &in, 1, &image, a->diag);

	if (err)
		return err;
	a->diag->items.n = before; /* what is left for the kernel to resolve is libbpf's to do */
	err = skel_write(out, &img, elf, len, opts, a->diag);
	image_done(&img);
	return err;
}

static int write_header(struct noun_args *a, bool is_sub)
{
	const struct skeleton_args *own = a->own;
	struct skel_options opts = { .is_own_types = own->is_own_types, .is_sub = is_sub };
	struct buf out = { 0 };
	size_t len;
	char *elf;
	int err;

	if (noun_need(a, "the object", &opts.source))
		return -EINVAL;
	opts.name = skel_default_name(a->arena, opts.source);
	if (noun_take(a, "name") && noun_need(a, "the name", &opts.name))
		return -EINVAL;
	if (noun_end(a))
		return -EINVAL;
	if (!skel_is_name(opts.name))
		return noun_usage(a, "'%s' is no name that C takes, of at most %d letters",
				  opts.name, SKEL_MAX_NAME);
	if (a->out->json)
		return noun_usage(a, "a skeleton is C, there is no JSON of it");
	elf = compile_read(opts.source, &len, a->diag);
	if (!elf)
		return -EINVAL;
	err = make(a, &opts, elf, len, &out);
	if (!err && own->output)
		err = save_file(own->output, out.data, out.len, a->diag);
	else if (!err)
		out_write(a->out, out.data, out.len);
	buf_done(&out);
	free(elf);
	return err;
}

static int run_skeleton(struct noun_args *a)
{
	return write_header(a, false);
}

static int run_subskeleton(struct noun_args *a)
{
	return write_header(a, true);
}

const struct noun_verb gen_skeleton = {
	.name = "skeleton",
	.args = "OBJECT [name NAME]",
	.help = "A header for C programs that load an object.\n\n"
		"Writes a header for C and C++ with the object in it: functions NAME__open(), "
		"load,\n"
		"attach, detach and destroy, its maps, programs and links by name, and its "
		"variables as\n"
		"structs. It needs libbpf 1.1 or newer. NAME is the file's, x_bpf of x.bpf.o.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct skeleton_args),
	.take = take,
	.run = run_skeleton,
};

const struct noun_verb gen_subskeleton = {
	.name = "subskeleton",
	.args = "OBJECT [name NAME]",
	.help = "A header for C programs that load an object of which this one is a part.\n\n"
		"What a library of BPF gives its users' programs: functions NAME__open(), which "
		"takes the\n"
		"object that the library was linked into, and NAME__destroy(), and its maps, "
		"programs and\n"
		"variables by name. It needs libbpf 1.1 or newer.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct skeleton_args),
	.take = take,
	.run = run_subskeleton,
};
