/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures our machine beside native code and the kernel: bench/machine.sh builds what it needs and says how to use it.
 *
 *	machine-meter [-n SAMPLES] [-m FILE] [-d FOLDER] OBJECTS [PROGRAM...]
 *
 * A sample is as many runs as take SAMPLE_NS. The engines take turns, a sample each, so that what else the machine does meets
 * all of them; of each one the median counts. A ratio is to the faster of the two natives, in the same turn; its median too.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/engine.h"
#include "machine/code.h"

enum { SAMPLE_NS = 200000, MAX_SAMPLES = 1001, KERNEL_SAMPLES = 8 };

static const struct {
	const char *name;
	double bar; /* geometric mean of ratios; 0: none */
} engines[ENGINES] = {
	{ "gcc -O2", 0 },      { "clang -O2", 0 }, { "JIT", 1.25 },
	{ "interpreter", 20 }, { "checked", 0 },   { "kernel", 0 },
};

#define BAR_COMPILE_US 100

#define PROGRAM(name, what)                                                                        \
	int gcc_##name(void *ctx);                                                                 \
	int clang_##name(void *ctx);
#include "bench/machine/programs.def"
#undef PROGRAM
static struct subject subjects[] = {
#define PROGRAM(name, what) { #name, what, { gcc_##name, clang_##name }, NULL, 0, 0, "" },
#include "bench/machine/programs.def"
#undef PROGRAM
};
enum { CELLS = ENGINES + 3, SUBJECTS = sizeof(subjects) / sizeof(subjects[0]) };

struct figures {
	double ns[ENGINES];    /* of one run; 0: it does not run there */
	double ratio[ENGINES]; /* to the faster native code, likewise */
	enum engine native;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void check_result(const struct subject *s, enum engine e, u32 result)
{
	static u32 want;

	if (e == ENGINE_GCC)
		want = result;
	if (result == want)
		return;
	fprintf(stderr, "bench: %s: %s has 0x%x, not 0x%x\n", s->name, engines[e].name, result,
		want);
	exit(1);
}

/* Runs that take a sample's time, and the same result everywhere. */
static u32 how_many(struct subject *s, enum engine e)
{
	u32 n = 1, result;

	subject_run(s, e, 100, &result);
	check_result(s, e, result);
	while (n < 1u << 24 && subject_run(s, e, n, &result) < SAMPLE_NS / 2)
		n *= 2;
	return n;
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return values[n / 2];
}

static struct figures measure(struct subject *s, int samples)
{
	static double ns[ENGINES][MAX_SAMPLES], ratios[MAX_SAMPLES], sorted[MAX_SAMPLES];
	struct figures f = { 0 };
	u32 n[ENGINES] = { 0 }, result;
	int taken[ENGINES], step = samples / KERNEL_SAMPLES + 1;

	for (enum engine e = 0; e < ENGINES; e++) {
		if (subject_has(s, e))
			n[e] = e == ENGINE_KERNEL ? 4 * n[0] : how_many(s, e);
		taken[e] = e == ENGINE_KERNEL ? (samples + step - 1) / step : samples;
	}
	for (int i = 0; i < samples; i++) {
		for (enum engine e = 0; e < ENGINES; e++) {
			if (!n[e] || (e == ENGINE_KERNEL && i % step))
				continue;
			ns[e][taken[e] == samples ? i : i / step] =
				subject_run(s, e, n[e], &result) / n[e];
			check_result(s, e, result);
		}
	}
	for (enum engine e = 0; e < ENGINES; e++) {
		memcpy(sorted, ns[e], sizeof(sorted));
		f.ns[e] = n[e] ? median(sorted, taken[e]) : 0;
	}
	f.native = f.ns[ENGINE_GCC] < f.ns[ENGINE_CLANG] ? ENGINE_GCC : ENGINE_CLANG;
	for (enum engine e = 0; e < ENGINES; e++) {
		for (int i = 0; i < taken[e]; i++)
			ratios[i] = ns[e][i] / ns[f.native][taken[e] == samples ? i : i * step];
		f.ratio[e] = n[e] ? median(ratios, taken[e]) : 0;
	}
	return f;
}

/* ---- the table */

static void show(FILE *md, const char *const *cells, int count)
{
	for (int i = 0; i < count; i++)
		printf(i ? "%12s" : "%-18s", cells[i]);
	printf("\n");
	for (int i = 0; md && i < count; i++)
		fprintf(md, "| %s%s", cells[i], i + 1 < count ? " " : " |\n");
}

static void show_heads(FILE *md)
{
	const char *cells[CELLS] = { "program" };

	for (int e = 0; e < ENGINES; e++)
		cells[e + 1] = engines[e].name;
	cells[CELLS - 2] = "compile";
	cells[CELLS - 1] = "bytes";
	show(md, cells, CELLS);
	if (md)
		fprintf(md, "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
}

static void show_row(FILE *md, const struct subject *s, const struct figures *f)
{
	char text[CELLS][24];
	const char *cells[CELLS];

	snprintf(text[0], sizeof(text[0]), "%s", s->what);
	for (int e = 0; e < ENGINES; e++) {
		if (e < ENGINE_JIT)
			snprintf(text[e + 1], sizeof(text[0]), "%.1f ns", f->ns[e]);
		else if (f->ns[e] > 0)
			snprintf(text[e + 1], sizeof(text[0]), "%.2f", f->ratio[e]);
		else
			snprintf(text[e + 1], sizeof(text[0]), "-");
	}
	snprintf(text[CELLS - 2], sizeof(text[0]), "%.1f us", s->compile_us);
	snprintf(text[CELLS - 1], sizeof(text[0]), "%zu", s->bytes);
	for (int i = 0; i < CELLS; i++)
		cells[i] = text[i];
	show(md, cells, CELLS);
}

static bool judge(FILE *md, const char *what, double is, double bar, const char *unit)
{
	bool met = is <= bar;
	FILE *const to[] = { stdout, md };

	for (int i = 0; i < 2 && to[i]; i++)
		fprintf(to[i], "%s%s: %.2f%s, bar %.4g%s: %s\n", i ? "- " : "", what, is, unit, bar,
			unit, met ? "PASS" : "MISSED");
	return met;
}

/* Whether all bars are met. */
static bool summary(FILE *md, const struct figures *f, const bool *is_wanted)
{
	double slowest = 0, logs[ENGINES] = { 0 };
	int count[ENGINES] = { 0 };
	bool ok = true;

	for (int i = 0; i < SUBJECTS; i++) {
		if (is_wanted[i] && subjects[i].compile_us > slowest)
			slowest = subjects[i].compile_us;
		for (int e = ENGINE_JIT; is_wanted[i] && e < ENGINES; e++) {
			if (f[i].ns[e] > 0) {
				logs[e] += log(f[i].ratio[e]);
				count[e]++;
			}
		}
	}
	printf("\n");
	if (md)
		fprintf(md, "\nGeometric means of the ratios to the faster native code:\n\n");
	for (int e = ENGINE_JIT; e < ENGINES; e++) {
		double mean = count[e] ? exp(logs[e] / count[e]) : 0;

		if (engines[e].bar > 0) {
			ok &= judge(md, engines[e].name, mean, engines[e].bar, "");
			continue;
		}
		printf("%s: %.2f (%d programs)\n", engines[e].name, mean, count[e]);
		if (md)
			fprintf(md, "- %s: %.2f (%d programs)\n", engines[e].name, mean, count[e]);
	}
	ok &= judge(md, "compiling, the slowest", slowest, BAR_COMPILE_US, " us");
	for (int i = 0; i < SUBJECTS; i++) {
		if (is_wanted[i] && !strcmp(subjects[i].name, "hashmap") &&
		    f[i].ns[ENGINE_KERNEL] > 0)
			ok &= judge(md, "hash map, look-up and update, to the kernel's",
				    f[i].ns[ENGINE_JIT] / f[i].ns[ENGINE_KERNEL], 1, "");
	}
	return ok;
}

static void dump(const struct subject *s, const struct code *c, const char *folder)
{
	char path[512];
	u64 at;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.bin", folder, s->name);
	memcpy(&at, &c->native, sizeof(at));
	f = fopen(path, "wbe");
	if (!f || fwrite((const void *)(uintptr_t)at, 1, c->native_size, f) != c->native_size)
		perror(path);
	if (f)
		fclose(f);
}

static bool is_named(const char *name, char **argv)
{
	for (int i = 0; argv[i]; i++) {
		if (!strcmp(argv[i], name))
			return true;
	}
	return !argv[0];
}

int main(int argc, char **argv)
{
	const char *folder = NULL, *page = NULL;
	struct figures figures[SUBJECTS] = { 0 };
	bool is_wanted[SUBJECTS];
	int samples = 61, option;
	FILE *md;

	while ((option = getopt(argc, argv, "n:m:d:")) >= 0) {
		if (option == 'n')
			samples = atoi(optarg);
		else if (option == 'm')
			page = optarg;
		else if (option == 'd')
			folder = optarg;
		else
			return 2;
	}
	if (optind == argc || samples < 1 || samples > MAX_SAMPLES) {
		fprintf(stderr, "usage: machine-meter [-n SAMPLES] [-m FILE] [-d FOLDER] OBJECTS "
				"[PROGRAM...]\n");
		return 2;
	}
	md = page ? fopen(page, "we") : NULL;
	if (md)
		fprintf(md, "Medians of %d samples.\n\n", samples);
	show_heads(md);
	for (int i = 0; i < SUBJECTS; i++) {
		struct subject *s = &subjects[i];
		char path[512];

		is_wanted[i] = is_named(s->name, argv + optind + 1);
		if (!is_wanted[i])
			continue;
		snprintf(path, sizeof(path), "%s/%s.o", argv[optind], s->name);
		subject_open(s, path);
		if (folder)
			dump(s, subject_code(s), folder);
		figures[i] = measure(s, samples);
		show_row(md, s, &figures[i]);
		if (s->reason[0])
			fprintf(stderr, "bench: %s: %s\n", s->name, s->reason);
	}
	option = summary(md, figures, is_wanted) ? 0 : 1;
	for (int i = 0; i < SUBJECTS; i++) {
		if (is_wanted[i])
			subject_close(&subjects[i]);
	}
	if (md)
		fclose(md);
	return option;
}
