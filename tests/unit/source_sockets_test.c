/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets as text, and which one programs find: as the kernel does in a network namespace that has the same. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/warn.h"
#include "machine/machine.h"
#include "machine/packet.h"
#include "source/sockets.h"
#include "unit/object_image_fixture.h"
#include "unit/test.h"

struct parsed {
	struct arena arena;
	struct diag diag;
	struct socks socks;
};

static int parse(struct parsed *p, const char *text)
{
	memset(p, 0, sizeof(*p));
	arena_init(&p->arena);
	diag_init(&p->diag, &p->arena);
	p->socks.arena = &p->arena;
	return sockets_parse(&p->socks, text, strlen(text), &p->diag);
}

TEST(source_sockets_as_ss_prints_them)
{
	const struct sock *s;
	struct buf text = { 0 };
	struct parsed p;

	CHECK_EQ(parse(&p, "# ss -Hntuae\n"
			   "tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    "
			   "ino:3071 sk:1f cgroup:/a/b <->\n"
			   "tcp   ESTAB  0      0      10.0.0.1%1:80   10.0.0.2:40000 "
			   "timer:(keepalive,1min,0) uid:33 fwmark:0x7\n"
			   "udp UNCONN 0 0 *:53 *:* v6only:1\n"
			   "tcp [::1]:1 [::1]:2 snd_cwnd:10 bytes_acked:123456789012 priority:3\n"
			   "tcp SYN-RECV 10.0.0.1:22 10.0.0.4:4 cgroup:17"),
		 0);
	CHECK_EQ(p.socks.all.n, 5);
	s = p.socks.all.at;
	CHECK_EQ(s[0].view.state, BPF_TCP_LISTEN);
	CHECK_EQ(s[0].cookie, 0x1f);
	CHECK_EQ(s[1].view.bound_dev_if, 1);
	CHECK_EQ(s[1].view.src_port, 80);
	CHECK_EQ(s[1].view.dst_port, htons(40000));
	CHECK_EQ(s[1].view.mark, 7);
	CHECK_EQ(s[1].uid, 33);
	CHECK_EQ(s[1].cookie, 2);
	CHECK_EQ(s[2].view.family, AF_INET6);
	CHECK(s[2].is_v6only);
	CHECK_EQ(s[3].tcp.snd_cwnd, 10);
	CHECK_EQ(s[3].tcp.bytes_acked, 123456789012ull);
	CHECK_EQ(s[3].view.priority, 3);
	CHECK_EQ(s[4].cgroup, 17);
	CHECK(!sock_is_full(&s[4]));
	CHECK(sock_listener(&p.socks, &s[4]) == &s[0]);
	CHECK(sock_at(&p.socks, (u64)(uintptr_t)&s[3].tcp) == &s[3]);
	CHECK(!sock_at(&p.socks, (u64)(uintptr_t)&s[3] + 4));
	CHECK(!sock_at(&p.socks, (u64)(uintptr_t)&s[5]));
	sock_print(&s[3], &text);
	CHECK_STR(buf_str(&text), "tcp [::1]:1 [::1]:2");
	buf_done(&text);
	arena_done(&p.arena);
}

TEST(source_sockets_mistakes)
{
	static const struct {
		const char *text, *message;
		u32 line, col;
	} cases[] = {
		{ "\nunix a", "a socket begins with tcp or udp, not 'unix'", 2, 1 },
		{ "tcp", "the socket has no address", 1, 1 },
		{ "tcp LISTN 10.0.0.1:1", "'LISTN' is no state of a socket", 1, 5 },
		{ "tcp 10.0.0.1", "'10.0.0.1' is no address and port like 10.0.0.1:80", 1, 5 },
		{ "tcp 10.0.0.1:65536", "'10.0.0.1:65536' is no address and port like 10.0.0.1:80",
		  1, 5 },
		{ "tcp 10.0.0:80", "'10.0.0' is no address", 1, 5 },
		{ "tcp 10.0.0.1:80 [::1]:80", "both ends have addresses of the same family", 1,
		  17 },
		{ "tcp 10.0.0.1:80 10.0.0.1:80 10.0.0.1:80",
		  "a socket has two ends, so '10.0.0.1:80' is none", 1, 29 },
		{ "tcp 10.0.0.1:80 marc:1", "'marc' is nothing that sockets have", 1, 17 },
		{ "tcp 10.0.0.1:80 mark:x", "behind mark: goes a number, not 'x'", 1, 17 },
		{ "tcp 10.0.0.1:80 mark:4294967296", "mark cannot be 4294967296", 1, 17 },
		{ "tcp 10.0.0.1:80 family:1", "'family' is nothing that sockets have", 1, 17 },
		{ "tcp ESTAB 10.0.0.1:80", "a socket in this state has another end", 1, 1 },
		{ "tcp 10.0.0.1%nowhere-0:80",
		  "there is no device 'nowhere-0' here, and it is no index of one", 1, 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed p;

		CHECK(parse(&p, cases[i].text) < 0);
		CHECK_EQ(p.diag.items.n, 1);
		if (p.diag.items.n == 1) {
			CHECK_STR(p.diag.items.at[0].text, cases[i].message);
			CHECK_EQ(p.diag.items.at[0].loc.line, cases[i].line);
			CHECK_EQ(p.diag.items.at[0].loc.col, cases[i].col);
		}
		arena_done(&p.arena);
	}
}

TEST(source_sockets_one_that_is_there)
{
	static const char again[] = "tcp 10.0.0.1:80", other[] = "udp 10.0.0.1:80 mark:3";
	struct parsed p;
	u32 index;

	CHECK_EQ(parse(&p, "tcp 0.0.0.0:80\ntcp 10.0.0.1:80 mark:2"), 0);
	CHECK_EQ(sockets_parse_one(&p.socks, again, strlen(again), &p.diag, &index), 0);
	CHECK_EQ(index, 1);
	CHECK_EQ(sockets_parse_one(&p.socks, other, strlen(other), &p.diag, &index), 0);
	CHECK_EQ(index, 2);
	CHECK_EQ(p.socks.all.at[2].view.mark, 3);
	CHECK(sockets_parse_one(&p.socks, "", 0, &p.diag, &index) < 0);
	arena_done(&p.arena);
}

/* Those that share a port have their share each, and what belongs together goes to one. */
TEST(source_sockets_that_share_a_port)
{
	enum { CONNECTIONS = 4000, SHARING = 4 };
	u32 found[6] = { 0 };
	struct parsed p;

	CHECK_EQ(parse(&p, "tcp 10.0.0.1:80\ntcp 10.0.0.1:80\ntcp 0.0.0.0:80\ntcp 10.0.0.1:80\n"
			   "tcp 10.0.0.1:80\ntcp SYN-RECV 10.0.0.1:80 10.9.8.7:6\n"),
		 0);
	u32 local = htonl(0x0a000001), remote;
	struct sock_query q = { .protocol = IPPROTO_TCP,
				.family = AF_INET,
				.local = &local,
				.remote = &remote,
				.local_port = htons(80) };
	for (u32 i = 0; i < CONNECTIONS; i++) {
		remote = htonl(0x0a000000 + i % 7);
		q.remote_port = htons((u16)(1024 + i));
		struct sock *s = sock_find(&p.socks, &q);
		CHECK(s && s == sock_find(&p.socks, &q));
		found[s - p.socks.all.at]++;
	}
	for (u32 i = 0; i < ARRAY_SIZE(found); i++)
		CHECK(i == 2 || i == 5 ? !found[i]
				       : found[i] > CONNECTIONS / SHARING * 9 / 10 &&
						 found[i] < CONNECTIONS / SHARING * 11 / 10);
	/* What is being opened is with the one that its SYN had come to. */
	struct sock *opened = &p.socks.all.at[5];
	remote = htonl(0x0a090807);
	q.remote_port = htons(6);
	CHECK(sock_find(&p.socks, &q) == opened);
	struct sock *listener = sock_listener(&p.socks, opened);
	opened->view.protocol = 0; /* as if it were not there yet */
	CHECK(listener && sock_find(&p.socks, &q) == listener);
	arena_done(&p.arena);
}

/* ---- beside the kernel's */

/* As the program has it, in the packet. */
struct question {
	u16 size;
	u8 is_udp, is_common;
	s32 netns;
	u64 flags;
	struct bpf_sock_tuple tuple;
	u32 padding;
	struct {
		u64 cookie;
		u32 found, family, type, protocol, mark, src_ip4, src_ip6[4], src_port, dst_port,
			dst_ip4, state, bound_dev_if;
		u32 is_full, is_tcp, listens, assigned;
	} answer;
};

/* In this order the kernel finds the later one of two that fit alike. */
static const char sockets[] = "tcp 127.0.0.1:7001\n"
			      "tcp 0.0.0.0:7001\n"
			      "tcp [::]:7002\n"
			      "tcp [::1]:7002\n"
			      "tcp [::]:7003 v6only:1\n"
			      "tcp 127.0.0.1:7004 dev:1\n"
			      "udp 127.0.0.1:7001\n"
			      "udp 0.0.0.0:7001\n"
			      "udp 127.0.0.1:7005 127.0.0.1:7006\n"
			      "udp 127.0.0.1:7005\n"
			      "udp [::]:7007\n"
			      "udp 127.0.0.1:7007 dev:1\n"
			      "udp [::1]:7008 [::1]:7009\n";

static const struct {
	const char *from, *to;
	u16 from_port, to_port;
	u8 is_udp, is_common;
	s32 netns;
	u64 flags;
} asked[] = {
	{ "127.0.0.1", "127.0.0.1", 1000, 7001, 0, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.2", 1000, 7001, 0, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7000, 0, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7002, 0, 0, -1, 0 },
	{ "::1", "::1", 1000, 7002, 0, 0, -1, 0 },
	{ "2001:db8::1", "2001:db8::2", 1000, 7002, 0, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7003, 0, 0, -1, 0 },
	{ "::1", "::1", 1000, 7003, 0, 1, -1, 0 },
	{ "::1", "::1", 1000, 7001, 0, 1, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7004, 0, 1, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7001, 1, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.9", 1000, 7001, 1, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 7006, 7005, 1, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 7007, 7005, 1, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7007, 1, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.2", 1000, 7007, 1, 0, -1, 0 },
	{ "::1", "::1", 1000, 7007, 1, 0, -1, 0 },
	{ "::1", "::1", 7009, 7008, 1, 0, -1, 0 },
	{ "::1", "::1", 7010, 7008, 1, 0, -1, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7001, 0, 0, 0, 0 },
	{ "127.0.0.1", "127.0.0.1", 1000, 7001, 0, 0, -1, 1 },
};

static void fill(struct question *q, size_t i)
{
	bool is_v6 = strchr(asked[i].to, ':');

	memset(q, 0, sizeof(*q));
	q->size = is_v6 ? sizeof(q->tuple.ipv6) : sizeof(q->tuple.ipv4);
	q->is_udp = asked[i].is_udp;
	q->is_common = asked[i].is_common;
	q->netns = asked[i].netns;
	q->flags = asked[i].flags;
	inet_pton(is_v6 ? AF_INET6 : AF_INET, asked[i].from,
		  is_v6 ? (void *)q->tuple.ipv6.saddr : &q->tuple.ipv4.saddr);
	inet_pton(is_v6 ? AF_INET6 : AF_INET, asked[i].to,
		  is_v6 ? (void *)q->tuple.ipv6.daddr : &q->tuple.ipv4.daddr);
	*(is_v6 ? &q->tuple.ipv6.sport : &q->tuple.ipv4.sport) = htons(asked[i].from_port);
	*(is_v6 ? &q->tuple.ipv6.dport : &q->tuple.ipv4.dport) = htons(asked[i].to_port);
}

static bool open_one(const struct sock *s)
{
	const struct bpf_sock *v = &s->view;
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons((u16)v->src_port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons((u16)v->src_port) };
	bool is_v4 = v->family == AF_INET;
	const struct sockaddr *a = is_v4 ? (void *)&a4 : (void *)&a6;
	socklen_t size = is_v4 ? sizeof(a4) : sizeof(a6);
	int fd = socket((int)v->family, (int)v->type, 0), on = 1, only = s->is_v6only;

	memcpy(&a4.sin_addr, &v->src_ip4, 4);
	memcpy(&a6.sin6_addr, v->src_ip6, 16);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (!is_v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (v->bound_dev_if && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3))
		return false;
	if (bind(fd, a, size))
		return false;
	if (v->type == SOCK_STREAM)
		return !listen(fd, 1);
	a4.sin_port = a6.sin6_port = v->dst_port;
	memcpy(&a4.sin_addr, &v->dst_ip4, 4);
	memcpy(&a6.sin6_addr, v->dst_ip6, 16);
	return !v->dst_port || !connect(fd, a, size);
}

/* In a process of its own, for its network: false if the kernel cannot be asked. */
static bool ask_kernel(const struct image_fixture *f, const struct socks *socks,
		       struct question *answers)
{
	struct bpf_object *o;
	struct buf warnings = { 0 };

	if (unshare(CLONE_NEWNET) || system("ip link set lo up >/dev/null 2>&1"))
		return false;
	for (size_t i = socks->all.n; i-- > 0;) {
		if (!open_one(&socks->all.at[i]))
			return false;
	}
	warn_begin(&warnings);
	o = bpf_object__open_mem(f->input[0].elf, f->input[0].len, NULL);
	if (!o || bpf_object__load(o))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &answers[i],
			    .data_size_in = sizeof(*answers), .data_out = &answers[i],
			    .data_size_out = sizeof(*answers));

		fill(&answers[i], i);
		if (bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(
						   o, asked[i].is_common ? "ask_common" : "ask")),
					   &opts))
			return false;
	}
	return true;
}

static void compare(const struct question *own, const struct question *kernel, size_t i)
{
	struct question a = *own, b = *kernel;

	/* A socket's number is the kernel's to choose; and no packet of a test run has come in. */
	a.answer.cookie = !!a.answer.cookie;
	b.answer.cookie = !!b.answer.cookie;
	a.answer.assigned = b.answer.assigned = 0;
	if (!memcmp(&a, &b, sizeof(a)))
		return;
	for (size_t k = offsetof(struct question, answer) / 4; k < sizeof(a) / 4; k++) {
		if (((u32 *)&a)[k] != ((u32 *)&b)[k])
			test_fail(__FILE__, __LINE__,
				  "%s:%u to %s:%u, %s: word %zu is %#x, the kernel's %#x",
				  asked[i].from, asked[i].from_port, asked[i].to, asked[i].to_port,
				  asked[i].is_udp ? "udp" : "tcp",
				  k - offsetof(struct question, answer) / 4, ((u32 *)&a)[k],
				  ((u32 *)&b)[k]);
	}
}

static void ask_machine(struct image_fixture *f, const struct socks *socks, enum machine_mode mode,
			struct question *answers)
{
	const struct machine_options opts = { .mode = mode };
	struct machine *m;
	struct run *r;
	struct packet *p = packet_new(PACKET_SKB, &f->diag);
	size_t size;

	CHECK_EQ(machine_new(&f->image, &opts, &f->diag, &m), 0);
	machine_set_socks(m, socks);
	r = run_new(m, 0);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct question q;
		void *ctx;

		fill(&q, i);
		packet_set(p, &q, sizeof(q));
		ctx = packet_enter(p, r, &size);
		CHECK_EQ(machine_run(m, asked[i].is_common, ctx, size, r), 0);
		CHECK_EQ(r->trap, RUN_OK);
		memcpy(&answers[i], packet_data(p), sizeof(*answers));
	}
	packet_free(p);
	run_free(r);
	machine_free(m);
}

TEST(source_sockets_as_the_kernel_finds_them)
{
	struct question own[ARRAY_SIZE(asked)], checked[ARRAY_SIZE(asked)];
	struct question *kernel =
		mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct image_fixture f;
	struct parsed p;
	int status;
	pid_t pid;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "sock")) {
		image_fixture_done(&f);
		SKIP("the object has not been built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_EQ(parse(&p, sockets), 0);
	ask_machine(&f, &p.socks, MACHINE_JIT, own);
	ask_machine(&f, &p.socks, MACHINE_CHECKED, checked);
	CHECK(!memcmp(own, checked, sizeof(own)));
	CHECK_EQ(own[0].answer.cookie, 1);
	CHECK_EQ(own[1].answer.cookie, 2);
	CHECK(own[0].answer.is_full && own[0].answer.is_tcp && own[0].answer.listens);
	CHECK_EQ(own[0].answer.assigned, 0);
	CHECK_EQ(own[12].answer.cookie, 9);
	CHECK(!own[2].answer.found && !own[19].answer.found);
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(!ask_kernel(&f, &p.socks, kernel));
	waitpid(pid, &status, 0);
	if (!status) {
		for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
			compare(&own[i], &kernel[i], i);
	}
	arena_done(&p.arena);
	image_fixture_done(&f);
	munmap(kernel, sizeof(own));
	if (status)
		SKIP("no such sockets can be made, or the kernel does not load the program");
}
