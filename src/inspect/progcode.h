/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code of a program in the kernel, as the verifier left it (xlated) and as it was compiled (jited), and what it was loaded with to
 * say where it comes from: functions and lines, by BTF.
 */
#ifndef INSPECT_PROGCODE_H
#define INSPECT_PROGCODE_H

#include <linux/bpf.h>

#include "base/arena.h"
#include "btf/rawbtf.h"

#define PROGCODE_MAX_BYTES (256u << 20) /* of each array */

/* Arrays are in the arena; what the kernel does not tell has no elements. */
struct progcode {
	const struct bpf_insn *insns;
	u32 count;
	const u8 *jited; /* all functions, one behind the other */
	u32 jited_len;
	const u32 *func_lens; /* bytes of each in jited */
	u32 func_len_count;
	const u64 *ksyms; /* their addresses */
	u32 ksym_count;
	const struct bpf_func_info *funcs; /* by insn_off, ascending */
	u32 func_count;
	const struct bpf_line_info *lines; /* by insn_off, ascending */
	u32 line_count;
	const u64 *jited_lines; /* the address of each of lines */
	u32 jited_line_count;
	const u8 (*tags)[BPF_TAG_SIZE]; /* of each function */
	u32 tag_count;
	struct rawbtf *btf; /* NULL if it has none */
};

/* 0 or -errno. */
int progcode_read(int fd, struct arena *a, struct progcode *out);
void progcode_done(struct progcode *c);

/* The function that begins at an instruction: its index in funcs; -1 if none does. */
s64 progcode_func_at(const struct progcode *c, u32 insn);
/* The function that an instruction is in; -1 if there are none. */
s64 progcode_func_of(const struct progcode *c, u32 insn);
/* "" where there is no BTF. */
const char *progcode_func_name(const struct progcode *c, s64 func);
/* The line that begins at an instruction; -1: none does. */
s64 progcode_line_at(const struct progcode *c, u32 insn);

struct progcode_source {
	const char *file, *text; /* text without blanks in front; "" if it is not known */
	u32 line, column;
};
struct progcode_source progcode_source(const struct progcode *c, s64 line);
/* Whether two of lines are one in the file, at different columns. */
bool progcode_same_line(const struct progcode *c, s64 a, s64 b);

#endif
