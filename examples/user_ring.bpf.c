/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes messages from user space: each line of standard input becomes one in the user ring buffer, read as a value of the type that
 * RECORD says; then the program of section "syscall" is run.
 *
 *	echo '{ .operation = ADD, .number = 2 }' | skep run user_ring.bpf.c
 */
#include <skep.bpf.h>

enum operation { ADD, MULTIPLY };
struct message {
	enum operation operation;
	u64 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} messages SEC(".maps");
RECORD(messages, struct message);

u64 total, count;

static long take(struct bpf_dynptr *from, void *ctx)
{
	struct message m;

	if (bpf_dynptr_read(&m, sizeof(m), from, 0, 0))
		return 0;
	total = m.operation == ADD ? total + m.number : total * m.number;
	count++;
	return 0;
}

SEC("syscall")
int drain(void *ctx)
{
	bpf_user_ringbuf_drain(&messages, take, NULL, 0);
	return 0;
}

LICENSE("GPL");
