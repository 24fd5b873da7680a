/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep verify: runs the verifier over the programs of an object; with --kernel the running kernel's, too. */
#include "cmd/verify/command.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "cmd/clang.h"
#include "cmd/verify/kernel.h"
#include "cmd/verify/kind.h"
#include "cmd/verify/report.h"
#include "kernel/privilege.h"
#include "kernel/warn.h"

#define KERNEL_LOG (16u << 20)
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static const struct opt options[] = {
	{ 'f', NULL, "FORMAT", "how to write results: text (default) or json" },
	{ 0, "safety-only", NULL,
	  "memory safety and termination alone, not the kernel's policies" },
	{ 0, "unprivileged", NULL,
	  "as the kernel judges programs of those without CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN" },
	{ 0, "kernel", NULL, "ask the running kernel's verifier, too" },
	{ 0, "log", NULL, "each step, with what is known of the registers before it" },
	{ 0, "type", "SECTION",
	  "what programs are whose sections do not say it: as in a section of this name (xdp, tc, "
	  "socket)" },
	{ 0, "btf", "FILE", "judge by the types of this kernel, not by those of the running one" },
	CLANG_INCLUDE,
	CLANG_DEFINE,
	{ 'h', "help", NULL, "this text" },
};

struct verify {
	struct arena arena;
	struct diag diag;
	struct verify_options opts;
	const char *file, *type, *btf; /* type, btf: NULL if not given */
	char **progs;                  /* names; none: all */
	int prog_count;
	clang_args clang;
	bool json, kernel, unprivileged, help;
};

static int parse_options(struct verify *v, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value;
	int option;

	v->progs = calloc((size_t)argc + 1, sizeof(*v->progs));
	if (!v->progs)
		arena_exhausted();
	for (;;) { /* options may also follow the file */
		while ((option = opt_next(&state, options, ARRAY_SIZE(options), &value,
					  &v->diag)) >= 0) {
			if (option == 0 && strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
				return diag_error(&v->diag, LOC_NONE,
						  "no format '%s': text or json", value);
			if (option == 0)
				v->json = !strcmp(value, "json");
			else if (option == 1)
				v->opts.safety_only = true;
			else if (option == 2)
				v->unprivileged = true;
			else if (option == 3)
				v->kernel = true;
			else if (option == 4)
				v->opts.log = true;
			else if (option == 5)
				v->type = value;
			else if (option == 6)
				v->btf = value;
			else if (option == 7)
				clang_include(&v->arena, &v->clang, value);
			else if (option == 8)
				clang_define(&v->arena, &v->clang, value);
			else
				v->help = true;
		}
		if (option < -1)
			return -EINVAL;
		if (state.pos >= argc)
			break;
		if (!v->file)
			v->file = argv[state.pos++];
		else
			v->progs[v->prog_count++] = argv[state.pos++];
	}
	if (v->opts.safety_only && v->unprivileged)
		return diag_error(&v->diag, LOC_NONE,
				  "--safety-only leaves out what --unprivileged asks for: give one "
				  "of them");
	struct image_prog unused;
	if (v->type && kind_set(&unused, v->type)) {
		diag_error(&v->diag, LOC_NONE, "no program stands in a section '%s'", v->type);
		diag_hint(&v->diag, "give a name as libbpf has them: xdp, tc, cgroup/connect4");
		return -EINVAL;
	}
	if (v->btf && v->kernel)
		return diag_error(&v->diag, LOC_NONE,
				  "--kernel asks the running kernel, whose types --btf leaves out: "
				  "give one of them");
	if (!v->help && !v->file)
		return diag_error(&v->diag, LOC_NONE,
				  "there is nothing to verify: give an OBJECT, "
				  "or BPF C");
	return 0;
}

static bool is_wanted(const struct verify *v, const char *name)
{
	for (int i = 0; i < v->prog_count; i++) {
		if (!strcmp(v->progs[i], name))
			return true;
	}
	return !v->prog_count;
}

static bool load(const struct verify *v, struct bpf_object *obj)
{
	struct privilege had;

	if (!v->unprivileged)
		return !bpf_object__load(obj);
	if (privilege_drop(&had))
		return false;
	bool ok = !bpf_object__load(obj);
	return !privilege_restore(&had) && ok;
}

/* Loads this program alone; nothing stays. */
static bool ask_kernel(struct verify *v, struct out *o, const void *elf, size_t len,
		       const struct image_prog *p)
{
	struct bpf_object *obj = bpf_object__open_mem(elf, len, NULL);
	struct bpf_program *prog = obj ? bpf_object__find_program_by_name(obj, p->name) : NULL;
	struct bpf_program *other;
	char *log = calloc(1, KERNEL_LOG);
	bool ok = false;

	if (!log)
		arena_exhausted();
	if (prog) {
		bpf_object__for_each_program(other, obj)
			bpf_program__set_autoload(other, other == prog);
		bpf_program__set_log_buf(prog, log, KERNEL_LOG);
		if (bpf_program__type(prog) == BPF_PROG_TYPE_UNSPEC) {
			bpf_program__set_type(prog, p->type);
			bpf_program__set_expected_attach_type(prog,
							      (enum bpf_attach_type)p->attach);
		}
		ok = load(v, obj);
	}
	if (!ok &&
	    !log[0]) { /* not the verifier's word: libbpf could not make sense of the object */
		diag_warning(&v->diag, LOC_NONE, "the kernel could not be asked about %s: %s",
			     p->name, obj ? "it was not loaded" : "libbpf does not open it");
		free(log);
		bpf_object__close(obj);
		return true;
	}
	struct verify_finding f;
	if (!ok && !verify_kernel_finding(&v->arena, log, p, &f))
		f.message = "it gives no reason";
	verify_report_asked(o, v->file, p, ok ? NULL : &f, v->unprivileged);
	free(log);
	bpf_object__close(obj);
	return ok;
}

/* What a program is, where its section does not say it. */
static bool find_kind(struct verify *v, const struct image *img, struct image_prog *p)
{
	const char *guess = v->type ? NULL : kind_guess(img, p);

	if (p->is_known || v->opts.safety_only || (v->type && !kind_set(p, v->type)))
		return true;
	if (guess && !kind_set(p, guess)) {
		diag_warning(&v->diag, LOC_NONE,
			     "section '%s' does not say what program %s is: it is judged as one "
			     "of '%s', by what it takes",
			     p->section, p->name, guess);
		diag_hint(&v->diag, "--type SECTION says what it is");
		return true;
	}
	diag_error(&v->diag, LOC_NONE,
		   "program %s is not judged, as section '%s' does not say what it is", p->name,
		   p->section);
	diag_hint(&v->diag, "--type SECTION says it: --type xdp");
	return false;
}

/* How many were rejected, or could not be judged; negative on errors. */
static int verify_image(struct verify *v, const struct image *img, const void *elf, size_t len)
{
	struct out o;
	int rejected = 0, judged = 0, err = 0;

	out_init(&o, STDOUT_FILENO, v->json);
	for (u32 i = 0; i < img->progs.n && !err; i++) {
		struct image_prog *p = &img->progs.at[i];
		struct verify_result r;
		if (!is_wanted(v, p->name))
			continue;
		judged++;
		if (!find_kind(v, img, p)) {
			rejected++;
			continue;
		}
		err = verify_program(&v->arena, img, i, &v->opts, &r, &v->diag);
		if (err)
			break;
		if (r.log && !v->json)
			out_puts(&o, r.log);
		verify_report(&o, v->file, p, &r, v->unprivileged);
		bool ok = r.accepted;
		if (v->kernel)
			ok = ask_kernel(v, &o, elf, len, p) && ok;
		rejected += !ok;
	}
	out_done(&o);
	if (!err && !judged)
		err = diag_error(&v->diag, LOC_NONE, "%s has no program%s%s", v->file,
				 v->prog_count ? " " : "", v->prog_count ? v->progs[0] : "");
	return err ? err : rejected;
}

static int verify(struct verify *v)
{
	struct rawbtf *kernel = NULL;
	struct buf warnings = { 0 };
	struct image img;
	size_t len;
	char *elf = clang_read(&v->arena, v->file, &v->clang, &len, &v->diag);

	if (!elf)
		return -EINVAL;
	int failed = rawbtf_open(v->btf ? v->btf : KERNEL_BTF, NULL, &kernel);
	if (failed)
		kernel = NULL;
	if (failed && v->btf) {
		free(elf);
		return diag_error(&v->diag, LOC_NONE, "%s cannot be read as BTF: %s", v->btf,
				  strerror(-failed));
	}
	v->opts.kernel = kernel;
	v->opts.privileged = !v->unprivileged;
	struct image_options how = { .name = v->file, .kernel = kernel };
	int err = image_open(&img, &v->arena, elf, len, &how, &v->diag);
	if (!err && v->kernel && v->unprivileged && !privilege_is_optional()) {
		diag_warning(&v->diag, LOC_NONE,
			     "the kernel is not asked: it loads nothing without privilege");
		diag_hint(&v->diag, "kernel.unprivileged_bpf_disabled would have to be 0");
		v->kernel = false;
	}
	if (!err) {
		warn_begin(&warnings);
		err = verify_image(v, &img, elf, len);
		warn_end();
		image_done(&img);
	}
	buf_done(&warnings);
	rawbtf_free(kernel);
	free(elf);
	return err;
}

int cmd_verify(int argc, char **argv)
{
	struct verify v = { 0 };
	int code = 0;

	arena_init(&v.arena);
	diag_init(&v.diag, &v.arena);
	if (parse_options(&v, argc, argv)) {
		code = 2;
	} else if (v.help) {
		puts("usage: skep verify [OPTIONS] OBJECT|FILE.bpf.c [PROGRAM...]\n\n"
		     "Says whether the programs of a BPF object are safe to run, or which is not, "
		     "and why.\n");
		opt_help(options, ARRAY_SIZE(options), stdout);
	} else if (verify(&v)) {
		code = 1;
	}
	diag_render(&v.diag, stderr);
	free(v.progs);
	arena_done(&v.arena);
	return code;
}
