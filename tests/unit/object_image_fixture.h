/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that the build has made of tests/object, opened by image_open(). */
#ifndef UNIT_OBJECT_IMAGE_FIXTURE_H
#define UNIT_OBJECT_IMAGE_FIXTURE_H

#include "object/image.h"

/* What is behind the object's name, each made by another compiler or for other instructions; ends with NULL. */
extern const char *const image_variants[];

struct image_fixture {
	struct arena arena;
	struct diag diag;
	struct image image;
	struct rawbtf *kernel;
	struct image_options options;
	struct image_input input[4];
	size_t inputs;
	int err;
};

void image_fixture_init(struct image_fixture *f);
void image_fixture_done(struct image_fixture *f);
/* Reads NAME.o; false if the build has not made it. Then all that was added is opened. */
bool image_fixture_add(struct image_fixture *f, const char *name);
int image_fixture_open(struct image_fixture *f);
/* The text of the first error; "" if there is none. */
const char *image_fixture_error(const struct image_fixture *f);
const struct image_prog *image_fixture_prog(const struct image_fixture *f, const char *name);
const struct image_map *image_fixture_map(const struct image_fixture *f, const char *name);

#endif
