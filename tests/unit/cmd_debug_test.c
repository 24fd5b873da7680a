/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the debugger, and lines of objdump. */
#include <string.h>

#include "cmd/debug/parse.h"
#include "cmd/disasm/native.h"
#include "unit/test.h"

TEST(cmd_debug_lines)
{
	struct debug_line l;
	const char *why;
	char longest[1100];

	CHECK(debug_parse_line(&l, "  x/4xw \t r2+8\n", &why));
	CHECK_STR(l.name, "x");
	CHECK_STR(l.format, "4xw");
	CHECK_EQ(l.count, 1);
	CHECK_STR(l.args[0], "r2+8");
	CHECK(debug_parse_line(&l, " # break 5", &why));
	CHECK_STR(l.name, "");
	CHECK(debug_parse_line(&l, "\n", &why) && !l.count && !*l.name);
	CHECK(debug_parse_line(&l, "break #5", &why) && l.count == 1);
	CHECK(debug_parse_line(&l, "a 1 2 3 4 5 6 7 8", &why) && l.count == 8);
	CHECK(!debug_parse_line(&l, "a 1 2 3 4 5 6 7 8 9", &why));
	memset(longest, 'a', sizeof(longest));
	longest[1023] = '\0';
	CHECK(debug_parse_line(&l, longest, &why));
	longest[1023] = 'a';
	longest[1024] = '\0';
	CHECK(!debug_parse_line(&l, longest, &why));
}

TEST(cmd_debug_places)
{
	struct debug_place p;

	CHECK(debug_parse_place(&p, "17") && p.kind == DEBUG_AT_INSN && p.number == 17);
	CHECK(debug_parse_place(&p, "parse") && p.kind == DEBUG_AT_FUNC);
	CHECK_STR(p.name, "parse");
	CHECK(debug_parse_place(&p, "a/b.c:12") && p.kind == DEBUG_AT_LINE && p.number == 12);
	CHECK_STR(p.name, "a/b.c");
	CHECK(debug_parse_place(&p, ":9") && p.kind == DEBUG_AT_LINE && !*p.name);
	CHECK(!debug_parse_place(&p, "") && !debug_parse_place(&p, "17x"));
	CHECK(!debug_parse_place(&p, "a.c:") && !debug_parse_place(&p, "a.c:0"));
	CHECK(!debug_parse_place(&p, "a.c:-1") && !debug_parse_place(&p, "a.c:4294967296"));
}

TEST(cmd_debug_formats)
{
	struct debug_format f;

	CHECK(debug_parse_format(&f, "") && f.count == 1 && f.size == 8 && f.letter == 'x');
	CHECK(debug_parse_format(&f, "16db") && f.count == 16 && f.size == 1 && f.letter == 'd');
	CHECK(debug_parse_format(&f, "c") && f.size == 1 && f.letter == 'c');
	CHECK(debug_parse_format(&f, "hu") && f.size == 2 && f.letter == 'u');
	CHECK(debug_parse_format(&f, "4096x") && !debug_parse_format(&f, "4097x"));
	CHECK(!debug_parse_format(&f, "0x") && !debug_parse_format(&f, "q"));
	CHECK(!debug_parse_format(&f, "99999999999999999999x"));
}

TEST(cmd_debug_addresses)
{
	struct debug_address a;

	CHECK(debug_parse_address(&a, "0x10") && a.base == DEBUG_NUMBER && a.offset == 16);
	CHECK(debug_parse_address(&a, "r10-8") && a.base == DEBUG_REG && a.reg == 10);
	CHECK_EQ(a.offset, -8);
	CHECK(debug_parse_address(&a, "fp") && a.base == DEBUG_FP && !a.offset);
	CHECK(debug_parse_address(&a, "packet+0x0e") && a.base == DEBUG_PACKET && a.offset == 14);
	CHECK(debug_parse_address(&a, "ctx") && a.base == DEBUG_CTX);
	CHECK(debug_parse_address(&a, "&total+1") && a.base == DEBUG_VARIABLE);
	CHECK_STR(a.name, "total");
	CHECK(debug_parse_address(&a, "rate") && a.base == DEBUG_VARIABLE);
	CHECK(!debug_parse_address(&a, "r11") && !debug_parse_address(&a, ""));
	CHECK(!debug_parse_address(&a, "fp-") && !debug_parse_address(&a, "fp+x"));
	CHECK(!debug_parse_address(&a, "fp--8") && !debug_parse_address(&a, "12q"));
}

TEST(cmd_disasm_objdump_lines)
{
	char line[] = "  1f:\tmov    rax,rbx  \n", head[] = "0000000000000000 <.data>:";
	char bare[] = "  20:\t", other[] = "x.bin:     file format binary";
	struct native_insn insn;

	CHECK(native_read_line(line, &insn) && insn.at == 0x1f);
	CHECK_STR(insn.text, "mov    rax,rbx");
	CHECK(!native_read_line(head, &insn) && !native_read_line(bare, &insn));
	CHECK(!native_read_line(other, &insn));
}
