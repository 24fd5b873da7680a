/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep prog pin, unpin: a name in a file system of type bpf keeps a program in the kernel. */
#include "cmd/noun/pin.h"
#include "cmd/prog/prog.h"

static int run_pin(struct noun_args *a)
{
	return noun_pin(a, HANDLE_PROG);
}

static int run_unpin(struct noun_args *a)
{
	return noun_unpin(a, HANDLE_PROG);
}

const struct noun_verb prog_pin = {
	.name = "pin",
	.args = "PROG PATH",
	.help = "Pin a program: it stays in the kernel until the pin is removed.\n"
		"\n"
		"PATH is a file that does not exist, in a file system of type bpf, as "
		"/sys/fs/bpf.\n",
	.run = run_pin,
};

const struct noun_verb prog_unpin = {
	.name = "unpin",
	.args = "PATH",
	.help = "Remove a program's pin.\n"
		"\n"
		"The program goes when nothing else holds it.\n",
	.run = run_unpin,
};
