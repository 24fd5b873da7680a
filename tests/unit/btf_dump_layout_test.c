/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header that is made of BTF, compiled: sizes and places of all members are asserted as BTF has them, natively and for BPF; a
 * program that is run asks where bit-fields are, which no assertion can.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "btf/btffile.h"
#include "btf/dump_impl.h"
#include "unit/test.h"

enum { MAX_PATH_LEN = 512 };

struct checks {
	struct dump *dump;
	struct out asserts, runs;
	char type[MAX_PATH_LEN]; /* "struct foo" */
	u32 sizes, members, bits;
};

static void check_members(struct checks *c, const struct btf_type *t, const char *path, u64 base);

static bool is_const(struct dump *d, u32 id)
{
	const struct btf_type *t = dump_type(d, id);

	while (t && BTF_INFO_KIND(t->info) != BTF_KIND_CONST &&
	       (BTF_INFO_KIND(t->info) == BTF_KIND_VOLATILE ||
		BTF_INFO_KIND(t->info) == BTF_KIND_TYPEDEF))
		t = dump_type(d, t->type);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_CONST;
}

static void check_inside(struct checks *c, u32 id, const char *path, u64 base)
{
	const struct btf_type *t = dump_type(c->dump, id);
	char inner[MAX_PATH_LEN];

	if (t && BTF_INFO_KIND(t->info) == BTF_KIND_ARRAY) {
		snprintf(inner, sizeof(inner), "%.500s[0]", path);
		check_inside(c, ((const struct btf_array *)(const void *)(t + 1))->type, inner,
			     base);
	} else if (t && dump_is_record(BTF_INFO_KIND(t->info)) && !t->name_off) {
		snprintf(inner, sizeof(inner), "%.500s.", path);
		check_members(c, t, inner, base);
	}
}

static void check_members(struct checks *c, const struct btf_type *t, const char *path, u64 base)
{
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		struct dump_member m = dump_member(c->dump, t, i);
		const struct btf_type *target = dump_type(c->dump, m.type);
		char whole[MAX_PATH_LEN];

		snprintf(whole, sizeof(whole), "%.250s%.250s", path, m.name);
		if (!*m.name) {
			if (target && dump_is_record(BTF_INFO_KIND(target->info)) &&
			    !target->name_off)
				check_members(c, target, path, base + m.offset);
		} else if (m.bits && !is_const(c->dump, m.type)) {
			out_printf(&c->runs, "\tBITS(%s, %s, %llu, %u);\n", c->type, whole,
				   (unsigned long long)(base + m.offset), m.bits);
			c->bits++;
		} else if (!m.bits) {
			out_printf(&c->asserts,
				   "_Static_assert(__builtin_offsetof(%s, %s) == %llu, \"\");\n",
				   c->type, whole, (unsigned long long)(base + m.offset) / 8);
			c->members++;
			check_inside(c, m.type, whole, base + m.offset);
		}
	}
}

static void check_types(struct checks *c)
{
	struct dump *d = c->dump;

	for (u32 id = 1; id < d->end; id++) {
		u32 full = id, kind = BTF_INFO_KIND(d->types[id]->info);
		const struct btf_type *t = d->types[id];

		if (!(d->states[id] & DUMP_DEFINED))
			continue;
		if (kind == BTF_KIND_TYPEDEF) { /* of something without a name */
			full = t->type;
			t = dump_type(d, full);
		}
		if (!t || !dump_is_record(BTF_INFO_KIND(t->info)) ||
		    (kind == BTF_KIND_TYPEDEF) != !t->name_off)
			continue;
		snprintf(c->type, sizeof(c->type), "%s%.500s",
			 kind == BTF_KIND_STRUCT  ? "struct "
			 : kind == BTF_KIND_UNION ? "union "
						  : "",
			 dump_name(d, id));
		out_printf(&c->asserts, "_Static_assert(sizeof(%s) == %u, \"\");\n", c->type,
			   t->size);
		c->sizes++;
		check_members(c, t, "", 0);
	}
}

/* Sets a bit-field to all ones and looks at the bits in and around it. */
static const char harness[] =
	"#include \"types.h\"\n"
	"static unsigned char room[1 << 24] __attribute__((aligned(4096)));\n"
	"static int bit(unsigned long i) { return room[i / 8] >> i % 8 & 1; }\n"
	"static void look(unsigned long at, unsigned n, int line)\n"
	"{\n"
	"	for (unsigned i = 0; i < n; i++)\n"
	"		if (!bit(at + i) || (at && bit(at - 1)) || bit(at + n))\n"
	"			__builtin_printf(\"%d\\n\", line), __builtin_exit(1);\n"
	"	for (unsigned i = 0; i < n; i++)\n"
	"		room[(at + i) / 8] = 0;\n"
	"}\n"
	"#define BITS(type, path, at, n) (((type *)room)->path = -1, look(at, n, __LINE__))\n"
	"int main(void)\n{\n";

static void open_file(struct out *o, const char *dir, const char *name)
{
	char path[MAX_PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out_init(o, open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), false);
	o->flush = OUT_FLUSH_FULL;
	CHECK(o->fd >= 0);
}

static void close_file(struct out *o)
{
	out_done(o);
	close(o->fd);
}

static bool have(const char *command)
{
	char line[MAX_PATH_LEN];

	snprintf(line, sizeof(line), "command -v %s >/dev/null 2>&1", command);
	return !system(line);
}

static void run(const char *dir, const char *what)
{
	char line[2 * MAX_PATH_LEN];
	int status;

	snprintf(line, sizeof(line), "cd %s && %s", dir, what);
	status = system(line);
	if (status)
		test_fail(__FILE__, __LINE__, "%s: status %d", what, status);
}

static void compile(const char *dir, const char *asserts)
{
	char line[MAX_PATH_LEN];

	if (have("gcc")) {
		snprintf(line, sizeof(line), "gcc -Werror -Wno-attributes -fsyntax-only %s",
			 asserts);
		run(dir, line);
	}
	if (have("clang")) {
		snprintf(line, sizeof(line), "clang -target bpf -Werror -fsyntax-only %s", asserts);
		run(dir, line);
	}
	if (sizeof(long) == 8 && have("gcc"))
		run(dir, "gcc -w -O0 -o bits bits.c && ./bits");
}

static void check_file(const char *path, u32 least)
{
	char dir[] = "/tmp/skep-layout-XXXXXX";
	struct checks c = { 0 };
	struct btffile f = { 0 };
	struct arena a;
	struct diag d;
	struct out o;

	arena_init(&a);
	diag_init(&d, &a);
	CHECK(mkdtemp(dir) != NULL);
	if (btffile_open(&f, path, NULL, &d)) {
		diag_render(&d, stderr);
		test_fail(__FILE__, __LINE__, "%s cannot be opened", path);
	} else {
		open_file(&o, dir, "types.h");
		c.dump = dump_new(f.btf, &o, &d);
		dump_begin(c.dump);
		CHECK_EQ(dump_all(c.dump), 0);
		dump_end(c.dump);
		close_file(&o);
		open_file(&c.asserts, dir, "asserts.c");
		open_file(&c.runs, dir, "bits.c");
		out_puts(&c.asserts, "#include \"types.h\"\n");
		out_puts(&c.runs, harness);
		check_types(&c);
		out_puts(&c.runs, "\treturn 0;\n}\n");
		close_file(&c.asserts);
		close_file(&c.runs);
		CHECK(c.sizes + c.members >= least);
		compile(dir, "asserts.c");
		dump_free(c.dump);
	}
	btffile_close(&f);
	arena_done(&a);
	run(dir, "rm -f types.h asserts.c bits.c bits && rmdir \"$PWD\"");
}

TEST(btf_dump_layout_objects)
{
	static const char *const variants[] = { "o", "clang-16.o", "clang-19.o", "gcc.o" };

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		char path[MAX_PATH_LEN];

		snprintf(path, sizeof(path), TEST_OBJECTS "/layouts.%s", variants[i]);
		if (!access(path, R_OK))
			check_file(path, 100);
	}
}

TEST(btf_dump_layout_native)
{
	char object[] = "/tmp/skep-layout-XXXXXX";
	char line[MAX_PATH_LEN];

	close(mkstemp(object));
	snprintf(line, sizeof(line), "gcc -w -gbtf -c -o %s tests/object/layouts.c 2>/dev/null",
		 object);
	if (system(line)) {
		unlink(object);
		SKIP("gcc that makes BTF is missing");
	}
	check_file(object, 100);
	unlink(object);
}

TEST(btf_dump_layout_kernel)
{
	if (access(BTFFILE_KERNEL, R_OK))
		SKIP("the kernel has no BTF");
	if (!have("gcc") && !have("clang"))
		SKIP("there is no compiler");
	check_file(BTFFILE_KERNEL, 10000);
}
