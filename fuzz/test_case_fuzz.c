/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file of test cases: lines are cut within the text, in its order, and each value is read as one of no type. */
#include <stdlib.h>
#include <string.h>

#include "cmd/test/case.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

static void check(const struct test_file *f, const test_lines *lines, struct arena *a,
		  struct diag *d)
{
	u32 last = 0;

	for (size_t i = 0; i < lines->n; i++) {
		const struct test_line *line = &lines->at[i];
		struct literal l = test_value(f, line, NULL, d), hex = l;
		u8 out[8], mask[8], *bytes, *known;
		u32 n = 0;

		if (line->loc.offset < last || line->at < line->loc.offset + line->loc.len ||
		    line->end < line->at || line->end > f->len)
			abort();
		if (line->directive == TEST_NAME ||
		    (i && line->value_line <= lines->at[i - 1].value_line))
			abort();
		last = line->end;
		if (line->directive == TEST_DIRECTIVES)
			test_line_unknown(f, line, d);
		literal_value(&l, 0, out, mask, 8);
		literal_hex(&hex, a, 64, &bytes, &known, &n);
		if (l.at > l.end || hex.at > hex.end || n > 64)
			abort();
		test_text(f, line, a);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	char *exact = malloc(len + 1); /* so that reading beyond is seen */
	struct test_file f;
	struct arena a;
	struct diag d;

	memcpy(exact + 1, data, len);
	arena_init(&a);
	diag_init(&d, &a);
	test_file_parse(&f, &a, "dir/x.test", exact + 1, len);
	diag_set_source(&d, f.path, f.text, f.len);
	check(&f, &f.common, &a, &d);
	for (size_t i = 0; i < f.cases.n; i++)
		check(&f, &f.cases.at[i].lines, &a, &d);
	arena_done(&a);
	free(exact);
	return 0;
}
