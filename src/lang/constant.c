/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each question reads the system anew: they are rare. */
#include "lang/constant.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	u8 number;
} signals[] = {
	{ "SIGHUP", SIGHUP },       { "SIGINT", SIGINT },   { "SIGQUIT", SIGQUIT },
	{ "SIGILL", SIGILL },       { "SIGTRAP", SIGTRAP }, { "SIGABRT", SIGABRT },
	{ "SIGBUS", SIGBUS },       { "SIGFPE", SIGFPE },   { "SIGKILL", SIGKILL },
	{ "SIGUSR1", SIGUSR1 },     { "SIGSEGV", SIGSEGV }, { "SIGUSR2", SIGUSR2 },
	{ "SIGPIPE", SIGPIPE },     { "SIGALRM", SIGALRM }, { "SIGTERM", SIGTERM },
	{ "SIGCHLD", SIGCHLD },     { "SIGCONT", SIGCONT }, { "SIGSTOP", SIGSTOP },
	{ "SIGTSTP", SIGTSTP },     { "SIGTTIN", SIGTTIN }, { "SIGTTOU", SIGTTOU },
	{ "SIGURG", SIGURG },       { "SIGXCPU", SIGXCPU }, { "SIGXFSZ", SIGXFSZ },
	{ "SIGVTALRM", SIGVTALRM }, { "SIGPROF", SIGPROF }, { "SIGWINCH", SIGWINCH },
	{ "SIGIO", SIGIO },         { "SIGPWR", SIGPWR },   { "SIGSYS", SIGSYS },
};

int constant_cgroup(const char *path, u64 *id)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	*id = st.st_ino; /* kernfs: on 64-bit machines the inode's number is the cgroup's ID */
	return 0;
}

u32 constant_signal(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (!strcmp(signals[i].name, name) || !strcmp(signals[i].name + 3, name))
			return signals[i].number;
	}
	return 0;
}

void constant_signal_nearest(struct nearest *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		nearest_try(n, signals[i].name);
}
