/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a program in the kernel: what bpf(2) tells of it, its name in full, its memory, when it was loaded. */
#ifndef INSPECT_PROG_H
#define INSPECT_PROG_H

#include <linux/bpf.h>

#include "base/table.h"

struct prog {
	struct bpf_prog_info info; /* its addresses are 0 */
	const char *name;          /* in full where BTF has it; "" if it has none */
	const u32 *map_ids;        /* info.nr_map_ids of them */
	s64 loaded_at;             /* seconds since 1970 in UTC; 0: not known */
	u64 memory;                /* bytes that the kernel accounts for it; 0: not asked for */
	bool is_orphaned;          /* its network device is gone, and all but its id with it */
};

#define PROG_MAX_MAPS 65536 /* of one program */

/* Reads programs; keeps BTF of those that were read, as programs of one object share theirs. */
struct prog_reader {
	struct arena *arena;
	struct table btfs; /* struct rawbtf, by BTF id */
	u32 *maps;         /* room for ids */
	s64 booted_at;     /* nanoseconds since 1970, which times of loading count from */
};

void prog_reader_init(struct prog_reader *r, struct arena *a);
void prog_reader_done(struct prog_reader *r); /* what was read stays in the arena */

/* What is known of the program behind a descriptor. 0 or -errno. */
int prog_read(struct prog_reader *r, int fd, u32 id, struct prog *out);
/* What a walk has told of one, its memory with it; what that leaves out is asked for. -ENOENT if it has gone meanwhile. */
struct walk;
struct walk_prog;
int prog_take(struct prog_reader *r, const struct walk *w, const struct walk_prog *told,
	      struct prog *out);

/* "xdp"; NULL for a type that is not known. */
const char *prog_type_text(const struct prog *p);

/*
 * A descriptor for as long as which the kernel counts runs and their time, of all programs; -errno: -EINVAL on kernels before
 * 5.8, -EPERM without CAP_SYS_ADMIN.
 */
int prog_count_runs(void);

#endif
