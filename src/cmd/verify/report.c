/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *	parse.bpf.c:12:9: rejected: xdp_parse: r2: bytes 13 to 15 are read, but only 14 are known to be there [packet-bounds]
 *	    12 |         u16 proto = *(u16 *)(data + 13);
 *	       |                     ^
 *	  at instruction 9: r0 = *(u16 *)(r2 +13)
 *	  where r2 = packet, 14 bytes known to be there
 *	  after  10: if (data + 14 > end)   if r4 > r3 goto +2: not taken
 *	hint: compare with data_end first ...
 */
#include "cmd/verify/report.h"

#include <string.h>

#include "isa/disasm.h"

#define STEPS_SHOWN 8 /* of the path; JSON has all */

void verify_report_source(struct out *o, const struct image_line *line)
{
	if (!line || !line->text[0])
		return;
	out_printf(o, "%6u | %s\n", line->line, line->text);
	if (!line->col || line->col > 200 || line->col > strlen(line->text))
		return;
	out_puts(o, "       | ");
	for (u32 i = 0; i + 1 < line->col; i++)
		out_puts(o, line->text[i] == '\t' ? "\t" : " ");
	out_puts(o, "^\n");
}

static bool is_same(const struct verify_step *a, const struct verify_step *b)
{
	return a->insn == b->insn && !strcmp(a->note, b->note);
}

static void report_step(struct out *o, const struct image_prog *p, const struct verify_step *s,
			size_t times)
{
	const struct image_line *line = image_line(p, s->insn);

	if (line)
		out_printf(o, "  after %s:%u: ", line->file, line->line);
	else
		out_printf(o, "  after instruction %u: ", s->insn);
	out_puts(o, s->note);
	if (times > 1)
		out_printf(o, ", %zu times", times);
	out_puts(o, "\n");
}

/* The last ones; those that repeat each other are one. */
static void report_path(struct out *o, const struct image_prog *p, const struct verify_finding *f)
{
	const struct verify_step *at = f->path.at;
	size_t steps = f->path.n ? f->path.n - 1 : 0; /* the last one is the place itself */
	size_t first = steps, times;

	for (size_t shown = 0; first; first--) {
		shown += first == steps || !is_same(&at[first - 1], &at[first]);
		if (shown > STEPS_SHOWN)
			break;
	}
	if (first)
		out_printf(o, "  after %zu decisions, the last of which are\n", steps);
	for (size_t i = first; i < steps; i += times) {
		for (times = 1; i + times < steps && is_same(&at[i], &at[i + times]);)
			times++;
		report_step(o, p, &at[i], times);
	}
}

static void report_finding(struct out *o, const char *file, const struct image_prog *p,
			   const struct verify_finding *f, const char *verdict)
{
	const struct image_line *line = image_line(p, f->insn);
	struct buf insn = { 0 };

	if (line)
		out_printf(o, "%s:%u:%u: ", line->file, line->line, line->col);
	else
		out_printf(o, "%s: ", file);
	out_printf(o, "%s: %s: %s", verdict, p->name, f->message);
	if (f->category < VERIFY_CATEGORIES)
		out_printf(o, " [%s]", verify_category_name(f->category));
	out_puts(o, "\n");
	verify_report_source(o, line);
	disasm_insn(&insn, &p->insns[f->insn], p->count - f->insn, NULL);
	out_printf(o, "  at instruction %u: %s\n", f->insn, buf_str(&insn));
	buf_done(&insn);
	for (size_t i = 0; i < f->values.n; i++)
		out_printf(o, "  where %s\n", f->values.at[i]);
	report_path(o, p, f);
	if (f->input[0])
		out_printf(o, "  fails with %s\n", f->input);
	if (f->hint[0])
		out_printf(o, "hint: %s\n", f->hint);
}

static void json_str(struct out *o, const char *key, const char *s)
{
	out_json_str(o, key, s, strlen(s));
}

static void json_place(struct out *o, const struct image_prog *p, u32 insn)
{
	const struct image_line *line = image_line(p, insn);

	out_json_u64(o, "insn", insn);
	if (line) {
		json_str(o, "file", line->file);
		out_json_u64(o, "line", line->line);
		out_json_u64(o, "column", line->col);
	}
}

static void json_finding(struct out *o, const struct image_prog *p, const struct verify_finding *f)
{
	out_json_open(o, "finding", '{');
	json_str(o, "category",
		 f->category < VERIFY_CATEGORIES ? verify_category_name(f->category) : "");
	json_str(o, "message", f->message);
	json_str(o, "hint", f->hint);
	json_str(o, "input", f->input);
	json_place(o, p, f->insn);
	out_json_open(o, "values", '[');
	for (size_t i = 0; i < f->values.n; i++)
		json_str(o, NULL, f->values.at[i]);
	out_json_close(o, ']');
	out_json_open(o, "path", '[');
	for (size_t i = 0; i < f->path.n; i++) {
		out_json_open(o, NULL, '{');
		json_place(o, p, f->path.at[i].insn);
		json_str(o, "note", f->path.at[i].note);
		out_json_close(o, '}');
	}
	out_json_close(o, ']');
	out_json_close(o, '}');
}

void verify_report(struct out *o, const char *file, const struct image_prog *p,
		   const struct verify_result *r, bool unprivileged)
{
	if (o->json) {
		out_json_open(o, NULL, '{');
		json_str(o, "program", p->name);
		out_json_bool(o, "accepted", r->accepted);
		out_json_bool(o, "unprivileged", unprivileged);
		out_json_u64(o, "steps", r->steps);
		out_json_u64(o, "states_peak", r->states_peak);
		out_json_u64(o, "stack_depth", r->stack_depth);
		if (!r->accepted)
			json_finding(o, p, &r->finding);
		out_json_close(o, '}');
		out_json_end(o);
	} else if (r->accepted) {
		out_printf(o, "%s: accepted: %s: %u instructions, %llu steps, %llu states\n", file,
			   p->name, p->count, (unsigned long long)r->steps,
			   (unsigned long long)r->states_peak);
	} else {
		report_finding(o, file, p, &r->finding, "rejected");
	}
}

void verify_report_asked(struct out *o, const char *file, const struct image_prog *p,
			 const struct verify_finding *f, bool unprivileged)
{
	if (o->json) {
		out_json_open(o, NULL, '{');
		json_str(o, "program", p->name);
		out_json_bool(o, "kernel_accepted", !f);
		out_json_bool(o, "unprivileged", unprivileged);
		json_str(o, "kernel_reason", f ? f->message : "");
		if (f)
			json_finding(o, p, f);
		out_json_close(o, '}');
		out_json_end(o);
	} else if (f) {
		report_finding(o, file, p, f, "rejected by the kernel");
	} else {
		out_printf(o, "%s: accepted by the kernel: %s\n", file, p->name);
	}
}

const char *verify_report_kernel(char *log)
{
	const char *reason = "";

	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "processed ", 10) != 0 && line[0] != ';' && line[0])
			reason = line;
	}
	return reason;
}
