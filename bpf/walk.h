/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bpf/walk.bpf.c and src/inspect/walk.c share: records, and numbers that are not known before the kernel is. The host puts them
 * into the code where it has, for the number n,
 *
 *	r1 = WALK_MARK + n ll			the number; of a map, its descriptor or its value's address
 *	r1 = *(u32 *)(r2 + WALK_PLACE + n)	the same as an offset
 *	call WALK_CAST				bpf_rdonly_cast()
 *
 * The value of one map has all that is told:
 *
 *	[ struct walk_head | struct walk_prog, as many as there is room for | struct walk_file, likewise ]
 */
#ifndef BPF_WALK_H
#define BPF_WALK_H

/* What a compiler would not come to by itself. */
#define WALK_MARK 0x77616c6b00000000 /* "walk" */
#define WALK_PLACE 0x7700
#define WALK_CAST 0x77616c6b

enum walk_number {
#define FIELD(name, record, member, bytes) WALK_##name,
#include "bpf/walk.def"
#undef FIELD
	WALK_FIELDS,
	WALK_PER_CPU = WALK_FIELDS, /* a map of one value, of which each CPU has its own */
	WALK_TOLD,                  /* the value of the map that it is told in */
	WALK_PROG_ROOM,             /* for so many records */
	WALK_FILE_ROOM,
	WALK_FILES_AT, /* where they begin */
	WALK_NUMBERS,
};

enum walk_kind { WALK_PROG, WALK_MAP, WALK_LINK, WALK_BTF, WALK_KINDS };

#define WALK_FEW 7 /* maps or functions of a program: what it has more is not told */

struct walk_head {
	unsigned int wants_progs, wants_files; /* set by the host */
	unsigned int own;                      /* a descriptor of the host's, of this map */
	unsigned int zero;                     /* is 0 */
	unsigned int progs, files;             /* records, with those that had no room */
	unsigned int has_all_files; /* else the kernel has ended it, as taking too long */
	/* The program's own. */
	unsigned int process;
	unsigned long long at, first, leader, shared; /* tasks; shared: the leader's descriptors */
	unsigned long long fd, count, slot, file;
	unsigned long long inode; /* that all files have which are of no file system */
	unsigned long long i, place;
};

/* A program, as struct bpf_prog_info has it. */
struct walk_prog {
	unsigned int id, type, uid, insns, verified_insns;
	unsigned int jited_len, funcs_len; /* if it has one function; if it has a few */
	unsigned int btf, func;            /* its BTF object, and the function's type in it */
	unsigned int attach_btf, attach_type;
	unsigned int func_count, map_count;
	unsigned short pages;
	unsigned char gpl; /* the byte with the bit */
	unsigned char is_offloaded;
	unsigned long long load_time, runs, ns, misses;
	unsigned long long tag, name[2]; /* 8 and 16 bytes */
	unsigned int maps[WALK_FEW], pad;
};

/* A descriptor of a process that may be of BPF. */
struct walk_file {
	unsigned int process, fd;
	unsigned long long name[2];   /* what the kernel calls it: 16 bytes, or up to a NUL */
	unsigned int ids[WALK_KINDS]; /* if it is of that kind */
	unsigned int pages;           /* if it is a program */
	unsigned int pad;
};

#endif
