/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that clang made, of tests/object/: those whose names say the verdict, and some with more paths than can be gone. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "selftests/ask.h"
#include "unit/test.h"
#include "verify/ktype.h"
#include "verify/verify.h"

#define MAX_OBJECT (1u << 24)

static struct image *open_object(struct arena *a, const char *path, const struct rawbtf *kernel,
				 struct diag *d)
{
	struct image_options opts = { .no_kconfig = !kernel, .kernel = kernel };
	struct image *img = arena_new(a, struct image);
	size_t len;
	char *elf = text_read_file(path, MAX_OBJECT, &len);
	int err = elf ? image_open(img, a, elf, len, &opts, d) : -ENOENT;

	free(elf);
	return err ? NULL : img;
}

/* "lock__kept" is "lock", "value_bounds__x" is "value-bounds". */
static void check_verdict(const struct image_prog *p, const struct verify_result *r)
{
	const char *end = strstr(p->name, "__");
	char want[64];

	CHECK(end && (size_t)(end - p->name) < sizeof(want));
	if (!end)
		return;
	snprintf(want, sizeof(want), "%.*s", (int)(end - p->name), p->name);
	for (char *c = want; *c; c++)
		*c = *c == '_' ? '-' : *c;
	const char *got = r->accepted ? "ok" : verify_category_name(r->finding.category);
	if (strcmp(got, want) != 0)
		test_fail(__FILE__, __LINE__, "%s: %s: %s", p->name, got,
			  r->accepted ? "" : r->finding.message);
}

TEST(verify_fields_of_map_values)
{
	struct verify_options opts = { .privileged = true };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct image *img = open_object(&a, TEST_OBJECTS "/verify_fields.o", NULL, &d);
	CHECK(img && img->progs.n > 10);
	for (u32 i = 0; img && i < img->progs.n; i++) {
		struct verify_result r;
		CHECK_EQ(verify_program(&a, img, i, &opts, &r, &d), 0);
		check_verdict(&img->progs.at[i], &r);
	}
	if (img)
		image_done(img);
	arena_done(&a);
}

/* Whether the kernel has all functions that a program calls; a weak one that is missing leaves a gap. */
static bool has_functions(const struct image *img, const struct image_prog *p,
			  struct rawbtf *kernel)
{
	for (u32 k = 0; k < p->count; k++) {
		const struct bpf_insn *i = &p->insns[k];
		if (i->code == (BPF_JMP | BPF_CALL) && image_gap(p, k))
			return false;
		if (i->code == (BPF_JMP | BPF_CALL) && i->src_reg == BPF_PSEUDO_KFUNC_CALL &&
		    !rawbtf_find(kernel, RAWBTF_KIND(BTF_KIND_FUNC), img->externs.at[i->imm].name))
			return false;
	}
	return true;
}

/* What the newest compiler has made of it: older ones leave some of the programs out. */
static const char *newest(struct arena *a, const char *name)
{
	const char *path = arena_printf(a, TEST_OBJECTS "/%s.clang-19.o", name);

	return access(path, R_OK) ? arena_printf(a, TEST_OBJECTS "/%s.o", name) : path;
}

static void ask_about(struct arena *a, const char *path, const struct image_prog *p)
{
	static const char *const none[] = { NULL };
	struct ask_program asked = { p->name, p->type, p->attach, 0, none, false };
	struct ask kernel;
	size_t len;
	char *elf = text_read_file(path, MAX_OBJECT, &len);

	CHECK(elf);
	if (elf)
		ask_kernel(a, elf, len, &asked, &kernel);
	free(elf);
	if (elf && kernel.answer != ASK_NONE &&
	    (kernel.answer == ASK_ACCEPT) != !strncmp(p->name, "ok__", 4))
		test_fail(__FILE__, __LINE__, "%s: the kernel %s it: %s", p->name,
			  kernel.answer == ASK_ACCEPT ? "accepts" : "rejects", kernel.reason);
}

/* Judged here and by the kernel, as far as this one has what the programs call; others, whose names say nothing, are not. */
static void judge_all(struct rawbtf *kernel, const char *name, u32 at_least)
{
	struct verify_options opts = { .privileged = true, .kernel = kernel };
	struct arena a;
	struct diag d;
	u32 judged = 0;

	arena_init(&a);
	diag_init(&d, &a);
	const char *path = newest(&a, name);
	struct image *img = open_object(&a, path, kernel, &d);
	CHECK(img);
	for (u32 i = 0; img && i < img->progs.n; i++) {
		struct verify_result r;
		if (!has_functions(img, &img->progs.at[i], kernel) ||
		    !strstr(img->progs.at[i].name, "__"))
			continue;
		CHECK_EQ(verify_program(&a, img, i, &opts, &r, &d), 0);
		check_verdict(&img->progs.at[i], &r);
		if (geteuid() == 0)
			ask_about(&a, path, &img->progs.at[i]);
		judged++;
	}
	CHECK(judged >= at_least);
	if (img)
		image_done(img);
	arena_done(&a);
}

/* On a kernel that has this function (NULL: on any); without: what it lacks otherwise. */
static void check_with_kernel(const char *name, u32 at_least, const char *function,
			      const char *without)
{
	struct rawbtf *kernel = NULL;

	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		SKIP("the kernel has no BTF");
	if (function && !rawbtf_find(kernel, RAWBTF_KIND(BTF_KIND_FUNC), function))
		test_skip(without);
	else
		judge_all(kernel, name, at_least);
	rawbtf_free(kernel);
}

TEST(verify_what_the_kernel_has)
{
	check_with_kernel("verify_kernel", 11, NULL, "");
}

TEST(verify_symbols_of_the_kernel)
{
	check_with_kernel("verify_symbols", 8, NULL, "");
}

/* Members of a struct of operations. */
TEST(verify_operations)
{
	check_with_kernel("verify_ops", 8, NULL, "");
}

/* What the kernel keeps is for programs with its licence. */
TEST(verify_structs_by_license)
{
	struct verify_options opts = { .privileged = true };
	struct verify_result r;
	struct rawbtf *kernel = NULL;
	struct arena a;
	struct diag d;

	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		SKIP("the kernel has no BTF");
	arena_init(&a);
	diag_init(&d, &a);
	opts.kernel = kernel;
	struct image *img = open_object(&a, TEST_OBJECTS "/verify_symbols.o", kernel, &d);
	s32 prog = img ? image_find_prog(img, "ok__struct_of_this_cpu") : IMAGE_NONE;
	CHECK(prog >= 0);
	for (int i = 0; prog >= 0 && i < 2; i++) {
		img->license = i ? "Dual MIT/GPL" : "MIT";
		CHECK_EQ(verify_program(&a, img, (u32)prog, &opts, &r, &d), 0);
		CHECK(r.accepted == (i == 1));
		CHECK(r.accepted || r.finding.category == VERIFY_ACCESS);
	}
	if (img)
		image_done(img);
	rawbtf_free(kernel);
	arena_done(&a);
}

TEST(verify_operations_by_license)
{
	struct verify_options opts = { .privileged = true };
	struct verify_result r;
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct image *img = open_object(&a, TEST_OBJECTS "/verify_ops.o", NULL, &d);
	s32 prog = img ? image_find_prog(img, "ok__nothing_is_returned") : IMAGE_NONE;
	CHECK(prog >= 0);
	if (prog >= 0) {
		img->license = "MIT";
		CHECK_EQ(verify_program(&a, img, (u32)prog, &opts, &r, &d), 0);
		CHECK(!r.accepted && r.finding.category == VERIFY_HELPER);
	}
	if (img)
		image_done(img);
	arena_done(&a);
}

static u32 count_reached(struct arena *a, const struct image *img, u32 prog,
			 const struct verify_options *opts)
{
	struct verify_result r;
	struct diag d;
	u32 n = 0;

	diag_init(&d, a);
	CHECK_EQ(verify_program(a, img, prog, opts, &r, &d), 0);
	CHECK(r.accepted);
	for (u32 k = 0; r.accepted && k < img->progs.at[prog].count; k++)
		n += r.facts[k].is_reached;
	return n;
}

/* Where there is no kernel, its variables are not there. */
TEST(verify_symbols_apart)
{
	struct verify_options opts = { .privileged = true };
	struct rawbtf *kernel = NULL;
	struct arena a;
	struct diag d;

	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		SKIP("the kernel has no BTF");
	if (!rawbtf_find(kernel, RAWBTF_KIND(BTF_KIND_VAR), "process_counts")) {
		rawbtf_free(kernel);
		SKIP("the kernel has no process_counts");
	}
	arena_init(&a);
	diag_init(&d, &a);
	opts.kernel = kernel;
	struct image *img = open_object(&a, TEST_OBJECTS "/verify_symbols.o", kernel, &d);
	s32 prog = img ? image_find_prog(img, "ok__variable_there") : IMAGE_NONE;
	CHECK(prog >= 0);
	if (prog >= 0) {
		u32 there = count_reached(&a, img, (u32)prog, &opts);
		opts.is_apart = true;
		CHECK_EQ(count_reached(&a, img, (u32)prog, &opts), there + 1);
	}
	if (img)
		image_done(img);
	rawbtf_free(kernel);
	arena_done(&a);
}

/* Objects of programs' own types, lists and trees. */
TEST(verify_what_programs_own)
{
	check_with_kernel("verify_owned", 11, "bpf_rbtree_add_impl", "the kernel has no trees");
}

TEST(verify_work_queues)
{
	check_with_kernel("work", 10, "bpf_wq_set_callback_impl", "the kernel has no work queues");
}

/* Without the kernel's types it is not known what the kernel knows, and all that is looked up may be NULL. */
static void reject_all(const char *name)
{
	struct verify_options opts = { .privileged = true };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct image *img = open_object(&a, newest(&a, name), NULL, &d);
	for (u32 i = 0; img && i < img->progs.n; i++) {
		struct verify_result r;
		CHECK_EQ(verify_program(&a, img, i, &opts, &r, &d), 0);
		CHECK(!r.accepted && r.finding.category == VERIFY_NULL);
	}
	if (img)
		image_done(img);
	arena_done(&a);
}

TEST(verify_known_keys)
{
	struct rawbtf *kernel = NULL;

	reject_all("verify_keys");
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		SKIP("the kernel has no BTF");
	u32 call = ktype_find(kernel, BTF_KIND_STRUCT, "bpf_call_arg_meta");
	if (!call || !ktype_has_member(kernel, call, "const_map_key")) {
		rawbtf_free(kernel);
		SKIP("the kernel knows of no keys");
	}
	judge_all(kernel, "verify_keys", 10);
	rawbtf_free(kernel);
}

TEST(verify_many_paths)
{
	struct verify_options opts = { .privileged = true };
	struct verify_result r;
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct image *img = open_object(&a, TEST_OBJECTS "/tcp_options.o", NULL, &d);
	CHECK(img && !verify_program(&a, img, 0, &opts, &r, &d) && r.accepted);
	CHECK(img && r.steps < 10000);
	if (img)
		image_done(img);
	arena_done(&a);
}

TEST(verify_many_ways_down)
{
	struct verify_options opts = { .privileged = true };
	struct verify_result r;
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct image *img = open_object(&a, TEST_OBJECTS "/ways.o", NULL, &d);
	CHECK(img && !verify_program(&a, img, 0, &opts, &r, &d));
	if (img) {
		check_verdict(&img->progs.at[0], &r);
		image_done(img);
	}
	arena_done(&a);
}
