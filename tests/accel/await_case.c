/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sender that meets its reader while that copies, and so holds the lock of its socket. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "accel/control.h"
#include "accel/pair.h"
#include "accel/peer.h"

enum {
	AWAIT_CHUNK = 64 << 10,
	AWAIT_READ = 1 << 20,
	AWAIT_MS = 5000, /* until they must have met */
	AWAIT_DUPLEX = 32 << 20,
	AWAIT_ROUNDS = 8,
	AWAIT_SIZE = 3000,
};

static const struct pair_how without_blocking = { .nonblocking = true };

static u64 counted(struct test *t, enum accel_counter counter)
{
	struct accel_totals totals;

	CHECK(control_totals(&totals));
	return totals.counter[counter];
}

static bool stay_on(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static void send_until_killed(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	stay_on(1);
	peer_tell(AT, peer);
	for (;;)
		side_put_in(AT, &p->client, AWAIT_READ, AWAIT_CHUNK);
}

CASE(await_counts_who_meets, .only_skep = true)
{
	char *bytes = malloc(AWAIT_READ);
	struct pair p;
	struct peer sender;
	u64 before, end = test_ms() + AWAIT_MS;

	CHECK(bytes);
	if (!stay_on(1) || !stay_on(0))
		SKIP("it takes two CPUs");
	pair_open(AT, &p, &without_blocking);
	before = counted(t, ACCEL_COUNT_awaited);
	peer_start(AT, &sender, 0, send_until_killed, &p);
	peer_wait(AT, &sender);
	while (counted(t, ACCEL_COUNT_awaited) == before && test_ms() < end)
		for (int i = 0; i < 1000; i++)
			if (recv(p.server.fd, bytes, AWAIT_READ, 0) < 0)
				side_poll(AT, &p.server, POLLIN, 100);
	CHECK(counted(t, ACCEL_COUNT_awaited) > before);
	peer_kill(AT, &sender);
	pair_close(&p);
	free(bytes);
}

/* What each of them holds is what the other one waits for. */
static void send_and_receive(struct at at, struct side *s)
{
	size_t left_out = AWAIT_DUPLEX, left_in = AWAIT_DUPLEX;

	while (left_out || left_in) {
		if (left_out && side_poll(at, s, POLLOUT, left_in ? 0 : 1000))
			left_out -= side_fill(at, s, AWAIT_CHUNK, AWAIT_CHUNK);
		left_in -= side_get_there(at, s);
		if (left_in && !left_out)
			side_poll(at, s, POLLIN, 1000);
	}
}

static void answer_at_once(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	(void)peer;
	send_and_receive(AT, &p->server);
}

CASE(await_each_other, .seconds = 60)
{
	struct pair p;
	struct peer peer;

	pair_open(AT, &p, &without_blocking);
	peer_start(AT, &peer, 0, answer_at_once, &p);
	send_and_receive(AT, &p.client);
	peer_join(AT, &peer);
	pair_close(&p);
}

/* A reader whose memory is missing holds the lock until somebody provides it. */
struct slow_reader {
	struct test *t;
	struct pair *pair;
	char *memory; /* a page each round */
	long page;
};

static void *read_slowly(void *arg)
{
	struct slow_reader *r = arg;
	struct test *t = r->t;

	for (int i = 0; i < AWAIT_ROUNDS; i++) {
		char *to = r->memory + i * r->page;

		CHECK(side_poll(AT, &r->pair->server, POLLIN, 5000));
		CHECK_EQ(recv(r->pair->server.fd, to, AWAIT_SIZE, 0), AWAIT_SIZE);
		stream_check(AT, &r->pair->server.in, to, AWAIT_SIZE);
		side_get(AT, &r->pair->server, AWAIT_SIZE);
	}
	return NULL;
}

static void send_when_told(struct test *t, struct peer *peer, void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < 2 * AWAIT_ROUNDS; i++) {
		peer_wait(AT, peer);
		side_put(AT, &p->client, AWAIT_SIZE);
		peer_tell(AT, peer);
	}
}

static int watch_memory(struct test *t, char *memory, size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { { (u64)(unsigned long)memory, size },
					 UFFDIO_REGISTER_MODE_MISSING,
					 0 };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		SKIP("there is no userfaultfd()");
	OK(fd);
	OK(ioctl(fd, UFFDIO_API, &api));
	OK(ioctl(fd, UFFDIO_REGISTER, &range));
	return fd;
}

static void provide_page(struct test *t, int fault_fd, long page)
{
	struct uffd_msg fault;
	struct uffdio_zeropage fill = { .range.len = (u64)page };

	CHECK_EQ(read(fault_fd, &fault, sizeof(fault)), sizeof(fault));
	fill.range.start = fault.arg.pagefault.address & ~((u64)page - 1);
	OK(ioctl(fault_fd, UFFDIO_ZEROPAGE, &fill));
}

static bool waits_for_page(int fault_fd)
{
	struct pollfd p = { fault_fd, POLLIN, 0 };

	return poll(&p, 1, 5000) == 1;
}

/*
 * In vain, it is tried after none, 1 and 3 more, once messages are not small on average: with the second, fourth and eighth. Somebody
 * else may delay another.
 */
CASE(await_in_vain_is_left_off, .only_skep = true)
{
	struct pair p;
	struct peer sender;
	struct slow_reader reader = { .t = t, .pair = &p, .page = sysconf(_SC_PAGESIZE) };
	size_t size = (size_t)reader.page * AWAIT_ROUNDS;
	pthread_t thread;
	u64 before, slept;
	int fault_fd;

	pair_open(AT, &p, &without_blocking);
	peer_start(AT, &sender, 0, send_when_told, &p);
	reader.memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(reader.memory != MAP_FAILED);
	fault_fd = watch_memory(t, reader.memory, size);
	before = counted(t, ACCEL_COUNT_slept);
	thread = thread_start(AT, read_slowly, &reader);
	for (int i = 0; i < AWAIT_ROUNDS; i++) {
		peer_tell(AT, &sender);
		peer_wait(AT, &sender);
		CHECK(waits_for_page(fault_fd));
		peer_tell(AT, &sender); /* this one meets it */
		test_sleep(5);
		provide_page(t, fault_fd, reader.page);
		peer_wait(AT, &sender);
	}
	thread_join(AT, thread);
	slept = counted(t, ACCEL_COUNT_slept) - before;
	CHECK(slept >= 2 && slept <= 4);
	peer_join(AT, &sender);
	pair_close(&p);
	munmap(reader.memory, size);
	close(fault_fd);
}
