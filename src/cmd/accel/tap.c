/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line for each message, or a packet or more in a capture file:
 *
 *	12:00:01.123456 redis-server[123] 127.0.0.1:6379 > 127.0.0.1:40000, 5, redirected: +OK..
 */
#include "cmd/accel/tap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/opt.h"
#include "base/out.h"
#include "base/text.h"
#include "cmd/accel/pairs.h"
#include "cmd/accel/verb.h"
#include "net/accel_config.h"
#include "net/accel_tap.h"
#include "net/pcap.h"

enum { SHOWN = 64 }; /* bytes of a message in a line */

enum option {
	OPTION_WRITE,
	OPTION_COUNT,
	OPTION_PORT,
	OPTION_PID,
	OPTION_COMM,
	OPTION_SNAP,
	OPTION_HELP,
};

static const struct opt options[] = {
	[OPTION_WRITE] = { 'w', NULL, "FILE",
			   "write packets to a capture file (pcap); - is\nstandard output" },
	[OPTION_COUNT] = { 'c', NULL, "COUNT", "end after so many messages" },
	[OPTION_PORT] = { 0, "port", "LIST",
			  "only connections from or to these ports: 80,8000-8100" },
	[OPTION_PID] = { 0, "pid", "LIST", "only those of these processes" },
	[OPTION_COMM] = { 0, "comm", "LIST", "only those of programs of these names" },
	[OPTION_SNAP] = { 's', NULL, "BYTES", "so many bytes of a message at most (4096)" },
	[OPTION_HELP] = { 'h', "help", NULL, "show this" },
};

struct tap {
	struct arena arena, line; /* for good, for a message */
	struct diag diag;
	struct accel_tap_filter filter;
	const char *file; /* NULL: lines */
	u64 count, seen;  /* count 0: no end */
	u32 snap;
	struct accel_tap *source;
	struct loop *loop;
	struct out out;
	int err;
	bool off; /* accel was turned off meanwhile */
};

/* ---- options */

static void print_help(void)
{
	puts("usage: skep accel tap [-w FILE] [-c COUNT] [-s BYTES] [--port LIST] [--pid LIST] "
	     "[--comm LIST]\n\n"
	     "Shows each message that accelerated connections carry, redirected or by TCP, or "
	     "records them as\n"
	     "packets with headers made up for them. Of each message the first 4096 bytes can be "
	     "had. A\n"
	     "connection's program is known when it has sent something; a new connection is seen "
	     "from its\n"
	     "first half second on. Ends with Ctrl-C.\n");
	opt_help(options, ARRAY_SIZE(options), stdout);
}

static int set_number(struct tap *t, const char *option, const char *value, u64 max, u64 *out)
{
	if (text_u64(value, out) && *out && *out <= max)
		return 0;
	return diag_error(&t->diag, LOC_NONE, "%s: '%s' is no number from 1 to %" PRIu64, option,
			  value, max);
}

static int set_ports(struct tap *t, const char *value)
{
	struct accel_config_reader reader = { .arena = &t->arena, .diag = &t->diag };
	struct accel_config config = { 0 };
	int err = accel_config_set(&reader, &config, ACCEL_SET_PORT, value, LOC_NONE);

	for (size_t i = 0; i < config.ports.n; i++)
		*vec_add(&t->arena, &t->filter.ports) = config.ports.at[i];
	return err;
}

static int set_pids(struct tap *t, const char *value)
{
	char *rest = arena_strdup(&t->arena, value), *word;
	u64 pid;

	while ((word = strsep(&rest, ","))) {
		if (set_number(t, "--pid", word, INT32_MAX, &pid))
			return -EINVAL;
		*vec_add(&t->arena, &t->filter.pids) = (u32)pid;
	}
	return 0;
}

static int set_comms(struct tap *t, const char *value)
{
	char *rest = arena_strdup(&t->arena, value), *word;

	while ((word = strsep(&rest, ","))) {
		if (!*word)
			return diag_error(&t->diag, LOC_NONE, "--comm: a name is missing in '%s'",
					  value);
		*vec_add(&t->arena, &t->filter.comms) = word;
	}
	return 0;
}

static int take_option(struct tap *t, int option, const char *value)
{
	u64 n = 0;
	int err;

	switch ((enum option)option) {
	case OPTION_WRITE:
		t->file = value;
		return 0;
	case OPTION_COUNT:
		return set_number(t, "-c", value, INT64_MAX, &t->count);
	case OPTION_PORT:
		return set_ports(t, value);
	case OPTION_PID:
		return set_pids(t, value);
	case OPTION_COMM:
		return set_comms(t, value);
	case OPTION_SNAP:
		err = set_number(t, "-s", value, ACCEL_TAP_BYTES, &n);
		t->snap = (u32)n;
		return err;
	case OPTION_HELP:
		print_help();
		return 1;
	}
	return -EINVAL;
}

/* 1: help was asked for and given. */
static int parse_options(struct tap *t, int argc, char **argv)
{
	struct opt_state state = { .argc = argc, .argv = argv, .pos = 1 };
	const char *value = NULL;
	int option, err = 0;

	while (!err &&
	       (option = opt_next(&state, options, ARRAY_SIZE(options), &value, &t->diag)) != -1)
		err = option < 0 ? -EINVAL : take_option(t, option, value);
	if (err || state.pos >= argc)
		return err;
	return diag_error(&t->diag, LOC_NONE, "'skep accel tap' takes no '%s'", argv[state.pos]);
}

/* ---- output */

static char printable(u8 c)
{
	return c >= ' ' && c < 0x7f ? (char)c : '.';
}

static void put_line(struct tap *t, const struct accel_tap_message *m)
{
	time_t seconds = (time_t)(m->ns / 1000000000);
	u32 n = m->captured < SHOWN ? m->captured : SHOWN;
	char clock[16] = "", bytes[SHOWN + 1], comm[ACCEL_COMM];
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (n > t->snap)
		n = t->snap;
	for (u32 i = 0; i < n; i++)
		bytes[i] = printable(m->data[i]);
	bytes[n] = 0;
	for (u32 i = 0; i < ACCEL_COMM; i++)
		comm[i] = m->comm[i] ? printable((u8)m->comm[i]) : 0;
	comm[ACCEL_COMM - 1] = 0;
	out_printf(&t->out, "%s.%06u %s[%" PRIu32 "] %s > %s, %" PRIu32 ", %s: %s\n", clock,
		   (u32)(m->ns % 1000000000 / 1000), m->pid ? comm : "?", m->pid,
		   accel_say_address(&t->line, m->from, m->from_port),
		   accel_say_address(&t->line, m->to, m->to_port), m->size,
		   m->redirected ? "redirected" : "tcp", bytes);
	arena_done(&t->line);
}

static void put_packets(struct tap *t, const struct accel_tap_message *m)
{
	struct pcap_message p = {
		.ns = m->ns,
		.from_port = m->from_port,
		.to_port = m->to_port,
		.seq = m->seq,
		.ack = m->ack,
		.size = m->size,
		.captured = m->captured < t->snap ? m->captured : t->snap,
		.data = m->data,
	};
	struct buf b = { 0 };

	memcpy(p.from, m->from, sizeof(p.from));
	memcpy(p.to, m->to, sizeof(p.to));
	pcap_message(&b, &p);
	out_write(&t->out, b.data, b.len);
	buf_done(&b);
}

static bool is_enough(const struct tap *t)
{
	return (t->count && t->seen >= t->count) || t->out.failed;
}

static int on_message(void *arg, const struct accel_tap_message *m)
{
	struct tap *t = arg;

	if (t->file)
		put_packets(t, m);
	else
		put_line(t, m);
	t->seen++;
	return is_enough(t);
}

static int open_output(struct tap *t)
{
	struct buf head = { 0 };
	int fd = STDOUT_FILENO;

	if (t->file && strcmp(t->file, "-"))
		fd = open(t->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return diag_errno(&t->diag, errno, "cannot write %s", t->file);
	out_init(&t->out, fd, false);
	if (t->file) {
		pcap_begin(&head);
		out_write(&t->out, head.data, head.len);
	}
	buf_done(&head);
	return 0;
}

static int close_output(struct tap *t)
{
	int fd = t->out.fd;

	out_done(&t->out);
	if (fd != STDOUT_FILENO && close(fd) && !t->out.failed) {
		t->out.failed = true;
		t->out.error = errno;
	}
	if (!t->out.failed || t->out.error == EPIPE)
		return 0;
	return diag_errno(&t->diag, t->out.error, "cannot write %s", t->file ? t->file : "lines");
}

/* ---- the run */

static void on_ring(void *arg)
{
	struct tap *t = arg;
	int err = accel_tap_consume(t->source);

	if (err < 0)
		t->err = diag_errno(&t->diag, -err, "cannot read the ring of messages");
	if (err)
		loop_stop(t->loop);
}

static void on_timer(void *arg)
{
	struct tap *t = arg;
	int err = accel_tap_renew(t->source);

	t->off = err == -ENOENT;
	if (err && !t->off)
		t->err = diag_errno(&t->diag, -err, "cannot read the connections");
	if (err)
		loop_stop(t->loop);
}

static void on_signal(void *arg, int signo, u32 sender)
{
	struct tap *t = arg;

	(void)signo;
	(void)sender;
	loop_stop(t->loop);
}

static void on_idle(void *arg)
{
	struct tap *t = arg;

	out_idle(&t->out);
	if (is_enough(t))
		loop_stop(t->loop);
}

static int watch(struct tap *t)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	int err = loop_add_fd(t->loop, accel_tap_fd(t->source), on_ring, t);

	if (!err)
		err = loop_add_timer(t->loop, TAP_RENEW_NS, on_timer, t);
	for (size_t i = 0; i < ARRAY_SIZE(signals) && !err; i++)
		err = loop_add_signal(t->loop, signals[i], on_signal, t);
	if (!err)
		err = loop_run(t->loop, on_idle, t);
	return err ? diag_errno(&t->diag, -err, "cannot wait for messages") : t->err;
}

static int run(struct tap *t)
{
	int err;

	t->loop = loop_new();
	if (t->loop)
		err = watch(t);
	else
		err = diag_errno(&t->diag, errno, "cannot make an event loop");
	loop_free(t->loop);
	out_flush(&t->out);
	if (t->off)
		fputs("accel was turned off\n", stderr);
	fprintf(stderr, "%" PRIu64 " messages, %" PRIu64 " lost\n", t->seen,
		accel_tap_lost(t->source));
	return err;
}

/* The file is made once there is something to write into it. */
static int tap(struct tap *t)
{
	int err = accel_tap_start(&t->filter, on_message, t, &t->source, &t->diag), failed;

	if (err)
		return err;
	signal(SIGPIPE, SIG_IGN); /* which would leave the sockets tapped */
	err = open_output(t);
	if (!err) {
		err = run(t);
		failed = close_output(t);
		err = err ? err : failed;
	}
	accel_tap_free(t->source);
	return err;
}

int cmd_accel_tap(int argc, char **argv)
{
	struct tap t = { .snap = ACCEL_TAP_BYTES };
	int code = ACCEL_USAGE, err;

	arena_init(&t.arena);
	arena_init(&t.line);
	diag_init(&t.diag, &t.arena);
	err = parse_options(&t, argc, argv);
	if (err > 0)
		code = ACCEL_DONE;
	else if (!err)
		code = tap(&t) ? ACCEL_FAILED : ACCEL_DONE;
	diag_render(&t.diag, stderr);
	arena_done(&t.arena);
	return code;
}
