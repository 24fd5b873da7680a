/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a kernel function's prototype to the fields of a program's context. */
#ifndef PROBE_PROTO_H
#define PROBE_PROTO_H

#include "probe/probe.h"

#define PROTO_MAX_SLOTS 12 /* the kernel's limit of raw tracepoints' and trampolines' arguments */

/* Arguments of 8 bytes each, one behind the other; structs of up to 16 bytes by value take two. *slots:
 * how many there are. -EINVAL if there are too many or one does not fit. */
int proto_slots(struct probe_context *c, const struct func_proto *f, struct probe_args *out,
		u32 *slots);
/* Arguments where struct pt_regs has them; those on the stack are left out. */
void proto_registers(struct probe_context *c, const struct func_proto *f, struct probe_args *out);

/* A value of a type as C declares it: "struct file * file". */
const char *proto_declare(struct arena *a, const struct type *t, const char *name);
/* The same with the declared type's words, if there are any. */
const char *proto_declare_as(struct arena *a, const struct type *t, const char *declared,
			     const char *name);

#endif
