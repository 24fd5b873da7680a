/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep exec: runs a program of a BPF object on packets or a context, and shows what comes of it.
 *
 *	object ─► image ─► verifier ─► machine or kernel, or both ─► a line an input, summary, what was sent, maps
 */
#include "cmd/exec/exec.h"

#include <stdlib.h>
#include <unistd.h>

#include "cmd/exec/coverage.h"
#include "cmd/exec/maps.h"
#include "cmd/exec/prepare.h"

static void run_engine(struct exec *x, u32 i, const struct exec_input *in, struct exec_result *r)
{
	struct exec_engine *e = &x->engines[i];
	struct exec_log *log = i ? &x->other_log : &x->log;

	log->input = in->number;
	e->ops->run(e, in, r);
	log->lost = e->ops->drain(e, exec_log_add, log);
}

/* What the kernel does not run at all is not run by the machine either, so that their maps stay comparable. */
static void run_input(struct exec *x, const struct exec_input *in)
{
	struct exec_result results[2] = { 0 };
	bool is_compared = x->engine_count > 1;

	if (is_compared)
		run_engine(x, 1, in, &results[1]);
	if (results[1].outcome == EXEC_REFUSED) {
		exec_report_input(&x->report, in, &results[1]);
	} else {
		run_engine(x, 0, in, &results[0]);
		exec_report_input(&x->report, in, &results[0]);
		if (is_compared)
			exec_report_compare(&x->report, in, &results[0], &results[1]);
	}
	if (results[0].outcome == EXEC_RAN)
		exec_output_packet(&x->output, exec_prog(&x->job)->type, in, &results[0]);
	buf_done(&results[0].why);
	buf_done(&results[1].why);
}

static void compare_ends(struct exec *x)
{
	u32 maps = exec_maps_compare(&x->engines[0], &x->engines[1], &x->out);
	bool logs = x->log.printed != x->other_log.printed || x->log.sent != x->other_log.sent;

	x->failed |= maps || logs || x->report.differing;
	if (x->out.json) {
		out_json_open(&x->out, NULL, '{');
		out_json_str(&x->out, "type", "comparison", 10);
		out_json_bool(&x->out, "agree", !maps && !logs && !x->report.differing);
		out_json_u64(&x->out, "inputs", x->report.differing);
		out_json_u64(&x->out, "maps", maps);
		out_json_bool(&x->out, "sent", logs);
		out_json_close(&x->out, '}');
		out_json_end(&x->out);
		return;
	}
	if (logs)
		out_printf(&x->out,
			   "differs: machine printed %llu lines and sent %llu records, kernel %llu "
			   "and %llu\n",
			   (unsigned long long)x->log.printed, (unsigned long long)x->log.sent,
			   (unsigned long long)x->other_log.printed,
			   (unsigned long long)x->other_log.sent);
	if (x->report.differing || maps || logs)
		out_printf(&x->out, "machine and kernel differ: %llu inputs, %u maps\n",
			   (unsigned long long)x->report.differing, maps);
	else
		out_puts(&x->out, "machine and kernel agree\n");
}

static int write_coverage(struct exec *x)
{
	struct exec_output w = { 0 };
	struct exec_coverage coverage = { .arena = &x->arena };
	struct buf text = { 0 };
	int err;

	if (!x->opts.coverage)
		return 0;
	err = exec_output_open(&w, x->opts.coverage, &x->diag);
	if (err)
		return err;
	exec_coverage_add(&coverage, &x->engines[0]);
	exec_coverage_write(&coverage, &text);
	if (!text.len)
		diag_warning(&x->diag, LOC_NONE,
			     "%s has no line information, so %s is empty: compile with -g",
			     x->opts.file, x->opts.coverage);
	out_write(&w.file, buf_str(&text), text.len);
	buf_done(&text);
	w.has_head = true;
	return exec_output_close(&w, &x->diag);
}

static int run_all(struct exec *x)
{
	struct exec_input in;
	int got, err = 0;

	x->report = (struct exec_report){ .o = &x->out, .job = &x->job, .quiet = x->opts.quiet };
	if (x->opts.output)
		err = exec_output_open(&x->output, x->opts.output, &x->diag);
	for (u32 i = 0; !err && i < x->engine_count; i++)
		err = x->engines[i].ops->open(&x->engines[i]);
	if (err)
		return err;
	while ((got = exec_inputs_next(&x->inputs, &in, &x->diag)) > 0)
		run_input(x, &in);
	if (x->engines[0].ops->timers)
		x->report.timers = x->engines[0].ops->timers(&x->engines[0], &x->report.timer_wait);
	exec_report_summary(&x->report, &x->inputs);
	exec_log_print(&x->log, &x->out, x->job.img);
	if (x->engine_count > 1)
		compare_ends(x);
	else
		exec_maps_print(&x->engines[0], &x->out);
	if (x->output.path && !x->out.json)
		out_printf(&x->out, "\npackets written to %s: %llu\n", x->output.path,
			   (unsigned long long)x->output.written);
	if (x->output.other)
		diag_warning(&x->diag, LOC_NONE,
			     "%llu packets are not in %s: their link type is another than the "
			     "first one's",
			     (unsigned long long)x->output.other, x->output.path);
	x->failed |=
		x->report.trapped || (x->report.refused && (!x->opts.compare || !x->report.ran));
	err = exec_output_close(&x->output, &x->diag);
	return write_coverage(x) || err || got < 0 ? -EINVAL : 0;
}

static int exec_image(struct exec *x, const struct image *img, const struct rawbtf *kernel)
{
	int err;

	err = exec_prepare(x, img, kernel);
	if (err)
		return err;
	x->engine_count = x->opts.compare ? 2 : 1;
	x->engines[0] = (struct exec_engine){ x->opts.in_kernel ? &exec_kernel : &exec_machine,
					      &x->job, NULL, NULL };
	x->engines[1] = (struct exec_engine){ &exec_kernel, &x->job, NULL, NULL };
	err = run_all(x);
	for (u32 i = 0; i < x->engine_count; i++)
		x->engines[i].ops->close(&x->engines[i]);
	return err;
}

static int exec_object(struct exec *x)
{
	struct rawbtf *kernel = NULL;
	struct image img;
	size_t len;
	char *elf = clang_read(&x->arena, x->opts.file, &x->opts.clang, &len, &x->diag);

	if (!elf)
		return -EINVAL;
	exec_log_init(&x->log);
	exec_log_init(&x->other_log);
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		kernel = NULL;
	x->job.file = x->opts.file;
	x->job.elf = elf;
	x->job.elf_len = len;
	struct image_options how = { .name = x->opts.file, .kernel = kernel };
	int err = image_open(&img, &x->arena, elf, len, &how, &x->diag);
	if (!err) {
		err = exec_image(x, &img, kernel);
		image_done(&img);
	}
	exec_log_done(&x->log);
	exec_log_done(&x->other_log);
	exec_inputs_done(&x->inputs);
	rawbtf_free(kernel);
	free(elf);
	return err;
}

int cmd_exec(int argc, char **argv)
{
	struct exec x = { 0 };
	int code = 0;

	arena_init(&x.arena);
	diag_init(&x.diag, &x.arena);
	x.job.arena = &x.arena;
	x.job.diag = &x.diag;
	if (exec_options_parse(&x.opts, &x.arena, argc, argv, &x.diag)) {
		code = 2;
	} else if (x.opts.help) {
		exec_options_help();
	} else {
		out_init(&x.out, STDOUT_FILENO, x.opts.json);
		code = exec_object(&x) || x.failed;
		out_done(&x.out);
	}
	diag_render(&x.diag, stderr);
	arena_done(&x.arena);
	return code;
}
