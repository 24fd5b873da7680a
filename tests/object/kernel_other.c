/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of a kernel that never was, for core.c: fields moved, grown, nested, made of bits or no longer. */
enum bpf_map_type { BPF_MAP_TYPE_UNSPEC, BPF_MAP_TYPE_HASH = 300, BPF_MAP_TYPE_ARRAY };
enum no_such_enum { NOTHING = -9 };

struct list_head {
	void *before;
	struct list_head *next, *prev;
};

struct task_struct {
	long pad;
	union {
		long other;
		struct {
			int tgid;
			unsigned long pid;
		};
	};
	char comm[32];
	struct task_struct *group_leader;
	unsigned long long low : 30;
	unsigned long long in_execve : 7;
	struct list_head tasks, children;
	unsigned start_time;
	short absent_field;
};

struct iphdr {
	unsigned int saddr;
};

struct sk_buff {
	char head[40];
	unsigned char *data;
	unsigned long len;
	unsigned short cloned;
	unsigned protocol;
};

typedef struct {
	long counter[3];
} atomic_t;

struct task_struct task;
struct iphdr ip;
struct sk_buff skb;
atomic_t atomic;
enum bpf_map_type map_type;
enum no_such_enum nothing;
