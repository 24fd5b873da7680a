/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects as compilers make them, opened for the machine: what maps, programs, functions and lines come out. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "isa/insn.h"
#include "unit/object_image_fixture.h"

/* All references are within the program, and lead to functions, maps and values that there are. */
static void check_references(const struct image *img, const struct image_prog *p)
{
	for (u32 i = 0; i < p->count; i++) {
		const struct bpf_insn *insn = &p->insns[i];
		const struct image_func *to;

		if ((insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
		    (insn_is_ld_imm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC)) {
			to = image_func(p, (u32)((s32)i + 1 + insn->imm));
			CHECK(to && to->start == (u32)((s32)i + 1 + insn->imm));
		}
		if (!insn_is_ld_imm64(insn))
			continue;
		CHECK(insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_VALUE);
		if (insn->src_reg == BPF_PSEUDO_MAP_IDX ||
		    insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
			CHECK(insn->imm >= 0 && (size_t)insn->imm < img->maps.n);
		if (insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
			CHECK((u32)insn[1].imm < img->maps.at[insn->imm].value_size);
		i++;
	}
}

static bool has_func(const struct image_prog *p, const char *name, bool is_global)
{
	u32 n = 0;

	for (size_t i = 0; i < p->funcs.n; i++) {
		if (!strcmp(p->funcs.at[i].name, name)) {
			CHECK_EQ(p->funcs.at[i].is_global, is_global);
			CHECK(p->funcs.at[i].type != 0);
			n++;
		}
	}
	CHECK(n <= 1);
	return n == 1;
}

static void check_calls_progs(const struct image_fixture *f)
{
	const struct image_prog *p = image_fixture_prog(f, "one");

	CHECK_EQ(f->image.progs.n, 4);
	CHECK(p != NULL);
	if (!p)
		return;
	CHECK_STR(p->section, "raw_tp");
	CHECK_EQ(p->type, BPF_PROG_TYPE_RAW_TRACEPOINT);
	CHECK_EQ(p->funcs.n, 4);
	CHECK(has_func(p, "one", true) && has_func(p, "first", false));
	CHECK(has_func(p, "shared", true) && has_func(p, "deep", false));
	CHECK_EQ(p->funcs.at[0].start, 0);
	p = image_fixture_prog(f, "two");
	CHECK(p && p->funcs.n == 4 && has_func(p, "visit", false));
	p = image_fixture_prog(f, "tracepoint/sched/sched_switch");
	CHECK(p && p->funcs.n == 1);
	if (p) {
		CHECK_STR(p->name, "three");
		CHECK_STR(p->target, "sched/sched_switch");
	}
	p = image_fixture_prog(f, "four");
	CHECK(p && p->type == BPF_PROG_TYPE_XDP && p->attach == BPF_XDP);
}

static void check_calls_maps(const struct image_fixture *f)
{
	const struct image_map *m = image_fixture_map(f, "counts");
	u64 a = 0, b = 0;

	CHECK(m && m->type == BPF_MAP_TYPE_HASH && m->key_size == 4 && m->value_size == 8);
	CHECK(m && m->max_entries == 64 && m->key_type && m->value_type && !m->is_pinned);
	m = image_fixture_map(f, "pinned");
	CHECK(m && m->is_pinned && m->flags == BPF_F_MMAPABLE && m->value_size == 16);
	m = image_fixture_map(f, ".data");
	CHECK(m && m->origin == IMAGE_MAP_DATA && m->value_size == 16 && m->data);
	if (m && m->data) {
		memcpy(&a, m->data, 8);
		memcpy(&b, m->data + 8, 8);
		CHECK_EQ(a + b, 7 + 5);
	}
	m = image_fixture_map(f, ".rodata");
	CHECK(m && m->origin == IMAGE_MAP_RODATA && (m->flags & BPF_F_RDONLY_PROG) && m->data);
	m = image_fixture_map(f, ".rodata.fixed");
	CHECK(m && m->data && m->data[0] == 11);
	m = image_fixture_map(f, ".data.aside");
	CHECK(m && m->origin == IMAGE_MAP_DATA && m->data && m->data[0] == 9);
	m = image_fixture_map(f, ".bss");
	CHECK(m && m->origin == IMAGE_MAP_BSS && !m->data && m->value_size >= 12);
}

/* Whether all bytes of such a variable, and none besides, are known as its own. */
static bool names(const struct image_map *m, const char *name, u32 size)
{
	u32 found = 0;

	for (u32 i = 0; i <= m->value_size; i++) {
		const struct image_variable *v = image_variable(m, i);

		if (v && !strcmp(v->name, name) && v->offset <= i && v->size == size)
			found++;
	}
	return found == size;
}

static void check_variables(const struct image_fixture *f)
{
	CHECK(names(image_fixture_map(f, ".data"), "seen", 8));
	CHECK(names(image_fixture_map(f, ".data"), "hidden", 8));
	CHECK(names(image_fixture_map(f, ".bss"), "total", 8));
	CHECK(names(image_fixture_map(f, ".bss"), "calls", 4));
	CHECK(names(image_fixture_map(f, ".rodata"), "limit", 4));
	CHECK(!image_variable(image_fixture_map(f, "counts"), 0));
}

static void check_lines(const struct image_prog *p)
{
	const struct image_line *l = image_line(p, 0);

	CHECK(l != NULL);
	for (u32 i = 0; i < p->count; i++) {
		l = image_line(p, i);
		CHECK(l && l->line && strstr(l->file, "calls.c"));
		CHECK(l && *l->text);
		CHECK(l && l->insn <= i && l->insn >= image_func(p, i)->start);
	}
	CHECK(image_func(p, p->count) == NULL);
}

TEST(image_calls)
{
	for (size_t i = 0; image_variants[i]; i++) {
		struct image_fixture f;

		image_fixture_init(&f);
		if (image_fixture_add(&f, arena_printf(&f.arena, "calls%s", image_variants[i]))) {
			CHECK_EQ(image_fixture_open(&f), 0);
			CHECK_STR(image_fixture_error(&f), "");
			CHECK_STR(f.image.license, "GPL");
			CHECK_EQ(f.image.version, 0x60102);
			check_calls_progs(&f);
			check_calls_maps(&f);
			check_variables(&f);
			for (size_t j = 0; j < f.image.progs.n; j++) {
				check_references(&f.image, &f.image.progs.at[j]);
				check_lines(&f.image.progs.at[j]);
			}
		} else if (!*image_variants[i]) {
			image_fixture_done(&f);
			SKIP("the test objects were not built");
		}
		image_fixture_done(&f);
	}
}

/* Variables that are in no section, as compilers had it before -fno-common was the default. */
TEST(image_common)
{
	struct image_fixture f;
	const struct image_map *m;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "calls.common") || !image_fixture_add(&f, "link_b.common")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	m = image_fixture_map(&f, ".common");
	CHECK(m && m->origin == IMAGE_MAP_BSS && m->value_size == 8);
	for (size_t i = 0; i < f.image.progs.n; i++)
		check_references(&f.image, &f.image.progs.at[i]);
	image_fixture_done(&f);
}

TEST(image_of_gcc)
{
	struct image_fixture f;
	const struct image_prog *p;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "tcp_options.gcc")) {
		image_fixture_done(&f);
		SKIP("gcc for BPF is not here");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_STR(image_fixture_error(&f), "");
	p = image_fixture_prog(&f, "tcp_options");
	CHECK(p && p->type == BPF_PROG_TYPE_XDP && p->count > 20);
	CHECK(f.image.btf != NULL);
	image_fixture_done(&f);
}

TEST(image_slots)
{
	struct image_fixture f;
	const struct image_map *m;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "maps")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_STR(f.image.license, "Dual BSD/GPL");
	m = image_fixture_map(&f, "outer");
	CHECK(m && m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS && m->slots.n == 2 && m->value_size == 4);
	if (m && m->slots.n == 2) {
		CHECK_EQ(m->slots.at[0].key, 1);
		CHECK_EQ(m->slots.at[0].index, image_find_map(&f.image, "b"));
		CHECK_EQ(m->slots.at[1].key, 3);
		CHECK_EQ(m->slots.at[1].index, image_find_map(&f.image, "a"));
		CHECK(m->inner != IMAGE_NONE);
		m = &f.image.maps.at[m->inner];
		CHECK(m->type == BPF_MAP_TYPE_ARRAY && m->value_size == 8 && m->max_entries == 2);
	}
	m = image_fixture_map(&f, "progs");
	CHECK(m && m->slots.n == 1 && m->slots.at[0].key == 2);
	CHECK(m && m->slots.n && m->slots.at[0].index == image_find_prog(&f.image, "leaf"));
	image_fixture_done(&f);
}

TEST(image_wide_numbers)
{
	struct image_fixture f;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "wide")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	const struct image_map *m = image_fixture_map(&f, "filter");
	u64 want = m && m->extra >> 32 ? 1ull << 44 | 3 : 3; /* clang 14 keeps the low half only */
	CHECK(m && m->extra == want);
	image_fixture_done(&f);
}

TEST(image_static_maps)
{
	struct image_fixture f;
	const struct image_prog *p;
	s32 used[2] = { IMAGE_NONE, IMAGE_NONE };

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "static")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_STR(image_fixture_error(&f), "");
	p = image_fixture_prog(&f, "use");
	for (u32 i = 0, n = 0; p && i < p->count && n < 2; i++) {
		if (insn_is_ld_imm64(&p->insns[i]))
			used[n++] = p->insns[i].imm;
	}
	CHECK_EQ(used[0], image_find_map(&f.image, "second"));
	CHECK_EQ(used[1], image_find_map(&f.image, "first"));
	image_fixture_done(&f);
}

TEST(image_legacy)
{
	struct image_fixture f;
	const struct image_map *m;
	const struct image_prog *p;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "legacy")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_EQ(f.image.maps.n, 4);
	m = image_fixture_map(&f, "beside");
	CHECK(m && m->origin == IMAGE_MAP_LEGACY && m->type == BPF_MAP_TYPE_LRU_HASH);
	CHECK(m && m->max_entries == 7);
	m = image_fixture_map(&f, "hash");
	CHECK(m && m->origin == IMAGE_MAP_LEGACY && m->type == BPF_MAP_TYPE_HASH);
	CHECK(m && m->key_type && m->value_type && m->key_type != m->value_type);
	CHECK(m && m->max_entries == 100 && m->flags == BPF_F_NO_PREALLOC && m->value_size == 8);
	m = image_fixture_map(&f, "local");
	CHECK(m && m->type == BPF_MAP_TYPE_PERCPU_ARRAY && m->value_size == 32);
	p = image_fixture_prog(&f, "filter");
	CHECK(p && p->is_known && p->type == BPF_PROG_TYPE_SOCKET_FILTER);
	if (p)
		check_references(&f.image, p);
	image_fixture_done(&f);
}

TEST(image_operations)
{
	struct image_fixture f;
	const struct image_prog *p;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "struct_ops")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	p = image_fixture_prog(&f, "undo_cwnd");
	CHECK(p && p->ops && !strcmp(p->ops, "tcp_congestion_ops"));
	CHECK(p && p->member && !strcmp(p->member, "undo_cwnd"));
	image_fixture_done(&f);
}

TEST(image_parameters)
{
	struct image_fixture f;
	const struct image_prog *p;
	u32 numbers = 0;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "decoder")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	p = image_fixture_prog(&f, "decode");
	CHECK(p && p->type == BPF_PROG_TYPE_LIRC_MODE2);
	for (u32 i = 0; p && i < p->count; i++) {
		if (insn_is_ld_imm64(&p->insns[i]) && !p->insns[i].src_reg) {
			numbers++;
			CHECK(!p->insns[i].imm || p->insns[i].imm == 150);
		}
	}
	CHECK_EQ(numbers, 2);
	image_fixture_done(&f);
}

TEST(image_legacy_iproute2)
{
	struct image_fixture f;
	const struct image_map *m;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "legacy_iproute2")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	m = image_fixture_map(&f, "outside");
	CHECK(m && m->inner == image_find_map(&f.image, "inside") && m->is_pinned);
	CHECK(m && m->max_entries == 3);
	image_fixture_done(&f);
}

static const char config[] = "# CONFIG_NEVER_HEARD_OF is not set\n"
			     "CONFIG_BPF=y\nCONFIG_LOCALVERSION=\"-some\"\nCONFIG_TRISTATE=m\n"
			     "CONFIG_HZ=250\n";

static void write_config(char *path, const char *text, bool compress)
{
	int fd = mkstemp(path);
	gzFile z;

	CHECK(fd >= 0);
	if (fd < 0)
		return;
	if (!compress) {
		CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
		close(fd);
		return;
	}
	z = gzdopen(fd, "w");
	CHECK_EQ(gzwrite(z, text, (unsigned)strlen(text)), strlen(text));
	CHECK_EQ(gzclose(z), Z_OK);
}

/* Whether some load of the map's address leads to these bytes. */
static bool leads_to(const struct image *img, const struct image_prog *p, s32 map,
		     const void *bytes, u32 n)
{
	for (u32 i = 0; i < p->count; i++) {
		const struct bpf_insn *insn = &p->insns[i];

		if (!insn_is_ld_imm64(insn))
			continue;
		if (insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE && insn->imm == map &&
		    (u32)insn[1].imm + n <= img->maps.at[map].value_size &&
		    !memcmp(img->maps.at[map].data + insn[1].imm, bytes, n))
			return true;
		i++;
	}
	return false;
}

static void check_config(const struct image_fixture *f)
{
	const struct image_prog *p = image_fixture_prog(f, "config");
	s32 map = image_find_map(&f->image, ".kconfig");
	u32 hz = 250, module = 2, version;

	CHECK(p && map != IMAGE_NONE);
	if (!p || map == IMAGE_NONE)
		return;
	CHECK_EQ(f->image.maps.at[map].origin, IMAGE_MAP_KCONFIG);
	CHECK(leads_to(&f->image, p, map, "-some", 6));
	CHECK(leads_to(&f->image, p, map, &hz, sizeof(hz)));
	CHECK(leads_to(&f->image, p, map, &module, sizeof(module)));
	CHECK(leads_to(&f->image, p, map, "\x01", 1) && leads_to(&f->image, p, map, "", 1));
	CHECK(names(&f->image.maps.at[map], "CONFIG_HZ", 4));
	CHECK(names(&f->image.maps.at[map], "CONFIG_LOCALVERSION", 16));
	version = f->image.maps.at[map].data[2];
	CHECK(version >= 3 && version < 100);
}

static void open_with_config(struct image_fixture *f, const char *text, bool compress)
{
	char path[] = "/tmp/image_test_XXXXXX";

	write_config(path, text, compress);
	f->options.kconfig = path;
	image_fixture_open(f);
	f->options.kconfig = NULL;
	unlink(path);
}

static bool extern_open(struct image_fixture *f, const char *text, bool compress)
{
	bool there;

	image_fixture_init(f);
	there = image_fixture_add(f, "extern");
	if (there)
		open_with_config(f, text, compress);
	return there;
}

TEST(image_externs)
{
	struct image_fixture f;

	for (int compress = 0; compress < 2; compress++) {
		const struct image_prog *p;
		u32 kernel = 0, calls = 0;

		if (!extern_open(&f, config, compress)) {
			image_fixture_done(&f);
			SKIP("the test objects were not built");
		}
		CHECK_STR(image_fixture_error(&f), "");
		check_config(&f);
		CHECK_EQ(f.image.externs.n, 5);
		p = image_fixture_prog(&f, "symbols");
		for (u32 i = 0; p && i < p->count; i++)
			kernel += insn_is_ld_imm64(&p->insns[i]) &&
				  p->insns[i].src_reg == BPF_PSEUDO_BTF_ID;
		CHECK_EQ(kernel, 3);
		p = image_fixture_prog(&f, "functions");
		for (u32 i = 0; p && i < p->count; i++) {
			if (p->insns[i].code != (BPF_JMP | BPF_CALL))
				continue;
			CHECK_EQ(p->insns[i].src_reg, BPF_PSEUDO_KFUNC_CALL);
			CHECK(f.image.externs.at[p->insns[i].imm].is_func);
			calls++;
		}
		CHECK_EQ(calls, 2);
		image_fixture_done(&f);
	}
}

/* Weak ones that the kernel does not have: their addresses are 0, and calls of them cannot be made. */
TEST(image_externs_absent)
{
	struct image_fixture f;
	const struct image_prog *p;
	u32 absent = 0, want;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "extern") ||
	    rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &f.kernel)) {
		image_fixture_done(&f);
		SKIP("needs the test objects and the kernel's types");
	}
	open_with_config(&f, config, false);
	CHECK_STR(image_fixture_error(&f), "");
	for (size_t i = 0; i < f.image.externs.n; i++)
		CHECK(strncmp(f.image.externs.at[i].name, "no_such", 7));
	p = image_fixture_prog(&f, "functions");
	for (u32 i = 0; p && i < p->count; i++)
		absent += p->insns[i].code == (BPF_JMP | BPF_CALL) && !p->insns[i].src_reg;
	/* bpf_task_from_pid() came with Linux 6.2. */
	want = 1 + !rawbtf_find(f.kernel, RAWBTF_KIND(BTF_KIND_FUNC), "bpf_task_from_pid");
	CHECK_EQ(absent, want);
	CHECK(p && p->gaps.n == want);
	if (p && p->gaps.n)
		CHECK_STR(image_gap(p, p->gaps.at[0].insn), "the kernel has no 'no_such_function'");
	image_fixture_done(&f);
}

TEST(image_config_errors)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "CONFIG_BPF=m\n", "CONFIG_BPF=m does not fit the type of the variable" },
		{ "CONFIG_HZ=99999999999\n", "CONFIG_HZ=99999999999 does not fit" },
		{ "CONFIG_HZ=y\n", "CONFIG_HZ=y does not fit" },
		{ "CONFIG_LOCALVERSION=5\n", "CONFIG_LOCALVERSION=5 does not fit" },
		{ "CONFIG_BPF=y\n", "has no value for '" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image_fixture f;

		if (!extern_open(&f, cases[i].text, false)) {
			image_fixture_done(&f);
			SKIP("the test objects were not built");
		}
		CHECK_EQ(f.err, -EINVAL);
		if (!strstr(image_fixture_error(&f), cases[i].error))
			CHECK_STR(image_fixture_error(&f), cases[i].error);
		image_fixture_done(&f);
	}
}

static bool add_two(struct image_fixture *f, const char *a, const char *b)
{
	image_fixture_init(f);
	return image_fixture_add(f, a) && (!b || image_fixture_add(f, b));
}

TEST(image_link)
{
	struct image_fixture f;
	const struct image_prog *p;

	if (!add_two(&f, "link_a", "link_b")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_STR(image_fixture_error(&f), "");
	CHECK_EQ(f.image.progs.n, 2);
	CHECK_EQ(f.image.maps.n, 3); /* both, and .data of each */
	p = image_fixture_prog(&f, "entry");
	CHECK(p && p->funcs.n == 3 && has_func(p, "twice", true));
	if (p) {
		bool strong = false;

		check_references(&f.image, p);
		/* which() is link_b's, which adds 1000. */
		for (u32 i = 0; i < p->count; i++)
			strong = strong || p->insns[i].imm == 1000;
		CHECK(strong);
		CHECK(strstr(image_line(p, p->count - 1)->file, "link_b.c"));
	}
	image_fixture_done(&f);
}

TEST(image_link_errors)
{
	struct image_fixture f;

	if (!add_two(&f, "link_b", "link_b")) {
		image_fixture_done(&f);
		SKIP("the test objects were not built");
	}
	CHECK_EQ(image_fixture_open(&f), -EINVAL);
	CHECK(strstr(image_fixture_error(&f), "is defined twice"));
	image_fixture_done(&f);
	add_two(&f, "link_b", "link_c");
	CHECK_EQ(image_fixture_open(&f), -EINVAL);
	CHECK(strstr(image_fixture_error(&f),
		     "map 'both': another object declares otherwise 'both'"));
	image_fixture_done(&f);
	add_two(&f, "link_a", NULL);
	CHECK_EQ(image_fixture_open(&f), -EINVAL);
	CHECK(strstr(image_fixture_error(&f), "is defined nowhere"));
	image_fixture_done(&f);
}

TEST(image_of_instructions)
{
	const struct bpf_insn code[] = { insn_mov64_imm(0, 1), insn_exit() };
	struct image img;
	struct arena a;

	arena_init(&a);
	image_of_insns(&img, &a, BPF_PROG_TYPE_XDP, code, 2);
	CHECK_EQ(img.progs.n, 1);
	CHECK(img.progs.at[0].insns == code && img.progs.at[0].count == 2);
	CHECK(image_func(&img.progs.at[0], 1) == &img.progs.at[0].funcs.at[0]);
	CHECK(image_line(&img.progs.at[0], 0) == NULL);
	CHECK_EQ(image_find_prog(&img, "prog"), 0);
	CHECK_EQ(image_find_prog(&img, "other"), IMAGE_NONE);
	image_done(&img);
	arena_done(&a);
}
