/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes as text, and what programs find in them: as the kernel does in a network namespace with the same routes. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/warn.h"
#include "machine/machine.h"
#include "machine/packet.h"
#include "source/routes.h"
#include "unit/object_image_fixture.h"
#include "unit/test.h"

struct parsed {
	struct arena arena;
	struct diag diag;
	struct fib fib;
};

static int parse(struct parsed *p, const char *text)
{
	memset(p, 0, sizeof(*p));
	arena_init(&p->arena);
	diag_init(&p->diag, &p->arena);
	p->fib.arena = &p->arena;
	return routes_parse(&p->fib, text, strlen(text), &p->diag);
}

static const struct fib_route *find(const struct parsed *p, const char *address)
{
	u8 family = strchr(address, ':') ? AF_INET6 : AF_INET, bytes[16];

	CHECK_EQ(inet_pton(family, address, bytes), 1);
	return fib_find(&p->fib, family, bytes);
}

TEST(source_routes_longest_prefix)
{
	struct parsed p;

	CHECK_EQ(parse(&p, "# of a host\n"
			   "default dev 1\n\n"
			   "10.0.0.0/8 dev 2 metric 5\n"
			   "10.0.0.0/8 dev 3 metric 4 # less\n"
			   "  10.128.255.1/9 dev 4\r\n"
			   "10.1.2.3 dev 5\n"
			   "default via fe80::1 dev 6\n"
			   "2001:db8::/33 dev 7 src 2001:db8::5 mtu 1280\n"
			   "blackhole 2001:db8:8000::/33"),
		 0);
	CHECK_EQ(p.fib.routes.n, 8);
	CHECK_EQ(find(&p, "192.0.2.1")->ifindex, 1);
	CHECK_EQ(find(&p, "10.1.2.4")->ifindex, 3);
	CHECK_EQ(find(&p, "10.128.0.1")->ifindex, 4);
	CHECK_EQ(find(&p, "10.1.2.3")->ifindex, 5);
	CHECK_EQ(find(&p, "2001:db9::1")->ifindex, 6);
	CHECK_EQ(find(&p, "2001:db8:7fff::1")->ifindex, 7);
	CHECK_EQ(find(&p, "2001:db8:7fff::1")->mtu, 1280);
	CHECK_EQ(find(&p, "2001:db8:8000::1")->kind, FIB_BLACKHOLE);
	arena_done(&p.arena);
	CHECK_EQ(parse(&p, ""), 0);
	CHECK(!find(&p, "10.0.0.1"));
	arena_done(&p.arena);
}

TEST(source_routes_links)
{
	struct parsed p;

	CHECK_EQ(parse(&p, "link 3 mtu 9000\n10.0.0.0/8 dev 4\nlink 4 mtu 1400 # less\n10.1.0.0/16 "
			   "dev 5"),
		 0);
	CHECK_EQ(fib_mtu(&p.fib, 3), 9000);
	CHECK_EQ(fib_mtu(&p.fib, 4), 1400);
	CHECK_EQ(fib_mtu(&p.fib, 5), 1500);
	CHECK_EQ(fib_mtu(&p.fib, 6), 0);
	CHECK_EQ(fib_mtu(&p.fib, 1), 65536);
	CHECK_EQ(fib_mtu(NULL, 1), 65536);
	CHECK_EQ(fib_mtu(NULL, 2), 0);
	arena_done(&p.arena);
}

TEST(source_routes_mistakes)
{
	static const struct {
		const char *text, *message;
		u32 line, col;
	} cases[] = {
		{ "10.0.0.0/33 dev 1", "behind the / goes a number up to 32", 1, 1 },
		{ "\n\n  ten dev 1", "'ten' is no address", 3, 3 },
		{ "10.0.0.0/8", "the route has no device: dev INDEX", 1, 1 },
		{ "10.0.0.0/8 dev", "behind dev goes something", 1, 12 },
		{ "10.0.0.0/8 dev nowhere-0",
		  "there is no device 'nowhere-0' here, and it is no "
		  "index of one",
		  1, 16 },
		{ "10.0.0.0/8 dve 1", "'dve' is nothing that routes have", 1, 12 },
		{ "10.0.0.0/8 dev 1 src ::1", "'::1' is no address like the route's", 1, 22 },
		{ "10.0.0.0/8 dev 1 lladdr 02:00",
		  "'02:00' is no hardware address like "
		  "02:00:00:00:00:01",
		  1, 25 },
		{ "10.0.0.0/8 dev 1 mtu 4294967296", "'4294967296' is no number of 32 bits", 1,
		  22 },
		{ "link", "behind link goes something", 1, 1 },
		{ "link 3", "behind the device goes something", 1, 6 },
		{ "link 3 metric 5", "a link has an mtu, not 'metric'", 1, 8 },
		{ "link 3 mtu 0", "an MTU is from 1 to 65536", 1, 12 },
		{ "link 3 mtu 9 dev", "a link has nothing but an mtu", 1, 14 },
		{ "blackhole", "behind blackhole goes something", 1, 1 },
#define SIXTY_FOUR "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		{ "10.0.0.0/8 dev 1 via " SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR,
		  "this is no word of a route", 1, 22 },
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

/* ---- beside the kernel's */

/* As the program has it. */
struct question {
	struct bpf_fib_lookup lookup;
	u32 flags;
	s32 result;
};

#define DEVICE 77
static const char routes[] = "192.0.2.0/24 dev 77 src 192.0.2.1\n"
			     "10.0.0.0/8 via 192.0.2.2 dev 77 lladdr 02:00:00:00:00:02 smac "
			     "02:00:00:00:00:01 src 192.0.2.1 metric 50 mtu 1400\n"
			     "10.1.0.0/16 via 192.0.2.3 dev 77 src 192.0.2.1\n"
			     "blackhole 10.2.0.0/16\n"
			     "unreachable 10.3.0.0/16\n"
			     "prohibit 10.4.0.0/16\n";
static const char network[] =
	"exec >/dev/null 2>&1; ip link add r0 index 77 address 02:00:00:00:00:01 type veth peer "
	"name r1 && "
	"ip link set r1 up && ip addr add 192.0.2.1/24 dev r0 && ip link set r0 up && "
	"ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev r0 nud permanent && "
	"ip route add 10.0.0.0/8 via 192.0.2.2 dev r0 metric 50 mtu lock 1400 && "
	"ip route add 10.1.0.0/16 via 192.0.2.3 dev r0 && ip route add blackhole 10.2.0.0/16 && "
	"ip route add unreachable 10.3.0.0/16 && ip route add prohibit 10.4.0.0/16 && "
	"sysctl -w net.ipv4.conf.r0.forwarding=1 net.ipv4.conf.all.forwarding=1 "
	"net.ipv4.conf.r0.rp_filter=0 net.ipv4.conf.all.rp_filter=0";

static const struct {
	const char *to;
	u16 length;
	u32 flags;
} asked[] = { { "10.0.0.1", 0, 0 },    { "10.0.0.1", 1400, 0 },  { "10.0.0.1", 1401, 0 },
	      { "10.0.0.1", 100, 4 },  { "10.0.0.1", 0, 16 },    { "10.0.0.1", 0, 20 },
	      { "10.1.0.1", 0, 0 },    { "10.1.0.1", 0, 4 },     { "10.1.0.1", 100, 16 },
	      { "10.2.0.1", 0, 0 },    { "10.3.0.1", 0, 0 },     { "10.4.0.1", 99, 0 },
	      { "192.0.2.2", 60, 4 },  { "198.51.100.1", 0, 0 }, { "10.0.0.1", 0, 1u << 20 },
	      { "10.0.0.1", 0, 1 | 2 } };

static void fill(struct question *q, size_t i)
{
	memset(q, 0, sizeof(*q));
	q->lookup.family = AF_INET;
	q->lookup.ifindex = DEVICE;
	q->lookup.tot_len = asked[i].length;
	inet_pton(AF_INET, "192.0.2.2", &q->lookup.ipv4_src);
	inet_pton(AF_INET, asked[i].to, &q->lookup.ipv4_dst);
	q->flags = asked[i].flags;
}

/* In a process of its own, for its network: false if the kernel cannot be asked. */
static bool ask_kernel(const struct image_fixture *f, struct question *answers)
{
	struct bpf_object *o;
	struct buf warnings = { 0 };

	if (unshare(CLONE_NEWNET) || system(network))
		return false;
	warn_begin(&warnings);
	o = bpf_object__open_mem(f->input[0].elf, f->input[0].len, NULL);
	if (!o || bpf_object__load(o))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &answers[i],
			    .data_size_in = sizeof(*answers), .data_out = &answers[i],
			    .data_size_out = sizeof(*answers));

		fill(&answers[i], i);
		if (bpf_prog_test_run_opts(
			    bpf_program__fd(bpf_object__find_program_by_name(o, "ask")), &opts))
			return false;
	}
	return true;
}

static void compare(const struct question *own, const struct question *kernel, size_t i)
{
	char a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN];

	if (memcmp(own, kernel, sizeof(*own)) != 0)
		test_fail(__FILE__, __LINE__,
			  "%s, length %u, flags %u: %d dev %u via %s mtu %u metric %u, "
			  "the kernel's are %d dev %u via %s mtu %u metric %u",
			  asked[i].to, asked[i].length, asked[i].flags, own->result,
			  own->lookup.ifindex,
			  inet_ntop(AF_INET, &own->lookup.ipv4_dst, a, sizeof(a)),
			  own->lookup.mtu_result, own->lookup.rt_metric, kernel->result,
			  kernel->lookup.ifindex,
			  inet_ntop(AF_INET, &kernel->lookup.ipv4_dst, b, sizeof(b)),
			  kernel->lookup.mtu_result, kernel->lookup.rt_metric);
}

static void ask_machine(struct image_fixture *f, const struct fib *fib, struct question *answers)
{
	const struct machine_options opts = { .mode = MACHINE_JIT };
	struct machine *m;
	struct run *r;
	struct packet *p = packet_new(PACKET_XDP, &f->diag);
	size_t size;

	CHECK_EQ(machine_new(&f->image, &opts, &f->diag, &m), 0);
	machine_set_fib(m, fib);
	r = run_new(m, 0);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct question q;
		void *ctx;

		fill(&q, i);
		packet_set(p, &q, sizeof(q));
		ctx = packet_enter(p, r, &size);
		CHECK_EQ(machine_run(m, 0, ctx, size, r), 2);
		memcpy(&answers[i], packet_data(p), sizeof(*answers));
	}
	packet_free(p);
	run_free(r);
	machine_free(m);
}

TEST(source_routes_as_the_kernel_finds_them)
{
	struct image_fixture f;
	struct parsed p;
	struct question own[ARRAY_SIZE(asked)];
	struct question *kernel =
		mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	image_fixture_init(&f);
	if (!image_fixture_add(&f, "route")) {
		image_fixture_done(&f);
		SKIP("the object has not been built");
	}
	CHECK_EQ(image_fixture_open(&f), 0);
	CHECK_EQ(parse(&p, routes), 0);
	ask_machine(&f, &p.fib, own);
	CHECK_EQ(own[0].result, 0);
	CHECK_EQ(own[2].result, BPF_FIB_LKUP_RET_FRAG_NEEDED);
	CHECK_EQ(own[9].result, BPF_FIB_LKUP_RET_BLACKHOLE);
	CHECK(!memcmp(own[0].lookup.dmac, "\x02\0\0\0\0\x02", 6));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(!ask_kernel(&f, kernel));
	waitpid(pid, &status, 0);
	if (!status) {
		for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
			compare(&own[i], &kernel[i], i);
	}
	arena_done(&p.arena);
	image_fixture_done(&f);
	munmap(kernel, sizeof(own));
	if (status)
		SKIP("no such network can be made, or the kernel does not load the program");
}
