/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small io_uring: one request at a time is put in, and its completion is waited for. */
#ifndef ACCEL_URING_H
#define ACCEL_URING_H

#include <linux/io_uring.h>

#include "accel/test.h"

struct uring {
	int fd;
	u8 *sq, *cq; /* mapped rings */
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
};

struct uring_done {
	s32 result; /* or -errno */
	u32 flags;
	u64 data; /* the request's */
};

/* Skips the case where there is no io_uring. */
void uring_open(struct at at, struct uring *u);
void uring_close(struct uring *u);
/* Hands a request on the socket's bytes to the kernel; data comes back with what is done. */
void uring_submit(struct at at, struct uring *u, u8 opcode, int fd, void *bytes, u32 size,
		  u64 data);
/* Waits for the next one that is done. */
struct uring_done uring_wait(struct at at, struct uring *u);

#endif
