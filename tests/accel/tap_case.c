/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep accel tap: what connections carry, seen as lines and in capture files. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "base/pcapfile.h"

enum {
	IP_HEADER = 20,
	TCP_HEADER = 20,
	TRIES = 200, /* of 20 ms, until a tap has begun */
};

/* A tap of the connections of a port, and what it prints. */
struct tap {
	pid_t pid;
	int output;
};

/* Begins a tap, and opens a connection to its port then: starting a process shares sockets with it, which are given back to TCP. */
static void tap_start(struct at at, struct tap *tap, const char *options, struct pair *p)
{
	int listener = pair_listen(at, "127.0.0.1", 0, NULL);
	u16 port = address_port(at, listener);
	char args[300];

	close(listener);
	snprintf(args, sizeof(args), "tap --port %u %s", port, options);
	tap->output = OK_AT(at, memfd_create("output", MFD_CLOEXEC));
	tap->pid = OK_AT(at, control_start(at.t->control, args, tap->output));
	test_sleep(100 * at.t->scale);
	pair_open(at, p, &(struct pair_how){ .port = port });
}

/* Its exit status; with signo not 0 it is ended by that. */
static int tap_end(struct at at, struct tap *tap, int signo, char *text, size_t size)
{
	int status = 0;
	ssize_t n;

	if (signo)
		kill(tap->pid, signo);
	OK_AT(at, waitpid(tap->pid, &status, 0));
	n = pread(tap->output, text, size - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(tap->output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* With an answer: small messages in one direction alone are left to TCP, and are no longer seen. */
static void say(struct at at, struct pair *p, const char *text)
{
	size_t n = strlen(text);
	char got[64];

	OK_AT(at, send(p->client.fd, text, n, MSG_NOSIGNAL));
	CHECK_AT(at, (size_t)recv(p->server.fd, got, n, MSG_WAITALL) == n);
	OK_AT(at, send(p->server.fd, "yes", 3, MSG_NOSIGNAL));
	CHECK_AT(at, recv(p->client.fd, got, 3, MSG_WAITALL) == 3);
}

/* Says something until a file is larger than it was. */
static void say_until_seen(struct at at, struct pair *p, int fd, off_t size)
{
	struct stat st;
	char why[300];

	for (int i = 0; i < TRIES * (int)at.t->scale; i++) {
		say(at, p, "are you there");
		test_sleep(20);
		if (!fstat(fd, &st) && st.st_size > size)
			return;
	}
	control_explain(at.t->control, p->client.fd, why, sizeof(why));
	test_fail(at, "the tap saw nothing: %s", why);
}

CASE(tap_lines, .only_skep = true, .seconds = 20)
{
	struct pair p;
	struct tap tap;
	char text[16384], want[128];

	tap_start(AT, &tap, "", &p);
	say_until_seen(AT, &p, tap.output, 0);
	say(AT, &p, "GET / HTTP/1.1\r\n");
	test_sleep(300);
	CHECK_EQ(tap_end(AT, &tap, SIGINT, text, sizeof(text)), 0);
	snprintf(want, sizeof(want),
		 "127.0.0.1:%u > 127.0.0.1:%u, 16, redirected: GET / HTTP/1.1..\n",
		 address_port(AT, p.client.fd), address_port(AT, p.listener));
	if (!strstr(text, want))
		FAIL("no '%s' in: %s", want, text);
	CHECK(strstr(text, " messages, 0 lost\n"));
	pair_close(&p);
}

/* Two connections, of which one is asked for. */
CASE(tap_port, .only_skep = true, .seconds = 20)
{
	struct pair p, other;
	struct tap tap;
	char text[16384];

	tap_start(AT, &tap, "-c 5", &p);
	pair_open(AT, &other, NULL);
	for (int i = 0; i < 20; i++)
		say(AT, &other, "not for you");
	say_until_seen(AT, &p, tap.output, 0);
	for (int i = 0; i < 5; i++) {
		say(AT, &other, "not for you");
		say(AT, &p, "for you");
	}
	CHECK_EQ(tap_end(AT, &tap, 0, text, sizeof(text)), 0);
	CHECK(strstr(text, "are you there"));
	CHECK(!strstr(text, "not for you"));
	CHECK(strstr(text, "\n5 messages, "));
	pair_close(&p);
	pair_close(&other);
}

/* The payload of all packets to this port, one after the other; its length. */
static size_t read_payload(struct at at, const char *path, u16 port, u8 *out, size_t room)
{
	static u8 file[4 << 20];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(file, 1, sizeof(file), f) : 0, at_byte = PCAPFILE_HEAD, len = 0;
	u32 magic, here;

	CHECK_AT(at, f != NULL && n > PCAPFILE_HEAD);
	fclose(f);
	memcpy(&magic, file, sizeof(magic));
	CHECK_AT(at, magic == 0xa1b23c4d);
	while (at_byte < n) {
		const u8 *packet = file + at_byte + PCAPFILE_RECORD;
		size_t payload;
		u16 to;

		CHECK_AT(at, n - at_byte >= PCAPFILE_RECORD);
		memcpy(&here, file + at_byte + 8, sizeof(here));
		CHECK_AT(at, here >= IP_HEADER + TCP_HEADER);
		CHECK_AT(at, n - at_byte - PCAPFILE_RECORD >= here);
		CHECK_AT(at, packet[0] == 0x45 && packet[9] == IPPROTO_TCP);
		memcpy(&to, packet + IP_HEADER + 2, sizeof(to));
		payload = here - IP_HEADER - TCP_HEADER;
		if (ntohs(to) == port) {
			CHECK_AT(at, room - len >= payload);
			memcpy(out + len, packet + IP_HEADER + TCP_HEADER, payload);
			len += payload;
		}
		at_byte += PCAPFILE_RECORD + here;
	}
	return len;
}

CASE(tap_capture_file, .only_skep = true, .seconds = 20)
{
	static u8 all[1 << 20], want[64 << 10];
	char path[64], options[96], text[4096];
	size_t sent = 0, n;
	struct pair p;
	struct tap tap;
	u16 port;
	int fd;

	snprintf(path, sizeof(path), "/tmp/skep-tap-test.%d", getpid());
	snprintf(options, sizeof(options), "-w %s", path);
	fd = OK(open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600));
	tap_start(AT, &tap, options, &p);
	port = address_port(AT, p.listener);
	say_until_seen(AT, &p, fd, PCAPFILE_HEAD);
	for (size_t size = 1; size <= 4096; size += 455) {
		struct stream copy = p.client.out;

		stream_fill(&copy, want + sent, size);
		side_put(AT, &p.client, size);
		side_get(AT, &p.server, size);
		side_put(AT, &p.server, 10);
		side_get(AT, &p.client, 10);
		sent += size;
	}
	test_sleep(300);
	CHECK_EQ(tap_end(AT, &tap, SIGTERM, text, sizeof(text)), 0);
	CHECK(strstr(text, " messages, 0 lost\n"));
	n = read_payload(AT, path, port, all, sizeof(all));
	close(fd);
	unlink(path);
	CHECK(n > sent);
	CHECK(!memcmp(all + n - sent, want, sent));
	pair_close(&p);
}

CASE(tap_is_alone, .only_skep = true, .seconds = 20)
{
	struct pair p;
	struct tap tap;
	char text[16384];

	tap_start(AT, &tap, "", &p);
	say_until_seen(AT, &p, tap.output, 0);
	CHECK_EQ(control_skep(t->control, "tap -c 1", text, sizeof(text)), 1);
	CHECK(strstr(text, "there is a tap already"));
	CHECK_EQ(tap_end(AT, &tap, SIGINT, text, sizeof(text)), 0);
	pair_close(&p);
}

CASE(tap_ends_with_accel, .alone = true, .only_skep = true, .seconds = 20)
{
	struct pair p;
	struct tap tap;
	char text[16384];

	control_turn_on(AT);
	tap_start(AT, &tap, "", &p);
	say_until_seen(AT, &p, tap.output, 0);
	control_turn_off(AT);
	CHECK_EQ(tap_end(AT, &tap, 0, text, sizeof(text)), 0);
	CHECK(strstr(text, "accel was turned off\n"));
	say(AT, &p, "still there");
	pair_close(&p);
	CHECK_EQ(control_skep(t->control, "tap -c 1", text, sizeof(text)), 1);
	CHECK(strstr(text, "accel is not on"));
}
