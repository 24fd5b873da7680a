/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's symbols, and which of its functions can be probed. */
#ifndef PROBE_KERNEL_SYMBOLS_H
#define PROBE_KERNEL_SYMBOLS_H

#include "probe/probe.h"

struct kernel_symbol {
	u64 address; /* 0 when the kernel hides it from this user */
	char type;   /* as nm(1) has it: 't' and 'T' are functions */
	const char *name;
	const char *module; /* "vmlinux" for the kernel itself */
};

/* Calls fn for each symbol of /proc/kallsyms, by address, until it returns false. 0 or -errno. */
int kernel_symbols_each(struct probe_context *c,
			bool (*fn)(void *arg, const struct kernel_symbol *s), void *arg);

/* Calls fn for each function that can be traced: those of available_filter_functions where tracefs has it,
 * else the functions among the symbols; without those that a wildcard must not mean. */
int kernel_symbols_functions(struct probe_context *c,
			     bool (*fn)(void *arg, const char *module, const char *name),
			     void *arg);

/* As above, but only of available_filter_functions: nothing where that cannot be read. */
void kernel_symbols_traceable(struct probe_context *c,
			      bool (*fn)(void *arg, const char *module, const char *name),
			      void *arg);

/* Whether a wildcard may stand for a function: not if kprobes refuse it, nor if tracing runs through it. */
bool kernel_symbols_safe(struct probe_context *c, const char *name);
/* Whether there is a function of this name, in a module if that is not NULL. */
bool kernel_symbols_has_function(struct probe_context *c, const char *module, const char *name);
/* The function's name that is nearest to one that does not exist; NULL if none is near. */
const char *kernel_symbols_nearest(struct probe_context *c, const char *name);

#endif
