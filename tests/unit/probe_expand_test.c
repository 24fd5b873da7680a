/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What names and wildcards stand for, in a fixture and on the machine. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/probe_fixture.h"
#include "unit/test.h"

static void check_expand(const char *text, const char *want)
{
	struct fixture *f = fixture_new();

	CHECK_STR(fixture_expand(f, text, NULL), want);
	fixture_free(f);
}

TEST(probe_expand_tracepoints)
{
	check_expand("t:sched:sched_switch", "tracepoint:sched:sched_switch");
	check_expand("t:s*:*e*", "tracepoint:sched:sched_switch\ntracepoint:sched:sched_wakeup\n"
				 "tracepoint:syscalls:sys_enter_open\n"
				 "tracepoint:syscalls:sys_enter_openat");
	check_expand("tracepoint:syscalls:sys_enter_open*",
		     "tracepoint:syscalls:sys_enter_open\ntracepoint:syscalls:sys_enter_openat");
}

TEST(probe_expand_tracepoint_mistakes)
{
	check_expand("t:syscalls:sys_enter_opena",
		     "tracepoint not found: syscalls:sys_enter_opena; did you mean "
		     "'tracepoint:syscalls:sys_enter_open'?");
	check_expand("t:shed:sched_switch", "tracepoint not found: shed:sched_switch; did you mean "
					    "'tracepoint:sched:sched_switch'?");
	check_expand("t:syscalls:sys_enter",
		     "tracepoint not found: syscalls:sys_enter; did you mean "
		     "'tracepoint:raw_syscalls:sys_enter'?");
	check_expand("t:sched:sys_enter", "tracepoint not found: sched:sys_enter; did you mean "
					  "'tracepoint:raw_syscalls:sys_enter'?");
	check_expand(
		"t:nothing:like_this",
		"tracepoint not found: nothing:like_this; there is no category 'nothing' here");
	check_expand("t:..:kallsyms",
		     "tracepoint not found: ..:kallsyms; there is no category '..' here");
	check_expand("t:shed:*",
		     "no tracepoint matches shed:*; did you mean the category 'sched'?");
}

TEST(probe_expand_kprobes)
{
	check_expand("k:vfs_*", "kprobe:vfs_open_mod\nkprobe:vfs_read\nkprobe:vfs_write");
	check_expand("k:fuse:vfs_*", "kprobe:fuse:vfs_open_mod");
	check_expand("kr:vmlin*:vfs_*", "kretprobe:vmlinux:vfs_read\nkretprobe:vmlinux:vfs_write");
	check_expand("k:rcu_*", "nothing that can be probed matches 'k:rcu_*'");
	check_expand("k:no_probe*", "nothing that can be probed matches 'k:no_probe*'");
	check_expand("k:0x1000", "kprobe:0x1000");
	check_expand("k:fuse:vfs_open_mod", "kprobe:fuse:vfs_open_mod");
	check_expand("k:vfs_write+0x10", "kprobe:vfs_write+0x10");
	check_expand("k:nosuchmodule:vfs_read", "module 'nosuchmodule' is not loaded");
	check_expand("k:vfs_raed", "kernel function not found: vfs_raed; did you mean "
				   "'kprobe:vfs_read'?");
}

TEST(probe_expand_kprobes_without_ftrace)
{
	struct fixture *f = fixture_new();

	fixture_write(f, "available_filter_functions", "");
	CHECK_STR(fixture_expand(f, "k:vfs_*", NULL),
		  "kprobe:vfs_open_mod\nkprobe:vfs_read\nkprobe:vfs_write");
	fixture_free(f);
}

TEST(probe_expand_simple)
{
	struct fixture *f = fixture_new();
	probe_targets t;

	f->c.pid = 7;
	CHECK_STR(fixture_expand(f, "BEGIN", &t), "begin");
	CHECK_STR(fixture_expand(f, "i:1s", &t), "interval:1s");
	CHECK_EQ(t.at[0].period, 1000000000);
	CHECK_EQ(t.at[0].pid, 0);
	CHECK_STR(fixture_expand(f, "p:hz:99", &t), "profile:hz:99");
	CHECK(t.at[0].is_freq);
	CHECK_EQ(t.at[0].pid, 7);
	CHECK_STR(fixture_expand(f, "s:cpu:100000", &t), "software:cpu:100000");
	CHECK_STR(t.at[0].module, "cpu-clock");
	CHECK_STR(fixture_expand(f, "self:signal:SIGUSR2", &t), "self:signal:SIGUSR2");
	CHECK_EQ(t.at[0].signal, 12);
	fixture_free(f);
}

TEST(probe_expand_too_many)
{
	struct fixture *f = fixture_new();
	FILE *to = fopen(arena_printf(&f->arena, "%s/available_filter_functions", f->dir), "we");

	for (int i = 0; to && i < PROBE_MAX_TARGETS + 1; i++)
		fprintf(to, "many_%d\n", i);
	if (to)
		fclose(to);
	CHECK_STR(fixture_expand(f, "k:many_*", NULL),
		  "'k:many_*' matches more than 65536 targets; narrow the wildcard");
	fixture_free(f);
}

TEST(probe_expand_kernel_symbol)
{
	struct fixture *f = fixture_new();
	u64 addr = 0;

	CHECK_EQ(probe_kernel_symbol(&f->c, "jiffies", &addr), 0);
	CHECK_EQ(addr, 0xffffffff82000000);
	CHECK_EQ(probe_kernel_symbol(&f->c, "vfs_open_mod", &addr), 0);
	CHECK_EQ(probe_kernel_symbol(&f->c, "vfs_ope", &addr), -ENOENT);
	CHECK_EQ(probe_kernel_symbol(&f->c, "hidden", &addr), -EPERM);
	fixture_free(f);
}

struct listed {
	struct arena *arena;
	char text[4096];
};

static bool add_listed(void *arg, const struct probe_target *t)
{
	struct listed *l = arg;
	size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%s ", t->name);
	return true;
}

static void check_list(const char *pattern, const char *want)
{
	struct fixture *f = fixture_new();
	struct listed l = { 0 };

	if (probe_list(&f->c, pattern, add_listed, &l, &f->d))
		snprintf(l.text, sizeof(l.text), "%s", f->d.items.n ? f->d.items.at[0].text : "-");
	CHECK_STR(l.text, want);
	fixture_free(f);
}

TEST(probe_list_patterns)
{
	check_list("t:sched:*", "tracepoint:sched:sched_switch tracepoint:sched:sched_wakeup ");
	check_list("t:*wake*", "tracepoint:sched:sched_wakeup ");
	check_list("tracepoint:sched",
		   "tracepoint:sched:sched_switch tracepoint:sched:sched_wakeup ");
	check_list("k:vfs_r*", "kprobe:vfs_read ");
	check_list("k*:vfs_r*", "kprobe:vfs_read kretprobe:vfs_read ");
	check_list("*ware:cpu*", "software:cpu-clock: software:cpu-migrations: software:cpu: "
				 "hardware:cpu-cycles: ");
	check_list("i:*", "interval:hz: interval:ms: interval:s: interval:us: ");
	check_list("begin", "begin ");
	check_list("s:cpu", "software:cpu: ");
	check_list("hardware:cache-misses:10", "hardware:cache-misses: ");
	check_list("interval:s:1", "interval:s: ");
	check_list("self:signal:*2", "self:signal:SIGUSR2 ");
	check_list("tr*sched_wak?up", "tracepoint:sched:sched_wakeup ");
	check_list("kprob:x", "unknown kind of probe 'kprob'");
	check_list("no_such_thing*", "nothing that can be probed matches 'no_such_thing*'");
	check_list("t:sched:sched_swich", "tracepoint not found: sched:sched_swich");
}

TEST(probe_expand_live_fentry)
{
	struct fixture *f = fixture_new();

	if (!types_have_kernel(f->types)) {
		fixture_free(f);
		SKIP("the kernel has no BTF");
	}
	/* Its functions are BTF's that the fixture's ftrace also knows. */
	CHECK_STR(fixture_expand(f, "f:vfs_*", NULL),
		  "fentry:vmlinux:vfs_read\nfentry:vmlinux:vfs_write");
	CHECK_STR(fixture_expand(f, "kretfunc:vfs_read", NULL), "fexit:vmlinux:vfs_read");
	CHECK_STR(fixture_expand(f, "f:vmlinux:vfs_raed", NULL),
		  "no function 'vfs_raed' in the BTF of vmlinux; did you mean 'fentry:vfs_read'?");
	CHECK_STR(fixture_expand(f, "rt:sched_switch", NULL), "rawtracepoint:sched_switch");
	CHECK_STR(fixture_expand(f, "rt:sched_swich", NULL),
		  "raw tracepoint not found: sched_swich; did you mean "
		  "'rawtracepoint:sched_switch'?");
	fixture_free(f);
}

TEST(probe_expand_live_tracepoint)
{
	struct fixture *f = fixture_new();

	f->c.tracefs_known = false;
	f->c.tracefs = NULL;
	if (strncmp(fixture_expand(f, "t:sched:sched_switch", NULL), "tracepoint:", 11) != 0) {
		fixture_free(f);
		SKIP("tracefs cannot be read");
	}
	CHECK(strstr(fixture_expand(f, "t:sched:sched_*", NULL),
		     "tracepoint:sched:sched_wakeup\n"));
	fixture_free(f);
}
