/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types by themselves: layout, equality, names. */
#include "btf/type.h"

#include "base/arena.h"
#include "unit/test.h"

TEST(type_int_shares)
{
	CHECK(type_int(1, true) == &type_s8);
	CHECK(type_int(2, false) == &type_u16);
	CHECK(type_int(4, true) == &type_s32);
	CHECK(type_int(8, false) == &type_u64);
}

TEST(type_tuple_aligns)
{
	struct arena a;
	const struct type *elements[3] = { &type_u8, &type_u64, &type_u16 }, *in[2];
	struct type *t;

	arena_init(&a);
	t = type_tuple(&a, elements, 3);
	CHECK_EQ(t->fields[0].offset, 0);
	CHECK_EQ(t->fields[1].offset, 8);
	CHECK_EQ(t->fields[2].offset, 16);
	CHECK_EQ(t->size, 24);
	CHECK_EQ(type_align(t), 8);
	in[0] = &type_u32;
	in[1] = t;
	CHECK_EQ(type_tuple(&a, in, 2)->size, 32);
	in[1] = type_string(&a, 16);
	CHECK_EQ(type_tuple(&a, in, 2)->fields[1].offset, 8);
	CHECK_EQ(type_tuple(&a, in, 0)->size, 0);
	arena_done(&a);
}

TEST(type_align_of_records)
{
	struct arena a;
	struct field f[2] = { { .name = "c", .type = &type_u8 },
			      { .name = "n", .type = &type_u32, .offset = 4 } };
	struct type *r;

	arena_init(&a);
	r = type_new(&a, TYPE_RECORD, 8);
	r->name = "r";
	CHECK_EQ(type_align(r), 8);
	r->fields = f;
	r->field_count = 2;
	CHECK_EQ(type_align(r), 4);
	f[1].offset = 1;
	CHECK_EQ(type_align(r), 1);
	CHECK_EQ(type_align(type_array(&a, &type_u16, 8)), 2);
	arena_done(&a);
}

TEST(type_array_too_large_is_empty)
{
	struct arena a;
	const struct type *t;

	arena_init(&a);
	t = type_array(&a, &type_u64, 0x80000000u);
	CHECK_EQ(t->size, 0);
	CHECK_EQ(t->count, 0);
	arena_done(&a);
}

TEST(type_names)
{
	struct arena a;
	struct type *task, *e, *anon, *sum;
	const struct type *pair[2];

	arena_init(&a);
	task = type_new(&a, TYPE_RECORD, 0);
	task->name = "task_struct";
	e = type_new(&a, TYPE_ENUM, 4);
	e->name = "foo";
	anon = type_new(&a, TYPE_RECORD, 4);
	anon->name = "";
	anon->is_union = true;
	CHECK_STR(type_name(&a, &type_none), "void");
	CHECK_STR(type_name(&a, &type_u64), "uint64");
	CHECK_STR(type_name(&a, &type_s32), "int32");
	CHECK_STR(type_name(&a, &type_bool), "bool");
	CHECK_STR(type_name(&a, type_string(&a, 64)), "string[64]");
	CHECK_STR(type_name(&a, type_ptr(&a, task, SPACE_KERNEL)), "struct task_struct *");
	CHECK_STR(type_name(&a, type_ptr(&a, &type_none, SPACE_KERNEL)), "void *");
	CHECK_STR(type_name(&a, type_array(&a, &type_u8, 16)), "uint8[16]");
	CHECK_STR(type_name(&a, type_array(&a, type_array(&a, &type_s32, 3), 2)), "int32[2][3]");
	CHECK_STR(type_name(&a, e), "enum foo");
	CHECK_STR(type_name(&a, anon), "union (anonymous)");
	pair[0] = &type_s64;
	pair[1] = type_string(&a, 16);
	CHECK_STR(type_name(&a, type_tuple(&a, pair, 2)), "(int64,string[16])");
	CHECK_STR(type_name(&a, type_new(&a, TYPE_COUNT, 8)), "count_t");
	sum = type_new(&a, TYPE_SUM, 8);
	CHECK_STR(type_name(&a, sum), "usum_t");
	sum->is_signed = true;
	CHECK_STR(type_name(&a, sum), "sum_t");
	CHECK_STR(type_name(&a, type_new(&a, TYPE_KSTACK, 8)), "kstack");
	arena_done(&a);
}

TEST(type_equality)
{
	struct arena a;
	struct type *r, *s;
	const struct type *pair[2] = { &type_u32, &type_u64 },
			  *swapped[2] = { &type_u64, &type_u32 };

	arena_init(&a);
	r = type_new(&a, TYPE_RECORD, 8);
	s = type_new(&a, TYPE_RECORD, 0);
	r->name = s->name = "sock";
	r->id = 7;
	CHECK(type_equal(r, s));
	s->name = "tcp_sock";
	CHECK(!type_equal(r, s));
	r->name = s->name = "";
	CHECK(!type_equal(r, s));
	s->id = 7;
	CHECK(type_equal(r, s));
	CHECK(type_equal(type_tuple(&a, pair, 2), type_tuple(&a, pair, 2)));
	CHECK(!type_equal(type_tuple(&a, pair, 2), type_tuple(&a, swapped, 2)));
	CHECK(type_equal(type_ptr(&a, &type_u8, SPACE_USER), type_ptr(&a, &type_u8, SPACE_USER)));
	CHECK(!type_equal(type_ptr(&a, &type_u8, SPACE_USER),
			  type_ptr(&a, &type_u8, SPACE_KERNEL)));
	CHECK(!type_equal(&type_u8, &type_s8));
	CHECK(!type_equal(type_string(&a, 8), type_string(&a, 16)));
	CHECK(!type_equal(type_array(&a, &type_u8, 2), type_array(&a, &type_u8, 3)));
	arena_done(&a);
}

TEST(type_questions)
{
	struct arena a;

	arena_init(&a);
	CHECK(type_is_integer(&type_bool));
	CHECK(!type_is_integer(type_new(&a, TYPE_INT, 16)));
	CHECK(type_is_scalar(type_ptr(&a, &type_none, SPACE_KERNEL)));
	CHECK(!type_is_scalar(type_string(&a, 8)));
	CHECK(type_is_aggregate(type_new(&a, TYPE_HIST, 8)));
	CHECK(!type_is_aggregate(&type_u64));
	arena_done(&a);
}
