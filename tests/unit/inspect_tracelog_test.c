/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of trace_pipe in the forms that options of tracefs give them. */
#include "inspect/tracelog.h"

#include <string.h>

#include "unit/test.h"

static bool is(const struct tracelog_text *t, const char *text)
{
	return t->len == strlen(text) && !memcmp(t->at, text, t->len);
}

static struct tracelog parse(const char *line)
{
	struct tracelog t;

	tracelog_parse(line, strlen(line), &t);
	return t;
}

TEST(tracelog_event)
{
	struct tracelog t = parse(
		"            bash-2310    [001] b..11  3362.660754: bpf_trace_printk: hello: [1]");

	CHECK_EQ(t.kind, TRACELOG_EVENT);
	CHECK(is(&t.task, "bash"));
	CHECK_EQ(t.pid, 2310);
	CHECK_EQ(t.cpu, 1);
	CHECK(is(&t.flags, "b..11"));
	CHECK(is(&t.time, "3362.660754"));
	CHECK(is(&t.function, "bpf_trace_printk"));
	CHECK(is(&t.text, "hello: [1]"));
}

TEST(tracelog_names_of_tasks_have_all_letters)
{
	struct tracelog t =
		parse(" my-1 [0] task-x-77      [012] .....     1.000001: bpf_trace_printk: ");

	CHECK_EQ(t.kind, TRACELOG_EVENT);
	CHECK(is(&t.task, "my-1 [0] task-x"));
	CHECK_EQ(t.pid, 77);
	CHECK_EQ(t.cpu, 12);
	CHECK(is(&t.text, ""));
}

TEST(tracelog_options_of_tracefs)
{
	struct tracelog t = parse("           <...>-9       (-------) [000] d...    "
				  "10.000000: sched_switch: a ==> b");

	CHECK_EQ(t.kind, TRACELOG_EVENT);
	CHECK(is(&t.task, "<...>"));
	CHECK(is(&t.flags, "d..."));
	CHECK(is(&t.function, "sched_switch"));
	t = parse("           <...>-9       [000]   123456: bpf_trace_printk: x");
	CHECK_EQ(t.kind, TRACELOG_EVENT);
	CHECK(is(&t.flags, ""));
	CHECK(is(&t.time, "123456"));
	CHECK(is(&t.text, "x"));
}

TEST(tracelog_lost_and_other_lines)
{
	struct tracelog t = parse("CPU:3 [LOST 1099939 EVENTS]");

	CHECK_EQ(t.kind, TRACELOG_LOST);
	CHECK_EQ(t.cpu, 3);
	CHECK_EQ(t.lost, 1099939);
	t = parse("a second line of what was printed");
	CHECK_EQ(t.kind, TRACELOG_TEXT);
	CHECK(is(&t.text, "a second line of what was printed"));
	CHECK_EQ(parse("").kind, TRACELOG_TEXT);
	CHECK_EQ(parse("CPU:3 [LOST 99999999999999999999 EVENTS]").kind, TRACELOG_TEXT);
	CHECK_EQ(parse("            bash-99999999999 [001] b..11  1.1: f: x").kind, TRACELOG_TEXT);
	CHECK_EQ(parse("            bash-1 [001] b..11  x.1: f: x").kind, TRACELOG_TEXT);
	CHECK_EQ(parse("            bash-").kind, TRACELOG_TEXT);
}
