/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixture of probe_fixture.h: a directory under /tmp, removed at the end. */
#include "unit/probe_fixture.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "probe/providers.h"

#define COMMON                                                                                     \
	"format:\n"                                                                                \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const struct {
	const char *path, *text;
} files[] = {
	{ "available_events", "syscalls:sys_enter_open\nsyscalls:sys_enter_openat\n"
			      "sched:sched_switch\nsched:sched_wakeup\nraw_syscalls:sys_enter\n" },
	{ "available_filter_functions", "vfs_write\nvfs_read\nrcu_idle\nvfs_read\n"
					"vfs_open_mod [fuse]\nno_probe_me\n" },
	{ "blacklist", "0xffffffff81000000-0xffffffff81000010\tno_probe_me\n" },
	{ "kallsyms", "ffffffff81000000 T _text\nffffffff81001000 t vfs_read\n"
		      "ffffffff81001200 t vfs_read.cold\nffffffff81002000 T vfs_write\n"
		      "ffffffff81002000 T __pfx_vfs_write\nffffffff82000000 D jiffies\n"
		      "ffffffffc0000000 t vfs_open_mod\t[fuse]\n0000000000000000 t hidden" },
	{ "events/syscalls/sys_enter_open/format", "" },
	{ "events/syscalls/sys_enter_openat/format",
	  COMMON "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
		 "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
		 "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
		 "\tfield:const char *const * argv;\toffset:32;\tsize:8;\tsigned:0;\n"
		 "\tfield:umode_t mode;\toffset:40;\tsize:8;\tsigned:0;\n"
		 "\tfield:long off;\toffset:48;\tsize:8;\tsigned:0;\n"
		 "\tfield:broken\n\tfield:int huge;\toffset:99999999;\tsize:4;\tsigned:1;\n"
		 "\nprint fmt: \"field:int no;\toffset:8;\tsize:4;\tsigned:1;\"\n" },
	{ "events/sched/sched_switch/format",
	  COMMON "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
		 "\tfield:__data_loc char[] name;\toffset:24;\tsize:4;\tsigned:0;\n"
		 "\tfield:struct foo * p;\toffset:32;\tsize:8;\tsigned:0;\n" },
	{ "events/sched/sched_wakeup/format", COMMON },
	{ "events/raw_syscalls/sys_enter/format", COMMON },
};

void fixture_write(struct fixture *f, const char *path, const char *text)
{
	char *full = arena_printf(&f->arena, "%s/%s", f->dir, path);
	FILE *to;

	for (char *at = full + strlen(f->dir); (at = strchr(at + 1, '/')) != NULL; *at = '/') {
		*at = '\0';
		mkdir(full, 0755);
	}
	to = fopen(full, "we");
	if (!to)
		abort();
	fputs(text, to);
	fclose(to);
}

struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	strcpy(f->dir, "/tmp/skep-unit-XXXXXX");
	if (!mkdtemp(f->dir))
		abort();
	arena_init(&f->arena);
	diag_init(&f->d, &f->arena);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fixture_write(f, files[i].path, files[i].text);
	f->types = types_new(&f->arena);
	probe_init(&f->c, &f->arena, f->types);
	f->c.tracefs = f->dir;
	f->c.tracefs_known = true;
	f->c.cache->kallsyms = arena_printf(&f->arena, "%s/kallsyms", f->dir);
	f->c.cache->blacklist = arena_printf(&f->arena, "%s/blacklist", f->dir);
	return f;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

void fixture_free(struct fixture *f)
{
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	probe_done(&f->c);
	types_free(f->types);
	arena_done(&f->arena);
	free(f);
}

const char *fixture_expand(struct fixture *f, const char *text, probe_targets *out)
{
	probe_targets targets = { 0 };
	struct probe_spec spec;
	struct buf names = { 0 };
	const char *result;

	diag_init(&f->d, &f->arena);
	if (probe_parse(&f->c, text, LOC_NONE, &spec, &f->d) ||
	    probe_expand(&f->c, &spec, &targets, &f->d)) {
		if (!f->d.items.n)
			return "no message";
		buf_puts(&names, f->d.items.at[0].text);
		if (f->d.items.at[0].hint)
			buf_printf(&names, "; %s", f->d.items.at[0].hint);
	}
	for (size_t i = 0; i < targets.n; i++)
		buf_printf(&names, "%s%s", i ? "\n" : "", targets.at[i].name);
	result = arena_strdup(&f->arena, buf_str(&names));
	buf_done(&names);
	if (out)
		*out = targets;
	return result;
}
