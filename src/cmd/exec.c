/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep exec: runs a program of a BPF object on packets or a context, and shows what comes of it.
 *
 *	object ─► image ─► verifier ─► machine or kernel, or both ─► a line an input, summary, what was sent, maps
 */
#include "cmd/exec.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/text.h"
#include "btf/rawvalue.h"
#include "cmd/compile.h"
#include "cmd/exec_coverage.h"
#include "cmd/exec_log.h"
#include "cmd/exec_maps.h"
#include "cmd/exec_options.h"
#include "cmd/exec_output.h"
#include "cmd/exec_report.h"
#include "cmd/exec_verdict.h"
#include "cmd/verify_report.h"
#include "isa/ctx.h"
#include "isa/prog_type.h"
#include "machine/packet.h"
#include "verify/verify.h"

struct exec {
	struct arena arena;
	struct diag diag;
	struct exec_options opts;
	struct exec_job job;
	struct exec_inputs inputs;
	struct exec_engine engines[2]; /* the second one is compared with */
	u32 engine_count;
	struct exec_report report;
	struct exec_output output;
	struct exec_log log, other_log; /* other: of the second engine, which is not shown */
	struct out out;
	bool failed; /* something was told that makes the exit code 1 */
};

/* ---- which program */

static int choose_program(struct exec *x, const struct image *img)
{
	const char *name = x->opts.program;
	struct nearest near = nearest_to(name ? name : "");
	struct buf all = { 0 };
	s32 found = name ? image_find_prog(img, name) : img->progs.n == 1 ? 0 : IMAGE_NONE;

	if (found >= 0) {
		x->job.prog = (u32)found;
		return 0;
	}
	for (size_t i = 0; i < img->progs.n; i++) {
		buf_printf(&all, "%s%s", i ? ", " : "", img->progs.at[i].name);
		nearest_try(&near, img->progs.at[i].name);
	}
	if (!img->progs.n)
		diag_error(&x->diag, LOC_NONE, "%s has no program", x->opts.file);
	else if (!name)
		diag_error(&x->diag, LOC_NONE, "%s has %zu programs: say which one", x->opts.file,
			   img->progs.n);
	else
		diag_error(&x->diag, LOC_NONE, "%s has no program %s", x->opts.file, name);
	if (name && nearest_name(&near))
		diag_hint(&x->diag, "did you mean '%s'?", nearest_name(&near));
	else if (img->progs.n)
		diag_hint(&x->diag, "it has %s", buf_str(&all));
	buf_done(&all);
	return -EINVAL;
}

/* ---- whether it may run */

static int judge(struct exec *x, u32 prog, const struct verify_options *how)
{
	const struct image *img = x->job.img;
	const struct image_prog *p = &img->progs.at[prog];
	struct verify_result r;
	int err = verify_program(&x->arena, img, prog, how, &r, &x->diag);

	if (!err && r.accepted)
		return 0;
	if (!err) {
		verify_report(&x->out, x->opts.file, p, &r);
		diag_error(&x->diag, LOC_NONE, "%s is not run, as it is rejected", p->name);
	}
	diag_hint(&x->diag, "--no-verify runs it all the same, and stops it where it does harm");
	return -EINVAL;
}

/* The program, and those that it can get to by program arrays. */
static int judge_all(struct exec *x, const struct rawbtf *kernel)
{
	const struct verify_options how = { .privileged = true, .kernel = kernel };
	const struct image *img = x->job.img;
	bool *wanted = arena_array(&x->arena, bool, img->progs.n);

	wanted[x->job.prog] = true;
	for (size_t i = 0; i < img->maps.n; i++) {
		const struct image_map *m = &img->maps.at[i];

		for (size_t k = 0; m->type == BPF_MAP_TYPE_PROG_ARRAY && k < m->slots.n; k++) {
			if (m->slots.at[k].index >= 0 &&
			    (size_t)m->slots.at[k].index < img->progs.n)
				wanted[m->slots.at[k].index] = true;
		}
	}
	for (u32 i = 0; i < img->progs.n; i++) {
		if (wanted[i] && judge(x, i, &how))
			return -EINVAL;
	}
	return 0;
}

/* Programs with pointers to the kernel's structs would follow them to nowhere. */
static bool may_compile(u32 type)
{
	const u64 types = PROGS(XDP) | PROGS_TC | PROGS_LWT | PROGS(SOCKET_FILTER) |
			  PROGS(CGROUP_SKB) | PROGS_RAW_TP | PROGS(KPROBE) | PROGS(TRACEPOINT) |
			  PROGS(SYSCALL);

	return type < 64 && types >> type & 1;
}

static enum machine_mode choose_mode(const struct exec *x)
{
	switch (x->opts.mode) {
	case EXEC_MODE_JIT:
		return MACHINE_JIT;
	case EXEC_MODE_INTERPRET:
		return MACHINE_INTERPRET;
	case EXEC_MODE_CHECKED:
		return MACHINE_CHECKED;
	default:
		if (x->opts.no_verify || !may_compile(exec_prog(&x->job)->type))
			return MACHINE_CHECKED;
		return x->opts.coverage ? MACHINE_INTERPRET : MACHINE_JIT;
	}
}

/* ---- what it runs on */

static int take_context(struct exec *x)
{
	const struct prog_type_info *type = prog_type_info(exec_prog(&x->job)->type);
	const struct ctx_info *ctx = ctx_info((enum ctx_id)type->ctx);
	struct exec_bytes bytes;

	if (!x->opts.ctx)
		return 0;
	if (exec_hex(&x->arena, "--ctx", x->opts.ctx, UINT32_MAX, &bytes, &x->diag))
		return -EINVAL;
	if (bytes.len > ctx->size)
		return diag_error(&x->diag, LOC_NONE,
				  "--ctx: %u bytes, but the context of %s programs (%s) has %u",
				  bytes.len, type->name, ctx->name, ctx->size);
	x->job.ctx = bytes.at;
	x->job.ctx_len = bytes.len;
	return 0;
}

static int take_inputs(struct exec *x)
{
	const struct image_prog *p = exec_prog(&x->job);
	bool has_packets = x->opts.packets.n || x->opts.pcap;

	for (size_t i = 0; i < x->opts.packets.n; i++) {
		if (exec_hex(&x->arena, "--packet", x->opts.packets.at[i], PACKET_MAX,
			     vec_add(&x->arena, &x->inputs.packets), &x->diag))
			return -EINVAL;
	}
	if (!exec_takes_packets(p->type)) {
		if (has_packets || x->opts.output || x->opts.ifindex)
			return diag_error(
				&x->diag, LOC_NONE,
				"%s is a %s program, which gets no packets: --ctx gives it its "
				"context",
				p->name, prog_type_info(p->type)->name);
		x->inputs.is_bare = true;
		return 0;
	}
	if (!has_packets) {
		diag_error(&x->diag, LOC_NONE, "%s is a %s program: it needs packets", p->name,
			   prog_type_info(p->type)->name);
		diag_hint(&x->diag, "--packet HEX gives one, --pcap FILE those of a capture file");
		return -EINVAL;
	}
	return x->opts.pcap ? exec_inputs_open(&x->inputs, &x->arena, x->opts.pcap, &x->diag) : 0;
}

static void take_task(struct exec *x)
{
	struct run_task *task = &x->job.task;
	const struct run_task *given = &x->opts.task;

	task->pid = task->tgid = (u32)getpid();
	task->uid = getuid();
	task->gid = getgid();
	prctl(PR_GET_NAME, task->comm);
	if (given->pid)
		task->pid = task->tgid = given->pid;
	if (given->comm[0])
		memcpy(task->comm, given->comm, sizeof(task->comm));
}

static int take_cpus(struct exec *x)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 1 || cpus > MAP_MAX_CPUS)
		cpus = 1;
	if (x->opts.cpu >= (u32)cpus)
		return diag_error(&x->diag, LOC_NONE,
				  "there is no CPU %u: this machine has 0 to %d", x->opts.cpu,
				  cpus - 1);
	x->job.cpu = x->opts.cpu;
	x->job.cpus = (u32)cpus;
	return 0;
}

/* "struct event" or "event", as the object's BTF has it. */
static int take_record(struct exec *x, u32 *type)
{
	const char *name = x->opts.record;
	const struct rawbtf *btf = x->job.img->btf;
	struct rawbtf_iter it = { 0 };
	const struct btf_type *t;

	if (!name)
		return 0;
	if (!strncmp(name, "struct ", 7))
		name += 7;
	while (btf && (t = rawbtf_next(btf, &it))) {
		if (!strcmp(rawbtf_str(btf, t->name_off), name) && rawvalue_size(btf, it.id)) {
			*type = it.id;
			return 0;
		}
	}
	diag_error(&x->diag, LOC_NONE, "--record: there is no type '%s' in %s", name, x->opts.file);
	diag_hint(&x->diag,
		  "compilers keep types of maps, variables and functions only: declare "
		  "const struct %s *unused __attribute__((unused));",
		  name);
	return -EINVAL;
}

static int prepare(struct exec *x, const struct rawbtf *kernel)
{
	const struct image_prog *p = exec_prog(&x->job);

	if (!prog_type_info(p->type))
		return diag_error(&x->diag, LOC_NONE,
				  "%s: section '%s' does not say what type of program it is",
				  p->name, p->section);
	x->job.mode = choose_mode(x);
	x->job.count_hits = x->opts.coverage;
	x->job.repeat = x->opts.repeat;
	x->job.ifindex = x->opts.ifindex;
	take_task(x);
	if (take_cpus(x) || take_context(x) || take_inputs(x) ||
	    take_record(x, &x->log.record_type))
		return -EINVAL;
	/* What only the kernel runs it judges by itself. */
	return x->opts.no_verify || x->opts.in_kernel ? 0 : judge_all(x, kernel);
}

/* ---- running */

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
	struct buf text = { 0 };
	int err;

	if (!x->opts.coverage)
		return 0;
	err = exec_output_open(&w, x->opts.coverage, &x->diag);
	if (err)
		return err;
	exec_coverage(&x->engines[0], &text);
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

	x->job.img = img;
	err = choose_program(x, img);
	if (!err)
		err = prepare(x, kernel);
	if (err)
		return err;
	x->engine_count = x->opts.compare ? 2 : 1;
	x->engines[0] = (struct exec_engine){ x->opts.in_kernel ? &exec_kernel : &exec_machine,
					      &x->job, NULL };
	x->engines[1] = (struct exec_engine){ &exec_kernel, &x->job, NULL };
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
	char *elf = compile_read(x->opts.file, &len, &x->diag);

	if (!elf)
		return -EINVAL;
	exec_log_init(&x->log);
	exec_log_init(&x->other_log);
	if (rawbtf_open("/sys/kernel/btf/vmlinux", NULL, &kernel))
		kernel = NULL;
	x->job.file = x->opts.file;
	x->job.elf = elf;
	x->job.elf_len = len;
	struct image_options how = { .kernel = kernel };
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
