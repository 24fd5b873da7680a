/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte says what the rest is: 0: bytes of a struct, which are printed, read and printed again, alike; 1: text that is read as
 * this struct; else: two bytes of length, text of that length, and BTF, as each of whose types the text is read.
 */
#include <stdlib.h>
#include <string.h>

#include "btf/literal.h"
#include "btf/rawvalue.h"
#include "object/btfgen.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

enum { SIZE = 64, MAX_TYPES = 64 };

static u32 raw_type(struct btfgen *g, const char *name, u32 info, u32 size, const void *more,
		    size_t n)
{
	buf_u32(&g->types, btfgen_str(g, name));
	buf_u32(&g->types, info);
	buf_u32(&g->types, size);
	buf_put(&g->types, more, n);
	return ++g->count;
}

/* One of each kind, and the struct of them. */
static u32 make_types(struct btfgen *g)
{
	u32 s32_ = btfgen_int(g, "int", 4, BTF_INT_SIGNED), u64_ = btfgen_int(g, "long", 8, 0);
	u32 text = btfgen_array(g, btfgen_int(g, "char", 1, 0), 8);
	u32 mac = btfgen_array(g, btfgen_int(g, "unsigned char", 1, 0), 6);
	u32 flag = btfgen_int(g, "_Bool", 1, BTF_INT_BOOL);
	u32 real = raw_type(g, "double", (u32)BTF_KIND_FLOAT << 24, 8, NULL, 0);
	u32 narrow = raw_type(g, "float", (u32)BTF_KIND_FLOAT << 24, 4, NULL, 0);
	const u32 names[] = { btfgen_str(g, "RED"), 1, btfgen_str(g, "BLUE"), (u32)-2 };
	u32 color = raw_type(g, "color", (u32)BTF_KIND_ENUM << 24 | 2, 4, names, sizeof(names));
	const struct btf_member either[] = {
		{ btfgen_str(g, "real"), real, 0 },
		{ btfgen_str(g, "number"), u64_, 0 },
		{ btfgen_str(g, "narrow"), narrow, 0 },
		{ btfgen_str(g, "text"), text, 0 },
	};
	u32 choice = btfgen_record(g, BTF_KIND_UNION, NULL, 8, either, 4);
	const struct btf_member packed[] = {
		{ btfgen_str(g, "low"), s32_, 3u << 24 },
		{ btfgen_str(g, "hue"), color, 4u << 24 | 3 },
		{ btfgen_str(g, "cross"), u64_, 40u << 24 | 7 },
	};
	u32 bits = btfgen_record(g, BTF_KIND_STRUCT | BTFGEN_HAS_BITS, "bits", 8, packed, 3);
	const struct btf_member m[] = {
		{ btfgen_str(g, "pid"), s32_, 0 },
		{ btfgen_str(g, "color"), color, 32 },
		{ 0, choice, 64 },
		{ btfgen_str(g, "mac"), mac, 128 },
		{ btfgen_str(g, "flag"), flag, 176 },
		{ btfgen_str(g, "comm"), text, 184 },
		{ btfgen_str(g, "bits"), bits, 256 },
		{ btfgen_str(g, "next"), btfgen_ptr(g, s32_), 320 },
		{ btfgen_str(g, "list"), btfgen_array(g, s32_, 3), 384 },
	};
	return btfgen_record(g, BTF_KIND_STRUCT, "all", SIZE, m, ARRAY_SIZE(m));
}

static int read_as(const struct rawbtf *b, u32 type, const char *text, size_t len, u8 *out,
		   u32 size)
{
	u8 *mask = malloc(size + 1u);
	struct arena a;
	struct diag d;
	int err;

	arena_init(&a);
	diag_init(&d, &a);
	struct literal l = { .btf = b, .d = &d, .text = text, .end = (u32)len, .line = 1 };
	err = literal_value(&l, type, out, mask, size);
	if (!err != !d.errors || l.at > l.end)
		abort();
	for (u32 i = 0; !err && i < size; i++) {
		if (out[i] & ~mask[i])
			abort(); /* what is not named is zero */
	}
	for (size_t i = 0; i < d.items.n; i++) {
		if (d.items.at[i].loc.offset > len)
			abort();
	}
	free(mask);
	arena_done(&a);
	return err;
}

static void print(struct buf *to, const struct rawbtf *b, u32 type, const u8 *data)
{
	struct out o;

	out_init(&o, -1, false);
	rawvalue_print(&o, NULL, b, type, data, SIZE);
	buf_clear(to);
	buf_put(to, o.buf.data, o.buf.len);
	out_done(&o);
}

static void there_and_back(const struct rawbtf *b, u32 type, u8 value[SIZE])
{
	struct buf first = { 0 }, second = { 0 };
	u8 again[SIZE];

	print(&first, b, type, value);
	if (read_as(b, type, first.data, first.len, again, SIZE))
		abort();
	print(&second, b, type, again);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	buf_done(&first);
	buf_done(&second);
}

static void fixed(const u8 *data, size_t len, bool is_text)
{
	struct buf bytes = { 0 };
	struct arena arena;
	struct rawbtf *b;
	struct btfgen g;
	u8 value[SIZE] = { 0 };
	u32 type;

	arena_init(&arena);
	btfgen_init(&g, &arena);
	type = make_types(&g);
	btfgen_write(&g, &bytes);
	if (rawbtf_from_bytes(bytes.data, bytes.len, NULL, &b))
		abort();
	if (is_text) {
		if (!read_as(b, type, (const char *)data, len, value, SIZE))
			there_and_back(b, type, value);
	} else {
		memcpy(value, data, len < SIZE ? len : SIZE);
		there_and_back(b, type, value);
	}
	rawbtf_free(b);
	buf_done(&bytes);
	btfgen_done(&g);
	arena_done(&arena);
}

static void any_types(const u8 *data, size_t len)
{
	struct rawbtf *b;
	char *text;
	size_t n;

	if (len < 2)
		return;
	n = (size_t)data[0] | (size_t)data[1] << 8;
	data += 2;
	len -= 2;
	n = n < len ? n : len;
	if (rawbtf_from_bytes(data + n, len - n, NULL, &b))
		return;
	text = malloc(n + 1); /* so that reading beyond is seen */
	memcpy(text + 1, data, n);
	for (u32 type = 0; type < rawbtf_end(b) && type < MAX_TYPES; type++) {
		u64 size = rawvalue_size(b, type);
		u8 *out;

		size = size && size < 4096 ? size : 16;
		out = malloc(size);
		read_as(b, type, text + 1, n, out, (u32)size);
		free(out);
	}
	free(text);
	rawbtf_free(b);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	char *exact;

	if (!len)
		return 0;
	if (data[0] > 1) {
		any_types(data + 1, len - 1);
		return 0;
	}
	exact = malloc(len);
	memcpy(exact, data, len);
	fixed((const u8 *)exact + 1, len - 1, data[0]);
	free(exact);
	return 0;
}
