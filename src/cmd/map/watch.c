/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map watch: looks at a map again and again, and prints what has changed in between. */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "cmd/map/entry.h"
#include "cmd/map/look.h"
#include "cmd/map/verb.h"
#include "cmd/map/watch.h"

struct watch {
	struct noun_args *a;
	struct loop *loop;
	const struct mapinfo *m;
	struct map_entry e;
	struct map_look look;
	int err;
	u64 most; /* looks */
	char time[24];
};

static void set_time(struct watch *w)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	n = strftime(w->time, sizeof(w->time), "%H:%M:%S", &tm);
	snprintf(w->time + n, sizeof(w->time) - n, ".%03ld", now.tv_nsec / 1000000);
}

static void print(void *arg, const u8 *key, const u8 *value, const u8 *old)
{
	struct watch *w = arg;
	struct out *o = w->a->out;
	const char *name = !old ? "added" : value ? "changed" : "deleted";

	if (o->json) {
		out_json_open(o, NULL, '{');
		out_json_str(o, "time", w->time, strlen(w->time));
		out_json_str(o, "change", name, strlen(name));
		out_json_key(o, "entry", 5);
		map_entry_print(&w->e, key, value ? value : old);
		if (value && old) {
			out_json_key(o, "was", 3);
			map_entry_print(&w->e, key, old);
		}
		out_json_close(o, '}');
		out_json_end(o);
		return;
	}
	out_printf(o, "%s %c ", w->time, !old ? '+' : value ? '~' : '-');
	map_entry_put_key(&w->e, key);
	out_puts(o, ": ");
	if (old)
		map_entry_put_value(&w->e, old);
	if (old && value)
		out_puts(o, " -> ");
	if (value)
		map_entry_put_value(&w->e, value);
	out_puts(o, "\n");
}

static int look(struct watch *w)
{
	int err;

	set_time(w);
	err = map_look(&w->look, print, w);
	if (!err && w->look.looks == 1 && !w->a->out->json)
		out_printf(w->a->out, "%s watching %u entries of map %u, until Ctrl-C\n", w->time,
			   w->look.snap.n, w->m->info.id);
	return err;
}

static void tick(void *arg)
{
	struct watch *w = arg;

	w->err = look(w);
	if (w->err || w->a->out->failed || (w->most && w->look.looks > w->most))
		loop_stop(w->loop);
}

static void stop(void *arg, int signo, u32 sender)
{
	(void)signo;
	(void)sender;
	loop_stop(((struct watch *)arg)->loop);
}

static void idle(void *arg)
{
	out_idle(((struct watch *)arg)->a->out);
}

static int watch(struct watch *w, u64 interval)
{
	int err = look(w);

	if (err)
		return err;
	err = loop_add_timer(w->loop, interval, tick, w);
	if (!err)
		err = loop_add_signal(w->loop, SIGINT, stop, w);
	if (!err)
		err = loop_add_signal(w->loop, SIGTERM, stop, w);
	if (!err)
		err = loop_run(w->loop, idle, w);
	if (err)
		return diag_errno(w->a->diag, -err, "cannot wait");
	return w->err;
}

static int watch_changes(struct noun_args *a, int fd, const struct mapinfo *m)
{
	const struct map_watch_options *o = a->own;
	struct watch w = { .a = a, .m = m, .most = o->looks };
	int err = map_look_init(&w.look, a, fd, m);

	map_entry_init(&w.e, a, m, o->addresses);
	if (!err) {
		w.loop = loop_new();
		err = w.loop ? watch(&w, o->interval ? o->interval : 1000000000ull)
			     : diag_errno(a->diag, errno, "cannot wait");
	}
	if (w.loop)
		loop_free(w.loop);
	map_look_done(&w.look);
	map_entry_done(&w.e);
	return err;
}

enum { OPT_ADDRESSES, OPT_INTERVAL, OPT_COUNT, OPT_TOP, OPT_BY, OPT_ONCE };

static const struct opt options[] = {
	{ 'a', "addresses", NULL, "IP addresses and ports as such in JSON, too" },
	{ 'i', "interval", "SECONDS", "between two looks (1)" },
	{ 'n', "count", "N", "end after so many looks" },
	{ 0, "top", "N", "a table of the N entries that change most per second" },
	{ 0, "by", "NAME", "of --top: the number of the value to sort by (its first)" },
	{ 0, "once", NULL, "the same as -n 1" },
};

static int take_option(struct noun_args *a, int i, const char *value)
{
	struct map_watch_options *o = a->own;

	switch (i) {
	case OPT_ADDRESSES:
		o->addresses = true;
		return 0;
	case OPT_INTERVAL:
		return noun_seconds_option(a, value, &o->interval);
	case OPT_COUNT:
		return noun_count_option(a, value, &o->looks);
	case OPT_TOP:
		return noun_count_option(a, value, &o->top);
	case OPT_BY:
		o->by = value;
		return 0;
	default:
		o->looks = 1;
		return 0;
	}
}

static int run(struct noun_args *a)
{
	const struct map_watch_options *o = a->own;
	struct mapinfo m;
	int fd, err = 0;

	if (o->by && !o->top)
		return noun_usage(a, "--by goes with --top");
	fd = map_verb_open(a, &m);
	if (fd < 0)
		return fd;
	err = noun_end(a);
	if (!err)
		err = o->top ? map_watch_top(a, fd, &m) : watch_changes(a, fd, &m);
	close(fd);
	return err;
}

const struct noun_verb map_verb_watch = {
	.name = "watch",
	.args = MAP_ARGS,
	.help = "Print what changes in a map.\n"
		"Entries that are added (+), changed (~) and deleted (-), until Ctrl-C. What comes "
		"and goes between two looks\nis not seen. With --top a table takes their place: "
		"how much the numbers in values change per second, those of\nall CPUs together, "
		"the most first; on a terminal q ends it.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct map_watch_options),
	.take = take_option,
	.run = run,
};
