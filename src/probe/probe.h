/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be probed: how a probe's name is read, which targets a wildcard stands for, what its arguments
 * are. One provider a file; providers.h has the ops struct that each fills in.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/diag.h"
#include "base/table.h"
#include "btf/types.h"
#include "isa/attach.h"

#define PROBE_MAX_TARGETS 65536

/* Shared by all questions of one run; keeps what was read (tracefs lists, symbol tables). */
struct probe_context {
	struct arena *arena;
	struct types *types;
	u32 pid; /* of -p or -c: uprobes by library name, signal and filters; 0 if none */
	const char *tracefs; /* "/sys/kernel/tracing", NULL if there is none; found on first need */
	bool tracefs_known;
	struct probe_cache *cache;
};
void probe_init(struct probe_context *c, struct arena *arena, struct types *types);
void probe_done(struct probe_context *c);

/* A probe as the script writes it. Strings are NULL where not given; they may be wildcards. */
struct probe_spec {
	enum attach kind;
	struct loc loc;   /* of the whole name */
	const char *text; /* as written */
	const char *
		module; /* tracepoint: category; k*, f*: module; u*: path or library; software, hardware:
			      * event; self: "signal"; profile, interval: unit */
	const char *func; /* event, function or symbol; self: signal's name */
	u64 offset;       /* k*, u*: "+offset"; with func NULL: an address */
	u64 period;       /* as in struct script_target */
	bool is_freq;
	u32 signal;
	bool is_wild; /* module or func has a wildcard */
};

/*
 * Reads a probe's name ("kprobe:vfs_*", "u:/bin/bash:readline+4", "profile:hz:99", "BEGIN"). Mistakes are
 * reported at loc, with the right form or the nearest name. 0 or -EINVAL. Probe kinds that come later
 * (usdt, iter, watchpoint, ...) get an error that says so.
 */
int probe_parse(struct probe_context *c, const char *text, struct loc loc, struct probe_spec *out,
		struct diag *d);

/* One place, fully named. Strings live in the context's arena. */
struct probe_target {
	enum attach kind;
	const char *name;   /* full name with the provider's long name */
	const char *module; /* as in struct script_target; u*: the resolved path */
	const char *func;
	u64 offset; /* u*: file offset; k*: offset within func or, with func NULL, address */
	u64 period;
	bool is_freq;
	u32 signal;
	u32 pid;
};
typedef vec_of(struct probe_target) probe_targets;

/*
 * The targets of a spec, appended in a stable order. A name without a match is an error with the nearest
 * names; what is not traceable is left out of wildcards; more than PROBE_MAX_TARGETS is an error.
 */
int probe_expand(struct probe_context *c, const struct probe_spec *spec, probe_targets *out,
		 struct diag *d);

/* The arguments of a target, as fields of the program's context. */
struct probe_args {
	/* A record with fields set (TYPE_RECORD, fields at context offsets); NULL when the arguments are not known.
	 * Tracepoints: at the format's offsets. fentry, fexit, rawtracepoint: 8 bytes a slot. kprobe: at the
	 * registers' places in struct pt_regs. */
	const struct type *args;
	bool slots; /* each field fills an 8-byte slot and is to be loaded whole, then cut to its type */
	/* kretprobe, uretprobe: u64; fexit: typed; NULL if there is none. */
	const struct type *retval;
	const char *retval_declared; /* as field.declared */
	u32 retval_offset;           /* in the context */
	u32 arg_count; /* argN: number known to exist, or the number of argument registers */
};
/* 0; -ENOENT when the target has no such thing as arguments; other errors as found. Reports nothing: the
 * caller knows whether arguments are needed. why (may be NULL) gets a reason for the message. */
int probe_args(struct probe_context *c, const struct probe_target *t, struct probe_args *out,
	       const char **why);
/* Context offset of argN (register or slot); -1 if this kind has none. On kprobes and uprobes N up to 5 are
 * registers; more come from the stack with sargN. */
int probe_argn_offset(enum attach kind, u32 n);
/* Context offset of a register by name ("ip", "sp", "ax", "di", ... or "rip"), for reg(); -1 if unknown. */
int probe_register_offset(const char *name);
/* Calls fn for each register's name. */
void probe_each_register(void (*fn)(void *arg, const char *name), void *arg);
/* Address of a symbol in a binary (path, library name, or of pid's executable), for uaddr(). 0 or -errno. */
int probe_user_symbol(struct probe_context *c, const char *path, const char *symbol, u64 *addr,
		      u64 *size);

/* Address of a symbol of the kernel, for kaddr(). 0, -ENOENT, -EPERM when addresses are hidden, or -errno. */
int probe_kernel_symbol(struct probe_context *c, const char *name, u64 *addr);

/* Calls fn with each argument of a target as C declares it ("const char * filename"), for listing; what a
 * function returns comes last, as "int retval". 0, or -errno as probe_args. */
int probe_declare_args(struct probe_context *c, const struct probe_target *t,
		       void (*fn)(void *arg, const char *decl), void *arg);

/* `skep list`: every probe matching a pattern ("tracepoint:sched:*", "kprobe:vfs_*", "*sleep*", "struct
 * task_struct"), one call each, until fn returns false. Without a colon all kinds are searched. */
int probe_list(struct probe_context *c, const char *pattern,
	       bool (*fn)(void *arg, const struct probe_target *t), void *arg, struct diag *d);

#endif
