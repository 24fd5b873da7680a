/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What check reports about bad scripts: every message, its place and its hint. */
#include <string.h>

#include "unit/lang_checked.h"
#include "unit/test.h"

static const struct check_case cases[] = {
	/* Names */
	{ "BEGIN { prnt(1) }", "1:9: unknown function 'prnt' {did you mean 'print'?}" },
	{ "BEGIN { print(count) }", "1:15: count is a function {the form is count()}" },
	{ "BEGIN { print($x) }", "1:15: undefined variable $x" },
	{ "BEGIN { if (pid) { $x = 1 } print($x) }",
	  "1:35: undefined variable $x {the one of 1:20 ends with its block: declare it before "
	  "that with 'let $x;'}" },
	{ "BEGIN { $abc = 1; print($abd) }",
	  "1:25: undefined variable $abd {did you mean '$abc'?}" },
	{ "BEGIN { $x = 1; if (pid) { let $x = 2 } }",
	  "1:32: $x is already declared at 1:9 {a variable cannot hide one of an outer block: use "
	  "another name}" },
	{ "BEGIN { $x = 1; let $x = 2 }", "1:21: $x is already declared at 1:9 {a variable cannot "
					  "hide one of an outer block: use another name}" },
	{ "BEGIN { $x = 1; for ($x : 0..2) { print($x) } }",
	  "1:22: $x is already declared at 1:9 {a variable cannot hide one of an outer block: use "
	  "another name}" },
	{ "BEGIN { let $x; print($x) }",
	  "1:23: $x is never assigned {its type is that of its first value}" },
	{ "BEGIN { let $x; $x = $x }",
	  "1:13: the type of $x is not known: it is only assigned from itself" },
	{ "BEGIN { $x = $x + 1 }", "1:14: undefined variable $x" },
	{ "BEGIN { $x++ }", "1:9: undefined variable $x" },
	{ "BEGIN { $x += 1 }", "1:9: undefined variable $x" },
	{ "BEGIN { override(1) }", "1:9: override() is not supported yet" },
	{ "BEGIN { strerror(1) }", "1:9: strerror() is not supported yet" },
	{ "BEGIN { print(probetype) }", "1:15: probetype is not supported yet" },
	{ "BEGIN { comm(1) }", "1:9: comm() takes no arguments" },
	/* Number of arguments */
	{ "BEGIN { printf() }",
	  "1:9: printf() cannot take 0 arguments {the form is printf(\"format\", ...)}" },
	{ "BEGIN { str() }",
	  "1:9: str() cannot take 0 arguments {the form is str(char *s [, length])}" },
	{ "BEGIN { str(1, 2, 3) }",
	  "1:9: str() cannot take 3 arguments {the form is str(char *s [, length])}" },
	{ "BEGIN { @ = hist() }",
	  "1:13: hist() cannot take 0 arguments {the form is hist(n [, bits])}" },
	{ "BEGIN { @ = count(1) }", "1:13: count() cannot take 1 argument {the form is count()}" },
	{ "BEGIN { exit(1, 2) }",
	  "1:9: exit() cannot take 2 arguments {the form is exit([code])}" },
	{ "BEGIN { lhist(1, 2) }",
	  "1:9: lhist() cannot take 2 arguments {the form is lhist(n, min, max, step)}" },
	/* Parameters */
	{ "BEGIN { getopt(pid) }", "1:16: getopt: the option's name has to be a string literal" },
	{ "BEGIN { print(getopt(\"a\", pid)) }", "1:27: getopt: the default has to be a literal" },
	/* Types */
	{ "BEGIN { $x = 1; $x = \"a\" }", "1:17: $x is string[2] here but was int64 at 1:9" },
	{ "BEGIN { $x = \"a\"; $x = 1 }", "1:19: $x is int64 here but was string[2] at 1:9" },
	{ "BEGIN { $x = (1, 2); $x = (1, 2, 3) }",
	  "1:22: $x is (int64,int64,int64) here but was (int64,int64) at 1:9" },
	{ "BEGIN { $x = \"a\" + 1 }", "1:14: '+' does not work for string[2] and int64" },
	{ "BEGIN { $x = comm == 1 }", "1:14: string[16] cannot be compared with int64" },
	{ "BEGIN { $x = comm < \"a\" }", "1:14: '<' does not work for string[16]" },
	{ "BEGIN { $x = (uint8*)1 - (uint8*)2 }",
	  "1:14: '-' does not work for uint8 * and uint8 * {cast both to uint64}" },
	{ "BEGIN { $x = (uint8*)1 * 2 }", "1:14: '*' does not work for uint8 * and int64" },
	{ "BEGIN { $x = -comm }", "1:15: the operand of '-' has to be an integer, not string[16]" },
	{ "BEGIN { $x = !comm }", "1:14: '!' needs an integer, bool or pointer, not string[16]" },
	{ "BEGIN { $x = *pid }", "1:14: uint32 is no pointer" },
	{ "BEGIN { $x = *(void *)1 }",
	  "1:14: void * cannot be followed {cast it to a pointer to what is there: *(uint64 *)p}" },
	{ "BEGIN { $x = &pid }", "1:14: this has no address {& is for variables, and for fields "
				 "and elements behind a pointer}" },
	{ "BEGIN { $x = 1 / 0 }", "1:14: division by zero" },
	{ "BEGIN { $x = 1 << 64 }", "1:19: a shift has to be from 0 to 63, not 64" },
	{ "BEGIN { $x = pid ? 1 : \"a\" }",
	  "1:14: the two values of ?: do not go together: int64 and string[2]" },
	{ "BEGIN { if (comm) { } }",
	  "1:12: string[16] is neither true nor false {compare it with \"\"}" },
	{ "BEGIN /comm/ { print(1) }",
	  "1:8: string[16] is neither true nor false {compare it with \"\"}" },
	{ "BEGIN { while (\"a\") { } }",
	  "1:15: string[2] is neither true nor false {compare it with \"\"}" },
	{ "BEGIN { $x = (uint32)comm }", "1:14: string[16] cannot be cast to uint32" },
	{ "BEGIN { $x = (string[4])pid }",
	  "1:14: uint32 cannot be cast to string[4] {str() reads a string from a pointer}" },
	{ "BEGIN { $x = (uint8[3])(uint32)1 }", "1:14: uint32 has 4 bytes and uint8[3] has 3 {cast "
						"the integer to the array's size first}" },
	{ "BEGIN { $x = pid.foo }", "1:14: uint32 has no fields, so no 'foo' {cast it first: "
				    "((struct name *)expression).foo}" },
	{ "BEGIN { $x = (1, 2).5 }", "1:14: (int64,int64) has no .5 {its elements are .0 to .1}" },
	{ "BEGIN { $x = pid.0 }", "1:14: uint32 is no tuple, so it has no .0" },
	{ "BEGIN { $x = (1, 2)[pid] }", "1:21: a tuple's index has to be a constant" },
	{ "BEGIN { $x = pid[1] }", "1:14: uint32 has no elements" },
	{ "BEGIN { $x = (uint8[4])(uint32)1; print($x[4]) }",
	  "1:44: index 4 is outside of uint8[4]" },
	{ "BEGIN { $x = (uint8*)1; print($x[\"a\"]) }",
	  "1:34: an index has to be an integer, not string[2]" },
	{ "BEGIN { let $x: uint8 = \"a\" }", "1:13: $x is string[2] here but was uint8 at 1:13" },
	{ "BEGIN { let $x: string[3] = \"abcdef\" }",
	  "1:13: $x is string[7] here but was string[3] at 1:13" },
	{ "BEGIN { $x = print(1) }", "1:14: print() has no value" },
	{ "BEGIN { $x = count() }",
	  "1:9: count() has to be assigned to a map {for example: @ = count()}" },
	{ "BEGIN { count() }",
	  "1:9: count() has to be assigned to a map {for example: @ = count()}" },
	{ "BEGIN { $x++; $y = \"a\"; $y++ }",
	  "1:9: undefined variable $x | 1:25: '++' does not work for string[2]" },
	{ "BEGIN { 1 + 1; pid; }", "w 1:9: unused value {write '_ = ...' if that is meant} | w "
				   "1:16: unused value {write '_ = ...' if that is meant}" },
	{ "BEGIN { break }", "1:9: break outside of a loop" },
	{ "BEGIN { continue }", "1:9: continue outside of a loop" },
	{ "BEGIN { unroll(0) { print(1) } }",
	  "1:15: unroll: the count has to be from 1 to 100, not 0" },
	{ "BEGIN { unroll(101) { print(1) } }",
	  "1:15: unroll: the count has to be from 1 to 100, not 101" },
	{ "BEGIN { unroll(pid) { print(1) } }", "1:15: unroll: the count has to be a constant" },
	{ "BEGIN { return \"a\" }", "1:16: a return value has to be an integer, not string[2]" },
	{ "BEGIN { for ($i : 0..\"a\") { } }",
	  "1:22: a range's end has to be an integer, not string[2]" },
	/* Maps */
	{ "BEGIN { print(@x) }", "1:15: undefined map: @x" },
	{ "BEGIN { $a = @x }", "1:14: undefined map: @x" },
	{ "BEGIN { @abc = 1; print(@abd) }", "1:25: undefined map: @abd {did you mean '@abc'?}" },
	{ "BEGIN { clear(@x); delete(@y[1]); print(has_key(@z, 1)); print(len(@w)) }",
	  "1:15: undefined map: @x | 1:27: undefined map: @y | 1:49: undefined map: @z | 1:68: "
	  "undefined map: @w" },
	{ "BEGIN { @x = 1 } END { @x = count() }",
	  "1:24: @x is a count here but was int64 at 1:9" },
	{ "BEGIN { @x = count(); @x = 1 }", "1:23: @x is int64 here but was a count at 1:9" },
	{ "BEGIN { @x = count(); @x = sum(1) }", "1:23: @x is a sum here but was a count at 1:9" },
	{ "BEGIN { @x = count(); @x++ }", "1:23: @x is int64 here but was a count at 1:9" },
	{ "BEGIN { @x = count(); @x += 1 }", "1:23: @x is int64 here but was a count at 1:9" },
	{ "BEGIN { @x = \"a\"; @x = 1 }", "1:19: @x is int64 here but was string[2] at 1:9" },
	{ "BEGIN { @x = \"a\"; @x++ }", "1:19: '++' does not work for string[2]" },
	{ "BEGIN { @x = hist(1); $a = @x }",
	  "1:28: @x is a hist, which has no single value {print(@x) shows it}" },
	{ "BEGIN { @x = hist(1); @y = @x }",
	  "1:28: @x is a hist, which has no single value {print(@x) shows it}" },
	{ "BEGIN { @x = hist(1, 6) }",
	  "1:22: hist: the number of bits has to be from 0 to 5, not 6" },
	{ "BEGIN { @x = hist(1, pid) }", "1:22: hist: the number of bits has to be a constant" },
	{ "BEGIN { @x = hist(\"a\") }",
	  "1:19: hist: the value has to be an integer, not string[2]" },
	{ "BEGIN { @x = hist(1); @x = hist(1, 2) }",
	  "1:23: @x is a hist of 2 bits here but was a hist at 1:9" },
	{ "BEGIN { @x = lhist(1, 10, 10, 1) }", "1:27: lhist: max has to be greater than min" },
	{ "BEGIN { @x = lhist(1, 0, 10, 0) }", "1:30: lhist: step has to be at least 1" },
	{ "BEGIN { @x = lhist(1, 0, 10000, 1) }",
	  "1:14: lhist: 10000 buckets are too many {at most 1000: a step of 11 will do}" },
	{ "BEGIN { @x = lhist(1, 0, 10, 100) }",
	  "1:30: lhist: step is greater than the whole range" },
	{ "BEGIN { @x = lhist(1, pid, 10, 1) }", "1:23: lhist: min has to be a constant" },
	{ "BEGIN { @x[1] = 1; @x[1, 2] = 1 }",
	  "1:20: @x is used with 2 keys here but with 1 key at 1:9" },
	{ "BEGIN { @x = 1; @x[1] = 1 }",
	  "1:17: @x is used with 1 key here but with no key at 1:9" },
	{ "BEGIN { @x[1] = 1; @x = 1 }",
	  "1:20: @x is used with no key here but with 1 key at 1:9" },
	{ "BEGIN { @x[1] = 1; $a = @x }", "1:25: @x needs its key here: it has 1 key at 1:9" },
	{ "BEGIN { @x[1] = 1; @x[\"a\"] = 2 }",
	  "1:20: @x has key string[2] here but int64 at 1:9" },
	{ "BEGIN { @x[1, \"a\"] = 1; @x[\"a\", 1] = 2 }",
	  "1:25: @x has key (string[2],int64) here but (int64,string[2]) at 1:9" },
	{ "BEGIN { @x[1] = 1; delete(@x) }",
	  "1:27: @x is used with no key here but with 1 key at 1:9" },
	{ "BEGIN { @x[1] = 1; clear(@x[1]); zero(@x[2]); }",
	  "1:26: clear() takes a whole map, without a key {write @x} | 1:39: zero() takes a whole "
	  "map, without a key {write @x}" },
	{ "BEGIN { @x[1] = 1; print(@x[1], 5); print(1, 5) }",
	  "1:33: print: top and div are for whole maps | 1:46: print: top and div are for maps "
	  "{several values print as a tuple: print((a, b))}" },
	{ "BEGIN { @x[1] = 1; print(@x, pid); print(@x, 5, 0) }",
	  "1:30: print: top has to be a constant | 1:49: print: div has to be from 1 to "
	  "4294967295, not 0" },
	{ "BEGIN { delete(1); clear(1); len(1) }",
	  "1:16: delete() takes a map {the form is delete(@map[key]) or delete(@map, key)} | 1:26: "
	  "clear() takes a map | 1:34: len() takes a map with keys or a stack, not int64" },
	{ "BEGIN { @x = 1; for ($kv : @x) { } }", "1:28: for cannot go over @x: it has no keys" },
	{ "BEGIN { @x[1] = hist(1); for ($kv : @x) { } }",
	  "1:37: for cannot go over @x: a hist_t has no single value {print(@x) shows it}" },
	{ "BEGIN { @x = 1; has_key(@x, 1) }",
	  "1:25: @x is used with 1 key here but with no key at 1:9" },
	{ "BEGIN { @a = @b; @b = @a }",
	  "1:9: the type of @a is not known: it is only assigned from itself" },
	{ "BEGIN { @x = print(1) }", "1:14: print() has no value" },
	{ "let @m = nohash(5); BEGIN { @m[1] = 1 }",
	  "1:1: unknown kind of map 'nohash' {did you mean 'hash'?}" },
	{ "let @m = hash(0); BEGIN { @m[1] = 1 }",
	  "1:1: @m needs a number of entries from 1 to 1073741824" },
	{ "let @m = hash(5); BEGIN { @m = 1 }",
	  "1:1: @m is declared as a hash but used without a key" },
	{ "let @m = hash(5); let @m = hash(6); BEGIN { @m[1] = 1 }",
	  "1:19: @m is already declared at 1:1" },
	/* Formats */
	{ "BEGIN { printf(\"%d %d\", 1) }", "1:16: printf: 2 conversions but 1 argument" },
	{ "BEGIN { printf(\"%d\", 1, 2) }", "1:16: printf: 1 conversion but 2 arguments" },
	{ "BEGIN { printf(\"a\", 1) }", "1:16: printf: 0 conversions but 1 argument" },
	{ "BEGIN { printf(\"%d\") }", "1:16: printf: 1 conversion but 0 arguments" },
	{ "BEGIN { printf(\"%d\", comm) }",
	  "1:22: printf: '%d' does not print string[16] {%s prints it}" },
	{ "BEGIN { printf(\"%s\", pid) }",
	  "1:22: printf: '%s' does not print uint32 {%d prints integers}" },
	{ "BEGIN { printf(\"%s\", (uint8*)1) }",
	  "1:22: printf: '%s' does not print uint8 * {str() makes a string of a pointer}" },
	{ "BEGIN { printf(\"%q\", 1) }",
	  "1:17: printf: unknown conversion '%q' at byte 1 of the format {there are: %d %i %u %o "
	  "%x %X %c %s %p %r %rx %rh %%}" },
	{ "BEGIN { printf(\"100%\") }", "1:20: printf: the conversion '%' at byte 4 of the format "
					"breaks off {'%%' prints a percent sign}" },
	{ "BEGIN { printf(\"%r\", pid) }",
	  "1:22: printf: '%r' does not print uint32 {buf() makes a buffer}" },
	{ "BEGIN { printf(\"%c %5.3s %-10llx %%\", 65, comm, nsecs) }", "" },
	{ "BEGIN { printf(\"%s %s %s %s\", kstack, ksym(1), ntop(1), true) }", "" },
	{ "BEGIN { printf(\"%*d\", 1) }", "1:17: printf: a width cannot be '*' in '%*d'" },
	{ "BEGIN { printf(\"%rx %rh %r\", buf(\"a\", 1), buf(\"b\", 1), buf(\"c\", 1)) }", "" },
	{ "BEGIN { printf(comm) }", "1:16: printf: the format has to be a string literal" },
	{ "BEGIN { printf(\"%p %x\", (uint8*)1, (uint8*)2); errorf(\"%s\", comm); warnf(\"x\"); "
	  "cat(\"/proc/%d/x\", pid) }",
	  "" },
	/* Functions */
	{ "BEGIN { str(comm, -1); print(str(\"a\", \"b\")) }",
	  "1:19: str: the length cannot be negative | 1:39: str: the length has to be an integer, "
	  "not string[2]" },
	{ "BEGIN { $x = str((1,2)) }",
	  "1:18: str() takes a pointer or an array of chars, not (int64,int64)" },
	{ "BEGIN { $x = buf((uint8*)1) }",
	  "1:14: buf() needs a length for uint8 * {the form is buf(data [, length])}" },
	{ "BEGIN { $x = buf((uint8*)1, 0) }", "1:29: buf: the length has to be at least 1" },
	{ "BEGIN { $x = strncmp(\"a\", 1, 2) }", "1:27: strncmp() takes strings, not int64" },
	{ "BEGIN { $x = strncmp(\"a\", \"b\", pid) }",
	  "1:32: strncmp: the length has to be a constant" },
	{ "BEGIN { $x = strlen(1) }", "1:21: strlen() takes strings, not int64" },
	{ "BEGIN { $x = strftime(pid, 1); $y = strftime(\"%H\", \"a\") }",
	  "1:23: strftime: the format has to be a string literal | 1:52: strftime: the time has to "
	  "be an integer, not string[2]" },
	{ "BEGIN { $x = ntop(\"abc\") }",
	  "1:19: ntop() takes an integer or an array of 4 or 16 bytes, not string[4]" },
	{ "BEGIN { $x = ntop(7, 1) }",
	  "1:19: ntop: the address family is AF_INET or AF_INET6, not 7" },
	{ "BEGIN { $x = pton(\"1.2.3\") }", "1:19: '1.2.3' is no IPv4 or IPv6 address" },
	{ "BEGIN { $x = pton(comm) }", "1:19: pton: the address has to be a string literal" },
	{ "BEGIN { $x = macaddr(\"a\") }",
	  "1:22: macaddr() takes an array of 6 bytes or a pointer, not string[2]" },
	{ "BEGIN { $x = bswap(\"a\") }",
	  "1:20: bswap: the value has to be an integer, not string[2]" },
	{ "BEGIN { $x = reg(\"ip\") }", "1:14: reg() cannot be used in begin {registers are seen "
					"by kprobes, uprobes and profiles}" },
	{ "BEGIN { $x = kstack(foo) }",
	  "1:21: unknown stack mode 'foo' {one of: bpftrace, perf, raw}" },
	{ "BEGIN { $x = kstack(200) }",
	  "1:21: the number of frames has to be from 1 to 127, not 200" },
	{ "BEGIN { $x = kstack(1, 2) }",
	  "1:14: kstack() takes the mode first {for example: kstack(perf, 5)}" },
	{ "BEGIN { $x = nsecs(foo) }", "1:20: unknown clock {one of: monotonic, boot, tai}" },
	{ "BEGIN { $x = nsecs(sw_tai) }",
	  "1:20: nsecs(sw_tai) is not supported yet {one of: monotonic, boot, tai}" },
	{ "BEGIN { $x = pid(init) }",
	  "1:18: pid() with a namespace is not supported yet {write pid}" },
	{ "BEGIN { $x = uaddr(\"main\") }",
	  "1:14: uaddr() outside of uprobes needs the binary: uaddr(\"path:symbol\")" },
	{ "BEGIN { $x = cgroupid(\"/no/such\") }",
	  "1:14: cgroupid: /no/such: No such file or directory" },
	{ "BEGIN { join(1); join(\"a\"); time(1); exit(\"a\") }",
	  "1:23: join() takes an array of strings (char *argv[]), not string[2] | 1:34: time: the "
	  "format has to be a string literal | 1:43: exit: the code has to be an integer, not "
	  "string[2]" },
	{ "BEGIN { system(\"ls\"); signal(9) }", "1:9: system() is unsafe: run with --unsafe | "
						 "1:23: signal() is unsafe: run with --unsafe" },
	/* Arguments */
	{ "BEGIN { print(args.x) }", "1:15: begin has no args {begin probes have no arguments}" },
	{ "BEGIN { print(args) }", "1:15: begin has no args {begin probes have no arguments}" },
	{ "BEGIN { print(arg0) }", "1:15: arg0 cannot be used in begin {argN are arguments of "
				   "kprobes, uprobes and rawtracepoints}" },
	{ "BEGIN { print(sarg0) }",
	  "1:15: sarg0 cannot be used in begin {sargN are arguments of kprobes and uprobes}" },
	{ "BEGIN { print(retval) }", "1:15: retval cannot be used in begin {retval is for "
				     "kretprobe, uretprobe and fexit probes}" },
	{ "BEGIN { print(func) }", "1:15: func cannot be used in begin {func is for probes of "
				   "functions; probe is for all}" },
	{ "BEGIN { print(cpid) }", "w 1:15: cpid is 0: no command was given with -c" },
	/* Several in one run, no cascades */
	{ "BEGIN { $a = 1 } BEGIN { print($a) } BEGIN { printf(\"%d\") }",
	  "1:32: undefined variable $a | 1:53: printf: 1 conversion but 0 arguments" },
};

TEST(lang_check_errors)
{
	checked_cases(cases, ARRAY_SIZE(cases), false);
}

/* Their hints depend on what the kernel has. */
TEST(lang_check_unknown)
{
	static const struct check_case starts[] = {
		{ "BEGIN { print(piid) }", "1:15: unknown name 'piid' {did you mean '" },
		{ "BEGIN { print(zzzzzzz) }", "1:15: unknown name 'zzzzzzz'" },
		{ "BEGIN { $x = (struct nosuchthing_x *)1 }",
		  "1:15: unknown type 'struct nosuchthing_x'" },
		{ "BEGIN { $x = (nosuch_t)1 }", "1:15: unknown type 'nosuch_t'" },
		{ "BEGIN { $x = (uint88)1 }",
		  "1:15: unknown type 'uint88' {did you mean 'uint8'?}" },
		{ "BEGIN { $x = curtask->nosuchfield }", "1:14: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		struct checked k;
		const char *got;

		checked_init(&k);
		got = checked_run(&k, starts[i].source);
		if (strncmp(got, starts[i].want, strlen(starts[i].want)) != 0)
			test_fail(__FILE__, __LINE__, "%s\n  got  %s", starts[i].source, got);
		CHECK_EQ(k.diag.errors, 1);
		checked_done(&k);
	}
}

/* What is made of something wrong is not reported again. */
TEST(lang_check_no_cascades)
{
	static const struct check_case script[] = {
		{ "BEGIN { $x = foo1(); $y = $x + 1; $z = $y == \"a\"; print($z); @m = $y; @n = @m "
		  "+ 1; prin(1) }",
		  "1:14: unknown function 'foo1' | 1:84: unknown function 'prin' {did you mean "
		  "'print'?}" },
	};

	checked_cases(script, ARRAY_SIZE(script), false);
}

TEST(lang_check_error_flood)
{
	struct buf b = { 0 };
	struct checked k;

	buf_puts(&b, "BEGIN {\n");
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "$v%d = foo%d(zz%d, $w%d, @u%d);\n", i, i, i, i, i);
	buf_puts(&b, "}\n");
	checked_init(&k);
	checked_run(&k, buf_str(&b));
	CHECK_EQ(k.diag.items.n, DIAG_MAX_ERRORS);
	CHECK_EQ(k.diag.errors, 20000);
	checked_done(&k);
	buf_done(&b);
}
