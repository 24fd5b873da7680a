/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An iterator of tasks, a line for each. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	if (ctx->task)
		bpf_seq_write(ctx->meta->seq, "task\n", 5);
	return 0;
}

char _license[] SEC("license") = "GPL";
