/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a test case, and what is expected of each. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/pcapfile.h"
#include "base/text.h"
#include "cmd/exec/context.h"
#include "cmd/exec/verdict.h"
#include "cmd/test/plan.h"
#include "isa/prog_type.h"
#include "machine/packet.h"
#include "source/capture.h"
#include "source/sockets.h"

static int add_step(struct test_plan *p, const struct test_step *step)
{
	u32 number = 1;

	if (p->steps.n == TEST_MAX_STEPS)
		return diag_error(p->d, step->line->loc, "a case has at most %d packets",
				  TEST_MAX_STEPS);
	for (size_t i = p->steps.n; i-- > 0;) {
		if (p->steps.at[i].now)
			continue;
		number = p->steps.at[i].in.number + 1;
		break;
	}
	*vec_add(p->arena, &p->steps) = *step;
	p->steps.at[p->steps.n - 1].in.number = number;
	return 0;
}

/* ---- inputs */

static int packet(struct test_plan *p, struct test_step *step)
{
	struct literal l = test_value(p->file, step->line, NULL, p->d);
	u8 *bytes;

	if (literal_hex(&l, p->arena, PACKET_MAX, &bytes, NULL, &step->in.len))
		return -EINVAL;
	if (literal_skip(&l))
		return literal_expected(&l, "bytes in hexadecimal");
	step->in.data = bytes;
	step->in.link_type = PCAPFILE_ETHERNET;
	return add_step(p, step);
}

/* What is told of a packet of a capture: its number is from 1; -EINVAL ends it. */
typedef int (*packet_fn)(struct test_plan *p, const struct test_line *line, u32 number,
			 const struct capture_packet *packet, void *arg);

static int read_capture(struct test_plan *p, const struct test_line *line, const char *path,
			packet_fn fn, void *arg)
{
	struct capture c = { 0 };
	struct capture_packet found;
	struct arena a;
	struct diag d;
	size_t len;
	char *bytes = text_read_file(path, CAPTURE_MAX_BYTES, &len);
	int got;

	if (!bytes)
		return diag_error(p->d, test_plan_loc(p, line), "%s cannot be read: %s", path,
				  strerror(errno));
	arena_init(&a);
	diag_init(&d, &a);
	got = capture_open(&c, &a, path, bytes, len, &d);
	for (u32 n = 1; !got && (got = capture_next(&c, &found, &d)) > 0; n++)
		got = fn(p, line, n, &found, arg);
	if (got < 0 && d.items.n)
		diag_error(p->d, test_plan_loc(p, line), "%s", d.items.at[0].text);
	arena_done(&a);
	free(bytes);
	return got < 0 ? got : 0;
}

struct taking {
	struct test_step step;
	u64 only; /* 0: all */
	u32 taken;
};

static int take_packet(struct test_plan *p, const struct test_line *line, u32 number,
		       const struct capture_packet *found, void *arg)
{
	struct taking *t = arg;
	u8 *copy;

	(void)line;
	if (t->only && t->only != number)
		return 0;
	copy = arena_alloc(p->arena, found->len + 1);
	memcpy(copy, found->data, found->len);
	t->step.in.data = copy;
	t->step.in.len = found->len;
	t->step.in.link_type = found->link_type;
	t->step.in.ns = found->ns;
	t->taken++;
	return add_step(p, &t->step);
}

/* FILE [N] */
static int capture(struct test_plan *p, const struct test_step *step)
{
	const struct test_line *line = step->line;
	char *path = arena_strdup(p->arena, test_text(p->file, line, p->arena));
	struct taking t = { .step = *step };
	char *blank = strrchr(path, ' ');
	int err;

	if (blank && text_u64(blank + 1, &t.only) && t.only) {
		while (blank > path && isspace((unsigned char)*blank))
			*blank-- = '\0';
	}
	err = read_capture(p, line, test_plan_path(p, path), take_packet, &t);
	if (!err && !t.taken)
		err = t.only ? diag_error(p->d, test_plan_loc(p, line), "%s has no packet %llu",
					  path, (unsigned long long)t.only)
			     : diag_error(p->d, test_plan_loc(p, line), "%s has no packets", path);
	return err;
}

/* ---- what contexts are about */

u32 test_plan_socket(struct test_plan *p, const struct test_line *line, const char *text)
{
	struct diag d;
	u32 index;

	diag_init(&d, p->arena);
	if (!sockets_parse_one(&p->socks, text, strlen(text), &d, &index))
		return index + 1;
	diag_error(p->d, test_plan_loc(p, line), "%s",
		   d.items.n ? d.items.at[0].text : "no socket");
	if (d.items.n && d.items.at[0].hint)
		diag_hint(p->d, "%s", d.items.at[0].hint);
	return 0;
}

static int has_no(struct test_plan *p, const struct test_line *line, const char *what)
{
	return diag_error(p->d, line->loc, "the context of %s programs has no %s",
			  prog_type_info(exec_prog(&p->job)->type)->name, what);
}

static int data(struct test_plan *p, const struct test_line *line, bool is_expected,
		struct test_bytes *out)
{
	struct literal l = test_value(p->file, line, NULL, p->d);
	u8 *bytes, *mask = NULL;

	if (!exec_has_data(&p->job))
		return has_no(p, line, "pointers to data");
	if (literal_hex(&l, p->arena, EXEC_MAX_ABOUT, &bytes, is_expected ? &mask : NULL,
			&out->len))
		return -EINVAL;
	if (literal_skip(&l))
		return literal_expected(&l, is_expected ? "bytes in hexadecimal, or '..' for any"
							: "bytes in hexadecimal");
	out->at = bytes;
	out->mask = mask;
	return 0;
}

int test_plan_about(struct test_plan *p, const struct test_line *line)
{
	struct literal l = test_value(p->file, line, NULL, p->d);
	struct test_bytes bytes;

	switch (line->directive) {
	case TEST_SOCKET:
		if (!exec_has_socket(&p->job))
			return has_no(p, line, "socket");
		p->about.socket = test_plan_socket(p, line, test_text(p->file, line, p->arena));
		return p->about.socket ? 0 : -EINVAL;
	case TEST_DATA:
		if (data(p, line, false, &bytes))
			return -EINVAL;
		p->about.data = bytes.at;
		p->about.len = bytes.len;
		return 0;
	default:
		if (!exec_has_sysctl(&p->job))
			return has_no(p, line, "sysctl");
		return exec_sysctl_read(&l, p->arena, &p->about.sysctl);
	}
}

int test_plan_step(struct test_plan *p, const struct test_line *line)
{
	const struct image_prog *prog = exec_prog(&p->job);
	struct test_step step = { .line = line, .ctx = p->ctx, .in.about = p->about };

	if (line->directive == TEST_NOW) {
		const char *text = test_text(p->file, line, p->arena);
		u64 now;

		if (!text_u64(text, &now) || !now)
			return diag_error(p->d, test_plan_loc(p, line),
					  "here goes a time in ns from 1 on");
		if (!p->steps.n || (p->steps.n == 1 && !p->steps.at[0].line))
			p->now = now;
		step.now = now;
		*vec_add(p->arena, &p->steps) = step;
		return 0;
	}
	if (line->directive == TEST_CTX)
		return add_step(p, &step);
	if (!exec_takes_packets(prog->type))
		return diag_error(
			p->d, line->loc,
			"%s is a %s program, which gets no packets: CTX gives it its context",
			prog->name, prog_type_info(prog->type)->name);
	return line->directive == TEST_PACKET ? packet(p, &step) : capture(p, &step);
}

/* ---- what is expected of them */

/* The last step that runs the program; NULL: there is none. */
static struct test_step *last_input(struct test_plan *p)
{
	for (size_t i = p->steps.n; i-- > 0;) {
		if (!p->steps.at[i].now)
			return &p->steps.at[i];
	}
	return NULL;
}

static int verdict(struct test_plan *p, const struct test_line *line, const char *word, u32 *ret)
{
	u32 type = exec_prog(&p->job)->type;
	struct nearest near = nearest_to(word);

	if (exec_verdict_find(type, word, ret, &near))
		return 0;
	diag_error(p->d, test_plan_loc(p, line), "'%s' is no verdict of %s programs", word,
		   prog_type_info(type)->name);
	if (nearest_name(&near))
		diag_hint(p->d, "did you mean '%s'?", nearest_name(&near));
	return -EINVAL;
}

/* One for all packets of the line above, or one for each. */
static int verdicts(struct test_plan *p, const struct test_line *line, const struct test_step *last)
{
	char *words = arena_strdup(p->arena, test_text(p->file, line, p->arena)), *rest = NULL;
	size_t first = p->steps.n, n = 0, of_line = 0;
	u32 ret = 0;
	const char *text = "";
	char *comment = strchr(words, '#');

	if (comment)
		*comment = '\0';
	for (size_t i = 0; i < p->steps.n; i++) {
		if (!p->steps.at[i].now && p->steps.at[i].line == last->line) {
			first = first < i ? first : i;
			of_line++;
		}
	}
	for (char *word = strtok_r(words, " \t\n,", &rest); word;
	     word = strtok_r(NULL, " \t\n,", &rest), n++) {
		if (verdict(p, line, word, &ret))
			return -EINVAL;
		text = word;
		if (n >= of_line)
			continue;
		p->steps.at[first + n].verdict = ret;
		p->steps.at[first + n].verdict_text = word;
		p->steps.at[first + n].expected[TEST_EXPECT_VERDICT] = line;
	}
	for (size_t i = 0; n == 1 && i < of_line; i++) {
		p->steps.at[first + i].verdict = ret;
		p->steps.at[first + i].verdict_text = text;
		p->steps.at[first + i].expected[TEST_EXPECT_VERDICT] = line;
	}
	if (n != 1 && n != of_line)
		return diag_error(p->d, test_plan_loc(p, line),
				  "here are %zu verdicts, but there %s %zu packet%s above", n,
				  of_line == 1 ? "is" : "are", of_line, of_line == 1 ? "" : "s");
	return 0;
}

static int expected_packet(struct test_plan *p, const struct test_line *line,
			   struct test_step *last)
{
	struct literal l = test_value(p->file, line, NULL, p->d);
	u8 *bytes, *mask;

	if (!last->in.data)
		return diag_error(p->d, line->loc, "%s gets no packets", exec_prog(&p->job)->name);
	if (literal_hex(&l, p->arena, PACKET_MAX, &bytes, &mask, &last->packet.len))
		return -EINVAL;
	if (literal_skip(&l))
		return literal_expected(&l, "bytes in hexadecimal, or '..' for any");
	last->packet.at = bytes;
	last->packet.mask = mask;
	return 0;
}

static int expected_context(struct test_plan *p, const struct test_line *line,
			    struct test_step *last)
{
	struct literal l = test_value(p->file, line, p->job.img->btf, p->d);
	u8 *bytes, *mask;

	if (last->in.data)
		return diag_error(p->d, line->loc, "%s gets packets: EXPECT_PACKET is for these",
				  exec_prog(&p->job)->name);
	if (exec_context_read(&l, &p->job, &bytes, &mask, &last->ctx_after.len))
		return -EINVAL;
	last->ctx_after.at = bytes;
	last->ctx_after.mask = mask;
	return 0;
}

static int expected_socket(struct test_plan *p, const struct test_line *line,
			   struct test_step *last)
{
	const char *text = test_text(p->file, line, p->arena);

	if (!strcmp(text, "none"))
		return 0;
	last->socket = test_plan_socket(p, line, text);
	return last->socket ? 0 : -EINVAL;
}

int test_plan_result(struct test_plan *p, const struct test_line *line)
{
	struct test_step *last = last_input(p);

	if (!last) {
		diag_error(p->d, line->loc, "%s stands below the input that it is about",
			   test_directive_name(line->directive));
		diag_hint(p->d, "put PACKET, PCAP or CTX above it");
		return -EINVAL;
	}
	if (last->expected[line->directive])
		return diag_error(p->d, line->loc, "%s is there already for this input",
				  test_directive_name(line->directive));
	if (line->directive == TEST_EXPECT_VERDICT)
		return verdicts(p, line, last);
	last->expected[line->directive] = line;
	switch (line->directive) {
	case TEST_EXPECT_PACKET:
		return expected_packet(p, line, last);
	case TEST_EXPECT_SOCKET:
		return expected_socket(p, line, last);
	case TEST_EXPECT_CTX:
		return expected_context(p, line, last);
	case TEST_EXPECT_DATA:
		return data(p, line, true, &last->data);
	case TEST_EXPECT_SYSCTL:
		return exec_has_sysctl(&p->job) ? 0 : has_no(p, line, "sysctl");
	case TEST_EXPECT_RETVAL:
		if (!text_s64(test_text(p->file, line, p->arena), &last->retval))
			return diag_error(p->d, test_plan_loc(p, line), "here goes a number");
		return 0;
	default: /* EXPECT_REDIRECT: a text */
		return 0;
	}
}

static int expect_packet(struct test_plan *p, const struct test_line *line, u32 number,
			 const struct capture_packet *found, void *arg)
{
	u8 *copy = arena_alloc(p->arena, found->len + 1);

	(void)line, (void)arg;
	if (number > TEST_MAX_STEPS)
		return diag_error(p->d, line->loc, "a case has at most %d packets", TEST_MAX_STEPS);
	memcpy(copy, found->data, found->len);
	*vec_add(p->arena, &p->pcap_packets) = (struct test_bytes){ copy, NULL, found->len };
	return 0;
}

int test_plan_pcap(struct test_plan *p, const struct test_line *line)
{
	return read_capture(p, line, test_plan_path(p, test_text(p->file, line, p->arena)),
			    expect_packet, NULL);
}
