/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lexer: tokens, literals, layout, preprocessor lines and the names of probes. */
#include <string.h>

#include "lang/lang.h"
#include "lang/lex.h"
#include "unit/test.h"

/* The tokens as "a|+|5|", with values of integers and "..." around strings. */
static void show_tokens(struct arena *a, const char *source, struct buf *out, struct diag *d)
{
	struct lex l;
	struct token t;

	diag_init(d, a);
	lex_init(&l, a, source, strlen(source), d);
	for (t = lex_next(&l); t.kind != TOKEN_END; t = lex_next(&l)) {
		if (t.kind == TOKEN_INT)
			buf_printf(out, "%llu|", (unsigned long long)t.value);
		else if (t.kind == TOKEN_STRING)
			buf_printf(out, "\"%.*s\"|", (int)t.len, t.text);
		else if (t.kind == TOKEN_ERROR)
			buf_puts(out, "error|");
		else
			buf_printf(out, "%.*s|", (int)t.len, t.text);
	}
}

static const struct {
	const char *source, *tokens;
} good[] = {
	{ "", "" },
	{ "a+b", "a|+|b|" },
	{ "a+++b", "a|++|+|b|" },
	{ "a<<=b>>=c", "a|<<=|b|>>=|c|" },
	{ "a<b<=c<<d", "a|<|b|<=|c|<<|d|" },
	{ "a->b.c", "a|->|b|.|c|" },
	{ "0..10", "0|..|10|" },
	{ "$t.0.1", "$t|.|0|.|1|" },
	{ "$x @y @ @y[1] $1 $12 $#", "$x|@y|@|@y|[|1|]|$1|$12|$#|" },
	{ "a&&b||!c", "a|&&|b||||!|c|" },
	{ "x ?: y", "x|?|:|y|" },
	{ "if iff _if", "if|iff|_if|" },
	{ "{};,()[]", "{|}|;|,|(|)|[|]|" },
	{ "~-*&^%", "~|-|*|&|^|%|" },
	/* Numbers */
	{ "0 1 10 007 0x1f 0XFF", "0|1|10|7|31|255|" },
	{ "1_000_000 0xffff_ffff 1e6 1_0e3 0e5", "1000000|4294967295|1000000|10000|0|" },
	{ "18446744073709551615 0xffffffffffffffff", "18446744073709551615|18446744073709551615|" },
	{ "5ns 5us 5ms 5s 5m 2h 1d", "5|5000|5000000|5000000000|300000000000|7200000000000|"
				     "86400000000000|" },
	{ "1u 2U 3l 4UL 5ull 6LLU 7lu", "1|2|3|4|5|6|7|" },
	{ "1e3ms", "1000000000|" },
	{ "1-1", "1|-|1|" },
	/* Strings */
	{ "\"\" \"a b\"", "\"\"|\"a b\"|" },
	{ "\"a\\n\\t\\\\\\\"\"", "\"a\n\t\\\"\"|" },
	{ "\"\\x41\\x4a\\101\\60\"", "\"AJA0\"|" },
	{ "\"\\e[31m\"", "\"\033[31m\"|" },
	{ "\"a\\\nb\"", "\"ab\"|" },
	{ "\"/* no */ // comment\"", "\"/* no */ // comment\"|" },
	{ "\"\303\251\"", "\"\303\251\"|" },
	/* Layout */
	{ "a // b\nc", "a|c|" },
	{ "a /* b\n* / */ c", "a|c|" },
	{ "a/**/b/***/c", "a|b|c|" },
	{ "#!/usr/bin/env skep\na", "a|" },
	{ "\357\273\277a", "a|" },
	{ "a\r\n\tb\f", "a|b|" },
	{ "#ifdef BPFTRACE_HAVE_BTF\na\n#else\nb\n#endif\nc", "a|c|" },
	{ "#ifndef BPFTRACE_HAVE_BTF\n#include <a>\n#else\nb\n#endif\nc", "b|c|" },
	{ "#ifdef OTHER\na\n#ifdef X\n#else\n#endif\n#else\nb\n#endif\nc", "b|c|" },
	{ "  # ifdef OTHER\na\n# endif\nb", "b|" },
	{ "#ifdef OTHER // x\n\"unclosed\n#endif", "" },
};

TEST(lex_tokens)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct buf out = { 0 };
		struct arena a;
		struct diag d;

		arena_init(&a);
		show_tokens(&a, good[i].source, &out, &d);
		CHECK_STR(buf_str(&out), good[i].tokens);
		CHECK_EQ(d.items.n, 0);
		buf_done(&out);
		arena_done(&a);
	}
}

static const struct {
	const char *source;
	u32 line, col, len;
	const char *text;
} bad[] = {
	{ "a ` b", 1, 3, 1, "unexpected character '`'" },
	{ "a\n \303\251", 2, 2, 2, "unexpected character '\303\251'" },
	{ "a\033", 1, 2, 1, "unexpected character 0x1b" },
	{ "a # b", 1, 3, 1, "unexpected character '#'" },
	{ "$ x", 1, 1, 1, "expected a name after '$'" },
	{ "$0", 1, 1, 2, "there is no parameter $0" },
	{ "$99999999999", 1, 1, 12, "there is no parameter $99999999999" },
	{ "x \"abc\ny", 1, 3, 4, "this string is never closed" },
	{ "\"abc\\\"", 1, 1, 6, "this string is never closed" },
	{ "\"a\\qb\"", 1, 3, 2, "unknown escape '\\q' in a string" },
	{ "\"\\x\"", 1, 2, 2, "unknown escape '\\x' in a string" },
	{ "a /* b", 1, 3, 2, "this comment is never closed" },
	{ "18446744073709551616", 1, 1, 20, "this number does not fit in 64 bits" },
	{ "1e20", 1, 1, 4, "this number does not fit in 64 bits" },
	{ "300000d", 1, 1, 7, "this number does not fit in 64 bits" },
	{ "089", 1, 2, 2, "'8' is no octal digit" },
	{ "1e", 1, 2, 1, "a number cannot end in 'e'" },
	{ "5abc", 1, 2, 3, "a number cannot end in 'abc'" },
	{ "0x", 1, 2, 1, "a number cannot end in 'x'" },
	{ "1__", 1, 2, 2, "a number cannot end in '__'" },
	{ "'a'", 1, 1, 3, "character literals are not part of the language" },
	{ "'abc'", 1, 1, 1, "unexpected character '''" },
	{ "#define X 1", 1, 1, 7, "'#define' is not supported yet" },
	{ "a\n  #include <x.h>", 2, 3, 8, "'#include' is not supported yet" },
	{ "#pragma once", 1, 1, 7, "'#pragma' is not supported yet" },
	{ "#if 1\n#endif", 1, 1, 3, "'#if' is not supported yet" },
	{ "#else", 1, 1, 5, "'#else' without '#ifdef'" },
	{ "#endif", 1, 1, 6, "'#endif' without '#ifdef'" },
	{ "#ifdef\n", 1, 1, 6, "expected a name after '#ifdef'" },
	{ "a\n#ifdef BPFTRACE_HAVE_BTF\nb", 2, 1, 6, "there is no '#endif' for this" },
	{ "#ifdef X\nb", 1, 1, 6, "there is no '#endif' for this" },
	{ "#", 1, 1, 1, "unexpected '#'" },
};

TEST(lex_mistakes)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct buf out = { 0 };
		struct arena a;
		struct diag d;

		arena_init(&a);
		show_tokens(&a, bad[i].source, &out, &d);
		CHECK(d.items.n >= 1);
		if (d.items.n) {
			const struct diag_item *it = &d.items.at[0];

			CHECK_STR(it->text, bad[i].text);
			CHECK_EQ(it->loc.line, bad[i].line);
			CHECK_EQ(it->loc.col, bad[i].col);
			CHECK_EQ(it->loc.len, bad[i].len);
		}
		buf_done(&out);
		arena_done(&a);
	}
}

TEST(lex_places)
{
	static const char source[] = "a\n\tb /* x\n */ cc\n\"s\"";
	static const struct loc want[] = {
		{ 0, 1, 1, 1 },
		{ 3, 1, 2, 2 },
		{ 14, 2, 3, 5 },
		{ 17, 3, 4, 1 },
	};
	struct arena a;
	struct diag d;
	struct lex l;

	arena_init(&a);
	diag_init(&d, &a);
	lex_init(&l, &a, source, strlen(source), &d);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct token t = lex_next(&l);

		CHECK_EQ(t.loc.offset, want[i].offset);
		CHECK_EQ(t.loc.len, want[i].len);
		CHECK_EQ(t.loc.line, want[i].line);
		CHECK_EQ(t.loc.col, want[i].col);
	}
	CHECK_EQ(lex_next(&l).kind, TOKEN_END);
	arena_done(&a);
}

static const struct {
	const char *source, *name;
	const char *rest; /* what the name leaves */
} probes[] = {
	{ "kprobe:f {", "kprobe:f", " {" },
	{ "kprobe:f{", "kprobe:f", "{" },
	{ "BEGIN{", "BEGIN", "{" },
	{ "kprobe:f,kprobe:g", "kprobe:f", ",kprobe:g" },
	{ "kprobe:f+4/pid/{", "kprobe:f+4", "/pid/{" },
	{ "kprobe:vfs_[a-c]?* {", "kprobe:vfs_[a-c]?*", " {" },
	{ "tracepoint:a:b/x == 1/{", "tracepoint:a:b", "/x == 1/{" },
	{ "BEGIN/pid/{", "BEGIN", "/pid/{" },
	{ "uprobe:/bin/bash:readline / pid == 1 / {", "uprobe:/bin/bash:readline",
	  " / pid == 1 / {" },
	{ "uprobe:./a/b:f/pid==1/{", "uprobe:./a/b:f", "/pid==1/{" },
	{ "uprobe:./a/b:f/pid/{", "uprobe:./a/b:f", "/pid/{" },
	{ "uprobe:./a/b:f/pid / {", "uprobe:./a/b:f", "/pid / {" },
	{ "uprobe:./a/b:f/@x[1]/\n{", "uprobe:./a/b:f", "/@x[1]/\n{" },
	{ "uprobe:./a:github.com/x/y.Z {", "uprobe:./a:github.com/x/y.Z", " {" },
	{ "uprobe:./a:m/y.Z, b", "uprobe:./a:m/y.Z", ", b" },
	{ "uprobe:./a:m/y.Z / pid / {", "uprobe:./a:m/y.Z", " / pid / {" },
	{ "u:/usr//lib/*.so:f {", "u:/usr//lib/*.so:f", " {" },
	{ "u:libc:malloc // c\n{", "u:libc:malloc", " // c\n{" },
	{ "kprobe:f// c\n{", "kprobe:f", "// c\n{" },
	{ "kprobe:f/* c */{", "kprobe:f", "/* c */{" },
	{ "usdt:/a/b:ns:p/pid/{", "usdt:/a/b:ns:p", "/pid/{" },
	{ "uprobe:\"/my dir/x\":\"f g,{\" {", "uprobe:\"/my dir/x\":\"f g,{\"", " {" },
	{ "kprobe:\"a\\\"b\"{", "kprobe:\"a\\\"b\"", "{" },
	{ "iter:task:/sys/fs/bpf/x {", "iter:task:/sys/fs/bpf/x", " {" },
	{ "name=kprobe:f {", "kprobe:f", " {" },
	{ "uprobe:a=b:f {", "uprobe:a=b:f", " {" },
	{ "$1:f {", "$1:f", " {" },
	{ "kprobe:f;", "kprobe:f", ";" },
	{ "{", "", "{" },
	{ "", "", "" },
};

TEST(lex_probe_names)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		const char *source = probes[i].source;
		struct token t;
		struct arena a;
		struct diag d;
		struct lex l;

		arena_init(&a);
		diag_init(&d, &a);
		lex_init(&l, &a, source, strlen(source), &d);
		t = lex_probe(&l);
		CHECK_STR(arena_strndup(&a, t.text, t.len), probes[i].name);
		CHECK_STR(source + l.pos, probes[i].rest);
		CHECK_EQ(d.items.n, 0);
		arena_done(&a);
	}
}

static void check_refused(const char *source, size_t len, const char *text, u32 line, u32 col)
{
	struct arena a;
	struct diag d;

	arena_init(&a);
	diag_init(&d, &a);
	CHECK_EQ(lex_check(source, len, &d), -EINVAL);
	CHECK_EQ(d.items.n, 1);
	CHECK_STR(d.items.at[0].text, text);
	CHECK_EQ(d.items.at[0].loc.line, line);
	CHECK_EQ(d.items.at[0].loc.col, col);
	arena_done(&a);
}

TEST(lex_refuses_what_is_no_text)
{
	struct arena a;
	char *big;

	check_refused("a\nb\0c", 5, "the script is not text: it has a byte 0x00", 2, 2);
	check_refused("\x7f"
		      "ELF",
		      4, "the script is not text: it has a byte 0x7f", 1, 1);
	check_refused("a\377", 2, "the script is not UTF-8: it has a byte 0xff", 1, 2);
	check_refused("\303", 1, "the script is not UTF-8: it has a byte 0xc3", 1, 1);
	arena_init(&a);
	big = arena_alloc(&a, LANG_MAX_SOURCE + 1);
	memset(big, ' ', LANG_MAX_SOURCE + 1);
	check_refused(big, LANG_MAX_SOURCE + 1, "the script is larger than 1048576 bytes", 0, 0);
	arena_done(&a);
}
