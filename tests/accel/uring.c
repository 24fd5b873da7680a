/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel/uring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { URING_ENTRIES = 8 };

static void *map(struct at at, int fd, size_t size, off_t at_offset)
{
	void *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, at_offset);

	if (p == MAP_FAILED)
		test_fail(at, "cannot map a ring: %s", strerror(errno));
	return p;
}

void uring_open(struct at at, struct uring *u)
{
	*u = (struct uring){ 0 };
	u->fd = (int)syscall(SYS_io_uring_setup, URING_ENTRIES, &u->p);
	if (u->fd < 0)
		test_skip(at, "no io_uring: %s", strerror(errno));
	u->sq = map(at, u->fd, u->p.sq_off.array + u->p.sq_entries * sizeof(u32),
		    IORING_OFF_SQ_RING);
	u->cq = map(at, u->fd, u->p.cq_off.cqes + u->p.cq_entries * sizeof(struct io_uring_cqe),
		    IORING_OFF_CQ_RING);
	u->sqes = map(at, u->fd, u->p.sq_entries * sizeof(*u->sqes), IORING_OFF_SQES);
}

void uring_close(struct uring *u)
{
	close(u->fd);
}

void uring_submit(struct at at, struct uring *u, u8 opcode, int fd, void *bytes, u32 size, u64 data)
{
	u32 *tail = (u32 *)(u->sq + u->p.sq_off.tail);
	u32 slot = *tail & *(u32 *)(u->sq + u->p.sq_off.ring_mask);

	u->sqes[slot] = (struct io_uring_sqe){
		.opcode = opcode,
		.fd = fd,
		.addr = (u64)(unsigned long)bytes,
		.len = size,
		.user_data = data,
	};
	((u32 *)(u->sq + u->p.sq_off.array))[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, u->fd, 1, 0, 0, NULL, 0) != 1)
		test_fail(at, "io_uring_enter: %s", strerror(errno));
}

struct uring_done uring_wait(struct at at, struct uring *u)
{
	u32 *head = (u32 *)(u->cq + u->p.cq_off.head);
	struct io_uring_cqe *cqe;
	struct uring_done done;

	while (*head == __atomic_load_n((u32 *)(u->cq + u->p.cq_off.tail), __ATOMIC_ACQUIRE))
		if (syscall(SYS_io_uring_enter, u->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
			test_fail(at, "io_uring_enter: %s", strerror(errno));
	cqe = (struct io_uring_cqe *)(u->cq + u->p.cq_off.cqes) +
	      (*head & *(u32 *)(u->cq + u->p.cq_off.ring_mask));
	done = (struct uring_done){ cqe->res, cqe->flags, cqe->user_data };
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return done;
}
