/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bpf/walk.bpf.c and src/inspect/walk.c share: records, and numbers that are not known before the kernel is. The host puts them
 * into the code where it has, for the number n,
 *
 *	r1 = WALK_MARK + n ll			the number; of a map, its descriptor
 *	r1 = *(u32 *)(r2 + WALK_PLACE + n)	the same as an offset
 *	call WALK_CAST				the kernel's function
 */
#ifndef BPF_WALK_H
#define BPF_WALK_H

/* What a compiler would not come to by itself. */
#define WALK_MARK 0x77616c6b00000000 /* "walk" */
#define WALK_PLACE 0x7700
#define WALK_CAST 0x77616c6b

enum walk_number {
#define FIELD(name, record, member, bytes) WALK_##name,
#define TYPE(name, record)
#include "bpf/walk.def"
#undef FIELD
#undef TYPE
	WALK_FIELDS,
	WALK_BEFORE_TYPES = WALK_FIELDS - 1,
#define FIELD(name, record, member, bytes)
#define TYPE(name, record) WALK_TYPE_##name,
#include "bpf/walk.def"
#undef FIELD
#undef TYPE
	WALK_PER_CPU, /* a map of one value, of which each CPU has its own */
	WALK_TOLD, /* a map: struct walk_head, then records of one kind, of which it has the room of one */
	WALK_FD, /* the first of the reader's descriptors, of which it has one of each kind in a row */
	WALK_NUMBERS,
};

/* The last is an event of perf, which may have a program. */
enum walk_kind { WALK_PROG, WALK_MAP, WALK_LINK, WALK_BTF, WALK_EVENT, WALK_KINDS };

#define WALK_FEW 7 /* maps or functions of a program: what it has more is not told */

struct walk_head {
	unsigned int told; /* records, with those that had no room */
	unsigned int zero; /* is 0, which the verifier does not know */
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
	unsigned long long place; /* the program's own */
};

/* A descriptor of a process. */
struct walk_file {
	unsigned int process, fd;
	unsigned int kind, id; /* an event has no id */
	unsigned int pages;    /* of a program */
	unsigned int pad;
};

#endif
