/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a skeleton has to give the host: variables of all kinds of types, maps, programs that count. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

typedef __u64 u64;
typedef __u32 u32;
typedef struct {
	char name[16];
	u64 at;
} stamp_t;

enum level { LEVEL_LOW = 1, LEVEL_HIGH = 7 };

struct inner {
	short s;
	char c;
};

struct packed {
	char c;
	u32 odd;
	struct inner inner;
} __attribute__((packed));

struct event {
	u32 pid;
	enum level level;
	struct inner pair[2];
	union {
		u64 whole;
		struct {
			u32 low, high;
		};
	};
	struct packed packed;
	unsigned bits : 3, more : 17;
	u64 wide : 40;
	stamp_t stamp;
	struct event *next;
	double never; /* only the host can */
	u32 line __attribute__((aligned(32)));
	bool flag;
};

struct apart {
	char a;
	char b __attribute__((aligned(16)));
};

const volatile u32 wanted_pid = 0;
const volatile char greeting[8] = "none";
const volatile struct inner limits = { 3, 'x' };
u64 calls = 0;
u32 sizes[2][3];
struct event last;
struct event all[2];
struct apart apart[2];
enum level level = LEVEL_HIGH;
long negative = -5;
bool on = true;
static volatile u32 private_count;
struct event *pointer;
unsigned char new = 9;
u32 line_own __attribute__((aligned(64))) = 1;
__u8 small SEC(".data.more") = 8;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} by_level SEC(".maps");

static void count(u32 pid)
{
	u32 key = level;
	u64 one = 1;

	__sync_fetch_and_add(&calls, 1);
	private_count++;
	last.pid = pid;
	last.level = level;
	last.high = 5;
	last.packed.odd = 0x01020304;
	last.bits = 5;
	last.more = 0x1ffff;
	last.wide = 1ull << 39;
	last.line = (u32)limits.s;
	last.flag = true;
	last.stamp.name[0] = greeting[0];
	apart[1].b = 4;
	sizes[1][2] = sizes[0][0] + small;
	bpf_map_update_elem(&by_level, &key, &one, BPF_ANY);
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int on_getppid(void *ctx)
{
	u32 pid = (u32)(bpf_get_current_pid_tgid() >> 32);

	if (on && pid == wanted_pid)
		count(pid);
	return 0;
}

SEC("syscall")
int run_once(void *ctx)
{
	count(1);
	return new + (pointer != 0) + (line_own == 1);
}

char licence[] SEC("license") = "GPL";
