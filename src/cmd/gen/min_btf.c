/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep gen min_btf INPUT OUTPUT OBJECT...: of a kernel's types those that the objects' CO-RE relocations look at. Whoever ships the
 * objects ships one such file for each kernel that has no BTF of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/save.h"
#include "cmd/compile.h"
#include "cmd/gen/command.h"
#include "object/image_min.h"

struct min_job {
	struct noun_args *args;
	struct rawbtf *kernel;
	struct image_min min;
	const char *object; /* that is being read */
};

static int open_kernel(struct min_job *j, const char *path)
{
	struct diag *d = j->args->diag;
	int err = rawbtf_open(path, NULL, &j->kernel);

	if (!err)
		return 0;
	if (err != -EINVAL)
		return diag_errno(d, -err, "cannot read %s", path);
	diag_error(d, LOC_NONE, "%s is no BTF", path);
	diag_hint(d, "give a kernel's types as /sys/kernel/btf/vmlinux has them; out of a vmlinux "
		     "file they come by objcopy --dump-section .BTF=FILE");
	return -EINVAL;
}

/* What the object lacks in this kernel is of no matter, but that it cannot be relocated is. */
static int add_object(struct min_job *j, const char *path)
{
	struct noun_args *a = j->args;
	struct image_options opts = { .kernel = j->kernel, .no_kconfig = true, .min = &j->min };
	size_t len, before = a->diag->items.n;
	char *elf = compile_read(path, &len, a->diag);
	struct image_input in = { .name = path, .elf = elf, .len = len };
	struct image img;
	int err;

	if (!elf)
		return -EINVAL;
	err = image_open_all(&img, a->arena, &in, 1, &opts, a->diag);
	free(elf);
	if (err)
		return err;
	a->diag->items.n = before; /* warnings of what this kernel does not have */
	image_done(&img);
	return 0;
}

static int write_btf(struct min_job *j, const char *output)
{
	struct noun_args *a = j->args;
	struct buf out = { 0 };
	u32 types;
	int err;

	image_min_write(&j->min, &out, &types);
	err = save_file(output, out.data, out.len, a->diag);
	if (!err && a->out->json) {
		out_json_open(a->out, NULL, '{');
		out_json_str(a->out, "file", output, strlen(output));
		out_json_u64(a->out, "types", types);
		out_json_u64(a->out, "bytes", out.len);
		out_json_close(a->out, '}');
		out_json_end(a->out);
	}
	if (!err && !types)
		diag_warning(a->diag, LOC_NONE,
			     "%s is empty: the objects look at no types of the kernel", output);
	if (!err && j->min.ids) {
		diag_warning(a->diag, LOC_NONE,
			     "%u relocation%s the id of a kernel's type, which will be one of %s",
			     j->min.ids, j->min.ids == 1 ? " wants" : "s want", output);
		diag_hint(a->diag, "bpf_core_type_id_kernel() is of use with the running kernel's "
				   "own BTF only");
	}
	buf_done(&out);
	return err;
}

static int run(struct noun_args *a)
{
	struct min_job j = { .args = a };
	const char *input, *output, *path;
	int err;

	if (noun_need(a, "the kernel's BTF", &input) ||
	    noun_need(a, "the file to write", &output) || noun_need(a, "an object", &path))
		return -EINVAL;
	err = open_kernel(&j, input);
	if (err)
		return err;
	image_min_init(&j.min, a->arena, j.kernel);
	for (; path && !err; path = noun_next(a))
		err = add_object(&j, path);
	if (!err)
		err = write_btf(&j, output);
	rawbtf_free(j.kernel);
	return err;
}

const struct noun_verb gen_min_btf = {
	.name = "min_btf",
	.args = "INPUT OUTPUT OBJECT...",
	.help = "Of a kernel's types those that objects need.\n\n"
		"Reads INPUT, a kernel's BTF, and writes what the CO-RE relocations of the objects "
		"look\n"
		"at, for kernels without BTF: libbpf takes it as btf_custom_path, with the same "
		"results.\n",
	.run = run,
};
