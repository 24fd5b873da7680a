/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/tracelog.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { TASK_WIDTH = 16 };

/* What is left of a line. */
struct rest {
	const char *at, *end;
};

static void skip_blanks(struct rest *r)
{
	while (r->at < r->end && *r->at == ' ')
		r->at++;
}

static bool take(struct rest *r, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0)
		return false;
	r->at += len;
	return true;
}

static bool take_number(struct rest *r, u64 max, u64 *out)
{
	const char *start = r->at;
	u64 v = 0;

	for (; r->at < r->end && isdigit((u8)*r->at); r->at++) {
		if (v > (max - (u64)(*r->at - '0')) / 10)
			return false;
		v = v * 10 + (u64)(*r->at - '0');
	}
	*out = v;
	return r->at > start;
}

static bool take_u32(struct rest *r, u32 *out)
{
	u64 v;

	if (!take_number(r, UINT32_MAX, &v))
		return false;
	*out = (u32)v;
	return true;
}

/* Up to a blank or a colon. */
static struct tracelog_text take_word(struct rest *r)
{
	struct tracelog_text t = { r->at, 0 };

	while (r->at < r->end && *r->at != ' ' && *r->at != ':')
		r->at++;
	t.len = (size_t)(r->at - t.at);
	return t;
}

static bool take_task(struct rest *r, struct tracelog *out)
{
	size_t blanks = 0;

	if (r->end - r->at <= TASK_WIDTH || r->at[TASK_WIDTH] != '-')
		return false;
	while (blanks < TASK_WIDTH && r->at[blanks] == ' ')
		blanks++;
	out->task = (struct tracelog_text){ r->at + blanks, TASK_WIDTH - blanks };
	r->at += TASK_WIDTH + 1;
	return take_u32(r, &out->pid);
}

/* The option record-tgid adds "(   2310)", or dashes where it is not known. */
static void skip_group(struct rest *r)
{
	const char *close;

	skip_blanks(r);
	if (r->at == r->end || *r->at != '(')
		return;
	close = memchr(r->at, ')', (size_t)(r->end - r->at));
	if (close)
		r->at = close + 1;
	skip_blanks(r);
}

static bool is_time(const struct tracelog_text *t)
{
	for (size_t i = 0; i < t->len; i++)
		if (!isdigit((u8)t->at[i]) && t->at[i] != '.')
			return false;
	return t->len;
}

static bool parse_event(struct rest r, struct tracelog *out)
{
	if (!take_task(&r, out))
		return false;
	skip_group(&r);
	if (!take(&r, "[") || !take_u32(&r, &out->cpu) || !take(&r, "] "))
		return false;
	skip_blanks(&r);
	out->flags = take_word(&r);
	skip_blanks(&r);
	/* The option irq-info may be off: then there are no flags. */
	if (r.at < r.end && *r.at == ':') {
		out->time = out->flags;
		out->flags.len = 0;
	} else {
		out->time = take_word(&r);
	}
	if (!is_time(&out->time) || !take(&r, ": "))
		return false;
	out->function = take_word(&r);
	if (!take(&r, ":"))
		return false;
	take(&r, " ");
	out->text = (struct tracelog_text){ r.at, (size_t)(r.end - r.at) };
	return true;
}

static bool parse_lost(struct rest r, struct tracelog *out)
{
	return take(&r, "CPU:") && take_u32(&r, &out->cpu) && take(&r, " [LOST ") &&
	       take_number(&r, UINT64_MAX, &out->lost) && take(&r, " EVENTS]");
}

void tracelog_parse(const char *line, size_t len, struct tracelog *out)
{
	struct rest r = { line, line + len };

	*out = (struct tracelog){ .kind = TRACELOG_EVENT };
	if (parse_event(r, out))
		return;
	*out = (struct tracelog){ .kind = TRACELOG_LOST };
	if (parse_lost(r, out))
		return;
	*out = (struct tracelog){ .kind = TRACELOG_TEXT, .text = { line, len } };
}

int tracelog_open(void)
{
	static const char *const places[] = { "/sys/kernel/tracing/trace_pipe",
					      "/sys/kernel/debug/tracing/trace_pipe" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int fd = open(places[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0 || errno != ENOENT)
			return fd < 0 ? -errno : fd;
	}
	return -ENODEV;
}
