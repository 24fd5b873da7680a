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
	const struct image_map *of; /* whose value it is: the map, or one that is in it */
	u8 *inner_key;              /* of one that is in it; NULL: it is the map's own */
	u64 item;                   /* of maps of sockets and cgroups: as exec_engine_ops have it */
	u32 type;                   /* of the value, in the image's BTF; 0: not known */
	u32 offset;                 /* of a variable in the map's value */
	struct test_bytes bytes;
};

typedef vec_of(struct test_value) test_values;

struct test_step {
	u64 now; /* the clocks are set, and this is all; 0: the program is run */
	struct exec_input in;
	struct test_bytes ctx;
	const struct test_line *line;
	/* What is expected, by the line that says so; NULL: it is not. */
	const struct test_line *expected[TEST_DIRECTIVES];
	u32 verdict;
	const char *verdict_text;
	struct test_bytes packet, ctx_after, data;
	u32 socket; /* as of exec_about; 0: none */
	s64 retval;
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
	struct cgroups cgroups;
	struct socks socks;
	/* What is wrong with the routes, the cgroups, the sockets. */
	struct diag fib_diag, cgroups_diag, socks_diag;
	/* What the inputs that follow are run with, or that one which nothing is said of. */
	struct test_bytes ctx;
	struct exec_about about;
	vec_of(struct test_step) steps;
	test_values maps, variables, given; /* before; given: to user ring buffers */
	test_values expect_maps, expect_no_keys, expect_variables, records; /* afterwards */
	vec_of(const struct test_line *) printed;
	const struct test_line *rejected, *trap, *pcap; /* NULL: not expected */
	vec_of(struct test_bytes) pcap_packets;
	const struct test_line
		*machine_only; /* the first line that only the machine has; NULL: none */
	u64 now;
	const char *skip; /* why it cannot be run here; NULL: it can */
};

/* Fills in all from file, c and objects on. 0, or -EINVAL with messages in d, fib_diag, cgroups_diag or socks_diag. */
int test_plan_make(struct test_plan *p);

/* ---- between the halves of it */

/* A line that is about values in maps; a step. */
int test_plan_value(struct test_plan *p, const struct test_line *line);
int test_plan_step(struct test_plan *p, const struct test_line *line);
/* Whether what is in the map is no bytes but a socket or a cgroup. */
bool test_has_items(const struct image_map *m);
/* What contexts are about from this line on. */
int test_plan_about(struct test_plan *p, const struct test_line *line);
/* The socket that a line names, which is added if it is not there yet: 1 and more; 0 with a message. */
u32 test_plan_socket(struct test_plan *p, const struct test_line *line, const char *text);
/* What belongs to the step above it. */
int test_plan_result(struct test_plan *p, const struct test_line *line);
int test_plan_pcap(struct test_plan *p, const struct test_line *line);
/* The value as a path, from the file's folder on. */
const char *test_plan_path(const struct test_plan *p, const char *path);
/* The value's place, for messages. */
struct loc test_plan_loc(const struct test_plan *p, const struct test_line *line);

#endif
