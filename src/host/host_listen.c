/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs send and print, from the kernel to the sink; and messages the other way. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf/literal.h"
#include "btf/rawvalue.h"
#include "host/host_impl.h"
#include "isa/prog_type.h"

static int on_record(void *ctx, void *data, size_t len)
{
	const struct host_source *s = ctx;

	s->host->sink->record(s->host->sink->arg, s->map, 0, data, len);
	return 0;
}

void host_listen_drain(void *arg)
{
	struct host_source *s = arg;

	if (s->ring)
		ring_buffer__consume(s->ring);
	else if (s->perf)
		perf_buffer__consume(s->perf);
}

struct host_source *host_listen_add(struct host *h, const struct image_map *map)
{
	struct host_source *s = arena_new(&h->arena, struct host_source);

	*s = (struct host_source){ .host = h, .map = map, .socket = -1 };
	*vec_add(&h->arena, &h->sources) = s;
	return s;
}

static int listen_to_map(struct host *h, u32 i, struct loop *loop, struct diag *d)
{
	const struct image_map *m = &h->img->maps.at[i];
	struct host_source *s;
	int fd = -1;

	if (h->maps[i] < 0 ||
	    (m->type != BPF_MAP_TYPE_RINGBUF && m->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
	     m->type != BPF_MAP_TYPE_USER_RINGBUF))
		return 0;
	s = host_listen_add(h, m);
	if (m->type == BPF_MAP_TYPE_USER_RINGBUF) {
		s->user = user_ring_buffer__new(h->maps[i], NULL);
		return s->user ? 0 : diag_errno(d, errno, "map %s cannot be written to", m->name);
	}
	if (m->type == BPF_MAP_TYPE_RINGBUF) {
		s->ring = ring_buffer__new(h->maps[i], on_record, s, NULL);
		fd = s->ring ? ring_buffer__epoll_fd(s->ring) : -errno;
	} else {
		s->perf = host_perf_open(h->maps[i], s);
		fd = s->perf ? perf_buffer__epoll_fd(s->perf) : -errno;
	}
	if (fd >= 0)
		fd = loop_add_fd(loop, fd, host_listen_drain, s);
	return fd < 0 ? diag_errno(d, -fd, "map %s cannot be listened to", m->name) : 0;
}

int host_listen(struct host *h, struct loop *loop, const struct host_sink *sink, struct diag *d)
{
	int err = 0;

	h->sink = sink;
	h->loop = loop;
	for (u32 i = 0; i < h->img->maps.n && !err; i++)
		err = listen_to_map(h, i, loop, d);
	if (!err)
		err = host_lines_listen(h, loop, d);
	return err ? err : host_socket_listen(h, loop, d);
}

void host_drain(struct host *h)
{
	host_link_detach(h);
	for (size_t i = 0; i < h->sources.n; i++) {
		host_listen_drain(h->sources.at[i]);
		host_socket_drain(h->sources.at[i]);
	}
}

/* ---- messages */

bool host_takes_messages(const struct host *h)
{
	for (size_t i = 0; i < h->sources.n; i++) {
		if (h->sources.at[i]->user)
			return true;
	}
	return false;
}

static int send_to(struct host *h, struct host_source *s, const char *line, size_t len,
		   struct diag *d)
{
	u32 type = host_record_type(h, s->map);
	u64 size = type ? rawvalue_size(h->img->btf, type) : len;
	struct literal l = { .btf = h->img->btf,
			     .d = d,
			     .text = arena_strndup(d->arena, line, len),
			     .end = (u32)len,
			     .line = 1 };
	void *room;

	if (!size || size > s->map->max_entries)
		return diag_error(d, LOC_NONE, "map %s has no room for a message of %llu bytes",
				  s->map->name, (unsigned long long)size);
	room = user_ring_buffer__reserve(s->user, (u32)size);
	if (!room) {
		diag_errno(d, errno, "map %s takes no message", s->map->name);
		diag_hint(d, "the program takes messages out by bpf_user_ringbuf_drain(), which a "
			     "SEC(\"syscall\") program is run for after each");
		return -errno;
	}
	if (!type)
		memcpy(room, line, len);
	else
		diag_set_source(d, "message", l.text, len);
	if (type && literal_value(&l, type, room, NULL, (u32)size)) {
		user_ring_buffer__discard(s->user, room);
		return -EINVAL;
	}
	user_ring_buffer__submit(s->user, room);
	return 0;
}

int host_send(struct host *h, const char *line, size_t len, struct diag *d)
{
	int err = 0;

	for (size_t i = 0; i < h->sources.n && !err; i++) {
		if (h->sources.at[i]->user)
			err = send_to(h, h->sources.at[i], line, len, d);
	}
	return err ? err : host_run(h, d);
}

/* ---- iterators */

/* What an iterator over a map's entries goes through: the only map that has entries. */
static int map_to_iterate(const struct host *h)
{
	int found = -1;

	for (size_t i = 0; i < h->img->maps.n; i++) {
		const struct image_map *m = &h->img->maps.at[i];

		if (m->origin > IMAGE_MAP_LEGACY || m->type == BPF_MAP_TYPE_RINGBUF ||
		    m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY || h->maps[i] < 0)
			continue;
		if (found >= 0)
			return -1;
		found = h->maps[i];
	}
	return found;
}

static int iterate(struct host *h, const struct host_prog *p, struct diag *d)
{
	union bpf_iter_link_info info = { 0 };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	struct bpf_link *link;
	char text[4096];
	ssize_t n = 0;
	int fd;

	if (strstr(p->section.rest, "map_elem")) {
		info.map.map_fd = (u32)map_to_iterate(h);
		opts.link_info = &info;
		opts.link_info_len = sizeof(info);
	}
	link = bpf_program__attach_iter(p->prog, &opts);
	if (!link)
		return host_link_failed(h, p, errno, d);
	fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0)
		h->sink->text(h->sink->arg, text, (size_t)n);
	if (fd < 0 || n < 0)
		diag_errno(d, errno, "%s cannot be read", host_prog_text(h, p));
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return fd < 0 || n < 0 ? -EINVAL : 0;
}

int host_iterate(struct host *h, struct diag *d)
{
	int err = 0;

	for (size_t i = 0; i < h->img->progs.n && !err; i++) {
		const struct host_prog *p = &h->progs[i];

		if (p->prog && p->section.type == PROG_TRACING &&
		    p->section.attach == AT_TRACE_ITER)
			err = iterate(h, p, d);
	}
	return err;
}
