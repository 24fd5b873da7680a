/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instruction by instruction what libbpf makes of the same objects: layout, references, CO-RE. */
#include "unit/test.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>

#include "isa/insn.h"
#include "cmd/compile.h"
#include "net/accel_impl.h"
#include "unit/object_image_fixture.h"

enum { CORE_TYPE_EXISTS = 8, CORE_TYPE_MATCHES = 12 };

/* What of a reference is the same: all but the numbers of maps and kernel symbols. */
static struct bpf_insn neutral(struct bpf_insn insn)
{
	if (insn_is_ld_imm64(&insn) && insn.src_reg) {
		if (insn.src_reg == BPF_PSEUDO_MAP_IDX)
			insn.src_reg = BPF_PSEUDO_MAP_FD;
		if (insn.src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
			insn.src_reg = BPF_PSEUDO_MAP_VALUE;
		if (insn.src_reg != BPF_PSEUDO_FUNC)
			insn.imm = 0;
	}
	/* Of a weak function that is not there older versions of libbpf leave the call as it was. */
	if (insn.code == (BPF_JMP | BPF_CALL) && !insn.src_reg && insn.imm >= IMAGE_GAP_FUNC)
		insn.src_reg = BPF_PSEUDO_KFUNC_CALL;
	if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_KFUNC_CALL)
		insn.imm = 0;
	return insn;
}

static void compare_prog(const struct image_prog *p, const struct bpf_program *theirs)
{
	const struct bpf_insn *insns = bpf_program__insns(theirs);
	size_t n = bpf_program__insn_cnt(theirs);

	if (p->count != n)
		test_fail(__FILE__, __LINE__, "%s: %u instructions instead of %zu", p->name,
			  p->count, n);
	for (u32 i = 0; i < p->count && p->count == n; i++) {
		struct bpf_insn a = neutral(p->insns[i]), b = neutral(insns[i]);

		if (memcmp(&a, &b, sizeof(a)))
			test_fail(
				__FILE__, __LINE__,
				"%s: instruction %u: %02x %d %d %d %d instead of %02x %d %d %d %d",
				p->name, i, a.code, a.dst_reg, a.src_reg, a.off, a.imm, b.code,
				b.dst_reg, b.src_reg, b.off, b.imm);
	}
	CHECK_EQ(p->type, bpf_program__type(theirs));
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* Whether the kernel then takes the programs does not matter: their code is ready before it is asked. */
static void compare_bytes(const struct image_fixture *f, const void *elf, size_t len,
			  const char *kernel)
{
	libbpf_print_fn_t old = libbpf_set_print(quiet);
	char pins[64];
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = kernel, .pin_root_path = pins);
	struct bpf_object *o;
	struct bpf_program *theirs;
	u32 n = 0;

	snprintf(pins, sizeof(pins), "/sys/fs/bpf/skep-unit-%d",
		 getpid()); /* runs may be side by side */
	o = bpf_object__open_mem(elf, len, &opts);
	CHECK(o != NULL);
	if (o) {
		bpf_object__load(o);
		bpf_object__for_each_program(theirs, o)
		{
			const struct image_prog *p =
				image_fixture_prog(f, bpf_program__name(theirs));

			CHECK(p != NULL);
			if (p)
				compare_prog(p, theirs);
			n++;
		}
		CHECK_EQ(f->image.progs.n, n);
	}
	if (o)
		bpf_object__unpin_maps(o, NULL);
	bpf_object__close(o);
	rmdir(pins);
	libbpf_set_print(old);
}

static void compare(const struct image_fixture *f)
{
	compare_bytes(f, f->input[0].elf, f->input[0].len, NULL);
}

static bool start(struct image_fixture *f, const char *name, const char *variant)
{
	image_fixture_init(f);
	return !geteuid() && image_fixture_add(f, arena_printf(&f->arena, "%s%s", name, variant)) &&
	       !rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &f->kernel);
}

TEST(image_like_libbpf)
{
	static const char *const names[] = { "calls", "maps", "core" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (size_t j = 0; image_variants[j]; j++) {
			struct image_fixture f;
			bool ok = start(&f, names[i], image_variants[j]);

			if (ok) {
				CHECK_EQ(image_fixture_open(&f), 0);
				CHECK_STR(image_fixture_error(&f), "");
				compare(&f);
			}
			image_fixture_done(&f);
			if (!ok && !*image_variants[j])
				SKIP("needs root, the test objects and the kernel's types");
		}
	}
}

/* The compilers that know TYPE_MATCHES are few: what asks whether a type exists is made to ask that. */
static u32 ask_for_matches(struct image_fixture *f)
{
	u8 *at = (u8 *)(uintptr_t)f->input[0].elf, *end = at + f->input[0].len - 16;
	u32 n = 0;

	/* A record: instruction, type, path, kind; instructions are in bytes, ascending. */
	for (; at < end; at += 4) {
		u32 r[4];

		memcpy(r, at, sizeof(r));
		if (r[3] == CORE_TYPE_EXISTS && r[0] % 8 == 0 && r[0] && r[1] && r[1] < 200 &&
		    r[2] && r[2] < 20000) {
			r[3] = CORE_TYPE_MATCHES;
			memcpy(at, r, sizeof(r));
			n++;
		}
	}
	return n;
}

TEST(image_type_matches)
{
	struct image_fixture f;

	if (!start(&f, "core", "")) {
		image_fixture_done(&f);
		SKIP("needs root, the test objects and the kernel's types");
	}
	CHECK(ask_for_matches(&f) >= 4);
	CHECK_EQ(image_fixture_open(&f), 0);
	compare(&f);
	image_fixture_done(&f);
}

/* The types of one object stand in for the kernel's when another is opened. */
static bool start_with(struct image_fixture *f, struct image_fixture *kernel, const char *name)
{
	bool ok;

	image_fixture_init(f);
	image_fixture_init(kernel);
	ok = !geteuid() && image_fixture_add(f, "core") && image_fixture_add(kernel, name);
	if (ok) {
		CHECK_EQ(image_fixture_open(kernel), 0);
		f->options.kernel = kernel->image.btf;
		f->err = image_open(&f->image, &f->arena, f->input[0].elf, f->input[0].len,
				    &f->options, &f->diag);
	}
	return ok;
}

TEST(image_other_kernel)
{
	struct image_fixture f, kernel;
	bool ok = start_with(&f, &kernel, "kernel_other"), resized = false;

	if (ok) {
		CHECK_EQ(f.err, 0);
		CHECK_STR(image_fixture_error(&f), "");
		compare_bytes(&f, f.input[0].elf, f.input[0].len, TEST_OBJECTS "/kernel_other.o");
		for (size_t i = 0; i < f.diag.items.n; i++)
			resized = resized || strstr(f.diag.items.at[i].text,
						    "the kernel has another size and sign of "
						    "'task_struct.pid'");
		CHECK(resized);
	}
	image_fixture_done(&f);
	image_fixture_done(&kernel);
	if (!ok)
		SKIP("needs root and the test objects");
}

TEST(image_ambiguous_kernel)
{
	struct image_fixture f, kernel;
	bool ok = start_with(&f, &kernel, "kernel_twice");

	if (ok) {
		CHECK_EQ(f.err, -EINVAL);
		CHECK(strstr(image_fixture_error(&f),
			     "the kernel has several types of the name, which differ in it"));
	}
	image_fixture_done(&f);
	image_fixture_done(&kernel);
	if (!ok)
		SKIP("needs root and the test objects");
}

/* What the kernel has not becomes a call that cannot be made, and a warning says which field it was. */
TEST(image_poison)
{
	struct image_fixture f;
	const struct image_prog *p;
	bool told = false;
	u32 n = 0;

	if (!start(&f, "core", "")) {
		image_fixture_done(&f);
		SKIP("needs root, the test objects and the kernel's types");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	p = image_fixture_prog(&f, "absent");
	for (u32 i = 0; p && i < p->count; i++) {
		bool is_gap = p->insns[i].code == (BPF_JMP | BPF_CALL) &&
			      p->insns[i].imm == IMAGE_GAP_FIELD;

		n += is_gap;
		CHECK(!image_gap(p, i) || is_gap);
	}
	CHECK(p && p->gaps.n && !strncmp(p->gaps.at[0].text, "the kernel has no '", 19));
	CHECK(n >= 3);
	for (size_t i = 0; i < f.diag.items.n; i++)
		told = told || strstr(f.diag.items.at[i].text,
				      "the kernel has no 'task_struct___other.absent_field'");
	CHECK(told);
	image_fixture_done(&f);
}

TEST(image_without_kernel)
{
	struct image_fixture f;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "core")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_EQ(f.diag.items.n, 1);
	CHECK(f.diag.items.n && strstr(f.diag.items.at[0].text, "stay as compiled"));
	image_fixture_done(&f);
}

/* What this project itself makes: an object of BPF C, and scripts with CO-RE as they are saved. */
static bool open_own(struct image_fixture *f, const void *elf, size_t len)
{
	f->options.kernel = f->kernel;
	CHECK_EQ(image_open(&f->image, &f->arena, elf, len, &f->options, &f->diag), 0);
	CHECK_STR(image_fixture_error(f), "");
	if (f->diag.errors)
		return false;
	compare_bytes(f, elf, len, NULL);
	image_done(&f->image);
	return true;
}

TEST(image_own_objects)
{
	static const char *const scripts[] = {
		"begin { @ = curtask.pid; printf(\"%d\", @); }",
		"tracepoint:sched:sched_switch { @[comm, cpu] = count(); @h = hist(nsecs); }",
		"interval:s:1 { for ($kv : @a) { print($kv.0); } } begin { @a[1] = 2; exit(); }",
		"begin { $t = curtask; if ($t.group_leader.tgid > 3) { @x[pid] = sum($t.prio); } }",
	};
	struct image_fixture f;
	const void *elf;
	size_t len;

	image_fixture_init(&f);
	if (geteuid() || rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &f.kernel)) {
		image_fixture_done(&f);
		SKIP("needs root and the kernel's types");
	}
	elf = accel_object(&len);
	CHECK(open_own(&f, elf, len));
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct lang_options lang = { 0 };
		struct compile_input in = { .name = "test.bt",
					    .text = scripts[i],
					    .len = strlen(scripts[i]),
					    .lang = &lang,
					    .portable = true };
		struct compiled c = { 0 };

		CHECK_EQ(compile_script(&f.arena, &in, &c, &f.diag), 0);
		CHECK_STR(image_fixture_error(&f), "");
		if (c.elf.len)
			CHECK(open_own(&f, c.elf.data, c.elf.len));
		compiled_done(&c);
	}
	image_fixture_done(&f);
}
