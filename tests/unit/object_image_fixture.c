/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit/object_image_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { OBJECT_MAX = 1 << 22 };

const char *const image_variants[] = { "",          ".v1",       ".v2",  ".v4",
				       ".clang-16", ".clang-19", ".gcc", NULL };

void image_fixture_init(struct image_fixture *f)
{
	memset(f, 0, sizeof(*f));
	arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
}

void image_fixture_done(struct image_fixture *f)
{
	image_done(&f->image);
	rawbtf_free(f->kernel);
	for (size_t i = 0; i < f->inputs; i++)
		free((void *)(uintptr_t)f->input[i].elf);
	arena_done(&f->arena);
}

bool image_fixture_add(struct image_fixture *f, const char *name)
{
	const char *path = arena_printf(&f->arena, TEST_OBJECTS "/%s.o", name);
	struct image_input *in = &f->input[f->inputs];

	in->name = arena_strdup(&f->arena, name);
	in->elf = text_read_file(path, OBJECT_MAX, &in->len);
	f->inputs += in->elf != NULL;
	return in->elf != NULL;
}

int image_fixture_open(struct image_fixture *f)
{
	f->options.kernel = f->kernel;
	f->err = image_open_all(&f->image, &f->arena, f->input, f->inputs, &f->options, &f->diag);
	return f->err;
}

const char *image_fixture_error(const struct image_fixture *f)
{
	for (size_t i = 0; i < f->diag.items.n; i++) {
		if (f->diag.items.at[i].level == DIAG_ERROR)
			return f->diag.items.at[i].text;
	}
	return "";
}

const struct image_prog *image_fixture_prog(const struct image_fixture *f, const char *name)
{
	s32 i = image_find_prog(&f->image, name);

	return i == IMAGE_NONE ? NULL : &f->image.progs.at[i];
}

const struct image_map *image_fixture_map(const struct image_fixture *f, const char *name)
{
	s32 i = image_find_map(&f->image, name);

	return i == IMAGE_NONE ? NULL : &f->image.maps.at[i];
}
