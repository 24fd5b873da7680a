/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects that test cases name: read, or compiled by clang, once each, and kept until the end. */
#ifndef CMD_TEST_OBJECT_H
#define CMD_TEST_OBJECT_H

#include "base/buf.h"
#include "object/image.h"

struct test_object {
	const char *path, *cflags;
	char *elf; /* malloc'ed */
	size_t len;
	struct image img;
	bool is_open;
	const char *skip;  /* why it cannot be had here, where that is no mistake; NULL: it can */
	const char *wrong; /* why it cannot be had at all; NULL: it can */
	struct diag diag;  /* what was said when it was opened */
	struct buf output; /* of clang */
	u8 *verified;      /* of each program: 1 accepted as it is in the object; 0 not known */
};

struct test_objects {
	struct arena *arena;
	struct rawbtf *kernel;
	vec_of(struct test_object *) all;
};

void test_objects_init(struct test_objects *o, struct arena *a);
void test_objects_done(struct test_objects *o);
/* By path; cflags: for what is compiled, words with blanks between them. Never NULL: skip and wrong say whether it is there. */
struct test_object *test_object_get(struct test_objects *o, const char *path, const char *cflags);

#endif
