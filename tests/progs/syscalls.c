/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes system calls and hardly any beside them:
 *
 *	syscalls getppid N             N times
 *	syscalls openat N              opens and closes /dev/null
 *	syscalls openfail N            tries to open /nonexistent/skep
 *	syscalls read N BYTES          from /dev/zero
 *	syscalls write N BYTES         to /dev/null
 *	syscalls nanosleep N MS
 *	syscalls fork N                children that exit with 7
 *	syscalls fault N               touches N new pages
 *	syscalls execve N PATH ARG...  in children
 *	syscalls signal N              sends itself SIGUSR1
 *	syscalls exit CODE
 *	syscalls stay MS               sleeps and exits
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_BYTES = 65536 };

static char bytes[MAX_BYTES];

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	syscall(SYS_nanosleep, &t, NULL);
}

static void open_one(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

	if (fd >= 0)
		close((int)fd);
}

static void transfer(const char *what, long size)
{
	int is_read = !strcmp(what, "read");
	int fd = open(is_read ? "/dev/zero" : "/dev/null", O_RDWR | O_CLOEXEC);
	ssize_t n = is_read ? read(fd, bytes, (size_t)size) : write(fd, bytes, (size_t)size);

	if (n != size)
		exit(1);
	close(fd);
}

static void child(char **argv)
{
	pid_t pid = fork();

	if (!pid) {
		if (argv)
			execv(argv[0], argv);
		_exit(7);
	}
	waitpid(pid, NULL, 0);
}

static void fault(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		exit(1);
	*page = 1;
	munmap(page, 4096);
}

/* One call; whether there is one of this name. */
static int call(const char *what, long number, char **rest)
{
	if (!strcmp(what, "getppid"))
		syscall(SYS_getppid);
	else if (!strcmp(what, "openat"))
		open_one("/dev/null");
	else if (!strcmp(what, "openfail"))
		open_one("/nonexistent/skep");
	else if (!strcmp(what, "read") || !strcmp(what, "write"))
		transfer(what, number);
	else if (!strcmp(what, "nanosleep"))
		pause_ms(number);
	else if (!strcmp(what, "fork"))
		child(NULL);
	else if (!strcmp(what, "fault"))
		fault();
	else if (!strcmp(what, "execve"))
		child(rest);
	else if (!strcmp(what, "signal"))
		kill(getpid(), SIGUSR1);
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 1, number = argc > 3 ? atol(argv[3]) : 0;

	if (argc < 2 || number < 0 || number > MAX_BYTES)
		return 2;
	signal(SIGUSR1, SIG_IGN);
	if (!strcmp(argv[1], "exit"))
		return (int)n;
	if (!strcmp(argv[1], "stay")) {
		pause_ms(n);
		return 0;
	}
	while (n-- > 0) {
		if (!call(argv[1], number, argv + 3)) {
			fprintf(stderr, "syscalls: unknown: %s\n", argv[1]);
			return 2;
		}
	}
	return 0;
}
