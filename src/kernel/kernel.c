/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel engine: libbpf relocates and loads, everything after that is our own bpf(2).
 *
 * What start-up costs is what libbpf must do. The kernel's BTF (5 MB, some 10 ms) is read only for programs of type
 * tracing and objects with CO-RE relocations. The verifier's log is asked for only once a program was refused,
 * and its buffer is address space until then.
 */
#include "kernel/kernel.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/table.h"
#include "kernel/attach.h"
#include "kernel/detach.h"
#include "kernel/instance.h"
#include "kernel/maps.h"
#include "kernel/multi.h"
#include "kernel/rejection.h"
#include "kernel/warn.h"

/* The most that kernels before 6.4 take, and enough for what they say of a million instructions. */
#define LOG_MAX ((16u << 20) - 1)
#define LOG_MIN (64u << 10)

#define BLOCKED_US 200
#define BLOCKED_LOOKS 25000

#define CONTEXT_SLOTS 12 /* arguments of a raw tracepoint, at most */

void instance_keep(struct instance *k, int link, int perf, bool slow)
{
	*vec_add(&k->arena, &k->attachments) =
		(struct attachment){ .link = link, .perf = perf, .slow = slow };
}

static void kernel_close(void *e)
{
	struct instance *k = e;

	if (!k)
		return;
	detach_all(k);
	maps_release(k);
	bpf_object__close(k->object);
	arena_done(&k->arena);
	free(k);
}

/* Finds each program of the script in the object and says what it is. */
static int match_programs(struct instance *k, struct diag *d)
{
	const struct script *s = k->script;
	struct bpf_program *prog;
	struct table by_name;

	table_init(&by_name, &k->arena);
	bpf_object__for_each_program(prog, k->object)
		table_set_str(&by_name, bpf_program__name(prog), prog);

	k->programs = arena_array(&k->arena, struct instance_program, s->programs.n);
	for (size_t i = 0; i < s->programs.n; i++) {
		const struct script_program *p = &s->programs.at[i];
		struct instance_program *ours = &k->programs[i];

		ours->fd = -1;
		ours->prog = table_get_str(&by_name, p->func);
		if (!ours->prog)
			return diag_error(d, p->loc, "the object has no program %s", p->func);
		ours->multi = multi_possible(k, p);
		bpf_program__set_type(ours->prog, attach_info(p->kind)->prog_type);
		if (p->kind == ATTACH_FENTRY || p->kind == ATTACH_FEXIT)
			continue;
		bpf_program__set_expected_attach_type(
			ours->prog, !ours->multi ? (enum bpf_attach_type)0
				    : p->kind == ATTACH_UPROBE || p->kind == ATTACH_URETPROBE
					    ? (enum bpf_attach_type)MULTI_UPROBE
					    : (enum bpf_attach_type)MULTI_KPROBE);
	}
	return 0;
}

static int open_object(struct instance *k, struct diag *d)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "skep");
	struct buf said = { 0 };
	struct bpf_map *ring;
	int err = 0;

	warn_begin(&said);
	k->object = bpf_object__open_mem(k->elf, k->elf_len, &opts);
	if (!k->object)
		err = errno;
	warn_end();
	if (err)
		diag_error(d, LOC_NONE, "not a BPF object that can be loaded: %s",
			   said.len ? warn_last(&said, d->arena) : strerror(err));
	buf_done(&said);
	if (err)
		return -EINVAL;

	ring = bpf_object__find_map_by_name(k->object, SCRIPT_RINGBUF);
	if (ring && k->opts.ring_size)
		bpf_map__set_max_entries(ring, k->opts.ring_size);
	return match_programs(k, d);
}

static int kernel_open(const void *elf, size_t len, const struct script *script,
		       const struct engine_options *opts, struct diag *d, void **out)
{
	struct instance *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		arena_exhausted();
	arena_init(&k->arena);
	k->elf = elf;
	k->elf_len = len;
	k->script = script;
	k->opts = *opts;
	k->ring.fd = -1;
	k->pace.fd = k->pace.timer = -1;
	k->stack_fd = k->detaching = -1;
	err = open_object(k, d);
	if (err) {
		kernel_close(k);
		return err;
	}
	*out = k;
	return 0;
}

/* Finds the function of each fentry and fexit program in the kernel's BTF. */
static int set_functions(struct instance *k, struct diag *d)
{
	for (size_t i = 0; i < k->script->programs.n; i++) {
		const struct script_program *p = &k->script->programs.at[i];
		const struct script_target *t = &k->script->targets.at[p->first_target];
		int err;

		if (p->kind != ATTACH_FENTRY && p->kind != ATTACH_FEXIT)
			continue;
		if (p->target_count != 1 || !t->func)
			return diag_error(d, p->loc, "%s programs have one function each",
					  attach_info(p->kind)->name);
		if (!feature(&k->features, FEATURE_BTF)) {
			diag_error(d, p->loc,
				   "this kernel has no BTF, which %s probes need "
				   "(CONFIG_DEBUG_INFO_BTF)",
				   attach_info(p->kind)->name);
			diag_hint(d, "kprobe:%s would do instead", t->func);
			return -EOPNOTSUPP;
		}
		err = bpf_program__set_attach_target(k->programs[i].prog, 0, t->func);
		if (err) {
			diag_error(d, p->loc, "the kernel's BTF has no function %s", t->func);
			diag_hint(d, "kprobe:%s may do instead", t->func);
			return err;
		}
	}
	return 0;
}

static int load_object(struct instance *k, struct diag *d)
{
	u32 size = k->opts.log_size ? k->opts.log_size : LOG_MAX;
	struct buf said = { 0 };
	char *log;
	int err;

	size = size > LOG_MAX ? LOG_MAX : size < LOG_MIN ? LOG_MIN : size;
	log = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (log == MAP_FAILED)
		return diag_errno(d, errno, "cannot make room for the verifier's log");
	for (size_t i = 0; i < k->script->programs.n; i++)
		bpf_program__set_log_buf(k->programs[i].prog, log, size);

	warn_begin(&said);
	err = set_functions(k, d);
	if (!err) {
		err = bpf_object__load(k->object);
		log[size - 1] = '\0';
		if (err)
			err = rejection_report(k, -err, log, &said, d);
	}
	warn_end();
	buf_done(&said);
	munmap(log, size);
	return err;
}

static int kernel_load(void *e, struct diag *d)
{
	struct instance *k = e;
	int err = load_object(k, d);

	if (err)
		return err;
	for (size_t i = 0; i < k->script->programs.n; i++)
		k->programs[i].fd = bpf_program__fd(k->programs[i].prog);
	k->elf = NULL;
	attach_prepare(k);
	err = maps_adopt(k);
	if (err)
		return diag_errno(d, -err, "cannot map the program's memory");
	return 0;
}

static int kernel_run(void *e, u32 program)
{
	struct instance *k = e;
	const u64 context[CONTEXT_SLOTS] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = sizeof(context));

	return bpf_prog_test_run_opts(k->programs[program].fd, &opts);
}

static int kernel_events_fd(void *e)
{
	const struct instance *k = e;

	return k->pace.fd;
}

static int kernel_events_consume(void *e, engine_event_fn fn, void *arg)
{
	struct instance *k = e;
	int count = ring_consume(&k->ring, fn, arg), total = count;

	pace_note(&k->pace, &k->ring, count);
	/* A program that was interrupted while it wrote a record holds up all that came after it, and at the end nobody
	 * will look again. */
	for (int i = 0; k->quiet && k->ring.blocked && count >= 0 && i < BLOCKED_LOOKS; i++) {
		usleep(BLOCKED_US);
		count = ring_consume(&k->ring, fn, arg);
		total += count > 0 ? count : 0;
	}
	return count < 0 ? count : total;
}

static void kernel_quiesce(void *e)
{
	struct instance *k = e;

	k->quiet = true;
	detach_begin(k);
}

static void kernel_detach(void *e)
{
	detach_all(e);
}

const struct engine_ops kernel_engine = {
	.name = "kernel",
	.open = kernel_open,
	.load = kernel_load,
	.attach = attach_program,
	.run = kernel_run,
	.events_fd = kernel_events_fd,
	.events_consume = kernel_events_consume,
	.map_open = maps_open,
	.map_next = maps_next,
	.map_lookup = maps_lookup,
	.map_update = maps_update,
	.map_delete = maps_delete,
	.cpu_count = maps_cpu_count,
	.bss = maps_bss,
	.stack = maps_stack,
	.quiesce = kernel_quiesce,
	.detach = kernel_detach,
	.close = kernel_close,
};
