/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser: trees as s-expressions made from the dump, messages with their places, bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/lang.h"
#include "unit/test.h"

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

static const char *next_line(const char *line)
{
	return line + strcspn(line, "\n") + 1;
}

/* The lines from s on that stand at least `indent` in: "(head operand operand)", with blanks
 * between them. */
static const char *to_sexpr(const char *s, size_t indent, struct buf *out)
{
	const char *first = s;

	while (*s && indent_of(s) >= indent) {
		const char *next = next_line(s);
		bool deeper = *next && indent_of(next) > indent;

		if (s != first)
			buf_putc(out, ' ');
		if (deeper)
			buf_putc(out, '(');
		buf_put(out, s + indent, (size_t)(next - s) - indent - 1);
		if (deeper) {
			buf_putc(out, ' ');
			next = to_sexpr(next, indent + 2, out);
			buf_putc(out, ')');
		}
		s = next;
	}
	return s;
}

/* Parses and returns the tree, or the first message. */
static const char *parse_to_text(struct arena *a, const char *source)
{
	struct buf dump = { 0 }, out = { 0 };
	struct script_ast *ast = NULL;
	const char *text;
	struct diag d;

	diag_init(&d, a);
	diag_set_source(&d, "test", source, strlen(source));
	if (lang_parse(a, source, strlen(source), &ast, &d))
		return arena_printf(a, "%u:%u: %s", d.items.at[0].loc.line, d.items.at[0].loc.col,
				    d.items.at[0].text);
	lang_dump_ast(ast, &dump);
	to_sexpr(buf_str(&dump), 0, &out);
	text = arena_strdup(a, buf_str(&out));
	buf_done(&dump);
	buf_done(&out);
	return text;
}

static void check_tree(const char *before, const char *source, const char *after,
		       const char *want_before, const char *want, const char *want_after)
{
	struct arena a;

	arena_init(&a);
	CHECK_STR(parse_to_text(&a, arena_printf(&a, "%s%s%s", before, source, after)),
		  arena_printf(&a, "%s%s%s", want_before, want, want_after));
	arena_done(&a);
}

static const char *const expressions[][2] = {
	/* Literals and names */
	{ "1", "1" },
	{ "18446744073709551615", "18446744073709551615" },
	{ "-1", "-1" },
	{ "-9223372036854775808", "-9223372036854775808" },
	{ "-9223372036854775809", "(- 9223372036854775809)" },
	{ "- -1", "(- -1)" },
	{ "5ms", "5000000" },
	{ "true", "true" },
	{ "\"a\\\"b\\n\"", "\"a\\\"b\\n\"" },
	{ "\"a\" \"b\"\n\"c\"", "\"abc\"" },
	{ "\"a\\0b\" \"c\"", "\"a\\x00bc\"" },
	{ "pid", "pid" },
	{ "AF_INET6", "AF_INET6" },
	{ "$x", "$x" },
	{ "@", "@" },
	{ "@x", "@x" },
	{ "@x[1]", "(@x 1)" },
	{ "@x[pid, comm, 3]", "(@x pid comm 3)" },
	{ "@[kstack]", "(@ kstack)" },
	{ "$1 + $# + $12", "(+ (+ $1 $#) $12)" },
	/* Calls */
	{ "f()", "call f" },
	{ "f(1)", "(call f 1)" },
	{ "kstack(perf, 3)", "(call kstack perf 3)" },
	{ "nsecs(boot)", "(call nsecs boot)" },
	{ "f(g(1), @x[2], (3, 4))", "(call f (call g 1) (@x 2) (tuple 3 4))" },
	{ "str(args.filename)", "(call str (.filename args))" },
	{ "f (1)", "(call f 1)" },
	/* Precedence and associativity */
	{ "1 + 2 * 3", "(+ 1 (* 2 3))" },
	{ "(1 + 2) * 3", "(* (+ 1 2) 3)" },
	{ "1 - 2 - 3", "(- (- 1 2) 3)" },
	{ "8 / 4 % 2", "(% (/ 8 4) 2)" },
	{ "1 << 2 + 3", "(<< 1 (+ 2 3))" },
	{ "a < b == c > d", "(== (< a b) (> c d))" },
	{ "a <= b != c >= d", "(!= (<= a b) (>= c d))" },
	{ "a & b == c", "(& a (== b c))" },
	{ "a | b ^ c & d", "(| a (^ b (& c d)))" },
	{ "a && b || c && d", "(|| (&& a b) (&& c d))" },
	{ "a || b && c | d", "(|| a (&& b (| c d)))" },
	{ "1 >> 2 << 3", "(<< (>> 1 2) 3)" },
	{ "a == b && c != d || !e", "(|| (&& (== a b) (!= c d)) (! e))" },
	{ "a - -1", "(- a -1)" },
	{ "a -1", "(- a 1)" },
	{ "a+1", "(+ a 1)" },
	/* Unary */
	{ "!a", "(! a)" },
	{ "!!a", "(! (! a))" },
	{ "~a & b", "(& (~ a) b)" },
	{ "-a * b", "(* (- a) b)" },
	{ "*$p", "(* $p)" },
	{ "**$p", "(* (* $p))" },
	{ "*$p.x", "(* (.x $p))" },
	{ "a * *b", "(* a (* b))" },
	{ "&$x", "(& $x)" },
	{ "a & &@x", "(& a (& @x))" },
	{ "*(uint64 *)arg0", "(* (cast uint64* arg0))" },
	{ "!a == b", "(== (! a) b)" },
	/* Ternary */
	{ "a ? b : c", "(?: a b c)" },
	{ "a ? b : c ? d : e", "(?: a b (?: c d e))" },
	{ "a ? b ? c : d : e", "(?: a (?: b c d) e)" },
	{ "a ?: b", "(?: a b)" },
	{ "a == 1 ? \"x\" : \"y\"", "(?: (== a 1) \"x\" \"y\")" },
	{ "f(a ? 1 : 2, 3)", "(call f (?: a 1 2) 3)" },
	/* Fields, indices, tuples */
	{ "args.x", "(.x args)" },
	{ "args->x", "(->x args)" },
	{ "a.b->c.d", "(.d (->c (.b a)))" },
	{ "a.if.struct", "(.struct (.if a))" },
	{ "$t.0", "(.0 $t)" },
	{ "$t.0.1", "(.1 (.0 $t))" },
	{ "$kv.1.x[2]", "([] (.x (.1 $kv)) 2)" },
	{ "$a[1]", "([] $a 1)" },
	{ "$a[1][2]", "([] ([] $a 1) 2)" },
	{ "@x[1][2]", "([] (@x 1) 2)" },
	{ "curtask->real_parent->tgid", "(->tgid (->real_parent curtask))" },
	{ "((struct sock *)args.skaddr)->__sk_common.skc_num",
	  "(.skc_num (->__sk_common (cast struct sock* (.skaddr args))))" },
	{ "(1, 2)", "(tuple 1 2)" },
	{ "(1,)", "(tuple 1)" },
	{ "(1, (2, 3), \"x\")", "(tuple 1 (tuple 2 3) \"x\")" },
	{ "(1)", "1" },
	{ "((1))", "1" },
	/* ++ and -- */
	{ "$x++", "(postfix ++ $x)" },
	{ "--@x[1]", "(prefix -- (@x 1))" },
	{ "$x++ + ++$x", "(+ (postfix ++ $x) (prefix ++ $x))" },
	{ "-$x--", "(- (postfix -- $x))" },
	/* Casts */
	{ "(uint32)$x", "(cast uint32 $x)" },
	{ "(uint32)-1", "(cast uint32 -1)" },
	{ "(int8[4])$x", "(cast int8[4] $x)" },
	{ "(int8[])$x", "(cast int8[] $x)" },
	{ "(int32*[4])$x", "(cast int32*[4] $x)" },
	{ "(struct foo)$x", "(cast struct foo $x)" },
	{ "(struct foo *)arg0", "(cast struct foo* arg0)" },
	{ "(union foo **)arg0", "(cast union foo** arg0)" },
	{ "(enum foo)1", "(cast enum foo 1)" },
	{ "(unsigned long long int)x", "(cast unsigned long long x)" },
	{ "(long unsigned)x", "(cast unsigned long x)" },
	{ "(const char *)x", "(cast char* x)" },
	{ "(signed char)x", "(cast signed char x)" },
	{ "(unsigned)x", "(cast unsigned int x)" },
	{ "(short int)x", "(cast short x)" },
	{ "(foo *)x", "(cast foo* x)" },
	{ "(foo)x", "(cast foo x)" },
	{ "(foo)$x", "(cast foo $x)" },
	{ "(foo)(x)", "(cast foo x)" },
	{ "(pid_t)-1", "(cast pid_t -1)" },
	{ "(u64)*$x", "(cast u64 (* $x))" },
	{ "(string)$x", "(cast string $x)" },
	{ "(string[64])$x", "(cast string[64] $x)" },
	{ "(uint8)(uint16)x", "(cast uint8 (cast uint16 x))" },
	{ "(uint8)x + 1", "(+ (cast uint8 x) 1)" },
	{ "(uint8)x.y", "(cast uint8 (.y x))" },
	{ "(foo) - 1", "(- foo 1)" },
	{ "(foo) * x", "(* foo x)" },
	{ "(foo * x)", "(* foo x)" },
	{ "(pid)", "pid" },
	{ "(arg0) * 2", "(* arg0 2)" },
	{ "(args[0])", "([] args 0)" },
	{ "(int8[2 * 2])x", "(cast int8[4] x)" },
	/* sizeof and offsetof */
	{ "sizeof(struct foo)", "sizeof struct foo" },
	{ "sizeof(struct foo *)", "sizeof struct foo*" },
	{ "sizeof(uint64)", "sizeof uint64" },
	{ "sizeof(foo_t)", "sizeof foo_t" },
	{ "sizeof(foo)", "sizeof foo" },
	{ "sizeof(int[4])", "sizeof int[4]" },
	{ "sizeof($x)", "(sizeof $x)" },
	{ "sizeof(comm)", "(sizeof comm)" },
	{ "sizeof($x + 1) + 1", "(+ (sizeof (+ $x 1)) 1)" },
	{ "sizeof $x", "(sizeof $x)" },
	{ "offsetof(struct foo, a)", "offsetof struct foo .a" },
	{ "offsetof(struct foo, a.b.if)", "offsetof struct foo .a.b.if" },
	{ "offsetof(foo_t, a)", "offsetof foo_t .a" },
	{ "offsetof(*curtask, comm)", "(offsetof .comm (* curtask))" },
};

TEST(parse_expressions)
{
	for (size_t i = 0; i < ARRAY_SIZE(expressions); i++)
		check_tree("begin { _ = ", expressions[i][0], " }", "(clause begin (body (discard ",
			   expressions[i][1], ")))");
}

static const char *const statements[][2] = {
	{ "$x = 1;", "(expr (= $x 1))" },
	{ "$x = 1", "(expr (= $x 1))" },
	{ "@ = count();", "(expr (= @ call count))" },
	{ "@x[1, 2] = 3", "(expr (= (@x 1 2) 3))" },
	{ "$x += 1; $x -= 2; $x *= 3; $x /= 4; $x %= 5",
	  "(expr (+= $x 1)) (expr (-= $x 2)) (expr (*= $x 3)) (expr (/= $x 4)) (expr (%= $x 5))" },
	{ "$x &= 1; $x |= 2; $x ^= 3; $x <<= 4; $x >>= 5",
	  "(expr (&= $x 1)) (expr (|= $x 2)) (expr (^= $x 3)) (expr (<<= $x 4)) (expr (>>= $x "
	  "5))" },
	{ "$x++; --@y", "(expr (postfix ++ $x)) (expr (prefix -- @y))" },
	{ "f(); g()", "(expr call f) (expr call g)" },
	{ ";;f();;", "(expr call f)" },
	{ "_ = f();", "(discard call f)" },
	{ "_;", "(expr _)" },
	{ "a ? f() : g()", "(expr (?: a call f call g))" },
	{ "let $x;", "(let $x)" },
	{ "let $x = 1;", "(let $x 1)" },
	{ "let $x: int32 = 1;", "(let int32 $x 1)" },
	{ "let $x : struct foo *", "(let struct foo* $x)" },
	{ "let $x: int32*[4];", "(let int32*[4] $x)" },
	{ "let $x: string[64] = \"a\"", "(let string[64] $x \"a\")" },
	{ "if (a) { f() }", "(if a (then (expr call f)))" },
	{ "if a == 1 { f() }", "(if (== a 1) (then (expr call f)))" },
	{ "if (a) && b { }", "(if (&& a b) then)" },
	{ "if (a) { f() } else { g() }", "(if a (then (expr call f)) (else (expr call g)))" },
	{ "if (a) { } else if (b) { f() } else { }",
	  "(if a then else if b (then (expr call f)) else)" },
	{ "if a { } if b { } f()", "(if a then) (if b then) (expr call f)" },
	{ "if (a) { };", "(if a then)" },
	{ "if ((uint8)a) { }", "(if (cast uint8 a) then)" },
	{ "while ($i < 5) { $i++ }", "(while (< $i 5) (body (expr (postfix ++ $i))))" },
	{ "while 1 { break; continue; }", "(while 1 (body break continue))" },
	{ "while (1) { if (a) { break } else { continue } }",
	  "(while 1 (body (if a (then break) (else continue))))" },
	{ "unroll(3) { f() }", "(unroll 3 (body (expr call f)))" },
	{ "unroll ($1) { f(); }", "(unroll $1 (body (expr call f)))" },
	{ "unroll 3 { }", "(unroll 3 body)" },
	{ "for ($i : 0..10) { f($i) }", "(for $i 0 10 (body (expr (call f $i))))" },
	{ "for $i : 0..ncpus { }", "(for $i 0 ncpus body)" },
	{ "for ($i : $a + 1..@n * 2) { }", "(for $i (+ $a 1) (* @n 2) body)" },
	{ "for ($i : @a[1]..@b) { }", "(for $i (@a 1) @b body)" },
	{ "for ($kv : @m) { print($kv.0); }", "(for $kv @m (body (expr (call print (.0 $kv)))))" },
	{ "for $kv : @ { }", "(for $kv @ body)" },
	{ "return", "return" },
	{ "return;", "return" },
	{ "return 1 + 2;", "(return (+ 1 2))" },
	{ "{ $x = 1; } f()", "(block (expr (= $x 1))) (expr call f)" },
	{ "{ { } }", "(block block)" },
	{ "$x = (1, 2); print($x.1)", "(expr (= $x (tuple 1 2))) (expr (call print (.1 $x)))" },
};

TEST(parse_statements)
{
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		check_tree("begin {", statements[i][0], "}", "(clause begin (body ",
			   statements[i][1], "))");
}

static const char *const scripts[][2] = {
	{ "BEGIN { }", "(clause BEGIN body)" },
	{ "#!/bin/skep\nbegin{}end{}", "(clause begin body) (clause end body)" },
	{ "kprobe:a,kprobe:b , kprobe:c,\nkprobe:d { }",
	  "(clause kprobe:a, kprobe:b, kprobe:c, kprobe:d body)" },
	{ "kprobe:a, { }", "(clause kprobe:a body)" },
	{ "kprobe:a, / pid / { }", "(clause kprobe:a (predicate pid) body)" },
	{ "kprobe:a /* x */ , // y\n/* z */ kprobe:b // w\n { }",
	  "(clause kprobe:a, kprobe:b body)" },
	{ "kprobe:f / pid == 1 / { }", "(clause kprobe:f (predicate (== pid 1)) body)" },
	{ "kprobe:f/pid==1/{ }", "(clause kprobe:f (predicate (== pid 1)) body)" },
	{ "kprobe:f /a / b == 2/ { }", "(clause kprobe:f (predicate (== (/ a b) 2)) body)" },
	{ "kprobe:f /(a / b)/ { }", "(clause kprobe:f (predicate (/ a b)) body)" },
	{ "kprobe:f /@[a / b]/ // c\n /* d */ { }",
	  "(clause kprobe:f (predicate (@ (/ a b))) body)" },
	{ "uprobe:/bin/bash:readline / pid == 1 / { }",
	  "(clause uprobe:/bin/bash:readline (predicate (== pid 1)) body)" },
	{ "uprobe:./a/b:f/pid==1/{ $x = a / b; }",
	  "(clause uprobe:./a/b:f (predicate (== pid 1)) (body (expr (= $x (/ a b)))))" },
	{ "begin { }; end { };", "(clause begin body) (clause end body)" },
	{ "config = { a = 1; b=perf; c = \"x y\" } begin { }",
	  "config a = 1 config b = perf config c = x y (clause begin body)" },
	{ "config = { a = 1e6; b = -1; c = true; }; begin { }",
	  "config a = 1000000 config b = -1 config c = true (clause begin body)" },
	{ "config = { } begin { }", "(clause begin body)" },
	{ "let @m = lruhash(100); begin { }", "(let @m lruhash 100) (clause begin body)" },
	{ "let @ = hash(N * 2)\nbegin { }", "(let @ hash (* N 2)) (clause begin body)" },
	{ "struct a { int x; } begin { }", "(struct a x : int) (clause begin body)" },
	{ "struct a; struct a { }; begin { }", "struct a (clause begin body)" },
	{ "struct a { int x, *y, z[2][3]; unsigned long f; }; begin { }",
	  "(struct a x : int y : int* z : int[2][3] f : unsigned long) (clause begin body)" },
	{ "struct a { u32 x : 3, : 5, y:24; char s[]; }; begin { }",
	  "(struct a x : u32 : 3 (unnamed) : u32 : 5 y : u32 : 24 s : char[]) (clause begin "
	  "body)" },
	{ "union u { struct { int a; }; struct { int b; } c; struct d e; }; begin { }",
	  "(union u ((unnamed) : struct (anonymous) a : int) (c : struct (anonymous) b : int) "
	  "e : struct d) (clause begin body)" },
	{ "struct a { int x; char y; } __attribute__((packed)); begin { }",
	  "(struct a x : int packed y : char packed) (clause begin body)" },
	{ "struct __attribute__((__packed__)) a { int x; }; begin { }",
	  "(struct a x : int packed) (clause begin body)" },
	{ "struct a { int x __attribute__((unused)); int y __packed; }; begin { }",
	  "(struct a x : int y : int packed) (clause begin body)" },
	{ "struct a { int (*f)(int, void (*)(void)); void *(*g[2])(void); int (*h)[3]; }; begin { "
	  "}",
	  "(struct a f : void* g : void*[2] h : void*) (clause begin body)" },
	{ "struct a { const struct b *const *p; volatile int v; }; begin { }",
	  "(struct a p : struct b** v : int) (clause begin body)" },
	{ "enum e { A, B = 5, C, D = B << 2 | 1, E = -1, F = sizeof_x ? 1 : 2 }; begin { }",
	  "1:51: 'sizeof_x' is no constant" },
	{ "enum e { A, B = 5, C, D = B << 2 | 1, E = -1, F = A ? 1 : 2, }; begin { }",
	  "(enum e A = 0 B = 5 C = 6 D = 21 E = -1 F = 2) (clause begin body)" },
	{ "enum { N = 4 }; struct a { char x[N * 2]; int y : N; enum { P } p; enum q r; }; begin { "
	  "}",
	  "(enum (anonymous) N = 4) (struct a x : char[8] y : int : 4 (p : enum (anonymous) P = 0) "
	  "r : enum q) (clause begin body)" },
	{ "typedef unsigned int u; typedef struct a { int x; } a_t, *a_p; begin { }",
	  "(typedef u u : unsigned int) (typedef a_t (a_t : struct a x : int)) "
	  "(typedef a_p a_p : struct a*) (clause begin body)" },
	{ "typedef int (*fn)(int); begin { }", "(typedef fn fn : void*) (clause begin body)" },
	{ "#ifndef BPFTRACE_HAVE_BTF\n#include <x.h>\n#endif\nbegin { }", "(clause begin body)" },
	{ "begin\n#ifdef NO\n, end\n#endif\n{ }", "(clause begin body)" },
	{ "name=begin { }", "(clause begin body)" },
	{ "structs:a { }", "(clause structs:a body)" },
	{ "config:a { } let:b { } macro { } import,fn:c { }",
	  "(clause config:a body) (clause let:b body) (clause macro body) "
	  "(clause import, fn:c body)" },
};

TEST(parse_scripts)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		check_tree("", scripts[i][0], "", "", scripts[i][1], "");
}

/* All messages of a script, a line each: "1:2+3 message [hint]". */
static const char *messages(struct arena *a, const char *source, size_t len)
{
	struct script_ast *ast = NULL;
	struct buf out = { 0 };
	const char *text;
	struct diag d;
	int err;

	diag_init(&d, a);
	diag_set_source(&d, "test", source, len);
	err = lang_parse(a, source, len, &ast, &d);
	CHECK_EQ(err, d.errors ? -EINVAL : 0);
	CHECK(!err == (ast && !ast->broken));
	for (size_t i = 0; i < d.items.n; i++) {
		const struct diag_item *it = &d.items.at[i];

		buf_printf(&out, "%s%u:%u+%u %s", i ? "\n" : "", it->loc.line, it->loc.col,
			   it->loc.len, it->text);
		if (it->hint)
			buf_printf(&out, " [%s]", it->hint);
	}
	text = arena_strdup(a, buf_str(&out));
	buf_done(&out);
	return text;
}

/* before, `unit` n times, after: the first message must be the wanted one, or none if NULL. */
static void check_repeated(const char *before, const char *unit, u32 n, const char *after,
			   const char *want)
{
	struct buf source = { 0 };
	const char *got;
	struct arena a;

	arena_init(&a);
	buf_puts(&source, before);
	for (u32 i = 0; i < n; i++)
		buf_puts(&source, unit);
	buf_puts(&source, after);
	got = messages(&a, source.data, source.len);
	got = arena_strndup(&a, got, strcspn(got, "\n"));
	CHECK_STR(*got ? strchr(got, ' ') + 1 : got, want);
	buf_done(&source);
	arena_done(&a);
}

TEST(parse_bounds_nesting)
{
	static const char deep[] = "nested deeper than 200 levels";
	static const char tall[] = "this expression has more than 2000 levels [use parentheses or "
				   "variables to split it]";

	check_repeated("begin { $x = ", "(", 198, "1",
		       "expected ')' after the expression, not the "
		       "end of the script");
	check_repeated("begin { $x = ", "(", 199, "1", deep);
	check_repeated("begin { $x = ", "(", 100000, "1", deep);
	check_repeated("begin { $x = ", "!", 100000, "1 }", deep);
	check_repeated("begin { $x = ", "-", 1, "1 }", "");
	check_repeated("begin { $x = ", "~-", 100000, "1 }", deep);
	check_repeated("begin { ", "++", 100000, "$x }", deep);
	check_repeated("begin { $x = ", "(int8)", 100000, "1 }", deep);
	check_repeated("begin { $x = ", "a ? b : ", 100000, "1 }", deep);
	check_repeated("begin { $x = ", "f(", 100000, "1 }", deep);
	check_repeated("begin { $x = ", "@[", 100000, "1 }", deep);
	check_repeated("begin { $x = ", "$x[", 100000, "1 }", deep);
	check_repeated("begin { $x = ", "sizeof(1+", 100000, "1 }", deep);
	check_repeated("begin ", "{", 100000, "", deep);
	check_repeated("begin { ", "if 1 {", 100000, "", deep);
	check_repeated("struct a { ", "struct { ", 100000, "", deep);
	check_repeated("begin { $x = 1", " + 1", 1999, " }", "");
	check_repeated("begin { $x = 1", " + 1", 100000, " }", tall);
	check_repeated("begin { $x = 1", " && 1", 1999, " }", "");
	check_repeated("begin { $x = a", ".b", 100000, " }", tall);
	check_repeated("begin { $x = a", "[1]", 100000, " }", tall);
	check_repeated("begin { if 1 { }", " else if 1 { }", 500, " }", "");
	check_repeated("begin { if 1 { }", " else if 1 { }", 50000, " }",
		       "more than 500 'else if' in a row");
	check_repeated("begin { ", "if 1 { } else if 1 { ", 40000, " }", deep);
	check_repeated("begin { $x = (int", "*", 100000, ")1 }", "a type has at most 16 '*'");
	check_repeated("begin { $x = (int", "[1]", 100000, ")1 }",
		       "an array has at most 4 dimensions");
}

TEST(parse_bounds_length)
{
	check_repeated("begin { ", "a;", 100000, " }", "");
	check_repeated("begin { f(1", ", 1", 100000, ") }", "");
	check_repeated("kprobe:x", ",\nkprobe:vfs_read", 10000, " { @ = count() }", "");
	check_repeated("", "kprobe:vfs_read { @ = count() }\n", 10000, "", "");
	check_repeated("enum { A", ", A", 50000, " }; begin { }", "");
	check_repeated("begin { $x = \"", "0123456789abcdef", 4096, "\" }", "");
	check_repeated("begin { $x = \"", "0123456789abcdef", 4097, "\" }",
		       "a string has at most 65536 bytes, this one 65552");
	check_repeated("begin { $x = ", "\"0123456789abcdef\"", 4097, " }",
		       "a string has at most 65536 bytes, this one 65552");
	check_repeated("kprobe:", "f", 10000, " { }", "a probe's name has at most 8192 bytes");
	check_repeated("", "}", 100000, "", "there is no '{' for this '}'");
	check_repeated("", "`!)", 100000, "", "a probe's name has at most 8192 bytes");
	check_repeated("begin { ", "\x60", 100000, " }", "unexpected character '`'");
}

TEST(parse_no_text)
{
	struct arena a;

	arena_init(&a);
	CHECK_STR(messages(&a, "a\0b", 3), "1:2+1 the script is not text: it has a byte 0x00");
	CHECK_STR(messages(&a, "\177ELF\2\1\1\0", 8),
		  "1:1+1 the script is not text: it has a byte 0x7f");
	CHECK_STR(messages(&a, "begin { \"\300\" }", 13),
		  "1:10+1 the script is not UTF-8: it has a byte 0xc0");
	arena_done(&a);
}

TEST(parse_places)
{
	static const char source[] = "begin\n{\n  $x = (1 + f(2))\n    * 3;\n}\n";
	struct script_ast *ast = NULL;
	const struct node *assign;
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	CHECK_EQ(lang_parse(&a, source, strlen(source), &ast, &d), 0);
	CHECK_EQ(ast->clauses->probes->loc.len, 5);
	CHECK_EQ(ast->clauses->body->loc.line, 2);
	assign = ast->clauses->body->block.stmts->expr;
	CHECK_EQ(assign->kind, NODE_ASSIGN);
	CHECK_EQ(assign->loc.line, 3);
	CHECK_EQ(assign->loc.col, 3);
	CHECK_STR(arena_strndup(&a, source + assign->loc.offset, assign->loc.len),
		  "$x = (1 + f(2))\n    * 3");
	assign = assign->assign.value->binary.left;
	CHECK_STR(arena_strndup(&a, source + assign->loc.offset, assign->loc.len), "(1 + f(2))");
	assign = assign->binary.right;
	CHECK_STR(arena_strndup(&a, source + assign->loc.offset, assign->loc.len), "f(2)");
	arena_done(&a);
}

TEST(parse_copies)
{
	static const char source[] =
		"kprobe:f, kprobe:g / @x[1] ?: (uint8)f((1, $2)) / { let $a: int8 = -pid; "
		"if a.b { return 1 } else if c[2] { $a++ } for ($i : 0..9) { break } "
		"for ($kv : @x) { continue } while 1 { unroll 2 { @y += sizeof($a) } } _ = \"s\"; "
		"offsetof(*curtask, x) }";
	struct buf first = { 0 }, second = { 0 };
	struct script_ast *ast = NULL;
	struct script_ast copy;
	struct arena a, b;
	struct diag d;

	arena_init(&a);
	arena_init(&b);
	diag_init(&d, &a);
	CHECK_EQ(lang_parse(&a, source, strlen(source), &ast, &d), 0);
	lang_dump_ast(ast, &first);
	copy = (struct script_ast){ .arena = &b, .clauses = ast_copy_clause(&b, ast->clauses) };
	CHECK(copy.clauses->body != ast->clauses->body);
	CHECK(copy.clauses->body->block.stmts != ast->clauses->body->block.stmts);
	lang_dump_ast(&copy, &second);
	CHECK_STR(buf_str(&second), buf_str(&first));
	buf_done(&first);
	buf_done(&second);
	arena_done(&b);
	arena_done(&a);
}

TEST(parse_dumps_tokens)
{
	static const char source[] =
		"#!x\nkprobe:f/pid/ { @x = \"a\"; if 5ms { $y } }\nlet @m = h(1)";
	struct buf out = { 0 };
	struct arena a;

	arena_init(&a);
	lang_dump_tokens(&a, source, strlen(source), &out);
	CHECK_STR(buf_str(&out), "2:1\tprobe\tkprobe:f\n"
				 "2:9\tmark\t/\n"
				 "2:10\tname\tpid\n"
				 "2:13\tmark\t/\n"
				 "2:15\tmark\t{\n"
				 "2:17\tmap\t@x\n"
				 "2:20\tmark\t=\n"
				 "2:22\tstring\t\"a\"\n"
				 "2:25\tmark\t;\n"
				 "2:27\tkeyword\tif\n"
				 "2:30\tinteger\t5ms\n"
				 "2:34\tmark\t{\n"
				 "2:36\tvariable\t$y\n"
				 "2:39\tmark\t}\n"
				 "2:41\tmark\t}\n"
				 "3:1\tkeyword\tlet\n"
				 "3:5\tmap\t@m\n"
				 "3:8\tmark\t=\n"
				 "3:10\tname\th\n"
				 "3:11\tmark\t(\n"
				 "3:12\tinteger\t1\n"
				 "3:13\tmark\t)\n"
				 "3:14\tend\n");
	buf_done(&out);
	arena_done(&a);
}
