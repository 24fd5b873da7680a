/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends there are, as of the last look, are a table by cookie. Before each look the ring is emptied, so a message
 * finds its sender in it even if that has closed since.
 */
#include "net/accel_tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum {
	BATCH = 4096,    /* messages handed over in one go */
	LOOK_SHARE = 10, /* looks may take this part of the time */
	LOCK_TRIES = 10,
	LOCK_PAUSE_NS = 20000000,
};
#define LIFE_NS 2000000000ull /* what tap_until is ahead */

struct tap_end {
	u64 cookie;
	struct accel_end end;
	u64 sent; /* bytes of it that were seen, or before it was looked at */
	bool tapped;
};

struct table {
	struct arena arena;
	struct tap_end *at; /* by cookie */
	size_t n;
};

struct accel_tap {
	struct accel_view view;
	const struct accel_tap_filter *filter;
	accel_tap_fn fn;
	void *arg;
	struct ring_buffer *ring;
	int lock, tapped_fd, ends_fd, ring_fd; /* -1: none */
	struct table ends;
	u64 began;   /* CLOCK_MONOTONIC, as the messages have it */
	u64 to_real; /* what makes it a time since 1970 */
	u64 next_look;
	u64 lost_before;
	u32 batch; /* messages left of this one */
	bool stop;
};

static u64 now_ns(clockid_t clock)
{
	struct timespec t = { 0, 0 };

	clock_gettime(clock, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

bool accel_tap_matches(const struct accel_tap_filter *f, const struct accel_end *end)
{
	bool port = !f->ports.n, pid = !f->pids.n, comm = !f->comms.n;

	for (size_t i = 0; i < f->ports.n; i++)
		port |= f->ports.at[i] == end->tuple.local_port ||
			f->ports.at[i] == end->tuple.remote_port;
	for (size_t i = 0; i < f->pids.n; i++)
		pid |= f->pids.at[i] == end->pid;
	for (size_t i = 0; i < f->comms.n; i++)
		comm |= !strncmp(f->comms.at[i], end->comm, ACCEL_COMM - 1);
	return port && pid && comm;
}

/* ---- the table */

static int by_cookie(const void *a, const void *b)
{
	u64 x = ((const struct tap_end *)a)->cookie, y = ((const struct tap_end *)b)->cookie;

	return x < y ? -1 : x > y;
}

static struct tap_end *find(const struct table *t, u64 cookie)
{
	struct tap_end key = { .cookie = cookie };

	return t->n ? bsearch(&key, t->at, t->n, sizeof(key), by_cookie) : NULL;
}

/* All ends of connections that have both, once each, with what is known of them from before. */
static int read_table(const struct accel_tap *t, struct table *to)
{
	accel_rows rows = { 0 };
	size_t n = 0;
	int err = accel_read_ends(&t->view, &to->arena, &rows);

	if (err)
		return err;
	to->at = arena_array(&to->arena, struct tap_end, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		if (rows.at[i].end.peer)
			to->at[n++] = (struct tap_end){ .cookie = rows.at[i].cookie,
							.end = rows.at[i].end };
	qsort(to->at, n, sizeof(*to->at), by_cookie);
	for (size_t i = 0; i < n; i++) {
		struct tap_end *e = &to->at[i];
		const struct tap_end *before = find(&t->ends, e->cookie);

		if (to->n && to->at[to->n - 1].cookie == e->cookie)
			continue;
		e->sent = before ? before->sent : e->end.bytes + e->end.tcp_bytes;
		e->tapped = before && before->tapped;
		to->at[to->n++] = *e;
	}
	return 0;
}

static bool is_wanted(const struct accel_tap *t, const struct table *ends, const struct tap_end *e)
{
	const struct tap_end *peer = find(ends, e->end.peer);

	return accel_tap_matches(t->filter, &e->end) ||
	       (peer && accel_tap_matches(t->filter, &peer->end));
}

/* Once chosen an end stays so. One that does not get into the map now is tried again at the next look. */
static void choose(const struct accel_tap *t, struct table *ends)
{
	u8 yes = 1;

	for (size_t i = 0; i < ends->n; i++) {
		struct tap_end *e = &ends->at[i];

		if (!e->tapped && is_wanted(t, ends, e))
			e->tapped = !bpf_map_update_elem(t->tapped_fd, &e->cookie, &yes, BPF_ANY);
	}
}

/* Takes out those that are not in the new table; all without one. */
static void forget(const struct accel_tap *t, const struct table *next)
{
	for (size_t i = 0; i < t->ends.n; i++) {
		const struct tap_end *e = &t->ends.at[i];

		if (e->tapped && !(next && find(next, e->cookie)))
			bpf_map_delete_elem(t->tapped_fd, &e->cookie);
	}
}

static int look(struct accel_tap *t)
{
	struct table next = { 0 };
	int err;

	arena_init(&next.arena);
	err = read_table(t, &next);
	if (err) {
		arena_done(&next.arena);
		return err;
	}
	choose(t, &next);
	forget(t, &next);
	arena_done(&t->ends.arena);
	t->ends = next;
	return 0;
}

int accel_tap_renew(struct accel_tap *t)
{
	u64 start = now_ns(CLOCK_MONOTONIC), took;
	int err;

	if (t->view.control->mode == ACCEL_OFF)
		return -ENOENT;
	t->view.control->tap_until = start + LIFE_NS;
	if (start < t->next_look)
		return 0;
	err = accel_tap_consume(t);
	if (err)
		return err < 0 ? err : 0;
	err = look(t);
	took = now_ns(CLOCK_MONOTONIC) - start;
	t->next_look = start + took * LOOK_SHARE;
	return err;
}

/* ---- messages */

/* Who it is becomes known with the first message. */
static void introduce(const struct accel_tap *t, struct tap_end *e)
{
	struct accel_end end;

	if (!e->end.pid && !bpf_map_lookup_elem(t->ends_fd, &e->cookie, &end))
		e->end = end;
}

static void set_addresses(struct accel_tap_message *m, const struct accel_tuple *from,
			  const struct tap_end *e, const struct tap_end *peer)
{
	/* Behind an address translation the two ends do not have the same two addresses. */
	if (e && peer && !e->end.is_active) {
		const struct accel_tuple *client = &peer->end.tuple;

		memcpy(m->from, client->remote, 16);
		memcpy(m->to, client->local, 16);
		m->from_port = client->remote_port;
		m->to_port = client->local_port;
		return;
	}
	memcpy(m->from, from->local, 16);
	memcpy(m->to, from->remote, 16);
	m->from_port = from->local_port;
	m->to_port = from->remote_port;
}

static int on_message(void *arg, void *data, size_t size)
{
	struct accel_tap *t = arg;
	struct accel_tapped head;
	struct accel_tap_message m = { .ack = 1 };
	struct tap_end *e, *peer;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	/* The former tap's, or not as it should be. */
	if (head.ns < t->began || head.captured > size - sizeof(head) || head.captured > head.size)
		return 0;
	e = find(&t->ends, head.cookie);
	peer = e ? find(&t->ends, e->end.peer) : NULL;
	if (e) {
		introduce(t, e);
		m.pid = e->end.pid;
		memcpy(m.comm, e->end.comm, sizeof(m.comm) - 1);
		e->sent = head.before + head.size;
	}
	if (peer)
		m.ack = (u32)peer->sent + 1;
	set_addresses(&m, &head.tuple, e, peer);
	m.ns = head.ns + t->to_real;
	m.seq = (u32)head.before + 1;
	m.size = head.size;
	m.captured = head.captured;
	m.data = (const u8 *)data + sizeof(head);
	m.redirected = head.redirected;
	t->stop = t->fn(t->arg, &m) != 0;
	return t->stop || !--t->batch ? -EAGAIN : 0;
}

int accel_tap_consume(struct accel_tap *t)
{
	int n;

	t->batch = BATCH;
	n = ring_buffer__consume(t->ring);
	if (n < 0 && n != -EAGAIN)
		return n;
	return t->stop;
}

int accel_tap_fd(const struct accel_tap *t)
{
	return ring_buffer__epoll_fd(t->ring);
}

static u64 read_lost(const struct accel_tap *t)
{
	struct accel_totals totals;

	return accel_read_totals(&t->view, &totals) ? 0 : totals.counter[ACCEL_COUNT_tap_lost];
}

u64 accel_tap_lost(const struct accel_tap *t)
{
	u64 lost = read_lost(t);

	return lost > t->lost_before ? lost - t->lost_before : 0;
}

/* ---- beginning and end */

/* One that was killed lets go of it in a moment. */
static int take_lock(struct accel_tap *t, struct diag *d)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	int err = 0;

	t->lock = open(ACCEL_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->lock < 0)
		return diag_errno(d, errno, "cannot open " ACCEL_DIR);
	for (int i = 0; i < LOCK_TRIES; i++) {
		err = flock(t->lock, LOCK_EX | LOCK_NB) ? errno : 0;
		if (err != EWOULDBLOCK)
			break;
		nanosleep(&pause, NULL);
	}
	if (err != EWOULDBLOCK)
		return err ? diag_errno(d, err, "cannot lock " ACCEL_DIR) : 0;
	diag_error(d, LOC_NONE, "there is a tap already, and one at a time is all there can be");
	return -EBUSY;
}

/* What a tap that was killed has chosen. */
static void clear_tapped(const struct accel_tap *t)
{
	u64 key;

	for (u32 i = 0; i < ACCEL_MAX_ENDS && !bpf_map_get_next_key(t->tapped_fd, NULL, &key); i++)
		bpf_map_delete_elem(t->tapped_fd, &key);
}

static int open_maps(struct accel_tap *t, struct diag *d)
{
	t->tapped_fd = accel_map(&t->view, "tapped");
	t->ends_fd = accel_map(&t->view, "ends");
	t->ring_fd = accel_map(&t->view, "tap_ring");
	if (t->tapped_fd < 0 || t->ends_fd < 0 || t->ring_fd < 0)
		return diag_error(d, LOC_NONE, "a pin is missing below " ACCEL_DIR);
	t->ring = ring_buffer__new(t->ring_fd, on_message, t, NULL);
	if (!t->ring)
		return diag_errno(d, errno, "cannot read the ring of messages");
	return 0;
}

static int begin(struct accel_tap *t, struct diag *d)
{
	int err = accel_open(&t->view, d);

	if (err)
		return err;
	if (t->view.abi != ACCEL_ABI) {
		diag_error(d, LOC_NONE, "accel was turned on by another version of skep");
		diag_hint(d, "skep accel off, then on");
		return -EPROTO;
	}
	err = take_lock(t, d);
	if (!err)
		err = open_maps(t, d);
	if (err)
		return err;
	t->began = now_ns(CLOCK_MONOTONIC);
	t->to_real = now_ns(CLOCK_REALTIME) - t->began;
	t->lost_before = read_lost(t);
	clear_tapped(t);
	err = accel_tap_renew(t);
	if (err == -ENOENT)
		diag_error(d, LOC_NONE, "accel is being turned off");
	else if (err)
		diag_errno(d, -err, "cannot read the connections");
	return err;
}

int accel_tap_start(const struct accel_tap_filter *f, accel_tap_fn fn, void *arg,
		    struct accel_tap **out, struct diag *d)
{
	struct accel_tap *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return diag_errno(d, ENOMEM, "cannot begin a tap");
	*t = (struct accel_tap){ .filter = f, .fn = fn, .arg = arg };
	t->lock = t->tapped_fd = t->ends_fd = t->ring_fd = -1;
	err = begin(t, d);
	if (err)
		accel_tap_free(t);
	else
		*out = t;
	return err;
}

static void close_any(int fd)
{
	if (fd >= 0)
		close(fd);
}

void accel_tap_free(struct accel_tap *t)
{
	if (!t)
		return;
	/* Only one that has the ring has set these. */
	if (t->ring) {
		t->view.control->tap_until = 0;
		forget(t, NULL);
	}
	ring_buffer__free(t->ring);
	arena_done(&t->ends.arena);
	close_any(t->tapped_fd);
	close_any(t->ends_fd);
	close_any(t->ring_fd);
	accel_done(&t->view);
	close_any(t->lock);
	free(t);
}
