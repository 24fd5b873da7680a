/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values printed through BTF that is made here, whole and as only an enemy would make it. */
#include "btf/rawvalue.h"

#include <string.h>

#include "object/btfgen.h"
#include "unit/test.h"

struct fixture {
	struct arena arena;
	struct btfgen g;
	struct rawbtf *btf;
	struct buf text;
};

static void fixture_begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	arena_init(&f->arena);
	btfgen_init(&f->g, &f->arena);
}

static void fixture_end(struct fixture *f)
{
	rawbtf_free(f->btf);
	btfgen_done(&f->g);
	buf_done(&f->text);
	arena_done(&f->arena);
}

/* What is printed, valid until the next call. */
static const char *print(struct fixture *f, u32 type, const void *data, size_t len, bool json)
{
	struct out o;

	if (!f->btf) {
		struct buf bytes = { 0 };

		btfgen_write(&f->g, &bytes);
		CHECK_EQ(rawbtf_from_bytes(bytes.data, bytes.len, NULL, &f->btf), 0);
		buf_done(&bytes);
	}
	out_init(&o, -1, json);
	rawvalue_print(&o, NULL, f->btf, type, data, len);
	buf_clear(&f->text);
	buf_puts(&f->text, buf_str(&o.buf));
	out_done(&o);
	return buf_str(&f->text);
}

static struct btf_member member(struct fixture *f, const char *name, u32 type, u32 bit)
{
	return (struct btf_member){ btfgen_str(&f->g, name), type, bit };
}

/* A type that btfgen has no function for: a struct btf_type and what follows it. */
static u32 raw_type(struct fixture *f, const char *name, u32 info, u32 size, const void *more,
		    size_t len)
{
	buf_u32(&f->g.types, btfgen_str(&f->g, name));
	buf_u32(&f->g.types, info);
	buf_u32(&f->g.types, size);
	buf_put(&f->g.types, more, len);
	return ++f->g.count;
}

TEST(rawvalue_prints_numbers)
{
	struct fixture f;
	u32 s8_, u16_, s32_, u64_, bool_, u128, ptr, real, narrow;
	double pi = 3.25;
	float half = 0.5f;

	fixture_begin(&f);
	s8_ = btfgen_int(&f.g, "signed char", 1, BTF_INT_SIGNED);
	u16_ = btfgen_int(&f.g, "unsigned short", 2, 0);
	s32_ = btfgen_int(&f.g, "int", 4, BTF_INT_SIGNED);
	u64_ = btfgen_int(&f.g, "unsigned long", 8, 0);
	bool_ = btfgen_int(&f.g, "_Bool", 1, BTF_INT_BOOL);
	u128 = btfgen_int(&f.g, "unsigned __int128", 16, 0);
	ptr = btfgen_ptr(&f.g, s32_);
	real = raw_type(&f, "double", (u32)BTF_KIND_FLOAT << 24, 8, NULL, 0);
	narrow = raw_type(&f, "float", (u32)BTF_KIND_FLOAT << 24, 4, NULL, 0);
	CHECK_STR(print(&f, s8_, "\xff", 1, false), "-1");
	CHECK_STR(print(&f, u16_, "\x50\xc3", 2, true), "50000");
	CHECK_STR(print(&f, s32_, "\xff\xff\xff\x7f", 4, false), "2147483647");
	CHECK_STR(print(&f, s32_, "\x00\x00\x00\x80", 4, true), "-2147483648");
	CHECK_STR(print(&f, u64_, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, false),
		  "18446744073709551615");
	CHECK_STR(print(&f, bool_, "\x01", 1, false), "true");
	CHECK_STR(print(&f, bool_, "", 1, true), "false");
	CHECK_STR(print(&f, bool_, "\x07", 1, false), "7");
	CHECK_STR(print(&f, u128, "0123456789abcdef", 16, false),
		  "0x30313233343536373839616263646566");
	CHECK_STR(print(&f, ptr, "\x10\0\0\0\xff\xff\0\0", 8, false), "0xffff00000010");
	CHECK_STR(print(&f, ptr, "\x10\0\0\0\0\0\0\0", 8, true), "\"0x10\"");
	CHECK_STR(print(&f, real, &pi, 8, false), "3.25");
	CHECK_STR(print(&f, narrow, &half, 4, true), "\"0.5\"");
	CHECK_STR(print(&f, s32_, "\x01\x02\x03", 3, false), "?");
	CHECK_STR(print(&f, s32_, "\x01\x02\x03", 3, true), "null");
	CHECK_STR(print(&f, 0, "\x01\x02\x03", 3, false), "0x010203");
	CHECK_STR(print(&f, 999, "\x01\x02\x03", 3, true), "\"0x010203\"");
	CHECK_EQ(rawvalue_size(f.btf, u128), 16);
	CHECK_EQ(rawvalue_size(f.btf, ptr), 8);
	CHECK_EQ(rawvalue_size(f.btf, 999), 0);
	fixture_end(&f);
}

TEST(rawvalue_prints_enums)
{
	struct fixture f;
	u32 plain, wide, has_sign;

	fixture_begin(&f);
	const u32 names[] = { btfgen_str(&f.g, "RED"), 1, btfgen_str(&f.g, "BLUE"), (u32)-2 };
	const u32 wides[] = { btfgen_str(&f.g, "HUGE"), 0, 1 };
	plain = raw_type(&f, "color", (u32)BTF_KIND_ENUM << 24 | 2, 4, names, sizeof(names));
	has_sign = raw_type(&f, "hue", (u32)BTF_KIND_ENUM << 24 | 2 | 1u << 31, 4, names,
			    sizeof(names));
	wide = raw_type(&f, "size", (u32)BTF_KIND_ENUM64 << 24 | 1, 8, wides, sizeof(wides));
	CHECK_STR(print(&f, plain, "\1\0\0\0", 4, false), "RED");
	CHECK_STR(print(&f, plain, "\xfe\xff\xff\xff", 4, true), "\"BLUE\"");
	CHECK_STR(print(&f, plain, "\xfd\xff\xff\xff", 4, false), "4294967293");
	CHECK_STR(print(&f, has_sign, "\xfd\xff\xff\xff", 4, true), "-3");
	CHECK_STR(print(&f, wide, "\0\0\0\0\1\0\0\0", 8, false), "HUGE");
	CHECK_STR(print(&f, wide, "\1\0\0\0\1\0\0\0", 8, false), "4294967297");
	fixture_end(&f);
}

TEST(rawvalue_prints_structs_and_arrays)
{
	static const u8 data[] = { 17, 0, 0, 0, 'a', '"', 0, 0, 2,   66,  172, 17,
				   0,  2, 0, 0, 1,   0,   0, 0, 254, 255, 255, 255 };
	struct fixture f;
	u32 s32_, char_, u8_, inner, outer;

	fixture_begin(&f);
	s32_ = btfgen_int(&f.g, "int", 4, BTF_INT_SIGNED);
	char_ = btfgen_int(&f.g, "char", 1, BTF_INT_SIGNED);
	u8_ = btfgen_int(&f.g, "unsigned char", 1, 0);
	const struct btf_member in[] = { member(&f, "x", btfgen_array(&f.g, s32_, 2), 0) };
	inner = btfgen_record(&f.g, BTF_KIND_STRUCT, NULL, 8, in, 1);
	const struct btf_member out[] = {
		member(&f, "pid", s32_, 0),
		member(&f, "comm", btfgen_array(&f.g, char_, 4), 32),
		member(&f, "mac", btfgen_array(&f.g, u8_, 6), 64),
		member(&f, NULL, inner, 128), /* nameless: its members are the outer one's */
		member(&f, "in", inner, 128),
	};
	outer = btfgen_record(&f.g, BTF_KIND_STRUCT, "outer", 24, out, ARRAY_SIZE(out));
	CHECK_STR(print(&f, outer, data, 24, false),
		  "{ .pid = 17, .comm = \"a\\\"\", .mac = 0x0242ac110002, .x = [1, -2], "
		  ".in = { .x = [1, -2] } }");
	CHECK_STR(print(&f, outer, data, 24, true),
		  "{\"pid\": 17, \"comm\": \"a\\\"\", \"mac\": \"0x0242ac110002\", \"x\": [1, -2], "
		  "\"in\": {\"x\": [1, -2]}}");
	CHECK_STR(print(&f, outer, data, 6, false),
		  "{ .pid = 17, .comm = \"a\\\"\", .mac = ?, .in = ? }");
	CHECK_STR(print(&f, outer, data, 2, true),
		  "{\"pid\": null, \"comm\": null, \"mac\": null, \"in\": null}");
	CHECK_EQ(rawvalue_size(f.btf, outer), 24);
	fixture_end(&f);
}

TEST(rawvalue_prints_bit_fields)
{
	struct fixture f;
	u32 u32_, s32_, with_flag, old;

	fixture_begin(&f);
	u32_ = btfgen_int(&f.g, "unsigned int", 4, 0);
	s32_ = btfgen_int(&f.g, "int", 4, BTF_INT_SIGNED);
	const struct btf_member flag[] = {
		member(&f, "low", u32_, 3u << 24 | 0),
		member(&f, "sign", s32_, 2u << 24 | 3),
		member(&f, "cross", u32_, 12u << 24 | 5),
		member(&f, NULL, u32_, 3u << 24 | 17),
		member(&f, "whole", u32_, 32),
	};
	with_flag = btfgen_record(&f.g, BTF_KIND_STRUCT | BTFGEN_HAS_BITS, "a", 8, flag,
				  ARRAY_SIZE(flag));
	const u32 bits5 = 5;
	u32 narrow = raw_type(&f, "unsigned int", (u32)BTF_KIND_INT << 24, 4, &bits5, 4);
	const struct btf_member before[] = { member(&f, "a", narrow, 0),
					     member(&f, "b", narrow, 5) };
	old = btfgen_record(&f.g, BTF_KIND_STRUCT, "b", 4, before, 2);
	CHECK_STR(print(&f, with_flag, "\xfd\x01\x00\x00\x2a\0\0\0", 8, false),
		  "{ .low = 5, .sign = -1, .cross = 15, .whole = 42 }");
	CHECK_STR(print(&f, with_flag, "\xfd", 1, true),
		  "{\"low\": 5, \"sign\": -1, \"cross\": null, \"whole\": null}");
	CHECK_STR(print(&f, old, "\xe3\x03\0\0", 4, false), "{ .a = 3, .b = 31 }");
	fixture_end(&f);
}

TEST(rawvalue_prints_variables)
{
	struct fixture f;
	u32 s32_, section;

	fixture_begin(&f);
	s32_ = btfgen_int(&f.g, "int", 4, BTF_INT_SIGNED);
	const struct btf_var_secinfo vars[] = {
		{ btfgen_var(&f.g, "packets", s32_), 0, 4 },
		{ btfgen_var(&f.g, "bytes", s32_), 4, 4 },
		{ btfgen_var(&f.g, "beyond", s32_), 0xfffffffe, 4 },
	};
	section = btfgen_datasec(&f.g, ".bss", 8, vars, 3);
	CHECK_STR(print(&f, section, "\1\0\0\0\2\0\0\0", 8, false),
		  "{ .packets = 1, .bytes = 2, .beyond = ? }");
	fixture_end(&f);
}

TEST(rawvalue_ends_what_has_no_end)
{
	struct fixture f;
	u32 s32_, many, none, array, loop, deep;
	u8 data[64] = { 0 };
	const char *text;

	fixture_begin(&f);
	s32_ = btfgen_int(&f.g, "int", 4, BTF_INT_SIGNED);
	many = btfgen_array(&f.g, s32_, UINT32_MAX);
	none = btfgen_array(&f.g, s32_, 0);
	array = f.g.count + 1;
	const struct btf_array self = { array, s32_, 7 };
	raw_type(&f, NULL, (u32)BTF_KIND_ARRAY << 24, 0, &self, sizeof(self));
	loop = f.g.count + 1;
	raw_type(&f, "loop", (u32)BTF_KIND_TYPEDEF << 24, loop, NULL, 0);
	deep = f.g.count + 1;
	const struct btf_member m[] = { member(&f, "a", deep, 0), member(&f, NULL, deep, 0),
					member(&f, "b", deep, 0) };
	raw_type(&f, "deep", (u32)BTF_KIND_STRUCT << 24 | 3, 64, m, sizeof(m));
	CHECK_STR(print(&f, many, "\1\0\0\0\2\0\0\0\3", 9, false), "[1, 2]");
	CHECK_STR(print(&f, none, data, 0, false), "[]");
	CHECK_STR(print(&f, array, data, sizeof(data), false), "[]");
	CHECK_STR(print(&f, loop, data, 2, false), "0x0000");
	text = print(&f, deep, data, sizeof(data), false);
	CHECK(strlen(text) < 200000 && strstr(text, "..."));
	text = print(&f, deep, data, sizeof(data), true);
	CHECK(strlen(text) < 200000 && strstr(text, "..."));
	CHECK_EQ(rawvalue_size(f.btf, many), 0);
	CHECK_EQ(rawvalue_size(f.btf, array), 0);
	CHECK_EQ(rawvalue_resolve(f.btf, loop), 0);
	fixture_end(&f);
}

TEST(rawvalue_cuts_what_is_long)
{
	struct fixture f;
	static char data[4 * RAWVALUE_MAX_PARTS + 400];
	u32 s32_, char_, numbers, string;
	const char *text;

	memset(data, 'x', sizeof(data));
	fixture_begin(&f);
	s32_ = btfgen_int(&f.g, "int", 4, BTF_INT_SIGNED);
	char_ = btfgen_int(&f.g, "char", 1, BTF_INT_SIGNED);
	numbers = btfgen_array(&f.g, s32_, sizeof(data) / 4);
	string = btfgen_array(&f.g, char_, sizeof(data));
	text = print(&f, numbers, data, sizeof(data), false);
	CHECK(strstr(text, "2021161080, ...]"));
	text = print(&f, string, data, sizeof(data), false);
	CHECK_EQ(strlen(text), RAWVALUE_MAX_BYTES + 5);
	CHECK(strstr(text, "x\"..."));
	fixture_end(&f);
}
