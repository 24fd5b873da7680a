/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hears what programs print by bpf_printk(), by the kernel's own tracepoint for it, and hands it on. A perf event of that tracepoint
 * would not do: the kernel has none within the perf event of another tracepoint, where most programs run.
 */
#include "bpf/printk.h"
#include "include/skep.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, PRINTK_RING);
} lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, char[2 * PRINTK_LINE]);
} scratch SEC(".maps");

u64 lost;

SEC("raw_tp/bpf_trace_printk")
int hear(u64 *ctx)
{
	u32 zero = 0;
	char *line = bpf_map_lookup_elem(&scratch, &zero);
	long len;

	if (!line)
		return 0;
	len = bpf_probe_read_kernel_str(line, PRINTK_LINE, (const void *)ctx[0]);
	if (len <= 0)
		return 0;
	/* It has no effect but that older verifiers see how long it may be. */
	len &= 2 * PRINTK_LINE - 1;
	if (bpf_ringbuf_output(&lines, line, len, 0))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

LICENSE("GPL");
