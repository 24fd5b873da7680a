/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's helper functions, from helper.def: what they take and give, which programs may call
 * them.
 */
#ifndef ISA_HELPER_H
#define ISA_HELPER_H

#include "base/int.h"

#define HELPER_ARGS 5

enum helper_number {
#define HELPER(number, name, result, a1, a2, a3, a4, a5, progs, flags, machine)                    \
	HELPER_##name = number,
#include "isa/helper.def"
	HELPER_NUMBERS /* one more than the highest */
};

enum helper_kind {
	HELPER_KIND_NONE, /* there is no such argument */
	HELPER_KIND_ANY,  /* anything that is initialized */
	HELPER_KIND_SCALAR,
	HELPER_KIND_CTX,
	HELPER_KIND_MAP,
	HELPER_KIND_KEY,   /* as long as a key of the map */
	HELPER_KIND_VALUE, /* as long as a value of the map */
	HELPER_KIND_MEM,   /* of `bytes`, else of the size in the next argument */
	HELPER_KIND_SIZE,
	HELPER_KIND_ALLOC_SIZE,
	HELPER_KIND_SPIN_LOCK, /* in a map value, as the next ones */
	HELPER_KIND_TIMER,
	HELPER_KIND_KPTR_PLACE,
	HELPER_KIND_KPTR, /* an object of the type that the place has */
	HELPER_KIND_FUNC,
	HELPER_KIND_STACK,
	HELPER_KIND_CONST_STR, /* in a map that is frozen and read-only */
	HELPER_KIND_SOCK_COMMON,
	HELPER_KIND_SOCKET,
	HELPER_KIND_ANY_SOCK,
	HELPER_KIND_BTF, /* the kernel's struct `type` */
	HELPER_KIND_PERCPU,
	HELPER_KIND_RINGBUF_MEM,
	HELPER_KIND_DYNPTR,
	/* Of results only. */
	HELPER_KIND_INTEGER,
	HELPER_KIND_VOID,
	HELPER_KIND_TCP_SOCK,
	HELPER_KIND_BTF_TRUSTED,
};

enum {
	HELPER_ARG_OR_NULL = 1 << 0,
	HELPER_ARG_OR_ZERO = 1 << 1,  /* a size: 0 is allowed, and the memory may be NULL then */
	HELPER_ARG_READ = 1 << 2,     /* memory is read */
	HELPER_ARG_WRITE = 1 << 3,    /* memory is written */
	HELPER_ARG_UNINIT = 1 << 4,   /* memory need not be initialized, and is afterwards */
	HELPER_ARG_RELEASED = 1 << 5, /* the reference is gone afterwards */
	HELPER_ARG_ALIGNED = 1 << 6,  /* by its size */
	HELPER_ARG_LOCAL = 1 << 7,    /* a dynptr to the program's own memory */
	HELPER_ARG_RINGBUF = 1 << 8,  /* a dynptr to a record of a ring buffer */
};

struct helper_arg {
	enum helper_kind kind;
	u32 flags;        /* HELPER_ARG_... */
	u32 bytes;        /* of memory of a fixed size, else 0 */
	const char *type; /* "task_struct", or "" */
	const char *text; /* "room for a u64" */
};

enum {
	HELPER_GPL = 1 << 0,            /* only for programs with a GPL-compatible license */
	HELPER_BPF = 1 << 1,            /* needs CAP_BPF, whatever the type of the program */
	HELPER_PERFMON = 1 << 2,        /* needs CAP_PERFMON (tracing programs need it anyway) */
	HELPER_SLEEPS = 1 << 3,         /* only in programs that may sleep, and not under a lock */
	HELPER_PACKET = 1 << 4,         /* takes packet memory as an argument */
	HELPER_CHANGES_PACKET = 1 << 5, /* pointers to packet memory are invalid afterwards */
	HELPER_ACQUIRES = 1 << 6,       /* the result, or the new dynptr, has to be released */
	HELPER_RELEASES = 1 << 7,
	HELPER_CASTS = 1 << 8,       /* the result is the argument in another form */
	HELPER_FASTCALL = 1 << 9,    /* leaves all registers but r0 and its arguments as they are */
	HELPER_IN_MACHINE = 1 << 10, /* the user-space machine has it; in helper_info() only */
};

struct helper_info {
	const char *name; /* "bpf_map_lookup_elem" */
	u32 number;
	u32 flags; /* HELPER_... */
	u64 progs; /* mask of PROGS(...): the types that have this form */
	const struct helper_arg *result;
	const struct helper_arg
		*args[HELPER_ARGS]; /* never NULL; kind NONE from the first unused on */
};

/* "bpf_map_lookup_elem" for 1; NULL for a number that the table does not have. */
const char *helper_name(u32 number);
/* By name, with or without "bpf_"; 0 if there is none. */
u32 helper_find(const char *name);
/* The commonest form of a helper; NULL for a number that the table does not have. */
const struct helper_info *helper_info(u32 number);
/*
 * The form that programs of this type have; NULL if they may not call it. For a program that
 * replaces another one (BPF_PROG_TYPE_EXT) ask with that one's type.
 */
const struct helper_info *helper_info_for(u32 number, u32 prog_type);
/*
 * Whether programs of a type that may call it may do so with this expected attach type. Beyond that,
 * bpf_d_path() and the ima helpers are for some functions only, and sockets' options for some hooks.
 */
bool helper_attaches(u32 number, u32 prog_type, u32 attach);
/* All types that may call it, in whichever form. */
u64 helper_progs(u32 number);

#endif
