/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, and what is done each second: read, write the table or a line of JSON, record. */
#include "cmd/top/top.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "base/text.h"
#include "cmd/live.h"
#include "cmd/top/table.h"

enum { TOP_DONE, TOP_FAILED, TOP_USAGE }; /* exit codes */
enum { HEADS = 4 };                       /* lines of a table that are no programs */

static const struct opt options[] = {
	{ 'i', "interval", "SECONDS", "between tables, 0.1 to 3600 (1)" },
	{ 'n', "count", "COUNT", "end after so many (goes on)" },
	{ 0, "once", NULL, "one table; the same as -n 1" },
	{ 's', "sort", "KEY", "cpu, events, ns, total, insns, memory, id or name (cpu)" },
	{ 't', "type", "TYPE", "only programs of this type; may have * and ?" },
	{ 'r', "record", "FILE", "each reading as a line of JSON into FILE, too" },
	{ 'f', "format", "text|json", "a line of JSON for each reading (text)" },
	{ 'h', "help", NULL, "show this" },
};

struct top {
	struct arena arena;
	struct diag diag;
	struct out out, record;
	struct live live;
	struct cost_meter *meter;
	struct top_filter filter;
	enum top_sort sort;
	const char *file; /* to record into; NULL: none */
	bool is_help;
};

static int bad(struct top *t, const char *hint, const char *fmt, const char *value)
{
	diag_error(&t->diag, LOC_NONE, fmt, value);
	diag_hint(&t->diag, "%s", hint);
	return -EINVAL;
}

static int take_interval(struct top *t, const char *value)
{
	char *end;
	double s = strtod(value, &end);

	if (end == value || *end || !(s >= 0.1 && s <= LIVE_MAX_SECONDS))
		return bad(t, "seconds from 0.1 to 3600", "'%s' is not a time between tables",
			   value);
	t->live.interval_ms = (u32)(s * 1000);
	return 0;
}

static int take_count(struct top *t, const char *value)
{
	u64 n;

	if (!text_u64(value, &n) || !n || n > LIVE_MAX_COUNT)
		return bad(t, "a number from 1 to 1000000", "'%s' is not a count of tables", value);
	t->live.count = (u32)n;
	return 0;
}

static int take_sort(struct top *t, const char *value)
{
	for (enum top_sort s = 0; s < TOP_SORT_COUNT; s++) {
		if (strcmp(value, top_sort_word(s)) != 0)
			continue;
		t->sort = s;
		return 0;
	}
	return bad(t, "keys are cpu, events, ns, total, insns, memory, id and name",
		   "unknown key '%s' to sort by", value);
}

static int take_format(struct top *t, const char *value)
{
	t->out.json = !strcmp(value, "json");
	if (t->out.json || !strcmp(value, "text"))
		return 0;
	return bad(t, "formats are text and json", "unknown format '%s'", value);
}

static int take_option(struct top *t, char letter, const char *value)
{
	switch (letter) {
	case 'i':
		return take_interval(t, value);
	case 'n':
		return take_count(t, value);
	case 's':
		return take_sort(t, value);
	case 't':
		t->filter.type = value;
		return 0;
	case 'r':
		t->file = value;
		return 0;
	case 'f':
		return take_format(t, value);
	case 'h':
		t->is_help = true;
		return 0;
	default: /* --once */
		t->live.count = 1;
		return 0;
	}
}

static int parse(struct top *t, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value = NULL;
	int i;

	t->filter.words = arena_array(&t->arena, char *, (size_t)argc);
	while (state.pos < argc) {
		i = opt_next(&state, options, ARRAY_SIZE(options), &value, &t->diag);
		if (i < -1 || (i >= 0 && take_option(t, options[i].letter, value)))
			return -EINVAL;
		if (i == -1 && state.pos < argc)
			t->filter.words[t->filter.count++] = argv[state.pos++];
	}
	return 0;
}

static void select_rows(struct top *t, struct arena *a, top_rows *rows)
{
	top_select(t->meter, &t->filter, t->sort, a, rows);
}

static void write_table(void *arg)
{
	struct top *t = arg;
	struct arena a;
	top_rows rows;
	size_t width, max;

	arena_init(&a);
	select_rows(t, &a, &rows);
	if (t->out.json) {
		top_json(t->meter, &rows, &t->out);
	} else {
		max = live_rows(&t->live, HEADS, &width);
		live_begin(&t->live);
		top_table(t->meter, &rows, live_is_terminal(&t->live) ? max : SIZE_MAX, width, &a,
			  &t->out);
	}
	arena_done(&a);
}

static int record(struct top *t)
{
	struct arena a;
	top_rows rows;

	arena_init(&a);
	select_rows(t, &a, &rows);
	top_json(t->meter, &rows, &t->record);
	out_flush(&t->record);
	arena_done(&a);
	if (t->record.failed)
		return diag_errno(&t->diag, t->record.error, "cannot write '%s'", t->file);
	return 0;
}

static int read_now(struct top *t)
{
	int err = cost_read(t->meter);

	if (!err)
		return 0;
	diag_errno(&t->diag, -err, "cannot read the system's programs");
	if (err == -EPERM)
		diag_hint(&t->diag, "this needs root (CAP_SYS_ADMIN)");
	return err;
}

static int tick(void *arg)
{
	struct top *t = arg;
	int err = read_now(t);

	if (err)
		return err;
	write_table(t);
	return t->file ? record(t) : 0;
}

static bool key(void *arg, char c)
{
	struct top *t = arg;

	for (enum top_sort s = 0; s < TOP_SORT_COUNT; s++) {
		if (c != top_sort_key(s))
			continue;
		t->sort = s;
		return true;
	}
	return false;
}

static int open_record(struct top *t)
{
	int fd = open(t->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return diag_errno(&t->diag, errno, "cannot create '%s'", t->file);
	out_init(&t->record, fd, true);
	return 0;
}

static int open_meter(struct top *t)
{
	int err;

	t->meter = cost_meter_new();
	if (t->meter)
		return 0;
	err = errno;
	diag_errno(&t->diag, err, "cannot make the kernel count what programs cost");
	diag_hint(&t->diag,
		  err == EPERM ? "this needs root (CAP_SYS_ADMIN)" : "kernels from 5.8 on can");
	return -err;
}

static int run(struct top *t)
{
	int err = open_meter(t);

	if (!err && t->file)
		err = open_record(t);
	if (!err)
		err = read_now(t);
	if (!err)
		err = live_run(&t->live);
	cost_meter_free(t->meter);
	if (t->record.fd >= 0) {
		out_done(&t->record);
		close(t->record.fd);
	}
	return err;
}

static void print_help(void)
{
	fputs("usage: skep top [OPTIONS] [ID|NAME...]\n\n"
	      "Shows each second what every BPF program on the system costs: how often it ran, how "
	      "long a run\n"
	      "takes, how much of a CPU that is, its instructions, its memory with its maps'. NAME "
	      "may have * and\n"
	      "?. The kernel measures only while this runs. On a terminal q ends it, and c e n t x "
	      "m i a sort by\n"
	      "cpu, events, ns, total, insns, memory, id and name.\n\n",
	      stdout);
	opt_help(options, ARRAY_SIZE(options), stdout);
}

int cmd_top(int argc, char **argv)
{
	struct top t = { .record = { .fd = -1 }, .live = { .interval_ms = 1000 } };
	int code = TOP_DONE;

	arena_init(&t.arena);
	diag_init(&t.diag, &t.arena);
	out_init(&t.out, STDOUT_FILENO, false);
	t.live.diag = &t.diag;
	t.live.out = &t.out;
	t.live.tick = tick;
	t.live.key = key;
	t.live.redraw = write_table;
	t.live.arg = &t;
	if (parse(&t, argc, argv))
		code = TOP_USAGE;
	else if (t.is_help)
		print_help();
	else if (run(&t))
		code = TOP_FAILED;
	out_done(&t.out);
	if (t.out.failed && t.out.error != EPIPE) {
		diag_errno(&t.diag, t.out.error, "cannot write");
		code = TOP_FAILED;
	}
	diag_render(&t.diag, stderr);
	arena_done(&t.arena);
	return code;
}
