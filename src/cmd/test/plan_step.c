/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a test case, and what is expected of each. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/pcapfile.h"
#include "base/text.h"
#include "cmd/exec/verdict.h"
#include "cmd/test/plan.h"
#include "isa/prog_type.h"
#include "machine/packet.h"
#include "source/capture.h"

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

int test_plan_step(struct test_plan *p, const struct test_line *line, const u8 *ctx, u32 ctx_len)
{
	const struct image_prog *prog = exec_prog(&p->job);
	struct test_step step = { .line = line, .ctx = ctx, .ctx_len = ctx_len };

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
		p->steps.at[first + n].verdict_line = line;
	}
	for (size_t i = 0; n == 1 && i < of_line; i++) {
		p->steps.at[first + i].verdict = ret;
		p->steps.at[first + i].verdict_text = text;
		p->steps.at[first + i].verdict_line = line;
	}
	if (n != 1 && n != of_line)
		return diag_error(p->d, test_plan_loc(p, line),
				  "here are %zu verdicts, but there %s %zu packet%s above", n,
				  of_line == 1 ? "is" : "are", of_line, of_line == 1 ? "" : "s");
	return 0;
}

int test_plan_result(struct test_plan *p, const struct test_line *line)
{
	struct test_step *last = last_input(p);
	struct literal l = test_value(p->file, line, NULL, p->d);
	u8 *bytes, *mask;

	if (!last) {
		diag_error(p->d, line->loc, "%s stands below the input that it is about",
			   test_directive_name(line->directive));
		diag_hint(p->d, "put PACKET, PCAP or CTX above it");
		return -EINVAL;
	}
	if ((line->directive == TEST_EXPECT_VERDICT && last->verdict_line) ||
	    (line->directive == TEST_EXPECT_PACKET && last->packet_line) ||
	    (line->directive == TEST_EXPECT_REDIRECT && last->redirect_line))
		return diag_error(p->d, line->loc, "%s is there already for this input",
				  test_directive_name(line->directive));
	if (line->directive == TEST_EXPECT_VERDICT)
		return verdicts(p, line, last);
	if (line->directive == TEST_EXPECT_REDIRECT) {
		last->redirect_line = line;
		last->redirect_text = test_text(p->file, line, p->arena);
		return 0;
	}
	if (!last->in.data)
		return diag_error(p->d, line->loc, "%s gets no packets", exec_prog(&p->job)->name);
	if (literal_hex(&l, p->arena, PACKET_MAX, &bytes, &mask, &last->packet.len))
		return -EINVAL;
	if (literal_skip(&l))
		return literal_expected(&l, "bytes in hexadecimal, or '..' for any");
	last->packet.at = bytes;
	last->packet.mask = mask;
	last->packet_line = line;
	return 0;
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
