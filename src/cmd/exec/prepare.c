/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec/prepare.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/text.h"
#include "btf/rawvalue.h"
#include "cmd/exec/about.h"
#include "cmd/exec/verdict.h"
#include "cmd/verify/report.h"
#include "isa/ctx.h"
#include "isa/helper.h"
#include "isa/insn.h"
#include "isa/kfunc.h"
#include "isa/prog_type.h"
#include "machine/packet.h"
#include "source/cgroups.h"
#include "source/lines.h"
#include "source/routes.h"
#include "source/sockets.h"
#include "verify/verify.h"

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
		verify_report(&x->out, x->opts.file, p, &r, false);
		diag_error(&x->diag, LOC_NONE, "%s is not run, as it is rejected", p->name);
	}
	diag_hint(&x->diag, "--no-verify runs it all the same, and stops it where it does harm");
	return -EINVAL;
}

void exec_reachable(const struct image *img, u32 prog, bool *wanted)
{
	wanted[prog] = true;
	for (size_t i = 0; i < img->maps.n; i++) {
		const struct image_map *m = &img->maps.at[i];

		for (size_t k = 0; m->type == BPF_MAP_TYPE_PROG_ARRAY && k < m->slots.n; k++) {
			if (m->slots.at[k].index >= 0 &&
			    (size_t)m->slots.at[k].index < img->progs.n)
				wanted[m->slots.at[k].index] = true;
		}
	}
}

static int judge_all(struct exec *x, const struct rawbtf *kernel)
{
	const struct verify_options how = { .privileged = true,
					    .is_apart = true,
					    .kernel = kernel };
	const struct image *img = x->job.img;
	bool *wanted = arena_array(&x->arena, bool, img->progs.n);

	exec_reachable(img, x->job.prog, wanted);
	for (u32 i = 0; i < img->progs.n; i++) {
		if (wanted[i] && judge(x, i, &how))
			return -EINVAL;
	}
	return 0;
}

/* Helpers that hand out the kernel's own structs, of which there is but an address here. */
static bool gives_struct(s32 helper)
{
	const struct helper_info *h = helper_info((u32)helper);

	return h &&
	       (h->result->kind == HELPER_KIND_BTF || h->result->kind == HELPER_KIND_BTF_TRUSTED);
}

/* Whether it asks for a function that the kernel has and the machine has not: then it goes where the verifier has not been. */
static bool misses(const struct image *img, const struct bpf_insn *i)
{
	u32 index = (u32)i->imm;

	return insn_is_ld_imm64(i) && i->src_reg == BPF_PSEUDO_BTF_ID && index < img->externs.n &&
	       img->externs.at[index].is_func && !run_find_kfunc(img->externs.at[index].name);
}

/* Likewise a kernel function: of objects there are the program's own alone. */
static bool gives_kernel_struct(const struct image *img, const struct bpf_insn *i)
{
	const struct kfunc_info *k =
		i->src_reg == BPF_PSEUDO_KFUNC_CALL && (u32)i->imm < img->externs.n
			? kfunc_info(img->externs.at[i->imm].name)
			: NULL;

	return k && (k->flags & KFUNC_ACQUIRE) && !(k->flags & (KFUNC_OBJECT | KFUNC_GRAPH));
}

static bool needs_more(const struct image *img)
{
	for (size_t i = 0; i < img->progs.n; i++) {
		const struct image_prog *p = &img->progs.at[i];

		for (u32 k = 0; k < p->count; k++) {
			if (p->insns[k].code == (BPF_JMP | BPF_CALL) && !p->insns[k].src_reg &&
			    gives_struct(p->insns[k].imm))
				return true;
			if (misses(img, &p->insns[k]) ||
			    (p->insns[k].code == (BPF_JMP | BPF_CALL) &&
			     gives_kernel_struct(img, &p->insns[k])))
				return true;
			k += insn_is_ld_imm64(&p->insns[k]);
		}
	}
	return false;
}

/* Programs with pointers to the kernel's structs would follow them to nowhere. */
bool exec_may_compile(const struct image *img, u32 prog)
{
	const u64 types = PROGS(XDP) | PROGS_TC | PROGS_LWT | PROGS(SOCKET_FILTER) |
			  PROGS(CGROUP_SKB) | PROGS_RAW_TP | PROGS(KPROBE) | PROGS(TRACEPOINT) |
			  PROGS(SYSCALL) | PROGS_CGROUP_CURRENT | PROGS(SOCK_OPS) | PROGS(SK_SKB) |
			  PROGS(SK_MSG) | PROGS(SK_LOOKUP) | PROGS(SK_REUSEPORT);

	u32 type = img->progs.at[prog].type;

	return type < 64 && types >> type & 1 && !needs_more(img);
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
		if (x->opts.no_verify || !exec_may_compile(x->job.img, x->job.prog))
			return MACHINE_CHECKED;
		return x->opts.coverage ? MACHINE_INTERPRET : MACHINE_JIT;
	}
}

/* ---- what it runs on */

static int take_inputs(struct exec *x)
{
	const struct image_prog *p = exec_prog(&x->job);
	bool has_packets = x->opts.packets.n || x->opts.pcap;

	for (size_t i = 0; i < x->opts.packets.n; i++) {
		if (hex_read(&x->arena, "--packet", x->opts.packets.at[i], PACKET_MAX,
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

void exec_own_task(struct run_task *task)
{
	task->pid = task->tgid = (u32)getpid();
	task->uid = getuid();
	task->gid = getgid();
	prctl(PR_GET_NAME, task->comm);
}

static void take_task(struct exec *x)
{
	struct run_task *task = &x->job.task;
	const struct run_task *given = &x->opts.task;

	exec_own_task(task);
	if (given->pid)
		task->pid = task->tgid = given->pid;
	if (given->comm[0])
		memcpy(task->comm, given->comm, sizeof(task->comm));
}

u32 exec_cpus(void)
{
	int cpus = libbpf_num_possible_cpus();

	return cpus < 1 || cpus > MAP_MAX_CPUS ? 1 : (u32)cpus;
}

static int take_cpus(struct exec *x)
{
	u32 cpus = exec_cpus();

	if (x->opts.cpu >= cpus)
		return diag_error(&x->diag, LOC_NONE,
				  "there is no CPU %u: this machine has 0 to %u", x->opts.cpu,
				  cpus - 1);
	x->job.cpu = x->opts.cpu;
	x->job.cpus = cpus;
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

/* The text of a file, which becomes the source of lines; NULL with a message. */
static const char *read_lines(struct arena *a, const char *path, size_t *len, struct diag *lines)
{
	char *text = text_read_file(path, LINES_MAX_BYTES, len), *copy;

	diag_init(lines, a);
	if (!text) {
		diag_errno(lines, errno, "%s cannot be read", path);
		return NULL;
	}
	copy = arena_alloc(a, *len + 1);
	memcpy(copy, text, *len);
	free(text);
	diag_set_source(lines, path, copy, *len);
	return copy;
}

int exec_routes(struct fib *fib, struct arena *a, const char *path, struct diag *lines)
{
	size_t len;
	const char *text = read_lines(a, path, &len, lines);

	fib->arena = a;
	return text ? routes_parse(fib, text, len, lines) : -EINVAL;
}

int exec_cgroups(struct cgroups *cgroups, struct arena *a, const char *path, struct diag *lines,
		 u64 *current)
{
	size_t len;
	const char *text = read_lines(a, path, &len, lines);

	cgroups_init(cgroups, a);
	return text ? cgroups_parse(cgroups, text, len, lines, current) : -EINVAL;
}

int exec_sockets(struct socks *socks, struct arena *a, const char *path, struct diag *lines)
{
	size_t len;
	const char *text = read_lines(a, path, &len, lines);

	socks->arena = a;
	return text ? sockets_parse(socks, text, len, lines) : -EINVAL;
}

static int take_routes(struct exec *x)
{
	struct diag lines;
	int err;

	if (!x->opts.routes)
		return 0;
	x->job.fib = &x->fib;
	err = exec_routes(&x->fib, &x->arena, x->opts.routes, &lines);
	diag_render(&lines, stderr);
	return err;
}

static int take_cgroups(struct exec *x)
{
	struct diag lines;
	int err;

	if (!x->opts.cgroups)
		return 0;
	x->job.cgroups = &x->cgroups;
	err = exec_cgroups(&x->cgroups, &x->arena, x->opts.cgroups, &lines, &x->job.task.cgroup);
	diag_render(&lines, stderr);
	return err;
}

static int take_about(struct exec *x)
{
	const struct exec_about_texts texts = { x->opts.ctx, x->opts.sockets, x->opts.socket,
						x->opts.data, x->opts.sysctl };

	return exec_about_read(&texts, &x->job, &x->socks, &x->inputs.about);
}

int exec_prepare(struct exec *x, const struct image *img, const struct rawbtf *kernel)
{
	const struct image_prog *p;

	x->job.img = img;
	x->job.kernel = kernel;
	if (choose_program(x, img))
		return -EINVAL;
	p = exec_prog(&x->job);
	if (!prog_type_info(p->type))
		return diag_error(&x->diag, LOC_NONE,
				  "%s: section '%s' does not say what type of program it is",
				  p->name, p->section);
	x->job.mode = choose_mode(x);
	x->job.count_hits = x->opts.coverage;
	x->job.repeat = x->opts.repeat;
	x->job.ifindex = x->opts.ifindex;
	x->job.now = x->opts.now;
	take_task(x);
	if (take_cpus(x) || take_inputs(x) || take_routes(x) || take_cgroups(x) || take_about(x) ||
	    take_record(x, &x->log.record_type))
		return -EINVAL;
	/* What only the kernel runs it judges by itself. */
	return x->opts.no_verify || x->opts.in_kernel ? 0 : judge_all(x, kernel);
}
