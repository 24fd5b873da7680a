/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep prog profile: the kernel counts runs and their time for as long as a descriptor is open; what a program has more at the end than
 * at the beginning is told.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/text.h"
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "inspect/prog.h"

enum metric { METRIC_RUNS, METRIC_TIME, METRICS };

static const char *const metric_names[METRICS] = { "run_cnt", "run_time_ns" };

#define CACHE(cache, result)                                                                       \
	(PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_READ << 8 |                          \
	 PERF_COUNT_HW_CACHE_RESULT_##result << 16)

/* bpftool's, which need programs of the processor's counters around the one that is measured. */
static const struct {
	const char *name;
	u32 type, config; /* of the event of perf */
} counters[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "l1d_loads", PERF_TYPE_HW_CACHE, CACHE(L1D, ACCESS) },
	{ "llc_misses", PERF_TYPE_HW_CACHE, CACHE(LL, MISS) },
	{ "itlb_misses", PERF_TYPE_HW_CACHE, CACHE(ITLB, MISS) },
	{ "dtlb_misses", PERF_TYPE_HW_CACHE, CACHE(DTLB, MISS) },
};

struct counts {
	u64 runs, ns, misses;
};

struct target {
	int fd;
	struct prog prog;
	struct counts before, after;
};

struct job {
	struct noun_args *args;
	struct prog_reader reader;
	vec_of(struct target) targets;
	bool wants[METRICS];
	u64 seconds; /* 0: until Ctrl-C */
	u64 elapsed; /* ns */
};

static int add_target(void *arg, int fd, u32 id)
{
	struct job *j = arg;
	struct target t = { .fd = dup(fd) };
	int err;

	if (t.fd < 0)
		return -errno;
	err = prog_read(&j->reader, fd, id, &t.prog);
	if (err) {
		close(t.fd);
		return diag_errno(j->args->diag, -err, "cannot read program %u", id);
	}
	*vec_add(j->args->arena, &j->targets) = t;
	return 0;
}

/* Whether the processor counts it: 0 or -errno. */
static int try_counter(u32 type, u32 config)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = type, .config = config, .disabled = 1
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int refuse_counter(struct noun_args *a, const char *name, u32 type, u32 config)
{
	int err = try_counter(type, config);

	if (err == -ENOENT || err == -EOPNOTSUPP || err == -ENODEV || err == -ENXIO) {
		diag_error(a->diag, LOC_NONE, "this machine's processor has no counter of '%s'",
			   name);
		diag_hint(a->diag, "virtual machines mostly have none; run_cnt and run_time_ns are "
				   "counted by the kernel itself");
	} else {
		diag_error(a->diag, LOC_NONE, "'%s' of the processor is not counted for programs",
			   name);
		diag_hint(a->diag, "run_cnt and run_time_ns are, by the kernel itself");
	}
	return -EOPNOTSUPP;
}

static int take_metric(struct job *j)
{
	struct noun_args *a = j->args;
	const char *word = noun_next(a);
	struct nearest near = nearest_to(word);

	for (size_t i = 0; i < METRICS; i++) {
		if (!strcmp(word, metric_names[i])) {
			j->wants[i] = true;
			return 0;
		}
		nearest_try(&near, metric_names[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (!strcmp(word, counters[i].name))
			return refuse_counter(a, word, counters[i].type, counters[i].config);
	noun_usage(a, "unknown metric '%s'", word);
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(a->diag, "metrics are run_cnt and run_time_ns");
	return -EINVAL;
}

static int read_words(struct job *j)
{
	struct noun_args *a = j->args;
	struct select which;
	int err = noun_select(a, HANDLE_PROG, &which);

	if (!err && which.by == SELECT_ALL) {
		noun_usage(a, "which program is missing");
		diag_hint(a->diag, "name it by its id, its name, its tag or its pin");
		return -EINVAL;
	}
	while (!err && noun_peek(a)) {
		if (noun_take(a, "duration")) {
			err = noun_need_u64(a, "the duration in seconds", 1000000, &j->seconds);
			if (!err && !j->seconds)
				err = noun_usage(a, "the duration is one second at least");
		} else {
			err = take_metric(j);
		}
	}
	if (!j->wants[METRIC_RUNS] && !j->wants[METRIC_TIME])
		j->wants[METRIC_RUNS] = j->wants[METRIC_TIME] = true;
	return err ? err : select_each(&which, add_target, j, a->diag);
}

static struct counts counts_of(struct job *j, const struct target *t)
{
	struct prog p;

	if (prog_read(&j->reader, t->fd, t->prog.info.id, &p))
		return (struct counts){ 0 };
	return (struct counts){ p.info.run_cnt, p.info.run_time_ns, p.info.recursion_misses };
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void on_signal(void *arg, int signo, u32 pid)
{
	(void)signo, (void)pid;
	loop_stop(arg);
}

static int wait_for_end(const struct job *j)
{
	struct loop *l = loop_new();
	int err;

	if (!l)
		return -errno;
	err = loop_add_signal(l, SIGINT, on_signal, l);
	if (!err)
		err = loop_add_signal(l, SIGTERM, on_signal, l);
	if (!err && j->seconds)
		err = loop_add_timer(l, j->seconds * 1000000000, stop, l);
	if (!err)
		err = loop_run(l, NULL, NULL);
	loop_free(l);
	return err;
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static int measure(struct job *j)
{
	struct diag *d = j->args->diag;
	int stats = prog_count_runs(), err;
	u64 start;

	if (stats < 0) {
		diag_errno(d, -stats, "the kernel does not count runs");
		if (stats == -EPERM)
			diag_hint(d, "this needs root (CAP_SYS_ADMIN)");
		return stats;
	}
	for (size_t i = 0; i < j->targets.n; i++)
		j->targets.at[i].before = counts_of(j, &j->targets.at[i]);
	start = now();
	err = wait_for_end(j);
	j->elapsed = now() - start;
	for (size_t i = 0; i < j->targets.n; i++)
		j->targets.at[i].after = counts_of(j, &j->targets.at[i]);
	close(stats);
	return err ? diag_errno(d, -err, "cannot wait") : 0;
}

static void print_json(struct out *o, const struct job *j, const struct target *t,
		       const struct counts *c)
{
	const u64 values[METRICS] = { c->runs, c->ns };

	for (size_t i = 0; i < METRICS; i++) {
		if (!j->wants[i])
			continue;
		out_json_open(o, NULL, '{');
		out_json_str(o, "metric", metric_names[i], strlen(metric_names[i]));
		out_json_u64(o, "run_cnt", c->runs);
		out_json_u64(o, "value", values[i]);
		out_json_u64(o, "enabled", j->elapsed);
		out_json_u64(o, "running", j->elapsed);
		out_json_u64(o, "id", t->prog.info.id);
		out_json_str(o, "name", t->prog.name, strlen(t->prog.name));
		out_json_close(o, '}');
	}
}

static void print_text(struct out *o, const struct job *j, const struct target *t,
		       const struct counts *c)
{
	double seconds = (double)j->elapsed / 1e9;

	out_printf(o, "%u: %s\n", t->prog.info.id, *t->prog.name ? t->prog.name : "(no name)");
	if (j->wants[METRIC_RUNS])
		out_printf(o, "%20llu run_cnt      %.1f a second\n", (unsigned long long)c->runs,
			   (double)c->runs / seconds);
	if (j->wants[METRIC_TIME])
		out_printf(o, "%20llu run_time_ns  %.1f ns a run, %.3f%% of a CPU\n",
			   (unsigned long long)c->ns,
			   c->runs ? (double)c->ns / (double)c->runs : 0.0,
			   (double)c->ns * 100 / (double)j->elapsed);
	if (c->misses)
		out_printf(o, "%20llu recursion_misses\n", (unsigned long long)c->misses);
}

static void print(const struct job *j)
{
	struct out *o = j->args->out;

	if (o->json)
		out_json_open(o, NULL, '[');
	for (size_t i = 0; i < j->targets.n; i++) {
		const struct target *t = &j->targets.at[i];
		struct counts c = { t->after.runs - t->before.runs, t->after.ns - t->before.ns,
				    t->after.misses - t->before.misses };

		if (o->json)
			print_json(o, j, t, &c);
		else
			print_text(o, j, t, &c);
	}
	if (o->json) {
		out_json_close(o, ']');
		out_json_end(o);
	}
}

static int run_profile(struct noun_args *a)
{
	struct job j = { .args = a };
	int err;

	prog_reader_init(&j.reader, a->arena);
	err = read_words(&j);
	if (!err)
		err = measure(&j);
	if (!err)
		print(&j);
	for (size_t i = 0; i < j.targets.n; i++)
		close(j.targets.at[i].fd);
	prog_reader_done(&j.reader);
	return err;
}

const struct noun_verb prog_profile = {
	.name = "profile",
	.args = NOUN_SELECT_PROG_ARGS " [duration SECONDS] [run_cnt] [run_time_ns]",
	.help = "Count a program's runs and the time they take, until Ctrl-C.\n"
		"\n"
		"The kernel counts, for all programs, only while this runs. What the processor\n"
		"counts (cycles and the like) is not told: only programs around the one that is\n"
		"measured could read it, and their own cost would be in it.\n",
	.run = run_profile,
};
