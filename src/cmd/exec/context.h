/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contexts of programs that see no packets, made of what is told of them: fields by name, the socket that they are about, the
 * memory that their pointers lead to, a sysctl. Which context has which of these, isa/ctx.def says.
 */
#ifndef CMD_EXEC_CONTEXT_H
#define CMD_EXEC_CONTEXT_H

#include "btf/literal.h"
#include "cmd/exec/engine.h"

#define EXEC_MAX_ABOUT 65535 /* bytes of what a context's pointers lead to */

/* Whether a context of the program's is about a socket; has pointers to memory (optval, data); is about a sysctl. */
bool exec_has_socket(const struct exec_job *job);
bool exec_has_data(const struct exec_job *job);
bool exec_has_sysctl(const struct exec_job *job);

/* The context's struct in the object's types, else in the kernel's, which have it, too; 0: it is in none. */
u32 exec_context_type(const struct exec_job *job, const struct rawbtf **btf);
/*
 * Reads "{ .user_family = AF_INET, .user_port = htons(80) }", by the object's types, or bytes in hexadecimal; the rest of the
 * context is zero. mask: of expected fields, else NULL. 0, or -EINVAL with a message at its place.
 */
int exec_context_read(struct literal *l, const struct exec_job *job, u8 **ctx, u8 **mask, u32 *len);
/* "net/ipv4/ip_forward = 0 -> 1": its name, what it is, what is written to it. */
int exec_sysctl_read(struct literal *l, struct arena *a, const struct exec_sysctl **out);

/* Contexts with a socket that cannot be missing have one that is bound to nothing; its number as of exec_about. */
u32 exec_any_socket(struct socks *socks, const struct exec_job *job);

/* Puts into a context what the job has of it. */
void exec_context_apply(void *ctx, const struct exec_job *job);

/*
 * Before a run: what follows from the rest where ctx has no field of its own given, then pointers. After it: pointers are taken out
 * again, which say nothing outside of the run.
 */
void exec_context_fill(u8 *ctx, const struct exec_job *job, const struct exec_about *about,
		       const struct sock *s);
void exec_context_point(u8 *ctx, const struct exec_job *job, const struct sock *s, const u8 *data,
			u32 len);
void exec_context_unpoint(u8 *ctx, const struct exec_job *job);

#endif
