/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uprobes of this very program, of its process and of the C library. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "probe/elf_symbols.h"
#include "unit/probe_fixture.h"
#include "unit/test.h"

/* Functions of known names: two names of one, and one more. */
int probe_unit_one(int x);
int _probe_unit_one(int x) __attribute__((alias("probe_unit_one")));
int probe_unit_two(int x);

__attribute__((noinline, used, retain)) int probe_unit_one(int x)
{
	return x * 3 + 1;
}

__attribute__((noinline, used, retain)) int probe_unit_two(int x)
{
	return probe_unit_one(x) ^ 0x55;
}

static const char *self_path(struct fixture *f)
{
	char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	return n > 0 ? arena_strndup(&f->arena, path, (size_t)n) : "";
}

TEST(probe_uprobe_self)
{
	struct fixture *f = fixture_new();
	const char *self = self_path(f);
	probe_targets t = { 0 };
	const char *got;

	got = fixture_expand(f, arena_printf(&f->arena, "u:%s:probe_unit_one", self), &t);
	CHECK_STR(got, arena_printf(&f->arena, "uprobe:%s:probe_unit_one", self));
	if (t.n == 1) {
		char *bytes = NULL;
		size_t len = 0;

		CHECK_STR(t.at[0].module, self);
		CHECK_STR(t.at[0].func, "probe_unit_one");
		/* The file has at that offset what memory has at the function. */
		bytes = text_read_file(self, 512u << 20, &len);
		CHECK(bytes && t.at[0].offset + 8 < len);
		CHECK(bytes && t.at[0].offset + 8 < len &&
		      !memcmp(bytes + t.at[0].offset, (const void *)(uintptr_t)probe_unit_one, 8));
		free(bytes);
	}
	fixture_free(f);
}

TEST(probe_uprobe_wildcard)
{
	struct fixture *f = fixture_new();
	const char *self = self_path(f);
	probe_targets t = { 0 };

	fixture_expand(f, arena_printf(&f->arena, "ur:%s:*probe_unit_*", self), &t);
	/* The two names of one function are one target, by the plainer name. */
	CHECK(t.n >= 2);
	for (size_t i = 0; i < t.n; i++)
		CHECK(strcmp(t.at[i].func, "_probe_unit_one") != 0);
	fixture_expand(f, arena_printf(&f->arena, "u:%s:_probe_unit_one", self), &t);
	CHECK_EQ(t.n, 1);
	fixture_free(f);
}

TEST(probe_uprobe_offsets)
{
	struct fixture *f = fixture_new();
	const char *self = self_path(f);
	probe_targets a = { 0 }, b = { 0 };
	u64 addr = 0, size = 0;

	fixture_expand(f, arena_printf(&f->arena, "u:%s:probe_unit_two", self), &a);
	fixture_expand(f, arena_printf(&f->arena, "u:%s:probe_unit_two+4", self), &b);
	CHECK(a.n == 1 && b.n == 1 && b.at[0].offset == a.at[0].offset + 4);
	CHECK_EQ(probe_user_symbol(&f->c, self, "probe_unit_two", &addr, &size), 0);
	CHECK(addr && size);
	fixture_expand(f, arena_printf(&f->arena, "u:%s:0x%llx", self, (unsigned long long)addr),
		       &b);
	CHECK(a.n == 1 && b.n == 1 && b.at[0].offset == a.at[0].offset);
	CHECK(b.n == 1 && !b.at[0].func);
	CHECK(strstr(fixture_expand(f, arena_printf(&f->arena, "u:%s:probe_unit_two+99999", self),
				    NULL),
		     "offset 99999 is outside of 'probe_unit_two'"));
	CHECK(strstr(fixture_expand(f, arena_printf(&f->arena, "u:%s:0x1", self), NULL),
		     "no executable code at address 0x1 of"));
	CHECK_EQ(probe_user_symbol(&f->c, self, "probe_unit_three", &addr, &size), -ENOENT);
	fixture_free(f);
}

TEST(probe_uprobe_mistakes)
{
	struct fixture *f = fixture_new();
	const char *self = self_path(f);
	const char *got;

	got = fixture_expand(f, arena_printf(&f->arena, "u:%s:probe_unti_two", self), NULL);
	CHECK(strstr(got, "no function 'probe_unti_two' in") != NULL);
	CHECK(strstr(got, "probe_unit_two'?") != NULL);
	CHECK_STR(fixture_expand(f, "u:/no/such/file:x", NULL),
		  "cannot find the binary '/no/such/file': No such file or directory");
	CHECK_STR(fixture_expand(f, "u:no-such-program:x", NULL),
		  "cannot find the binary 'no-such-program': no such library or program");
	CHECK_STR(fixture_expand(f, "u:/tmp:x", NULL),
		  "cannot find the binary '/tmp': it is not a file");
	CHECK_STR(fixture_expand(f, "u:*:x", NULL),
		  "cannot find the binary '*': it needs a process (-p) or a path");
	CHECK_STR(fixture_expand(f, arena_printf(&f->arena, "u:%s/kallsyms:x", f->dir), NULL),
		  arena_printf(&f->arena, "cannot probe %s/kallsyms: it is not an ELF file",
			       f->dir));
	fixture_free(f);
}

TEST(probe_uprobe_process)
{
	struct fixture *f = fixture_new();
	const char *self = self_path(f);
	probe_targets t = { 0 };

	f->c.pid = (u32)getpid();
	CHECK_STR(fixture_expand(f, "u:*:probe_unit_two", &t),
		  arena_printf(&f->arena, "uprobe:%s:probe_unit_two", self));
	CHECK(t.n == 1 && t.at[0].pid == f->c.pid);
	CHECK_STR(fixture_expand(f, "u::probe_unit_tw?", &t),
		  arena_printf(&f->arena, "uprobe:%s:probe_unit_two", self));
	fixture_free(f);
}

TEST(probe_uprobe_path_wildcard)
{
	struct fixture *f = fixture_new();
	const char *self = self_path(f);
	const char *link = arena_printf(&f->arena, "%s/prog-1", f->dir);
	probe_targets t = { 0 };

	CHECK_EQ(symlink(self, link), 0);
	fixture_expand(f, arena_printf(&f->arena, "u:%s/p*-?:probe_unit_two", f->dir), &t);
	CHECK_EQ(t.n, 1);
	CHECK(t.n == 1 && !strcmp(t.at[0].module, self));
	CHECK(t.n == 1 && strstr(t.at[0].name, "/prog-1:probe_unit_two"));
	fixture_free(f);
}

/* Files that are cut short or lie about themselves must be told from good ones without harm. */
TEST(probe_uprobe_broken_elf)
{
	struct fixture *f = fixture_new();
	const char *path = arena_printf(&f->arena, "%s/broken", f->dir);
	size_t len = 0;
	char *bytes = text_read_file(self_path(f), 512u << 20, &len);
	const char *why;

	for (size_t cut = 0; bytes && cut < 4096; cut += cut < 256 ? 8 : 512) {
		FILE *to = fopen(path, "we");
		struct elf_symbol found;
		struct elf_symbols *e;

		if (!to)
			break;
		fwrite(bytes, 1, cut, to);
		fclose(to);
		e = elf_symbols_open(path, &why);
		if (e)
			CHECK(!elf_symbols_find(e, "probe_unit_two", &found));
		elf_symbols_close(e);
	}
	free(bytes);
	fixture_free(f);
}

TEST(probe_uprobe_library)
{
	struct fixture *f = fixture_new();
	probe_targets t = { 0 };

	fixture_expand(f, "u:libc:fopen", &t);
	if (!t.n) {
		fixture_free(f);
		SKIP("there is no shared C library");
	}
	CHECK_STR(t.at[0].func, "fopen");
	CHECK(strstr(t.at[0].module, "libc") || strstr(t.at[0].module, "musl"));
	fixture_free(f);
}
