/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the names of probes are read, and what is said of those that are wrong. */
#include <stdlib.h>
#include <string.h>

#include "probe/parts.h"
#include "probe/probe.h"
#include "unit/test.h"

struct parsed {
	struct arena arena;
	struct diag d;
	struct probe_context c;
	struct probe_spec spec;
	struct types *types;
	int err;
};

static struct parsed *parse(const char *text)
{
	struct parsed *p = calloc(1, sizeof(*p));
	struct loc loc = { .offset = 10, .len = (u32)strlen(text), .line = 1, .col = 11 };

	arena_init(&p->arena);
	diag_init(&p->d, &p->arena);
	p->types = types_new(&p->arena);
	probe_init(&p->c, &p->arena, p->types);
	p->err = probe_parse(&p->c, text, loc, &p->spec, &p->d);
	return p;
}

static void done(struct parsed *p)
{
	probe_done(&p->c);
	types_free(p->types);
	arena_done(&p->arena);
	free(p);
}

static void check_spec(const char *text, enum attach kind, const char *module, const char *func,
		       u64 offset, u64 period)
{
	struct parsed *p = parse(text);

	CHECK_EQ(p->err, 0);
	CHECK_EQ(p->spec.kind, kind);
	CHECK_STR(p->spec.text, text);
	CHECK_STR(p->spec.module ? p->spec.module : "-", module);
	CHECK_STR(p->spec.func ? p->spec.func : "-", func);
	CHECK_EQ(p->spec.offset, offset);
	CHECK_EQ(p->spec.period, period);
	done(p);
}

/* The message of a name that is wrong, and the place of the caret behind the name's own beginning. */
static void check_error(const char *text, const char *message, const char *hint, u32 at)
{
	struct parsed *p = parse(text);

	CHECK_EQ(p->err, -EINVAL);
	CHECK_EQ(p->d.items.n, 1);
	if (p->d.items.n) {
		CHECK_STR(p->d.items.at[0].text, message);
		CHECK_STR(p->d.items.at[0].hint ? p->d.items.at[0].hint : "-", hint);
		CHECK_EQ(p->d.items.at[0].loc.offset, 10 + at);
	}
	done(p);
}

TEST(probe_parse_names)
{
	check_spec("BEGIN", ATTACH_BEGIN, "-", "-", 0, 0);
	check_spec("end", ATTACH_END, "-", "-", 0, 0);
	check_spec("tracepoint:sched:sched_switch", ATTACH_TRACEPOINT, "sched", "sched_switch", 0,
		   0);
	check_spec("t:sys*:*", ATTACH_TRACEPOINT, "sys*", "*", 0, 0);
	check_spec("rt:sys_enter", ATTACH_RAWTRACEPOINT, "-", "sys_enter", 0, 0);
	check_spec("rawtracepoint:vmlinux:x", ATTACH_RAWTRACEPOINT, "vmlinux", "x", 0, 0);
	check_spec("k:vfs_read", ATTACH_KPROBE, "-", "vfs_read", 0, 0);
	check_spec("kprobe:kvm:vfs_read+0x10", ATTACH_KPROBE, "kvm", "vfs_read", 16, 0);
	check_spec("kprobe:0xffffffff81000000", ATTACH_KPROBE, "-", "-", 0xffffffff81000000, 0);
	check_spec("kr:vfs_*", ATTACH_KRETPROBE, "-", "vfs_*", 0, 0);
	check_spec("kfunc:vmlinux:vfs_read", ATTACH_FENTRY, "vmlinux", "vfs_read", 0, 0);
	check_spec("fr:vfs_read", ATTACH_FEXIT, "-", "vfs_read", 0, 0);
}

TEST(probe_parse_uprobes)
{
	check_spec("u:/bin/bash:readline+4", ATTACH_UPROBE, "/bin/bash", "readline", 4, 0);
	check_spec("uprobe:/bin/bash:0x1234", ATTACH_UPROBE, "/bin/bash", "-", 0x1234, 0);
	check_spec("ur:libc:mall*", ATTACH_URETPROBE, "libc", "mall*", 0, 0);
	check_spec("uprobe:\"/a:b/c d\":\"operator+\"", ATTACH_UPROBE, "/a:b/c d", "operator+", 0,
		   0);
	check_spec("uprobe:x:\"operator+\"+8", ATTACH_UPROBE, "x", "operator+", 8, 0);
	check_spec("uprobe:x:\"a::b\\\"\"", ATTACH_UPROBE, "x", "a::b\"", 0, 0);
}

TEST(probe_parse_times)
{
	check_spec("profile:hz:99", ATTACH_PROFILE, "hz", "-", 0, 99);
	check_spec("p:us:100", ATTACH_PROFILE, "us", "-", 0, 100000);
	check_spec("profile:1000000", ATTACH_PROFILE, "-", "-", 0, 1000000);
	check_spec("interval:s:1", ATTACH_INTERVAL, "s", "-", 0, 1000000000);
	check_spec("i:ms:1_000", ATTACH_INTERVAL, "ms", "-", 0, 1000000000);
	check_spec("interval:500ms", ATTACH_INTERVAL, "-", "-", 0, 500000000);
	check_spec("interval:1e9", ATTACH_INTERVAL, "-", "-", 0, 1000000000);
	check_spec("interval:2m", ATTACH_INTERVAL, "-", "-", 0, 120000000000);
	check_spec("interval:hz:4", ATTACH_INTERVAL, "hz", "-", 0, 250000000);
}

TEST(probe_parse_events)
{
	struct parsed *p = parse("self:signal:SIGUSR1");

	CHECK_EQ(p->err, 0);
	CHECK_EQ(p->spec.signal, 10);
	done(p);
	check_spec("software:cpu:", ATTACH_SOFTWARE, "cpu-clock", "-", 0, 1000000);
	check_spec("software:page-faults", ATTACH_SOFTWARE, "page-faults", "-", 0, 100);
	check_spec("s:faults:1", ATTACH_SOFTWARE, "page-faults", "-", 0, 1);
	check_spec("h:cache-misses:1e6", ATTACH_HARDWARE, "cache-misses", "-", 0, 1000000);
}

TEST(probe_parse_mistakes)
{
	check_error("tracepiont:a:b", "unknown kind of probe 'tracepiont'",
		    "did you mean 'tracepoint'?", 0);
	check_error("usdt:/bin/x:y", "usdt probes are not supported yet", "-", 0);
	check_error("U:x", "usdt probes are not supported yet", "-", 0);
	check_error("begin:x", "begin probes are written begin", "-", 0);
	check_error("tracepoint:sched", "tracepoint probes are written tracepoint:CATEGORY:EVENT",
		    "-", 0);
	check_error("kprobe", "kprobe probes are written kprobe:[MODULE:]FUNCTION", "-", 0);
	check_error("kprobe:", "kprobe probes are written kprobe:[MODULE:]FUNCTION", "-", 0);
	check_error("kprobe:x+y", "offset 'y' is not a number", "-", 7);
	check_error("kprobe:x*+1", "a wildcard cannot have an offset", "-", 7);
	check_error("kr:x+1", "kretprobe needs a function, without an offset",
		    "it fires when a function returns; use kprobe for a place within one", 3);
	check_error("uprobe:/bin/x", "uprobe probes are written uprobe:BINARY:FUNCTION", "-", 0);
	check_error("uprobe:x:cpp:y", "C++ names are not supported yet", "-", 9);
	check_error("uprobe:x:std::y", "uprobe probes are written uprobe:BINARY:FUNCTION",
		    "put a name with colons in quotes", 0);
	check_error("uprobe:\"x:y", "missing closing quote in probe name 'uprobe:\"x:y'", "-", 7);
	check_error("a:b:c:d:e:f:g", "probe name 'a:b:c:d:e:f:g' has too many parts", "-", 0);
	check_error("", "unknown kind of probe ''",
		    "a probe is written KIND:TARGET, as in kprobe:vfs_read or "
		    "tracepoint:syscalls:sys_enter_openat",
		    0);
}

TEST(probe_parse_bad_numbers)
{
	check_error("profile:hz:0", "a rate must be from 1 to 1000000 hz, not 0", "-", 11);
	check_error("interval:hz:1e7", "a rate must be from 1 to 1000000 hz, not 10000000", "-",
		    12);
	check_error("interval:5", "a period of 5 ns is too short",
		    "it must be at least 1000 ns; a number without a unit is in nanoseconds", 9);
	check_error("interval:s:99999999999999", "period '99999999999999' is too long", "-", 11);
	check_error("interval:s:x", "'x' is not a number", "-", 11);
	check_error("interval:sec:1", "unknown unit of time 'sec'",
		    "the units are hz, s, ms, us and ns", 9);
	check_error("software:page-fault:1", "unknown software event 'page-fault'",
		    "did you mean 'page-faults'?", 9);
	check_error("software:faults:0", "0 events between two firings are too few",
		    "without a number it is 100", 16);
	check_error("self:signal:SIGUSR", "signal 'SIGUSR' cannot be probed",
		    "did you mean 'SIGUSR1'?", 12);
}

TEST(probe_parse_numbers)
{
	u64 v = 0;

	CHECK(parts_number("1e3", &v) && v == 1000);
	CHECK(parts_number("0x1e3", &v) && v == 0x1e3);
	CHECK(parts_number("18446744073709551615", &v) && v == UINT64_MAX);
	CHECK(!parts_number("18446744073709551616", &v));
	CHECK(!parts_number("1e20", &v));
	CHECK(!parts_number("_1", &v));
	CHECK(!parts_number("", &v));
	CHECK(!parts_number("e5", &v));
	CHECK(parts_duration("3us", &v) && v == 3000);
	CHECK(parts_duration("1d", &v) && v == 86400000000000);
	CHECK(!parts_duration("1e3s", &v));
	CHECK(!parts_duration("99999999999d", &v));
	CHECK(!parts_duration("s", &v));
}
