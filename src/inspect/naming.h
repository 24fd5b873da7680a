/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of what the kernel tells by numbers: programs, functions in BTF, cgroups. Each is looked up once and kept. */
#ifndef INSPECT_NAMING_H
#define INSPECT_NAMING_H

#include "base/arena.h"

struct naming;

/* Never NULL; what it hands out lives in the arena. */
struct naming *naming_new(struct arena *a);
void naming_free(struct naming *n);

struct naming_prog {
	const char *name; /* in full; "" if it has none or is not to be seen */
	u32 type;
	u32 btf_id, attach_btf_obj_id,
		attach_btf_id; /* its own BTF; what it is made to attach to */
};
/* Never NULL; type 0 if there is no such program any more. */
const struct naming_prog *naming_prog(struct naming *n, u32 id);

/* The map's name; "" if it has none or is not to be seen. */
const char *naming_map(struct naming *n, u32 id);

/* The type (a function, say) of a BTF object; NULL if that cannot be found. *object: "vmlinux", a module's name, "" of a program's. */
const char *naming_type(struct naming *n, u32 btf, u32 type, const char **object);

/*
 * What a link of type tracing is attached to: the function's name, *object of what: the kernel ("vmlinux"), a module, or,
 * with *prog set to its id, a program. NULL if it cannot be found.
 */
const char *naming_target(struct naming *n, u32 prog_id, u32 target_obj_id, u32 target_btf_id,
			  const char **object, u32 *prog);

/* The path of a cgroup with the id of bpf_get_current_cgroup_id(); NULL if it is gone or not to be seen. */
const char *naming_cgroup(struct naming *n, u64 id);

#endif
