/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending and receiving streams at one end of a connection. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "accel/pair.h"

#define SIDE_CHUNK (256u << 10)
#define SIDE_BUFFER (64u << 10)
#define SIDE_FULL_MS 100 /* no room for so long: it is full */

bool side_poll(struct at at, const struct side *s, short events, unsigned ms)
{
	struct pollfd p = { s->fd, events, 0 };
	int n;

	do
		n = poll(&p, 1, (int)ms);
	while (n < 0 && errno == EINTR);
	return OK_AT(at, n) > 0;
}

static bool is_nonblocking(const struct side *s)
{
	return fcntl(s->fd, F_GETFL) & O_NONBLOCK;
}

void side_put(struct at at, struct side *s, size_t n)
{
	side_put_in(at, s, n, SIDE_CHUNK);
}

void side_put_in(struct at at, struct side *s, size_t n, size_t chunk)
{
	u8 buf[SIDE_CHUNK];
	u64 want = n;

	while (n) {
		size_t part = chunk < n ? chunk : n, done = 0;

		if (part > sizeof(buf))
			part = sizeof(buf);
		stream_fill(&s->out, buf, part);
		while (done < part) {
			ssize_t sent;

			test_progress(at, "sending", want - n + done, want);
			sent = send(s->fd, buf + done, part - done, MSG_NOSIGNAL);
			if (sent < 0 && errno == EAGAIN && is_nonblocking(s))
				side_poll(at, s, POLLOUT, 1000);
			else if (sent >= 0 || errno != EINTR)
				done += (size_t)OK_AT(at, sent);
		}
		n -= part;
	}
	test_progress(at, "after sending", want, want);
}

void side_get(struct at at, struct side *s, size_t n)
{
	u8 buf[SIDE_BUFFER];
	u64 want = n;

	while (n) {
		ssize_t got;

		test_progress(at, "receiving", want - n, want);
		got = recv(s->fd, buf, n < sizeof(buf) ? n : sizeof(buf), 0);
		if (got < 0 && errno == EAGAIN && is_nonblocking(s)) {
			side_poll(at, s, POLLIN, 1000);
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (!got)
			test_fail(at, "the end of the stream after %llu of %llu bytes",
				  (unsigned long long)(want - n), (unsigned long long)want);
		OK_AT(at, got);
		stream_check(at, &s->in, buf, (size_t)got);
		n -= (size_t)got;
	}
	test_progress(at, "after receiving", want, want);
}

size_t side_get_there(struct at at, struct side *s)
{
	u8 buf[SIDE_BUFFER];
	size_t total = 0;

	for (;;) {
		ssize_t got = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (!got || (got < 0 && errno == EAGAIN))
			return total;
		OK_AT(at, got);
		stream_check(at, &s->in, buf, (size_t)got);
		total += (size_t)got;
	}
}

void side_eof(struct at at, struct side *s)
{
	u8 byte;
	ssize_t got;

	test_progress(at, "waiting for the end of the stream", 0, 0);
	do {
		if (is_nonblocking(s))
			side_poll(at, s, POLLIN, 10000);
		got = recv(s->fd, &byte, 1, 0);
	} while (got < 0 && errno == EINTR);
	if (OK_AT(at, got))
		test_fail(at, "a byte 0x%02x where the stream should have ended", byte);
}

u64 side_fill(struct at at, struct side *s, size_t chunk, u64 most)
{
	u8 buf[SIDE_CHUNK];
	u64 total = 0;

	while (total < most) {
		struct stream next = s->out;
		ssize_t sent;

		stream_fill(&next, buf, chunk);
		sent = send(s->fd, buf, chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN) {
			if (!side_poll(at, s, POLLOUT, SIDE_FULL_MS * at.t->scale))
				break;
			continue;
		}
		s->out.at += (u64)OK_AT(at, sent);
		total += (u64)sent;
		test_progress(at, "filling", total, most);
	}
	return total;
}

void side_nonblocking(struct at at, const struct side *s)
{
	OK_AT(at, fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK));
}

void side_set(struct at at, const struct side *s, int level, int option, int value)
{
	OK_AT(at, setsockopt(s->fd, level, option, &value, sizeof(value)));
}

int side_option(struct at at, const struct side *s, int level, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	OK_AT(at, getsockopt(s->fd, level, option, &value, &size));
	return value;
}

void side_close(struct side *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
