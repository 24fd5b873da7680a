/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects relocated by the kernel's types, and by the part of these that they need: by us and by libbpf. */
#include "unit/test.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "isa/insn.h"
#include "object/image_min.h"
#include "unit/object_image_fixture.h"

static const char kernel_path[] = "/sys/kernel/btf/vmlinux";

/* Opens the object by the kernel's types, and collects those that it looks at. */
static bool collect(struct image_fixture *f, struct image_min *m, const char *name)
{
	image_fixture_init(f);
	if (!image_fixture_add(f, name) || rawbtf_open(kernel_path, NULL, &f->kernel))
		return false;
	image_min_init(m, &f->arena, f->kernel);
	f->options.min = m;
	f->options.no_kconfig = true;
	CHECK_EQ(image_fixture_open(f), 0);
	return !f->err;
}

/* How many instructions of all programs are not the same. */
static u32 count_differences(const struct image *a, const struct image *b)
{
	u32 n = 0;

	CHECK_EQ(a->progs.n, b->progs.n);
	for (size_t i = 0; i < a->progs.n && i < b->progs.n; i++) {
		const struct image_prog *p = &a->progs.at[i], *q = &b->progs.at[i];

		CHECK_EQ(p->count, q->count);
		for (u32 k = 0; k < p->count && k < q->count; k++)
			n += !!memcmp(&p->insns[k], &q->insns[k], sizeof(*p->insns));
	}
	return n;
}

/* The same object by the small BTF has to be the same, but for ids of types. */
static void check_small(struct image_fixture *f, const struct image_min *m, const char *name)
{
	struct image_options opts = { .no_kconfig = true };
	struct buf bytes = { 0 };
	struct rawbtf *small = NULL;
	struct image other;
	u32 types;

	image_min_write(m, &bytes, &types);
	CHECK_EQ(rawbtf_from_bytes(bytes.data, bytes.len, NULL, &small), 0);
	if (small) {
		CHECK_EQ(rawbtf_end(small), types + 1);
		opts.kernel = small;
		CHECK_EQ(image_open_all(&other, &f->arena, f->input, 1, &opts, &f->diag), 0);
		CHECK_EQ(other.progs.n > 0, 1);
		if (count_differences(&f->image, &other) != m->ids)
			test_fail(__FILE__, __LINE__, "%s: %u instructions differ, not %u", name,
				  count_differences(&f->image, &other), m->ids);
		image_done(&other);
	}
	CHECK(bytes.len < 16384);
	rawbtf_free(small);
	buf_done(&bytes);
}

TEST(image_min_relocates_alike)
{
	static const char *const names[] = { "core", "calls", "verify_fields", "verify_kernel" };

	if (access(kernel_path, R_OK))
		SKIP("the kernel has no types");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (size_t j = 0; image_variants[j]; j++) {
			struct image_fixture f;
			struct image_min m;
			char name[64];

			snprintf(name, sizeof(name), "%s%s", names[i], image_variants[j]);
			if (collect(&f, &m, name))
				check_small(&f, &m, name);
			image_fixture_done(&f);
		}
	}
}

/* Numbers of maps, which are others each time, do not count. */
static bool same(struct bpf_insn a, struct bpf_insn b)
{
	if (insn_is_ld_imm64(&a) && a.src_reg && a.src_reg != BPF_PSEUDO_FUNC)
		a.imm = b.imm;
	return !memcmp(&a, &b, sizeof(a));
}

/* Whether the kernel then takes the programs does not matter: their code is ready before it is asked. */
static struct bpf_object *open_by_libbpf(const struct image_fixture *f, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf);
	struct bpf_object *o = bpf_object__open_mem(f->input[0].elf, f->input[0].len, &opts);

	if (o)
		bpf_object__load(o);
	return o;
}

static u32 count_libbpf(const struct image_fixture *f, const char *path)
{
	struct bpf_object *a = open_by_libbpf(f, kernel_path), *b = open_by_libbpf(f, path);
	struct bpf_program *p, *q = NULL;
	u32 n = 0;

	CHECK(a && b);
	for (p = bpf_object__next_program(a, NULL); p; p = bpf_object__next_program(a, p)) {
		q = bpf_object__next_program(b, q);
		CHECK_EQ(bpf_program__insn_cnt(p), bpf_program__insn_cnt(q));
		for (size_t i = 0; i < bpf_program__insn_cnt(p); i++)
			n += !same(bpf_program__insns(p)[i], bpf_program__insns(q)[i]);
	}
	bpf_object__close(a);
	bpf_object__close(b);
	return n;
}

TEST(image_min_is_taken_by_libbpf)
{
	struct image_fixture f;
	struct image_min m;
	struct buf bytes = { 0 };
	char path[] = "/tmp/skep-unit-btf-XXXXXX";
	libbpf_print_fn_t old;
	int fd = -1;
	u32 types;

	if (geteuid() || !collect(&f, &m, "core")) {
		image_fixture_done(&f);
		SKIP("needs root, the test objects and the kernel's types");
	}
	image_min_write(&m, &bytes, &types);
	fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, bytes.data, bytes.len), bytes.len);
	old = libbpf_set_print(NULL);
	CHECK_EQ(count_libbpf(&f, path), m.ids);
	libbpf_set_print(old);
	close(fd);
	unlink(path);
	buf_done(&bytes);
	image_fixture_done(&f);
}
