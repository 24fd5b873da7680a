/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches a function of another BPF program, here `judge` of replaceable.bpf.c, when it is called and when it returns:
 *
 *	skep run --dev eth0 replaceable.bpf.c &
 *	skep run --target replaceable trace_program.bpf.c
 */
#include <skep.bpf.h>

struct verdict {
	u32 length;
	int result;
};

u64 called;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} verdicts SEC(".maps");
RECORD(verdicts, struct verdict);

SEC("fentry/judge")
int BPF_PROG(on_enter, u32 length)
{
	__sync_fetch_and_add(&called, 1);
	return 0;
}

SEC("fexit/judge")
int BPF_PROG(on_exit, u32 length, int result)
{
	struct verdict v = { length, result };

	bpf_ringbuf_output(&verdicts, &v, sizeof(v), 0);
	return 0;
}

LICENSE("GPL");
