/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a survey share: loading programs, and telling why something is not there. */
#ifndef INSPECT_SURVEY_IMPL_H
#define INSPECT_SURVEY_IMPL_H

#include <linux/bpf.h>

#include "inspect/survey.h"
#include "isa/since.h"

#define SURVEY_LOG_BYTES (256 << 10)

/* How a type of programs is loaded. */
struct survey_prog {
	u32 type, attach;
	u32 btf_id; /* what it is attached to */
	u32 flags;
};

struct survey_row *survey_add(struct survey *s, enum survey_part part, const char *name,
			      enum survey_state state);

/* ---- survey_load.c */
/* A descriptor or -errno; s->log has what the verifier says: at level 1 with instructions, at 0 nothing. */
int survey_open(struct survey *s, const struct survey_prog *p, const struct bpf_insn *insns, u32 n,
		u32 level);
/* The same without the descriptor: 0 or -errno. */
int survey_load(struct survey *s, const struct survey_prog *p, const struct bpf_insn *insns, u32 n);
/* The smallest program, with a result that the type may have. */
int survey_load_trivial(struct survey *s, const struct survey_prog *p);
/* How a type is loaded so that it can be without anything at hand; false if the kernel lacks what that takes. */
bool survey_prog_of(const struct survey *s, u32 type, struct survey_prog *p);
/* bpf(2), -errno. */
int survey_call(int command, union bpf_attr *attr);
/* The id of a kernel's type; 0. */
u32 survey_type(const struct survey *s, u32 kind, const char *name);
bool survey_enumerator(const struct survey *s, const char *name);

/* ---- survey_types.c */
/* A small map of the type: a descriptor or -errno. btf: the types of int; inner: what maps of maps have; -1 if there are none. */
int survey_map(const struct survey *s, u32 type, int btf, int inner);

/* ---- survey_why.c */
void survey_read_config(struct survey *s);
/* Why what the row is about is not there, as far as can be told; err: what the kernel said, positive. */
void survey_explain(struct survey *s, struct survey_row *row, const struct since *since, int err);
/* "CONFIG_X is not set", "CONFIG_X is a module"; NULL if it is set or nothing is known. */
const char *survey_config_why(const struct survey *s, const char *option);

/* ---- the parts */
void survey_system(struct survey *s);
void survey_config(struct survey *s);
void survey_progs(struct survey *s);
void survey_attaches(struct survey *s);
void survey_links(struct survey *s);
void survey_maps(struct survey *s);
void survey_helpers(struct survey *s);
void survey_kfuncs(struct survey *s);
void survey_iters(struct survey *s);
void survey_isa(struct survey *s);
void survey_btf(struct survey *s);
void survey_limits(struct survey *s);
void survey_misc(struct survey *s);

#endif
