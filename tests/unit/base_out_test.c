/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of results: its JSON face, its buffering and its sticky errors. */
#include "base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/test.h"

TEST(out_json_separates_and_nests)
{
	struct out o;

	out_init(&o, -1, true);
	out_json_open(&o, NULL, '{');
	out_json_str(&o, "type", "map", 3);
	out_json_open(&o, "data", '{');
	out_json_open(&o, "@x", '[');
	out_json_u64(&o, NULL, UINT64_MAX);
	out_json_s64(&o, NULL, INT64_MIN);
	out_json_bool(&o, NULL, true);
	out_json_open(&o, NULL, '[');
	out_json_close(&o, ']');
	out_json_open(&o, NULL, '{');
	out_json_close(&o, '}');
	out_json_close(&o, ']');
	out_json_bool(&o, "no", false);
	out_json_key(&o, "k\0\"", 3);
	out_json_open(&o, NULL, '[');
	out_json_close(&o, ']');
	out_json_key(&o, "v", 1);
	out_json_s64(&o, NULL, -1);
	out_json_close(&o, '}');
	out_json_close(&o, '}');
	out_json_end(&o);
	out_json_u64(&o, NULL, 1);
	out_json_end(&o);
	CHECK_STR(buf_str(&o.buf),
		  "{\"type\": \"map\", \"data\": {\"@x\": [18446744073709551615, "
		  "-9223372036854775808, true, [], {}], \"no\": false, \"k\\u0000\\\"\": [], "
		  "\"v\": -1}}\n1\n");
	buf_clear(&o.buf);
	out_done(&o);
}

static void check_json_str(int line, const char *s, size_t n, const char *want)
{
	struct out o;

	out_init(&o, -1, true);
	out_json_str(&o, NULL, s, n);
	test_check_str(__FILE__, line, "JSON", buf_str(&o.buf), want);
	buf_clear(&o.buf);
	out_done(&o);
}

#define CHECK_JSON(s, want) check_json_str(__LINE__, s, sizeof(s) - 1, want)

TEST(out_json_escapes)
{
	CHECK_JSON("", "\"\"");
	CHECK_JSON("plain", "\"plain\"");
	CHECK_JSON("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	CHECK_JSON("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
	CHECK_JSON("\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
	CHECK_JSON("a\0b", "\"a\\u0000b\"");
	CHECK_JSON("\n\n", "\"\\n\\n\"");
}

TEST(out_json_keeps_utf8_and_replaces_the_rest)
{
	CHECK_JSON("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9d",
		   "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x9d\"");
	CHECK_JSON("a\xff"
		   "b",
		   "\"a\\ufffdb\"");
	CHECK_JSON("\xc3", "\"\\ufffd\"");
	CHECK_JSON("\xe2\x82", "\"\\ufffd\\ufffd\"");
	CHECK_JSON("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	CHECK_JSON("\xc0\x80\n", "\"\\ufffd\\ufffd\\n\"");
}

TEST(out_holds_back_until_flushed)
{
	char got[16];
	struct out o;
	int fds[2];

	CHECK(!pipe2(fds, O_CLOEXEC | O_NONBLOCK));
	out_init(&o, fds[1], false);
	out_puts(&o, "one ");
	out_write(&o, "two\0", 4);
	out_printf(&o, "%d", 3);
	CHECK_EQ(read(fds[0], got, sizeof(got)), -1);
	out_flush(&o);
	CHECK_EQ(read(fds[0], got, sizeof(got)), 9);
	CHECK(!memcmp(got, "one two\0003", 9));
	out_flush(&o);
	CHECK_EQ(read(fds[0], got, sizeof(got)), -1);
	out_puts(&o, "end");
	out_done(&o);
	CHECK_EQ(read(fds[0], got, sizeof(got)), 3);
	CHECK(!o.failed);
	close(fds[0]);
	close(fds[1]);
}

/* A reader that is slower than the writer, over a pipe that does not block: nothing may be lost. */
TEST(out_waits_for_a_slow_reader)
{
	enum { N = 100000 };
	struct out o;
	int fds[2], status = 0;
	pid_t child;

	CHECK(!pipe2(fds, O_CLOEXEC));
	child = fork();
	if (!child) {
		FILE *from = fdopen(fds[0], "r");
		int n = 0, next;

		close(fds[1]);
		usleep(20000);
		while (fscanf(from, "%d", &next) == 1 && next == n)
			n++;
		_exit(n == N ? 0 : 1);
	}
	CHECK(!fcntl(fds[1], F_SETFL, O_NONBLOCK));
	out_init(&o, fds[1], false);
	for (int i = 0; i < N; i++)
		out_printf(&o, "%d\n", i);
	out_done(&o);
	CHECK(!o.failed);
	close(fds[1]);
	close(fds[0]);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
}

TEST(out_error_sticks)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	struct out o;
	int fds[2];

	CHECK(!pipe2(fds, O_CLOEXEC));
	close(fds[0]);
	out_init(&o, fds[1], false);
	out_puts(&o, "x");
	CHECK(!o.failed);
	out_flush(&o);
	CHECK(o.failed);
	CHECK_EQ(o.error, EPIPE);
	for (int i = 0; i < 100000; i++)
		out_puts(&o, "0123456789");
	CHECK(o.buf.cap < 1 << 20);
	CHECK_EQ(o.error, EPIPE);
	out_done(&o);
	close(fds[1]);
	signal(SIGPIPE, old);
}

TEST(out_to_a_full_device)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct out o;

	if (fd < 0)
		SKIP("no /dev/full");
	out_init(&o, fd, false);
	out_puts(&o, "x");
	out_flush(&o);
	CHECK_EQ(o.error, ENOSPC);
	out_done(&o);
	close(fd);
}

TEST(out_json_pretty_indents)
{
	struct out o;

	out_init(&o, -1, true);
	o.pretty = true;
	out_json_open(&o, NULL, '[');
	out_json_open(&o, NULL, '{');
	out_json_u64(&o, "id", 1);
	out_json_open(&o, "pids", '[');
	out_json_close(&o, ']');
	out_json_open(&o, "maps", '[');
	out_json_f64(&o, NULL, 2.0625, 3);
	out_json_f64(&o, NULL, 1.0 / 0.0, 3);
	out_json_close(&o, ']');
	out_json_close(&o, '}');
	out_json_close(&o, ']');
	out_json_end(&o);
	CHECK_STR(buf_str(&o.buf), "[\n\t{\n\t\t\"id\": 1,\n\t\t\"pids\": [],\n\t\t\"maps\": [\n"
				   "\t\t\t2.062,\n\t\t\tnull\n\t\t]\n\t}\n]\n");
	buf_clear(&o.buf);
	out_done(&o);
}
