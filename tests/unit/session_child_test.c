/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "session/child.h"
#include "session/elfsyms.h"
#include "session/ksyms.h"
#include "session/usyms.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdio.h>

static struct session_child *start(const char *command, struct arena *a)
{
	struct diag d;

	arena_init(a);
	diag_init(&d, a);
	return child_start(command, &d);
}

static int run(const char *command)
{
	struct arena a;
	struct session_child *c = start(command, &a);
	int status = -1;

	if (c && !child_release(c))
		status = child_exit_status(c);
	child_free(c);
	arena_done(&a);
	return status < 0 ? status : WEXITSTATUS(status);
}

TEST(session_child_words)
{
	CHECK_EQ(run("true"), 0);
	CHECK_EQ(run("  false  "), 1);
	CHECK_EQ(run("sh -c 'exit 3'"), 3);
	CHECK_EQ(run("/bin/sh -c \"test \\\"a b\\\" = 'a b'\""), 0);
	CHECK_EQ(run("test a\\ b = 'a b'"), 0);
	CHECK_EQ(run("test '' = \"\""), 0);
	CHECK_EQ(run("test 'a\\b' = \"a\\b\""), 0);
}

TEST(session_child_mistakes)
{
	CHECK_EQ(run("no-such-command-here"), -1);
	CHECK_EQ(run("/etc/passwd"), -1);
	CHECK_EQ(run("/no/such/file"), -1);
	CHECK_EQ(run("sh -c 'open"), -1);
	CHECK_EQ(run("   "), -1);
	CHECK_EQ(run("/"), -1);
}

TEST(session_child_is_held_back)
{
	struct arena a;
	struct session_child *c = start("true", &a);
	struct pollfd end = { .fd = child_pidfd(c), .events = POLLIN };

	CHECK_EQ(poll(&end, 1, 20), 0);
	CHECK_EQ(child_release(c), 0);
	CHECK_EQ(poll(&end, 1, 5000), 1);
	CHECK_EQ(child_exit_status(c), 0);
	child_free(c);
	arena_done(&a);
}

TEST(session_child_sleeps_when_held)
{
	struct arena a;
	struct session_child *c = start("true", &a);
	char path[64], *text;

	child_hold(c);
	child_hold(c);
	snprintf(path, sizeof(path), "/proc/%u/stat", child_pid(c));
	text = text_read_file(path, 4096, NULL);
	CHECK(text && strstr(text, ") S ") != NULL);
	free(text);
	CHECK_EQ(child_release(c), 0);
	CHECK_EQ(child_exit_status(c), 0);
	child_free(c);
	arena_done(&a);
}

TEST(session_child_is_killed)
{
	struct arena a;
	struct session_child *c = start("sleep 100", &a);
	pid_t pid = (pid_t)child_pid(c);

	child_free(c);
	CHECK(kill(pid, 0) < 0);
	arena_done(&a);
	c = start("sleep 100", &a);
	pid = (pid_t)child_pid(c);
	CHECK_EQ(child_release(c), 0);
	child_free(c);
	CHECK(kill(pid, 0) < 0);
	arena_done(&a);
}

TEST(session_ksyms)
{
	static const char text[] = "ffffffff81000000 T _stext\n"
				   "ffffffff81000010 t first\n"
				   "ffffffff81000010 T alias\n"
				   "ffffffff81000020 D data\n"
				   "ffffffffc0001000 t module_end\t[mod]\n"
				   "ffffffffc0000000 t module_start\t[mod]\n"
				   "0000000000000000 T hidden\n"
				   "garbage\n"
				   "ffffffff81000030 T\n";
	char path[] = "/tmp/skep-test-XXXXXX";
	int fd = mkstemp(path);
	struct ksyms *k;
	u64 offset = 0;

	CHECK_EQ(write(fd, text, sizeof(text) - 1), (s64)sizeof(text) - 1);
	close(fd);
	k = ksyms_new(path);
	unlink(path);
	CHECK_STR(ksyms_find(k, 0xffffffff81000000, &offset), "_stext");
	CHECK_STR(ksyms_find(k, 0xffffffff81000025, &offset), "first");
	CHECK_EQ(offset, 0x15);
	CHECK_STR(ksyms_find(k, 0xffffffffc0000008, &offset), "module_start");
	CHECK_STR(ksyms_find(k, 0xffffffffc0001008, &offset), "module_end");
	CHECK_STR(ksyms_module(k, 0xffffffffc0001008), "mod");
	CHECK_STR(ksyms_module(k, 0xffffffff81000025), "");
	CHECK_STR(ksyms_module(k, 0xffffffff90000000), "");
	CHECK(!ksyms_find(k, 0xffffffff80ffffff, &offset));
	CHECK(!ksyms_find(k, 0xffffffff90000000, &offset));
	CHECK(!ksyms_find(k, 0, &offset));
	ksyms_free(k);
	k = ksyms_new("/no/such/file");
	CHECK(!ksyms_find(k, 1, &offset));
	ksyms_free(k);
}

/* Known by its own name below. */
__attribute__((noinline)) int session_child_test_function(int x);
int session_child_test_function(int x)
{
	return x * 3 + 1;
}

TEST(session_usyms_of_ourselves)
{
	struct usyms *u = usyms_new();
	u64 address = (u64)(uintptr_t)session_child_test_function;
	struct usym sym;

	CHECK(usyms_find(u, (u32)getpid(), address, &sym));
	CHECK_STR(sym.name, "session_child_test_function");
	CHECK_EQ(sym.offset, 0);
	CHECK(sym.path[0] == '/');
	CHECK(usyms_find(u, (u32)getpid(), address + 1, &sym));
	CHECK_EQ(sym.offset, 1);
	CHECK(!usyms_find(u, (u32)getpid(), 1, &sym));
	CHECK(!usyms_find(u, 0x7fffffff, address, &sym));
	usyms_free(u);
}

TEST(session_usyms_after_the_end)
{
	struct usyms *u = usyms_new();
	u64 address = (u64)(uintptr_t)session_child_test_function;
	struct usym sym;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	usyms_watch(u, (u32)pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	usyms_watch(u, (u32)pid);
	CHECK(usyms_find(u, (u32)pid, address, &sym));
	CHECK_STR(sym.name, "session_child_test_function");
	usyms_free(u);
}

TEST(session_usyms_of_a_fork_that_has_ended)
{
	u64 address = (u64)(uintptr_t)session_child_test_function;
	struct usyms *u = usyms_new();
	struct usym sym;
	pid_t pid;

	if (usyms_listen(u) < 0) {
		usyms_free(u);
		SKIP("perf events are not allowed here");
	}
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	CHECK(usyms_find(u, (u32)pid, address, &sym));
	CHECK_STR(sym.name, "session_child_test_function");
	usyms_free(u);
}

/* Maps all of our own file as code somewhere else; where the byte at `address` is then. */
static u64 map_again(u64 address)
{
	unsigned long from, to, offset;
	FILE *maps = fopen("/proc/self/maps", "re");
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	void *at = mmap(NULL, (size_t)lseek(fd, 0, SEEK_END), PROT_READ | PROT_EXEC, MAP_PRIVATE,
			fd, 0);
	u64 moved = 0;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 && address >= from &&
		    address < to)
			moved = (u64)(uintptr_t)at + address - from + offset;
	}
	return moved;
}

TEST(session_usyms_of_what_a_process_mapped)
{
	u64 address = (u64)(uintptr_t)session_child_test_function, moved = 0;
	struct usyms *u = usyms_new();
	struct usym sym;
	int fds[2];
	pid_t pid;

	if (usyms_listen(u) < 0) {
		usyms_free(u);
		SKIP("perf events are not allowed here");
	}
	CHECK_EQ(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		moved = map_again(address);
		_exit(write(fds[1], &moved, sizeof(moved)) != sizeof(moved));
	}
	CHECK_EQ(read(fds[0], &moved, sizeof(moved)), (s64)sizeof(moved));
	waitpid(pid, NULL, 0);
	close(fds[0]);
	close(fds[1]);
	CHECK(usyms_find(u, (u32)pid, moved + 1, &sym));
	CHECK_STR(sym.name, "session_child_test_function");
	CHECK_EQ(sym.offset, 1);
	CHECK(!usyms_find(u, (u32)getpid(), moved, &sym));
	usyms_free(u);
}

TEST(session_usyms_forget_the_oldest)
{
	u64 address = (u64)(uintptr_t)session_child_test_function;
	struct usyms *u = usyms_new();
	struct usym sym;

	CHECK(usyms_find(u, (u32)getpid(), address, &sym));
	/* More than are kept, of numbers that no process has. */
	for (u32 i = 0; i < 20000; i++)
		CHECK(!usyms_find(u, 0x40000000 + i, address, &sym));
	CHECK(usyms_find(u, (u32)getpid(), address, &sym));
	usyms_free(u);
}

TEST(session_elfsyms_of_garbage)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	CHECK(!elfsyms_new(fd));
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK(!elfsyms_new(fd));
}
