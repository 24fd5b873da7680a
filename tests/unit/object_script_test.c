/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section of what only scripts need: there and back, and what becomes of damaged bytes. */
#include "unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "object/script.h"

/* Types are made by hand: this room does not know how the compiler makes them. */
static const struct type t_u64 = { .kind = TYPE_INT, .size = 8 };
static const struct type t_s32 = { .kind = TYPE_INT, .size = 4, .is_signed = true };
static const struct type t_string = { .kind = TYPE_STRING, .size = 64 };
static const struct type t_count = { .kind = TYPE_COUNT, .size = 8 };
static const struct type t_hist = { .kind = TYPE_HIST, .size = 66 * 8, .count = 66 };
static const struct type t_lhist = {
	.kind = TYPE_LHIST, .size = 12 * 8, .count = 12, .min = -50, .max = 50, .step = 10
};
static const struct type t_kstack = {
	.kind = TYPE_KSTACK, .size = 8, .stack_mode = STACK_PERF, .limit = 20
};
static const struct enumerator colours[] = { { "RED", -1 }, { "BLUE", 1ll << 40 } };
static const struct type t_enum = { .kind = TYPE_ENUM,
				    .size = 8,
				    .is_signed = true,
				    .name = "colour",
				    .id = 12,
				    .enumerators = colours,
				    .enumerator_count = 2 };
static const struct type t_array = { .kind = TYPE_ARRAY, .size = 12, .target = &t_s32, .count = 3 };
static const struct field inner_fields[] = {
	{ .name = "flags", .type = &t_s32, .offset = 0, .bit_offset = 3, .bit_size = 5 },
	{ .name = "numbers", .type = &t_array, .offset = 4 },
};
static const struct type t_inner = { .kind = TYPE_RECORD,
				     .size = 16,
				     .is_union = true,
				     .name = "inner",
				     .fields = inner_fields,
				     .field_count = 2 };
static const struct type t_pointer = {
	.kind = TYPE_PTR, .size = 8, .target = &t_inner, .space = SPACE_USER
};
static const struct field outer_fields[] = {
	{ .name = "", .type = &t_inner, .offset = 0 },
	{ .name = "next", .type = &t_pointer, .offset = 16 },
	{ .name = "data", .type = &t_string, .offset = 24, .is_data_loc = true },
};
static const struct type t_outer = {
	.kind = TYPE_RECORD, .size = 32, .name = "outer", .fields = outer_fields, .field_count = 3
};
static const struct field tuple_fields[] = {
	{ .type = &t_u64, .offset = 0 },
	{ .type = &t_string, .offset = 8 },
	{ .type = &t_enum, .offset = 72 },
};
static const struct type t_tuple = {
	.kind = TYPE_TUPLE, .size = 80, .fields = tuple_fields, .field_count = 3
};

static void add_action(struct script *s, enum script_action_kind kind, const char *text,
		       const struct type *type)
{
	struct script_action *a = vec_add(s->arena, &s->actions);

	*a = (struct script_action){
		.kind = kind, .text = text, .size = 1024, .top = 5, .div = 1000
	};
	a->loc = (struct loc){ .offset = 3, .len = 4, .line = 1, .col = 4 };
	if (type)
		*vec_add(s->arena, &a->args) = (struct script_arg){ .type = type, .offset = 8 };
}

static void make_rich(struct script *s, struct arena *arena)
{
	script_init(s, arena);
	s->source = "BEGIN { @[pid] = count(); }\n";
	s->source_name = "rich.bt";
	s->elapsed_offset = 8;
	s->uses_cpid = true;
	s->max_map_keys = 4096;
	s->max_strlen = 64;
	*vec_add(arena, &s->targets) = (struct script_target){ .name = "begin" };
	*vec_add(arena, &s->targets) =
		(struct script_target){ .name = "tracepoint:sched:sched_switch",
					.module = "sched",
					.func = "sched_switch",
					.pid = 77 };
	*vec_add(arena, &s->targets) = (struct script_target){
		.name = "profile:hz:99", .module = "hz", .period = 99, .is_freq = true
	};
	*vec_add(arena, &s->programs) = (struct script_program){ .func = "begin_1",
								 .kind = ATTACH_BEGIN,
								 .target_count = 1 };
	*vec_add(arena, &s->programs) = (struct script_program){ .func = "tp_2",
								 .kind = ATTACH_TRACEPOINT,
								 .first_target = 1,
								 .target_count = 1,
								 .clause = 1,
								 .loc = { 0, 5, 1, 1 } };
	*vec_add(arena, &s->programs) = (struct script_program){ .func = "profile_3",
								 .kind = ATTACH_PROFILE,
								 .multi = true,
								 .first_target = 2,
								 .target_count = 1 };
	*vec_add(arena, &s->maps) = (struct script_map){
		.name = "@", .bpf_name = "AT_", .key = &t_tuple, .value = &t_count, .per_cpu = true
	};
	*vec_add(arena, &s->maps) = (struct script_map){
		.name = "@x", .value = &t_outer, .offset = 16, .max_entries = 1
	};
	*vec_add(arena, &s->maps) = (struct script_map){
		.name = "@h", .bpf_name = "AT_h", .key = &t_u64, .value = &t_hist, .per_cpu = true
	};
	*vec_add(arena, &s->maps) = (struct script_map){ .name = "@l",
							 .bpf_name = "AT_l",
							 .key = &t_kstack,
							 .value = &t_lhist,
							 .per_cpu = true };
	add_action(s, ACTION_PRINTF, "%d %s\n", &t_s32);
	*vec_add(arena, &s->actions.at[0].args) =
		(struct script_arg){ .type = &t_string, .offset = 16 };
	add_action(s, ACTION_PRINT_VALUE, NULL, &t_outer);
	add_action(s, ACTION_PRINT_ENTRY, NULL, &t_tuple);
	add_action(s, ACTION_CLEAR, NULL, NULL);
	s->actions.at[3].map = 3;
	add_action(s, ACTION_JOIN, " ", &t_string);
	add_action(s, ACTION_EXIT, NULL, NULL);
	*vec_add(arena, &s->counters) = (struct script_counter){ .kind = COUNTER_LOST_EVENTS };
	*vec_add(arena, &s->counters) =
		(struct script_counter){ .kind = COUNTER_MAP_FULL, .offset = 8, .map = 2 };
	*vec_add(arena, &s->counters) = (struct script_counter){
		.kind = COUNTER_READ, .offset = 24, .text = "str", .loc = { 8, 2, 1, 9 }
	};
	*vec_add(arena, &s->strings) = "%H:%M:%S";
}

/* Decodes a copy of exactly that size, so that a checker of memory sees every step beyond it. */
static int decode_copy(const void *data, size_t len, struct script *s, struct arena *arena,
		       struct diag *d)
{
	u8 *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, data, len);
	diag_init(d, arena);
	err = script_decode(s, arena, copy, len, d);
	CHECK(err ? err == -EINVAL && d->items.n == 1 : d->items.n == 0);
	memset(copy, 0xa5, len);
	free(copy);
	return err;
}

TEST(script_there_and_back)
{
	struct arena arena;
	struct script s, back;
	struct buf bytes = { 0 }, again = { 0 };
	struct diag d;

	arena_init(&arena);
	make_rich(&s, &arena);
	script_encode(&s, &bytes);
	CHECK_EQ(decode_copy(bytes.data, bytes.len, &back, &arena, &d), 0);
	script_encode(&back, &again);
	CHECK_EQ(again.len, bytes.len);
	CHECK(again.len == bytes.len && !memcmp(again.data, bytes.data, bytes.len));
	CHECK_STR(back.source, s.source);
	CHECK_STR(back.source_name, "rich.bt");
	CHECK(back.uses_cpid && back.print_maps_on_exit && back.elapsed_offset == 8);
	CHECK_EQ(back.max_map_keys, 4096);
	CHECK_EQ(back.max_strlen, 64);
	CHECK_EQ(back.targets.n, 3);
	CHECK(!back.targets.at[0].func);
	CHECK_STR(back.targets.at[1].func, "sched_switch");
	CHECK_EQ(back.targets.at[1].pid, 77);
	CHECK(back.targets.at[2].is_freq && back.targets.at[2].period == 99);
	CHECK_EQ(back.programs.at[1].kind, ATTACH_TRACEPOINT);
	CHECK_EQ(back.programs.at[1].loc.len, 5);
	CHECK(back.programs.at[2].multi);
	CHECK_EQ(back.actions.at[0].args.n, 2);
	CHECK_EQ(back.actions.at[0].args.at[1].offset, 16);
	CHECK_EQ(back.actions.at[0].div, 1000);
	CHECK_EQ(back.actions.at[3].map, 3);
	CHECK_STR(back.counters.at[2].text, "str");
	CHECK_STR(back.strings.at[0], "%H:%M:%S");
	buf_done(&bytes);
	buf_done(&again);
	arena_done(&arena);
}

TEST(script_types_there_and_back)
{
	struct arena arena;
	struct script s, back;
	struct buf bytes = { 0 };
	struct diag d;
	const struct type *t;

	arena_init(&arena);
	make_rich(&s, &arena);
	script_encode(&s, &bytes);
	CHECK_EQ(decode_copy(bytes.data, bytes.len, &back, &arena, &d), 0);
	t = back.maps.at[0].key;
	CHECK_EQ(t->kind, TYPE_TUPLE);
	CHECK_EQ(t->field_count, 3);
	CHECK(!t->fields[0].name);
	CHECK_EQ(t->fields[1].offset, 8);
	t = t->fields[2].type;
	CHECK_STR(t->name, "colour");
	CHECK_EQ(t->id, 0);
	CHECK_EQ(t->enumerator_count, 2);
	CHECK_STR(t->enumerators[1].name, "BLUE");
	CHECK_EQ(t->enumerators[1].value, 1ll << 40);
	CHECK(!back.maps.at[1].key && !back.maps.at[1].bpf_name);
	t = back.maps.at[1].value;
	CHECK_STR(t->name, "outer");
	CHECK(t->fields[2].is_data_loc);
	CHECK_EQ(t->fields[0].type->fields[0].bit_size, 5);
	CHECK_EQ(t->fields[0].type->fields[1].type->count, 3);
	CHECK(t->fields[0].type->is_union);
	/* What a pointer leads to is named, not described. */
	t = t->fields[1].type;
	CHECK_EQ(t->space, SPACE_USER);
	CHECK_STR(t->target->name, "inner");
	CHECK_EQ(t->target->field_count, 0);
	t = back.maps.at[3].key;
	CHECK_EQ(t->stack_mode, STACK_PERF);
	CHECK_EQ(t->limit, 20);
	t = back.maps.at[3].value;
	CHECK_EQ(t->min, -50);
	CHECK_EQ(t->step, 10);
	buf_done(&bytes);
	arena_done(&arena);
}

TEST(script_deep_types_end)
{
	struct arena arena;
	struct type nest[40];
	struct field field[40];
	struct script s, back;
	struct buf bytes = { 0 };
	struct diag d;
	u32 depth = 0;

	arena_init(&arena);
	script_init(&s, &arena);
	nest[0] = t_u64;
	for (u32 i = 1; i < ARRAY_SIZE(nest); i++) {
		field[i] = (struct field){ .type = &nest[i - 1] };
		nest[i] = (struct type){
			.kind = TYPE_TUPLE, .size = 8, .fields = &field[i], .field_count = 1
		};
	}
	add_action(&s, ACTION_PRINT_VALUE, NULL, &nest[39]);
	script_encode(&s, &bytes);
	CHECK_EQ(decode_copy(bytes.data, bytes.len, &back, &arena, &d), 0);
	for (const struct type *t = back.actions.at[0].args.at[0].type; t->field_count;
	     t = t->fields[0].type) {
		CHECK_EQ(t->size, 8);
		depth++;
	}
	CHECK_EQ(depth, 16);
	buf_done(&bytes);
	arena_done(&arena);
}

TEST(script_cut_off_is_refused)
{
	struct arena arena;
	struct script s, back;
	struct buf bytes = { 0 };
	struct diag d;

	arena_init(&arena);
	make_rich(&s, &arena);
	script_encode(&s, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		struct arena scratch;

		arena_init(&scratch);
		CHECK_EQ(decode_copy(bytes.data, len, &back, &scratch, &d), -EINVAL);
		arena_done(&scratch);
	}
	buf_putc(&bytes, 0);
	CHECK_EQ(decode_copy(bytes.data, bytes.len, &back, &arena, &d), -EINVAL);
	CHECK(strstr(d.items.at[0].text, "follow the end"));
	buf_done(&bytes);
	arena_done(&arena);
}

TEST(script_mutations_are_survived)
{
	struct arena arena;
	struct script s, back;
	struct buf bytes = { 0 };
	struct diag d;
	u32 seed = 1, refused = 0;

	arena_init(&arena);
	make_rich(&s, &arena);
	script_encode(&s, &bytes);
	for (size_t bit = 0; bit < bytes.len * 8 + 20000; bit++) {
		struct arena scratch;
		size_t at = bit / 8;
		u8 old, flip = (u8)(1u << (bit % 8));

		/* First every bit, then random bytes. */
		if (at >= bytes.len) {
			seed = seed * 1664525 + 1013904223;
			at = seed % bytes.len;
			flip = (u8)(seed >> 24);
		}
		old = (u8)bytes.data[at];
		bytes.data[at] = (char)(old ^ flip);
		arena_init(&scratch);
		refused += decode_copy(bytes.data, bytes.len, &back, &scratch, &d) != 0;
		arena_done(&scratch);
		bytes.data[at] = (char)old;
	}
	CHECK(refused > 1000);
	buf_done(&bytes);
	arena_done(&arena);
}

static void check_refused(struct script *s, const char *part)
{
	struct buf bytes = { 0 };
	struct script back;
	struct diag d;

	script_encode(s, &bytes);
	CHECK_EQ(decode_copy(bytes.data, bytes.len, &back, s->arena, &d), -EINVAL);
	if (d.items.n && !strstr(d.items.at[0].text, part))
		test_fail(__FILE__, __LINE__, "'%s' says nothing of '%s'", d.items.at[0].text,
			  part);
	buf_done(&bytes);
	make_rich(s, s->arena);
}

TEST(script_contradictions_are_refused)
{
	static const struct type bad_int = { .kind = TYPE_INT, .size = 3 };
	static const struct type bad_array = {
		.kind = TYPE_ARRAY, .size = 8, .target = &t_u64, .count = 1u << 30
	};
	static const struct field bad_field = { .name = "x", .type = &t_u64, .offset = 1 };
	static const struct type bad_record = {
		.kind = TYPE_RECORD, .size = 8, .fields = &bad_field, .field_count = 1
	};
	struct arena arena;
	struct script s;

	arena_init(&arena);
	make_rich(&s, &arena);
	s.programs.at[2].target_count = 2;
	check_refused(&s, "program 2");
	s.programs.at[2].first_target = UINT32_MAX;
	check_refused(&s, "program 2");
	s.programs.at[1].loc.offset = 100;
	check_refused(&s, "outside the source");
	s.targets.at[1].func = NULL;
	check_refused(&s, "tracepoint has no name");
	s.targets.at[0].name = NULL;
	check_refused(&s, "target 0");
	s.actions.at[0].text = NULL;
	check_refused(&s, "no text");
	s.actions.at[0].args.at[1].offset = 1000;
	check_refused(&s, "outside the record");
	s.actions.at[0].args.at[1].offset = 4;
	check_refused(&s, "outside the record");
	s.actions.at[3].map = 4;
	check_refused(&s, "map does not exist");
	s.actions.at[1].args.at[0].type = &bad_int;
	check_refused(&s, "3 bytes");
	s.actions.at[1].args.at[0].type = &bad_array;
	check_refused(&s, "8 bytes");
	s.actions.at[1].args.at[0].type = &bad_record;
	check_refused(&s, "does not fit its record");
	s.maps.at[1].key = &t_u64;
	check_refused(&s, "a variable");
	s.counters.at[1].map = 9;
	check_refused(&s, "counter 1");
	s.strings.at[0] = NULL;
	check_refused(&s, "string 0");
	arena_done(&arena);
}

TEST(script_other_versions_are_refused)
{
	struct arena arena;
	struct script s, back;
	struct buf bytes = { 0 };
	struct diag d;

	arena_init(&arena);
	make_rich(&s, &arena);
	script_encode(&s, &bytes);
	bytes.data[4]++;
	CHECK_EQ(decode_copy(bytes.data, bytes.len, &back, &arena, &d), -EINVAL);
	CHECK(d.items.at[0].hint != NULL);
	bytes.data[0]++;
	CHECK_EQ(decode_copy(bytes.data, bytes.len, &back, &arena, &d), -EINVAL);
	CHECK(strstr(d.items.at[0].text, "skep"));
	buf_done(&bytes);
	arena_done(&arena);
}
