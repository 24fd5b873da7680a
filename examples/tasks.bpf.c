/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An iterator: the kernel calls it for each thread, and skep shows what it writes, then ends.
 *
 *	skep run tasks.bpf.c
 */
#include <skep.bpf.h>

struct task_struct {
	int pid, tgid;
	char comm[16];
	struct task_struct *real_parent;
} CORE;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} CORE;

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;

	if (!ctx->meta->seq_num)
		BPF_SEQ_PRINTF(seq, "     PID      TID   PARENT NAME\n");
	if (task)
		BPF_SEQ_PRINTF(seq, "%8d %8d %8d %s\n", task->tgid, task->pid,
			       task->real_parent->tgid, task->comm);
	return 0;
}

LICENSE("GPL");
