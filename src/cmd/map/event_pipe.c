/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skep map event_pipe: what programs write into a perf event array, until Ctrl-C. Rings are put into it for that, in the place of
 * any that are there.
 */
#include <bpf/libbpf.h>
#include <ctype.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "cmd/map/verb.h"

enum { PIPE_PAGES = 16, PER_LINE = 16 };

struct pipe {
	struct noun_args *a;
	struct loop *loop;
	struct perf_buffer *rings;
	s64 cpu, index;         /* -1: all CPUs, each at its own index */
	u64 events, lost, most; /* most: 0: no end */
};

struct sample {
	struct perf_event_header header;
	u64 time;
	u32 size;
	u8 data[];
};

struct lost {
	struct perf_event_header header;
	u64 id, lost;
};

static void put_bytes(struct out *o, const u8 *data, u32 size)
{
	for (u32 at = 0; at < size; at += PER_LINE) {
		u32 n = size - at < PER_LINE ? size - at : PER_LINE;

		out_printf(o, "\t%04x ", at);
		for (u32 i = 0; i < PER_LINE; i++)
			out_printf(o, i < n ? " %02x" : "   ", i < n ? data[at + i] : 0);
		out_puts(o, "  ");
		for (u32 i = 0; i < n; i++)
			out_printf(o, "%c", isprint(data[at + i]) ? data[at + i] : '.');
		out_puts(o, "\n");
	}
}

static void put_sample(struct pipe *p, const struct sample *s, int cpu)
{
	struct out *o = p->a->out;
	u32 room = s->header.size - (u32)offsetof(struct sample, data),
	    size = s->size < room ? s->size : room;

	if (!o->json) {
		out_printf(o, "%" PRIu64 ".%09" PRIu64 "  cpu %d  %u bytes\n", s->time / 1000000000,
			   s->time % 1000000000, cpu, size);
		put_bytes(o, s->data, size);
		return;
	}
	out_json_open(o, NULL, '{');
	out_json_u64(o, "type", s->header.type);
	out_json_s64(o, "cpu", cpu);
	out_json_s64(o, "index", p->index < 0 ? cpu : p->index);
	out_json_u64(o, "timestamp", s->time);
	out_json_open(o, "data", '[');
	for (u32 i = 0; i < size; i++) {
		char text[8];

		snprintf(text, sizeof(text), "0x%02x", s->data[i]);
		out_json_str(o, NULL, text, 4);
	}
	out_json_close(o, ']');
	out_json_close(o, '}');
	out_json_end(o);
}

static void put_lost(struct pipe *p, const struct lost *l, int cpu)
{
	struct out *o = p->a->out;

	p->lost += l->lost;
	if (!o->json) {
		out_printf(o, "cpu %d  %" PRIu64 " events were lost\n", cpu, (u64)l->lost);
		return;
	}
	out_json_open(o, NULL, '{');
	out_json_u64(o, "type", l->header.type);
	out_json_s64(o, "cpu", cpu);
	out_json_s64(o, "index", p->index < 0 ? cpu : p->index);
	out_json_open(o, "lost", '{');
	out_json_u64(o, "id", l->id);
	out_json_u64(o, "lost", l->lost);
	out_json_close(o, '}');
	out_json_close(o, '}');
	out_json_end(o);
}

static enum bpf_perf_event_ret event(void *arg, int cpu, struct perf_event_header *header)
{
	struct pipe *p = arg;

	if (header->type == PERF_RECORD_SAMPLE && header->size >= sizeof(struct sample)) {
		p->events++;
		put_sample(p, (const void *)header, cpu);
	} else if (header->type == PERF_RECORD_LOST && header->size >= sizeof(struct lost)) {
		put_lost(p, (const void *)header, cpu);
	}
	if ((p->most && p->events >= p->most) || p->a->out->failed) {
		loop_stop(p->loop);
		return LIBBPF_PERF_EVENT_DONE;
	}
	return LIBBPF_PERF_EVENT_CONT;
}

static void readable(void *arg)
{
	struct pipe *p = arg;

	/* That a ring is ready is told once, and was to the loop. */
	perf_buffer__consume(p->rings);
}

static void stop(void *arg, int signo, u32 sender)
{
	(void)signo;
	(void)sender;
	loop_stop(((struct pipe *)arg)->loop);
}

static void idle(void *arg)
{
	out_idle(((struct pipe *)arg)->a->out);
}

static int listen_to(struct pipe *p, int fd)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_TIME,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int cpu = (int)p->cpu, index = (int)p->index, err;
	LIBBPF_OPTS(perf_buffer_raw_opts, opts);

	if (p->cpu >= 0) {
		opts.cpu_cnt = 1;
		opts.cpus = &cpu;
		opts.map_keys = &index;
	}
	p->rings = perf_buffer__new_raw(fd, PIPE_PAGES, &attr, event, p, &opts);
	if (!p->rings)
		return diag_errno(p->a->diag, errno, "cannot put rings into the map");
	err = loop_add_fd(p->loop, perf_buffer__epoll_fd(p->rings), readable, p);
	if (!err)
		err = loop_add_signal(p->loop, SIGINT, stop, p);
	if (!err)
		err = loop_add_signal(p->loop, SIGTERM, stop, p);
	if (err)
		return diag_errno(p->a->diag, -err, "cannot wait for events");
	if (!p->a->out->json)
		out_puts(p->a->out, "Waiting for events, until Ctrl-C\n");
	loop_run(p->loop, idle, p);
	if (!p->a->out->json)
		out_printf(p->a->out, "%" PRIu64 " events, %" PRIu64 " lost\n", p->events, p->lost);
	return 0;
}

static int take(struct noun_args *a, struct pipe *p, const struct mapinfo *m)
{
	u64 v;
	int err = 0;

	if (m->info.type != MAP_TYPE_PERF_EVENT_ARRAY)
		return diag_error(a->diag, LOC_NONE, "map %u is no perf_event_array", m->info.id);
	while (!err && noun_peek(a)) {
		if (noun_take(a, "cpu")) {
			err = noun_need_u64(a, "the CPU", INT32_MAX, &v);
			p->cpu = (s64)v;
		} else if (noun_take(a, "index")) {
			err = noun_need_u64(a, "the index", INT32_MAX, &v);
			p->index = (s64)v;
		} else {
			err = noun_end(a);
		}
	}
	if (!err && (p->cpu < 0) != (p->index < 0))
		err = noun_usage(a, "cpu and index go together");
	return err;
}

static int take_option(struct noun_args *a, int i, const char *value)
{
	(void)i;
	return noun_count_option(a, value, a->own);
}

static int run(struct noun_args *a)
{
	struct pipe p = { .a = a, .cpu = -1, .index = -1, .most = *(u64 *)a->own };
	struct mapinfo m;
	int err, fd = map_verb_open(a, &m);

	if (fd < 0)
		return fd;
	err = take(a, &p, &m);
	p.loop = err ? NULL : loop_new();
	if (!err)
		err = p.loop ? listen_to(&p, fd)
			     : diag_errno(a->diag, errno, "cannot wait for events");
	perf_buffer__free(p.rings);
	if (p.loop)
		loop_free(p.loop);
	close(fd);
	return err;
}

static const struct opt options[] = {
	{ 'n', "count", "N", "end after so many events" },
};

const struct noun_verb map_verb_event_pipe = {
	.name = "event_pipe",
	.args = MAP_ARGS " [cpu N index N]",
	.help = "Print the events of a perf_event_array.\n"
		"Until Ctrl-C; it takes the place of who reads them now.\n",
	.opts = options,
	.n = ARRAY_SIZE(options),
	.own_size = sizeof(u64),
	.take = take_option,
	.run = run,
};
