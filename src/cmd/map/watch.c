/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep map watch: looks at a map again and again, and prints what has changed in between. */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "cmd/map/entry.h"
#include "cmd/map/verb.h"
#include "inspect/mapread.h"
#include "inspect/mapsnap.h"

struct options {
	bool addresses;
	u64 interval; /* ns */
	u64 looks;    /* 0: until it is stopped */
};

struct watch {
	struct noun_args *a;
	struct loop *loop;
	struct mapinfo *m;
	struct map_entry e;
	struct mapsnap snap;
	int fd, err;
	u64 looks, most;
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

static void print(struct watch *w, enum mapsnap_change change, const u8 *key, const u8 *value,
		  const u8 *old)
{
	struct out *o = w->a->out;
	const char *name = change == MAPSNAP_ADDED ? "added" : value ? "changed" : "deleted";

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
	out_printf(o, "%s %c ", w->time, *name == 'a' ? '+' : *name == 'c' ? '~' : '-');
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

static void deleted(void *arg, const u8 *key, const u8 *value)
{
	print(arg, MAPSNAP_SAME, key, NULL, value);
}

static void ignored(void *arg, const u8 *key, const u8 *value)
{
	(void)arg;
	(void)key;
	(void)value;
}

/* 0 or -errno, reported. */
static int look(struct watch *w)
{
	struct mapentry at;
	struct mapread r;
	bool is_first = !w->looks++, is_all;
	int got = mapread_begin(&r, w->fd, w->m);

	if (got)
		return diag_errno(w->a->diag, -got, "cannot read map %u", w->m->info.id);
	set_time(w);
	mapsnap_begin(&w->snap);
	while ((got = mapread_next(&r, &at)) > 0) {
		const u8 *old = NULL;
		enum mapsnap_change change;

		if (at.err)
			continue;
		change = mapsnap_put(&w->snap, at.key, at.value, &old);
		if (change == MAPSNAP_FULL) {
			got = diag_error(w->a->diag, LOC_NONE, "map %u is too large to be kept",
					 w->m->info.id);
			mapread_end(&r);
			return got;
		}
		if (change != MAPSNAP_SAME && !is_first)
			print(w, change, at.key, at.value, old);
	}
	/* Where the walk may have missed some, nothing is said to have gone. */
	is_all = !r.changed;
	mapread_end(&r);
	if (got < 0)
		return diag_errno(w->a->diag, -got, "cannot read map %u", w->m->info.id);
	if (is_all)
		mapsnap_end(&w->snap, is_first ? ignored : deleted, w);
	if (is_first && !w->a->out->json)
		out_printf(w->a->out, "%s watching %u entries of map %u, until Ctrl-C\n", w->time,
			   w->snap.n, w->m->info.id);
	return 0;
}

static void tick(void *arg)
{
	struct watch *w = arg;

	w->err = look(w);
	if (w->err || w->a->out->failed || (w->most && w->looks > w->most))
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

static int take_option(struct noun_args *a, int i, const char *value)
{
	struct options *o = a->own;

	switch (i) {
	case 0:
		o->addresses = true;
		return 0;
	case 1:
		return noun_seconds_option(a, value, &o->interval);
	default:
		return noun_count_option(a, value, &o->looks);
	}
}

static int run(struct noun_args *a)
{
	const struct options *o = a->own;
	struct watch w = { .a = a, .most = o->looks };
	struct mapinfo m;
	int err;

	w.fd = map_verb_open(a, &m);
	if (w.fd < 0)
		return w.fd;
	w.m = &m;
	err = noun_end(a);
	if (!err && mapread_refusal(&m))
		err = diag_error(a->diag, LOC_NONE, "map %u cannot be gone through: %s", m.info.id,
				 mapread_refusal(&m));
	if (err) {
		close(w.fd);
		return err;
	}
	map_entry_init(&w.e, a, &m, o->addresses);
	mapsnap_init(&w.snap, m.info.key_size, (u32)m.value_bytes);
	w.loop = loop_new();
	err = w.loop ? watch(&w, o->interval ? o->interval : 1000000000ull)
		     : diag_errno(a->diag, errno, "cannot wait");
	if (w.loop)
		loop_free(w.loop);
	mapsnap_done(&w.snap);
	map_entry_done(&w.e);
	close(w.fd);
	return err;
}

static const struct opt options[] = {
	{ 'a', "addresses", NULL, "IP addresses and ports as such in JSON, too" },
	{ 'i', "interval", "SECONDS", "between two looks (1)" },
	{ 'n', "count", "N", "end after so many looks" },
};

const struct noun_verb map_verb_watch = {
	.name = "watch",
	.args = MAP_ARGS,
	.help = "Print what changes in a map.\n"
		"Entries that are added (+), changed (~) and deleted (-), until Ctrl-C. What comes "
		"and goes between two looks\nis not seen.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(struct options),
	.take = take_option,
	.run = run,
};
