/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's helpers in the machine: a function help_NAME for each row of isa/helper.def that says IN_MACHINE, in a file a
 * family. They have the kernel's results and errors. In checked mode run_may_call() has judged their arguments by the
 * same table before they are called.
 */
#ifndef MACHINE_HELPER_H
#define MACHINE_HELPER_H

#include <errno.h>
#include <string.h>

#include "machine/map.h"
#include "machine/run.h"

#define HELPER_DECLARE_IN_MACHINE(name)                                                            \
	u64 help_##name(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run);
#define HELPER_DECLARE_NOT(name)
#define HELPER(number, name, result, a1, a2, a3, a4, a5, progs, flags, machine)                    \
	HELPER_DECLARE_##machine(name)
#include "isa/helper.def"

#define HELPER_DYNPTR_READONLY 1u
#define HELPER_DYNPTR_PACKET 2u /* bpf_dynptr_data() is not for those */

/* A dynptr: the kernel's two words, the offset added to the address. */
struct helper_dynptr {
	u64 data; /* 0: null */
	u32 size;
	u32 flags;
};

/* The head of such a function; those arguments that it does not use are of no concern. */
#define HELP(name)                                                                                 \
	u64 help_##name(__attribute__((unused)) u64 a, __attribute__((unused)) u64 b,              \
			__attribute__((unused)) u64 c, __attribute__((unused)) u64 d,              \
			__attribute__((unused)) u64 e, __attribute__((unused)) struct run *run)

static inline void *helper_at(u64 address)
{
	return (void *)(uintptr_t)address;
}

/* As memmove() and memset(), but nothing may be at NULL. */
static inline void helper_copy(void *to, const void *from, u64 size)
{
	if (size)
		memmove(to, from, size);
}

static inline void helper_clear(void *to, u64 size)
{
	if (size)
		memset(to, 0, size);
}

static inline u64 helper_error(int err)
{
	return (u64)(s64)err;
}

/* The context, if programs of this type run; else NULL: a program that was not verified may call what is not for it. */
void *helper_ctx(const struct run *run, u32 prog_type);
/* The socket that an address is a form of: helper_sock.c. NULL: none. */
struct sock *helper_sock(const struct run *run, u64 address);
/* Puts one into a map of sockets; flags as of bpf_map_update_elem(). */
int helper_sock_update(struct run *run, struct map *m, const void *key, u64 sock, u64 flags);
/* bpf_..._storage_get(): the value of an id, made and initialized if it is not there and create is set. */
u64 helper_storage(struct run *run, struct map *m, u64 id, u64 init, bool create);

/*
 * Formats as bpf_trace_printk() does, %s and %p* of the program's or any other memory that can be read: characters without
 * the NUL, also where they found no room; -EINVAL for a format that the kernel refuses, or too few arguments.
 */
s64 helper_format(char *out, size_t room, const char *format, size_t len, const u64 *args,
		  u32 count);
/* Copies out of memory that may not be there: 0 or -EFAULT, and then zeroes. */
int helper_peek(void *to, u64 from, u64 size);
/* Likewise a string with its NUL; its length with that, or -EFAULT. */
s64 helper_peek_string(char *to, u64 from, u64 room);

#endif
