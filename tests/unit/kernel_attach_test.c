/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of probe: hit while attached, silent after detach, nothing left after close. */
#include "unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "isa/insn.h"
#include "kernel/feature.h"
#include "unit/kernel_fixture.h"

__attribute__((noinline)) static int probed_first(int x)
{
	__asm__ volatile("");
	return x + 1;
}

__attribute__((noinline)) static int probed_second(int x)
{
	__asm__ volatile("");
	return x + 2;
}

/* Probed in process 1 only: older kernels let every return probe of a place see it once any of them may. */
__attribute__((noinline)) static int probed_elsewhere(int x)
{
	__asm__ volatile("");
	return x + 3;
}

/* The offset of a function of ours in our own file. */
static u64 file_offset(int (*func)(int))
{
	u64 at = (u64)(uintptr_t)func, from, to, offset = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 && at >= from &&
		    at < to)
			break;
	if (maps)
		fclose(maps);
	return at - from + offset;
}

static void work(void)
{
	volatile int sum = 0;

	for (int i = 0; i < 100; i++) {
		sum = probed_first(sum);
		sum = probed_second(sum);
		sum = probed_elsewhere(sum);
		syscall(SYS_getppid);
	}
}

static void spin(unsigned ms)
{
	struct timespec start, now;
	volatile u64 n = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < 10000; i++)
			n++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 <
		 (long)ms);
}

static bool has(enum feature which)
{
	struct features features = { { 0 } };

	return feature(&features, which);
}

/* Whether nothing is hit any more. */
static bool is_silent(struct fixture *f)
{
	u64 before[FIXTURE_SLOTS];

	for (u32 i = 0; i < FIXTURE_SLOTS; i++)
		before[i] = fixture_slot(f, i);
	work();
	spin(50);
	for (u32 i = 0; i < FIXTURE_SLOTS; i++)
		if (fixture_slot(f, i) != before[i])
			return false;
	return true;
}

/* quiesce leaves the closing to a child, which on a busy machine may not have run yet. */
static bool falls_silent(struct fixture *f)
{
	for (int i = 0; i < 20; i++)
		if (is_silent(f))
			return true;
	return false;
}

/* Takes everything off and makes sure of it: no hits any more, no program left. */
static void finish(struct fixture *f)
{
	if (f->engine) {
		kernel_engine.quiesce(f->engine);
		CHECK(falls_silent(f));
		kernel_engine.detach(f->engine);
		CHECK(is_silent(f));
	}
	fixture_done(f);
	CHECK_EQ(fixture_programs_left(0), 0);
}

/* Loads, attaches program 0 and reports what stood in the way. */
static bool start(struct fixture *f, int want)
{
	int got = fixture_load(f);

	if (got == 0)
		got = fixture_attach(f, 0);
	if (got != want)
		test_fail(__FILE__, __LINE__, "attached %d, not %d: %s", got, want,
			  fixture_messages(f));
	return got == want && f->engine;
}

TEST(kernel_attach_tracepoint)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, ATTACH_TRACEPOINT, false);
	fixture_target(&f, "syscalls", "sys_enter_getppid", 0);
	fixture_target(&f, "syscalls", "sys_enter_nosuch", 0);
	fixture_target(&f, "syscalls", "sys_exit_getppid", 0);
	fixture_target(&f, "../events/syscalls", "sys_exit_getppid", 0);
	fixture_count_cookie(&f, 0);
	if (start(&f, 2)) {
		work();
		CHECK(fixture_slot(&f, 0) >= 100);
		CHECK_EQ(fixture_slot(&f, 1), 0);
		CHECK(fixture_slot(&f, 2) >= 100);
		CHECK(strstr(fixture_messages(&f),
			     "warning: cannot attach to "
			     "tracepoint:sys_enter_nosuch: no such tracepoint"));
	}
	finish(&f);
}

TEST(kernel_attach_says_that_no_target_is_left)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, ATTACH_TRACEPOINT, false);
	for (int i = 0; i < 20; i++)
		fixture_target(&f, "syscalls", "sys_enter_nosuch", 0);
	fixture_count(&f, 0, 0);
	if (start(&f, -ENOENT)) {
		CHECK_EQ(f.diag.errors, 1);
		CHECK(strstr(fixture_messages(&f), "error: cannot attach to"));
		CHECK(strstr(fixture_messages(&f), "15 more could not be attached"));
	}
	fixture_done(&f);
}

TEST(kernel_attach_raw_tracepoint)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, ATTACH_RAWTRACEPOINT, false);
	fixture_target(&f, NULL, "sys_enter", 0);
	fixture_target(&f, NULL, "sys_exit", 0);
	fixture_target(&f, NULL, "no_such_event", 0);
	fixture_count(&f, 0, 0);
	if (start(&f, 2)) {
		work();
		CHECK(fixture_slot(&f, 0) >= 200);
	}
	finish(&f);
}

TEST(kernel_attach_profile_and_software)
{
	struct fixture f;
	struct script_target *t;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, ATTACH_PROFILE, false);
	t = fixture_target(&f, "hz", NULL, 0);
	t->period = 199;
	t->is_freq = true;
	fixture_count_cookie(&f, 0);
	fixture_program(&f, ATTACH_PROFILE, false);
	t = fixture_target(&f, "ms", NULL, 0);
	t->period = 5000000;
	t->pid = (u32)getpid();
	fixture_count_cookie(&f, 1);
	fixture_program(&f, ATTACH_SOFTWARE, false);
	t = fixture_target(&f, "cpu", NULL, 0);
	t->period = 1000000;
	fixture_count_cookie(&f, 2);
	fixture_program(&f, ATTACH_SOFTWARE, false);
	fixture_target(&f, "nosuch", NULL, 0);
	fixture_count_cookie(&f, 3);
	if (start(&f, 1)) {
		CHECK_EQ(fixture_attach(&f, 1), 1);
		CHECK_EQ(fixture_attach(&f, 2), 1);
		CHECK_EQ(fixture_attach(&f, 3), -EINVAL);
		spin(300);
		CHECK(fixture_slot(&f, 0) >= 10);
		CHECK(fixture_slot(&f, 1) >= 10);
		CHECK(fixture_slot(&f, 2) >= 10);
	}
	finish(&f);
}

TEST(kernel_attach_hardware_or_says_why_not)
{
	struct script_target *t;
	struct fixture f;
	int got;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, ATTACH_HARDWARE, false);
	t = fixture_target(&f, "cycles", NULL, 0);
	t->period = 1000000;
	fixture_count(&f, 0, 0);
	CHECK_EQ(fixture_load(&f), 0);
	got = f.engine ? fixture_attach(&f, 0) : 0;
	if (got == 1) {
		spin(100);
		CHECK(fixture_slot(&f, 0) > 0);
	} else {
		CHECK(strstr(fixture_messages(&f), "this machine has no counter for it"));
	}
	finish(&f);
}

static void add_uprobes(struct fixture *f)
{
	fixture_target(f, "/proc/self/exe", "probed_first", file_offset(probed_first));
	fixture_target(f, "/proc/self/exe", NULL, file_offset(probed_second));
	fixture_target(f, "/no/such/file", "nosuch", 64);
	fixture_target(f, "/proc/self/exe", "probed_second", file_offset(probed_second))->pid =
		(u32)getpid();
	fixture_target(f, "/proc/self/exe", NULL, file_offset(probed_elsewhere))->pid = 1;
}

static void check_uprobes(enum attach kind, bool multi)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, kind, multi);
	add_uprobes(&f);
	fixture_count_cookie(&f, 0);
	if (start(&f, 4)) {
		work();
		CHECK_EQ(fixture_slot(&f, 0), 100);
		CHECK_EQ(fixture_slot(&f, 1), 100);
		CHECK_EQ(fixture_slot(&f, 2), 0);
		CHECK_EQ(fixture_slot(&f, 3), 100);
		CHECK_EQ(fixture_slot(&f, 4), 0);
	}
	finish(&f);
}

TEST(kernel_attach_uprobe)
{
	check_uprobes(ATTACH_UPROBE, false);
}

TEST(kernel_attach_uretprobe)
{
	check_uprobes(ATTACH_URETPROBE, false);
}

/* Without uprobe_multi the same program is attached target by target. */
TEST(kernel_attach_uprobe_multi)
{
	check_uprobes(ATTACH_UPROBE, true);
}

TEST(kernel_attach_uretprobe_multi)
{
	check_uprobes(ATTACH_URETPROBE, true);
}

static void check_kprobes(enum attach kind, bool multi)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	if (!has(FEATURE_KPROBE))
		SKIP("this kernel has no kprobes");
	fixture_init(&f);
	fixture_program(&f, kind, multi);
	fixture_target(&f, NULL, "__x64_sys_getppid", 0);
	fixture_target(&f, NULL, "no_such_function", 0);
	fixture_target(&f, "vmlinux", "vfs_write", 0);
	fixture_count_cookie(&f, 0);
	if (start(&f, 2)) {
		int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

		work();
		CHECK(fixture_slot(&f, 0) >= 100);
		CHECK_EQ(write(fd, "x", 1), 1);
		CHECK(fixture_slot(&f, 2) >= 1);
		close(fd);
		CHECK(strstr(fixture_messages(&f), "no_such_function: no such function"));
	}
	finish(&f);
}

TEST(kernel_attach_kprobe)
{
	check_kprobes(ATTACH_KPROBE, false);
}

TEST(kernel_attach_kretprobe)
{
	check_kprobes(ATTACH_KRETPROBE, false);
}

TEST(kernel_attach_kprobe_multi)
{
	check_kprobes(ATTACH_KPROBE, true);
}

TEST(kernel_attach_kretprobe_multi)
{
	check_kprobes(ATTACH_KRETPROBE, true);
}

TEST(kernel_attach_kprobe_says_what_is_missing)
{
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	if (has(FEATURE_KPROBE))
		SKIP("this kernel has kprobes");
	fixture_init(&f);
	fixture_program(&f, ATTACH_KPROBE, true);
	fixture_target(&f, NULL, "vfs_write", 0);
	fixture_target(&f, NULL, "vfs_read", 0);
	fixture_count(&f, 0, 0);
	if (start(&f, -EOPNOTSUPP))
		CHECK(strstr(fixture_messages(&f), "this kernel was built without kprobes"));
	fixture_done(&f);
}

TEST(kernel_attach_fentry_and_fexit)
{
	struct fixture f;
	int fd;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	if (!has(FEATURE_FENTRY))
		SKIP("this kernel cannot load fentry programs");
	fixture_init(&f);
	fixture_program(&f, ATTACH_FENTRY, false);
	fixture_target(&f, NULL, "vfs_write", 0);
	fixture_count(&f, 0, 0);
	fixture_program(&f, ATTACH_FEXIT, false);
	fixture_target(&f, NULL, "vfs_write", 0);
	fixture_count_cookie(&f, 1);
	if (start(&f, 1)) {
		CHECK_EQ(fixture_attach(&f, 1), 1);
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		for (int i = 0; i < 10; i++)
			CHECK_EQ(write(fd, "x", 1), 1);
		close(fd);
		CHECK(fixture_slot(&f, 0) >= 10);
		CHECK(fixture_slot(&f, 1) >= 10);
	}
	finish(&f);
}

TEST(kernel_load_fentry_says_what_is_missing)
{
	const char *function = has(FEATURE_FENTRY) ? "no_such_function" : "vfs_write";
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, ATTACH_FENTRY, false);
	fixture_target(&f, NULL, function, 0);
	fixture_count(&f, 0, 0);
	CHECK(fixture_load(&f) < 0);
	CHECK_EQ(f.diag.errors, 1);
	CHECK(strstr(fixture_messages(&f), "fentry") || strstr(fixture_messages(&f), function));
	CHECK(strstr(fixture_messages(&f), "hint: kprobe") ||
	      strstr(fixture_messages(&f), "hint: it has no kprobes"));
	fixture_done(&f);
}

TEST(kernel_reads_stacks)
{
	struct fixture f;
	u64 addrs[127];
	s64 id;
	int n;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_map(&f, SCRIPT_STACKS, BPF_MAP_TYPE_STACK_TRACE, 64);
	fixture_program(&f, ATTACH_TRACEPOINT, false);
	fixture_target(&f, "sched", "sched_switch", 0);
	fixture_ld_map(&f, 0, 2, 0);
	fixture_insn(&f, 0, insn_mov64_imm(3, BPF_F_REUSE_STACKID));
	fixture_insn(&f, 0, insn_call(BPF_FUNC_get_stackid));
	fixture_ld_bss(&f, 0, 1, 0);
	fixture_insn(&f, 0, insn_store_reg(BPF_DW, 1, 0, 0));
	fixture_insn(&f, 0, insn_mov64_imm(0, 0));
	fixture_insn(&f, 0, insn_exit());
	if (start(&f, 1)) {
		usleep(10000);
		id = (s64)fixture_slot(&f, 0);
		n = kernel_engine.stack(f.engine, id, addrs, 127);
		CHECK(n > 0);
		CHECK(n > 0 && addrs[0] >> 63);
		CHECK_EQ(kernel_engine.stack(f.engine, id, addrs, 1), 1);
		CHECK_EQ(kernel_engine.stack(f.engine, -EEXIST, addrs, 127), -EEXIST);
		CHECK(kernel_engine.stack(f.engine, 1 << 20, addrs, 127) < 0);
	}
	finish(&f);
}

/* More than are closed on the spot, together with others. */
TEST(kernel_attach_rawtracepoints_and_others)
{
	static const char *const raw[] = { "sys_enter",          "sys_exit",
					   "sched_switch",       "sched_wakeup",
					   "sched_process_fork", "sched_process_exit" };
	struct fixture f;

	if (kernel_unavailable())
		SKIP("BPF is not allowed here");
	fixture_init(&f);
	fixture_program(&f, ATTACH_RAWTRACEPOINT, false);
	for (size_t i = 0; i < ARRAY_SIZE(raw); i++)
		fixture_target(&f, NULL, raw[i], 0);
	fixture_count(&f, 0, 0);
	fixture_program(&f, ATTACH_TRACEPOINT, false);
	fixture_target(&f, "syscalls", "sys_enter_getppid", 0);
	fixture_target(&f, "syscalls", "sys_exit_getppid", 0);
	fixture_count(&f, 1, 1);
	if (start(&f, 6)) {
		CHECK_EQ(fixture_attach(&f, 1), 2);
		work();
		CHECK(fixture_slot(&f, 0) >= 200);
		CHECK(fixture_slot(&f, 1) >= 200);
	}
	finish(&f);
}
