/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values read as bytes: what is printed is read back, what C has is taken, what is wrong is told at its place. */
#include "btf/literal.h"

#include <string.h>

#include "btf/rawvalue.h"
#include "object/btfgen.h"
#include "unit/test.h"

struct fixture {
	struct arena arena;
	struct btfgen g;
	struct rawbtf *btf;
	u32 s32, u64, u32_, u16, u8_, text, mac, real, narrow, wide, color, point, all, choice,
		bits;
	u8 out[256], mask[256];
	const char *error; /* of the last one that was not read */
	u32 column;
};

static struct btf_member member(struct fixture *f, const char *name, u32 type, u32 bit)
{
	return (struct btf_member){ btfgen_str(&f->g, name), type, bit };
}

static u32 raw_type(struct fixture *f, const char *name, u32 info, u32 size, const void *more,
		    size_t len)
{
	buf_u32(&f->g.types, btfgen_str(&f->g, name));
	buf_u32(&f->g.types, info);
	buf_u32(&f->g.types, size);
	buf_put(&f->g.types, more, len);
	return ++f->g.count;
}

static void make_structs(struct fixture *f)
{
	const struct btf_member xy[] = { member(f, "x", f->s32, 0), member(f, "y", f->s32, 32) };
	f->point = btfgen_record(&f->g, BTF_KIND_STRUCT, "point", 8, xy, 2);
	const struct btf_member either[] = {
		member(f, "real", f->real, 0), member(f, "number", f->u64, 0),
		member(f, "word", btfgen_array(&f->g, f->text, 1), 0)
	};
	f->choice = btfgen_record(&f->g, BTF_KIND_UNION, NULL, 8, either, 3);
	const struct btf_member packed[] = { member(f, "low", f->u32_, 3u << 24),
					     member(f, "sign", f->s32, 2u << 24 | 3),
					     member(f, "hue", f->color, 4u << 24 | 5),
					     member(f, "cross", f->u32_, 12u << 24 | 9) };
	f->bits = btfgen_record(&f->g, BTF_KIND_STRUCT | BTFGEN_HAS_BITS, "bits", 4, packed, 4);
	const struct btf_member m[] = {
		member(f, "pid", f->s32, 0),
		member(f, "color", f->color, 32),
		member(f, "comm", f->text, 64),
		member(f, "mac", f->mac, 128),
		member(f, "port", f->u16, 176),
		member(f, NULL, f->choice, 192),
		member(f, "points", btfgen_array(&f->g, f->point, 3), 256),
		member(f, "bits", f->bits, 448),
		member(f, "half", f->narrow, 480),
		member(f, "next", btfgen_ptr(&f->g, f->s32), 512),
		member(f, "id", f->wide, 576),
	};
	f->all = btfgen_record(&f->g, BTF_KIND_STRUCT, "all", 88, m, ARRAY_SIZE(m));
}

static void fixture_begin(struct fixture *f)
{
	struct buf bytes = { 0 };

	*f = (struct fixture){ 0 };
	arena_init(&f->arena);
	btfgen_init(&f->g, &f->arena);
	f->s32 = btfgen_int(&f->g, "int", 4, BTF_INT_SIGNED);
	f->u64 = btfgen_int(&f->g, "unsigned long", 8, 0);
	f->u32_ = btfgen_int(&f->g, "unsigned int", 4, 0);
	f->u16 = btfgen_int(&f->g, "unsigned short", 2, 0);
	f->u8_ = btfgen_int(&f->g, "unsigned char", 1, 0);
	f->text = btfgen_array(&f->g, btfgen_int(&f->g, "char", 1, BTF_INT_SIGNED), 8);
	f->mac = btfgen_array(&f->g, f->u8_, 6);
	f->real = raw_type(f, "double", (u32)BTF_KIND_FLOAT << 24, 8, NULL, 0);
	f->narrow = raw_type(f, "float", (u32)BTF_KIND_FLOAT << 24, 4, NULL, 0);
	f->wide = btfgen_int(&f->g, "unsigned __int128", 16, 0);
	const u32 names[] = { btfgen_str(&f->g, "RED"), 1, btfgen_str(&f->g, "BLUE"), (u32)-2 };
	f->color = raw_type(f, "color", (u32)BTF_KIND_ENUM << 24 | 2 | 1u << 31, 4, names,
			    sizeof(names));
	make_structs(f);
	btfgen_write(&f->g, &bytes);
	CHECK_EQ(rawbtf_from_bytes(bytes.data, bytes.len, NULL, &f->btf), 0);
	buf_done(&bytes);
}

static void fixture_end(struct fixture *f)
{
	rawbtf_free(f->btf);
	btfgen_done(&f->g);
	arena_done(&f->arena);
}

static int read(struct fixture *f, u32 type, u32 size, const char *text)
{
	struct diag d;
	struct literal l = { .btf = f->btf, .d = &d, .text = text, .line = 1 };
	int err;

	diag_init(&d, &f->arena);
	l.end = (u32)strlen(text);
	err = literal_value(&l, type, f->out, f->mask, size);
	if (!err && literal_skip(&l))
		err = literal_expected(&l, "the end");
	f->error = d.items.n ? d.items.at[0].text : "";
	f->column = d.items.n ? d.items.at[0].loc.col : 0;
	return err;
}

static const char *print(struct fixture *f, u32 type, const void *data, size_t len)
{
	struct out o;
	char *text;

	out_init(&o, -1, false);
	rawvalue_print(&o, NULL, f->btf, type, data, len);
	text = arena_strdup(&f->arena, buf_str(&o.buf));
	out_done(&o);
	return text;
}

TEST(literal_reads_numbers)
{
	static const struct {
		const char *text;
		s64 value;
	} rows[] = {
		{ "5", 5 },
		{ " -5 # five\n", -5 },
		{ "0x10", 16 },
		{ "010", 8 },
		{ "0b101", 5 },
		{ "'a'", 97 },
		{ "'\\n'", 10 },
		{ "'\\x41'", 65 },
		{ "true", 1 },
		{ "BLUE", -2 },
		{ "htons(80)", 20480 },
		{ "10u", 10 },
		{ "NULL", 0 },
		{ "127.0.0.1", 0x0100007f },
		{ "htonl( 1 )", 0x01000000 },
		{ "x:ff 00:0000", 255 },
		{ "2147483648", INT32_MIN },
		{ "-2147483648", INT32_MIN },
	};
	struct fixture f;

	fixture_begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		s32 v;

		CHECK_EQ(read(&f, f.s32, 4, rows[i].text), 0);
		memcpy(&v, f.out, 4);
		CHECK_EQ(v, rows[i].value);
		CHECK(!memcmp(f.mask, "\xff\xff\xff\xff", 4));
	}
	CHECK_EQ(read(&f, f.u64, 8, "18446744073709551615"), 0);
	CHECK(!memcmp(f.out, "\xff\xff\xff\xff\xff\xff\xff\xff", 8));
	CHECK_EQ(read(&f, 0, 4, "5"), 0);
	CHECK(!memcmp(f.out, "\5\0\0\0", 4));
	CHECK_EQ(read(&f, 0, 4, "0x01020304"), 0);
	CHECK(!memcmp(f.out, "\1\2\3\4", 4));
	CHECK_EQ(read(&f, f.wide, 16, "-1"), 0);
	CHECK_EQ(f.out[15], 0xff);
	CHECK_EQ(read(&f, f.wide, 16, "2001:db8::1"), 0);
	CHECK_EQ(f.out[0], 0x20);
	fixture_end(&f);
}

TEST(literal_reads_parts)
{
	struct fixture f;

	fixture_begin(&f);
	CHECK_EQ(read(&f, f.all, 88, "{ .pid = 1, RED, \"ab\", .points[1].y = 7, { .low = 5 } }"),
		 0);
	CHECK(strstr(print(&f, f.all, f.out, 88),
		     "{ .pid = 1, .color = RED, .comm = \"ab\", .mac = 0"));
	CHECK(strstr(print(&f, f.all, f.out, 88), ".bits = { .low = 5, .sign = 0, "));
	CHECK_EQ(f.out[32 + 12], 7);
	/* What follows a designator is the next member, as in C. */
	CHECK_EQ(f.mask[3], 0xff);
	CHECK_EQ(f.mask[10], 0xff); /* the string's end */
	CHECK_EQ(f.mask[11], 0);
	CHECK_EQ(f.mask[16], 0);
	CHECK_EQ(read(&f, f.bits, 4, "{ .sign = -1, .hue = BLUE }"), 0);
	CHECK_EQ(f.mask[0], 0xf8);
	CHECK_EQ(f.mask[1], 1);
	CHECK_EQ(read(&f, f.mac, 6, "02:42:ac:11:00:02"), 0);
	CHECK(!memcmp(f.out, "\x02\x42\xac\x11\x00\x02", 6));
	CHECK_EQ(read(&f, f.mac, 6, "{ 1, [4] = 5, 6 }"), 0);
	CHECK(!memcmp(f.out, "\1\0\0\0\5\6", 6));
	CHECK(!memcmp(f.mask, "\xff\0\0\0\xff\xff", 6));
	CHECK_EQ(read(&f, f.mac, 6, "x:01 .. 03 .. .. 06"), 0);
	CHECK(!memcmp(f.mask, "\xff\0\xff\0\0\xff", 6));
	fixture_end(&f);
}

TEST(literal_reads_variables)
{
	struct fixture f;
	struct buf bytes = { 0 };
	u32 section;

	fixture_begin(&f);
	const struct btf_var_secinfo vars[] = {
		{ btfgen_var(&f.g, "packets", f.s32), 0, 4 },
		{ btfgen_var(&f.g, "beyond", f.s32), 0xfffffffe, 4 },
		{ btfgen_var(&f.g, "at", f.point), 8, 8 },
	};
	section = btfgen_datasec(&f.g, ".bss", 16, vars, 3);
	rawbtf_free(f.btf);
	btfgen_write(&f.g, &bytes);
	CHECK_EQ(rawbtf_from_bytes(bytes.data, bytes.len, NULL, &f.btf), 0);
	buf_done(&bytes);
	CHECK_EQ(read(&f, section, 16, "{ .packets = 1, .at = { 2, 3 } }"), 0);
	CHECK(!memcmp(f.out, "\1\0\0\0\0\0\0\0\2\0\0\0\3\0\0\0", 16));
	CHECK(read(&f, section, 16, "{ .beyond = 1 }") < 0);
	CHECK_STR(f.error, "the type has this member beyond its end");
	CHECK(read(&f, section, 8, "{ .packets = 1 }") < 0);
	fixture_end(&f);
}

/* Every value that is printed whole is read as the bytes that it was. */
TEST(literal_reads_what_is_printed)
{
	struct fixture f;
	u64 chance = 88172645463325252ull;
	u8 data[88];

	fixture_begin(&f);
	for (int round = 0; round < 3000; round++) {
		const char *text;

		for (size_t i = 0; i < sizeof(data); i++) {
			chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
			data[i] = round % 3 ? (u8)chance : (u8)(chance & chance >> 8 & 1);
		}
		text = print(&f, f.all, data, sizeof(data));
		if (read(&f, f.all, 88, text)) {
			CHECK_STR(f.error, "");
			CHECK_STR(text, "");
			break;
		}
		CHECK_STR(print(&f, f.all, f.out, sizeof(data)), text);
		for (size_t i = 0; i < sizeof(data); i++) {
			/* Strings end; padding is not shown; a NaN is not told from others. */
			bool is_shown = f.mask[i] == 0xff && (i < 60 || i > 63);

			if (is_shown)
				CHECK_EQ(f.out[i], data[i]);
		}
	}
	fixture_end(&f);
}

TEST(literal_tells_mistakes)
{
	struct fixture f;
	struct {
		u32 type, size, column;
		const char *text, *error;
	} rows[] = {
		{ 0, 4, 1, "", "a number is missing" },
		{ 0, 4, 3, "5 6", "here goes the end, not '6'" },
		{ 0, 2, 1, "65536", "this does not fit into 16 bits" },
		{ 0, 2, 1, "-32769", "this does not fit into 16 bits" },
		{ 0, 8, 1, "18446744073709551616", "this does not fit into 64 bits" },
		{ 0, 4, 1, "0x0102", "these are 4 digits, but the 4 bytes here have 8" },
		{ 0, 4, 1, "12ab", "here goes a number, not '12ab'" },
		{ 1, 4, 1, "RAD", "'RAD' is no number, and no enumerator of this object" },
		{ 1, 4, 1, "02:42:ac:11:00:02",
		  "an Ethernet address has 6 bytes, but this is one of 4" },
		{ 1, 4, 1, "x:01", "these are 1 bytes, but the value has 4" },
		{ 1, 4, 3, "x:0g", "a byte has two digits, but here is one" },
		{ 1, 4, 1, "...", "what '...' stands for has to be there" },
		{ 1, 3, 1, "5", "the type has 4 bytes here, but there is room for 3" },
		{ 2, 88, 4, "{ .pod = 1 }", "struct all has no member 'pod'" },
		{ 2, 88, 12, "{ .pid = 1 .color = 2 }", "here goes ',' or '}', not '.color'" },
		{ 2, 88, 11, "{ .points[3] = { 1 } }", "the array has 3 elements" },
		{ 2, 88, 11, "{ .comm = \"123456789\" }", "there is room for 8 bytes only" },
		{ 2, 88, 13, "{ .comm = \"a\\q\" }", "this escape is not known" },
		{ 2, 88, 1, "7", "here goes a struct like { .a = 1 }, not '7'" },
		{ 2, 88, 20, "{ .bits = { .low = 8 } }", "this does not fit into 3 bits" },
	};

	fixture_begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 type = rows[i].type == 1 ? f.s32 : rows[i].type ? f.all : 0;

		CHECK(read(&f, type, rows[i].size, rows[i].text) < 0);
		CHECK_STR(f.error, rows[i].error);
		CHECK_EQ(f.column, rows[i].column);
	}
	fixture_end(&f);
}
