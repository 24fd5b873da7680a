/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/top/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "isa/prog_type.h"

enum { NAME_WIDTH = 16, TYPE_WIDTH = 16 };

static const struct {
	const char *word;
	char key;
	bool up;
} sorts[] = {
#define SORT(id, word, key, up) { word, key, up },
	TOP_SORTS(SORT)
#undef SORT
};

const char *top_sort_word(enum top_sort sort)
{
	return sorts[sort].word;
}

char top_sort_key(enum top_sort sort)
{
	return sorts[sort].key;
}

static const char *type_of(const struct cost *c)
{
	const struct prog_type_info *info = prog_type_info(c->type);

	return info ? info->name : "?";
}

/* ---- which, and in which order */

static bool passes(const struct top_filter *f, const struct cost *c)
{
	u64 id;

	if (f->type && !text_glob(f->type, type_of(c)))
		return false;
	for (int i = 0; i < f->count; i++)
		if (text_u64(f->words[i], &id) ? id == c->id : text_glob(f->words[i], c->name))
			return true;
	return !f->count;
}

static double sort_value(const struct cost *c, enum top_sort sort)
{
	switch (sort) {
	case TOP_SORT_CPU:
		return cost_cpu(c);
	case TOP_SORT_EVENTS:
		return (double)c->runs;
	case TOP_SORT_EACH:
		return cost_each(c);
	case TOP_SORT_TOTAL:
		return (double)c->total_ns;
	case TOP_SORT_INSNS:
		return c->insns;
	case TOP_SORT_MEMORY:
		return (double)c->memory;
	default:
		return c->id;
	}
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct cost *x = *(const struct cost *const *)a;
	const struct cost *y = *(const struct cost *const *)b;
	enum top_sort sort = *(const enum top_sort *)arg;
	double less = sort_value(x, sort) - sort_value(y, sort);
	int order = less < 0 ? -1 : less > 0;

	if (sort == TOP_SORT_NAME)
		order = strcmp(x->name, y->name);
	if (!order)
		return x->id < y->id ? -1 : 1;
	return sorts[sort].up ? order : -order;
}

void top_select(const struct cost_meter *m, const struct top_filter *f, enum top_sort sort,
		struct arena *a, top_rows *rows)
{
	size_t n;
	const struct cost *all = cost_all(m, &n);

	*rows = (top_rows){ 0 };
	for (size_t i = 0; i < n; i++)
		if (passes(f, &all[i]))
			*vec_add(a, rows) = &all[i];
	if (rows->n)
		qsort_r(rows->at, rows->n, sizeof(*rows->at), compare, &sort);
}

/* ---- text */

static const char *say_bytes(struct arena *a, u64 n)
{
	static const char units[] = " KMGTPE";
	double v = (double)n;
	size_t unit = 0;

	while (v >= 1023.5 && units[unit + 1]) {
		v /= 1024;
		unit++;
	}
	return arena_printf(a, unit && v < 9.95 ? "%.1f %c" : "%.0f %c", v, units[unit]);
}

/* Eight heights of the greatest of them; nothing where it did nothing. */
static void write_history(struct out *o, const struct cost *c)
{
	static const char *const bars[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double most = 0;

	for (size_t i = 0; i < COST_HISTORY; i++)
		most = c->cpu[i] > most ? c->cpu[i] : most;
	for (size_t i = 0; i < COST_HISTORY; i++) {
		size_t height = most > 0 ? (size_t)(c->cpu[i] / most * 8 + 0.5) : 0;

		if (!height && c->cpu[i] > 0)
			height = 1;
		out_puts(o, bars[height]);
	}
}

static void write_summary(const struct cost_meter *m, const top_rows *rows, struct out *o)
{
	double events = 0, cpu = 0;
	u64 misses = 0;
	size_t ran = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const struct cost *c = rows->at[i];

		ran += c->runs > 0;
		events += cost_rate(m, c);
		cpu += cost_cpu(c);
		misses += c->misses;
	}
	out_printf(o, "%zu program%s, %zu ran: %.0f events/s, %.3g %% of a CPU", rows->n,
		   rows->n == 1 ? "" : "s", ran, events, 100 * cpu);
	if (misses)
		out_printf(o, "; %" PRIu64 " runs left out, as the program was running already",
			   misses);
	if (cost_gone(m))
		out_printf(o, "; %u went meanwhile", cost_gone(m));
	out_puts(o, "\n\n");
}

/* What there is left of a line for names, which are all that may be cut. */
static int name_width(const top_rows *rows, size_t max, size_t width)
{
	const int others = 7 + TYPE_WIDTH + 1 + 1 + 10 + 10 + 9 + 9 + 9 + 1 + COST_HISTORY;
	int longest = NAME_WIDTH;

	for (size_t i = 0; i < rows->n && i < max; i++)
		if ((int)strlen(rows->at[i]->name) > longest)
			longest = (int)strlen(rows->at[i]->name);
	if (width && (int)width < others + longest)
		longest = (int)width - others;
	return longest < 8 ? 8 : longest;
}

void top_table(const struct cost_meter *m, const top_rows *rows, size_t max, size_t width,
	       struct arena *a, struct out *o)
{
	int name = name_width(rows, max, width);

	write_summary(m, rows, o);
	out_printf(o, "%6s %-*s %-*s%10s%10s%9s%9s%9s HISTORY\n", "ID", TYPE_WIDTH, "TYPE", name,
		   "NAME", "EVENTS/S", "NS/EVENT", "CPU %", "INSNS", "MEMORY");
	for (size_t i = 0; i < rows->n && i < max; i++) {
		const struct cost *c = rows->at[i];

		out_printf(o, "%6u %-*.*s %-*.*s%10.0f%10.0f%9.3f%9u%9s ", c->id, TYPE_WIDTH,
			   TYPE_WIDTH, type_of(c), name, name, *c->name ? c->name : "-",
			   cost_rate(m, c), cost_each(c), 100 * cost_cpu(c), c->insns,
			   say_bytes(a, c->memory));
		write_history(o, c);
		out_puts(o, "\n");
	}
	if (rows->n > max)
		out_printf(o, "and %zu more\n", rows->n - max);
}

/* ---- JSON */

static void json_program(const struct cost_meter *m, const struct cost *c, struct out *o)
{
	const char *type = type_of(c);

	out_json_open(o, NULL, '{');
	out_json_u64(o, "id", c->id);
	out_json_str(o, "type", type, strlen(type));
	out_json_str(o, "name", c->name, strlen(c->name));
	out_json_f64(o, "events_per_s", cost_rate(m, c), 1);
	out_json_f64(o, "ns_per_event", cost_each(c), 1);
	out_json_f64(o, "cpu_percent", 100 * cost_cpu(c), 4);
	out_json_u64(o, "runs", c->runs);
	out_json_u64(o, "run_time_ns", c->ns);
	out_json_u64(o, "misses", c->misses);
	out_json_u64(o, "total_runs", c->total_runs);
	out_json_u64(o, "total_run_time_ns", c->total_ns);
	out_json_u64(o, "total_misses", c->total_misses);
	out_json_u64(o, "insns", c->insns);
	out_json_u64(o, "bytes_memory", c->memory);
	out_json_close(o, '}');
}

void top_json(const struct cost_meter *m, const top_rows *rows, struct out *o)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out_json_open(o, NULL, '{');
	out_json_f64(o, "time", (double)now.tv_sec + (double)now.tv_nsec / 1e9, 3);
	out_json_f64(o, "interval", cost_interval(m), 3);
	out_json_u64(o, "gone", cost_gone(m));
	out_json_open(o, "programs", '[');
	for (size_t i = 0; i < rows->n; i++)
		json_program(m, rows->at[i], o);
	out_json_close(o, ']');
	out_json_close(o, '}');
	out_json_end(o);
}
