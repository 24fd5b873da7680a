/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables that are changed from outside while the program runs: with --set - lines of standard input do it.
 *
 *	skep run --set - globals.bpf.c
 *	verbose=true
 *	wanted={ .name = "ls" }
 */
#include <skep.bpf.h>

struct wanted {
	char name[16];
};

struct wanted wanted; /* nobody yet */
bool verbose;
u64 matched, others;

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_call(void *ctx)
{
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	for (int i = 0; i < sizeof(comm); i++) {
		if (comm[i] != wanted.name[i]) {
			__sync_fetch_and_add(&others, 1);
			return 0;
		}
		if (!comm[i])
			break;
	}
	__sync_fetch_and_add(&matched, 1);
	if (verbose)
		bpf_printk("%s it is", comm);
	return 0;
}

LICENSE("GPL");
