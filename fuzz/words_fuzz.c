/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that are read as a value: the first byte says of which size and whether it has a type, the rest are the words with a NUL
 * between them. What was read is printed by a form and read again, alike.
 */
#include <stdlib.h>
#include <string.h>

#include "btf/form.h"
#include "btf/literal_words.h"
#include "btf/rawvalue.h"
#include "object/btfgen.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

enum { MAX_WORDS = 64, SIZE = 48 };

static u32 make_types(struct btfgen *g)
{
	u32 s32_ = btfgen_int(g, "int", 4, BTF_INT_SIGNED), u8_ = btfgen_int(g, "__u8", 1, 0);
	u32 text = btfgen_array(g, btfgen_int(g, "char", 1, BTF_INT_SIGNED), 8);
	const struct btf_member in[] = { { btfgen_str(g, "x"), s32_, 0 } };
	const struct btf_member m[] = {
		{ btfgen_str(g, "saddr"), btfgen_int(g, "unsigned int", 4, 0), 0 },
		{ btfgen_str(g, "mac"), btfgen_array(g, u8_, 6), 32 },
		{ btfgen_str(g, "comm"), text, 128 },
		{ btfgen_str(g, "list"), btfgen_array(g, s32_, 2), 192 },
		{ 0, btfgen_record(g, BTF_KIND_STRUCT, NULL, 4, in, 1), 256 },
		{ btfgen_str(g, "bytes"), btfgen_int(g, "long", 8, 0), 320 },
	};
	return btfgen_record(g, BTF_KIND_STRUCT, "all", SIZE, m, ARRAY_SIZE(m));
}

static int read_words(const struct rawbtf *b, u32 type, char *const *words, u32 n, u8 *out,
		      u32 size)
{
	u8 *mask = malloc(size + 1u);
	struct arena a;
	struct diag d;
	int err;

	arena_init(&a);
	diag_init(&d, &a);
	err = literal_words(&d, "key", b, type, words, n, out, mask, size);
	if (!err != !d.errors)
		abort();
	for (u32 i = 0; !err && i < size; i++)
		if (out[i] & ~mask[i])
			abort(); /* what is not named is zero */
	for (size_t i = 0; i < d.items.n; i++)
		if (d.items.at[i].loc.offset > d.source_len)
			abort();
	free(mask);
	arena_done(&a);
	return err;
}

static void there_and_back(const struct rawbtf *b, u32 type, const u8 *value, u32 style)
{
	struct arena a;
	struct form *f;
	struct out o;
	char *text;
	u8 again[SIZE];

	arena_init(&a);
	f = form_new(&a, b, type, SIZE, style);
	out_init(&o, -1, style & FORM_JSON);
	o.flush = OUT_FLUSH_FULL;
	form_print(f, &o, NULL, value);
	text = (char *)buf_str(&o.buf);
	if (read_words(b, type, &text, 1, again, SIZE))
		abort();
	/* Text has no bytes behind its end, and members no bytes between them. */
	if (memcmp(again, value, 10) != 0 || memcmp(again + 24, value + 24, 12) != 0 ||
	    memcmp(again + 40, value + 40, 8) != 0 ||
	    strncmp((char *)again + 16, (const char *)value + 16, 8) != 0)
		abort();
	buf_done(&o.buf);
	arena_done(&a);
}

static void typed(char *const *words, u32 n)
{
	struct buf bytes = { 0 };
	struct arena arena;
	struct rawbtf *b;
	struct btfgen g;
	u8 value[SIZE];
	u32 type;

	arena_init(&arena);
	btfgen_init(&g, &arena);
	type = make_types(&g);
	btfgen_write(&g, &bytes);
	if (rawbtf_from_bytes(bytes.data, bytes.len, NULL, &b))
		abort();
	if (!read_words(b, type, words, n, value, SIZE)) {
		there_and_back(b, type, value, 0);
		there_and_back(b, type, value, FORM_JSON);
	}
	rawbtf_free(b);
	buf_done(&bytes);
	btfgen_done(&g);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	char *words[MAX_WORDS], *text;
	u32 n = 0, size;
	u8 *out;

	if (!len)
		return 0;
	text = malloc(len);
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	for (size_t at = 0; at < len && n < MAX_WORDS; at += strlen(text + at) + 1)
		words[n++] = text + at;
	size = data[0] & 0x7f;
	out = malloc(size + 1u);
	if (data[0] & 0x80)
		typed(words, n);
	else
		read_words(NULL, 0, words, n, out, size);
	free(out);
	free(text);
	return 0;
}
