/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values printed by forms: as text, as JSON of bpftool's shape, addresses by type and name, and sums. */
#include "btf/form.h"

#include <stdlib.h>
#include <string.h>

#include "btf/literal_words.h"
#include "btf/rawvalue.h"
#include "object/btfgen.h"
#include "unit/test.h"

struct flow {
	u32 saddr;
	u16 port, pad;
	u8 mac[6], tag[2];
	u8 addr6[16];
	char comm[8];
	u32 seq, gw_ip;
	s32 n[2];
	u64 bytes;
	u8 low : 3, high : 5;
	u8 ok;
	u16 end;
	u32 state;
};

struct fixture {
	struct arena arena;
	struct btfgen g;
	struct rawbtf *btf;
	u32 flow, section, number;
	struct buf text;
};

static u32 raw_type(struct fixture *f, const char *name, u32 info, u32 size, const void *more,
		    size_t len)
{
	buf_u32(&f->g.types, btfgen_str(&f->g, name));
	buf_u32(&f->g.types, info);
	buf_u32(&f->g.types, size);
	buf_put(&f->g.types, more, len);
	return ++f->g.count;
}

static struct btf_member member(struct fixture *f, const char *name, u32 type, u32 bit)
{
	return (struct btf_member){ btfgen_str(&f->g, name), type, bit };
}

static void fixture_begin(struct fixture *f)
{
	struct buf bytes = { 0 };
	u32 u8_, u16_, u32_, s32_, be16, be32, flag, state, inner;

	*f = (struct fixture){ 0 };
	arena_init(&f->arena);
	btfgen_init(&f->g, &f->arena);
	u8_ = btfgen_int(&f->g, "unsigned char", 1, 0);
	u16_ = btfgen_int(&f->g, "unsigned short", 2, 0);
	u32_ = btfgen_int(&f->g, "unsigned int", 4, 0);
	s32_ = btfgen_int(&f->g, "int", 4, BTF_INT_SIGNED);
	f->number = btfgen_int(&f->g, "unsigned long", 8, 0);
	flag = btfgen_int(&f->g, "_Bool", 1, BTF_INT_BOOL);
	be16 = raw_type(f, "__be16", (u32)BTF_KIND_TYPEDEF << 24, u16_, NULL, 0);
	be32 = raw_type(f, "__be32", (u32)BTF_KIND_TYPEDEF << 24, u32_, NULL, 0);
	const u32 names[] = { btfgen_str(&f->g, "IDLE"), 0, btfgen_str(&f->g, "RUNNING"), 1 };
	state = raw_type(f, "state", (u32)BTF_KIND_ENUM << 24 | 2, 4, names, sizeof(names));
	const struct btf_member in[] = { member(f, "end", u16_, 0) };
	inner = btfgen_record(&f->g, BTF_KIND_STRUCT, NULL, 2, in, 1);
	const struct btf_member m[] = {
		member(f, "saddr", be32, 0),
		member(f, "port", be16, 32),
		member(f, "mac", btfgen_array(&f->g, u8_, 6), 64),
		member(f, "tag", btfgen_array(&f->g, u8_, 2), 112),
		member(f, "addr6", btfgen_array(&f->g, u8_, 16), 128),
		member(f, "comm",
		       btfgen_array(&f->g, btfgen_int(&f->g, "char", 1, BTF_INT_SIGNED), 8), 256),
		member(f, "seq", be32, 320),
		member(f, "gw_ip", u32_, 352),
		member(f, "n", btfgen_array(&f->g, s32_, 2), 384),
		member(f, "bytes", f->number, 448),
		member(f, "low", u8_, 3u << 24 | 512),
		member(f, "high", u8_, 5u << 24 | 515),
		member(f, "ok", flag, 520),
		member(f, NULL, inner, 528),
		member(f, "state", state, 544),
	};
	f->flow = btfgen_record(&f->g, BTF_KIND_STRUCT | BTFGEN_HAS_BITS, "flow",
				sizeof(struct flow), m, ARRAY_SIZE(m));
	const struct btf_var_secinfo vars[] = {
		{ btfgen_var(&f->g, "hits", s32_), 0, 4 },
		{ btfgen_var(&f->g, "on", flag), 4, 1 },
	};
	f->section = btfgen_datasec(&f->g, ".data", 8, vars, 2);
	btfgen_write(&f->g, &bytes);
	CHECK_EQ(rawbtf_from_bytes(bytes.data, bytes.len, NULL, &f->btf), 0);
	buf_done(&bytes);
}

static void fixture_end(struct fixture *f)
{
	rawbtf_free(f->btf);
	btfgen_done(&f->g);
	buf_done(&f->text);
	arena_done(&f->arena);
}

static const struct flow value = {
	.saddr = 0x0100000a, /* 10.0.0.1, in the order of the network */
	.port = 0x5000,
	.mac = { 2, 0x42, 0xac, 0x11, 0, 2 },
	.tag = { 7, 8 },
	.addr6 = { [15] = 1 },
	.comm = "ba\"sh",
	.seq = 0x01000000,
	.gw_ip = 0x0200000a,
	.n = { -5, 6 },
	.bytes = 1ull << 40,
	.low = 5,
	.high = 30,
	.ok = 1,
	.end = 9,
	.state = 1,
};

static const char *shown(struct fixture *f, u32 type, u32 size, u32 style, const void *data,
			 u32 stride, u32 n)
{
	struct form *form = form_new(&f->arena, f->btf, type, size, style);
	struct out o;

	if (!form)
		return "nothing";
	out_init(&o, -1, style & FORM_JSON);
	o.flush = OUT_FLUSH_FULL;
	form_print_total(form, &o, NULL, data, stride, n);
	buf_clear(&f->text);
	buf_puts(&f->text, buf_str(&o.buf));
	buf_done(&o.buf);
	return buf_str(&f->text);
}

TEST(form_text_is_as_in_c)
{
	struct fixture f;
	struct flow again, mask;
	struct diag d;
	char *text;

	fixture_begin(&f);
	CHECK_STR(
		shown(&f, f.flow, sizeof(value), 0, &value, 0, 1),
		"{ .saddr = 10.0.0.1, .port = htons(80), .mac = 02:42:ac:11:00:02, .tag = 0x0708, "
		".addr6 = ::1, .comm = \"ba\\\"sh\", .seq = htonl(1), .gw_ip = 10.0.0.2, "
		".n = [-5, 6], .bytes = 1099511627776, .low = 5, .high = 30, .ok = true, "
		".end = 9, .state = RUNNING }");
	/* It is read back as it was. */
	diag_init(&d, &f.arena);
	text = arena_strdup(&f.arena, buf_str(&f.text));
	CHECK_EQ(literal_words(&d, "value", f.btf, f.flow, &text, 1, &again, &mask, sizeof(again)),
		 0);
	CHECK(!memcmp(&again, &value, sizeof(value)));
	CHECK_STR(shown(&f, f.section, 8, 0, "\5\0\0\0\1\0\0\0", 0, 1),
		  "{ .hits = 5, .on = true }");
	fixture_end(&f);
}

TEST(form_json_is_bpftools)
{
	struct fixture f;
	struct flow again, mask;
	struct diag d;
	char *text;

	fixture_begin(&f);
	CHECK_STR(shown(&f, f.flow, sizeof(value), FORM_JSON, &value, 0, 1),
		  "{\"saddr\": 16777226, \"port\": 20480, \"mac\": [2, 66, 172, 17, 0, 2], "
		  "\"tag\": [7, 8], \"addr6\": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "
		  "\"comm\": \"ba\\\"sh\", \"seq\": 16777216, \"gw_ip\": 33554442, \"n\": [-5, 6], "
		  "\"bytes\": 1099511627776, \"low\": \"0x5\", \"high\": \"0x1e\", \"ok\": true, "
		  "\"\": {\"end\": 9}, \"state\": \"RUNNING\"}");
	diag_init(&d, &f.arena);
	text = arena_strdup(&f.arena, buf_str(&f.text));
	CHECK_EQ(literal_words(&d, "value", f.btf, f.flow, &text, 1, &again, &mask, sizeof(again)),
		 0);
	CHECK(!memcmp(&again, &value, sizeof(value)));
	CHECK_STR(shown(&f, f.section, 8, FORM_JSON, "\5\0\0\0\1\0\0\0", 0, 1),
		  "{\".data\": [{\"hits\": 5}, {\"on\": true}]}");
	fixture_end(&f);
}

TEST(form_json_with_addresses)
{
	struct fixture f;
	struct flow again, mask;
	const char *json;
	struct diag d;
	char *text;

	fixture_begin(&f);
	json = shown(&f, f.flow, sizeof(value), FORM_JSON | FORM_ADDRESSES, &value, 0, 1);
	CHECK(strstr(json,
		     "\"saddr\": \"10.0.0.1\", \"port\": 80, \"mac\": \"02:42:ac:11:00:02\""));
	CHECK(strstr(json, "\"addr6\": \"::1\""));
	CHECK(strstr(json, "\"seq\": 1, \"gw_ip\": \"10.0.0.2\""));
	/* Addresses are read in quotes, too. */
	diag_init(&d, &f.arena);
	text = "{\"saddr\": \"10.0.0.1\", \"mac\": \"02:42:ac:11:00:02\", \"addr6\": \"::1\"}";
	CHECK_EQ(literal_words(&d, "value", f.btf, f.flow, &text, 1, &again, &mask, sizeof(again)),
		 0);
	CHECK_EQ(again.saddr, value.saddr);
	CHECK(!memcmp(again.mac, value.mac, 6));
	CHECK(!memcmp(again.addr6, value.addr6, 16));
	fixture_end(&f);
}

TEST(form_total_sums_what_counts)
{
	struct flow two[2] = { value, value };
	const u64 numbers[3] = { 7, UINT32_MAX, 1 };
	struct fixture f;

	fixture_begin(&f);
	two[1].n[0] = -6;
	/* Neither addresses nor bits, flags, names and text have a sum. */
	CHECK_STR(shown(&f, f.flow, sizeof(value), FORM_TOTAL, two, sizeof(value), 2),
		  "{ .n = [-11, 12], .bytes = 2199023255552, .end = 18 }");
	CHECK_STR(shown(&f, f.number, 8, FORM_TOTAL, numbers, 8, 3), "4294967303");
	CHECK_STR(shown(&f, f.number, 8, FORM_TOTAL | FORM_JSON, numbers, 8, 3), "4294967303");
	fixture_end(&f);
}

TEST(form_tells_the_numbers_of_a_total)
{
	struct form_number numbers[4];
	struct fixture f;
	struct form *form;

	fixture_begin(&f);
	form = form_new(&f.arena, f.btf, f.flow, sizeof(value), FORM_TOTAL);
	CHECK_EQ(form_numbers(form, &f.arena, numbers, 4), 2);
	CHECK_STR(numbers[0].name, "bytes");
	CHECK_EQ(numbers[0].offset, offsetof(struct flow, bytes));
	CHECK_EQ(numbers[0].size, 8);
	CHECK_STR(numbers[1].name, "end");
	CHECK(!numbers[1].is_signed);
	CHECK_EQ(form_numbers(form, &f.arena, numbers, 1), 1);
	form = form_new(&f.arena, f.btf, f.section, 8, FORM_TOTAL);
	CHECK_EQ(form_numbers(form, &f.arena, numbers, 4), 1);
	CHECK_STR(numbers[0].name, "hits");
	CHECK(numbers[0].is_signed);
	form = form_new(&f.arena, f.btf, f.number, 8, FORM_TOTAL);
	CHECK_EQ(form_numbers(form, &f.arena, numbers, 4), 1);
	CHECK_STR(numbers[0].name, "");
	fixture_end(&f);
}

TEST(form_does_not_read_beyond_the_value)
{
	struct fixture f;
	u8 *few = calloc(1, 40);

	fixture_begin(&f);
	/* The type is larger than the value, as a bad one may be. */
	CHECK_STR(shown(&f, f.flow, 40, 0, few, 0, 1), "?");
	CHECK_STR(shown(&f, f.section, 4, FORM_JSON, few, 0, 1), "null");
	CHECK_STR(shown(&f, 0, 4, 0, few, 0, 1), "nothing");
	CHECK_STR(shown(&f, 10000, 4, 0, few, 0, 1), "nothing");
	CHECK(!form_new(&f.arena, NULL, 1, 4, 0));
	free(few);
	fixture_end(&f);
}

/* ---- words */

static const char *read_words(struct fixture *f, u32 type, u32 size, void *out, const char *a,
			      const char *b, const char *c, const char *e)
{
	char *words[] = { (char *)a, (char *)b, (char *)c, (char *)e };
	static struct diag d;
	u32 n = 0;

	while (n < 4 && words[n])
		n++;
	diag_init(&d, &f->arena);
	if (!literal_words(&d, "key", f->btf, type, words, n, out, NULL, size))
		return "";
	return arena_printf(&f->arena, "%u: %s", d.items.at[0].loc.col, d.items.at[0].text);
}

TEST(words_are_bytes_or_values)
{
	struct fixture f;
	u8 b[4];
	u64 v;

	fixture_begin(&f);
	CHECK_STR(read_words(&f, 0, 4, b, "1", "0x02", "010", "255"), "");
	CHECK(!memcmp(b, "\1\2\10\377", 4));
	CHECK_STR(read_words(&f, 0, 3, b, "hex", "1", "0aff", NULL), "");
	CHECK(!memcmp(b, "\1\12\377", 3));
	CHECK_STR(read_words(&f, 0, 2, b, "hex", "0x1", "ff", NULL), "");
	CHECK(!memcmp(b, "\1\377", 2));
	CHECK_STR(read_words(&f, 0, 4, b, "10.0.0.1", NULL, NULL, NULL), "");
	CHECK(!memcmp(b, "\12\0\0\1", 4));
	CHECK_STR(read_words(&f, 0, 4, b, "300", NULL, NULL, NULL), "");
	CHECK(!memcmp(b, "\54\1\0\0", 4));
	CHECK_STR(read_words(&f, 0, 2, b, "[\"0x01\",", "\"0xff\"]", NULL, NULL), "");
	CHECK(!memcmp(b, "\1\377", 2));
	CHECK_STR(read_words(&f, f.number, 8, &v, "0x10", NULL, NULL, NULL), "");
	CHECK_EQ(v, 16);
	CHECK_STR(read_words(&f, f.number, 8, &v, "\"0x10\"", NULL, NULL, NULL), "");
	CHECK_EQ(v, 16);
	fixture_end(&f);
}

TEST(words_that_are_wrong_are_told_at_their_place)
{
	struct fixture f;
	u8 b[16];
	u64 v;

	fixture_begin(&f);
	CHECK_STR(read_words(&f, 0, 4, b, "1", "2", "3", NULL),
		  "1: the key has 4 bytes, but these are 3");
	CHECK_STR(read_words(&f, 0, 4, b, "1", "2", "256", "3"), "5: a byte is at most 255");
	CHECK_STR(read_words(&f, 0, 4, b, "hex", "01", "0x02", "123"),
		  "13: here go bytes of two hexadecimal digits");
	CHECK_STR(read_words(&f, 0, 4, b, "hex", NULL, NULL, NULL),
		  "1: the bytes of the key are missing");
	CHECK_STR(read_words(&f, 0, 1, b, "hex", "01", "02", NULL),
		  "1: the key has 1 byte, but these are 2");
	CHECK_STR(read_words(&f, 0, 16, b, "5", NULL, NULL, NULL),
		  "1: the key has 16 bytes, but this is 1");
	CHECK_STR(read_words(&f, 0, 2, b, "[\"0x01\",", "\"0xf\"]", NULL, NULL),
		  "10: here goes a byte like \"0x01\", not '\"0xf\"'");
	CHECK_STR(read_words(&f, f.number, 8, &v, "1", "x", NULL, NULL),
		  "3: here goes the end, not 'x'");
	CHECK_STR(read_words(&f, f.number, 8, &v, "\"1", "2\"", NULL, NULL),
		  "4: here goes the end of the number, not '2'");
	CHECK_STR(read_words(&f, f.flow, 8, &v, "{\"saddr\": 1}", NULL, NULL, NULL),
		  "1: the type has 72 bytes here, but there is room for 8");
	CHECK_STR(read_words(&f, f.number, 8, &v, NULL, NULL, NULL, NULL), "0: the key is missing");
	fixture_end(&f);
}

TEST(json_names_members)
{
	struct fixture f;
	struct flow v;

	fixture_begin(&f);
	CHECK_STR(read_words(&f, f.flow, sizeof(v), &v, "{\"port\": 5, \"\": {\"end\": 7},",
			     "\"state\": \"RUNNING\"}", NULL, NULL),
		  "");
	CHECK_EQ(v.port, 5);
	CHECK_EQ(v.end, 7);
	CHECK_EQ(v.state, 1);
	CHECK_STR(read_words(&f, f.flow, sizeof(v), &v, "{\"prt\": 5}", NULL, NULL, NULL),
		  "3: struct flow has no member 'prt'");
	CHECK_STR(read_words(&f, f.section, 8, &v, "{\"on\": true, \"\": 1}", NULL, NULL, NULL),
		  "15: there is no nameless member");
	CHECK_STR(read_words(&f, f.flow, sizeof(v), &v, "{\"state\": \"RUNING\"}", NULL, NULL,
			     NULL),
		  "12: 'RUNING' is no number, and no enumerator of this object");
	fixture_end(&f);
}
