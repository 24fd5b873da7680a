/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of BPF in the running kernel: each has an id within its kind, a descriptor opens it, and bpf(2) tells about it.
 * Objects come and go meanwhile; what has gone is -ENOENT, which those who list pass over.
 */
#ifndef INSPECT_HANDLE_H
#define INSPECT_HANDLE_H

#include <linux/bpf.h>

#include "base/int.h"

enum handle_kind { HANDLE_PROG, HANDLE_MAP, HANDLE_LINK, HANDLE_BTF, HANDLE_KINDS };

/* "program", "map", "link", "BTF object". */
const char *handle_kind_name(enum handle_kind kind);

/* The next id above *id: 0, -ENOENT at the end, -EPERM without privilege. Start with 0. */
int handle_next(enum handle_kind kind, u32 *id);
/* A descriptor, to be closed, or -errno. */
int handle_open(enum handle_kind kind, u32 id);
/* What is pinned at the path: a descriptor or -errno. */
int handle_open_pinned(const char *path);

/*
 * What the kernel tells of it, of which this kernel may know less than size bytes: the rest stays as it is, so the caller zeroes
 * all but the addresses and lengths of what is to be filled in. 0 or -errno.
 */
int handle_info(int fd, void *info, u32 size);

/* The id of a descriptor of ours, whose kind is known; 0: the kernel does not tell. */
u32 handle_id(enum handle_kind kind, int fd);

/* bpf(2) itself, where neither libbpf nor what is above has a function: its result or -errno. */
int handle_call(u32 command, void *attr, u32 size);

#define HANDLE_FDINFO 4096 /* bytes of it that are read */
/* What /proc tells of a descriptor of ours, lines of "field:	number". 0 or -errno. */
int handle_fdinfo(int fd, char text[HANDLE_FDINFO]);
/* The number behind a field ("memlock:"); 0 if there is none. */
u64 handle_field(const char *text, const char *field);
/* The bytes that the kernel accounts for a program or map; 0: it does not tell. */
u64 handle_memory(int fd);

/* The kind that a link in /proc/PID/fd names, as "anon_inode:bpf-map". False: none. */
bool handle_kind_of_link(const char *link, enum handle_kind *kind);

struct handle_name {
	enum handle_kind kind;
	u32 id;
};
/* What a descriptor of this or another process stands for, from fdinfo (of /proc/PID/fdinfo/N): -ENOENT if it is nothing of BPF's. */
int handle_identify(int dir, const char *fdinfo, struct handle_name *out);
/* The same; *memory: the bytes that the kernel accounts for it, 0 if it does not tell. */
int handle_identify_memory(int dir, const char *fdinfo, struct handle_name *out, u64 *memory);
/* The first again, for a descriptor of our own. */
int handle_identify_fd(int fd, struct handle_name *out);

#endif
