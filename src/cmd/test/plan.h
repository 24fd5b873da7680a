/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A test case whose words have got their meaning by the object: which program, what is in its maps before, the steps to take, what is
 * expected of them and in the end.
 */
#ifndef CMD_TEST_PLAN_H
#define CMD_TEST_PLAN_H

#include "cmd/exec/engine.h"
#include "cmd/test/case.h"
#include "cmd/test/object.h"

#define TEST_MAX_STEPS 100000
#define TEST_DEFAULT_NOW 1000000000ull /* ns: what clocks say unless told otherwise */

struct test_bytes {
	const u8 *at, *mask; /* mask: bits that matter */
	u32 len;
};

/* Something that is set, or expected: a map's entry, a variable, a record. */
struct test_value {
	const struct test_line *line;
	const char *name;    /* "counts[6]" */
	const char *literal; /* the value as it is written */
	u32 map;
	u8 *key;
	u32 type;   /* of the value, in the image's BTF; 0: not known */
	u32 offset; /* of a variable in the map's value */
	struct test_bytes bytes;
};

typedef vec_of(struct test_value) test_values;

struct test_step {
	u64 now; /* the clocks are set, and this is all; 0: the program is run */
	struct exec_input in;
	const u8 *ctx;
	u32 ctx_len;
	const struct test_line *line, *verdict_line, *packet_line,
		*redirect_line; /* NULL: not expected */
	u32 verdict;
	const char *verdict_text, *redirect_text;
	struct test_bytes packet;
};

struct test_plan {
	struct arena *arena;
	struct diag *d;
	const struct test_file *file;
	const struct test_case *c;
	struct test_objects *objects;
	struct test_object *object;
	struct exec_job job;
	struct fib fib;
	struct diag fib_diag; /* what is wrong with the routes */
	vec_of(struct test_step) steps;
	test_values maps, variables;                                        /* before */
	test_values expect_maps, expect_no_keys, expect_variables, records; /* afterwards */
	vec_of(const struct test_line *) printed;
	const struct test_line *rejected, *trap, *pcap; /* NULL: not expected */
	vec_of(struct test_bytes) pcap_packets;
	const struct test_line
		*machine_only; /* the first line that only the machine has; NULL: none */
	u64 now;
	const char *skip; /* why it cannot be run here; NULL: it can */
};

/* Fills in all from file, c and objects on. 0, or -EINVAL with messages in d, or in fib_diag. */
int test_plan_make(struct test_plan *p);

/* ---- between the halves of it */

/* A line that is about values in maps; a step. */
int test_plan_value(struct test_plan *p, const struct test_line *line);
int test_plan_step(struct test_plan *p, const struct test_line *line, const u8 *ctx, u32 ctx_len);
/* What belongs to the step above it. */
int test_plan_result(struct test_plan *p, const struct test_line *line);
int test_plan_pcap(struct test_plan *p, const struct test_line *line);
/* The value as a path, from the file's folder on. */
const char *test_plan_path(const struct test_plan *p, const char *path);
/* The value's place, for messages. */
struct loc test_plan_loc(const struct test_plan *p, const struct test_line *line);

#endif
