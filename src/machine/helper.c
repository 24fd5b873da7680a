/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which helpers the machine has: none beside bpf_tail_call(), which the engines do themselves. */
#include "machine/run.h"

run_helper run_find_helper(u32 number)
{
	(void)number;
	return NULL;
}

run_helper run_find_kfunc(const char *name)
{
	(void)name;
	return NULL;
}
