/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every mistake that the parser knows, with all messages of the script, their places and hints:
 * each as "line:column+length message [hint]". A second mistake in a script ("f g") shows that the
 * first one did not hide what follows.
 */
#include <string.h>

#include "lang/lang.h"
#include "unit/test.h"

static const char *const mistakes[][2] = {
	{ "begin { $x = }", "1:14+1 expected an expression, not '}'" },
	{ "begin { $x = 1 $y = 2; $z 3 }", "1:16+2 expected ';' after the statement, not '$y'\n"
					   "1:27+1 expected ';' after the statement, not '3'" },
	{ "begin { $x = 1\n  $y = 2\n  f()\n}", "1:15+1 expected ';' after the statement\n"
						"2:9+1 expected ';' after the statement" },
	{ "begin { f( }", "1:12+1 expected an expression, not '}'" },
	{ "begin { f(1, }", "1:14+1 expected an expression, not '}'" },
	{ "begin { f(1,) }", "1:13+1 expected an argument, not ')'" },
	{ "begin { f(1 2) }", "1:13+1 expected ',' or ')' after an argument, not '2'" },
	{ "begin { @x[] = 1 }", "1:12+1 expected a key, not ']'" },
	{ "begin { @x[1 = 2 }",
	  "1:14+1 expected ',' or ']' after a key, not '=' [did you mean '=='?]" },
	{ "begin { @x[1,] = 2 }", "1:14+1 expected a key, not ']'" },
	{ "begin { $a[1, 2] }", "1:9+8 an array has one index here" },
	{ "begin { (1, 2 }", "1:15+1 expected ',' or ')' after a tuple's element, not '}'" },
	{ "begin { (,) }", "1:10+1 expected an expression, not ','" },
	{ "begin { () }", "1:9+2 empty tuples are not supported yet" },
	{ "begin { (a = 1, b = 2) }", "1:9+4 records are not supported yet" },
	{ "begin { $x = 1 + ; $y = 2 * ; }", "1:18+1 expected an expression, not ';'\n"
					     "1:29+1 expected an expression, not ';'" },
	{ "begin { $x == ; }", "1:15+1 expected an expression, not ';'" },
	{ "begin { $x = 1 2; }", "1:16+1 expected ';' after the statement, not '2'" },
	{ "begin { if ($x = 1) { } }",
	  "1:16+1 expected ')' after the expression, not '=' [did you mean '=='?]" },
	{ "begin { if $x = 1 { } }", "1:15+1 assignment in a condition [did you mean '=='?]" },
	{ "begin { while ($x = 1) { } }",
	  "1:19+1 expected ')' after the expression, not '=' [did you mean '=='?]" },
	{ "begin { if (1) f(); }",
	  "1:16+1 expected '{' after the condition of 'if', not 'f' [its body needs braces]" },
	{ "begin { if (1) f(); else g(); }",
	  "1:16+1 expected '{' after the condition of 'if', not 'f' [its body needs braces]\n"
	  "1:26+1 expected '{' after 'else', not 'g' [its body needs braces]" },
	{ "begin { if (1) { } else f }",
	  "1:25+1 expected '{' after 'else', not 'f' [its body needs braces]" },
	{ "begin { else { } }", "1:9+4 'else' without 'if'" },
	{ "begin { if { } }", "1:12+1 expected a condition, not '{'" },
	{ "begin { if (1 { f g } }", "1:15+1 expected ')' after the expression, not '{'\n"
				     "1:19+1 expected ';' after the statement, not 'g'" },
	{ "begin { fi (1) { f g } }",
	  "1:16+1 expected ';' after the statement, not '{' [did you mean 'if'?]\n"
	  "1:20+1 expected ';' after the statement, not 'g'" },
	{ "begin { if (1) { } esle { } }",
	  "1:25+1 expected ';' after the statement, not '{' [did you mean 'else'?]" },
	{ "begin { whlie (1) { } }",
	  "1:19+1 expected ';' after the statement, not '{' [did you mean 'while'?]" },
	{ "begin { unrol(3) { } }",
	  "1:18+1 expected ';' after the statement, not '{' [did you mean 'unroll'?]" },
	{ "begin { retrun 5; }",
	  "1:16+1 expected ';' after the statement, not '5' [did you mean 'return'?]" },
	{ "begin { for ($i = 0; $i < 5; $i++) { f g } }",
	  "1:17+1 expected ':' after the loop's variable, not '=' [loops are written: for ($i : "
	  "0..10) or for ($kv : @map)]\n"
	  "1:40+1 expected ';' after the statement, not 'g'" },
	{ "begin { for (i : 0..5) { } }",
	  "1:14+1 expected a variable after 'for', not 'i' [variables begin with '$']" },
	{ "begin { for ($i : 5) { } }", "1:19+1 expected a map or a range [loops are written: for "
					"($i : 0..10) or for ($kv : @map)]" },
	{ "begin { for ($i : @x[1]) { } }", "1:19+5 expected a map or a range [loops are written: "
					    "for ($i : 0..10) or for ($kv : @map)]" },
	{ "begin { for ($i : 0..5 { f g } }", "1:24+1 expected ')' after the range, not '{'\n"
					      "1:28+1 expected ';' after the statement, not 'g'" },
	{ "begin { for ($i in @x) { } }",
	  "1:17+2 expected ':' after the loop's variable, not 'in' [loops are written: for ($i : "
	  "0..10) or for ($kv : @map)]" },
	{ "begin { for $i { } }", "1:16+1 expected ':' after the loop's variable, not '{' [loops "
				  "are written: for ($i : 0..10) or for ($kv : @map)]" },
	{ "begin { let x = 1; }",
	  "1:13+1 expected a variable after 'let', not 'x' [variables begin with '$']" },
	{ "begin { let @x = 1; }", "1:13+2 maps are declared outside of probes" },
	{ "begin { let $x: = 1; }", "1:17+1 expected a type, not '='" },
	{ "begin { let $x int = 1; }", "1:16+3 expected ';' after the declaration, not 'int'" },
	{ "begin { let = 1; }", "1:13+1 expected a variable after 'let', not '='" },
	{ "begin { 1 = 2; }", "1:9+1 only variables and maps can be assigned to" },
	{ "begin { pid = 2; }", "1:9+3 only variables and maps can be assigned to [variables begin "
				"with '$', maps with '@']" },
	{ "begin { $x.0 = 2; }", "1:9+4 only variables and maps can be assigned to [tuples cannot "
				 "be changed: assign a new one]" },
	{ "begin { $x[0] += 2; }", "1:9+5 only variables and maps can be assigned to" },
	{ "begin { $a = $b = 1; }", "1:17+1 an assignment is no value [assign in a statement of "
				    "its own, or compare with '==']" },
	{ "begin { 5++; --pid; f()--; }", "1:10+2 '++' needs a variable or a map\n"
					  "1:14+2 '--' needs a variable or a map\n"
					  "1:24+2 '--' needs a variable or a map" },
	{ "begin { a.; b->1; c.-1 }",
	  "1:11+1 expected a field's name or number after '.', not ';'\n"
	  "1:16+1 expected a field's name after '->', not '1'\n"
	  "1:21+1 expected a field's name or number after '.', not '-'" },
	{ "begin { $x = { 1 }; }", "1:14+1 blocks as values are not supported yet" },
	{ "begin { $x = if (1) { 1 } else { 2 }; }",
	  "1:14+2 'if' as a value is not supported yet [use cond ? a : b]" },
	{ "begin { $x = typeof(int); comptime 1 }", "1:14+6 'typeof' is not supported yet\n"
						    "1:27+8 'comptime' is not supported yet" },
	{ "begin { import \"x\"; }", "1:9+6 'import' is not supported yet" },
	{ "begin { (struct) x; (struct foo x; (int8[) x }",
	  "1:16+1 expected the name of a type, not ')'\n"
	  "1:33+1 expected ')' after the type, not 'x'\n"
	  "1:42+1 expected an expression, not ')'" },
	{ "begin { (int8[4]*)x }", "1:17+1 pointers to arrays are not supported yet" },
	{ "begin { (unsigned float)x; (long short)x }",
	  "1:19+5 expected ')' after the type, not 'float'\n"
	  "1:29+10 this is no type of C" },
	{ "begin { (int[-1])x; (int[x])x }", "1:14+2 an array cannot have -1 elements\n"
					     "1:26+1 'x' is no constant [enumerators that the "
					     "script has defined before can be used here]" },
	{ "begin { sizeof(); sizeof(int; sizeof(1, 2) }",
	  "1:16+1 expected a type or an expression, not ')'\n"
	  "1:29+1 expected ')' after the type, not ';'\n"
	  "1:31+12 sizeof has one operand" },
	{ "begin { offsetof(struct a); offsetof(struct a, 1); offsetof a }",
	  "1:26+1 expected ',' after the type, not ')'\n"
	  "1:48+1 expected a field's name, not '1'\n"
	  "1:61+1 expected '(' after 'offsetof', not 'a'" },
	{ "begin { ) }", "1:9+1 expected a statement, not ')'" },
	{ "begin { f()) }", "1:12+1 expected ';' after the statement, not ')'" },
	{ "begin { ] }", "1:9+1 expected a statement, not ']'" },
	{ "begin { f(); } }", "1:16+1 there is no '{' for this '}'" },
	{ "begin { f();", "1:13+0 expected '}', not the end of the script [the '{' in line 1, "
			  "column 7, is not closed]" },
	{ "begin { if (1) { f();", "1:22+0 expected '}', not the end of the script [the '{' in "
				   "line 1, column 16, is not closed]" },
	{ "begin { f();\nkprobe:g { h i }\n",
	  "2:1+6 expected '}', not 'kprobe' [the '{' in line 1, column 7, is not closed]\n"
	  "2:14+1 expected ';' after the statement, not 'i'" },
	{ "begin {\n  if (1) {\n    f();\n\nEND { h i }",
	  "5:1+3 expected '}', not 'END' [the '{' in line 2, column 10, is not closed]\n"
	  "5:9+1 expected ';' after the statement, not 'i'" },
	{ "begin { \"abc\n f g }",
	  "1:9+4 this string is never closed [close it with '\"' on the same line]" },
	{ "begin { /* abc }", "1:9+2 this comment is never closed [close it with '*/']" },
	{ "begin { $x = 0779; $y = 1.5; f g }",
	  "1:17+1 '9' is no octal digit [a number that begins with 0 is octal]\n"
	  "1:25+3 there are no floating-point numbers\n"
	  "1:32+1 expected ';' after the statement, not 'g'" },
	{ "kprobe:f", "1:9+0 expected '{' after the probe, not the end of the script" },
	{ "kprobe:f,", "1:10+0 expected a probe, not the end of the script" },
	{ "kprobe:f kprobe:g { f g }",
	  "1:10+6 expected '{' after the probe, not 'kprobe' [several probes have ',' between "
	  "them; a name with blanks is quoted]\n"
	  "1:23+1 expected ';' after the statement, not 'g'" },
	{ "kprobe:f; end { f g }", "1:9+1 expected '{' after the probe, not ';' [several probes "
				   "have ',' between them; a name with blanks is quoted]\n"
				   "1:19+1 expected ';' after the statement, not 'g'" },
	{ ", kprobe:f { }", "1:1+1 expected a probe, not ','" },
	{ "{ f() }", "1:1+1 expected a probe, not '{'" },
	{ "/pid/ { }", "1:1+1 expected a probe, not '/'" },
	{ "kprobe:f / pid { f g }", "1:16+1 expected '/' at the predicate's end, not '{' [the "
				    "predicate begins with the '/' in line 1, column 10]\n"
				    "1:20+1 expected ';' after the statement, not 'g'" },
	{ "kprobe:f / pid = 1 / { f g }", "1:16+1 assignment in a predicate [did you mean '=='?]\n"
					  "1:26+1 expected ';' after the statement, not 'g'" },
	{ "kprobe:f / / { f g }", "1:12+1 expected an expression, not '/'\n"
				  "1:18+1 expected ';' after the statement, not 'g'" },
	{ "kprobe:f / pid == / { f g }", "1:19+1 expected an expression, not '/'\n"
					 "1:25+1 expected ';' after the statement, not 'g'" },
	{ "kprobe:f / pid / f()",
	  "1:21+0 expected '/' at the predicate's end, not the end of the script [the predicate "
	  "begins with the '/' in line 1, column 10]" },
	{ "uprobe:\"/bin/x:f { }",
	  "1:8+13 this string is never closed [close it with '\"' on the same line]" },
	{ "f(\"hi\");", "1:8+1 expected '{' after the probe, not ';' [statements stand in a "
			"probe's block: begin { ... }]" },
	{ "$x = 1;", "1:4+1 expected '{' after the probe, not '=' [statements stand in a probe's "
		     "block: begin { ... }]" },
	{ "macro m(x) { x } begin { f g }", "1:1+5 macros are not supported yet\n"
					    "1:28+1 expected ';' after the statement, not 'g'" },
	{ "import \"a.bt\"; begin { f g }", "1:1+6 'import' is not supported yet\n"
					    "1:26+1 expected ';' after the statement, not 'g'" },
	{ "fn f($a : int64) : int64 { return 1; }", "1:1+2 functions are not supported yet" },
	{ "#define X 1\n#include <a.h>\nbegin { f g }",
	  "1:1+7 '#define' is not supported yet [for a constant write: enum { NAME = 1 };]\n"
	  "2:1+8 '#include' is not supported yet [the kernel's types are known without headers; "
	  "define others in the script]\n"
	  "3:11+1 expected ';' after the statement, not 'g'" },
	{ "strcut a { int x; }",
	  "1:8+1 expected '{' after the probe, not 'a' [did you mean 'struct'?]\n"
	  "1:16+1 expected ';' after the statement, not 'x'" },
	{ "confg = { a = 1 }",
	  "1:7+1 expected '{' after the probe, not '=' [did you mean 'config'?]\n"
	  "1:11+1 only variables and maps can be assigned to [variables begin with '$', maps with "
	  "'@']" },
	{ "config { a = 1 } begin { f g }", "1:8+1 expected '=' after 'config', not '{'\n"
					    "1:28+1 expected ';' after the statement, not 'g'" },
	{ "config = { a 1; b = ; 3 = 4; c = 5 } begin { f g }",
	  "1:14+1 expected '=' after the setting's name, not '1'\n"
	  "1:21+1 expected the setting's value, not ';'\n"
	  "1:23+1 expected the name of a setting, not '3'\n"
	  "1:48+1 expected ';' after the statement, not 'g'" },
	{ "config = { a = 1", "1:17+0 expected '}', not the end of the script [the '{' in line 1, "
			      "column 10, is not closed]" },
	{ "config = { a = 1 } config = { b = 2 } begin { }", "1:20+6 'config' is given twice" },
	{ "let $x = 1; begin { }", "1:5+2 expected a map after 'let', not '$x' [variables are "
				   "declared inside of a probe's block]" },
	{ "let @m; begin { }", "1:7+1 expected '=' after the map's name, not ';'" },
	{ "let @m = 5; begin { }",
	  "1:10+1 expected the map's type, not '5' [for example: let @m = lruhash(1000);]" },
	{ "let @m = hash(); begin { }", "1:15+1 expected the number of entries, not ')'" },
	{ "let @m = hash(1, 2); begin { }", "1:1+19 expected the number of entries alone" },
	{ "struct a { int x\n int y z; int; char *; int w } begin { f g }",
	  "1:17+1 expected ';' after the member\n"
	  "2:8+1 expected ';' after the member, not 'z'\n"
	  "2:14+1 expected a name, not ';'\n"
	  "2:22+1 expected a name, not ';'\n"
	  "2:42+1 expected ';' after the statement, not 'g'" },
	{ "struct a { int x : 65; int y : 0; int z[-1]; int (; } begin { f g }",
	  "1:20+2 a bit-field cannot have 65 bits\n"
	  "1:32+1 a bit-field cannot have 0 bits\n"
	  "1:41+2 an array cannot have -1 elements\n"
	  "1:51+1 expected a name, not ';'\n"
	  "1:65+1 expected ';' after the statement, not 'g'" },
	{ "struct { int x; } a; begin { f g }",
	  "1:19+1 only types can be defined here, not variables\n"
	  "1:32+1 expected ';' after the statement, not 'g'" },
	{ "struct a { int x; ", "1:19+0 expected '}' at the definition's end, not the end of the "
				"script [its '{' in line 1 is not closed]" },
	{ "struct 5 { }; begin { }", "1:8+1 expected a name or '{', not '5'" },
	{ "struct a { int x __attribute__((aligned(8))); }; begin { }",
	  "1:33+7 'aligned' is not supported yet" },
	{ "struct a { unknown; }; begin { }", "1:19+1 expected a name, not ';'" },
	{ "enum { A B, = 1, C = , D = 1 / 0, E = q }; begin { f g }",
	  "1:10+1 expected ',' or '}' after an enumerator, not 'B'\n"
	  "1:13+1 expected an enumerator's name, not '='\n"
	  "1:22+1 expected an expression, not ','\n"
	  "1:28+5 division by zero\n"
	  "1:39+1 'q' is no constant [enumerators that the script has defined before can be used "
	  "here]\n"
	  "1:54+1 expected ';' after the statement, not 'g'" },
	{ "enum a { A",
	  "1:11+0 expected ',' or '}' after an enumerator, not the end of the script" },
	{ "typedef int; begin { }", "1:12+1 expected a name, not ';'" },
	{ "typedef struct a { int x; } b begin { }",
	  "1:31+5 expected ';' after the typedef, not 'begin'" },
	{ "", "0:0+0 the script has no probes [for example: begin { printf(\"hello\\n\"); }]" },
	{ "# nothing", "1:1+1 unexpected '#' [comments begin with '//']" },
	{ "// nothing",
	  "0:0+0 the script has no probes [for example: begin { printf(\"hello\\n\"); }]" },
};

TEST(parse_mistakes)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		const char *source = mistakes[i][0];
		struct script_ast *ast = NULL;
		struct buf out = { 0 };
		struct arena a;
		struct diag d;

		arena_init(&a);
		diag_init(&d, &a);
		CHECK_EQ(lang_parse(&a, source, strlen(source), &ast, &d), -EINVAL);
		CHECK(!ast || ast->broken);
		for (size_t k = 0; k < d.items.n; k++) {
			const struct diag_item *it = &d.items.at[k];

			buf_printf(&out, "%s%u:%u+%u %s", k ? "\n" : "", it->loc.line, it->loc.col,
				   it->loc.len, it->text);
			if (it->hint)
				buf_printf(&out, " [%s]", it->hint);
		}
		CHECK_STR(buf_str(&out), mistakes[i][1]);
		buf_done(&out);
		arena_done(&a);
	}
}
