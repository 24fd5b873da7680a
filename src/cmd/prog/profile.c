/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep prog profile: the kernel counts runs and their time for as long as a descriptor is open; what a program has more at the end than
 * at the beginning is told. What the processor counts is read by programs around the one that is measured.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/text.h"
#include "cmd/noun/select.h"
#include "cmd/prog/prog.h"
#include "inspect/counter.h"
#include "inspect/prog.h"

enum metric { METRIC_RUNS, METRIC_TIME, METRICS };

static const char *const metric_names[METRICS] = { "run_cnt", "run_time_ns" };

#define CACHE(cache, result)                                                                       \
	(PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_READ << 8 |                          \
	 PERF_COUNT_HW_CACHE_RESULT_##result << 16)

/* bpftool's, by its names. */
static const struct counter_event counters[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "l1d_loads", PERF_TYPE_HW_CACHE, CACHE(L1D, ACCESS) },
	{ "llc_misses", PERF_TYPE_HW_CACHE, CACHE(LL, MISS) },
	{ "itlb_misses", PERF_TYPE_HW_CACHE, CACHE(ITLB, MISS) },
	{ "dtlb_misses", PERF_TYPE_HW_CACHE, CACHE(DTLB, MISS) },
};

_Static_assert(ARRAY_SIZE(counters) <= PROFILE_EVENTS, "all of them can be counted at once");

struct counts {
	u64 runs, ns, misses;
};

struct target {
	int fd;
	struct prog prog;
	struct counts before, after;
	struct counter *counter; /* NULL: nothing of the processor is counted */
	struct profile_value values[PROFILE_EVENTS];
	u64 runs; /* that they are of */
};

struct job {
	struct noun_args *args;
	struct prog_reader reader;
	vec_of(struct target) targets;
	bool wants[METRICS];
	struct counter_event events[PROFILE_EVENTS]; /* of the processor */
	u32 event_count;
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

static int add_event(struct job *j, const struct counter_event *e)
{
	struct diag *d = j->args->diag;
	int err;

	for (u32 i = 0; i < j->event_count; i++)
		if (j->events[i].name == e->name)
			return 0;
	err = counter_try(e);
	if (err == -ENOENT || err == -EOPNOTSUPP || err == -ENODEV || err == -ENXIO) {
		diag_error(d, LOC_NONE, "this machine's processor has no counter of '%s'", e->name);
		diag_hint(d, "virtual machines mostly have none; run_cnt and run_time_ns are "
			     "counted by the kernel itself");
	} else if (err) {
		diag_errno(d, -err, "'%s' cannot be counted", e->name);
		if (err == -EACCES || err == -EPERM)
			diag_hint(d, "this needs root (CAP_PERFMON)");
	} else {
		j->events[j->event_count++] = *e;
	}
	return err;
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
			return add_event(j, &counters[i]);
	noun_usage(a, "unknown metric '%s'", word);
	if (nearest_name(&near))
		diag_hint(a->diag, "did you mean '%s'?", nearest_name(&near));
	else
		diag_hint(a->diag, "metrics are run_cnt, run_time_ns, cycles, instructions, "
				   "l1d_loads, llc_misses, itlb_misses and dtlb_misses");
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
	if (!j->wants[METRIC_RUNS] && !j->wants[METRIC_TIME] && !j->event_count)
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

static int open_counters(struct job *j)
{
	int err = 0;

	for (size_t i = 0; i < j->targets.n && j->event_count && !err; i++) {
		struct target *t = &j->targets.at[i];

		err = counter_open(t->fd, t->prog.name, j->events, j->event_count, &t->counter,
				   j->args->diag);
	}
	return err;
}

static int read_counters(struct job *j)
{
	int err = 0;

	for (size_t i = 0; i < j->targets.n && !err; i++) {
		struct target *t = &j->targets.at[i];

		if (t->counter)
			err = counter_read(t->counter, t->values, &t->runs);
	}
	return err ? diag_errno(j->args->diag, -err, "what was counted cannot be read") : 0;
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
	err = open_counters(j);
	if (err) {
		close(stats);
		return err;
	}
	for (size_t i = 0; i < j->targets.n; i++)
		j->targets.at[i].before = counts_of(j, &j->targets.at[i]);
	start = now();
	err = wait_for_end(j);
	j->elapsed = now() - start;
	for (size_t i = 0; i < j->targets.n; i++)
		j->targets.at[i].after = counts_of(j, &j->targets.at[i]);
	close(stats);
	if (err)
		return diag_errno(d, -err, "cannot wait");
	return read_counters(j);
}

static void json_metric(struct out *o, const struct target *t, const char *name, u64 runs,
			const struct profile_value *v)
{
	out_json_open(o, NULL, '{');
	out_json_str(o, "metric", name, strlen(name));
	out_json_u64(o, "run_cnt", runs);
	out_json_u64(o, "value", v->counter);
	out_json_u64(o, "enabled", v->enabled);
	out_json_u64(o, "running", v->running);
	out_json_u64(o, "id", t->prog.info.id);
	out_json_str(o, "name", t->prog.name, strlen(t->prog.name));
	out_json_close(o, '}');
}

static void print_json(struct out *o, const struct job *j, const struct target *t,
		       const struct counts *c)
{
	const u64 values[METRICS] = { c->runs, c->ns };

	for (size_t i = 0; i < METRICS; i++) {
		struct profile_value v = { values[i], j->elapsed, j->elapsed };

		if (j->wants[i])
			json_metric(o, t, metric_names[i], c->runs, &v);
	}
	for (u32 i = 0; i < j->event_count; i++)
		json_metric(o, t, j->events[i].name, t->runs, &t->values[i]);
}

/* Where there are more events than counters, each has one for a part of the time: the rest is estimated. */
static double whole_value(const struct profile_value *v)
{
	return v->running ? (double)v->counter * (double)v->enabled / (double)v->running : 0;
}

static void text_events(struct out *o, const struct job *j, const struct target *t)
{
	for (u32 i = 0; i < j->event_count; i++) {
		const struct profile_value *v = &t->values[i];

		out_printf(o, "%20.0f %-12s %.1f a run", whole_value(v), j->events[i].name,
			   t->runs ? whole_value(v) / (double)t->runs : 0.0);
		if (v->running < v->enabled)
			out_printf(o, ", counted %.1f%% of the time",
				   (double)v->running * 100 / (double)v->enabled);
		out_puts(o, "\n");
	}
	if (j->event_count)
		out_printf(o, "%20llu runs were counted\n", (unsigned long long)t->runs);
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
	text_events(o, j, t);
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
	for (size_t i = 0; i < j.targets.n; i++) {
		counter_close(j.targets.at[i].counter);
		close(j.targets.at[i].fd);
	}
	prog_reader_done(&j.reader);
	return err;
}

const struct noun_verb prog_profile = {
	.name = "profile",
	.args = NOUN_SELECT_PROG_ARGS " [duration SECONDS] [METRIC...]",
	.help = "Count a program's runs and the time they take, until Ctrl-C.\n"
		"\n"
		"A METRIC is run_cnt or run_time_ns, which the kernel counts, for all programs, "
		"only\n"
		"while this runs; or what the processor counts: cycles, instructions, l1d_loads,\n"
		"llc_misses, itlb_misses, dtlb_misses. Those are read by programs around the one "
		"that\n"
		"is measured, whose own cost is in part among it.\n",
	.run = run_profile,
};
