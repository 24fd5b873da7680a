/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An iterator of the elements of the map that it is attached with. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key, *value;
} __attribute__((preserve_access_index));

SEC("iter/bpf_map_elem")
int elements(struct bpf_iter__bpf_map_elem *ctx)
{
	if (ctx->key)
		bpf_seq_write(ctx->meta->seq, "element\n", 8);
	return 0;
}

char _license[] SEC("license") = "GPL";
