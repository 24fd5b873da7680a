/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What CO-RE can ask for, of types that every kernel has, of flavours of them, and of what none has. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct list_head {
	struct list_head *next, *prev;
} CORE;

struct task_struct {
	int pid, tgid;
	char comm[16];
	struct task_struct *group_leader;
	struct list_head tasks;
	unsigned in_execve : 1;
	unsigned long start_time; /* of the kernel's u64 */
} CORE;

struct task_struct___other {
	struct list_head children;
	int absent_field;
} CORE;

struct iphdr {
	unsigned char ihl : 4, version : 4;
	unsigned char ttl;
	unsigned int saddr;
} CORE;

struct sk_buff {
	unsigned int len;
	unsigned char cloned : 1;
	unsigned short protocol;
	unsigned char *data;
} CORE;

struct no_such_record {
	int x;
} CORE;

typedef struct {
	int counter;
} atomic_t;

enum bpf_map_type___mine { BPF_MAP_TYPE_HASH___mine = 77, BPF_MAP_TYPE_NEVER___mine = 78 };
enum no_such_enum { NOTHING = 4 };

__u64 out[64];

SEC("raw_tp")
int fields(void *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task();
	struct task_struct___other *o = (void *)t;
	struct sk_buff *skb = ctx;

	out[0] = BPF_CORE_READ(t, pid);
	out[1] = BPF_CORE_READ(t, group_leader, tgid);
	out[2] = bpf_core_field_exists(t->tasks);
	out[3] = bpf_core_field_exists(o->absent_field);
	out[4] = bpf_core_field_size(t->comm);
	out[5] = bpf_core_field_offset(t->comm[3]);
	out[6] = (__u64)&o->children.prev;
	out[7] = BPF_CORE_READ_BITFIELD_PROBED(t, in_execve);
	out[8] = BPF_CORE_READ_BITFIELD_PROBED(skb, cloned);
	out[9] = __builtin_preserve_field_info(t->pid, BPF_FIELD_SIGNED);
	out[10] = __builtin_preserve_field_info(t->in_execve, BPF_FIELD_LSHIFT_U64);
	out[11] = __builtin_preserve_field_info(t->in_execve, BPF_FIELD_RSHIFT_U64);
	out[12] = __builtin_preserve_field_info(skb->protocol, BPF_FIELD_LSHIFT_U64);
	out[13] = BPF_CORE_READ(t, start_time);
	out[14] = bpf_core_field_size(t->tasks.next);
	return 0;
}

SEC("raw_tp")
int types(void *ctx)
{
	out[0] = bpf_core_type_exists(struct task_struct);
	out[1] = bpf_core_type_exists(struct no_such_record);
	out[2] = bpf_core_type_size(struct task_struct);
	out[3] = bpf_core_type_id_local(struct iphdr);
	out[4] = bpf_core_type_id_kernel(struct task_struct);
	out[5] = bpf_core_type_exists(struct task_struct___other);
	out[6] = bpf_core_type_size(atomic_t);
	out[7] = bpf_core_type_exists(atomic_t);
	return 0;
}

SEC("raw_tp")
int enums(void *ctx)
{
	out[0] = bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine);
	out[1] = bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine);
	out[2] = bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_NEVER___mine);
	out[3] = bpf_core_enum_value_exists(enum no_such_enum, NOTHING);
	return 0;
}

/* Loads and stores whose offset is the instruction's own, and of another size. */
SEC("tc")
int direct(struct __sk_buff *ctx)
{
	struct sk_buff *skb = (void *)ctx;
	struct task_struct *t = (void *)ctx;

	return skb->len + t->pid + t->in_execve;
}

/* Fields that are not there may be named where they are not reached. */
SEC("raw_tp")
int absent(void *ctx)
{
	struct task_struct___other *o = (void *)bpf_get_current_task();
	struct no_such_record *n = ctx;

	if (bpf_core_field_exists(o->absent_field))
		out[0] = BPF_CORE_READ(o, absent_field);
	if (bpf_core_type_exists(struct no_such_record))
		out[1] = BPF_CORE_READ(n, x) + bpf_core_type_size(struct no_such_record);
	if (bpf_core_enum_value_exists(enum no_such_enum, NOTHING))
		out[2] = bpf_core_enum_value(enum no_such_enum, NOTHING);
	return 0;
}

char _license[] SEC("license") = "GPL";
