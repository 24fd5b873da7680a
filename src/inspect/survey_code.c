/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verifier takes: instructions, BTF, sizes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inspect/survey_impl.h"
#include "isa/helper.h"
#include "isa/insn.h"
#include "isa/map_type.h"
#include "isa/prog_type.h"

enum {
	OLD_INSNS = 4096,
	NEW_INSNS = 1000000,
	TOKEN_CREATE = 36, /* of bpf(2), which older headers do not have */
	MAX_FRAMES = 16,
	PACKET = 64,
	COUNT_OFFSET = 4, /* where programs keep a number on their stack */
};

static const struct survey_prog filter = { .type = PROG_SOCKET_FILTER };

/* Adds a row of yes or no for a program. */
static void add_program(struct survey *s, enum survey_part part, const char *name,
			struct since since, const struct bpf_insn *insns, u32 n)
{
	int err = survey_load(s, &filter, insns, n);
	struct survey_row *row = survey_add(s, part, name, err ? SURVEY_NO : SURVEY_YES);

	if (err)
		survey_explain(s, row, &since, -err);
}

#define ADD(part, name, major, minor, ...)                                                         \
	do {                                                                                       \
		const struct bpf_insn insns[] = { __VA_ARGS__ };                                   \
		add_program(s, part, name, (struct since){ 0, major, minor, "" }, insns,           \
			    ARRAY_SIZE(insns));                                                    \
	} while (0)

void survey_isa(struct survey *s)
{
	const u8 jlt = BPF_JMP | BPF_JLT | BPF_K, jlt32 = BPF_JMP32 | BPF_JLT | BPF_K;
	const struct bpf_insn zero = insn_mov64_imm(0, 0), one = insn_mov64_imm(0, 1),
			      exit = insn_exit(), keep = insn_store_reg(BPF_DW, 10, -8, 0);

	ADD(SURVEY_ISA, "v2_jumps", 4, 14, zero, insn_make(jlt, 0, 0, 1, 0), one, exit);
	ADD(SURVEY_ISA, "v3_jumps32", 5, 1, zero, insn_make(jlt32, 0, 0, 1, 0), one, exit);
	ADD(SURVEY_ISA, "atomic_fetch", 5, 12, zero, keep,
	    insn_make(BPF_STX | BPF_DW | BPF_ATOMIC, 10, 0, -8, BPF_ADD | BPF_FETCH), exit);
	ADD(SURVEY_ISA, "v4_signed_division", 6, 6, one,
	    insn_make(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, 1, 2), exit);
	ADD(SURVEY_ISA, "v4_signed_moves", 6, 6, one,
	    insn_make(BPF_ALU64 | BPF_MOV | BPF_X, 0, 0, 8, 0), exit);
	ADD(SURVEY_ISA, "v4_signed_loads", 6, 6, zero, keep,
	    insn_make(BPF_LDX | BPF_B | 0x80, 0, 10, -8, 0), exit);
	ADD(SURVEY_ISA, "v4_byte_swap", 6, 6, one,
	    insn_make(BPF_ALU64 | BPF_END | BPF_TO_LE, 0, 0, 0, 16), exit);
	ADD(SURVEY_ISA, "v4_long_jumps", 6, 6, zero, insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, 0),
	    exit);
	ADD(SURVEY_ISA, "may_goto", 6, 9, zero, insn_make(BPF_JMP | 0xe0, 0, 0, 1, 0), one, exit);
	ADD(SURVEY_ISA, "load_acquire", 6, 15, zero, keep,
	    insn_make(BPF_STX | BPF_DW | BPF_ATOMIC, 0, 10, -8, 0x100), exit);
	ADD(SURVEY_ISA, "functions", 4, 16, insn_call_func(1), exit, zero, exit);
}

/* ---- BTF */

#define TYPE(name, kind, n, word) name, (u32)(kind) << 24 | (n), word

static void add_btf(struct survey *s, const char *name, u8 major, u8 minor, const u32 *types,
		    u32 words)
{
	struct {
		struct btf_header h;
		u32 types[20];
		char strs[8];
	} btf = { .h = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(btf.h) } };
	const struct since since = { 0, major, minor, "" };
	struct survey_row *row;
	union bpf_attr attr;
	int fd;

	memcpy(btf.types, types, words * sizeof(*types));
	memcpy((char *)(btf.types + words), "\0x\0y", 5);
	btf.h.type_len = btf.h.str_off = words * (u32)sizeof(*types);
	btf.h.str_len = 5;
	memset(&attr, 0, sizeof(attr));
	attr.btf = (u64)(uintptr_t)&btf;
	attr.btf_size = btf.h.hdr_len + btf.h.type_len + btf.h.str_len;
	fd = survey_call(BPF_BTF_LOAD, &attr);
	row = survey_add(s, SURVEY_BTF, name, fd < 0 ? SURVEY_NO : SURVEY_YES);
	if (fd >= 0)
		close(fd);
	else
		survey_explain(s, row, &since, -fd);
}

#define BTF(name, major, minor, ...)                                                               \
	do {                                                                                       \
		/* [1] int */                                                                      \
		const u32 words[] = { TYPE(1, BTF_KIND_INT, 0, 4), 32, __VA_ARGS__ };              \
		add_btf(s, name, major, minor, words, ARRAY_SIZE(words));                          \
	} while (0)

void survey_btf(struct survey *s)
{
	struct survey_row *row =
		survey_add(s, SURVEY_BTF, "kernel_types", s->kernel ? SURVEY_YES : SURVEY_NO);

	if (!s->kernel)
		row->why = survey_config_why(s, "DEBUG_INFO_BTF");
	row = survey_add(s, SURVEY_BTF, "module_types",
			 table_get_str(&s->config, "DEBUG_INFO_BTF_MODULES") ? SURVEY_YES
									     : SURVEY_NO);
	if (!row->state)
		row->why = survey_config_why(s, "DEBUG_INFO_BTF_MODULES");
	BTF("loading", 4, 18, TYPE(0, BTF_KIND_PTR, 0, 1));
	BTF("functions", 5, 0, TYPE(0, BTF_KIND_FUNC_PROTO, 0, 0), TYPE(1, BTF_KIND_FUNC, 0, 2));
	BTF("global_functions", 5, 6, TYPE(0, BTF_KIND_FUNC_PROTO, 0, 0),
	    TYPE(1, BTF_KIND_FUNC, 1, 2));
	BTF("variables", 5, 2, TYPE(1, BTF_KIND_VAR, 0, 1), 0, TYPE(3, BTF_KIND_DATASEC, 1, 4), 2,
	    0, 4);
	BTF("floats", 5, 13, TYPE(1, BTF_KIND_FLOAT, 0, 4));
	BTF("decl_tags", 5, 16, TYPE(1, BTF_KIND_VAR, 0, 1), 0, TYPE(1, BTF_KIND_DECL_TAG, 0, 2),
	    UINT32_MAX);
	BTF("type_tags", 5, 17, TYPE(1, BTF_KIND_TYPE_TAG, 0, 1), TYPE(0, BTF_KIND_PTR, 0, 2));
	BTF("enums_of_64_bits", 6, 0, TYPE(0, BTF_KIND_ENUM64, 1, 8), 1, 0, 0);
}

/* ---- limits */

static void add_limit(struct survey *s, const char *name, u64 value, const char *why)
{
	struct survey_row *row =
		survey_add(s, SURVEY_LIMITS, name, value ? SURVEY_NUMBER : SURVEY_UNKNOWN);

	row->value = arena_printf(s->arena, "%llu", (unsigned long long)value);
	row->why = why;
}

static bool has_large_programs(struct survey *s)
{
	if (s->large)
		return s->large > 0;

	struct bpf_insn *insns = arena_array(s->arena, struct bpf_insn, OLD_INSNS + 1);

	for (u32 i = 0; i < OLD_INSNS; i++)
		insns[i] = insn_mov64_imm(0, 1);
	insns[OLD_INSNS] = insn_exit();
	/* Without the log, which would have every instruction. */
	int fd = survey_open(s, &filter, insns, OLD_INSNS + 1, 0);

	if (fd >= 0)
		close(fd);
	s->large = fd >= 0 ? 1 : -1;
	return fd >= 0;
}

static bool may_store(struct survey *s, s16 offset)
{
	const struct bpf_insn insns[] = {
		insn_store_imm(BPF_DW, 10, offset, 0),
		insn_mov64_imm(0, 0),
		insn_exit(),
	};

	return !survey_load(s, &filter, insns, ARRAY_SIZE(insns));
}

/* Functions that call each other, this many of them. */
static bool may_nest(struct survey *s, u32 frames)
{
	struct bpf_insn insns[2 * MAX_FRAMES];
	u32 n = 0;

	for (u32 i = 0; i + 1 < frames; i++) {
		insns[n++] = insn_call_func(1);
		insns[n++] = insn_exit();
	}
	insns[n++] = insn_mov64_imm(0, 0);
	insns[n++] = insn_exit();
	return !survey_load(s, &filter, insns, n);
}

static u32 count_frames(struct survey *s)
{
	u32 n = 0;

	while (n + 1 < MAX_FRAMES && may_nest(s, n + 1))
		n++;
	return n;
}

static int make_map(u32 type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	return survey_call(BPF_MAP_CREATE, &attr);
}

static int update(int map, u32 value)
{
	const u32 key = 0;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map;
	attr.key = (u64)(uintptr_t)&key;
	attr.value = (u64)(uintptr_t)&value;
	return survey_call(BPF_MAP_UPDATE_ELEM, &attr);
}

/* A program that counts its runs and calls itself by the map, until the kernel does not any more. */
static int open_tail_caller(struct survey *s, int counts, int self)
{
	struct bpf_insn insns[] = {
		insn_mov64_reg(6, 1),
		insn_store_imm(BPF_W, 10, -COUNT_OFFSET, 0),
		{ 0 },
		{ 0 },
		insn_mov64_reg(2, 10),
		insn_alu64_imm(BPF_ADD, 2, -COUNT_OFFSET),
		insn_call(HELPER_map_lookup_elem),
		insn_jump_imm(BPF_JEQ, 0, 0, 7),
		insn_mov64_imm(1, 1),
		insn_make(BPF_STX | BPF_W | BPF_ATOMIC, 0, 1, 0, BPF_ADD),
		insn_mov64_reg(1, 6),
		{ 0 },
		{ 0 },
		insn_mov64_imm(3, 0),
		insn_call(HELPER_tail_call),
		insn_mov64_imm(0, 0),
		insn_exit(),
	};

	insn_ld_imm64(&insns[2], 1, BPF_PSEUDO_MAP_FD, (u32)counts);
	insn_ld_imm64(&insns[11], 2, BPF_PSEUDO_MAP_FD, (u32)self);
	return survey_open(s, &filter, insns, ARRAY_SIZE(insns), 0);
}

static u32 run_and_count(int prog, int counts)
{
	static const u8 packet[PACKET];
	u32 key = 0, value = 0;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)prog;
	attr.test.data_in = (u64)(uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 1;
	if (survey_call(BPF_PROG_TEST_RUN, &attr))
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)counts;
	attr.key = (u64)(uintptr_t)&key;
	attr.value = (u64)(uintptr_t)&value;
	return survey_call(BPF_MAP_LOOKUP_ELEM, &attr) || !value ? 0 : value - 1;
}

static u32 count_tail_calls(struct survey *s)
{
	int counts = make_map(MAP_TYPE_ARRAY), self = make_map(MAP_TYPE_PROG_ARRAY);
	int prog = counts >= 0 && self >= 0 ? open_tail_caller(s, counts, self) : -1;
	u32 n = 0;

	if (prog >= 0 && !update(self, (u32)prog))
		n = run_and_count(prog, counts);
	/* The map and the program hold each other until this is over. */
	if (self >= 0)
		close(self);
	if (prog >= 0)
		close(prog);
	if (counts >= 0)
		close(counts);
	return n;
}

void survey_limits(struct survey *s)
{
	bool large = has_large_programs(s), can_load = may_store(s, -8);

	add_limit(s, "instructions",
		  large      ? NEW_INSNS
		  : can_load ? OLD_INSNS
			     : 0,
		  large ? "of a program, and that the verifier walks through" : "of a program");
	add_limit(s, "stack_bytes", may_store(s, -512) && !may_store(s, -520) ? 512 : 0,
		  "of all functions that call each other");
	add_limit(s, "call_depth", count_frames(s), "functions that call each other");
	add_limit(s, "tail_calls", count_tail_calls(s), "in a row, counted by running them");
}

/* ---- what has no part of its own */

static int ask_token(void)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.query.attach_type = (u32)-1; /* the place of token_create.bpffs_fd */
	err = survey_call(TOKEN_CREATE, &attr);
	return err == -EBADF ? 0 : err;
}

static void add_fact(struct survey *s, const char *name, bool yes, u8 major, u8 minor,
		     const char *config)
{
	const struct since since = { 0, major, minor, config };
	struct survey_row *row = survey_add(s, SURVEY_MISC, name, yes ? SURVEY_YES : SURVEY_NO);

	if (!yes)
		survey_explain(s, row, &since, 0);
}

void survey_misc(struct survey *s)
{
	const struct bpf_insn zero = insn_mov64_imm(0, 0), one = insn_mov64_imm(0, 1),
			      exit = insn_exit();

	add_fact(s, "large_insn_limit", has_large_programs(s), 5, 2, "");
	ADD(SURVEY_MISC, "bounded_loops", 5, 3, insn_mov64_imm(0, 10),
	    insn_alu64_imm(BPF_SUB, 0, 1), insn_jump_imm(BPF_JNE, 0, 0, -2), exit);
	ADD(SURVEY_MISC, "v2_isa_extension", 4, 14, zero,
	    insn_make(BPF_JMP | BPF_JLT | BPF_K, 0, 0, 1, 0), one, exit);
	ADD(SURVEY_MISC, "v3_isa_extension", 5, 1, zero,
	    insn_make(BPF_JMP32 | BPF_JLT | BPF_K, 0, 0, 1, 0), one, exit);
	ADD(SURVEY_MISC, "v4_isa_extension", 6, 6, zero, insn_make(BPF_JMP32 | BPF_JA, 0, 0, 0, 1),
	    one, exit);
	add_fact(s, "tokens", !ask_token(), 6, 9, "");
	add_fact(s, "bpf_loop", feature(&s->features, FEATURE_BPF_LOOP), 5, 17, "");
	add_fact(s, "perf_cookies", feature(&s->features, FEATURE_PERF_COOKIE), 5, 15,
		 "PERF_EVENTS");
	add_fact(s, "perf_kprobes", feature(&s->features, FEATURE_KPROBE), 4, 17, "KPROBES");
}
