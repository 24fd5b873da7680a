/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic from the script's text to the running kernel: every operator on every pair of widths and signs, with
 * the numbers at which something changes, against the language's rules written down once more in C.
 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "unit/gen_script.h"
#include "unit/gen_world.h"

struct width {
	const char *name;
	u32 size;
	bool is_signed;
};
static const struct width widths[] = {
	{ "int8", 1, true },    { "int16", 2, true },   { "int32", 4, true },
	{ "int64", 8, true },   { "uint8", 1, false },  { "uint16", 2, false },
	{ "uint32", 4, false }, { "uint64", 8, false },
};

static const char *const operators[] = { "+",  "-",  "*",  "/", "%",  "&", "|",  "^",  "<<",
					 ">>", "==", "!=", "<", "<=", ">", ">=", "&&", "||" };

/* Operands beyond their own width, so that the casts have something to do. */
static u64 operand(u64 *state)
{
	static const u64 edges[] = {
		0,          1,          2,           7,          8,
		UINT64_MAX, (u64)-2,    (u64)-7,     127,        128,
		(u64)-128,  255,        256,         32767,      32768,
		65535,      0x7fffffff, 0x80000000,  0xffffffff, (u64)INT32_MIN,
		INT64_MAX,  1ull << 63, 0x100000000, 63,         64,
	};
	u64 choice = world_random(state);

	if (choice % 3)
		return edges[(choice >> 8) % ARRAY_SIZE(edges)];
	return world_random(state) >> (choice >> 8) % 64;
}

/* --- the rules --- */

static u64 divide(bool is_signed, bool rest, u64 a, u64 b)
{
	if (!b)
		return rest ? a : 0;
	if (!is_signed)
		return rest ? a % b : a / b;
	if (b == UINT64_MAX)
		return rest ? 0 : 0 - a;
	return (u64)(rest ? (s64)a % (s64)b : (s64)a / (s64)b);
}

/* One of two numbers is uint64: without sign. Otherwise both fit a signed number of 64 bits. */
static bool compare(const char *op, bool is_unsigned, u64 a, u64 b)
{
	bool less = is_unsigned ? a < b : (s64)a < (s64)b;

	switch (op[0]) {
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '<':
		return less || (op[1] && a == b);
	default:
		return !less && (op[1] || a != b);
	}
}

static u64 expect(const char *op, const struct width *wa, u64 a, const struct width *wb, u64 b)
{
	bool wide = (wa->size == 8 && !wa->is_signed) || (wb->size == 8 && !wb->is_signed);

	a = world_extend(a, wa->size, wa->is_signed);
	b = world_extend(b, wb->size, wb->is_signed);
	if (!strcmp(op, "<<"))
		return world_alu(BPF_LSH, a, b);
	if (!strcmp(op, ">>"))
		return world_alu(wa->is_signed ? BPF_ARSH : BPF_RSH, a, b);
	if (!strcmp(op, "&&"))
		return a && b;
	if (!strcmp(op, "||"))
		return a || b;
	switch (op[0]) {
	case '+':
		return a + b;
	case '-':
		return a - b;
	case '*':
		return a * b;
	case '/':
	case '%':
		return divide(!wide && (wa->is_signed || wb->is_signed), op[0] == '%', a, b);
	case '&':
		return a & b;
	case '|':
		return a | b;
	case '^':
		return a ^ b;
	default:
		return compare(op, wide, a, b);
	}
}

/* --- operators on two operands --- */

/* What stands in the script: a map, whose number is set before each run, or a literal. */
struct side {
	struct width width;
	const char *text;
	bool is_literal, is_bare; /* bare: not cast */
	u64 value;
};

static struct side map_side(const struct width *w, const char *name)
{
	return (struct side){ .width = *w, .text = name };
}

static struct side literal_side(const struct width *w, u64 value, bool is_bare, char text[32])
{
	struct width own = { "int64", 8, value <= INT64_MAX };

	if (is_bare || value > INT64_MAX)
		snprintf(text, 32, "%llu", (unsigned long long)value);
	else
		snprintf(text, 32, "%lld", (long long)value);
	return (struct side){ .width = is_bare ? own : *w,
			      .text = text,
			      .is_literal = true,
			      .is_bare = is_bare,
			      .value = value };
}

/* Divisions by the number 0, and shifts that are too far, are errors. */
static bool is_error(const char *op, const struct side *b)
{
	u64 v = world_extend(b->value, b->width.size, b->width.is_signed);

	if (!b->is_literal)
		return false;
	if (!strcmp(op, "/") || !strcmp(op, "%"))
		return v == 0;
	return (!strcmp(op, "<<") || !strcmp(op, ">>")) && v > 63;
}

static void add_side(struct buf *text, const struct side *s)
{
	if (!s->is_bare)
		buf_printf(text, "(%s)", s->width.name);
	buf_puts(text, s->text);
}

static void add_operators(struct buf *text, const struct side *a, const struct side *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (is_error(operators[i], b))
			continue;
		buf_printf(text, "@r%zu = (uint64)(", i);
		add_side(text, a);
		buf_printf(text, " %s ", operators[i]);
		add_side(text, b);
		buf_puts(text, "); ");
	}
}

static void check_operators(struct gen_script *s, const struct side *a, const struct side *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		char name[8];
		if (is_error(operators[i], b))
			continue;
		snprintf(name, sizeof(name), "@r%zu", i);
		u64 got = gen_script_get(s, name);
		u64 want = expect(operators[i], &a->width, a->value, &b->width, b->value);
		if (got != want)
			test_fail(__FILE__, __LINE__,
				  "(%s)%s=0x%llx %s (%s)%s=0x%llx is 0x%llx, not 0x%llx",
				  a->width.name, a->text, (unsigned long long)a->value,
				  operators[i], b->width.name, b->text,
				  (unsigned long long)b->value, (unsigned long long)got,
				  (unsigned long long)want);
	}
}

/* The inputs are integers of 64 bits because the script says so somewhere. */
#define INPUTS " END { @a = (int64)0; @b = (int64)0 }"

static void check_sides(struct side a, struct side b, u64 *state, u32 rounds)
{
	struct buf text = { 0 };
	struct gen_script s;

	buf_puts(&text, "BEGIN { ");
	add_operators(&text, &a, &b);
	buf_puts(&text, "}" INPUTS);
	if (!gen_script_load(&s, text.data))
		for (u32 i = 0; i < rounds; i++) {
			a.value = a.is_literal ? a.value : operand(state);
			b.value = b.is_literal ? b.value : operand(state);
			gen_script_set(&s, "@a", a.value);
			gen_script_set(&s, "@b", b.value);
			gen_script_run(&s);
			check_operators(&s, &a, &b);
		}
	gen_script_done(&s);
	buf_done(&text);
}

TEST(gen_arith_operators_on_all_widths)
{
	u64 state = 1;

	if (!gen_script_allowed())
		SKIP("BPF programs may not be loaded here");
	for (size_t a = 0; a < ARRAY_SIZE(widths); a++)
		for (size_t b = 0; b < ARRAY_SIZE(widths); b++)
			check_sides(map_side(&widths[a], "@a"), map_side(&widths[b], "@b"), &state,
				    40);
}

/* Numbers are folded, and made into cheaper operations. */
TEST(gen_arith_operators_on_literals)
{
	u64 state = 2;
	char ta[32], tb[32];

	if (!gen_script_allowed())
		SKIP("BPF programs may not be loaded here");
	for (size_t i = 0; i < 64 * 6; i++) {
		const struct width *wa = &widths[i % 8], *wb = &widths[i / 8 % 8];
		u64 va = operand(&state), vb = operand(&state);
		bool bare = i % 5 == 0;
		check_sides(map_side(wa, "@a"), literal_side(wb, vb, bare, tb), &state, 10);
		check_sides(literal_side(wa, va, bare, ta), map_side(wb, "@b"), &state, 10);
		check_sides(literal_side(wa, va, false, ta), literal_side(wb, vb, false, tb),
			    &state, 1);
	}
}

/* --- one operand --- */

static void check_one(struct gen_script *s, const struct width *from, const struct width *to, u64 a)
{
	u64 v = world_extend(a, from->size, from->is_signed);

	gen_script_set(s, "@a", a);
	gen_script_run(s);
	CHECK_EQ(gen_script_get(s, "@cast"), world_extend(v, to->size, to->is_signed));
	CHECK_EQ(gen_script_get(s, "@negative"), 0 - v);
	CHECK_EQ(gen_script_get(s, "@complement"), ~v);
	CHECK_EQ(gen_script_get(s, "@not"), !v);
	CHECK_EQ(gen_script_get(s, "@truth"), v != 0);
	CHECK_EQ(gen_script_get(s, "@either"), v ? v : 5);
	CHECK_EQ(gen_script_get(s, "@branch"), (s64)v > 3 || v == 1 ? 1 : 2);
	CHECK_EQ(gen_script_get(s, "@choice"),
		 v & 1 ? v : world_extend(a, to->size, to->is_signed));
	CHECK_EQ(gen_script_get(s, "@variable"), v + 1);
}

static void check_conversion(const struct width *from, const struct width *to, u64 *state)
{
	struct buf text = { 0 };
	struct gen_script s;

	buf_printf(&text,
		   "BEGIN { $x = (%s)@a; @cast = (int64)(%s)$x; @negative = (int64)-$x;"
		   "@complement = (int64)~$x; @not = (int64)!$x; @truth = (int64)(bool)$x;"
		   "@either = (int64)($x ? $x : 5); "
		   "if ((int64)$x > 3 || $x == 1) { @branch = 1 } else { @branch = 2 } "
		   "@choice = ($x & 1) != 0 ? (int64)$x : (int64)(%s)@a; "
		   "$y = (int64)$x; $y++; @variable = $y }" INPUTS,
		   from->name, to->name, to->name);
	if (!gen_script_load(&s, text.data))
		for (u32 i = 0; i < 30; i++)
			check_one(&s, from, to, operand(state));
	gen_script_done(&s);
	buf_done(&text);
}

TEST(gen_arith_casts_of_all_widths)
{
	u64 state = 3;

	if (!gen_script_allowed())
		SKIP("BPF programs may not be loaded here");
	for (size_t a = 0; a < ARRAY_SIZE(widths); a++)
		for (size_t b = 0; b < ARRAY_SIZE(widths); b++)
			check_conversion(&widths[a], &widths[b], &state);
}

/* --- assignments --- */

static void check_assignments(bool is_signed, u64 *state)
{
	const struct width w = { is_signed ? "int64" : "uint64", 8, is_signed };
	struct buf text = { 0 };
	struct gen_script s;
	char name[8];

	buf_puts(&text, "BEGIN { ");
	for (size_t i = 0; i < 10; i++)
		buf_printf(&text,
			   "$x = (%s)@a; $x %s= (%s)@b; @r%zu = $x; @m = (%s)@a; @m %s= (%s)@b; "
			   "@s%zu = @m; ",
			   w.name, operators[i], w.name, i, w.name, operators[i], w.name, i);
	buf_printf(&text,
		   "$x = (%s)@a; $y = $x++ + ++$x; @r10 = $y; $y = $x-- - --$x; @r11 = $x;"
		   "@m = (%s)@a; @r12 = @m++; @r13 = @m--; @r14 = ++@m; @r15 = --@m }" INPUTS,
		   w.name, w.name);
	if (!gen_script_load(&s, text.data))
		for (u32 round = 0; round < 100; round++) {
			u64 a = operand(state), b = operand(state);
			gen_script_set(&s, "@a", a);
			gen_script_set(&s, "@b", b);
			gen_script_run(&s);
			for (size_t k = 0; k < 10; k++) {
				snprintf(name, sizeof(name), "@r%zu", k);
				CHECK_EQ(gen_script_get(&s, name),
					 expect(operators[k], &w, a, &w, b));
				snprintf(name, sizeof(name), "@s%zu", k);
				CHECK_EQ(gen_script_get(&s, name),
					 expect(operators[k], &w, a, &w, b));
			}
			CHECK_EQ(gen_script_get(&s, "@r10"), a + a + 2);
			CHECK_EQ(gen_script_get(&s, "@r11"), a);
			CHECK_EQ(gen_script_get(&s, "@r12"), a);
			CHECK_EQ(gen_script_get(&s, "@r13"), a + 1);
			CHECK_EQ(gen_script_get(&s, "@r14"), a + 1);
			CHECK_EQ(gen_script_get(&s, "@r15"), a);
		}
	gen_script_done(&s);
	buf_done(&text);
}

TEST(gen_arith_assignments)
{
	u64 state = 4;

	if (!gen_script_allowed())
		SKIP("BPF programs may not be loaded here");
	check_assignments(true, &state);
	check_assignments(false, &state);
}
