/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that clang made, of tests/object/: those whose names say the verdict, and one whose paths double with each round. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "unit/test.h"
#include "verify/verify.h"

#define MAX_OBJECT (1u << 24)

static struct image *open_object(struct arena *a, const char *path, struct diag *d)
{
	struct image_options opts = { .no_kconfig = true };
	struct image *img = arena_new(a, struct image);
	size_t len;
	char *elf = text_read_file(path, MAX_OBJECT, &len);
	int err = elf ? image_open(img, a, elf, len, &opts, d) : -ENOENT;

	free(elf);
	return err ? NULL : img;
}

/* "lock__kept" is "lock", "value_bounds__x" is "value-bounds". */
static void check_verdict(const struct image_prog *p, const struct verify_result *r)
{
	const char *end = strstr(p->name, "__");
	char want[64];

	CHECK(end && (size_t)(end - p->name) < sizeof(want));
	if (!end)
		return;
	snprintf(want, sizeof(want), "%.*s", (int)(end - p->name), p->name);
	for (char *c = want; *c; c++)
		*c = *c == '_' ? '-' : *c;
	const char *got = r->accepted ? "ok" : verify_category_name(r->finding.category);
	if (strcmp(got, want) != 0)
		test_fail(__FILE__, __LINE__, "%s: %s: %s", p->name, got,
			  r->accepted ? "" : r->finding.message);
}

TEST(verify_fields_of_map_values)
{
	struct verify_options opts = { .privileged = true };
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct image *img = open_object(&a, TEST_OBJECTS "/verify_fields.o", &d);
	CHECK(img && img->progs.n > 10);
	for (u32 i = 0; img && i < img->progs.n; i++) {
		struct verify_result r;
		CHECK_EQ(verify_program(&a, img, i, &opts, &r, &d), 0);
		check_verdict(&img->progs.at[i], &r);
	}
	if (img)
		image_done(img);
	arena_done(&a);
}

TEST(verify_many_paths)
{
	struct verify_options opts = { .privileged = true };
	struct verify_result r;
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	struct image *img = open_object(&a, TEST_OBJECTS "/tcp_options.o", &d);
	CHECK(img && !verify_program(&a, img, 0, &opts, &r, &d) && r.accepted);
	CHECK(img && r.steps < 10000);
	if (img)
		image_done(img);
	arena_done(&a);
}
