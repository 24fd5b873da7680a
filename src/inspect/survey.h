/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the running kernel can do with BPF, found by trying: tiny programs are loaded, maps made, links asked for that cannot be,
 * and nothing is left of it. The survey is a list of rows in parts, which are asked one by one, as asking takes time:
 *
 *	survey_ask(s, SURVEY_MAPS)	s->parts[SURVEY_MAPS]: { "hash", SURVEY_YES } ...
 *					{ "arena", SURVEY_NO, .why = "Linux 6.9 has brought it" }
 */
#ifndef INSPECT_SURVEY_H
#define INSPECT_SURVEY_H

#include "base/table.h"
#include "base/vec.h"
#include "btf/rawbtf.h"
#include "isa/map_type.h"
#include "kernel/feature.h"

enum survey_part {
	SURVEY_SYSTEM,   /* the kernel, the caller, settings, mounts */
	SURVEY_CONFIG,   /* options that it was built with: values */
	SURVEY_PROGS,    /* id: the type */
	SURVEY_ATTACHES, /* id: the type */
	SURVEY_LINKS,
	SURVEY_MAPS,    /* id: the type */
	SURVEY_HELPERS, /* group: the type of programs, id: its number */
	SURVEY_KFUNCS,  /* group: the type of programs; NULL: any, it is in the kernel */
	SURVEY_ITERS,
	SURVEY_ISA,
	SURVEY_BTF,
	SURVEY_LIMITS,
	SURVEY_MISC,
	SURVEY_PARTS
};

enum survey_state {
	SURVEY_NO,
	SURVEY_YES,
	SURVEY_UNKNOWN, /* it could not be asked: why says what stood in the way */
	SURVEY_NUMBER,  /* value is one */
	SURVEY_TEXT,
	SURVEY_ABSENT, /* a setting that is not there */
};

struct survey_row {
	const char *group; /* NULL in most parts */
	const char *name;
	enum survey_state state;
	const char *value; /* of SURVEY_NUMBER and TEXT */
	const char
		*why; /* what is missing, or what a value means; NULL if there is nothing to say */
	u32 id;
};

struct survey_list {
	vec_of(struct survey_row) rows;
};

struct survey {
	struct arena *arena;
	bool is_full; /* also what is not expected: helpers of types that are not known to have them */
	bool is_unprivileged; /* capabilities have been given up */
	u32 ifindex;          /* of a device that programs and maps are for; 0: the host */
	struct survey_list parts[SURVEY_PARTS];
	bool asked[SURVEY_PARTS];
	struct features features;
	struct rawbtf *kernel; /* NULL: it has no types, or they may not be read */
	struct table config;   /* option without CONFIG_ → value */
	bool has_config;
	u32 major, minor; /* of the kernel; for reasons only */
	s8 large;  /* programs of more than 4096 instructions: 1: yes, -1: no, 0: not asked yet */
	u32 loads; /* programs that were tried */
	char *log; /* of the newest of them */
	int maps[MAP_TYPE_COUNT]; /* that programs are tried with; 0: not made yet, -1: cannot be */
};

/* The survey lives in the arena, but for the kernel's types, which survey_done() frees. Set the options first. */
void survey_init(struct survey *s, struct arena *arena);
void survey_done(struct survey *s);
/* Fills the part; once. */
void survey_ask(struct survey *s, enum survey_part part);
/* "helpers": the word that names a part; and the part of a word, -1 if there is none. */
const char *survey_part_name(enum survey_part part);
int survey_part_find(const char *name);
const struct survey_row *survey_find(const struct survey *s, enum survey_part part,
				     const char *name);

#endif
